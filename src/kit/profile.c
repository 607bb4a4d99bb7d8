/* SPDX-License-Identifier: MIT */
#include "kit/profile.h"

#include "confine/filter.h"
#include "kit/action.h"
#include "kit/errnos.h"
#include "kit/json.h"
#include "kit/memory.h"

#include <errno.h>
#include <json-c/linkhash.h>
#include <linux/seccomp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

enum { WHERE = 128, LARGEST_ERRNO = 4095 };

/* What one run of the reader needs everywhere. */
struct reader {
	struct notes *notes;
	struct refusal *why;
};

static const char *const top_keys[] = {
	"defaultAction", "defaultErrnoRet", "defaultErrno",     "architectures", "archMap", "flags",
	"syscalls",      "listenerPath",    "listenerMetadata", "comment",       NULL};
static const char *const rule_keys[] = {"name",  "names",   "action",   "args",     "errnoRet",
					"errno", "comment", "includes", "excludes", NULL};
static const char *const argument_keys[] = {"index", "value", "valueTwo", "op", "comment", NULL};
static const char *const filter_keys[] = {"arches", "caps", "minKernel", "comment", NULL};
static const char *const arch_keys[] = {"architecture", "subArchitectures", "comment", NULL};

static const char *const operators[] = {
	[COMPARE_NE] = "SCMP_CMP_NE",
	[COMPARE_LT] = "SCMP_CMP_LT",
	[COMPARE_LE] = "SCMP_CMP_LE",
	[COMPARE_EQ] = "SCMP_CMP_EQ",
	[COMPARE_GE] = "SCMP_CMP_GE",
	[COMPARE_GT] = "SCMP_CMP_GT",
	[COMPARE_MASKED_EQ] = "SCMP_CMP_MASKED_EQ",
};

/* What Docker, Podman and runc take; the compiler has tables for some of them. */
static const char *const oci_architectures[] = {
	"SCMP_ARCH_X86",     "SCMP_ARCH_X86_64",   "SCMP_ARCH_X32",         "SCMP_ARCH_ARM",
	"SCMP_ARCH_AARCH64", "SCMP_ARCH_MIPS",     "SCMP_ARCH_MIPS64",      "SCMP_ARCH_MIPS64N32",
	"SCMP_ARCH_MIPSEL",  "SCMP_ARCH_MIPSEL64", "SCMP_ARCH_MIPSEL64N32", "SCMP_ARCH_PPC",
	"SCMP_ARCH_PPC64",   "SCMP_ARCH_PPC64LE",  "SCMP_ARCH_S390",        "SCMP_ARCH_S390X",
	"SCMP_ARCH_PARISC",  "SCMP_ARCH_PARISC64", "SCMP_ARCH_RISCV64",     "SCMP_ARCH_LOONGARCH64",
	"SCMP_ARCH_M68K",    "SCMP_ARCH_SH",       "SCMP_ARCH_SHEB",        NULL};

static const char *const flags[] = {"SECCOMP_FILTER_FLAG_TSYNC", "SECCOMP_FILTER_FLAG_LOG",
				    "SECCOMP_FILTER_FLAG_SPEC_ALLOW",
				    "SECCOMP_FILTER_FLAG_WAIT_KILLABLE_RECV", NULL};

static bool
in_list(const char *const *list, const char *text)
{
	for (; *list; list++)
		if (strcmp(*list, text) == 0)
			return true;
	return false;
}

/*
 * A key that nobody reads is said, as Docker would drop it silently. One that differs from a known
 * key in its letters' case alone is refused: Go reads it, others do not.
 */
static int
keys_check(struct reader *reader, struct json_object *object, const char *const *known,
	   const char *where)
{
	json_object_object_foreach(object, key, value)
	{
		(void)value;
		if (in_list(known, key))
			continue;
		for (const char *const *other = known; *other; other++)
			if (strcasecmp(*other, key) == 0)
				return refuse(reader->why, "%s%s%s: write it as %s", where,
					      *where ? "." : "", key, *other);
		notes_add(reader->notes, "%s%s%s: not a key of a seccomp profile, ignored", where,
			  *where ? "." : "", key);
	}
	return 0;
}

