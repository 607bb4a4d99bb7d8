/* SPDX-License-Identifier: MIT */
/* Two lines are --user and --group-add, then the bytes of passwd, a line of "%", those of group. */
#include "fuzz.h"

#include "idmap.h"
#include "ids.h"

static void
check(const struct identity *who)
{
	bool primary = false;

	must(who->uid <= IDS_HIGHEST && who->gid <= IDS_HIGHEST);
	must(strnlen(who->name, sizeof(who->name)) < sizeof(who->name));
	must(strnlen(who->shell, sizeof(who->shell)) < sizeof(who->shell));
	must(strnlen(who->home, sizeof(who->home)) < sizeof(who->home));
	must(who->home[0] == '/');
	must(who->has_entry || (!who->name[0] && !who->shell[0] && !strcmp(who->home, "/")));
	must(who->group_count >= 1 && who->group_count <= IDS_GROUPS_MAX);
	for (size_t i = 0; i < who->group_count; i++) {
		must(who->groups[i] <= IDS_HIGHEST);
		must(i == 0 || who->groups[i - 1] < who->groups[i]);
		primary = primary || who->groups[i] == who->gid;
	}
	must(primary);
}

static char *
line(const uint8_t **data, size_t *size)
{
	const uint8_t *end = *size ? memchr(*data, '\n', *size) : NULL;
	size_t length = end ? (size_t)(end - *data) : *size;
	char *text = fuzz_text(*data, length);

	*data += end ? length + 1 : length;
	*size -= end ? length + 1 : length;
	return text;
}

static struct ids_file
file(const char *path, const uint8_t **data, size_t *size)
{
	const uint8_t *from = *data;
	size_t length = fuzz_part(data, size);

	/* Without a byte there is no file. */
	return (struct ids_file){path, fuzz_bytes(from, length), length, length > 0, NULL};
}

/* Whether an id is mapped, found in the ranges that are shown. */
static void
map(const struct ids_file *file, uint32_t id)
{
	char text[1 << 16] = "";
	bool listed = false, whole;

	idmap_describe(file, text, sizeof(text));
	whole = strlen(text) < sizeof(text) - 64;
	for (const char *at = text; whole && *at && strcmp(text, "none");) {
		char *end;
		unsigned long long first = strtoull(at, &end, 10);
		unsigned long long last = strtoull(end + 1, &end, 10);

		must(first <= last);
		listed = listed || (id >= first && id <= last);
		at = *end ? end + 2 : end;
	}
	/* A range of no length ends what is shown. */
	must(!listed || idmap_holds(file, id));
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static struct identity who;
	struct refusal why = {.text = ""};
	char *user = line(&data, &size), *added = line(&data, &size);
	struct ids_file passwd = file("/etc/passwd", &data, &size);
	struct ids_file group = file("/etc/group", &data, &size);
	uint32_t id = 0;

	memset(&who, 0xa5, sizeof(who));
	who.group_count = 0;
	if (fuzz_said(ids_resolve(user, &passwd, &group, &who, &why), &why) == 0) {
		check(&who);
		/* Digits are an id and nothing else. */
		if (ids_number(user, strlen(user), &id))
			must(who.uid == id);
		if (fuzz_said(ids_add_group(added, &group, &who, &why), &why) == 0)
			check(&who);
	}
	if (ids_number(added, strlen(added), &id) &&
	    fuzz_said(ids_describe(id, &passwd, &who, &why), &why) == 0)
		must(who.uid == id);
	map(&passwd, id);
	free(user);
	free(added);
	free((char *)(uintptr_t)passwd.bytes);
	free((char *)(uintptr_t)group.bytes);
	return 0;
}
