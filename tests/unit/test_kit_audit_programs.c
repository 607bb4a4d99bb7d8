/* SPDX-License-Identifier: MIT */
/* What the program that an image starts needs to be loaded: found, or said to be missing. */
#include "helpers/archive.h"
#include "kit/audit/audit.h"
#include "kit/rootfs/loader_cache.h"

#include <elf.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/stat.h>

#include <cmocka.h>

enum { TEXT = 512, ELF_SIZE = 2048 };

struct program {
	const char *loader, *needed, *runpath, *rpath;
	uint16_t machine;
	bool no_default; /* DF_1_NODEFLIB */
	bool broken;
	/* of the image: where /etc/ld.so.cache says that liba.so.1 is, and musl's list of folders
	 */
	const char *cached, *musl_path;
};

/* A small ELF file: one PT_LOAD from 0 on, the texts at TEXT, the dynamic section at 1024. */
static void
make_elf(unsigned char *out, const struct program *program)
{
	Elf64_Ehdr head = {.e_ident = {0x7f, 'E', 'L', 'F', ELFCLASS64, ELFDATA2LSB, EV_CURRENT},
			   .e_type = ET_DYN,
			   .e_machine = program->machine ? program->machine : EM_X86_64,
			   .e_phoff = sizeof(head),
			   .e_phentsize = sizeof(Elf64_Phdr),
			   .e_phnum = program->loader ? 3 : 2};
	Elf64_Phdr headers[3] = {
		{.p_type = PT_LOAD, .p_vaddr = 0x400000, .p_filesz = ELF_SIZE},
		{.p_type = PT_DYNAMIC, .p_offset = 1024, .p_filesz = 7 * sizeof(Elf64_Dyn)},
		{.p_type = PT_INTERP,
		 .p_offset = TEXT + 300,
		 .p_filesz = program->loader ? strlen(program->loader) + 1 : 0}};
	Elf64_Dyn dynamic[7] = {
		{.d_tag = DT_NEEDED, .d_un.d_val = 1},
		{.d_tag = program->runpath ? DT_RUNPATH : DT_DEBUG, .d_un.d_val = 100},
		{.d_tag = program->rpath ? DT_RPATH : DT_DEBUG, .d_un.d_val = 200},
		{.d_tag = DT_STRTAB, .d_un.d_ptr = 0x400000 + TEXT},
		{.d_tag = DT_STRSZ, .d_un.d_val = 400},
		{.d_tag = DT_FLAGS_1, .d_un.d_val = program->no_default ? DF_1_NODEFLIB : 0}};
	char *text = (char *)out + TEXT;

	if (!program->needed)
		dynamic[0].d_tag = DT_DEBUG;
	memset(out, 0, ELF_SIZE);
	memcpy(out, &head, sizeof(head));
	memcpy(out + sizeof(head), headers, sizeof(headers));
	memcpy(out + 1024, dynamic, sizeof(dynamic));
	if (program->needed)
		strcpy(text + 1, program->needed);
	if (program->runpath)
		strcpy(text + 100, program->runpath);
	if (program->rpath)
		strcpy(text + 200, program->rpath);
	if (program->loader)
		strcpy(text + 300, program->loader);
	if (program->broken)
		out[EI_CLASS] = 9;
}

#define GLIBC "/lib64/ld-linux-x86-64.so.2"
#define MUSL "/lib/ld-musl-x86_64.so.1"