static int
read_strings(struct reader *reader, struct json_object *object, const char *key, const char *where,
	     struct profile_strings *out)
{
	struct json_object *array;
	int found = json_array(object, key, where, &array, reader->why);

	if (found <= 0)
		return found;
	size_t count = json_object_array_length(array);
	out->texts = memory_new(count, sizeof(*out->texts));
	for (size_t i = 0; i < count; i++) {
		struct json_object *item = json_object_array_get_idx(array, i);
		const char *text = json_object_get_string(item);

		if (!json_object_is_type(item, json_type_string) || !*text ||
		    strlen(text) != (size_t)json_object_get_string_len(item))
			return refuse(reader->why,
				      "%s%s%s[%zu]: must be a string that is not empty, not %s",
				      where, *where ? "." : "", key, i,
				      json_object_to_json_string(item));
		out->texts[out->count++] = text;
	}
	return 1;
}

/* errnoRet and Podman's errno in one; 0 if neither is there. */
static int
read_errno(struct reader *reader, struct json_object *object, const char *number_key,
	   const char *name_key, const char *where, unsigned *out)
{
	uint64_t number = 0;
	const char *name = NULL;
	int found = json_number(object, number_key, where, &number, reader->why);
	int named = json_text(object, name_key, where, &name, reader->why);

	if (found < 0 || named < 0)
		return -1;
	if (number > LARGEST_ERRNO)
		return refuse(reader->why, "%s%s%s: %llu is not an errno: at most %d", where,
			      *where ? "." : "", number_key, (unsigned long long)number,
			      LARGEST_ERRNO);
	if (named > 0) {
		int value = errno_number(name);

		if (value < 0)
			return refuse(reader->why, "%s%s%s: \"%s\" is not the name of an errno",
				      where, *where ? "." : "", name_key, name);
		if (found > 0 && number != (unsigned)value)
			return refuse(reader->why, "%s%s%s: %s is %d, but %s says %llu: keep one",
				      where, *where ? "." : "", name_key, name, value, number_key,
				      (unsigned long long)number);
		number = (unsigned)value;
	}
	if (number == FILTER_CANARY_ERRNO)
		return refuse(reader->why, "%s: errno %d is what stepdown's own proof answers with",
			      where, FILTER_CANARY_ERRNO);
	*out = (unsigned)number;
	return found > 0 || named > 0;
}

static int
read_action(struct reader *reader, const char *name, const char *where, int has_number,
	    unsigned number, uint32_t *out)
{
	bool takes_errno;

	if (!action_find(name, out, &takes_errno))
		return refuse(reader->why,
			      "%s: \"%s\" is not an action: SCMP_ACT_ALLOW, _ERRNO, _LOG, "
			      "_TRAP, _TRACE, _KILL_THREAD or _KILL_PROCESS",
			      where, name);
	if (*out == SECCOMP_RET_USER_NOTIF)
		return refuse(reader->why,
			      "%s: SCMP_ACT_NOTIFY needs a listener, and the service of "
			      "stepdown has none: use SCMP_ACT_ERRNO",
			      where);
	if (takes_errno)
		*out |= has_number ? number : EPERM;
	else if (has_number && number != 0)
		notes_add(reader->notes, "%s: the errno means nothing with %s", where, name);
	return 0;
}

