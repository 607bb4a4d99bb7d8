/* SPDX-License-Identifier: MIT */
#include "kit/heap.h"
#include "kit/json.h"
#include "kit/profile_value.h"
#include "kit/version.h"

#include <stdio.h>
#include <string.h>

static const char *const rule_keys[] = {"name",  "names",   "action",   "args",     "errnoRet",
					"errno", "comment", "includes", "excludes", NULL};
static const char *const argument_keys[] = {"index", "value", "valueTwo", "op", "comment", NULL};
static const char *const filter_keys[] = {"arches", "caps", "minKernel", "comment", NULL};

static const char *const operators[] = {
	[COMPARE_NE] = "SCMP_CMP_NE",
	[COMPARE_LT] = "SCMP_CMP_LT",
	[COMPARE_LE] = "SCMP_CMP_LE",
	[COMPARE_EQ] = "SCMP_CMP_EQ",
	[COMPARE_GE] = "SCMP_CMP_GE",
	[COMPARE_GT] = "SCMP_CMP_GT",
	[COMPARE_MASKED_EQ] = "SCMP_CMP_MASKED_EQ",
};

static int
read_kernel(struct reader *reader, const char *text, const char *where, unsigned out[2])
{
	if (!version_parse(text, out))
		return refuse(reader->why,
			      "%s.minKernel: \"%s\" is not a kernel version like \"4.8\"", where,
			      text);
	return 0;
}

static int
read_filter(struct reader *reader, struct json_object *rule, const char *key,
	    const char *rule_where, struct profile_filter *out)
{
	struct json_object *object;
	const char *kernel;
	char where[WHERE];
	int found = json_map(rule, key, rule_where, &object, reader->why);

	if (found <= 0)
		return found;
	snprintf(where, sizeof(where), "%s.%s", rule_where, key);
	if (value_keys(reader, object, filter_keys, where) < 0 ||
	    value_strings(reader, object, "arches", where, &out->arches) < 0 ||
	    value_strings(reader, object, "caps", where, &out->caps) < 0)
		return -1;
	found = json_text(object, "minKernel", where, &kernel, reader->why);
	if (found <= 0 || !*kernel)
		return found < 0 ? -1 : 0;
	out->has_kernel = true;
	return read_kernel(reader, kernel, where, out->kernel);
}

static int
read_condition(struct reader *reader, struct json_object *object, const char *where,
	       struct condition *out)
{
	uint64_t index = 0;
	const char *operator= NULL;

	if (!json_object_is_type(object, json_type_object))
		return refuse(reader->why, "%s: must be an object", where);
	if (value_keys(reader, object, argument_keys, where) < 0 ||
	    json_number(object, "index", where, &index, reader->why) < 0 ||
	    json_number(object, "value", where, &out->value, reader->why) < 0 ||
	    json_number(object, "valueTwo", where, &out->value_two, reader->why) < 0)
		return -1;
	if (index >= CALL_ARGUMENTS)
		return refuse(reader->why, "%s.index: a call has no argument %llu: 0 to 5", where,
			      (unsigned long long)index);
	out->index = (unsigned)index;
	int found = json_text(object, "op", where, &operator, reader->why);
	if (found <= 0)
		return found < 0 ? -1 : refuse(reader->why, "%s: has no op", where);
	for (size_t i = 0; i < sizeof(operators) / sizeof(operators[0]); i++)
		if (strcmp(operators[i], operator) == 0) {
			out->comparison = (enum comparison)i;
			return 0;
		}
	return refuse(reader->why, "%s.op: \"%s\" is not an operator", where, operator);
}

static int
read_conditions(struct reader *reader, struct json_object *object, const char *rule_where,
		struct profile_rule *rule)
{
	struct json_object *array;
	unsigned seen = 0;
	int found = json_array(object, "args", rule_where, &array, reader->why);

	if (found <= 0)
		return found;
	size_t count = json_object_array_length(array);
	rule->conditions = memory_new(count, sizeof(*rule->conditions));
	for (size_t i = 0; i < count; i++) {
		char where[2 * WHERE];

		snprintf(where, sizeof(where), "%s.args[%zu]", rule_where, i);
		if (read_condition(reader, json_object_array_get_idx(array, i), where,
				   &rule->conditions[i]) < 0)
			return -1;
		rule->any = rule->any || (seen & (1U << rule->conditions[i].index));
		seen |= 1U << rule->conditions[i].index;
		rule->condition_count++;
	}
	if (rule->any)
		notes_add(
			reader->notes,
			"%s.args: an argument is named twice, so any one of these conditions is enough, as with runc",
			rule_where);
	return 0;
}

static int
read_names(struct reader *reader, struct json_object *object, const char *where,
	   struct profile_rule *rule)
{
	const char *name;
	int many = value_strings(reader, object, "names", where, &rule->names);
	int one = json_text(object, "name", where, &name, reader->why);

	if (many < 0 || one < 0)
		return -1;
	if (one > 0 && *name) {
		if (rule->names.count > 0)
			return refuse(reader->why, "%s: has both name and names: keep names",
				      where);
		rule->names.texts = memory_grow(rule->names.texts, 1, sizeof(*rule->names.texts));
		rule->names.texts[rule->names.count++] = name;
	}
	if (rule->names.count == 0)
		return refuse(reader->why, "%s: names no call", where);
	return 0;
}

int
rule_read(struct reader *reader, struct json_object *object, const char *where,
	  struct profile_rule *rule)
{
	const char *action = NULL;
	unsigned number = 0;

	if (!json_object_is_type(object, json_type_object))
		return refuse(reader->why, "%s: must be an object", where);
	if (value_keys(reader, object, rule_keys, where) < 0 ||
	    read_names(reader, object, where, rule) < 0)
		return -1;
	int found = json_text(object, "action", where, &action, reader->why);
	if (found <= 0)
		return found < 0 ? -1 : refuse(reader->why, "%s: has no action", where);
	int has_number = value_errno(reader, object, "errnoRet", "errno", where, &number);
	if (has_number < 0 ||
	    value_action(reader, action, where, has_number, number, &rule->action) < 0)
		return -1;
	if (read_conditions(reader, object, where, rule) < 0 ||
	    read_filter(reader, object, "includes", where, &rule->includes) < 0 ||
	    read_filter(reader, object, "excludes", where, &rule->excludes) < 0)
		return -1;
	return 0;
}
