/* SPDX-License-Identifier: MIT */
#include "kit/audit/audit.h"

#include "command/script_head.h"
#include "kit/audit/elf_object.h"
#include "kit/env_line.h"
#include "kit/heap.h"

#include <elf.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

enum {
	OBJECTS_MOST = 1024,
	PROBES_MOST = 200000, /* files that are looked for */
	SCRIPTS_MOST = 4,     /* interpreters that are scripts themselves, as in the kernel */
	CACHE_MOST = 4 << 20, /* bytes of ld.so.cache */
};

struct loaded {
	uint32_t node;
	uint32_t by;      /* its index in the list; itself for the program */
	const char *name; /* belongs to `by`'s object */
	struct object object;
};

struct loading {
	struct audit *audit;
	struct loaded list[OBJECTS_MOST];
	size_t count;
	unsigned probes;
	bool is_musl;
	char *cache; /* of glibc, or NULL */
	size_t cache_size;
	char *musl_path; /* or NULL */
	const char *loader_name;
	char triplet[40];
};

/* ---- reading ---- */

struct position {
	struct rootfs *root;
	uint32_t node;
};

static ssize_t
read_node(void *context, uint64_t offset, void *bytes, size_t length)
{
	struct position *position = context;
	struct refusal why;

	return rootfs_read(position->root, position->node, offset, bytes, length, &why);
}

static void
read_object(struct audit *audit, uint32_t node, struct object *out)
{
	struct position position = {&audit->image->root, node};
	struct object_reader reader = {read_node, &position};

	elf_object_read(&reader, out);
}

/* ---- where a library may be ---- */

/* Whether there is a library for the same machine at `directory`/`name`. */
static uint32_t
probe(struct loading *loading, const char *directory, size_t length, const char *name)
{
	struct filetree *tree = &loading->audit->image->root.tree;
	const struct object *program = &loading->list[0].object;
	char path[2 * OBJECT_TEXT];
	struct object object;
	uint32_t node;

	if (++loading->probes > PROBES_MOST || length + strlen(name) + 2 > sizeof(path))
		return TREE_NONE;
	snprintf(path, sizeof(path), "%.*s/%s", (int)length, directory, name);
	node = filetree_find(tree, TREE_ROOT, path, true);
	if (node == TREE_NONE || !S_ISREG(filetree_inode(tree, node)->mode))
		return TREE_NONE;
	read_object(loading->audit, node, &object);
	/* A loader passes over other machines' libraries, and stops at broken ones. */
	bool fits = object.kind == OBJECT_BROKEN ||
		    (object.kind != OBJECT_OTHER && object.machine == program->machine &&
		     object.is_64bit == program->is_64bit);
	elf_object_free(&object);
	return fits ? node : TREE_NONE;
}

/* A list of directories; of the tokens $ORIGIN alone can be known. */
static uint32_t
probe_list(struct loading *loading, const char *list, uint32_t origin, const char *separators,
	   const char *name)
{
	static const char *const tokens[] = {"$ORIGIN", "${ORIGIN}"};
	const struct filetree *tree = &loading->audit->image->root.tree;
	uint32_t node = TREE_NONE;

	for (const char *at = list; list && *at && node == TREE_NONE;) {
		size_t length = strcspn(at, separators);
		bool done = length == 0;

		for (size_t i = 0; i < 2 && !done; i++) {
			size_t token = strlen(tokens[i]);

			if (length < token || strncmp(at, tokens[i], token) != 0)
				continue;
			char *own = filetree_path(tree, tree->nodes[origin].parent);
			char path[2 * OBJECT_TEXT];
			int size = snprintf(path, sizeof(path), "%s%.*s", own,
					    (int)(length - token), at + token);

			if (size > 0 && (size_t)size < sizeof(path))
				node = probe(loading, path, (size_t)size, name);
			free(own);
			done = true;
		}
		if (!done)
			node = probe(loading, at, length, name);
		at += length;
		at += strspn(at, separators);
	}
	return node;
}

static uint32_t
word_at(const char *bytes)
{
	uint32_t value;

	memcpy(&value, bytes, sizeof(value));
	return value;
}

/* glibc's dl-cache.h: a header of 48 bytes, entries of 24 with offsets of name and path. */
static uint32_t
probe_cache(struct loading *loading, const char *name)
{
	static const char magic[] = "glibc-ld.so.cache1.1";
	enum { HEADER = 48, ENTRY = 24, NAME = 4, PATH = 8, COUNT = 20 };
	char *start = loading->cache ? memmem(loading->cache, loading->cache_size, magic,
					      sizeof(magic) - 1)
				     : NULL;
	size_t size = start ? loading->cache_size - (size_t)(start - loading->cache) : 0;
	uint32_t node = TREE_NONE;

	if (size < HEADER)
		return TREE_NONE;
	size_t count = word_at(start + COUNT);

	for (size_t i = 0; i < count && node == TREE_NONE && HEADER + (i + 1) * ENTRY <= size;
	     i++) {
		const char *entry = start + HEADER + i * ENTRY;
		size_t key = word_at(entry + NAME), path = word_at(entry + PATH);

		/* rootfs_file has put a NUL behind the last byte. */
		if (key >= size || path >= size || strcmp(start + key, name) != 0)
			continue;
		const char *slash = strrchr(start + path, '/');

		if (slash)
			node = probe(loading, start + path, (size_t)(slash - (start + path)),
				     slash + 1);
	}
	return node;
}