/* "4.8": two numbers, each at most 255, as Docker takes them. */
static int
read_kernel(struct reader *reader, const char *text, const char *where, unsigned out[2])
{
	char rest;

	if (strspn(text, "0123456789.") != strlen(text) ||
	    sscanf(text, "%3u.%3u%c", &out[0], &out[1], &rest) != 2 || out[0] > 255 ||
	    out[1] > 255 || out[0] + out[1] == 0)
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
	if (keys_check(reader, object, filter_keys, where) < 0 ||
	    read_strings(reader, object, "arches", where, &out->arches) < 0 ||
	    read_strings(reader, object, "caps", where, &out->caps) < 0)
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
	if (keys_check(reader, object, argument_keys, where) < 0 ||
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
		notes_add(reader->notes,
			  "%s.args: an argument is named twice, so any one of these "
			  "conditions is enough, as with runc",
			  rule_where);
	return 0;
}

static int
read_names(struct reader *reader, struct json_object *object, const char *where,
	   struct profile_rule *rule)
{
	const char *name;
	int many = read_strings(reader, object, "names", where, &rule->names);
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

static int
read_rule(struct reader *reader, struct json_object *object, const char *where,
	  struct profile_rule *rule)
{
	const char *action = NULL;
	unsigned number = 0;

	if (!json_object_is_type(object, json_type_object))
		return refuse(reader->why, "%s: must be an object", where);
	if (keys_check(reader, object, rule_keys, where) < 0 ||
	    read_names(reader, object, where, rule) < 0)
		return -1;
	int found = json_text(object, "action", where, &action, reader->why);
	if (found <= 0)
		return found < 0 ? -1 : refuse(reader->why, "%s: has no action", where);
	int has_number = read_errno(reader, object, "errnoRet", "errno", where, &number);
	if (has_number < 0 ||
	    read_action(reader, action, where, has_number, number, &rule->action) < 0)
		return -1;
	if (read_conditions(reader, object, where, rule) < 0 ||
	    read_filter(reader, object, "includes", where, &rule->includes) < 0 ||
	    read_filter(reader, object, "excludes", where, &rule->excludes) < 0)
		return -1;
	return 0;
}

static int
read_rules(struct reader *reader, struct json_object *document, struct profile *out)
{
	struct json_object *array;
	int found = json_array(document, "syscalls", "", &array, reader->why);

	if (found <= 0)
		return found;
	size_t count = json_object_array_length(array);
	out->rules = memory_new(count, sizeof(*out->rules));
	for (size_t i = 0; i < count; i++) {
		char where[WHERE];

		snprintf(where, sizeof(where), "syscalls[%zu]", i);
		/* Counted first, so that profile_free releases what a refused rule has allocated.
		 */
		out->rule_count++;
		if (read_rule(reader, json_object_array_get_idx(array, i), where, &out->rules[i]) <
		    0)
			return -1;
	}
	return 0;
}

static int
arches_check(struct reader *reader, const struct profile_strings *arches, const char *where)
{
	for (size_t i = 0; i < arches->count; i++)
		if (!in_list(oci_architectures, arches->texts[i]))
			return refuse(reader->why, "%s: \"%s\" is not an architecture", where,
				      arches->texts[i]);
	return 0;
}

static int
read_arch(struct reader *reader, struct json_object *object, const char *where,
	  struct profile_arch *out)
{
	if (!json_object_is_type(object, json_type_object))
		return refuse(reader->why, "%s: must be an object", where);
	int found = json_text(object, "architecture", where, &out->name, reader->why);
	if (found < 0 || keys_check(reader, object, arch_keys, where) < 0 ||
	    read_strings(reader, object, "subArchitectures", where, &out->others) < 0)
		return -1;
	if (found == 0 || !in_list(oci_architectures, out->name))
		return refuse(reader->why, "%s.architecture: \"%s\" is not an architecture", where,
			      found ? out->name : "");
	return arches_check(reader, &out->others, where);
}

static int
read_architectures(struct reader *reader, struct json_object *document, struct profile *out)
{
	struct json_object *array;

	if (read_strings(reader, document, "architectures", "", &out->architectures) < 0 ||
	    arches_check(reader, &out->architectures, "architectures") < 0)
		return -1;
	int found = json_array(document, "archMap", "", &array, reader->why);
	if (found <= 0)
		return found;
	size_t count = json_object_array_length(array);
	if (count > 0 && out->architectures.count > 0)
		return refuse(reader->why,
			      "both architectures and archMap are given: keep archMap");
	out->arch_map = memory_new(count, sizeof(*out->arch_map));
	for (size_t i = 0; i < count; i++) {
		char where[WHERE];

		snprintf(where, sizeof(where), "archMap[%zu]", i);
		out->arch_map_count++;
		if (read_arch(reader, json_object_array_get_idx(array, i), where,
			      &out->arch_map[i]) < 0)
			return -1;
	}
	return 0;
}

static int
read_flags(struct reader *reader, struct json_object *document)
{
	struct profile_strings given = {0};
	int found = read_strings(reader, document, "flags", "", &given);

	for (size_t i = 0; found > 0 && i < given.count; i++) {
		if (!in_list(flags, given.texts[i]))
			found = refuse(reader->why, "flags: \"%s\" is not a flag of seccomp(2)",
				       given.texts[i]);
		else if (strcmp(given.texts[i], "SECCOMP_FILTER_FLAG_LOG") == 0)
			notes_add(reader->notes,
				  "flags: a compiled profile does not carry %s, the host's "
				  "log is not written",
				  given.texts[i]);
	}
	free(given.texts);
	return found < 0 ? -1 : 0;
}

static int
read_document(struct reader *reader, struct json_object *document, struct profile *out)
{
	const char *text = NULL;
	unsigned number = 0;

	if (!json_object_is_type(document, json_type_object))
		return refuse(reader->why,
			      "a profile must be an object, with defaultAction and syscalls");
	if (keys_check(reader, document, top_keys, "") < 0)
		return -1;
	int listener = json_text(document, "listenerPath", "", &text, reader->why);
	if (listener < 0)
		return -1;
	if (listener > 0 && *text)
		return refuse(reader->why,
			      "listenerPath: %s: stepdown hands no notifications to anybody", text);
	int found = json_text(document, "defaultAction", "", &text, reader->why);
	if (found < 0)
		return -1;
	if (found == 0 || !*text)
		return refuse(reader->why,
			      "has no defaultAction: to Docker this means \"no filter\"; "
			      "say so with --seccomp off instead");
	int has_number =
		read_errno(reader, document, "defaultErrnoRet", "defaultErrno", "", &number);
	if (has_number < 0 || read_action(reader, text, "defaultAction", has_number, number,
					  &out->default_action) < 0)
		return -1;
	if (read_architectures(reader, document, out) < 0 || read_flags(reader, document) < 0)
		return -1;
	return read_rules(reader, document, out);
}

int
profile_parse(const char *bytes, size_t length, struct profile *out, struct notes *notes,
	      struct refusal *why)
{
	struct reader reader = {notes, why};

	*out = (struct profile){0};
	struct json_object *document = json_read(bytes, length, why);
	if (!document)
		return -1;
	out->document = document;
	if (read_document(&reader, document, out) < 0) {
		profile_free(out);
		return -1;
	}
	return 0;
}

void
profile_free(struct profile *profile)
{
	for (size_t i = 0; i < profile->rule_count; i++) {
		struct profile_rule *rule = &profile->rules[i];

		free(rule->names.texts);
		free(rule->conditions);
		free(rule->includes.arches.texts);
		free(rule->includes.caps.texts);
		free(rule->excludes.arches.texts);
		free(rule->excludes.caps.texts);
	}
	for (size_t i = 0; i < profile->arch_map_count; i++)
		free(profile->arch_map[i].others.texts);
	free(profile->arch_map);
	free(profile->architectures.texts);
	free(profile->rules);
	json_object_put(profile->document);
	*profile = (struct profile){0};
}
