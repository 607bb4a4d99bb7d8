/* SPDX-License-Identifier: MIT */
#include "kit/action.h"
#include "kit/heap.h"
#include "kit/learned.h"
#include "kit/reading.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { PROGRAMS_SHOWN = 4 };

static int
compare_texts(const void *one, const void *other)
{
	return strcmp(*(const char *const *)one, *(const char *const *)other);
}

/* A program has the name that anybody gave its file; this is read by people and as JSON. */
static void
put_name(FILE *out, const char *name)
{
	for (; *name; name++) {
		unsigned char byte = (unsigned char)*name;

		if (byte < ' ' || byte > '~' || byte == '\\')
			fprintf(out, "\\x%02x", byte);
		else
			fputc(byte, out);
	}
}

char *
learned_programs(const struct programs *programs, uint64_t bits)
{
	const char *names[PROGRAMS_MOST];
	size_t count = 0, length;
	char *text = NULL;
	FILE *out;

	for (size_t i = 0; i < programs->count; i++)
		if (bits & (UINT64_C(1) << i))
			names[count++] = programs->names[i];
	/* NOLINTNEXTLINE(bugprone-sizeof-expression): an array of pointers is meant */
	qsort(names, count, sizeof(*names), compare_texts);
	out = open_memstream(&text, &length);
	if (!out)
		return memory_string("");
	for (size_t i = 0; i < count && i < PROGRAMS_SHOWN; i++) {
		fputs(i == 0 ? "" : i + 1 == count ? " and " : ", ", out);
		put_name(out, names[i]);
	}
	if (count > PROGRAMS_SHOWN)
		fprintf(out, " and %zu more", count - PROGRAMS_SHOWN);
	fclose(out);
	return text;
}

struct json_object *
learned_rule(const struct sighting *sighting, const char *comment)
{
	struct json_object *rule = json_object_new_object(), *names = json_object_new_array();
	struct condition conditions[INTEREST_PARTS];
	size_t count = interest_conditions(&sighting->values, conditions);

	if (comment)
		json_object_object_add(rule, "comment", json_object_new_string(comment));
	json_object_array_add(names, json_object_new_string(sighting->name));
	json_object_object_add(rule, "names", names);
	json_object_object_add(rule, "action", json_object_new_string("SCMP_ACT_ALLOW"));
	if (count == 0)
		return rule;
	struct json_object *arguments = json_object_new_array();

	for (size_t i = 0; i < count; i++) {
		struct json_object *argument = json_object_new_object();

		json_object_object_add(argument, "index",
				       json_object_new_int((int)conditions[i].index));
		json_object_object_add(argument, "value",
				       json_object_new_uint64(conditions[i].value));
		json_object_object_add(argument, "valueTwo",
				       json_object_new_uint64(conditions[i].value_two));
		json_object_object_add(argument, "op",
				       json_object_new_string("SCMP_CMP_MASKED_EQ"));
		json_object_array_add(arguments, argument);
	}
	json_object_object_add(rule, "args", arguments);
	return rule;
}

uint32_t
learned_answer(const struct profile *profile, const struct service *service,
	       const struct sighting *sighting)
{
	struct reading reading;
	struct reading_call call;
	uint64_t arguments[CALL_ARGUMENTS];

	memcpy(arguments, sighting->first.args, sizeof(arguments));
	reading_make(profile, service, sighting->arch, &reading);
	reading_call(&reading, sighting->number, &call);
	uint32_t answer = reading_answer(&call, arguments);
	reading_call_free(&call);
	return answer;
}

bool
learned_denies_some(const struct profile *profile, const struct service *service,
		    const struct sighting *sighting)
{
	struct reading reading;
	struct reading_call call;
	bool denies = false;

	reading_make(profile, service, sighting->arch, &reading);
	reading_call(&reading, sighting->number, &call);
	for (size_t i = 0; i < call.rule_count; i++)
		denies = denies || (call.rules[i]->condition_count > 0 &&
				    call.rules[i]->action != profile->default_action &&
				    !action_lets_pass(call.rules[i]->action));
	reading_call_free(&call);
	return denies;
}
