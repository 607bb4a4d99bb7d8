/* SPDX-License-Identifier: MIT */
#include "kit/rootfs/object.h"

#include "kit/heap.h"

#include <elf.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { DYNAMIC_MOST = 1 << 16, LOADS_MOST = 256 };

/* The file, and the few things that are needed to find the way in it. */
struct view {
	const uint8_t *bytes;
	size_t size;
	bool wide; /* 64 bits */
	bool big;
	struct load {
		uint64_t address, offset, length;
	} loads[LOADS_MOST];
	size_t load_count;
	uint64_t interpreter, interpreter_size;
	uint64_t dynamic, dynamic_size;
};

static uint64_t
number(const struct view *view, uint64_t offset, size_t width)
{
	uint64_t value = 0;

	for (size_t i = 0; i < width; i++)
		value = value << 8 | view->bytes[offset + (view->big ? i : width - 1 - i)];
	return value;
}

/* A member of one of the two forms of an ELF struct. */
#define MEMBER(view, offset, type, member)                                                         \
	((view)->wide ? number((view), (offset) + offsetof(Elf64_##type, member),                  \
			       sizeof(((Elf64_##type *)0)->member))                                \
		      : number((view), (offset) + offsetof(Elf32_##type, member),                  \
			       sizeof(((Elf32_##type *)0)->member)))
#define SIZE_OF(view, type) ((view)->wide ? sizeof(Elf64_##type) : sizeof(Elf32_##type))

static bool
is_inside(const struct view *view, uint64_t offset, uint64_t length)
{
	return offset <= view->size && length <= view->size - offset;
}

static int
read_segments(struct view *view, struct refusal *why)
{
	uint64_t offset = MEMBER(view, 0, Ehdr, e_phoff);
	uint64_t size = MEMBER(view, 0, Ehdr, e_phentsize);
	uint64_t count = MEMBER(view, 0, Ehdr, e_phnum);

	if (count == 0)
		return 0;
	if (size != SIZE_OF(view, Phdr) || !is_inside(view, offset, size * count))
		return refuse(why, "the program headers of this ELF file lie outside of it");
	for (uint64_t at = offset; at < offset + size * count; at += size) {
		uint64_t type = MEMBER(view, at, Phdr, p_type);
		uint64_t from = MEMBER(view, at, Phdr, p_offset);
		uint64_t length = MEMBER(view, at, Phdr, p_filesz);

		if (type != PT_LOAD && type != PT_INTERP && type != PT_DYNAMIC)
			continue;
		if (!is_inside(view, from, length))
			return refuse(
				why,
				"a segment of this ELF file lies outside of it: it is cut off, or holds debugging information alone");
		if (type == PT_LOAD && view->load_count == LOADS_MOST)
			return refuse(why, "this ELF file has more than %d segments", LOADS_MOST);
		if (type == PT_LOAD)
			view->loads[view->load_count++] =
				(struct load){MEMBER(view, at, Phdr, p_vaddr), from, length};
		if (type == PT_INTERP && view->interpreter_size == 0) {
			view->interpreter = from;
			view->interpreter_size = length;
		}
		if (type == PT_DYNAMIC) {
			view->dynamic = from;
			view->dynamic_size = length;
		}
	}
	return 0;
}

/* Where in the file an address lies, and how many bytes there are from there on; or false. */
static bool
find_address(const struct view *view, uint64_t address, uint64_t *offset, uint64_t *room)
{
	for (size_t i = 0; i < view->load_count; i++) {
		const struct load *load = &view->loads[i];

		if (address >= load->address && address - load->address < load->length) {
			*offset = load->offset + (address - load->address);
			*room = load->length - (address - load->address);
			return true;
		}
	}
	return false;
}

/* What is found in the dynamic section before the string table is. */
struct wanted {
	uint64_t strings, strings_size;
	bool has_strings;
	uint64_t soname, rpath, runpath;
	bool has_soname, has_rpath, has_runpath;
	uint64_t *needed;
	size_t needed_count;
	bool ignores_default;
};

static int
collect(const struct view *view, struct wanted *out, struct refusal *why)
{
	uint64_t one = SIZE_OF(view, Dyn);
	uint64_t count = view->dynamic_size / one;

	if (count > DYNAMIC_MOST)
		return refuse(why, "the dynamic section has more than %d entries", DYNAMIC_MOST);
	for (uint64_t i = 0; i < count; i++) {
		uint64_t at = view->dynamic + i * one;
		uint64_t tag = MEMBER(view, at, Dyn, d_tag);
		uint64_t value = MEMBER(view, at, Dyn, d_un);

		switch (tag) {
		case DT_NULL:
			return 0;
		case DT_NEEDED:
			if (out->needed_count == OBJECT_NEEDED_MOST)
				return refuse(why, "it needs more than %d libraries",
					      OBJECT_NEEDED_MOST);
			out->needed = memory_grow(out->needed, out->needed_count + 1,
						  sizeof(*out->needed));
			out->needed[out->needed_count++] = value;
			break;
		case DT_STRTAB:
			out->strings = value;
			out->has_strings = true;
			break;
		case DT_STRSZ:
			out->strings_size = value;
			break;
		case DT_SONAME:
			out->soname = value;
			out->has_soname = true;
			break;
		case DT_RPATH:
			out->rpath = value;
			out->has_rpath = true;
			break;
		case DT_RUNPATH:
			out->runpath = value;
			out->has_runpath = true;
			break;
		case DT_FLAGS_1:
			out->ignores_default = value & DF_1_NODEFLIB;
			break;
		default:
			break;
		}
	}
	return 0;
}

/* The string at `index` of the table, which ends inside of it; or NULL. */
static const char *
string_at(const struct view *view, uint64_t table, uint64_t size, uint64_t index)
{
	if (index >= size)
		return NULL;
	uint64_t room = size - index < OBJECT_TEXT_MOST ? size - index : OBJECT_TEXT_MOST;
	const uint8_t *start = view->bytes + table + index;

	return memchr(start, 0, room) ? (const char *)start : NULL;
}

static int
resolve_strings(const struct view *view, const struct wanted *wanted, struct object *out,
		struct refusal *why)
{
	uint64_t table = 0, room = 0;
	uint64_t size = wanted->strings_size;

	if (!wanted->needed_count && !wanted->has_soname && !wanted->has_rpath &&
	    !wanted->has_runpath)
		return 0;
	if (!wanted->has_strings || !find_address(view, wanted->strings, &table, &room) ||
	    size > room)
		return refuse(why, "the string table of its dynamic section lies outside of it");
	out->needed = memory_new(wanted->needed_count, sizeof(*out->needed));
	for (; out->needed_count < wanted->needed_count; out->needed_count++)
		if (!(out->needed[out->needed_count] =
			      string_at(view, table, size, wanted->needed[out->needed_count])))
			break;
	out->soname = wanted->has_soname ? string_at(view, table, size, wanted->soname) : NULL;
	out->runpath = wanted->has_runpath ? string_at(view, table, size, wanted->runpath) : NULL;
	bool takes_rpath = wanted->has_rpath && !wanted->has_runpath;
	out->rpath = takes_rpath ? string_at(view, table, size, wanted->rpath) : NULL;
	if (out->needed_count < wanted->needed_count || (wanted->has_soname && !out->soname) ||
	    (wanted->has_runpath && !out->runpath) || (takes_rpath && !out->rpath))
		return refuse(why, "a name in its dynamic section lies outside of its strings");
	return 0;
}

static int
read_dynamic(const struct view *view, struct object *out, struct refusal *why)
{
	struct wanted wanted = {0};
	int result = collect(view, &wanted, why);

	if (result == 0)
		result = resolve_strings(view, &wanted, out, why);
	out->ignores_default = wanted.ignores_default;
	free(wanted.needed);
	return result;
}

static int
read_interpreter(const struct view *view, struct object *out, struct refusal *why)
{
	const char *text = (const char *)view->bytes + view->interpreter;
	uint64_t size = view->interpreter_size;

	if (size < 2 || size > OBJECT_TEXT_MOST || text[size - 1] != '\0' || text[0] != '/')
		return refuse(why, "the name of its ELF interpreter is no path");
	out->interpreter = text;
	return 0;
}

/* Whether the bytes begin an ELF file for a loader; sets what is known by its first bytes. */
static int
read_head(struct view *view, struct object *out, bool *is_for_loader, struct refusal *why)
{
	const uint8_t *bytes = view->bytes;

	*is_for_loader = false;
	if (view->size < SELFMAG || memcmp(bytes, ELFMAG, SELFMAG) != 0)
		return 0;
	if (view->size < EI_NIDENT ||
	    (bytes[EI_CLASS] != ELFCLASS32 && bytes[EI_CLASS] != ELFCLASS64) ||
	    (bytes[EI_DATA] != ELFDATA2LSB && bytes[EI_DATA] != ELFDATA2MSB))
		return refuse(why, "this ELF file is for no machine that there is");
	view->wide = bytes[EI_CLASS] == ELFCLASS64;
	view->big = bytes[EI_DATA] == ELFDATA2MSB;
	if (view->size < SIZE_OF(view, Ehdr))
		return refuse(why, "this ELF file is cut off in its header");
	uint64_t type = MEMBER(view, 0, Ehdr, e_type);
	out->machine = (struct object_machine){view->wide ? 64 : 32, bytes[EI_DATA],
					       (uint16_t)MEMBER(view, 0, Ehdr, e_machine)};
	*is_for_loader = type == ET_EXEC || type == ET_DYN;
	return 0;
}

int
object_read(const uint8_t *bytes, size_t size, struct object *out, struct refusal *why)
{
	struct view *view = memory_new(1, sizeof(*view));
	bool is_for_loader;

	*out = (struct object){0};
	view->bytes = bytes;
	view->size = size;
	int result = read_head(view, out, &is_for_loader, why);
	if (result == 0 && is_for_loader) {
		result = read_segments(view, why);
		out->kind = view->interpreter_size || view->dynamic_size ? OBJECT_DYNAMIC
									 : OBJECT_STATIC;
		if (result == 0 && view->interpreter_size)
			result = read_interpreter(view, out, why);
		if (result == 0 && view->dynamic_size)
			result = read_dynamic(view, out, why);
	}
	free(view);
	if (result < 0)
		object_free(out);
	return result;
}

static const char *
keep(char **at, const char *text)
{
	const char *kept = *at;

	if (!text)
		return NULL;
	*at = stpcpy(*at, text) + 1;
	return kept;
}

int
object_keep(struct object *object, struct refusal *why)
{
	const char **single[] = {&object->interpreter, &object->soname, &object->rpath,
				 &object->runpath};
	enum { SINGLE = sizeof(single) / sizeof(single[0]) };
	size_t size = 0;

	for (size_t i = 0; i < SINGLE; i++)
		size += *single[i] ? strlen(*single[i]) + 1 : 0;
	for (size_t i = 0; i < object->needed_count; i++)
		size += strlen(object->needed[i]) + 1;
	if (size > OBJECT_KEPT_MOST)
		return refuse(why, "the names in its dynamic section have more than %d bytes",
			      OBJECT_KEPT_MOST);
	char *at = object->kept = memory_new(size, 1);
	for (size_t i = 0; i < SINGLE; i++)
		*single[i] = keep(&at, *single[i]);
	for (size_t i = 0; i < object->needed_count; i++)
		object->needed[i] = keep(&at, object->needed[i]);
	return 0;
}

void
object_free(struct object *object)
{
	free(object->kept);
	free(object->needed);
	*object = (struct object){0};
}

bool
object_same_machine(const struct object *left, const struct object *right)
{
	return left->machine.bits == right->machine.bits &&
	       left->machine.order == right->machine.order &&
	       left->machine.number == right->machine.number;
}

const char *
object_machine_text(const struct object_machine *machine, char *text, size_t size)
{
	static const struct {
		uint16_t number;
		char name[12];
	} names[] = {{EM_X86_64, "x86_64"}, {EM_AARCH64, "aarch64"}, {EM_386, "i386"},
		     {EM_ARM, "arm"},       {EM_RISCV, "riscv"},     {EM_PPC64, "ppc64"},
		     {EM_S390, "s390"}};

	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
		if (names[i].number == machine->number) {
			snprintf(text, size, "%u-bit %s", machine->bits, names[i].name);
			return text;
		}
	snprintf(text, size, "%u-bit machine %u", machine->bits, machine->number);
	return text;
}
