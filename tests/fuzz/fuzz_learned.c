/* SPDX-License-Identifier: MIT */
/*
 * Two profiles in JSON and what a service did, as learn --base and --merge take them: a "%" stands
 * between. What is merged lets nothing pass that neither of the two did; what is learned lets pass
 * what was seen, what passed before, and of other calls nothing.
 */
#include "fuzz.h"

#include "kit/action.h"
#include "kit/json.h"
#include "kit/json_print.h"
#include "kit/learned.h"
#include "kit/reading.h"
#include "kit/samples.h"

enum { RULES = 24, CALLS = 12, NUMBERS = 512, SAMPLES = 12, SEEN = 8, RECORD = 10 };

struct subject {
	struct json_object *document;
	struct profile profile;
	struct reading reading;
};

static struct service service = {.kernel = {6, 1}};

static int
read_profile(const char *bytes, size_t size, struct profile *profile)
{
	struct notes notes = {0};
	struct refusal why = {.text = ""};
	int result = fuzz_said(profile_parse(bytes, size, profile, &notes, &why), &why);

	notes_free(&notes);
	return result;
}

/* As learn reads a profile: a document that is one. */
static bool
open_subject(const uint8_t *data, size_t size, struct subject *subject)
{
	char *bytes = fuzz_bytes(data, size);
	struct refusal why;

	subject->document = NULL;
	if (read_profile(bytes, size, &subject->profile) == 0) {
		subject->document = json_read(bytes, size, &why);
		must(subject->document);
		reading_make(&subject->profile, &service, service.native, &subject->reading);
	}
	free(bytes);
	return subject->document;
}

static void
close_subject(struct subject *subject)
{
	if (!subject->document)
		return;
	profile_free(&subject->profile);
	json_object_put(subject->document);
	subject->document = NULL;
}

/* Printed, read and printed again: the same text, and a profile. */
static char *
print(struct json_object *document)
{
	struct refusal why;
	size_t length, length_again;
	char *text = json_print(document, &length);
	struct json_object *again = json_read(text, length, &why);

	must(again && json_object_equal(again, document));
	char *text_again = json_print(again, &length_again);
	must(length == length_again && !memcmp(text, text_again, length));
	json_object_put(again);
	free(text_again);
	return text;
}

static struct subject
reopen(struct json_object *document)
{
	struct subject subject;
	char *text = print(document);

	must(open_subject((uint8_t *)text, strlen(text), &subject));
	free(text);
	return subject;
}

static bool
passes(const struct subject *subject, uint32_t number, const uint64_t *arguments)
{
	struct reading_call call;

	reading_call(&subject->reading, number, &call);
	uint32_t answer = reading_answer(&call, arguments);
	reading_call_free(&call);
	return action_lets_pass(answer);
}

/* The two that something was made from, and what was made. */
enum { LEFT, RIGHT, MADE, SUBJECTS };

struct comparison_of_calls {
	const struct subject *subjects[SUBJECTS];
	const struct sightings *seen; /* NULL: merged, not learned */
	bool asked[NUMBERS];
};

/* Whether such a call is among what was seen; a rule names it for every architecture. */
static bool
was_seen(const struct sightings *seen, uint32_t number, const uint64_t *arguments)
{
	const char *name = call_name(service.native, number);

	for (size_t i = 0; name && i < seen->count; i++) {
		const struct sighting *one = &seen->list[i];
		struct interest_values values = interest_values(one->values.interest, arguments);

		if (one->name && !strcmp(one->name, name) &&
		    !memcmp(values.values, one->values.values, sizeof(values.values)))
			return true;
	}
	return false;
}

static void
compare(const struct comparison_of_calls *comparison, const bool passes[SUBJECTS], uint32_t number,
	const uint64_t *arguments)
{
	must(!passes[MADE] || passes[LEFT] || passes[RIGHT] ||
	     (comparison->seen && was_seen(comparison->seen, number, arguments)));
	must(!comparison->seen || !passes[LEFT] || passes[MADE]);
}

/* With the arguments that matter to any of the three. */
static void
ask(struct comparison_of_calls *comparison, uint32_t number)
{
	struct reading_call calls[SUBJECTS];

	if (number < NUMBERS && comparison->asked[number])
		return;
	if (number < NUMBERS)
		comparison->asked[number] = true;
	for (unsigned s = 0; s < SUBJECTS; s++)
		reading_call(&comparison->subjects[s]->reading, number, &calls[s]);
	for (unsigned s = 0; s < SUBJECTS; s++) {
		struct samples samples;

		samples_make(&calls[s], &samples);
		for (size_t i = 0; i < samples.total && i < SAMPLES; i++) {
			uint64_t arguments[CALL_ARGUMENTS];
			bool answers[SUBJECTS];

			samples_get(&samples, i * 7919 % samples.total, arguments);
			for (unsigned a = 0; a < SUBJECTS; a++)
				answers[a] = action_lets_pass(reading_answer(&calls[a], arguments));
			compare(comparison, answers, number, arguments);
		}
		samples_free(&samples);
	}
	for (unsigned s = 0; s < SUBJECTS; s++)
		reading_call_free(&calls[s]);
}

/* Asks about what each of the three names, and about what none does. */
static void
ask_all(struct comparison_of_calls *comparison)
{
	static const uint32_t others[] = {0, 59, 101, 334, 470, 1000, 0x40000001};

	for (size_t s = 0; s < SUBJECTS; s++) {
		const struct profile *profile = &comparison->subjects[s]->profile;

		for (size_t r = 0, n = 0; r < profile->rule_count && n < CALLS; r++)
			for (size_t i = 0; i < profile->rules[r].names.count && n < CALLS;
			     i++, n++) {
				int number = call_number(service.native,
							 profile->rules[r].names.texts[i]);

				if (number >= 0)
					ask(comparison, (uint32_t)number);
			}
	}
	for (size_t i = 0; i < sizeof(others) / sizeof(others[0]); i++)
		ask(comparison, others[i]);
}

