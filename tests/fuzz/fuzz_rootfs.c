/* SPDX-License-Identifier: MIT */
/*
 * Any bytes as the files that stepdown-kit rootfs reads in a builder stage: dpkg's and apk's
 * records, os-release, nsswitch.conf, the loader's cache and path file, scripts, links, a
 * recording. They lie in build/fuzz/rootfs.tree, beside a small program with its loader. Parts end
 * at a line of "%"; the first letter of one says which file it is.
 */
#include "fuzz.h"

#include "kit/rootfs/additions.h"
#include "kit/rootfs/closure.h"
#include "kit/rootfs/from_run.h"
#include "kit/rootfs/packages.h"
#include "kit/rootfs/sbom.h"

#include <elf.h>
#include <errno.h>
#include <fcntl.h>
#include <json-c/json.h>
#include <limits.h>
#include <sys/stat.h>
#include <unistd.h>

#define TREE "build/fuzz/rootfs.tree"
#define RUN "build/fuzz/rootfs.run"
#define LOADER "/lib64/ld-linux-x86-64.so.2"

/* Of 'a', 'b', 'c' and so on. */
static const char *const places[] = {
	TREE "/var/lib/dpkg/status",
	TREE "/var/lib/dpkg/info/app.list",
	TREE "/var/lib/dpkg/info/libc6:amd64.list",
	TREE "/usr/share/doc/app/copyright",
	TREE "/etc/os-release",
	TREE "/lib/apk/db/installed",
	TREE "/etc/nsswitch.conf",
	TREE "/etc/ld.so.cache",
	TREE "/usr/bin/script",
	RUN,
	TREE "/srv/link", /* the text is what it leads to */
	TREE "/usr/lib/libnss_files.so.2",
};
enum { PLACES = sizeof(places) / sizeof(places[0]), SCRIPT = 8, RECORDING = 9, LINK = 10 };

static void
make_parents(const char *path)
{
	char parent[256];

	for (const char *at = strchr(path, '/'); at; at = strchr(at + 1, '/')) {
		snprintf(parent, sizeof(parent), "%.*s", (int)(at - path), path);
		must(mkdir(parent, 0755) == 0 || errno == EEXIST);
	}
}

static void
write_file(const char *path, const void *bytes, size_t size)
{
	int file = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0755);

	must(file >= 0 && write(file, bytes, size) == (ssize_t)size);
	close(file);
}

/* A program that needs a loader and nothing else, and a loader that is a library. */
static void
write_program(const char *path, const char *interpreter)
{
	struct {
		Elf64_Ehdr head;
		Elf64_Phdr headers[3];
		Elf64_Dyn dynamic[3];
		char strings[8], interpreter[64];
	} file = {
		.head = {.e_ident = {0x7f, 'E', 'L', 'F', ELFCLASS64, ELFDATA2LSB, EV_CURRENT},
			 .e_type = ET_DYN,
			 .e_machine = EM_X86_64,
			 .e_phoff = sizeof(Elf64_Ehdr),
			 .e_phentsize = sizeof(Elf64_Phdr),
			 .e_phnum = 3},
		.headers = {{.p_type = PT_LOAD, .p_filesz = sizeof(file)},
			    {.p_type = PT_DYNAMIC,
			     .p_offset = offsetof(__typeof__(file), dynamic),
			     .p_filesz = sizeof(file.dynamic)},
			    {.p_type = interpreter ? PT_INTERP : PT_NULL,
			     .p_offset = offsetof(__typeof__(file), interpreter),
			     .p_filesz = interpreter ? strlen(interpreter) + 1 : 0}},
		.dynamic = {{.d_tag = DT_STRTAB, .d_un.d_val = offsetof(__typeof__(file), strings)},
			    {.d_tag = DT_STRSZ, .d_un.d_val = sizeof(file.strings)}},
	};

	if (interpreter)
		strcpy(file.interpreter, interpreter);
	make_parents(path);
	write_file(path, &file, sizeof(file));
}

static void
prepare(void)
{
	static bool done;

	if (done)
		return;
	done = true;
	for (unsigned i = 0; i < PLACES; i++)
		make_parents(places[i]);
	write_program(TREE "/usr/bin/app", LOADER);
	write_program(TREE LOADER, NULL);
}

