/* SPDX-License-Identifier: MIT */
/* packages_alpine: see packages.h. The format: apk-tools' doc/apk-package(5), "installed". */
#include "kit/rootfs/packages.h"

#include "kit/heap.h"

#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct alpine {
	struct gather *gather;
	struct packages *packages;
	char *kept; /* stanzas of packages that something came from */
	size_t kept_size;
};

/* Paths in the database are as the package had them: on a merged /usr a link may be on the way. */
static struct node *
find_entry(const struct alpine *alpine, const char *path)
{
	struct node *entry = entries_find(&alpine->gather->entries, path);
	struct refusal why;
	char *canonical;

	if (entry || source_walk(&alpine->gather->source, path, NULL, NULL, &canonical, NULL, &why))
		return entry;
	entry = entries_find(&alpine->gather->entries, canonical);
	free(canonical);
	return entry;
}

/* Walks the F: (folder) and R: (file) lines. Returns whether the tree has one of the files. */
static bool
mark_files(struct alpine *alpine, const char *stanza, size_t length, size_t package)
{
	char folder[PATH_MAX] = "", path[PATH_MAX];
	bool has_files = false;

	for (const char *line = stanza, *end = stanza + length; line < end;) {
		const char *newline = memchr(line, '\n', (size_t)(end - line));
		size_t size = (size_t)((newline ? newline : end) - line);

		if (size >= 2 && size < sizeof(folder) && line[1] == ':' && line[0] == 'F')
			snprintf(folder, sizeof(folder), "%.*s", (int)size - 2, line + 2);
		if (size > 2 && line[1] == ':' && line[0] == 'R' &&
		    snprintf(path, sizeof(path), "%s%s%.*s", folder, *folder ? "/" : "",
			     (int)size - 2, line + 2) < (int)sizeof(path)) {
			struct node *entry = find_entry(alpine, path);

			if (entry && entry->kind != ENTRY_DIRECTORY && !entry->is_made) {
				entry->package = entry->package ? entry->package : package;
				has_files = true;
			}
		}
		line += size + 1;
	}
	return has_files;
}

/* The index + 1 that a package has, or would have if it were added now. */
static size_t
index_of(const struct packages *packages, const char *name)
{
	size_t i = 0;

	while (i < packages->count && strcmp(packages->list[i].name, name) != 0)
		i++;
	return i + 1;
}

static int
take_stanza(void *context, const char *stanza, size_t length)
{
	struct alpine *alpine = context;
	struct packages *packages = alpine->packages;
	char *name = packages_text(stanza, length, "P");

	if (!name || !mark_files(alpine, stanza, length, index_of(packages, name))) {
		free(name);
		return 0;
	}
	size_t index = packages_add(packages, name, strlen(name));
	struct package *package = &packages->list[index - 1];

	free(name);
	if (package->has_files)
		return 0;
	package->has_files = true;
	package->architecture = packages_text(stanza, length, "A");
	package->version = packages_text(stanza, length, "V");
	package->supplier = packages_text(stanza, length, "m");
	package->licence = packages_text(stanza, length, "L");
	alpine->kept = memory_grow(alpine->kept, alpine->kept_size + length + 1, 1);
	memcpy(alpine->kept + alpine->kept_size, stanza, length);
	alpine->kept_size += length;
	alpine->kept[alpine->kept_size++] = '\n';
	return 0;
}

static int
take_licences(struct alpine *alpine, struct refusal *why)
{
	for (size_t i = 0; i < alpine->packages->count; i++) {
		char path[PATH_MAX], *canonical;
		const char *name = alpine->packages->list[i].name;

		if (strchr(name, '/') || *name == '.' ||
		    snprintf(path, sizeof(path), "/usr/share/licenses/%s", name) >=
			    (int)sizeof(path))
			continue;
		int result = gather_path(alpine->gather, path, &canonical, why);
		if (result == 0)
			result = gather_below(alpine->gather, canonical, why);
		free(canonical);
		if (result < 0)
			return -1;
	}
	return 0;
}

int
packages_alpine(struct gather *gather, struct packages *out, struct refusal *why)
{
	struct alpine alpine = {.gather = gather, .packages = out};
	struct source_bytes bytes;
	char *canonical;
	int result =
		gather_must(gather, "/lib/apk/db/installed", "apk's database", &canonical, why);

	if (result < 0)
		return -1;
	if (source_map(&gather->source, canonical, &bytes) < 0) {
		result = refuse(why, "cannot read /lib/apk/db/installed: %s", strerror(errno));
	} else {
		packages_stanzas((const char *)bytes.bytes, bytes.size, take_stanza, &alpine);
		source_unmap(&bytes);
		result = entries_make_file(&gather->entries, canonical, 0644,
					   alpine.kept ? alpine.kept : "", alpine.kept_size, why);
	}
	free(canonical);
	free(alpine.kept);
	return result < 0 ? -1 : take_licences(&alpine, why);
}
