/* SPDX-License-Identifier: MIT */
#include "ids.h"

#include "value.h"

#include <string.h>

enum { PASSWD_FIELDS = 7, GROUP_FIELDS = 4 };

struct field {
	const char *start;
	size_t length;
};

/* One line of either file, cut at its colons. */
struct entry {
	struct field fields[PASSWD_FIELDS];
	unsigned count;  /* fields found, at most PASSWD_FIELDS + 1 */
	unsigned number; /* of the line, from 1 */
	size_t length;   /* bytes of the line */
	bool printable;  /* no control character in it */
};

bool
ids_number(const char *text, size_t length, uint32_t *id)
{
	uint64_t value;

	if (!value_number(text, length, IDS_HIGHEST, &value))
		return false;
	*id = (uint32_t)value;
	return true;
}

static bool
all_digits(const char *text, size_t length)
{
	for (size_t i = 0; i < length; i++)
		if (text[i] < '0' || text[i] > '9')
			return false;
	return length > 0;
}

static bool
field_is(const struct field *field, const char *text, size_t length)
{
	return field->length == length && !memcmp(field->start, text, length);
}

static bool
is_blank(char byte)
{
	return byte == ' ' || byte == '\t' || byte == '\r';
}

static void
cut_line(const char *start, size_t length, struct entry *entry)
{
	const char *field = start;

	entry->count = 0;
	entry->length = length;
	entry->printable = true;
	for (const char *at = start; at <= start + length; at++) {
		if (at < start + length && *at != ':') {
			if ((unsigned char)*at < ' ' || *at == 0x7f)
				entry->printable = false;
			continue;
		}
		if (entry->count < PASSWD_FIELDS)
			entry->fields[entry->count] = (struct field){field, (size_t)(at - field)};
		if (entry->count <= PASSWD_FIELDS)
			entry->count++;
		field = at + 1;
	}
}

/* Walks the lines of a file: *at and entry->number start at 0. */
static bool
next_line(const struct ids_file *file, size_t *at, struct entry *entry)
{
	if (!file->present || *at >= file->size)
		return false;
	const char *start = file->bytes + *at;
	const char *end = memchr(start, '\n', file->size - *at);
	size_t length = end ? (size_t)(end - start) : file->size - *at;

	*at += length + 1;
	entry->number++;
	/* As Go reads it, also where an editor of another system wrote a carriage return. */
	while (length > 0 && is_blank(start[length - 1]))
		length--;
	for (; length > 0 && is_blank(*start); start++)
		length--;
	cut_line(start, length, entry);
	return true;
}

/* A line that is about to be used has to be whole. */
static int
check_line(const struct ids_file *file, const struct entry *entry, unsigned fields,
	   struct refusal *why)
{
	if (entry->length > IDS_LINE_MAX)
		return refuse(why, "line %u of %s is longer than %d bytes; mend the file",
			      entry->number, file->path, IDS_LINE_MAX);
	if (!entry->printable)
		return refuse(why, "line %u of %s has a control character in it; mend the file",
			      entry->number, file->path);
	if (entry->count != fields)
		return refuse(why, "line %u of %s has %u fields%s instead of %u; mend the file",
			      entry->number, file->path, entry->count,
			      entry->count > PASSWD_FIELDS ? " or more" : "", fields);
	return 0;
}

static int
line_number(const struct ids_file *file, const struct entry *entry, unsigned field,
	    const char *what, uint32_t *id, struct refusal *why)
{
	const struct field *text = &entry->fields[field];

	if (!ids_number(text->start, text->length, id))
		return refuse(
			why,
			"line %u of %s has \"%.*s\" as its %s, which is not a number from 0 to %u; mend the file",
			entry->number, file->path, (int)text->length, text->start, what,
			IDS_HIGHEST);
	return 0;
}

static int
copy_field(const struct ids_file *file, const struct entry *entry, unsigned field, char *to,
	   size_t size, struct refusal *why)
{
	const struct field *text = &entry->fields[field];

	if (text->length >= size)
		return refuse(
			why, "line %u of %s has a field of %zu bytes, more than %zu; mend the file",
			entry->number, file->path, text->length, size - 1);
	memcpy(to, text->start, text->length);
	to[text->length] = 0;
	return 0;
}

static int
use_passwd_line(const struct ids_file *passwd, const struct entry *entry, struct identity *who,
		struct refusal *why)
{
	uint32_t uid;
	uint32_t gid;

