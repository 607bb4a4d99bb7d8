/* SPDX-License-Identifier: MIT */
/* The loader's rules, over trees of hand-made files: which library is taken, and what is refused.
 */
#include "rootfs_elf.h"

#include "kit/rootfs/additions.h"
#include "kit/rootfs/closure.h"
#include "kit/rootfs/from_run.h"

#include <errno.h>

#define GLIBC "/lib64/ld-linux-x86-64.so.2"
#define MUSL "/lib/ld-musl-x86_64.so.1"
#define NEEDS(...)                                                                                 \
	{                                                                                          \
		.needed = { __VA_ARGS__ }                                                          \
	}
#define LIBRARY                                                                                    \
	{                                                                                          \
		.soname = "x"                                                                      \
	}
#define PROGRAM(...)                                                                               \
	{                                                                                          \
		.interpreter = GLIBC, __VA_ARGS__                                                  \
	}
#define MUSL_PROGRAM(...)                                                                          \
	{                                                                                          \
		.interpreter = MUSL, __VA_ARGS__                                                   \
	}
#define FOREIGN                                                                                    \
	{                                                                                          \
		.machine = EM_AARCH64                                                              \
	}

/* /bin/prog is the program; the loader is there unless a row says otherwise. */
struct rule_row {
	const char *what;
	struct {
		const char *path;
		struct made_elf made;
	} objects[6];
	struct {
		const char *path, *target;
	} links[3];
	const char *cached[2]; /* name and path in /etc/ld.so.cache */
	const char *taken[6], *left[3];
	const char *says; /* part of the refusal */
};