static const struct {
	struct program program;
	const char *library; /* where it is; its name is liba.so.1 */
	struct program inside;
	const char *environment;
	enum check_id check; /* CHECKS: nothing is missing */
	const char *detail;
} needs[] = {
	{{.loader = GLIBC, .needed = "liba.so.1"}, "lib/liba.so.1", {0}, "", CHECKS, 0},
	{{.loader = GLIBC, .needed = "liba.so.1"},
	 "usr/lib/x86_64-linux-gnu/liba.so.1",
	 {0},
	 "",
	 CHECKS,
	 0},
	{{.loader = GLIBC, .needed = "liba.so.1"},
	 "opt/liba.so.1",
	 {0},
	 "",
	 CHECK_LIBRARY,
	 "it needs 'liba.so.1'"},
	{{.loader = GLIBC, .needed = "liba.so.1"},
	 "opt/liba.so.1",
	 {0},
	 "LD_LIBRARY_PATH=/no:/opt",
	 CHECKS,
	 0},
	{{.loader = GLIBC, .needed = "liba.so.1", .runpath = "/no:/opt"},
	 "opt/liba.so.1",
	 {0},
	 "",
	 CHECKS,
	 0},
	{{.loader = GLIBC, .needed = "liba.so.1", .rpath = "/opt"},
	 "opt/liba.so.1",
	 {0},
	 "",
	 CHECKS,
	 0},
	{{.loader = GLIBC, .needed = "liba.so.1", .runpath = "$ORIGIN/../opt"},
	 "opt/liba.so.1",
	 {0},
	 "",
	 CHECKS,
	 0},
	{{.loader = GLIBC, .needed = "liba.so.1", .runpath = "${ORIGIN}/lib"},
	 "app/lib/liba.so.1",
	 {0},
	 "",
	 CHECKS,
	 0},
	/* RUNPATH puts RPATH out of force */
	{{.loader = GLIBC, .needed = "liba.so.1", .rpath = "/opt", .runpath = "/no"},
	 "opt/liba.so.1",
	 {0},
	 "",
	 CHECK_LIBRARY,
	 "'liba.so.1'"},
	/* another machine's library is passed over */
	{{.loader = GLIBC, .needed = "liba.so.1"},
	 "lib/liba.so.1",
	 {.machine = EM_AARCH64},
	 "",
	 CHECK_LIBRARY,
	 "'liba.so.1'"},
	/* what a library needs; RPATH is inherited, RUNPATH is not */
	{{.loader = GLIBC, .needed = "liba.so.1"},
	 "lib/liba.so.1",
	 {.needed = "libb.so"},
	 "",
	 CHECK_LIBRARY,
	 "'libb.so'"},
	{{.loader = GLIBC, .needed = "liba.so.1", .rpath = "/x"},
	 "x/liba.so.1",
	 {.needed = "extra.so"},
	 "",
	 CHECKS,
	 0},
	{{.loader = GLIBC, .needed = "liba.so.1", .runpath = "/x"},
	 "x/liba.so.1",
	 {.needed = "extra.so"},
	 "",
	 CHECK_LIBRARY,
	 "'extra.so'"},
	/* and a library's own RUNPATH puts the program's RPATH out of force for what it needs */
	{{.loader = GLIBC, .needed = "liba.so.1", .rpath = "/x"},
	 "x/liba.so.1",
	 {.needed = "extra.so", .runpath = "/no"},
	 "",
	 CHECK_LIBRARY,
	 "'extra.so'"},
	{{.loader = GLIBC, .needed = "liba.so.1"},
	 "lib/liba.so.1",
	 {.needed = "ld-linux-x86-64.so.2"},
	 "",
	 CHECKS,
	 0},
	{{.loader = GLIBC, .needed = "liba.so.1"},
	 "lib/liba.so.1",
	 {.needed = "liba.so.1"},
	 "",
	 CHECKS,
	 0},
	{{.loader = "/no/ld.so", .needed = NULL},
	 "lib/liba.so.1",
	 {0},
	 "",
	 CHECK_INTERPRETER,
	 "'/no/ld.so'"},
	{{.loader = MUSL, .needed = "libc.musl-x86_64.so.1"}, "x", {0}, "", CHECKS, 0},
	{{.loader = MUSL, .needed = "liba.so.1"}, "usr/local/lib/liba.so.1", {0}, "", CHECKS, 0},
	{{.loader = MUSL, .needed = "liba.so.1"},
	 "usr/lib/x86_64-linux-gnu/liba.so.1",
	 {0},
	 "",
	 CHECK_LIBRARY,
	 "'liba.so.1'"},
	/* the list of musl's path file takes the place of the built-in one */
	{{.loader = MUSL, .needed = "liba.so.1", .musl_path = "/none\n/opt\n"},
	 "opt/liba.so.1",
	 {0},
	 "",
	 CHECKS,
	 0},
	{{.loader = MUSL, .needed = "liba.so.1", .musl_path = "/none"},
	 "lib/liba.so.1",
	 {0},
	 "",
	 CHECK_LIBRARY,
	 "'liba.so.1'"},
	/* glibc's cache, which leads to folders of its own, or to nothing any more */
	{{.loader = GLIBC, .needed = "liba.so.1", .cached = "/opt/odd/liba.so.1"},
	 "opt/odd/liba.so.1",
	 {0},
	 "",
	 CHECKS,
	 0},
	{{.loader = GLIBC, .needed = "liba.so.1", .cached = "/opt/gone/liba.so.1"},
	 "opt/odd/liba.so.1",
	 {0},
	 "",
	 CHECK_LIBRARY,
	 "'liba.so.1'"},
	{{.loader = MUSL, .needed = "liba.so.1", .cached = "/opt/odd/liba.so.1"},
	 "opt/odd/liba.so.1",
	 {0},
	 "",
	 CHECK_LIBRARY,
	 "'liba.so.1'"},
	/* DF_1_NODEFLIB leaves cache and defaults out */
	{{.loader = GLIBC, .needed = "liba.so.1", .no_default = true, .cached = "/lib/liba.so.1"},
	 "lib/liba.so.1",
	 {0},
	 "",
	 CHECK_LIBRARY,
	 "'liba.so.1'"},
	/* in the environment it is the program's */
	{{.loader = GLIBC, .needed = "liba.so.1"},
	 "opt/liba.so.1",
	 {0},
	 "LD_LIBRARY_PATH=/no:$ORIGIN/../opt",
	 CHECKS,
	 0},
	/* a name with a slash is a path */
	{{.loader = GLIBC, .needed = "/opt/liba.so.1"}, "opt/liba.so.1", {0}, "", CHECKS, 0},
	{{.loader = GLIBC, .needed = "/gone/liba.so.1"},
	 "lib/liba.so.1",
	 {0},
	 "",
	 CHECK_LIBRARY,
	 "'/gone/liba.so.1'"},
	/* $LIB and $PLATFORM, as glibc knows them and musl does not */
	{{.loader = GLIBC, .needed = "liba.so.1", .runpath = "/opt/$LIB"},
	 "opt/lib/x86_64-linux-gnu/liba.so.1",
	 {0},
	 "",
	 CHECKS,
	 0},
	{{.loader = GLIBC, .needed = "liba.so.1", .runpath = "/opt/${LIB}"},
	 "opt/lib64/liba.so.1",
	 {0},
	 "",
	 CHECKS,
	 0},
	{{.loader = GLIBC, .needed = "liba.so.1", .runpath = "/opt/${PLATFORM}/x"},
	 "opt/x86_64/x/liba.so.1",
	 {0},
	 "",
	 CHECKS,
	 0},
	{{.loader = MUSL, .needed = "liba.so.1", .runpath = "/opt/$LIB"},
	 "opt/lib64/liba.so.1",
	 {0},
	 "",
	 CHECK_LIBRARY,
	 "'liba.so.1'"},
	{{.loader = "/etc/hosts", .needed = NULL},
	 "lib/liba.so.1",
	 {0},
	 "",
	 CHECK_INTERPRETER,
	 "'/etc/hosts', which cannot be executed"},
	{{.loader = GLIBC, .needed = "liba.so.1"},
	 "lib/liba.so.1",
	 {.broken = true},
	 "",
	 CHECK_LIBRARY,
	 "no sound ELF"},
	{{.broken = true}, "lib/liba.so.1", {0}, "", CHECK_PROGRAM, "no sound ELF"},
};

