/* SPDX-License-Identifier: MIT */
#include "kit/learned.h"

#include <string.h>

static const char *
text_of(struct json_object *object, const char *key)
{
	struct json_object *value;

	return json_object_object_get_ex(object, key, &value) && value
		       ? json_object_get_string(value)
		       : "";
}

static struct json_object *
array_of(struct json_object *object, const char *key)
{
	struct json_object *value;

	return json_object_object_get_ex(object, key, &value) &&
			       json_object_is_type(value, json_type_array)
		       ? value
		       : NULL;
}

static bool
has_key(struct json_object *object, const char *key)
{
	struct json_object *value;

	if (!json_object_object_get_ex(object, key, &value) || !value)
		return false;
	return !json_object_is_type(value, json_type_array) || json_object_array_length(value) > 0;
}

/* A list of calls that are allowed whoever asks, and with whatever arguments. */
static bool
is_list(struct json_object *rule)
{
	return strcmp(text_of(rule, "action"), "SCMP_ACT_ALLOW") == 0 && !has_key(rule, "args") &&
	       !has_key(rule, "includes") && !has_key(rule, "excludes") && array_of(rule, "names");
}

static bool
names_call(struct json_object *rule, const char *name)
{
	struct json_object *names = array_of(rule, "names");

	for (size_t i = 0; names && i < json_object_array_length(names); i++)
		if (strcmp(json_object_get_string(json_object_array_get_idx(names, i)), name) == 0)
			return true;
	return false;
}

static bool
is_listed(struct json_object *rules, const char *name)
{
	for (size_t i = 0; i < json_object_array_length(rules); i++) {
		struct json_object *rule = json_object_array_get_idx(rules, i);

		if (is_list(rule) && names_call(rule, name))
			return true;
	}
	return false;
}

static bool
is_mentioned(struct json_object *rules, const char *name)
{
	for (size_t i = 0; i < json_object_array_length(rules); i++)
		if (names_call(json_object_array_get_idx(rules, i), name))
			return true;
	return false;
}

static struct json_object *
copy_of(struct json_object *object)
{
	struct json_object *copy = NULL;

	json_object_deep_copy(object, &copy, NULL);
	return copy;
}

/* Equal but for the comment. */
static bool
says_the_same(struct json_object *one, struct json_object *other)
{
	struct json_object *left = copy_of(one), *right = copy_of(other);

	json_object_object_del(left, "comment");
	json_object_object_del(right, "comment");
	bool same = json_object_equal(left, right);
	json_object_put(left);
	json_object_put(right);
	return same;
}

static bool
has_rule(struct json_object *rules, struct json_object *rule)
{
	for (size_t i = 0; i < json_object_array_length(rules); i++)
		if (says_the_same(json_object_array_get_idx(rules, i), rule))
			return true;
	return false;
}

/* The list without the names that are listed already, or NULL if nothing is left of it. */
static struct json_object *
what_is_new(struct json_object *rules, struct json_object *rule)
{
	struct json_object *copy = copy_of(rule), *names = array_of(copy, "names");

	for (size_t i = json_object_array_length(names); i-- > 0;)
		if (is_listed(rules, json_object_get_string(json_object_array_get_idx(names, i))))
			json_object_array_del_idx(names, i, 1);
	if (json_object_array_length(names) > 0)
		return copy;
	json_object_put(copy);
	return NULL;
}

/* All names of a rule with conditions are listed without them: it would say nothing. */
static bool
is_settled(struct json_object *rules, struct json_object *rule)
{
	struct json_object *names = array_of(rule, "names");

	for (size_t i = 0; i < json_object_array_length(names); i++)
		if (!is_listed(rules, json_object_get_string(json_object_array_get_idx(names, i))))
			return false;
	return true;
}

static void
merge_rule(struct json_object *rules, struct json_object *rule)
{
	struct json_object *names = array_of(rule, "names"), *new = NULL;
	bool allows = strcmp(text_of(rule, "action"), "SCMP_ACT_ALLOW") == 0;

	if (is_list(rule)) {
		new = what_is_new(rules, rule);
		if (new)
			json_object_array_add(rules, new);
		return;
	}
	if (has_rule(rules, rule) || (allows && names && is_settled(rules, rule)))
		return;
	/* What answers clone3 in every learned profile gives way to what another says of it; no
	 * other denial does. */
	if (!allows && names && json_object_array_length(names) == 1 &&
	    names_call(rule, "clone3") && is_mentioned(rules, "clone3"))
		return;
	json_object_array_add(rules, copy_of(rule));
}

/* Both name architectures in archMap, or the other's are taken. */
static void
merge_arches(struct json_object *document, struct json_object *other)
{
	struct json_object *own = array_of(document, "archMap"), *more = array_of(other, "archMap");

	for (size_t i = 0; own && more && i < json_object_array_length(more); i++) {
		struct json_object *entry = json_object_array_get_idx(more, i);
		bool there = false;

		for (size_t k = 0; k < json_object_array_length(own); k++)
			there = there ||
				strcmp(text_of(json_object_array_get_idx(own, k), "architecture"),
				       text_of(entry, "architecture")) == 0;
		if (!there)
			json_object_array_add(own, copy_of(entry));
	}
}

int
learned_merge(struct json_object *document, struct json_object *other, struct refusal *why)
{
	struct json_object *rules = array_of(document, "syscalls");
	struct json_object *more = array_of(other, "syscalls");

	if (strcmp(text_of(document, "defaultAction"), text_of(other, "defaultAction")) != 0)
		return refuse(why, "defaultAction is %s here and %s there: they cannot be merged",
			      text_of(document, "defaultAction"), text_of(other, "defaultAction"));
	merge_arches(document, other);
	for (size_t i = 0; rules && more && i < json_object_array_length(more); i++)
		merge_rule(rules, json_object_array_get_idx(more, i));
	return 0;
}

static struct json_object *
new_entry(const struct architecture *native)
{
	struct json_object *entry = json_object_new_object();

	json_object_object_add(entry, "architecture", json_object_new_string(native->oci));
	return entry;
}

static void
add_text(struct json_object *array, const char *text)
{
	for (size_t i = 0; i < json_object_array_length(array); i++)
		if (strcmp(json_object_get_string(json_object_array_get_idx(array, i)), text) == 0)
			return;
	json_object_array_add(array, json_object_new_string(text));
}

static struct json_object *
array_made(struct json_object *object, const char *key)
{
	struct json_object *array = array_of(object, key);

	if (array)
		return array;
	array = json_object_new_array();
	json_object_object_add(object, key, array);
	return array;
}

void
learned_arch(struct json_object *document, const struct architecture *native, bool compat)
{
	struct json_object *plain = array_of(document, "architectures"), *entry = NULL;

	if (plain && json_object_array_length(plain) > 0) {
		add_text(plain, native->oci);
		if (compat)
			add_text(plain, architecture_find(native->compat)->oci);
		return;
	}
	struct json_object *map = array_made(document, "archMap");

	for (size_t i = 0; i < json_object_array_length(map); i++)
		if (strcmp(text_of(json_object_array_get_idx(map, i), "architecture"),
			   native->oci) == 0)
			entry = json_object_array_get_idx(map, i);
	if (!entry) {
		entry = new_entry(native);
		json_object_array_add(map, entry);
	}
	if (compat)
		add_text(array_made(entry, "subArchitectures"),
			 architecture_find(native->compat)->oci);
}