static const struct rule_row rules[] = {
	{"default directories",
	 {{"/bin/prog", PROGRAM(.needed = {"libx.so"})}, {"/usr/lib/libx.so", LIBRARY}},
	 .taken = {"bin/prog", "usr/lib/libx.so", "lib64/ld-linux-x86-64.so.2"}},
	{"what a library needs",
	 {{"/bin/prog", PROGRAM(.needed = {"libx.so"})},
	  {"/lib/libx.so", NEEDS("liby.so")},
	  {"/lib/liby.so", NEEDS("libx.so")}},
	 .taken = {"lib/libx.so", "lib/liby.so"}},
	{"a missing one names who wants it",
	 {{"/bin/prog", PROGRAM(.needed = {"libx.so"})}, {"/lib/libx.so", NEEDS("libgone.so")}},
	 .says = "/lib/libx.so needs libgone.so, which is not found (for /bin/prog); looked in "},
	{"DT_RPATH before the defaults",
	 {{"/bin/prog", PROGRAM(.needed = {"libx.so"}, .rpath = "/opt")},
	  {"/opt/libx.so", LIBRARY},
	  {"/lib/libx.so", LIBRARY}},
	 .taken = {"opt/libx.so"},
	 .left = {"lib/libx.so"}},
	{"DT_RPATH holds for what libraries need",
	 {{"/bin/prog", PROGRAM(.needed = {"libx.so"}, .rpath = "/opt")},
	  {"/opt/libx.so", NEEDS("liby.so")},
	  {"/opt/liby.so", LIBRARY}},
	 .taken = {"opt/liby.so"}},
	{"DT_RUNPATH does not",
	 {{"/bin/prog", PROGRAM(.needed = {"libx.so"}, .runpath = "/opt")},
	  {"/opt/libx.so", NEEDS("liby.so")},
	  {"/opt/liby.so", LIBRARY}},
	 .says = "/opt/libx.so needs liby.so"},
	{"a library with DT_RUNPATH does not ask the program's DT_RPATH",
	 {{"/bin/prog", PROGRAM(.needed = {"libx.so"}, .rpath = "/opt")},
	  {"/opt/libx.so", {.needed = {"liby.so"}, .runpath = "/none"}},
	  {"/opt/liby.so", LIBRARY}},
	 .says = "/opt/libx.so needs liby.so"},
	{"DT_RPATH of the library between",
	 {{"/bin/prog", PROGRAM(.needed = {"libx.so"})},
	  {"/lib/libx.so", {.needed = {"liby.so"}, .rpath = "/opt"}},
	  {"/opt/liby.so", NEEDS("libz.so")},
	  {"/opt/libz.so", LIBRARY}},
	 .taken = {"opt/liby.so", "opt/libz.so"}},
	{"$ORIGIN of the program is where it really is",
	 {{"/opt/app/bin/real", PROGRAM(.needed = {"libx.so"}, .runpath = "$ORIGIN/../lib")},
	  {"/opt/app/lib/libx.so", LIBRARY}},
	 .links = {{"/bin/prog", "../opt/app/bin/real"}},
	 .taken = {"bin/prog", "opt/app/bin/real", "opt/app/lib/libx.so"}},
	{"$ORIGIN of a library is where it was opened",
	 {{"/bin/prog", PROGRAM(.needed = {"libx.so"}, .rpath = "/opt/link")},
	  {"/opt/real/libx.so", {.needed = {"liby.so"}, .runpath = "${ORIGIN}/sub"}},
	  {"/opt/link/sub/liby.so", LIBRARY}},
	 .links = {{"/opt/link/libx.so", "../real/libx.so"}},
	 .taken = {"opt/link/libx.so", "opt/real/libx.so", "opt/link/sub/liby.so"}},
	{"$LIB and $PLATFORM",
	 {{"/bin/prog",
	   PROGRAM(.needed = {"libx.so", "liby.so"}, .runpath = "/o/$LIB:/o/${PLATFORM}")},
	  {"/o/lib64/libx.so", LIBRARY},
	  {"/o/x86_64/liby.so", LIBRARY}},
	 .taken = {"o/lib64/libx.so", "o/x86_64/liby.so"}},
	{"a longer name is another token",
	 {{"/bin/prog", PROGRAM(.needed = {"libx.so"}, .runpath = "/o/$LIBRARY")},
	  {"/o/lib64RARY/libx.so", LIBRARY}},
	 .says = "needs libx.so"},
	{"DF_1_NODEFLIB leaves the defaults out",
	 {{"/bin/prog", PROGRAM(.needed = {"libx.so"}, .flags_1 = DF_1_NODEFLIB)},
	  {"/lib/libx.so", LIBRARY}},
	 .says = "needs libx.so"},
	{"a file for another machine is passed over",
	 {{"/bin/prog", PROGRAM(.needed = {"libx.so"}, .runpath = "/a:/b")},
	  {"/a/libx.so", FOREIGN},
	  {"/b/libx.so", LIBRARY}},
	 .taken = {"b/libx.so"},
	 .left = {"a/libx.so"}},
	{"and named where it is the only one",
	 {{"/bin/prog", PROGRAM(.needed = {"libx.so"})}, {"/lib/libx.so", FOREIGN}},
	 .says = "/lib/libx.so is for 64-bit aarch64"},
	{"the cache before the defaults",
	 {{"/bin/prog", PROGRAM(.needed = {"libx.so"})},
	  {"/blas/libx.so", LIBRARY},
	  {"/lib/libx.so", LIBRARY}},
	 .cached = {"libx.so", "/blas/libx.so"},
	 .taken = {"blas/libx.so", "etc/ld.so.cache"},
	 .left = {"lib/libx.so"}},
	{"a stale cache does no harm",
	 {{"/bin/prog", PROGRAM(.needed = {"libx.so"})}, {"/lib/libx.so", LIBRARY}},
	 .cached = {"libx.so", "/gone/libx.so"},
	 .taken = {"lib/libx.so"},
	 .left = {"etc/ld.so.cache"}},
	{"a name with a slash is a path",
	 {{"/bin/prog", PROGRAM(.needed = {"/opt/libx.so"})}, {"/opt/libx.so", LIBRARY}},
	 .taken = {"opt/libx.so"}},
	{"a relative one depends on the working directory",
	 {{"/bin/prog", PROGRAM(.needed = {"./libx.so"})}, {"/libx.so", LIBRARY}},
	 .says = "depends on the working directory"},
	{"what has the soname already is not loaded again",
	 {{"/bin/prog", PROGRAM(.needed = {"/opt/any.so", "libx.so"})},
	  {"/opt/any.so", {.soname = "libx.so"}},
	  {"/lib/libx.so", LIBRARY}},
	 .taken = {"opt/any.so"},
	 .left = {"lib/libx.so"}},
	{"links on the way are kept",
	 {{"/bin/prog", PROGRAM(.needed = {"libx.so.1"})}, {"/data/libx.so.1.2", LIBRARY}},
	 .links = {{"/lib/libx.so.1", "libx.so.1.2"}, {"/lib/libx.so.1.2", "/data/libx.so.1.2"}},
	 .taken = {"lib/libx.so.1", "lib/libx.so.1.2", "data/libx.so.1.2"}},
	{"musl: its own directories",
	 {{"/bin/prog", MUSL_PROGRAM(.needed = {"libx.so"})}, {"/usr/local/lib/libx.so", LIBRARY}},
	 .taken = {"usr/local/lib/libx.so", "lib/ld-musl-x86_64.so.1"}},
	{"musl: not /lib64",
	 {{"/bin/prog", MUSL_PROGRAM(.needed = {"libx.so"})}, {"/lib64/libx.so", LIBRARY}},
	 .says = "needs libx.so"},
	{"musl: libc is the loader",
	 {{"/bin/prog", MUSL_PROGRAM(.needed = {"libc.musl-x86_64.so.1", "libpthread.so.0"})}},
	 .taken = {"lib/ld-musl-x86_64.so.1"}},
	{"musl: libcrypt is not libc",
	 {{"/bin/prog", MUSL_PROGRAM(.needed = {"libcrypt.so.1"})}},
	 .says = "needs libcrypt.so.1"},
	{"musl: DT_RUNPATH holds for what libraries need",
	 {{"/bin/prog", MUSL_PROGRAM(.needed = {"libx.so"}, .runpath = "/opt")},
	  {"/opt/libx.so", NEEDS("liby.so")},
	  {"/opt/liby.so", LIBRARY}},
	 .taken = {"opt/liby.so"}},
	{"musl: one unknown token voids the list",
	 {{"/bin/prog", MUSL_PROGRAM(.needed = {"libx.so"}, .runpath = "/opt:/$LIB")},
	  {"/opt/libx.so", LIBRARY}},
	 .says = "needs libx.so"},
	{"musl: the first file counts, whatever it is",
	 {{"/bin/prog", MUSL_PROGRAM(.needed = {"libx.so"})},
	  {"/lib/libx.so", FOREIGN},
	  {"/usr/lib/libx.so", LIBRARY}},
	 .says = "/lib/libx.so is for 64-bit aarch64"},
	{"an interpreter for another machine",
	 {{"/bin/prog", {.interpreter = "/lib/ld-foreign.so"}}, {"/lib/ld-foreign.so", FOREIGN}},
	 .says = "is for another machine"},
	{"an interpreter that is not there",
	 {{"/bin/prog", {.interpreter = "/lib/ld-gone.so.2"}}},
	 .says = "/bin/prog needs the ELF interpreter /lib/ld-gone.so.2: No such file"},
	{"a library is no program",
	 {{"/bin/prog", NEEDS("libx.so")}},
	 .says = "use --with /bin/prog"},
	{"a static program needs nothing",
	 {{"/bin/prog", {.is_static = 1}}},
	 .taken = {"bin/prog"},
	 .left = {"lib64/ld-linux-x86-64.so.2"}},
	{"a loop of links",
	 {{"/bin/prog", PROGRAM(.needed = {"libx.so"})}},
	 .links = {{"/lib/libx.so", "libx2.so"}, {"/lib/libx2.so", "libx.so"}},
	 .says = "needs libx.so"},
	{"a link out of the tree stays in it",
	 {{"/bin/prog", PROGRAM(.needed = {"libx.so"})}, {"/etc/libx.so", LIBRARY}},
	 .links = {{"/lib/libx.so", "../../../../../../etc/libx.so"}},
	 .taken = {"etc/libx.so", "lib/libx.so"}},
};

