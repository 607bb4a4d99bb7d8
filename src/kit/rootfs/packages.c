/* SPDX-License-Identifier: MIT */
#include "kit/rootfs/packages.h"

#include "kit/heap.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

size_t
packages_field(const char *stanza, size_t length, const char *name, const char **value)
{
	size_t size = strlen(name);

	*value = "";
	for (const char *line = stanza, *end = stanza + length; line < end;) {
		const char *newline = memchr(line, '\n', (size_t)(end - line));
		size_t rest = (size_t)((newline ? newline : end) - line);

		if (rest > size && memcmp(line, name, size) == 0 && line[size] == ':') {
			size_t skip = size + 1;

			while (skip < rest && line[skip] == ' ')
				skip++;
			*value = line + skip;
			return rest - skip;
		}
		line += rest + 1;
	}
	return 0;
}

char *
packages_text(const char *stanza, size_t length, const char *name)
{
	const char *value;
	size_t size = packages_field(stanza, length, name, &value);
	char *text = size ? memory_new(size + 1, 1) : NULL;

	return text ? memcpy(text, value, size) : NULL;
}

int
packages_stanzas(const char *text, size_t size,
		 int (*each)(void *context, const char *stanza, size_t length), void *context)
{
	for (size_t at = 0; at < size;) {
		const char *end = memmem(text + at, size - at, "\n\n", 2);
		size_t length = end ? (size_t)(end - (text + at)) + 1 : size - at;
		int result = length > 1 ? each(context, text + at, length) : 0;

		if (result)
			return result;
		at += length + (end != NULL);
	}
	return 0;
}

size_t
packages_add(struct packages *packages, const char *name, size_t length)
{
	for (size_t i = 0; i < packages->count; i++)
		if (strlen(packages->list[i].name) == length &&
		    memcmp(packages->list[i].name, name, length) == 0)
			return i + 1;
	packages->list = memory_grow(packages->list, packages->count + 1, sizeof(*packages->list));
	struct package *package = &packages->list[packages->count++];

	*package = (struct package){.name = memory_new(length + 1, 1)};
	memcpy(package->name, name, length);
	return packages->count;
}

void
packages_free(struct packages *packages)
{
	for (size_t i = 0; i < packages->count; i++) {
		free(packages->list[i].name);
		free(packages->list[i].architecture);
		free(packages->list[i].version);
		free(packages->list[i].supplier);
		free(packages->list[i].licence);
		free(packages->list[i].stanza);
	}
	free(packages->list);
	*packages = (struct packages){0};
}

/* "debian-12", of ID and VERSION_ID, where they are made of harmless characters. */
static void
read_release(struct gather *gather, const char *canonical, struct packages *out)
{
	struct source_bytes bytes;
	static const char keys[][14] = {"\nID=", "\nVERSION_ID="};

	if (source_map(&gather->source, canonical, &bytes) < 0 || bytes.size == 0)
		return;
	for (size_t i = 0; i < 2; i++) {
		const char *text = (const char *)bytes.bytes, *end = text + bytes.size;
		const char *at = memmem(text, bytes.size, keys[i], strlen(keys[i]));
		size_t used = strlen(out->distribution);

		if (!at && i == 0 && bytes.size > 3 && memcmp(text, "ID=", 3) == 0)
			at = text - 1;
		if (!at)
			break;
		if (i == 1 && used + 1 < sizeof(out->distribution))
			out->distribution[used++] = '-';
		for (at += strlen(keys[i]); at < end && *at != '\n'; at++)
			if (((*at >= '0' && *at <= '9') || (*at >= 'a' && *at <= 'z') ||
			     *at == '.' || *at == '-') &&
			    used + 1 < sizeof(out->distribution))
				out->distribution[used++] = *at;
	}
	source_unmap(&bytes);
}

int
packages_take(struct gather *gather, struct packages *out, struct refusal *why)
{
	static const char *const about[] = {"/etc/os-release", "/etc/debian_version",
					    "/etc/alpine-release"};
	char *canonical;

	*out = (struct packages){0};
	if (gather_exists(gather, "/var/lib/dpkg/status"))
		out->kind = PACKAGES_DEBIAN;
	else if (gather_exists(gather, "/lib/apk/db/installed"))
		out->kind = PACKAGES_ALPINE;
	else {
		gather_note(
			gather,
			"neither dpkg's nor apk's records are here: the tree has none, and scanners cannot say what is in it");
		return 0;
	}
	for (size_t i = 0; i < sizeof(about) / sizeof(about[0]); i++) {
		int result = gather_path(gather, about[i], &canonical, why);

		if (result < 0)
			return -1;
		if (result == 0 && i == 0)
			read_release(gather, canonical, out);
		free(canonical);
	}
	int result = out->kind == PACKAGES_DEBIAN ? packages_debian(gather, out, why)
						  : packages_alpine(gather, out, why);
	for (size_t i = 0; result == 0 && i < gather->entries.count; i++) {
		const struct node *entry = &gather->entries.list[i];

		out->unowned += entry->kind == ENTRY_FILE && !entry->is_made && !entry->package;
	}
	return result;
}