static uint32_t
probe_usual(struct loading *loading, const char *name)
{
	static const char *const usual[] = {"/lib64", "/usr/lib64", "/lib", "/usr/lib"};
	char path[80];
	uint32_t node = TREE_NONE;

	if (loading->is_musl)
		return probe_list(loading,
				  loading->musl_path ? loading->musl_path
						     : "/lib:/usr/local/lib:/usr/lib",
				  TREE_ROOT, ":\n", name);
	for (size_t i = 2; i < 4 && node == TREE_NONE && *loading->triplet; i++) {
		int size = snprintf(path, sizeof(path), "%s/%s", usual[i], loading->triplet);

		node = probe(loading, path, (size_t)size, name);
	}
	for (size_t i = 0; i < 4 && node == TREE_NONE; i++)
		node = probe(loading, usual[i], strlen(usual[i]), name);
	return node;
}

/* In the order of ld.so(8); musl takes RPATH and RUNPATH for the same, of all who led here. */
static uint32_t
find_library(struct loading *loading, size_t wanted_by, const char *name)
{
	const struct loaded *by = &loading->list[wanted_by];
	const char *environment =
		settings_variable(&loading->audit->image->settings, "LD_LIBRARY_PATH");
	uint32_t node = TREE_NONE;

	if (strchr(name, '/'))
		return probe(loading, "", 0, name);
	for (size_t at = wanted_by; node == TREE_NONE && (!by->object.runpath || loading->is_musl);
	     at = loading->list[at].by) {
		const struct object *object = &loading->list[at].object;

		if (!object->runpath || loading->is_musl)
			node = probe_list(loading, object->rpath, loading->list[at].node, ":",
					  name);
		if (node == TREE_NONE && loading->is_musl)
			node = probe_list(loading, object->runpath, loading->list[at].node, ":",
					  name);
		if (at == loading->list[at].by)
			break;
	}
	if (node == TREE_NONE)
		node = probe_list(loading, environment, TREE_ROOT, ":;", name);
	if (node == TREE_NONE)
		node = probe_list(loading, by->object.runpath, by->node, ":", name);
	if (node == TREE_NONE && !by->object.no_default && !loading->is_musl)
		node = probe_cache(loading, name);
	if (node == TREE_NONE && !by->object.no_default)
		node = probe_usual(loading, name);
	return node;
}

/* musl's loader is its C library, under all of these names. */
static bool
is_built_in(const struct loading *loading, const char *name)
{
	static const char own[] = " libc.so libpthread.so librt.so libm.so libdl.so libutil.so "
				  "libxnet.so libcrypt.so libresolv.so ";
	char word[64];

	if (strcmp(name, loading->loader_name) == 0)
		return true;
	snprintf(word, sizeof(word), " %s ", name);
	return loading->is_musl && (strncmp(name, "libc.musl-", 10) == 0 || strstr(own, word));
}

/* ---- loading ---- */

static bool
is_loaded(const struct loading *loading, const char *name, uint32_t node)
{
	for (size_t i = 1; i < loading->count; i++)
		if ((name && strcmp(loading->list[i].name, name) == 0) ||
		    (node != TREE_NONE && loading->list[i].node == node))
			return true;
	return false;
}

static void
load(struct loading *loading, size_t by, const char *name)
{
	struct audit *audit = loading->audit;
	uint32_t node;

	if (is_built_in(loading, name) || is_loaded(loading, name, TREE_NONE))
		return;
	node = find_library(loading, by, name);
	if (node == TREE_NONE) {
		audit_found(audit, CHECK_LIBRARY, LEVEL_HIGH, loading->list[by].node,
			    "it needs '%s'%s", name,
			    loading->probes > PROBES_MOST ? ", and names too many places for it"
							  : "");
		return;
	}
	if (is_loaded(loading, NULL, node) || loading->count == OBJECTS_MOST)
		return;

	struct loaded *made = &loading->list[loading->count++];

	*made = (struct loaded){.node = node, .by = (uint32_t)by, .name = name};
	read_object(audit, node, &made->object);
	if (made->object.kind == OBJECT_BROKEN || made->object.kind == OBJECT_OTHER)
		audit_found(audit, CHECK_LIBRARY, LEVEL_HIGH, node, "it is no sound ELF file");
}