struct trial {
	struct gather gather;
	struct closure closure;
	struct refusal why;
};

static void
trial_begin(struct trial *trial)
{
	*trial = (struct trial){.closure = {.gather = &trial->gather}};
	made_root_begin();
	made_object(GLIBC, &(struct made_elf){.soname = "ld-linux-x86-64.so.2"});
	made_object(MUSL, &(struct made_elf){.soname = "libc.so"});
}

static void
trial_open(struct trial *trial)
{
	if (source_open(&trial->gather.source, made_root, &trial->why) < 0)
		fail_msg("%s", trial->why.text);
}

static void
trial_end(struct trial *trial)
{
	closure_free(&trial->closure);
	entries_free(&trial->gather.entries);
	notes_free(&trial->gather.notes);
	source_close(&trial->gather.source);
	made_root_end();
}

static void
make_cache(const char *name, const char *path)
{
	struct loader_cache_entry entry = {name, path, 0x0303};
	struct loader_cache cache = {&entry, 1};
	size_t size;
	uint8_t *bytes = loader_cache_write(&cache, &size);

	made_file("/etc/ld.so.cache", bytes, size, 0644);
	free(bytes);
}

static void
make_row(const struct rule_row *row)
{
	for (size_t i = 0; i < 6 && row->objects[i].path; i++)
		made_object(row->objects[i].path, &row->objects[i].made);
	for (size_t i = 0; i < 3 && row->links[i].path; i++)
		made_link(row->links[i].path, row->links[i].target);
	if (row->cached[0])
		make_cache(row->cached[0], row->cached[1]);
}

