/* SPDX-License-Identifier: MIT */
/*
 * Any bytes as what a builder stage's package manager has written: dpkg's status and list of files,
 * a copyright file, os-release, or apk's database. What comes of it are records with harmless
 * names, and an SBOM that is JSON. The first byte chooses which.
 */
#include "kit/rootfs/packages.h"
#include "kit/rootfs/sbom.h"

#include <ftw.h>
#include <json-c/json_tokener.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

int LLVMFuzzerInitialize(int *argc, char ***argv);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

enum { DEBIAN, ALPINE, STAGES };

static char stages[STAGES][40];

static const struct {
	unsigned stage;
	const char *path, *usual;
} files[] = {
	{DEBIAN, "var/lib/dpkg/status",
	 "Package: one\nArchitecture: amd64\nVersion: 1\nMaintainer: A <a@b>\n\n"},
	{DEBIAN, "var/lib/dpkg/info/one.list", "/.\n/usr/lib/a\n/lib/b\n"},
	{DEBIAN, "usr/share/doc/one/copyright", "see /usr/share/common-licenses/MIT.\n"},
	{DEBIAN, "etc/os-release", "ID=debian\nVERSION_ID=\"12\"\n"},
	{ALPINE, "lib/apk/db/installed",
	 "P:one\nV:1\nA:x86_64\nL:MIT\nF:usr/lib\nR:a\nR:b\n\nP:two\nF:usr/lib\nR:c\n"},
	{ALPINE, "etc/os-release", "ID=alpine\n"},
};
enum { FILES = sizeof(files) / sizeof(files[0]) };

static void
must(int result)
{
	if (result < 0)
		abort();
}

static void
write_file(unsigned stage, const char *name, const void *bytes, size_t size)
{
	char path[256];
	FILE *file;

	snprintf(path, sizeof(path), "%s/%s", stages[stage], name);
	for (char *at = strchr(path + strlen(stages[stage]) + 1, '/'); at;
	     at = strchr(at + 1, '/')) {
		*at = '\0';
		mkdir(path, 0755);
		*at = '/';
	}
	file = fopen(path, "w");
	if (!file || fwrite(bytes, 1, size, file) != size || fclose(file) != 0)
		abort();
}

static int
remove_one(const char *path, const struct stat *about, int kind, struct FTW *where)
{
	(void)about;
	(void)kind;
	(void)where;
	return remove(path);
}

static void
remove_stages(void)
{
	for (unsigned i = 0; i < STAGES; i++)
		nftw(stages[i], remove_one, 16, FTW_DEPTH | FTW_PHYS);
}

int
LLVMFuzzerInitialize(int *argc, char ***argv)
{
	static const char *const there[] = {"usr/lib/a", "usr/lib/b", "usr/lib/c",
					    "usr/share/common-licenses/MIT",
					    "usr/share/licenses/one/text"};

	(void)argc;
	(void)argv;
	for (unsigned i = 0; i < STAGES; i++) {
		/* In memory where that is possible: every input is a file. */
		strcpy(stages[i], "/dev/shm/stepdown-fuzz.XXXXXX");
		if (!mkdtemp(stages[i])) {
			strcpy(stages[i], "/tmp/stepdown-fuzz.XXXXXX");
			if (!mkdtemp(stages[i]))
				abort();
		}
		for (size_t j = 0; j < sizeof(there) / sizeof(there[0]); j++)
			write_file(i, there[j], "x", 1);
	}
	for (size_t i = 0; i < FILES; i++)
		write_file(files[i].stage, files[i].path, files[i].usual, strlen(files[i].usual));
	atexit(remove_stages);
	return 0;
}

static void
check(const struct gather *gather, const struct packages *packages)
{
	static const char records[] = "var/lib/dpkg/status.d/";

	for (size_t i = 0; i < gather->entries.count; i++) {
		const char *path = gather->entries.list[i].path;

		if (*path == '/' || strstr(path, "..") || strlen(path) > 200)
			abort();
		if (strncmp(path, records, strlen(records)) == 0 &&
		    strchr(path + strlen(records), '/'))
			abort();
		if (gather->entries.list[i].package > packages->count)
			abort();
	}
	for (const char *at = packages->distribution; *at; at++)
		if (*at <= ' ' || *at == '"' || *at == '/')
			abort();
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct gather gather = {0};
	struct packages packages = {0};
	struct refusal why;
	char *text = NULL;

	if (size < 1)
		return 0;
	unsigned chosen = data[0] % FILES, stage = files[chosen].stage;

	write_file(stage, files[chosen].path, data + 1, size - 1);
	must(source_open(&gather.source, stages[stage], &why));
	must(gather_path(&gather, "/usr/lib/a", NULL, &why));
	must(gather_path(&gather, "/usr/lib/b", NULL, &why));
	if (packages_take(&gather, &packages, &why) == 0) {
		check(&gather, &packages);
		entries_sort(&gather.entries);
		if (sbom_text(&gather, &packages, "tree", 0, &text, &why) == 0) {
			struct json_object *document = json_tokener_parse(text);

			if (!document)
				abort();
			json_object_put(document);
			free(text);
		}
	}
	packages_free(&packages);
	entries_free(&gather.entries);
	notes_free(&gather.notes);
	source_close(&gather.source);
	write_file(stage, files[chosen].path, files[chosen].usual, strlen(files[chosen].usual));
	return 0;
}
