/* SPDX-License-Identifier: MIT */
#include "kit/profile.h"

#include "kit/heap.h"
#include "kit/json.h"
#include "kit/profile_value.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const char *const top_keys[] = {
	"defaultAction", "defaultErrnoRet", "defaultErrno",     "architectures", "archMap", "flags",
	"syscalls",      "listenerPath",    "listenerMetadata", "comment",       NULL};
static const char *const arch_keys[] = {"architecture", "subArchitectures", "comment", NULL};

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
		if (rule_read(reader, json_object_array_get_idx(array, i), where, &out->rules[i]) <
		    0)
			return -1;
	}
	return 0;
}

static int
arches_check(struct reader *reader, const struct profile_strings *arches, const char *where)
{
	for (size_t i = 0; i < arches->count; i++)
		if (!value_in_list(oci_architectures, arches->texts[i]))
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
	if (found < 0 || value_keys(reader, object, arch_keys, where) < 0 ||
	    value_strings(reader, object, "subArchitectures", where, &out->others) < 0)
		return -1;
	if (found == 0 || !value_in_list(oci_architectures, out->name))
		return refuse(reader->why, "%s.architecture: \"%s\" is not an architecture", where,
			      found ? out->name : "");
	return arches_check(reader, &out->others, where);
}

static int
read_architectures(struct reader *reader, struct json_object *document, struct profile *out)
{
	struct json_object *array;

	if (value_strings(reader, document, "architectures", "", &out->architectures) < 0 ||
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
	int found = value_strings(reader, document, "flags", "", &given);

	for (size_t i = 0; found > 0 && i < given.count; i++) {
		if (!value_in_list(flags, given.texts[i]))
			found = refuse(reader->why, "flags: \"%s\" is not a flag of seccomp(2)",
				       given.texts[i]);
		else if (strcmp(given.texts[i], "SECCOMP_FILTER_FLAG_LOG") == 0)
			notes_add(
				reader->notes,
				"flags: a compiled profile does not carry %s, the host's log is not written",
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
	if (value_keys(reader, document, top_keys, "") < 0)
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
		return refuse(
			reader->why,
			"has no defaultAction: to Docker this means \"no filter\"; say so with --seccomp off instead");
	int has_number =
		value_errno(reader, document, "defaultErrnoRet", "defaultErrno", "", &number);
	if (has_number < 0 || value_action(reader, text, "defaultAction", has_number, number,
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
