/* SPDX-License-Identifier: MIT */
/* packages_debian: see packages.h. */
#include "kit/rootfs/packages.h"

#include "kit/heap.h"

#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { ALIASES_MOST = 8, NAME_MOST = 200 };

/* A merged /usr: dpkg's lists say /lib/x where the file is /usr/lib/x. */
struct alias {
	char from[16], to[32];
};

struct debian {
	struct gather *gather;
	struct packages *packages;
	struct alias aliases[ALIASES_MOST];
	size_t alias_count;
	struct refusal *why;
};

static void
find_aliases(struct debian *debian)
{
	static const char names[][8] = {"bin", "sbin", "lib", "lib32", "lib64", "libx32"};

	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		struct alias *alias = &debian->aliases[debian->alias_count];
		struct stat about;
		char *target;

		if (source_look(&debian->gather->source, names[i], &about, &target) == 0 &&
		    target && strlen(target) < sizeof(alias->to)) {
			strcpy(alias->from, names[i]);
			strcpy(alias->to, target + (*target == '/'));
			debian->alias_count++;
		}
		free(target);
	}
}

/* The entry that a line of a list means, or NULL. `path` begins without a slash. */
static struct node *
find_entry(const struct debian *debian, const char *path)
{
	struct node *entry = entries_find(&debian->gather->entries, path);
	size_t first = strcspn(path, "/");
	char moved[PATH_MAX];

	for (size_t i = 0; !entry && i < debian->alias_count; i++) {
		const struct alias *alias = &debian->aliases[i];

		if (strlen(alias->from) != first || strncmp(alias->from, path, first) != 0)
			continue;
		if (snprintf(moved, sizeof(moved), "%s%s", alias->to, path + first) <
		    (int)sizeof(moved))
			entry = entries_find(&debian->gather->entries, moved);
	}
	return entry;
}

static bool
is_package_name(const char *name, size_t length)
{
	for (size_t i = 0; i < length; i++)
		if (!((name[i] >= 'a' && name[i] <= 'z') || (name[i] >= '0' && name[i] <= '9') ||
		      (i > 0 && strchr("+-.:", name[i]))))
			return false;
	return length > 0 && length < NAME_MOST;
}

/* Gives the entries of one list their package; `file` is "libc6:amd64.list". */
static int
read_list(struct debian *debian, const char *directory, const char *file, size_t length)
{
	struct source_bytes bytes;
	char path[PATH_MAX];
	size_t package = 0;

	snprintf(path, sizeof(path), "%s/%s", directory, file);
	if (source_map(&debian->gather->source, path, &bytes) < 0)
		return refuse(debian->why, "cannot read /%s: %s", path, strerror(errno));
	const char *end = (const char *)bytes.bytes + bytes.size;
	for (const char *line = (const char *)bytes.bytes; line < end;) {
		const char *newline = memchr(line, '\n', (size_t)(end - line));
		size_t size = (size_t)((newline ? newline : end) - line);
		struct node *entry = NULL;

		if (size > 1 && size < sizeof(path) && line[0] == '/') {
			snprintf(path, sizeof(path), "%.*s", (int)size - 1, line + 1);
			entry = find_entry(debian, path);
		}
		line += size + 1;
		/* /lib is a folder to every package, though it may be a link by now. */
		if (!entry || !strchr(path, '/') || entry->kind == ENTRY_DIRECTORY ||
		    entry->is_made || entry->package)
			continue;
		if (!package)
			package = packages_add(debian->packages, file, length);
		entry->package = package;
		debian->packages->list[package - 1].has_files = true;
	}
	source_unmap(&bytes);
	return 0;
}

static int
read_lists(struct debian *debian)
{
	static const char directory[] = "var/lib/dpkg/info", suffix[] = ".list";
	size_t count;
	char **names = source_names(&debian->gather->source, directory, &count);
	int result = 0;

	if (!names)
		return refuse(debian->why, "cannot read /%s: %s", directory, strerror(errno));
	for (size_t i = 0; i < count; i++) {
		size_t length = strlen(names[i]);

		if (result == 0 && length > strlen(suffix) &&
		    strcmp(names[i] + length - strlen(suffix), suffix) == 0 &&
		    is_package_name(names[i], length - strlen(suffix)))
			result = read_list(debian, directory, names[i], length - strlen(suffix));
		free(names[i]);
	}
	free(names);
	return result;
}

