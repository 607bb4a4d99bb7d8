/* SPDX-License-Identifier: MIT */
#include "kit/audit/tarball.h"

#include "value.h"

#include <string.h>

struct record {
	const char *key;
	size_t key_length;
	const char *value;
	size_t length;
};

/* A decimal number, which others may have filled up with zeros. */
static bool
number(const char *text, size_t length, uint64_t most, uint64_t *out)
{
	for (; length > 1 && *text == '0'; length--)
		text++;
	return value_number(text, length, most, out);
}

static int
take_name(const struct record *record, char name[static TAR_PATH_SIZE], bool *has,
	  struct refusal *why)
{
	if (record->length >= TAR_PATH_SIZE)
		return refuse(why, "a name of %zu bytes: more than the %d that Linux has room for",
			      record->length, TAR_PATH_SIZE - 1);
	if (memchr(record->value, '\0', record->length))
		return refuse(why, "a name with a NUL in it");
	memcpy(name, record->value, record->length);
	name[record->length] = '\0';
	*has = true;
	return 0;
}

static int
take_number(const struct record *record, uint64_t most, uint64_t *out, struct refusal *why)
{
	if (number(record->value, record->length, most, out))
		return 0;
	return refuse(why, "a pax header whose %.*s is no number, or too large",
		      (int)record->key_length, record->key);
}

static bool
is(const struct record *record, const char *key)
{
	return strlen(key) == record->key_length && memcmp(key, record->key, strlen(key)) == 0;
}

static int
take_owner(const struct record *record, bool *has, uint32_t *out, struct refusal *why)
{
	uint64_t value = 0;

	if (take_number(record, UINT32_MAX, &value, why) < 0)
		return -1;
	*out = (uint32_t)value;
	*has = true;
	return 0;
}

static int
take_size(const struct record *record, struct tarball *tar, struct refusal *why)
{
	tar->has_size = true;
	return take_number(record, INT64_MAX / 2, &tar->size, why);
}

static int
take_capabilities(const struct record *record, struct tar_entry *entry, struct refusal *why)
{
	if (record->length > TAR_CAPS)
		return refuse(why, "a security.capability of %zu bytes", record->length);
	memcpy(entry->caps, record->value, record->length);
	entry->caps_size = record->length;
	return 0;
}

static int
take(const struct record *record, struct tarball *tar, struct tar_entry *entry, struct refusal *why)
{
	uint64_t seconds = 0;

	if (is(record, "path") || is(record, "GNU.sparse.name"))
		return take_name(record, entry->path, &tar->has_path, why);
	if (is(record, "linkpath"))
		return take_name(record, entry->link, &tar->has_link, why);
	if (is(record, "size"))
		return take_size(record, tar, why);
	if (is(record, "uid"))
		return take_owner(record, &tar->has_uid, &entry->uid, why);
	if (is(record, "gid"))
		return take_owner(record, &tar->has_gid, &entry->gid, why);
	if (is(record, "mtime")) {
		const char *point = memchr(record->value, '.', record->length);
		size_t whole = point ? (size_t)(point - record->value) : record->length;

		entry->mtime =
			number(record->value, whole, INT64_MAX, &seconds) ? (int64_t)seconds : 0;
	}
	if (is(record, "SCHILY.xattr.security.capability"))
		return take_capabilities(record, entry, why);
	if (is(record, "GNU.sparse.realsize") || is(record, "GNU.sparse.size")) {
		entry->sparse = true;
		return take_number(record, INT64_MAX / 2, &tar->real_size, why);
	}
	return 0;
}

/* "LENGTH KEY=VALUE\n", where LENGTH counts all of it. */
static size_t
split(const char *bytes, size_t length, struct record *record)
{
	const char *blank = memchr(bytes, ' ', length);
	size_t digits = blank ? (size_t)(blank - bytes) : 0;
	uint64_t total;

	if (!number(bytes, digits, length, &total) || total < digits + 4 ||
	    bytes[total - 1] != '\n')
		return 0;
	record->key = bytes + digits + 1;
	record->value = memchr(record->key, '=', total - digits - 2);
	if (!record->value)
		return 0;
	record->key_length = (size_t)(record->value - record->key);
	record->value++;
	record->length = (size_t)(bytes + total - 1 - record->value);
	return total;
}

int
pax_read(const char *bytes, size_t length, struct tarball *tar, struct tar_entry *entry,
	 struct refusal *why)
{
	while (length > 0) {
		struct record record;
		size_t taken = split(bytes, length, &record);

		if (taken == 0)
			return refuse(why, "a malformed pax header");
		if (take(&record, tar, entry, why) < 0)
			return -1;
		bytes += taken;
		length -= taken;
	}
	return 0;
}
