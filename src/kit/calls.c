/* SPDX-License-Identifier: MIT */
#include "kit/calls.h"

#include "kit/heap.h"

#include <linux/audit.h>
#include <seccomp.h>
#include <stdlib.h>
#include <string.h>

enum {
	NUMBERS = 1024,        /* libseccomp is asked for the names of 0 to NUMBERS - 1 */
	PLACES = 2048,         /* numbers that are looked up by their place */
	ARM_PRIVATE = 0x0f0000 /* breakpoint, cacheflush, set_tls and their like on arm */
};

static const struct architecture architectures[] = {
	{"x86_64", "amd64", "SCMP_ARCH_X86_64", AUDIT_ARCH_X86_64, SCMP_ARCH_X86_64, "i386", true},
	{"aarch64", "arm64", "SCMP_ARCH_AARCH64", AUDIT_ARCH_AARCH64, SCMP_ARCH_AARCH64, "arm",
	 false},
	{"i386", "x86", "SCMP_ARCH_X86", AUDIT_ARCH_I386, SCMP_ARCH_X86, NULL, false},
	{"arm", "arm", "SCMP_ARCH_ARM", AUDIT_ARCH_ARM, SCMP_ARCH_ARM, NULL, false},
};
enum { ARCHITECTURES = sizeof(architectures) / sizeof(architectures[0]) };

struct call {
	const char *name;
	int number;
};

/* Same number everywhere. Begins below what Debian 12's library knows, for the sake of older ones.
 */
static const struct call recent[] = {
	{"process_mrelease", 448},  {"futex_waitv", 449},      {"set_mempolicy_home_node", 450},
	{"cachestat", 451},         {"fchmodat2", 452},        {"map_shadow_stack", 453},
	{"futex_wake", 454},        {"futex_wait", 455},       {"futex_requeue", 456},
	{"statmount", 457},         {"listmount", 458},        {"lsm_get_self_attr", 459},
	{"lsm_set_self_attr", 460}, {"lsm_list_modules", 461}, {"mseal", 462},
	{"setxattrat", 463},        {"getxattrat", 464},       {"listxattrat", 465},
	{"removexattrat", 466},     {"open_tree_attr", 467},   {"file_getattr", 468},
	{"file_setattr", 469},      {"listns", 470},           {"rseq_slice_yield", 471},
};

static const struct call recent_x86_64[] = {
	{"uretprobe", 335},
	{"uprobe", 336},
};

static const char *const always[] = {
	"execve",          "exit",      "exit_group", "rt_sigreturn", "sigreturn",
	"restart_syscall", "uretprobe", "uprobe",
};

struct table {
	struct call *calls;
	size_t count;
	/* By number, an index + 1: names are asked for by the thousand, most of them in vain. */
	uint16_t places[PLACES];
};

/* Filled when an architecture is first asked for, kept until the program ends. */
static struct table tables[ARCHITECTURES];

static void
table_add(struct table *table, const char *name, int number)
{
	for (size_t i = 0; i < table->count; i++)
		if (table->calls[i].number == number)
			return;
	table->calls = memory_grow(table->calls, table->count + 1, sizeof(*table->calls));
	table->calls[table->count++] = (struct call){memory_string(name), number};
	if (number < PLACES)
		table->places[number] = (uint16_t)table->count;
}

static void
table_add_range(struct table *table, uint32_t library, int first, int count)
{
	for (int number = first; number < first + count; number++) {
		char *name = seccomp_syscall_resolve_num_arch(library, number);

		if (name)
			table_add(table, name, number);
		free(name);
	}
}

static const struct table *
table_of(const struct architecture *arch)
{
	struct table *table = &tables[arch - architectures];

	if (table->count > 0)
		return table;
	table_add_range(table, arch->library, 0, NUMBERS);
	if (arch->audit == AUDIT_ARCH_ARM)
		table_add_range(table, arch->library, ARM_PRIVATE, 16);
	for (size_t i = 0; i < sizeof(recent) / sizeof(recent[0]); i++)
		table_add(table, recent[i].name, recent[i].number);
	for (size_t i = 0; arch->has_x32 && i < sizeof(recent_x86_64) / sizeof(recent_x86_64[0]);
	     i++)
		table_add(table, recent_x86_64[i].name, recent_x86_64[i].number);
	return table;
}

const struct architecture *
architecture_all(size_t *count)
{
	*count = ARCHITECTURES;
	return architectures;
}

const struct architecture *
architecture_find(const char *name)
{
	for (size_t i = 0; i < ARCHITECTURES; i++)
		if (strcmp(architectures[i].name, name) == 0 ||
		    strcmp(architectures[i].docker, name) == 0)
			return &architectures[i];
	return NULL;
}

int
call_number(const struct architecture *arch, const char *name)
{
	const struct table *table = table_of(arch);

	for (size_t i = 0; i < table->count; i++)
		if (strcmp(table->calls[i].name, name) == 0)
			return table->calls[i].number;
	return CALL_UNKNOWN;
}

const char *
call_name(const struct architecture *arch, uint32_t number)
{
	const struct table *table = table_of(arch);

	if (number < PLACES)
		return table->places[number] ? table->calls[table->places[number] - 1].name : NULL;
	for (size_t i = 0; i < table->count; i++)
		if ((uint32_t)table->calls[i].number == number)
			return table->calls[i].name;
	return NULL;
}

bool
call_exists(const char *name)
{
	/* The library resolves names of architectures that have no table here, too. */
	if (seccomp_syscall_resolve_name(name) != __NR_SCMP_ERROR)
		return true;
	for (size_t i = 0; i < ARCHITECTURES; i++)
		if (call_number(&architectures[i], name) != CALL_UNKNOWN)
			return true;
	return false;
}

const char *
call_always(size_t index)
{
	return index < sizeof(always) / sizeof(always[0]) ? always[index] : NULL;
}
