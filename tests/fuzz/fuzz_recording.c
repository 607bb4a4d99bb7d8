/* SPDX-License-Identifier: MIT */
/*
 * Any bytes as a recording of stepdown-kit learn, and any bytes as what a service did, written down
 * and read again. A recording has two readers, learn's own and that of rootfs --from-run: they must
 * agree about every file.
 */
#include "fuzz.h"

#include "kit/recording.h"
#include "kit/rootfs/from_run.h"

#include <limits.h>
#include <linux/audit.h>

enum { LINES = 64, CALLS = 48, LONGEST = 2 * PATH_MAX };

static bool
holds(const struct opened *opened, enum opened_how how, const char *path)
{
	for (size_t i = 0; i < opened->count; i++)
		if (opened->list[i].how == how && strcmp(opened->list[i].path, path) == 0)
			return true;
	return false;
}

/* The line as rootfs reads it. */
static void
read_as_rootfs(const struct opened *opened, const char *line, size_t length)
{
	static const enum from_run_word words[] = {
		[OPENED_READ] = FROM_RUN_FILE,
		[OPENED_WRITE] = FROM_RUN_WRITE,
		[OPENED_EXECUTE] = FROM_RUN_EXECUTE,
		[OPENED_LOOK] = FROM_RUN_FILE,
	};
	char path[PATH_MAX];
	int word = from_run_line(line, length, path);

	/* Longer than any path is to it: refused there, and never written by learn. */
	must(word > 0 || length > PATH_MAX);
	for (enum opened_how how = OPENED_READ; word > 0 && how <= OPENED_LOOK; how++) {
		char begin[32];
		int size = snprintf(begin, sizeof(begin), "file %s ", opened_word(how));

		if (strncmp(line, begin, (size_t)size) == 0) {
			must(word == (int)words[how]);
			must(holds(opened, how, path));
			return;
		}
	}
	must(word < 0);
}

static void
read_any(const uint8_t *data, size_t size)
{
	char *bytes = fuzz_bytes(data, size);
	struct refusal why = {.text = ""};
	struct opened opened;
	unsigned lines = 0;

	opened_init(&opened);
	if (fuzz_said(recording_files(bytes, size, &opened, &why), &why) == 0) {
		for (size_t i = 0; i < opened.count; i++) {
			must(opened.list[i].path[0] == '/' && opened.list[i].how <= OPENED_LOOK);
			must(strlen(opened.list[i].path) < PATH_MAX);
		}
		for (const char *at = bytes; at < bytes + size && lines < LINES; lines++) {
			const char *end = memchr(at, '\n', (size_t)(bytes + size - at));

			must(end);
			if (end - at > 5 && memcmp(at, "file ", 5) == 0)
				read_as_rootfs(&opened, at, (size_t)(end - at));
			at = end + 1;
		}
	}
	opened_free(&opened);
	free(bytes);
}

/* "Rsomething": R for how it is opened; a plus sign in front makes it as long as paths get. */
static void
open_file(struct opened *opened, const char *line, size_t *kept)
{
	static char path[LONGEST];
	bool is_long = line[0] == '+';
	size_t length;

	line += is_long;
	if (!line[0])
		return;
	length = (size_t)snprintf(path, sizeof(path), "/%s", line + 1);
	for (size_t i = 0; i < length && i < sizeof(path); i++)
		path[i] = path[i] == 1 ? '\n' : path[i];
	while (is_long && length > 1 && length + 1 < sizeof(path)) {
		path[length] = path[length - strlen(line + 1)];
		path[++length] = 0;
	}
	bool is_new = !holds(opened, (enum opened_how)(line[0] & 3), path);

	opened_add(opened, (enum opened_how)(line[0] & 3), path);
	*kept += is_new && length < PATH_MAX;
}

static size_t
count_lines(const char *text, const char *begin)
{
	size_t count = 0;

	for (; text; text = strchr(text, '\n')) {
		text += *text == '\n';
		count += strncmp(text, begin, strlen(begin)) == 0;
	}
	return count;
}

static void
write_down(struct run_result *result)
{
	struct refusal why = {.text = ""};
	struct opened again;
	size_t length;
	char *text = recording_text(result, &length);

	must(strlen(text) == length);
	for (size_t i = 0; i < length; i++)
		must(text[i] == '\n' || ((unsigned char)text[i] >= ' ' && text[i] != 0x7f));
	must(count_lines(text, "call ") == result->sightings.count);
	must(count_lines(text, "program ") == result->programs.count);
	must(count_lines(text, "file ") == result->opened.count);
	opened_init(&again);
	must(recording_files(text, length, &again, &why) == 0);
	must(again.count == result->opened.count);
	for (size_t i = 0; i < again.count; i++) {
		must(again.list[i].how == result->opened.list[i].how);
		must(strcmp(again.list[i].path, result->opened.list[i].path) == 0);
	}
	for (const char *at = text; *at; at = strchr(at, '\n') + 1)
		if (strncmp(at, "file ", 5) == 0)
			read_as_rootfs(&again, at, strcspn(at, "\n"));
	opened_free(&again);
	free(text);
}

/* Files, a "%", programs, a "%", calls. */
static void
write_any(const uint8_t *data, size_t size)
{
	static const uint32_t arches[] = {AUDIT_ARCH_X86_64, AUDIT_ARCH_I386, AUDIT_ARCH_AARCH64,
					  0x12345};
	struct run_result result = {0};
	struct fuzz_strings lines;
	const uint8_t *from = data;
	size_t length = fuzz_part(&data, &size), kept = 0;

	sightings_init(&result.sightings);
	opened_init(&result.opened);
	fuzz_split(from, length, &lines);
	for (int i = 0; i < lines.count && i < LINES; i++)
		open_file(&result.opened, lines.list[i], &kept);
	must(result.opened.count == kept);
	fuzz_release(&lines);
	from = data;
	length = fuzz_part(&data, &size);
	fuzz_split(from, length, &lines);
	programs_init(&result.programs);
	for (int i = 0; i < lines.count; i++)
		must(programs_index(&result.programs, lines.list[i]) < PROGRAMS_MOST);
	fuzz_release(&lines);
	for (unsigned i = 0; i < CALLS && size >= 12; i++, data += 12, size -= 12) {
		struct seccomp_data call = {.nr = data[0] | (data[1] & 3) << 8,
					    .arch = arches[data[1] >> 6],
					    .args = {data[2], data[3], data[4], data[5]}};

		memcpy((uint8_t *)&call.args[0] + 4, data + 6, 3);
		sightings_add(&result.sightings, &call, data[9] % PROGRAMS_MOST, data[10] & 1, 0);
	}
	write_down(&result);
	programs_free(&result.programs);
	opened_free(&result.opened);
	sightings_free(&result.sightings);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	read_any(data, size);
	write_any(data, size);
	return 0;
}