static bool
is_limited(const struct profile_filter *filter)
{
	return filter->arches.count || filter->caps.count || filter->has_kernel;
}

/*
 * What one of them denies by name stays denied, but for what is said of clone3. A rule that says
 * what the default says is none, as in Docker.
 */
static void
check_denials(const struct subject *from, const struct subject *made)
{
	static const uint64_t none[CALL_ARGUMENTS];

	for (size_t r = 0; r < from->profile.rule_count && r < RULES; r++) {
		const struct profile_rule *rule = &from->profile.rules[r];

		if (action_lets_pass(rule->action) || rule->condition_count ||
		    rule->action == from->profile.default_action || is_limited(&rule->includes) ||
		    is_limited(&rule->excludes))
			continue;
		for (size_t i = 0; i < rule->names.count && i < CALLS; i++) {
			int number = call_number(service.native, rule->names.texts[i]);

			if (number >= 0 && strcmp(rule->names.texts[i], "clone3") != 0 &&
			    !passes(from, (uint32_t)number, none))
				must(!passes(made, (uint32_t)number, none));
		}
	}
}

static void
see(struct sightings *sightings, const uint8_t *data, size_t size)
{
	for (unsigned i = 0; i < SEEN && size >= RECORD; i++, data += RECORD, size -= RECORD) {
		struct seccomp_data call = {.nr = data[0] | (data[1] & 1) << 8,
					    .arch = service.native->audit,
					    .args = {data[2], data[3], data[4], data[5]}};

		if (data[1] & 2)
			call.arch = architecture_find(service.native->compat)->audit;
		memcpy((uint8_t *)&call.args[data[6] % 3] + 2, data + 7, 3);
		sightings_add(sightings, &call, 0, data[6] & 8, 0)->programs |=
			data[6] >> 4 | (data[1] & 0xf0U);
	}
}

static char *
learn(struct json_object *document, const struct sightings *sightings, bool served)
{
	static char names[8][12] = {"/bin/sh", "/bin/ls", "two words", "a", "b", "c", "d", "e"};
	struct programs programs = {.count = 8};
	struct learned learned = {.document = document,
				  .sightings = sightings,
				  .programs = &programs,
				  .service = service,
				  .served = served};
	struct refusal why = {.text = ""};

	for (size_t i = 0; i < programs.count; i++)
		programs.names[i] = names[i];
	return fuzz_said(learned_add(&learned, &why), &why) == 0 ? print(document) : NULL;
}

static void
turn_round(struct sightings *sightings)
{
	for (size_t i = 0; i < sightings->count / 2; i++) {
		struct sighting one = sightings->list[i];

		sightings->list[i] = sightings->list[sightings->count - 1 - i];
		sightings->list[sightings->count - 1 - i] = one;
	}
}

static void
check_learned(struct subject *base, const uint8_t *data, size_t size)
{
	struct json_object *copy = NULL;
	struct sightings sightings;

	sightings_init(&sightings);
	if (size > 0)
		see(&sightings, data + 1, size - 1);
	learned_arch(base->document, service.native, size > 0 && data[0] & 2);
	json_object_deep_copy(base->document, &copy, NULL);
	struct subject before = reopen(base->document);
	char *text = learn(base->document, &sightings, size > 0 && data[0] & 1);
	turn_round(&sightings);
	char *again = learn(copy, &sightings, size > 0 && data[0] & 1);

	/* In whatever order they came. */
	must(!text == !again && (!text || !strcmp(text, again)));
	if (text) {
		struct subject made = reopen(base->document);

		for (size_t i = 0; i < sightings.count; i++) {
			const struct sighting *one = &sightings.list[i];
			uint64_t arguments[CALL_ARGUMENTS];

			memcpy(arguments, one->first.args, sizeof(arguments));
			if (one->arch == service.native && one->name &&
			    strcmp(one->name, "clone3") != 0)
				must(passes(&made, one->number, arguments));
		}
		struct comparison_of_calls comparison = {
			{&before, &before, &made}, &sightings, {0}};
		ask_all(&comparison);
		close_subject(&made);
	}
	close_subject(&before);
	free(text);
	free(again);
	json_object_put(copy);
	sightings_free(&sightings);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	const uint8_t *one = data, *other;
	size_t one_size = fuzz_part(&data, &size), other_size;
	struct subject base, more;
	struct refusal why = {.text = ""};

	service.native = architecture_find("x86_64");
	other = data;
	other_size = fuzz_part(&data, &size);
	if (!open_subject(one, one_size, &base))
		return 0;
	if (base.profile.rule_count > RULES) {
		close_subject(&base);
		return 0;
	}
	if (open_subject(other, other_size, &more)) {
		struct json_object *merged = NULL;

		json_object_deep_copy(base.document, &merged, NULL);
		if (more.profile.rule_count <= RULES &&
		    fuzz_said(learned_merge(merged, more.document, &why), &why) == 0) {
			struct subject made = reopen(merged);
			struct comparison_of_calls comparison = {{&base, &more, &made}, NULL, {0}};

			ask_all(&comparison);
			check_denials(&base, &made);
			check_denials(&more, &made);
			close_subject(&made);
		}
		json_object_put(merged);
		close_subject(&more);
	}
	check_learned(&base, data, size);
	close_subject(&base);
	return 0;
}
