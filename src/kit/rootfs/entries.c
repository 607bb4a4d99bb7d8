/* SPDX-License-Identifier: MIT */
#include "kit/rootfs/entries.h"

#include "kit/heap.h"

#include <stdlib.h>
#include <string.h>

enum { FIRST_SLOTS = 4096 };

void
entries_free(struct entries *entries)
{
	for (size_t i = 0; i < entries->count; i++) {
		free(entries->list[i].path);
		free(entries->list[i].text);
	}
	free(entries->list);
	free(entries->slots);
	*entries = (struct entries){0};
}

static size_t *
slot_of(const struct entries *entries, const char *path)
{
	uint64_t hash = UINT64_C(14695981039346656037); /* FNV-1a */

	for (const char *at = path; *at; at++)
		hash = (hash ^ (unsigned char)*at) * UINT64_C(1099511628211);
	for (size_t at = hash & (entries->slot_count - 1);;
	     at = (at + 1) & (entries->slot_count - 1)) {
		size_t *slot = &entries->slots[at];

		if (*slot == 0 || strcmp(entries->list[*slot - 1].path, path) == 0)
			return slot;
	}
}

static void
index_anew(struct entries *entries, size_t slots)
{
	free(entries->slots);
	entries->slot_count = slots;
	entries->slots = memory_new(slots, sizeof(*entries->slots));
	for (size_t i = 0; i < entries->count; i++)
		*slot_of(entries, entries->list[i].path) = i + 1;
}

struct node *
entries_find(const struct entries *entries, const char *path)
{
	size_t slot = entries->slot_count ? *slot_of(entries, path) : 0;

	return slot ? &entries->list[slot - 1] : NULL;
}

/* A new entry, all zero but for its path and kind; NULL with a refusal. */
static struct node *
append(struct entries *entries, const char *path, enum entry_kind kind, struct refusal *why)
{
	if (entries->count == ENTRIES_MOST) {
		refuse(why, "%s: there are more than %d files, directories and links", path,
		       ENTRIES_MOST);
		return NULL;
	}
	if (2 * (entries->count + 1) > entries->slot_count)
		index_anew(entries, entries->slot_count ? entries->slot_count * 2 : FIRST_SLOTS);
	if (entries->count == entries->room) {
		entries->room = entries->room ? entries->room * 2 : 64;
		entries->list = memory_grow(entries->list, entries->room, sizeof(*entries->list));
	}
	size_t *slot = slot_of(entries, path);
	struct node *entry = &entries->list[entries->count];

	*entry = (struct node){.path = memory_string(path), .kind = kind};
	*slot = ++entries->count;
	return entry;
}

int
entries_add(struct entries *entries, const char *path, const struct stat *about, const char *target,
	    struct refusal *why)
{
	bool is_file = S_ISREG(about->st_mode), is_directory = S_ISDIR(about->st_mode);

	if (!*path || entries_find(entries, path))
		return 0;
	if (!is_file && !is_directory && !S_ISLNK(about->st_mode))
		return refuse(why, "/%s is a device, a pipe or a socket: it cannot be collected",
			      path);
	struct node *entry = append(entries, path,
				    is_file        ? ENTRY_FILE
				    : is_directory ? ENTRY_DIRECTORY
						   : ENTRY_LINK,
				    why);
	if (!entry)
		return -1;
	entry->mode = about->st_mode & (is_file ? 0777 : 07777);
	entry->uid = about->st_uid;
	entry->gid = about->st_gid;
	entry->time = about->st_mtim.tv_sec;
	entry->text = target ? memory_string(target) : NULL;
	entry->size = is_file ? (uint64_t)about->st_size : 0;
	entry->device = about->st_dev;
	entry->inode = about->st_ino;
	entry->has_links = is_file && about->st_nlink > 1;
	return 0;
}

static int
make_parents(struct entries *entries, const char *path, struct refusal *why)
{
	char *parent = memory_string(path);
	int result = 0;

	for (char *slash = strchr(parent, '/'); result == 0 && slash;
	     slash = strchr(slash + 1, '/')) {
		*slash = '\0';
		struct node *entry = entries_find(entries, parent);

		if (!entry && (entry = append(entries, parent, ENTRY_DIRECTORY, why))) {
			entry->mode = 0755;
			entry->is_made = true;
		} else if (!entry) {
			result = -1;
		} else if (entry->kind != ENTRY_DIRECTORY) {
			result = refuse(why, "cannot make /%s: /%s is no directory", path, parent);
		}
		*slash = '/';
	}
	free(parent);
	return result;
}

int
entries_make_file(struct entries *entries, const char *path, mode_t mode, const char *bytes,
		  size_t size, struct refusal *why)
{
	if (make_parents(entries, path, why) < 0)
		return -1;
	struct node *entry = entries_find(entries, path);

	if (entry && entry->kind != ENTRY_FILE)
		return refuse(why, "cannot make /%s: a directory or a link stands there", path);
	if (!entry && !(entry = append(entries, path, ENTRY_FILE, why)))
		return -1;
	free(entry->text);
	entry->text = memory_new(size + 1, 1);
	memcpy(entry->text, bytes, size);
	entry->size = size;
	entry->mode = mode;
	entry->uid = 0;
	entry->gid = 0;
	entry->time = 0;
	entry->is_made = true;
	entry->has_links = false;
	return 0;
}

int
entries_make_directory(struct entries *entries, const char *path, mode_t mode, uid_t uid, gid_t gid,
		       struct refusal *why)
{
	if (make_parents(entries, path, why) < 0)
		return -1;
	struct node *entry = entries_find(entries, path);

	if (entry && entry->kind != ENTRY_DIRECTORY)
		return refuse(why, "cannot make /%s: a file or a link stands there", path);
	if (!entry && !(entry = append(entries, path, ENTRY_DIRECTORY, why)))
		return -1;
	entry->mode = mode;
	entry->uid = uid;
	entry->gid = gid;
	entry->is_made = true;
	return 0;
}

static int
compare(const void *left, const void *right)
{
	return strcmp(((const struct node *)left)->path, ((const struct node *)right)->path);
}

void
entries_sort(struct entries *entries)
{
	if (entries->count == 0)
		return;
	qsort(entries->list, entries->count, sizeof(*entries->list), compare);
	index_anew(entries, entries->slot_count);
}
