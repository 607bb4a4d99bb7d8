/* SPDX-License-Identifier: MIT */
#include "kit/check.h"

#include "kit/action.h"
#include "kit/errnos.h"
#include "kit/files.h"
#include "kit/json.h"
#include "kit/json_print.h"
#include "kit/learned.h"

#include <errno.h>
#include <linux/seccomp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { REASON = 200 };

bool
check_falls_back(uint32_t action)
{
	return action == (SECCOMP_RET_ERRNO | ENOSYS);
}

/* ---- how to mend it ---- */

/* Whether the profile with the rule added lets the call pass. */
static bool
mends(const struct check *check, const struct sighting *sighting, struct json_object *rule)
{
	struct refusal why;
	struct notes notes = {0};
	struct profile profile;
	struct json_object *rules, *document = json_read(check->bytes, check->length, &why);
	bool passes = false;
	size_t length;

	if (!document)
		return false;
	if (json_object_object_get_ex(document, "syscalls", &rules)) {
		json_object_array_add(rules, json_object_get(rule));
		char *text = json_print(document, &length);

		if (profile_parse(text, length, &profile, &notes, &why) == 0) {
			passes = action_lets_pass(
				learned_answer(&profile, &check->service, sighting));
			profile_free(&profile);
		}
		free(text);
	}
	notes_free(&notes);
	json_object_put(document);
	return passes;
}

/* The first rule that denies the call by its name, or -1. */
static int
denying_rule(const struct check *check, const char *name)
{
	for (size_t i = 0; i < check->profile.rule_count; i++) {
		const struct profile_rule *rule = &check->profile.rules[i];

		for (size_t n = 0; n < rule->names.count; n++)
			if (strcmp(rule->names.texts[n], name) == 0 &&
			    !action_lets_pass(rule->action))
				return (int)i;
	}
	return -1;
}

/* Returns the rule to add, or NULL; `words` says what to do where no rule alone does it. */
static struct json_object *
mend(const struct check *check, const struct sighting *sighting, char words[REASON])
{
	bool foreign = sighting->arch != check->service.native;

	*words = '\0';
	if (!sighting->name) {
		snprintf(words, REASON, "no call of this machine has this number");
		return NULL;
	}
	if (foreign && !check->compiled->compat) {
		snprintf(
			words, REASON,
			"it is made by a 32-bit program: name %s in archMap, and use --seccomp-compat (here: --compat)",
			sighting->arch->oci);
		return NULL;
	}
	struct json_object *rule = learned_rule(sighting, NULL);
	int place = denying_rule(check, sighting->name);

	if (mends(check, sighting, rule))
		return rule;
	snprintf(words, REASON, "take \"%s\" out of syscalls[%d], which denies it, and add",
		 sighting->name, place);
	return rule;
}

/* ---- the report ---- */

static const char *
say_answer(uint32_t action, char *text, size_t size)
{
	const char *name = errno_name((int)(action & SECCOMP_RET_DATA));

	if ((action & SECCOMP_RET_ACTION_FULL) == SECCOMP_RET_ERRNO && name)
		snprintf(text, size, "%s", name);
	else
		action_text(action, text, size);
	return text;
}

static void
say_call(const struct sighting *sighting, char *text)
{
	char number[32];

	snprintf(number, sizeof(number), "call %u", sighting->number);
	if (sighting->values.interest || !sighting->name) {
		interest_say(sighting->name ? sighting->name : number, &sighting->values, text);
		return;
	}
	int at = snprintf(text, INTEREST_TEXT, "%s(", sighting->name);

	for (int i = 0; i < CALL_ARGUMENTS; i++)
		at += snprintf(text + at, (size_t)(INTEREST_TEXT - at), "%s0x%llx", i ? ", " : "",
			       (unsigned long long)sighting->first.args[i]);
	snprintf(text + at, (size_t)(INTEREST_TEXT - at), ")");
}