/* A cache with one entry; freed by the caller. */
static char *
make_cache(const char *path, size_t *size)
{
	struct loader_cache_entry entry = {"liba.so.1", path, 0x0303};
	struct loader_cache cache = {&entry, 1};

	return (char *)loader_cache_write(&cache, size);
}

static void
test_what_a_program_needs_is_found_or_missing(void **state)
{
	static unsigned char program[ELF_SIZE], library[ELF_SIZE], plain[ELF_SIZE];

	unsigned failed = 0;

	(void)state;
	make_elf(plain, &(struct program){0});
	for (size_t i = 0; i < sizeof(needs) / sizeof(needs[0]); i++) {
		char config[300];
		size_t cache_size = 0;
		char *cache = needs[i].program.cached
				      ? make_cache(needs[i].program.cached, &cache_size)
				      : NULL;
		const struct member members[] = {
			{.name = "app/p",
			 .mode = 0755,
			 .text = (char *)program,
			 .length = ELF_SIZE},
			{.name = needs[i].library, .text = (char *)library, .length = ELF_SIZE},
			{.name = "x/extra.so", .text = (char *)plain, .length = ELF_SIZE},
			{.name = &GLIBC[1], .mode = 0755},
			{.name = &MUSL[1], .mode = 0755},
			{.name = "etc/hosts"},
			{.name = cache ? "etc/ld.so.cache" : "none",
			 .text = cache,
			 .length = cache_size},
			{.name = needs[i].program.musl_path ? "etc/ld-musl-x86_64.path" : "none",
			 .text = needs[i].program.musl_path},
			{0}};
		struct findings findings = {0};
		struct notes unknown = {0};
		struct refusal why;
		struct image image;

		make_elf(program, &needs[i].program);
		make_elf(library, &needs[i].inside);
		snprintf(config, sizeof(config),
			 "{\"config\":{\"Entrypoint\":[\"/app/p\"],\"Env\":[\"%s\"]}}",
			 needs[i].environment);
		struct archive layer = archive_of(members);
		struct archive archive = archive_save(&layer, 1, config, "null");

		if (image_open_bytes(archive.bytes, archive.length, &image, &why) < 0)
			fail_msg("row %zu: %s", i, why.text);
		struct audit audit = {.image = &image, .findings = &findings, .unknown = &unknown};
		const struct finding *found = NULL;

		audit_run(&audit);
		for (size_t j = 0; j < findings.count; j++)
			if (findings.list[j].check == CHECK_LIBRARY ||
			    findings.list[j].check == CHECK_INTERPRETER ||
			    findings.list[j].check == CHECK_PROGRAM)
				found = &findings.list[j];
		if (found ? needs[i].check != found->check ||
				    !strstr(found->detail, needs[i].detail)
			  : needs[i].check != CHECKS) {
			print_error("row %zu: %s\n", i, found ? found->detail : "nothing is found");
			failed++;
		}
		findings_free(&findings);
		notes_free(&unknown);
		image_close(&image);
		archive_free(&archive);
		free(cache);
	}
	assert_int_equal(failed, 0);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_what_a_program_needs_is_found_or_missing),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
