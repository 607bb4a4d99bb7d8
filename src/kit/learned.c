/* SPDX-License-Identifier: MIT */
#include "kit/learned.h"

#include "kit/action.h"
#include "kit/heap.h"
#include "kit/json_print.h"
#include "kit/profile.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static int
compare_texts(const void *one, const void *other)
{
	return strcmp(*(const char *const *)one, *(const char *const *)other);
}

/* ---- what the document says already ---- */

int
learned_parse(struct json_object *document, struct profile *profile, struct refusal *why)
{
	struct notes notes = {0};
	size_t length;
	char *text = json_print(document, &length);
	int result = profile_parse(text, length, profile, &notes, why);

	notes_free(&notes);
	free(text);
	return result;
}

static bool
passes(const struct learned *learned, const struct profile *profile,
       const struct sighting *sighting)
{
	return action_lets_pass(learned_answer(profile, &learned->service, sighting));
}

/* clone3 is answered while learning, as it will be later: there is nothing to allow. */
static bool
wants_rule(const struct sighting *sighting)
{
	return sighting->arch && sighting->name && strcmp(sighting->name, "clone3") != 0;
}

/* A call with more values than are told apart is allowed whatever its arguments are. */
static bool
has_many(const struct sightings *sightings, const char *name)
{
	for (size_t i = 0; i < sightings->count; i++)
		if (sightings->list[i].many && sightings->list[i].name &&
		    strcmp(sightings->list[i].name, name) == 0)
			return true;
	return false;
}

/* ---- rules ---- */

/* One rule in the making; several sightings may stand in it. */
struct group {
	uint64_t programs;
	bool later;
	const struct sighting *condition; /* its only sighting, where arguments matter */
	uint64_t united;
	const char **names;
	size_t count;
	char *who;
};

struct groups {
	struct group *list;
	size_t count;
};

static bool
same_values(const struct sighting *one, const struct sighting *other)
{
	return strcmp(one->name, other->name) == 0 &&
	       one->values.interest == other->values.interest &&
	       memcmp(&one->values, &other->values, sizeof(one->values)) == 0;
}

static bool
is_plain(const struct sightings *sightings, const struct sighting *sighting)
{
	return !sighting->values.interest || has_many(sightings, sighting->name);
}

static struct group *
group_of(struct groups *groups, const struct sightings *sightings, const struct sighting *sighting)
{
	const struct sighting *condition = is_plain(sightings, sighting) ? NULL : sighting;

	for (size_t i = 0; i < groups->count; i++) {
		struct group *group = &groups->list[i];

		if (condition ? group->condition && same_values(group->condition, condition)
			      : !group->condition && group->programs == sighting->programs &&
					group->later == sighting->later)
			return group;
	}
	groups->list = memory_grow(groups->list, groups->count + 1, sizeof(*groups->list));
	groups->list[groups->count] = (struct group){
		.programs = sighting->programs, .later = sighting->later, .condition = condition};
	return &groups->list[groups->count++];
}

static void
add_finding(struct groups *groups, const struct sightings *sightings,
	    const struct sighting *sighting)
{
	struct group *group = group_of(groups, sightings, sighting);

	group->programs |= sighting->programs;
	group->later = group->later || sighting->later;
	group->united |= sighting->united;
	for (size_t i = 0; i < group->count; i++)
		if (strcmp(group->names[i], sighting->name) == 0)
			return;
	group->names = memory_grow(group->names, group->count + 1, sizeof(*group->names));
	group->names[group->count++] = sighting->name;
}

/* Two sets of programs may read the same, where more are in them than are named. */
static int
compare_names(const struct group *one, const struct group *other)
{
	int order = 0;

	for (size_t i = 0; order == 0 && i < one->count && i < other->count; i++)
		order = strcmp(one->names[i], other->names[i]);
	return order ? order : (one->count > other->count) - (one->count < other->count);
}

/* Lists first, those of the start-up last among them; then the conditions, by call and values. */
static int
compare_groups(const void *left, const void *right)
{
	const struct group *one = left, *other = right;

	if (!one->condition != !other->condition)
		return one->condition ? 1 : -1;
	if (one->condition) {
		int order = strcmp(one->condition->name, other->condition->name);

		for (size_t i = 0; order == 0 && i < INTEREST_PARTS; i++) {
			uint64_t a = one->condition->values.values[i];
			uint64_t b = other->condition->values.values[i];

			order = (a > b) - (a < b);
		}
		return order;
	}
	if (one->later != other->later)
		return one->later ? -1 : 1;
	int order = strcmp(one->who, other->who);

	return order ? order : compare_names(one, other);
}