/* Keeps a stanza for the package that is listed as NAME or NAME:ARCHITECTURE. */
static int
take_stanza(void *context, const char *stanza, size_t length)
{
	struct debian *debian = context;
	char *name = packages_text(stanza, length, "Package");
	char *architecture = packages_text(stanza, length, "Architecture");

	for (size_t i = 0; name && architecture && i < debian->packages->count; i++) {
		struct package *package = &debian->packages->list[i];
		size_t size = strlen(name);

		if (package->stanza || strncmp(package->name, name, size) != 0 ||
		    (package->name[size] && (package->name[size] != ':' ||
					     strcmp(package->name + size + 1, architecture) != 0)))
			continue;
		package->architecture = memory_string(architecture);
		package->version = packages_text(stanza, length, "Version");
		package->supplier = packages_text(stanza, length, "Maintainer");
		package->stanza = memory_new(length + 1, 1);
		memcpy(package->stanza, stanza, length);
		break;
	}
	free(name);
	free(architecture);
	return 0;
}

/* The texts that a copyright file refers to, so that it can be read without Debian beside it. */
static int
take_common_licences(struct debian *debian, const char *canonical)
{
	static const char place[] = "/usr/share/common-licenses/";
	struct source_bytes bytes;
	int result = 0;

	if (source_map(&debian->gather->source, canonical, &bytes) < 0 || bytes.size == 0)
		return 0;
	const char *at = (const char *)bytes.bytes, *end = at + bytes.size;
	while (result == 0 && (at = memmem(at, (size_t)(end - at), place, strlen(place)))) {
		char path[96];
		size_t length = strlen(place);

		while (at + length < end && length + 1 < sizeof(path) &&
		       ((at[length] >= 'A' && at[length] <= 'Z') ||
			(at[length] >= 'a' && at[length] <= 'z') ||
			(at[length] >= '0' && at[length] <= '9') || at[length] == '-' ||
			(at[length] == '.' && at + length + 1 < end && at[length + 1] > ' ')))
			length++;
		snprintf(path, sizeof(path), "%.*s", (int)length, at);
		if (length > strlen(place) &&
		    gather_path(debian->gather, path, NULL, debian->why) < 0)
			result = -1;
		at += length;
	}
	source_unmap(&bytes);
	return result;
}

static int
take_licence(struct debian *debian, size_t index)
{
	struct package *package = &debian->packages->list[index];
	char path[NAME_MOST + 64], *canonical;

	snprintf(path, sizeof(path), "/usr/share/doc/%.*s/copyright",
		 (int)strcspn(package->name, ":"), package->name);
	int result = gather_path(debian->gather, path, &canonical, debian->why);
	if (result > 0)
		gather_note(debian->gather, "%s: has no %s", package->name, path);
	if (result == 0) {
		struct node *entry = entries_find(&debian->gather->entries, canonical);

		if (entry && !entry->package)
			entry->package = index + 1;
		result = take_common_licences(debian, canonical);
	}
	free(canonical);
	return result < 0 ? -1 : 0;
}

/* status.d/NAME; a second architecture of the same package has it behind a colon. */
static int
write_record(struct debian *debian, const struct package *package)
{
	static const char place[] = "var/lib/dpkg/status.d/";
	struct entries *entries = &debian->gather->entries;
	char path[NAME_MOST + 64];

	if (!package->stanza) {
		gather_note(debian->gather, "%s: has files, but no stanza in /var/lib/dpkg/status",
			    package->name);
		return 0;
	}
	snprintf(path, sizeof(path), "%s%.*s", place, (int)strcspn(package->name, ":"),
		 package->name);
	if (entries_find(entries, path))
		snprintf(path, sizeof(path), "%s%s", place, package->name);
	return entries_make_file(entries, path, 0644, package->stanza, strlen(package->stanza),
				 debian->why);
}

int
packages_debian(struct gather *gather, struct packages *out, struct refusal *why)
{
	struct debian debian = {.gather = gather, .packages = out, .why = why};
	struct source_bytes status;

	find_aliases(&debian);
	/* The bundle is made when ca-certificates is installed, so that no list has it. */
	bool has_bundle = entries_find(&gather->entries, "etc/ssl/certs/ca-certificates.crt");
	if (has_bundle &&
	    gather_path(gather, "/usr/share/doc/ca-certificates/copyright", NULL, why) < 0)
		return -1;
	if (read_lists(&debian) < 0)
		return -1;
	/* Licences of the first round may bring base-files, the owner of the common ones. */
	for (size_t i = 0; i < out->count; i++)
		if (take_licence(&debian, i) < 0)
			return -1;
	if (read_lists(&debian) < 0)
		return -1;
	if (source_map(&gather->source, "var/lib/dpkg/status", &status) < 0)
		return refuse(why, "cannot read /var/lib/dpkg/status: %s", strerror(errno));
	packages_stanzas((const char *)status.bytes, status.size, take_stanza, &debian);
	source_unmap(&status);
	for (size_t i = 0; i < out->count; i++)
		if (write_record(&debian, &out->list[i]) < 0)
			return -1;
	return 0;
}
