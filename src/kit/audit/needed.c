/* SPDX-License-Identifier: MIT */
#include "kit/audit/audit.h"

#include "command/script_head.h"
#include "kit/audit/libraries.h"
#include "kit/env_line.h"
#include "kit/heap.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

enum { SCRIPTS_MOST = 4 /* interpreters that are scripts themselves, as in the kernel */ };

/* musl's loader is its C library, under all of these names. */
static bool
is_built_in(const struct loading *loading, const char *name)
{
	static const char own[] =
		" libc.so libpthread.so librt.so libm.so libdl.so libutil.so libxnet.so libcrypt.so libresolv.so ";
	char word[64];

	if (strcmp(name, loading->loader_name) == 0)
		return true;
	snprintf(word, sizeof(word), " %s ", name);
	return loading->is_musl && (strncmp(name, "libc.musl-", 10) == 0 || strstr(own, word));
}

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
	node = libraries_find(loading, by, name);
	if (node == TREE_NONE) {
		audit_found(audit, CHECK_LIBRARY, LEVEL_HIGH, loading->list[by].node,
			    "it needs '%s'%s", name,
			    loading->probes > LIBRARIES_PROBES_MOST
				    ? ", and names too many places for it"
				    : "");
		return;
	}
	if (is_loaded(loading, NULL, node) || loading->count == LIBRARIES_MOST)
		return;

	struct loaded *made = &loading->list[loading->count++];

	*made = (struct loaded){.node = node, .by = (uint32_t)by, .name = name};
	libraries_read(audit, node, &made->object);
	if (made->object.kind == OBJECT_BROKEN || made->object.kind == OBJECT_OTHER)
		audit_found(audit, CHECK_LIBRARY, LEVEL_HIGH, node, "it is no sound ELF file");
}

static void
check_loading(struct audit *audit, uint32_t program)
{
	struct loading *loading = memory_new(1, sizeof(*loading));
	struct object *object = &loading->list[0].object;
	uint32_t loader;

	loading->audit = audit;
	loading->list[0].node = program;
	libraries_read(audit, program, object);
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
		libraries_open(loading);
		for (size_t i = 0; i < loading->count; i++)
			for (size_t j = 0; j < loading->list[i].object.needed_count; j++)
				load(loading, i, loading->list[i].object.needed[j]);
	}
	libraries_close(loading);
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
	if (node == TREE_NONE || !env_line_program(line, (size_t)got, head.interpreter, program))
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