static void
prepare(struct loading *loading)
{
	static const struct {
		uint16_t machine;
		char triplet[24];
	} triplets[] = {{EM_X86_64, "x86_64-linux-gnu"},    {EM_AARCH64, "aarch64-linux-gnu"},
			{EM_386, "i386-linux-gnu"},         {EM_ARM, "arm-linux-gnueabihf"},
			{EM_RISCV, "riscv64-linux-gnu"},    {EM_S390, "s390x-linux-gnu"},
			{EM_PPC64, "powerpc64le-linux-gnu"}};
	const struct object *program = &loading->list[0].object;
	const char *slash = strrchr(program->loader, '/');
	struct rootfs *root = &loading->audit->image->root;
	struct refusal why;
	char path[80];
	size_t length;

	loading->loader_name = slash ? slash + 1 : program->loader;
	loading->is_musl = strncmp(loading->loader_name, "ld-musl-", 8) == 0;
	for (size_t i = 0; i < sizeof(triplets) / sizeof(triplets[0]); i++)
		if (triplets[i].machine == program->machine)
			memcpy(loading->triplet, triplets[i].triplet, sizeof(triplets[i].triplet));
	snprintf(path, sizeof(path), "/etc/%.*s.path", (int)strcspn(loading->loader_name, "."),
		 loading->loader_name);
	uint32_t node = audit_file(loading->audit, loading->is_musl ? path : "/etc/ld.so.cache");
	if (node == TREE_NONE)
		return;
	char *text = rootfs_file(root, node, CACHE_MOST, &length, &why);

	if (loading->is_musl)
		loading->musl_path = text;
	loading->cache = loading->is_musl ? NULL : text;
	loading->cache_size = text ? length : 0;
}

static void
check_loading(struct audit *audit, uint32_t program)
{
	struct loading *loading = memory_new(1, sizeof(*loading));
	struct object *object = &loading->list[0].object;
	uint32_t loader;

	loading->audit = audit;
	loading->list[0].node = program;
	read_object(audit, program, object);
	loading->count = 1;
	if (object->kind == OBJECT_BROKEN)
		audit_found(audit, CHECK_PROGRAM, LEVEL_HIGH, program, "it is no sound ELF file");
	if (object->kind == OBJECT_DYNAMIC_LINKED && *object->loader) {
		loader = audit_file(audit, object->loader);
		if (loader == TREE_NONE)
			audit_found(audit, CHECK_INTERPRETER, LEVEL_HIGH, program, "it needs '%s'",
				    object->loader);
		else if (!(filetree_inode(&audit->image->root.tree, loader)->mode & 0111))
			audit_found(audit, CHECK_INTERPRETER, LEVEL_HIGH, program,
				    "it needs '%s', which cannot be executed", object->loader);
		prepare(loading);
		for (size_t i = 0; i < loading->count; i++)
			for (size_t j = 0; j < loading->list[i].object.needed_count; j++)
				load(loading, i, loading->list[i].object.needed[j]);
	}
	for (size_t i = 0; i < loading->count; i++)
		elf_object_free(&loading->list[i].object);
	free(loading->cache);
	free(loading->musl_path);
	free(loading);
}

/* What a script names: found, or said to be missing. */
static uint32_t
take_interpreter(struct audit *audit, uint32_t script, const char *name, bool ends_in_cr)
{
	uint32_t found = TREE_NONE, node = audit_lookup(audit, name, &found);

	if (node == TREE_NONE)
		audit_found(audit, CHECK_INTERPRETER, LEVEL_HIGH, script, "it needs '%s'%s", name,
			    ends_in_cr           ? ", with a carriage return at its end"
			    : found != TREE_NONE ? ", which cannot be executed"
						 : "");
	return node;
}

/* The interpreter of a script, or what env is to start; TREE_NONE for none. */
static uint32_t
interpreter(struct audit *audit, uint32_t script, bool *is_script)
{
	unsigned char line[SCRIPT_LINE_SIZE] = {0};
	char program[SCRIPT_LINE_SIZE];
	struct script_head head;
	struct refusal why;
	ssize_t got = rootfs_read(&audit->image->root, script, 0, line, sizeof(line), &why);
	enum script_result result =
		got < 0 ? SCRIPT_OTHER : script_read_head(line, (size_t)got, &head);
	uint32_t node;

	*is_script = result != SCRIPT_OTHER;
	if (got < 0)
		audit_found(audit, CHECK_UNREAD, LEVEL_MEDIUM, script, "%s", why.text);
	if (!*is_script)
		return TREE_NONE;
	if (result != SCRIPT_GOOD || !strchr(head.interpreter, '/')) {
		audit_found(audit, CHECK_INTERPRETER, LEVEL_HIGH, script,
			    "its first line names no interpreter");
		return TREE_NONE;
	}
	node = take_interpreter(audit, script, head.interpreter, head.ends_in_cr);
	if (node == TREE_NONE ||
	    !env_line_program(line, (size_t)got, head.interpreter, program))
		return node;
	check_loading(audit, node); /* env itself */
	return take_interpreter(audit, script, program, false);
}

void
needed_check(struct audit *audit, uint32_t program)
{
	bool is_script = true;

	for (unsigned i = 0; program != TREE_NONE && is_script && i <= SCRIPTS_MOST; i++) {
		uint32_t node = interpreter(audit, program, &is_script);

		if (!is_script)
			check_loading(audit, program);
		program = node;
	}
}

void
audit_programs(struct audit *audit)
{
	if (audit->first != TREE_NONE)
		needed_check(audit, audit->first);
	if (audit->program != TREE_NONE && audit->program != audit->first)
		needed_check(audit, audit->program);
}