static void
test_libraries_are_found_as_the_loader_finds_them(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(rules) / sizeof(rules[0]); i++) {
		const struct rule_row *row = &rules[i];
		struct trial trial;

		trial_begin(&trial);
		make_row(row);
		trial_open(&trial);
		int result = closure_program(&trial.closure, "/bin/prog", &trial.why);
		if (result == 0)
			result = closure_cache(&trial.closure, &trial.why);
		if (result == 0 && row->says)
			fail_msg("%s: not refused", row->what);
		if (result < 0 && !row->says)
			fail_msg("%s: %s", row->what, trial.why.text);
		if (result < 0 && !strstr(trial.why.text, row->says))
			fail_msg("%s: \"%s\" does not say \"%s\"", row->what, trial.why.text,
				 row->says);
		for (size_t j = 0; j < 6 && row->taken[j]; j++)
			if (!entries_find(&trial.gather.entries, row->taken[j]))
				fail_msg("%s: %s was not taken", row->what, row->taken[j]);
		for (size_t j = 0; j < 3 && row->left[j]; j++)
			if (entries_find(&trial.gather.entries, row->left[j]))
				fail_msg("%s: %s was taken", row->what, row->left[j]);
		trial_end(&trial);
	}
}

/* Even a path that was not walked first, or that was changed in between, ends inside of the root.
 */
static void
test_no_link_leads_out_of_the_root(void **state)
{
	struct trial trial;

	(void)state;
	trial_begin(&trial);
	made_file("/inside", "x", 1, 0644);
	made_link("/up", "../../../../../../../..");
	made_link("/abs", "/");
	trial_open(&trial);
	for (unsigned i = 0; i < 2; i++) {
		int file = source_file(&trial.gather.source, i ? "abs/inside" : "up/inside");

		if (file < 0)
			fail_msg("%u: %s", i, strerror(errno));
		close(file);
	}
	assert_int_equal(source_file(&trial.gather.source, "up"), -1);
	trial_end(&trial);
}

/* The list of musl's path file takes the place of the built-in one. */
static void
test_musl_reads_its_path_file(void **state)
{
	static const struct made_elf program = MUSL_PROGRAM(.needed = {"libx.so"}),
				     library = LIBRARY;
	static const char paths[] = "/first\n/second:/third\n";
	struct trial trial;

	(void)state;
	trial_begin(&trial);
	made_object("/bin/prog", &program);
	made_object("/third/libx.so", &library);
	made_object("/usr/lib/libx.so", &library);
	made_file("/etc/ld-musl-x86_64.path", paths, strlen(paths), 0644);
	trial_open(&trial);
	assert_int_equal(closure_program(&trial.closure, "/bin/prog", &trial.why), 0);
	assert_non_null(entries_find(&trial.gather.entries, "third/libx.so"));
	assert_non_null(entries_find(&trial.gather.entries, "etc/ld-musl-x86_64.path"));
	assert_null(entries_find(&trial.gather.entries, "usr/lib/libx.so"));
	trial_end(&trial);
}