static void
print_finding(const struct check *check, const struct run_result *result,
	      const struct sighting *sighting)
{
	char call[INTEREST_TEXT], answer[ACTION_TEXT], words[REASON];
	char *who = learned_programs(&result->programs, sighting->programs);

	say_call(sighting, call);
	fprintf(stderr, "  %s: %s, %llu time%s, by %s%s\n", call,
		say_answer(sighting->answer, answer, sizeof(answer)), sighting->count,
		sighting->count == 1 ? "" : "s", who,
		result->served && !sighting->later ? ", at start-up only" : "");
	free(who);
	if (check_falls_back(sighting->answer))
		return;
	struct json_object *rule = mend(check, sighting, words);

	if (*words)
		fprintf(stderr, "    %s\n", words);
	if (rule)
		fprintf(stderr, "    %s\n",
			json_object_to_json_string_ext(rule, JSON_C_TO_STRING_SPACED));
	json_object_put(rule);
}

static struct json_object *
finding_object(const struct check *check, const struct run_result *result,
	       const struct sighting *sighting)
{
	struct json_object *object = json_object_new_object(), *values = json_object_new_array();
	char text[INTEREST_TEXT], answer[ACTION_TEXT], words[REASON];

	say_call(sighting, text);
	json_object_object_add(object, "call",
			       json_object_new_string(sighting->name ? sighting->name : ""));
	json_object_object_add(object, "number", json_object_new_int64(sighting->number));
	json_object_object_add(object, "arch",
			       json_object_new_string(sighting->arch ? sighting->arch->name : ""));
	json_object_object_add(object, "text", json_object_new_string(text));
	for (int i = 0; i < CALL_ARGUMENTS; i++)
		json_object_array_add(values, json_object_new_uint64(sighting->first.args[i]));
	json_object_object_add(object, "arguments", values);
	json_object_object_add(
		object, "answer",
		json_object_new_string(say_answer(sighting->answer, answer, sizeof(answer))));
	json_object_object_add(object, "count", json_object_new_uint64(sighting->count));
	char *who = learned_programs(&result->programs, sighting->programs);

	json_object_object_add(object, "programs", json_object_new_string(who));
	free(who);
	json_object_object_add(object, "startup",
			       json_object_new_boolean(result->served && !sighting->later));
	struct json_object *rule =
		check_falls_back(sighting->answer) ? NULL : mend(check, sighting, words);

	if (rule)
		json_object_object_add(object, "rule", rule);
	if (rule && *words)
		json_object_object_add(object, "before", json_object_new_string(words));
	return object;
}

int
check_write(const struct check *check, const struct run_result *result, struct refusal *why)
{
	struct json_object *report = json_object_new_object();
	struct json_object *denied = json_object_new_array(), *fallen = json_object_new_array();
	size_t length;

	for (size_t i = 0; i < result->sightings.count; i++) {
		const struct sighting *sighting = &result->sightings.list[i];

		if (!action_lets_pass(sighting->answer))
			json_object_array_add(check_falls_back(sighting->answer) ? fallen : denied,
					      finding_object(check, result, sighting));
	}
	json_object_object_add(report, "profile", json_object_new_string(check->request->profile));
	json_object_object_add(report, "status", json_object_new_int(result->end.status));
	json_object_object_add(report, "denied", denied);
	json_object_object_add(report, "notImplemented", fallen);
	char *text = json_print(report, &length);
	int written = file_write(check->request->output, text, length, why);

	free(text);
	json_object_put(report);
	return written;
}

size_t
check_print(const struct check *check, const struct run_result *result, bool fallen)
{
	unsigned long long calls = 0;
	size_t kinds = 0;

	for (size_t i = 0; i < result->sightings.count; i++) {
		const struct sighting *sighting = &result->sightings.list[i];

		if (action_lets_pass(sighting->answer) ||
		    check_falls_back(sighting->answer) != fallen)
			continue;
		kinds++;
		calls += sighting->count;
	}
	if (check->request->quiet || (fallen && kinds == 0))
		return kinds;
	if (fallen)
		fprintf(stderr,
			"stepdown-kit: %s answered \"not implemented\" to %zu kinds of calls, for which programs fall back, and which they got:\n",
			check->request->profile, kinds);
	else
		fprintf(stderr,
			"stepdown-kit: %s would have denied %zu kinds of calls, %llu calls%s\n",
			check->request->profile, kinds, calls, kinds ? ":" : "");
	for (size_t i = 0; i < result->sightings.count; i++) {
		const struct sighting *sighting = &result->sightings.list[i];

		if (!action_lets_pass(sighting->answer) &&
		    check_falls_back(sighting->answer) == fallen)
			print_finding(check, result, sighting);
	}
	return kinds;
}
