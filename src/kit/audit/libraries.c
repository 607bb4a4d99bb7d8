/* SPDX-License-Identifier: MIT */
#include "kit/audit/libraries.h"

#include <elf.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

enum {
	CACHE_MOST = 4 << 20, /* bytes of ld.so.cache */
	DIRECTORY_SIZE = 2 * OBJECT_TEXT,
	TOKENS = 3,
};

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

void
libraries_read(struct audit *audit, uint32_t node, struct object *out)
{
	struct position position = {&audit->image->root, node};
	struct object_reader reader = {read_node, &position};

	elf_object_read(&reader, out);
}

/* Whether there is a library for the same machine at `directory`/`name`. */
static uint32_t
probe(struct loading *loading, const char *directory, size_t length, const char *name)
{
	struct filetree *tree = &loading->audit->image->root.tree;
	const struct object *program = &loading->list[0].object;
	char path[2 * OBJECT_TEXT];
	struct object object;
	uint32_t node;

	if (++loading->probes > LIBRARIES_PROBES_MOST || length + strlen(name) + 2 > sizeof(path))
		return TREE_NONE;
	snprintf(path, sizeof(path), "%.*s/%s", (int)length, directory, name);
	node = filetree_find(tree, TREE_ROOT, path, true);
	if (node == TREE_NONE || !S_ISREG(filetree_inode(tree, node)->mode))
		return TREE_NONE;
	libraries_read(loading->audit, node, &object);
	/* A loader passes over other machines' libraries, and stops at broken ones. */
	bool fits = object.kind == OBJECT_BROKEN ||
		    (object.kind != OBJECT_OTHER && object.machine == program->machine &&
		     object.is_64bit == program->is_64bit);
	elf_object_free(&object);
	return fits ? node : TREE_NONE;
}

/* What a token stands for at `at`, a dollar, and its length; NULL for none that this loader knows.
 */
static const char *
token(const char *at, size_t length, const char *const values[static TOKENS], size_t *size)
{
	static const char names[TOKENS][12] = {"ORIGIN", "LIB", "PLATFORM"};

	for (size_t i = 0; i < TOKENS; i++) {
		size_t name = strlen(names[i]);
		bool braces = length > 1 && at[1] == '{';

		*size = 1 + name + 2 * (size_t)braces;
		if (values[i] && *size <= length && memcmp(at + 1 + braces, names[i], name) == 0 &&
		    (!braces || at[*size - 1] == '}'))
			return values[i];
	}
	return NULL;
}

/* One directory with its tokens. Returns its length, or 0 where it has an unknown one or is too
 * long. */
static size_t
expand(const char *text, size_t length, const char *const values[static TOKENS],
       char out[static DIRECTORY_SIZE])
{
	size_t used = 0;

	for (size_t at = 0, taken, more; at < length; at += taken, used += more) {
		const char *value = &text[at];

		taken = more = 1;
		if (*value == '$') {
			value = token(&text[at], length - at, values, &taken);
			if (!value)
				return 0;
			more = strlen(value);
		}
		if (used + more >= DIRECTORY_SIZE)
			return 0;
		memcpy(out + used, value, more);
	}
	return used;
}

/*
 * A list of directories. What $LIB stands for was decided when glibc was built, so each is tried;
 * musl knows $ORIGIN alone, and a list with another token is void.
 */
static uint32_t
probe_list(struct loading *loading, const char *list, uint32_t origin, const char *separators,
	   const char *name)
{
	const struct filetree *tree = &loading->audit->image->root.tree;
	const char *const libs[] = {loading->triplet_lib, "lib64", "lib"};
	char *own = filetree_path(tree, tree->nodes[origin].parent), path[DIRECTORY_SIZE];
	uint32_t node = TREE_NONE;
	bool is_void = false;

	for (const char *at = list; list && *at && node == TREE_NONE && !is_void;) {
		size_t length = strcspn(at, separators);
		bool has_lib = memmem(at, length, "LIB", 3) && !loading->is_musl;

		for (size_t i = 0; i < (has_lib ? 3 : 1) && node == TREE_NONE; i++) {
			const char *const values[TOKENS] = {own, has_lib ? libs[i] : NULL,
							    loading->is_musl ? NULL
									     : loading->platform};
			size_t size = expand(at, length, values, path);

			is_void = loading->is_musl && length > 0 && size == 0;
			if (size > 0)
				node = probe(loading, path, size, name);
		}
		at += length;
		at += strspn(at, separators);
	}
	free(own);
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
				  loading->list[0].node, ":\n", name);
	for (size_t i = 2; i < 4 && node == TREE_NONE && *loading->triplet; i++) {
		int size = snprintf(path, sizeof(path), "%s/%s", usual[i], loading->triplet);

		node = probe(loading, path, (size_t)size, name);
	}
	for (size_t i = 0; i < 4 && node == TREE_NONE; i++)
		node = probe(loading, usual[i], strlen(usual[i]), name);
	return node;
}

/* In the order of ld.so(8); musl takes RPATH and RUNPATH for the same, of all who led here. */
uint32_t
libraries_find(struct loading *loading, size_t wanted_by, const char *name)
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
		node = probe_list(loading, environment, loading->list[0].node, ":;", name);
	if (node == TREE_NONE)
		node = probe_list(loading, by->object.runpath, by->node, ":", name);
	if (node == TREE_NONE && !by->object.no_default && !loading->is_musl)
		node = probe_cache(loading, name);
	if (node == TREE_NONE && !by->object.no_default)
		node = probe_usual(loading, name);
	return node;
}

void
libraries_open(struct loading *loading)
{
	static const struct {
		uint16_t machine;
		char triplet[24], platform[12];
	} machines[] = {{EM_X86_64, "x86_64-linux-gnu", "x86_64"},
			{EM_AARCH64, "aarch64-linux-gnu", "aarch64"},
			{EM_386, "i386-linux-gnu", "i686"},
			{EM_ARM, "arm-linux-gnueabihf", "v7l"},
			{EM_RISCV, "riscv64-linux-gnu", ""},
			{EM_S390, "s390x-linux-gnu", ""},
			{EM_PPC64, "powerpc64le-linux-gnu", ""}};
	const struct object *program = &loading->list[0].object;
	const char *slash = strrchr(program->loader, '/');
	struct rootfs *root = &loading->audit->image->root;
	struct refusal why;
	char path[80];
	size_t length;

	loading->loader_name = slash ? slash + 1 : program->loader;
	loading->is_musl = strncmp(loading->loader_name, "ld-musl-", 8) == 0;
	loading->triplet = loading->platform = "";
	for (size_t i = 0; i < sizeof(machines) / sizeof(machines[0]); i++)
		if (machines[i].machine == program->machine) {
			loading->triplet = machines[i].triplet;
			loading->platform = machines[i].platform;
		}
	snprintf(loading->triplet_lib, sizeof(loading->triplet_lib), "lib/%s", loading->triplet);
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

void
libraries_close(struct loading *loading)
{
	for (size_t i = 0; i < loading->count; i++)
		elf_object_free(&loading->list[i].object);
	free(loading->cache);
	free(loading->musl_path);
}