/* False where a link cannot be made: an empty text, or one that is too long. */
static bool
write_part(unsigned which, const uint8_t *bytes, size_t size)
{
	if (which != LINK) {
		write_file(places[which], bytes, size);
		return true;
	}
	char *target = fuzz_text(bytes, size);
	bool made = *target && (unlink(places[which]) == 0 || errno == ENOENT) &&
		    symlink(target, places[which]) == 0;

	free(target);
	return made;
}

/* Returns which of the files there are, one bit for each. */
static unsigned
write_parts(const uint8_t *data, size_t size)
{
	unsigned there = 0;

	while (size > 0) {
		const uint8_t *from = data;
		size_t length = fuzz_part(&data, &size);
		unsigned which = length ? (unsigned)(from[0] - 'a') : PLACES;

		if (which < PLACES && !(there & 1U << which) &&
		    write_part(which, from + 1, length - 1))
			there |= 1U << which;
	}
	for (unsigned i = 0; i < PLACES; i++)
		must(there & 1U << i || unlink(places[i]) == 0 || errno == ENOENT);
	return there;
}

static void
check_entries(const struct gather *gather)
{
	for (size_t i = 0; i < gather->entries.count; i++) {
		const struct node *entry = &gather->entries.list[i];
		const char *path = entry->path;
		const char *slash = strrchr(path, '/');
		char parent[PATH_MAX] = "";

		must(path[0] && path[0] != '/' && path[strlen(path) - 1] != '/');
		for (const char *at = path; at; at = strchr(at, '/')) {
			at += *at == '/';
			must(*at != '/' && strncmp(at, "../", 3) && strcmp(at, ".."));
			must(strncmp(at, "./", 2) && strcmp(at, "."));
		}
		if (slash)
			snprintf(parent, sizeof(parent), "%.*s", (int)(slash - path), path);
		const struct node *above = *parent ? entries_find(&gather->entries, parent) : NULL;
		must(!*parent || (above && above->kind == ENTRY_DIRECTORY));
		must(entries_find(&gather->entries, path) == entry);
		must(!(entry->mode & (S_ISUID | S_ISGID)) || entry->kind != ENTRY_FILE);
		/* One stanza a record. */
		if (entry->is_made && !strncmp(path, "var/lib/dpkg/status.d/", 22))
			must(entry->text && !strstr(entry->text, "\n\n"));
	}
}

static void
check_packages(struct gather *gather, const struct packages *packages)
{
	struct json_object *object, *list;
	struct refusal why = {.text = ""};
	char *text = NULL;

	must(strspn(packages->distribution, "abcdefghijklmnopqrstuvwxyz0123456789.-") ==
	     strlen(packages->distribution));
	for (size_t i = 0; i < gather->entries.count; i++)
		must(gather->entries.list[i].package <= packages->count);
	if (fuzz_said(sbom_text(gather, packages, "tree", 0, &text, &why), &why) < 0)
		return;
	object = json_tokener_parse(text);
	must(object && json_object_object_get_ex(object, "packages", &list));
	must(json_object_array_length(list) > packages->count);
	json_object_put(object);
	free(text);
}

static int
collect(struct closure *closure, unsigned there, struct refusal *why)
{
	if (closure_program(closure, "/usr/bin/app", why) < 0)
		return -1;
	if (there & 1U << SCRIPT &&
	    fuzz_said(closure_program(closure, "/usr/bin/script", why), why) < 0)
		why->text[0] = 0;
	if (there & 1U << LINK && fuzz_said(additions_with(closure, "/srv/link", why), why) < 0)
		why->text[0] = 0;
	if (there & 1U << RECORDING && fuzz_said(from_run_take(closure, RUN, why), why) < 0)
		why->text[0] = 0;
	if (fuzz_said(additions_with(closure, "/etc", why), why) < 0)
		return -1;
	if (fuzz_said(additions_names(closure, why), why) < 0 ||
	    fuzz_said(closure_finish(closure, why), why) < 0)
		return -1;
	return fuzz_said(closure_cache(closure, why), why);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct gather gather = {0};
	struct closure closure = {.gather = &gather};
	struct packages packages = {0};
	struct refusal why = {.text = ""};

	prepare();
	unsigned there = write_parts(data, size);

	must(source_open(&gather.source, TREE, &why) == 0);
	if (collect(&closure, there, &why) == 0 &&
	    fuzz_said(packages_take(&gather, &packages, &why), &why) == 0) {
		check_entries(&gather);
		check_packages(&gather, &packages);
	}
	packages_free(&packages);
	closure_free(&closure);
	entries_free(&gather.entries);
	source_close(&gather.source);
	notes_free(&gather.notes);
	return 0;
}