/* The directories that are built into a loader are those that it says itself. */
static void
test_default_directories_are_read_from_the_loader(void **state)
{
	static const char text[] = "x\0/lib/triplet/\0/usr/lib/triplet/\0/lib/\0/usr/lib/\0y";
	static const char other[] = "\0/lib/\0nothing\0/etc/\0/lib64/\0";
	struct places places;

	(void)state;
	places_of_loader((const uint8_t *)text, sizeof(text), &places);
	assert_int_equal(places.count, 4);
	assert_string_equal(places.list[0], "/lib/triplet");
	assert_string_equal(places.list[3], "/usr/lib");
	places_free(&places);
	places_of_loader((const uint8_t *)other, sizeof(other), &places);
	assert_int_equal(places.count, 4);
	assert_string_equal(places.list[0], "/lib64");
	places_free(&places);
}

struct script_row {
	const char *line;
	const char *taken, *says;
};

static const struct script_row scripts[] = {
	{"#!/usr/bin/tool\n", "usr/bin/tool", NULL},
	{"#! /usr/bin/tool -x\n", "usr/bin/tool", NULL},
	{"#!/usr/bin/env tool\n", "usr/bin/tool", NULL},
	{"#!/usr/bin/env -S NAME=value tool -u\n", "usr/bin/tool", NULL},
	{"#!/usr/bin/env gone\n", NULL, "gone, the interpreter of /bin/prog: not found in"},
	{"#!/usr/bin/gone\n", NULL, "/usr/bin/gone, the interpreter of /bin/prog: No such"},
	{"#!/usr/bin/tool\r\n", NULL, "carriage return"},
	{"#!tool\n", NULL, "no absolute path"},
	{"#!\n", NULL, "finds no interpreter"},
	{"echo\n", NULL, "neither an ELF program nor a script"},
	{"", NULL, "empty file"},
	{"#!/bin/prog\n", NULL, "more than 5 interpreters"},
	{"\177ELF", NULL, "for no machine"},
};

static void
test_interpreters_of_scripts_are_taken(void **state)
{
	static const struct made_elf fixed = {.is_static = 1};

	(void)state;
	for (size_t i = 0; i < sizeof(scripts) / sizeof(scripts[0]); i++) {
		const struct script_row *row = &scripts[i];
		struct trial trial;

		trial_begin(&trial);
		made_object("/usr/bin/tool", &fixed);
		made_object("/usr/bin/env", &fixed);
		made_file("/bin/prog", row->line, strlen(row->line), 0755);
		trial_open(&trial);
		int result = closure_program(&trial.closure, "prog", &trial.why);
		if ((result == 0) != (row->says == NULL))
			fail_msg("%s: %d %s", row->line, result, trial.why.text);
		if (row->says && !strstr(trial.why.text, row->says))
			fail_msg("%s: %s", row->line, trial.why.text);
		if (row->taken && !entries_find(&trial.gather.entries, row->taken))
			fail_msg("%s: %s was not taken", row->line, row->taken);
		trial_end(&trial);
	}
}