	if (check_line(passwd, entry, PASSWD_FIELDS, why) ||
	    line_number(passwd, entry, 2, "uid", &uid, why) ||
	    line_number(passwd, entry, 3, "gid", &gid, why) ||
	    copy_field(passwd, entry, 0, who->name, sizeof(who->name), why) ||
	    copy_field(passwd, entry, 5, who->home, sizeof(who->home), why) ||
	    copy_field(passwd, entry, 6, who->shell, sizeof(who->shell), why))
		return -1;
	if (!who->home[0])
		strcpy(who->home, "/");
	if (who->home[0] != '/')
		return refuse(
			why,
			"line %u of %s has \"%s\" as its home, which is not absolute; mend the file",
			entry->number, passwd->path, who->home);
	who->uid = uid;
	who->gid = gid;
	who->has_entry = true;
	return 0;
}

/* 1 found, 0 not found, -1 refused. The first line that fits counts, as with getpwnam(3). */
static int
find_name(const struct ids_file *passwd, const char *name, size_t length, struct identity *who,
	  struct refusal *why)
{
	struct entry entry = {.number = 0};

	for (size_t at = 0; next_line(passwd, &at, &entry);)
		if (field_is(&entry.fields[0], name, length))
			return use_passwd_line(passwd, &entry, who, why) ? -1 : 1;
	return 0;
}

static int
find_uid(const struct ids_file *passwd, uid_t uid, struct identity *who, struct refusal *why)
{
	struct entry entry = {.number = 0};
	uint32_t id;

	for (size_t at = 0; next_line(passwd, &at, &entry);)
		if (entry.count > 2 &&
		    ids_number(entry.fields[2].start, entry.fields[2].length, &id) && id == uid)
			return use_passwd_line(passwd, &entry, who, why) ? -1 : 1;
	return 0;
}

static void
without_entry(uid_t uid, struct identity *who)
{
	who->uid = uid;
	who->gid = uid;
	who->has_entry = false;
	who->name[0] = 0;
	strcpy(who->home, "/");
	who->shell[0] = 0;
}

int
ids_describe(uid_t uid, const struct ids_file *passwd, struct identity *who, struct refusal *why)
{
	int found = find_uid(passwd, uid, who, why);

	if (!found)
		without_entry(uid, who);
	return found < 0 ? -1 : 0;
}

/* A name that the shadow tools would let pass: nothing that could be meant as a number. */
static int
check_name(const char *kind, const char *text, size_t length, struct refusal *why)
{
	if (length == 0)
		return refuse(why, "the %s is empty; write USER or USER:GROUP", kind);
	if (length >= IDS_NAME_SIZE)
		return refuse(why,
			      "the %s \"%.20s...\" has %zu bytes, more than %d; name it by number",
			      kind, text, length, IDS_NAME_SIZE - 1);
	if (text[0] == '-' || text[0] == '+')
		return refuse(why,
			      "the %s \"%.*s\" begins with a sign; write an id in digits alone",
			      kind, (int)length, text);
	for (size_t i = 0; i < length; i++)
		if ((unsigned char)text[i] <= ' ' || text[i] == 0x7f || text[i] == ':')
			return refuse(
				why,
				"the %s \"%.*s\" has a blank, a colon or a control character in it; write USER or USER:GROUP without them",
				kind, (int)length, text);
	return 0;
}

static int
check_number(const char *kind, const char *text, size_t length, uint32_t *id, struct refusal *why)
{
	if (ids_number(text, length, id))
		return 0;
	return refuse(
		why,
		"the %s %.*s is not an id: ids are decimal numbers from 0 to %u without leading zeros",
		kind, (int)length, text, IDS_HIGHEST);
}

static int
resolve_user(const char *text, size_t length, const struct ids_file *passwd, struct identity *who,
	     struct refusal *why)
{
	uint32_t uid;

	if (all_digits(text, length))
		return check_number("user", text, length, &uid, why)
			       ? -1
			       : ids_describe(uid, passwd, who, why);
	if (check_name("user", text, length, why))
		return -1;
	if (passwd->distrust)
		return refuse(why, "the user \"%.*s\" is not looked up: %s", (int)length, text,
			      passwd->distrust);
	if (!passwd->present)
		return refuse(
			why,
			"the user \"%.*s\" cannot be looked up, there is no %s; name the user by number, or copy the file into the image",
			(int)length, text, passwd->path);
	int found = find_name(passwd, text, length, who, why);