static char *
group_comment(const struct learned *learned, const struct group *group)
{
	char *text = NULL, what[INTEREST_TEXT], flags[WORDS_TEXT];
	size_t length;
	FILE *out = open_memstream(&text, &length);

	if (!out)
		return memory_string("");
	if (group->condition && strcmp(group->condition->name, "clone") == 0)
		fprintf(out, "clone with %s namespaces, seen with %s; by ",
			group->condition->values.values[0] ? "these new" : "no new",
			words_say(WORDS_CLONE, group->united, flags, sizeof(flags)));
	else if (group->condition)
		fprintf(out, "%s; by ",
			interest_say(group->condition->name, &group->condition->values, what));
	else
		fputs("By ", out);
	fprintf(out, "%s%s.", group->who,
		learned->served && !group->later ? "; at start-up only" : "");
	fclose(out);
	return text;
}

static void
add_rule(const struct learned *learned, struct group *group, struct json_object *rules)
{
	char *comment = group_comment(learned, group);
	struct json_object *rule;

	if (group->condition) {
		rule = learned_rule(group->condition, comment);
	} else {
		struct json_object *names = json_object_new_array();

		for (size_t i = 0; i < group->count; i++)
			json_object_array_add(names, json_object_new_string(group->names[i]));
		rule = json_object_new_object();
		json_object_object_add(rule, "comment", json_object_new_string(comment));
		json_object_object_add(rule, "names", names);
		json_object_object_add(rule, "action", json_object_new_string("SCMP_ACT_ALLOW"));
	}
	json_object_array_add(rules, rule);
	free(comment);
}

static void
add_groups(struct learned *learned, struct groups *groups, struct json_object *rules)
{
	for (size_t i = 0; i < groups->count; i++) {
		struct group *group = &groups->list[i];

		group->who = learned_programs(learned->programs, group->programs);
		/* NOLINTNEXTLINE(bugprone-sizeof-expression): an array of pointers is meant */
		qsort(group->names, group->count, sizeof(*group->names), compare_texts);
	}
	/* Where nothing is missing there is no list either, and qsort(3) wants one. */
	if (groups->count > 0)
		qsort(groups->list, groups->count, sizeof(*groups->list), compare_groups);
	for (size_t i = 0; i < groups->count; i++) {
		add_rule(learned, &groups->list[i], rules);
		free(groups->list[i].who);
		free(groups->list[i].names);
	}
	free(groups->list);
}

static struct json_object *
member_array(struct json_object *object, const char *key)
{
	struct json_object *array;

	if (json_object_object_get_ex(object, key, &array) &&
	    json_object_is_type(array, json_type_array))
		return array;
	array = json_object_new_array();
	json_object_object_add(object, key, array);
	return array;
}

/* The last word: the profile, as it will be read, lets everything pass that was seen. */
static int
prove(const struct learned *learned, struct refusal *why)
{
	struct profile profile;

	if (learned_parse(learned->document, &profile, why) < 0)
		return -1;
	int result = 0;

	for (size_t i = 0; result == 0 && i < learned->sightings->count; i++) {
		const struct sighting *sighting = &learned->sightings->list[i];

		if (wants_rule(sighting) && !passes(learned, &profile, sighting))
			result = refuse(
				why,
				"%s was seen, but the profile that this one starts from denies it by a rule of its own: take it out there",
				sighting->name);
	}
	profile_free(&profile);
	return result;
}

static void
free_names(struct groups *groups)
{
	for (size_t i = 0; i < groups->count; i++)
		free(groups->list[i].names);
	free(groups->list);
}

static int
find_missing(const struct learned *learned, const struct profile *profile, struct groups *groups,
	     struct refusal *why)
{
	for (size_t i = 0; i < learned->sightings->count; i++) {
		const struct sighting *sighting = &learned->sightings->list[i];

		if (!wants_rule(sighting) || passes(learned, profile, sighting))
			continue;
		if (is_plain(learned->sightings, sighting) &&
		    learned_denies_some(profile, &learned->service, sighting))
			return refuse(
				why,
				"%s was seen, and the profile that this one starts from denies some of its arguments by a rule of its own, which a rule for it would lift: say there which of them are allowed",
				sighting->name);
		add_finding(groups, learned->sightings, sighting);
	}
	return 0;
}

int
learned_add(struct learned *learned, struct refusal *why)
{
	struct groups groups = {0};
	struct profile profile;

	if (learned_parse(learned->document, &profile, why) < 0)
		return -1;
	int result = find_missing(learned, &profile, &groups, why);

	profile_free(&profile);
	if (result < 0) {
		free_names(&groups);
		return -1;
	}
	add_groups(learned, &groups, member_array(learned->document, "syscalls"));
	return prove(learned, why);
}