/* A plug-in's library may come from anywhere in the tree, or has to be named as missing. */
static void
test_plug_ins_get_what_they_need(void **state)
{
	static const struct made_elf program = PROGRAM(.needed = {"libx.so"}),
				     plugin = NEEDS("libbeside.so", "liby.so"), library = LIBRARY,
				     beside = {.soname = "libbeside.so"},
				     hungry = NEEDS("libgone.so");
	static const char *const allowed[] = {"libgone.so"};
	struct trial trial;

	(void)state;
	trial_begin(&trial);
	made_object("/bin/prog", &program);
	made_object("/lib/libx.so", &library);
	made_object("/lib/liby.so", &library);
	made_object("/plugins/a.so", &plugin);
	made_object("/plugins/deep/b.so", &beside);
	made_object("/more/c.so", &hungry);
	trial_open(&trial);
	assert_int_equal(closure_program(&trial.closure, "/bin/prog", &trial.why), 0);
	assert_int_equal(additions_with(&trial.closure, "/plugins", &trial.why), 0);
	assert_int_equal(closure_finish(&trial.closure, &trial.why), 0);
	assert_non_null(entries_find(&trial.gather.entries, "plugins/deep/b.so"));
	assert_non_null(entries_find(&trial.gather.entries, "lib/liby.so"));
	assert_int_equal(additions_with(&trial.closure, "/more", &trial.why), 0);
	assert_int_equal(closure_finish(&trial.closure, &trial.why), -1);
	assert_non_null(strstr(trial.why.text, "/more/c.so needs libgone.so"));
	closure_free(&trial.closure);
	trial.closure = (struct closure){
		.gather = &trial.gather, .allowed_missing = allowed, .allowed_count = 1};
	assert_int_equal(closure_program(&trial.closure, "/bin/prog", &trial.why), 0);
	assert_int_equal(additions_with(&trial.closure, "/more/c.so", &trial.why), 0);
	assert_int_equal(closure_finish(&trial.closure, &trial.why), 0);
	trial_end(&trial);
}

/* Modules of the name services are opened by name: those of files and DNS, or those that are named.
 */
static void
test_modules_of_the_name_services_are_taken(void **state)
{
	static const struct made_elf program = PROGRAM(.needed = {NULL}), module = LIBRARY;
	static const char own[] =
		"# passwd: comment\npasswd: odd [NOTFOUND=ret] last # no\nhosts:\n";
	static const char *const all[] = {"files", "dns", "odd", "last", "ret", "no", "comment"};
	static const bool usual[] = {true, true}, named[] = {false, false, true, true, false};

	(void)state;
	for (unsigned with = 0; with < 2; with++) {
		struct trial trial;
		char path[64];

		trial_begin(&trial);
		made_object("/bin/prog", &program);
		made_file("/etc/nsswitch.conf", own, strlen(own), 0644);
		for (size_t i = 0; i < sizeof(all) / sizeof(all[0]); i++) {
			snprintf(path, sizeof(path), "/lib/libnss_%s.so.2", all[i]);
			made_object(path, &module);
		}
		trial_open(&trial);
		assert_int_equal(closure_program(&trial.closure, "/bin/prog", &trial.why), 0);
		if (with)
			assert_int_equal(
				additions_with(&trial.closure, "/etc/nsswitch.conf", &trial.why),
				0);
		assert_int_equal(additions_names(&trial.closure, &trial.why), 0);
		for (size_t i = 0; i < sizeof(all) / sizeof(all[0]); i++) {
			bool wanted = with ? i < 5 && named[i] : i < 2 && usual[i];

			snprintf(path, sizeof(path), "lib/libnss_%s.so.2", all[i]);
			if ((entries_find(&trial.gather.entries, path) != NULL) != wanted)
				fail_msg("with %u: %s", with, path);
		}
		const struct node *conf = entries_find(&trial.gather.entries, "etc/nsswitch.conf");
		assert_non_null(conf);
		assert_int_equal(conf->is_made, !with);
		trial_end(&trial);
	}
}

struct line_row {
	const char *line;
	int word;
	const char *path;
};

static const struct line_row lines[] = {
	{"file /a b", FROM_RUN_FILE, "/a b"},
	{"file read /a", FROM_RUN_FILE, "/a"},
	{"file execute /a", FROM_RUN_EXECUTE, "/a"},
	{"file write /a", FROM_RUN_WRITE, "/a"},
	{"file look /a", FROM_RUN_FILE, "/a"},
	{"file /\\n\\t\\\\\\x41\\xff", FROM_RUN_FILE, "/\n\t\\A\377"},
	{"read /a", FROM_RUN_NONE, NULL},
	{"call openat", FROM_RUN_NONE, NULL},
	{"# file /a", FROM_RUN_NONE, NULL},
	{"", FROM_RUN_NONE, NULL},
	{"file", FROM_RUN_NONE, NULL},
	{"file read relative", -1, NULL},
	{"file read", -1, NULL},
	{"file relative", -1, NULL},
	{"file /a\\", -1, NULL},
	{"file /a\\q", -1, NULL},
	{"file /a\\x4", -1, NULL},
	{"file /a\\x00b", -1, NULL},
};