	if (!found)
		return refuse(
			why,
			"there is no user \"%.*s\" in %s; add one, or name the user by number (digits alone)",
			(int)length, text, passwd->path);
	return found < 0 ? -1 : 0;
}

static int
resolve_group(const char *text, size_t length, const struct ids_file *group, gid_t *gid,
	      struct refusal *why)
{
	struct entry entry = {.number = 0};

	if (all_digits(text, length))
		return check_number("group", text, length, gid, why);
	if (check_name("group", text, length, why))
		return -1;
	if (group->distrust)
		return refuse(why, "the group \"%.*s\" is not looked up: %s", (int)length, text,
			      group->distrust);
	if (!group->present)
		return refuse(
			why,
			"the group \"%.*s\" cannot be looked up, there is no %s; name the group by number, or copy the file into the image",
			(int)length, text, group->path);
	for (size_t at = 0; next_line(group, &at, &entry);)
		if (field_is(&entry.fields[0], text, length))
			return check_line(group, &entry, GROUP_FIELDS, why) ||
					       line_number(group, &entry, 2, "gid", gid, why)
				       ? -1
				       : 0;
	return refuse(
		why,
		"there is no group \"%.*s\" in %s; add one, or name the group by number (digits alone)",
		(int)length, text, group->path);
}

int
ids_add_gid(gid_t gid, struct identity *who, struct refusal *why)
{
	size_t at = 0;

	while (at < who->group_count && who->groups[at] < gid)
		at++;
	if (at < who->group_count && who->groups[at] == gid)
		return 0;
	if (who->group_count == IDS_GROUPS_MAX)
		return refuse(
			why,
			"more than %d supplementary groups, gid %u is one too many; name a GROUP, and with --group-add those that are needed",
			IDS_GROUPS_MAX, gid);
	memmove(&who->groups[at + 1], &who->groups[at],
		(who->group_count - at) * sizeof(who->groups[0]));
	who->groups[at] = gid;
	who->group_count++;
	return 0;
}

static bool
lists_member(const struct field *members, const char *name)
{
	size_t length = strlen(name);
	const char *end = members->start + members->length;

	for (const char *at = members->start; at < end;) {
		const char *comma = memchr(at, ',', (size_t)(end - at));
		size_t size = comma ? (size_t)(comma - at) : (size_t)(end - at);

		/* As glibc does. */
		for (; size > 0 && is_blank(*at); at++)
			size--;
		if (size == length && !memcmp(at, name, length))
			return true;
		at += size + 1;
	}
	return false;
}

/* Every group whose member list names the user, whether the line is whole or not. */
static int
add_memberships(const struct ids_file *group, struct identity *who, struct refusal *why)
{
	struct entry entry = {.number = 0};
	gid_t gid;

	for (size_t at = 0; next_line(group, &at, &entry);) {
		if (entry.count < GROUP_FIELDS || !lists_member(&entry.fields[3], who->name))
			continue;
		if (check_line(group, &entry, GROUP_FIELDS, why) ||
		    line_number(group, &entry, 2, "gid", &gid, why) || ids_add_gid(gid, who, why))
			return -1;
	}
	return 0;
}

int
ids_resolve(const char *spec, const struct ids_file *passwd, const struct ids_file *group,
	    struct identity *who, struct refusal *why)
{
	const char *colon = strchr(spec, ':');
	size_t length = colon ? (size_t)(colon - spec) : strlen(spec);

	who->group_count = 0;
	if (resolve_user(spec, length, passwd, who, why))
		return -1;
	if (colon && resolve_group(colon + 1, strlen(colon + 1), group, &who->gid, why))
		return -1;
	if (!colon && who->has_entry && group->distrust)
		return refuse(why,
			      "the groups of \"%.160s\" are not looked up: %s, or name a GROUP",
			      who->name, group->distrust);
	if (!colon && who->has_entry && add_memberships(group, who, why))
		return -1;
	return ids_add_gid(who->gid, who, why);
}

int
ids_add_group(const char *spec, const struct ids_file *group, struct identity *who,
	      struct refusal *why)
{
	gid_t gid;

	return resolve_group(spec, strlen(spec), group, &gid, why) ? -1
								   : ids_add_gid(gid, who, why);
}