static void
test_lines_of_a_recording_are_read(void **state)
{
	static char line[PATH_MAX * 2], path[PATH_MAX];

	(void)state;
	for (size_t i = 0; i < sizeof(lines) / sizeof(lines[0]); i++) {
		if (from_run_line(lines[i].line, strlen(lines[i].line), path) != lines[i].word)
			fail_msg("%s", lines[i].line);
		if (lines[i].path)
			assert_string_equal(path, lines[i].path);
	}
	memset(line, 'a', sizeof(line));
	memcpy(line, "file /", 6);
	assert_int_equal(from_run_line(line, 5 + PATH_MAX - 1, path), FROM_RUN_FILE);
	assert_int_equal(from_run_line(line, 5 + PATH_MAX, path), -1);
}

static void
test_a_recording_adds_what_was_opened(void **state)
{
	static const struct made_elf program = PROGRAM(.needed = {NULL}), plugin = NEEDS("liby.so"),
				     library = LIBRARY;
	static const char recording[] =
		"program prog\nfile /plugins/a.so\nfile read /data/file\n"
		"file write /var/log/app/log\nfile look /look/file\nfile look /look/deep\n"
		"file read /gone\nfile read /proc/x\nfile read /etc/shadow\n"
		"file execute /bin/other\n";
	static const char *const taken[] = {"plugins/a.so", "lib/liby.so", "data/file",
					    "var/log/app",  "look/deep",   "bin/other",
					    "look/file"},
				 *const left[] = {"look/beside", "look/deep/in",    "proc",
						  "etc/shadow",  "var/log/app/log", "data/beside"};
	struct trial trial;
	char file[PATH_MAX];

	(void)state;
	trial_begin(&trial);
	made_object("/bin/prog", &program);
	made_object("/bin/other", &program);
	made_object("/plugins/a.so", &plugin);
	made_object("/lib/liby.so", &library);
	for (size_t i = 0; i < sizeof(left) / sizeof(left[0]); i++) {
		snprintf(file, sizeof(file), "/%s%s", left[i], i == 2 ? "/x" : "");
		made_file(file, "x", 1, 0644);
	}
	made_file("/data/file", "x", 1, 0644);
	made_file("/look/file", "x", 1, 0644);
	made_file("/recording", recording, strlen(recording), 0644);
	strcpy(file, made_path("/recording"));
	trial_open(&trial);
	assert_int_equal(closure_program(&trial.closure, "/bin/prog", &trial.why), 0);
	if (from_run_take(&trial.closure, file, &trial.why) < 0)
		fail_msg("%s", trial.why.text);
	for (size_t i = 0; i < sizeof(taken) / sizeof(taken[0]); i++)
		if (!entries_find(&trial.gather.entries, taken[i]))
			fail_msg("%s was not taken", taken[i]);
	for (size_t i = 0; i < sizeof(left) / sizeof(left[0]); i++)
		if (entries_find(&trial.gather.entries, left[i]))
			fail_msg("%s was taken", left[i]);
	made_file("/recording", "file /ok\nfile \\q\n", 17, 0644);
	assert_int_equal(from_run_take(&trial.closure, file, &trial.why), -1);
	assert_non_null(strstr(trial.why.text, "line 2"));
	trial_end(&trial);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_libraries_are_found_as_the_loader_finds_them),
		cmocka_unit_test(test_no_link_leads_out_of_the_root),
		cmocka_unit_test(test_musl_reads_its_path_file),
		cmocka_unit_test(test_default_directories_are_read_from_the_loader),
		cmocka_unit_test(test_interpreters_of_scripts_are_taken),
		cmocka_unit_test(test_plug_ins_get_what_they_need),
		cmocka_unit_test(test_modules_of_the_name_services_are_taken),
		cmocka_unit_test(test_lines_of_a_recording_are_read),
		cmocka_unit_test(test_a_recording_adds_what_was_opened),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
