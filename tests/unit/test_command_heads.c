/* SPDX-License-Identifier: MIT */
/* The three pure readers: ELF headers, #! lines and file capabilities, from bytes alone. */
#include "command/elf_head.h"
#include "command/file_caps.h"
#include "command/script_head.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include <elf.h>
#include <linux/capability.h>

static void
test_a_first_line_is_read_as_by_the_kernel(void **state)
{
	(void)state;
	static const struct {
		const char *bytes;
		size_t size;
		enum script_result result;
		const char *interpreter;
		bool ends_in_cr;
	} rows[] = {
#define LINE(text) text, sizeof(text) - 1
		{LINE("#!/bin/sh\n"), SCRIPT_GOOD, "/bin/sh", false},
		{LINE("#!/bin/sh"), SCRIPT_GOOD, "/bin/sh", false},
		{LINE("#! \t /bin/sh\t -e \n"), SCRIPT_GOOD, "/bin/sh", false},
		{LINE("#!/bin/sh\0#!/bin/no\n"), SCRIPT_GOOD, "/bin/sh", false},
		{LINE("#!/bin/sh\r\n"), SCRIPT_GOOD, "/bin/sh\r", true},
		{LINE("#!/bin/sh \r\n"), SCRIPT_GOOD, "/bin/sh", false},
		{LINE("#!/usr/bin/env sh\r\n"), SCRIPT_GOOD, "/usr/bin/env", false},
		{LINE("#!s"), SCRIPT_GOOD, "s", false},
		{LINE("#!\r\n"), SCRIPT_GOOD, "\r", true},
		{LINE("#!"), SCRIPT_NAMELESS, NULL, false},
		{LINE("#!\n/bin/sh\n"), SCRIPT_NAMELESS, NULL, false},
		{LINE("#! \t \n"), SCRIPT_NAMELESS, NULL, false},
		{LINE("#!\0/bin/sh\n"), SCRIPT_NAMELESS, NULL, false},
		{LINE(""), SCRIPT_OTHER, NULL, false},
		{LINE("#"), SCRIPT_OTHER, NULL, false},
		{LINE("# !/bin/sh\n"), SCRIPT_OTHER, NULL, false},
		{LINE(" #!/bin/sh\n"), SCRIPT_OTHER, NULL, false},
#undef LINE
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct script_head head;

		if (script_read_head((const uint8_t *)rows[i].bytes, rows[i].size, &head) !=
		    rows[i].result)
			fail_msg("row %zu: \"%s\"", i, rows[i].bytes);
		if (rows[i].result != SCRIPT_GOOD)
			continue;
		assert_string_equal(head.interpreter, rows[i].interpreter);
		assert_int_equal(head.ends_in_cr, rows[i].ends_in_cr);
	}
}

static void
test_a_name_that_may_be_cut_off_is_not_believed(void **state)
{
	(void)state;
	uint8_t line[SCRIPT_LINE_SIZE + 16];
	struct script_head head;

	memset(line, 'x', sizeof(line));
	memcpy(line, "#!/", 3);
	assert_int_equal(script_read_head(line, sizeof(line), &head), SCRIPT_CUT);
	/* The last byte that the kernel looks at, and the first that it does not. */
	line[SCRIPT_LINE_SIZE] = '\n';
	assert_int_equal(script_read_head(line, sizeof(line), &head), SCRIPT_CUT);
	line[SCRIPT_LINE_SIZE - 1] = '\n';
	assert_int_equal(script_read_head(line, sizeof(line), &head), SCRIPT_GOOD);
	assert_int_equal(strlen(head.interpreter), SCRIPT_LINE_SIZE - 3);
	line[SCRIPT_LINE_SIZE - 1] = ' ';
	assert_int_equal(script_read_head(line, sizeof(line), &head), SCRIPT_GOOD);
	memset(line + 2, ' ', sizeof(line) - 2);
	assert_int_equal(script_read_head(line, sizeof(line), &head), SCRIPT_NAMELESS);
}

static void
test_machines_are_named(void **state)
{
	(void)state;
	static const struct {
		uint16_t machine;
		bool is_64bit;
		bool is_big_endian;
		const char *name;
	} rows[] = {
		{EM_X86_64, true, false, "x86_64"},
		{EM_X86_64, false, false, "x32 (32-bit x86_64)"},
		{EM_386, false, false, "i386"},
		{EM_AARCH64, true, false, "aarch64"},
		{EM_AARCH64, true, true, "aarch64_be"},
		{EM_ARM, false, false, "arm"},
		{EM_RISCV, true, false, "riscv64"},
		{EM_RISCV, false, false, "riscv32"},
		{EM_PPC64, true, false, "ppc64le"},
		{EM_PPC64, true, true, "ppc64"},
		{EM_S390, true, true, "s390x"},
		{EM_MIPS, false, false, "mipsel"},
		{EM_MIPS, true, false, "mips64el"},
		{258, true, false, "loongarch64"},
		{EM_SPARCV9, true, true, "sparc64"},
		{65535, true, false, "machine 65535"},
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct elf_head head = {.machine = rows[i].machine,
					.is_64bit = rows[i].is_64bit,
					.is_big_endian = rows[i].is_big_endian};
		char name[ELF_MACHINE_NAME_SIZE];

		elf_name_machine(&head, name);
		assert_string_equal(name, rows[i].name);
	}
}

static void
test_what_fits_this_machine(void **state)
{
	(void)state;
#if defined(__x86_64__)
	const uint16_t own = EM_X86_64, compat = EM_386, foreign = EM_AARCH64;
	const enum elf_fit half = ELF_COMPAT;
#else
	const uint16_t own = EM_AARCH64, compat = EM_ARM, foreign = EM_X86_64;
	const enum elf_fit half = ELF_FOREIGN;
#endif
	const struct {
		uint16_t machine;
		bool is_64bit;
		bool is_big_endian;
		enum elf_fit fit;
	} rows[] = {
		{own, true, false, ELF_NATIVE},      {own, true, true, ELF_FOREIGN},
		{own, false, false, half},           {compat, false, false, ELF_COMPAT},
		{compat, true, false, ELF_FOREIGN},  {compat, false, true, ELF_FOREIGN},
		{foreign, true, false, ELF_FOREIGN},
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct elf_head head = {.machine = rows[i].machine,
					.is_64bit = rows[i].is_64bit,
					.is_big_endian = rows[i].is_big_endian};

		if (elf_fits(&head) != rows[i].fit)
			fail_msg("row %zu", i);
	}
}

static void
test_elf_heads_are_read_in_both_sizes_and_orders(void **state)
{
	(void)state;
	struct elf_head head;
	Elf64_Ehdr wide = {.e_ident = {0x7f, 'E', 'L', 'F', ELFCLASS64, ELFDATA2LSB},
			   .e_type = ET_DYN,
			   .e_machine = EM_X86_64,
			   .e_phoff = 0x1122334455667788,
			   .e_phentsize = sizeof(Elf64_Phdr),
			   .e_phnum = 3};
	Elf32_Ehdr narrow = {.e_ident = {0x7f, 'E', 'L', 'F', ELFCLASS32, ELFDATA2MSB},
			     .e_type = 0x0200,
			     .e_machine = 0x0800,
			     .e_phoff = 0x34000000,
			     .e_phentsize = 0x2000,
			     .e_phnum = 0x0500};
	const uint8_t *bytes = (const uint8_t *)&wide;

	assert_int_equal(elf_read_head(bytes, sizeof(wide), &head), ELF_GOOD);
	assert_true(head.is_64bit && !head.is_big_endian);
	assert_int_equal(head.type, ET_DYN);
	assert_int_equal(head.machine, EM_X86_64);
	assert_int_equal(head.headers_offset, 0x1122334455667788);
	assert_int_equal(elf_headers_size(&head), 3 * sizeof(Elf64_Phdr));
	for (size_t size = 4; size < sizeof(wide); size++)
		assert_int_equal(elf_read_head(bytes, size, &head), ELF_CUT);
	assert_int_equal(elf_read_head(bytes, 3, &head), ELF_OTHER);

	bytes = (const uint8_t *)&narrow;
	assert_int_equal(elf_read_head(bytes, sizeof(narrow), &head), ELF_GOOD);
	assert_true(!head.is_64bit && head.is_big_endian);
	assert_int_equal(head.type, ET_EXEC);
	assert_int_equal(head.machine, EM_MIPS);
	assert_int_equal(head.headers_offset, 0x34);
	assert_int_equal(elf_headers_size(&head), 5 * sizeof(Elf32_Phdr));
	assert_int_equal(elf_read_head(bytes, sizeof(narrow) - 1, &head), ELF_CUT);
	narrow.e_ident[EI_DATA] = 3;
	assert_int_equal(elf_read_head(bytes, sizeof(narrow), &head), ELF_UNKNOWN);
	narrow.e_ident[EI_DATA] = ELFDATA2LSB;
	narrow.e_ident[EI_CLASS] = 0;
	assert_int_equal(elf_read_head(bytes, sizeof(narrow), &head), ELF_UNKNOWN);
}

static void
test_offsets_of_segments_are_not_believed(void **state)
{
	(void)state;
	struct elf_head head = {
		.is_64bit = true, .header_size = sizeof(Elf64_Phdr), .header_count = 4};
	Elf64_Phdr headers[4] = {
		{.p_type = PT_LOAD, .p_offset = 4096, .p_filesz = 100},
		{.p_type = PT_INTERP, .p_offset = 50, .p_filesz = 9},
		{.p_type = PT_INTERP, .p_offset = 70, .p_filesz = 8},
		{.p_type = PT_LOAD, .p_offset = 9000, .p_filesz = 0},
	};
	struct elf_segments segments;
	const uint8_t *bytes = (const uint8_t *)headers;

	assert_int_equal(elf_read_segments(bytes, sizeof(headers), &head, &segments), 0);
	assert_int_equal(segments.bytes_needed, 4196);
	assert_int_equal(segments.loader_offset, 50);
	assert_int_equal(segments.loader_size, 9);
	assert_int_equal(elf_read_segments(bytes, sizeof(headers) - 1, &head, &segments), -1);
	headers[0].p_filesz = UINT64_MAX;
	assert_int_equal(elf_read_segments(bytes, sizeof(headers), &head, &segments), -1);
	headers[0].p_filesz = 100;
	headers[1].p_offset = UINT64_MAX - 3;
	assert_int_equal(elf_read_segments(bytes, sizeof(headers), &head, &segments), -1);
	head.header_count = 0;
	assert_int_equal(elf_headers_size(&head), 0);
	assert_int_equal(elf_read_segments(bytes, sizeof(headers), &head, &segments), -1);
	head.header_count = 1171; /* one more than the kernel's 64 KiB */
	assert_int_equal(elf_headers_size(&head), 0);
	head.header_count = 1170;
	assert_int_equal(elf_headers_size(&head), 65520);
	head.header_size = sizeof(Elf32_Phdr);
	assert_int_equal(elf_headers_size(&head), 0);
}

/* For the sanitisers: bytes at the end of an allocation, so that one too far is seen. */
static void
test_no_bytes_lead_out_of_their_bounds(void **state)
{
	(void)state;
	static const char *const beginnings[] = {"\x7f"
						 "ELF\2\1\1",
						 "\x7f"
						 "ELF\1\2\1",
						 "#!", "#! /"};
	uint64_t random = 1;

	for (int round = 0; round < 200000; round++) {
		const char *beginning = beginnings[round % 4];
		size_t size = (size_t)(round / 4) % 400;
		uint8_t *bytes = malloc(size > 0 ? size : 1);
		struct elf_segments segments;
		struct script_head script;
		struct elf_head head;

		assert_non_null(bytes);
		for (size_t i = 0; i < size; i++) {
			random = random * 6364136223846793005U + 1442695040888963407U;
			/* Small values and blanks are what gets past the first checks. */
			bytes[i] = random >> 62 == 0 ? (uint8_t)(random >> 40)
						     : (uint8_t) "\0\1x "[random >> 62];
		}
		memcpy(bytes, beginning, size < strlen(beginning) ? size : strlen(beginning));
		if (size >= 60 && round % 3 == 0)
			bytes[54] = sizeof(Elf64_Phdr);
		if (script_read_head(bytes, size, &script) == SCRIPT_GOOD)
			assert_in_range(strlen(script.interpreter), 1, SCRIPT_LINE_SIZE - 2);
		if (elf_read_head(bytes, size, &head) == ELF_GOOD) {
			char name[ELF_MACHINE_NAME_SIZE];
			size_t skipped = size < 64 ? size : 64;

			elf_name_machine(&head, name);
			assert_in_range(strlen(name), 1, sizeof(name) - 1);
			if (elf_read_segments(bytes + skipped, size - skipped, &head, &segments) ==
			    0)
				assert_true(segments.bytes_needed <= INT64_MAX);
		}
		free(bytes);
	}
}

static void
test_file_capabilities_are_read_in_every_version(void **state)
{
	(void)state;
	struct file_caps caps;
	uint8_t value[FILE_CAPS_SIZE] = {1, 0, 0, 2, 0, 4, 0, 0, 8, 0, 0, 0,
					 1, 0, 0, 0, 2, 0, 0, 0, 9, 9, 9, 9};

	assert_int_equal(file_caps_read(value, XATTR_CAPS_SZ_2, &caps), 0);
	assert_int_equal(caps.permitted, 1ULL << 32 | 1 << CAP_NET_BIND_SERVICE);
	assert_int_equal(caps.inheritable, 2ULL << 32 | 8);
	assert_true(caps.effective);
	value[0] = 0;
	value[3] = 3;
	assert_int_equal(file_caps_read(value, XATTR_CAPS_SZ_3, &caps), 0);
	assert_int_equal(caps.permitted, 1ULL << 32 | 1 << CAP_NET_BIND_SERVICE);
	assert_false(caps.effective);
	value[3] = 1;
	assert_int_equal(file_caps_read(value, XATTR_CAPS_SZ_1, &caps), 0);
	assert_int_equal(caps.permitted, 1 << CAP_NET_BIND_SERVICE);

	for (uint8_t version = 0; version < 5; version++)
		for (size_t size = 0; size <= sizeof(value); size++) {
			const size_t sizes[] = {99, XATTR_CAPS_SZ_1, XATTR_CAPS_SZ_2,
						XATTR_CAPS_SZ_3, 99};

			value[3] = version;
			assert_int_equal(file_caps_read(value, size, &caps),
					 size == sizes[version] ? 0 : -1);
		}
}

static void
test_only_effective_capabilities_outside_the_bounds_forbid(void **state)
{
	(void)state;
	struct file_caps caps = {.permitted = 6, .inheritable = 8, .effective = true};

	assert_int_equal(file_caps_forbidden(&caps, 0), 6);
	assert_int_equal(file_caps_forbidden(&caps, 2), 4);
	assert_int_equal(file_caps_forbidden(&caps, 7), 0);
	caps.effective = false;
	assert_int_equal(file_caps_forbidden(&caps, 0), 0);
}

/* The kernel's header is the second opinion on the table of names. */
static void
test_capabilities_have_the_kernels_names(void **state)
{
	(void)state;
	static const struct {
		unsigned number;
		const char *name;
	} rows[] = {
#define ROW(NAME, name) {CAP_##NAME, name}
		ROW(CHOWN, "chown"),
		ROW(DAC_OVERRIDE, "dac_override"),
		ROW(DAC_READ_SEARCH, "dac_read_search"),
		ROW(FOWNER, "fowner"),
		ROW(FSETID, "fsetid"),
		ROW(KILL, "kill"),
		ROW(SETGID, "setgid"),
		ROW(SETUID, "setuid"),
		ROW(SETPCAP, "setpcap"),
		ROW(LINUX_IMMUTABLE, "linux_immutable"),
		ROW(NET_BIND_SERVICE, "net_bind_service"),
		ROW(NET_BROADCAST, "net_broadcast"),
		ROW(NET_ADMIN, "net_admin"),
		ROW(NET_RAW, "net_raw"),
		ROW(IPC_LOCK, "ipc_lock"),
		ROW(IPC_OWNER, "ipc_owner"),
		ROW(SYS_MODULE, "sys_module"),
		ROW(SYS_RAWIO, "sys_rawio"),
		ROW(SYS_CHROOT, "sys_chroot"),
		ROW(SYS_PTRACE, "sys_ptrace"),
		ROW(SYS_PACCT, "sys_pacct"),
		ROW(SYS_ADMIN, "sys_admin"),
		ROW(SYS_BOOT, "sys_boot"),
		ROW(SYS_NICE, "sys_nice"),
		ROW(SYS_RESOURCE, "sys_resource"),
		ROW(SYS_TIME, "sys_time"),
		ROW(SYS_TTY_CONFIG, "sys_tty_config"),
		ROW(MKNOD, "mknod"),
		ROW(LEASE, "lease"),
		ROW(AUDIT_WRITE, "audit_write"),
		ROW(AUDIT_CONTROL, "audit_control"),
		ROW(SETFCAP, "setfcap"),
		ROW(MAC_OVERRIDE, "mac_override"),
		ROW(MAC_ADMIN, "mac_admin"),
		ROW(SYSLOG, "syslog"),
		ROW(WAKE_ALARM, "wake_alarm"),
		ROW(BLOCK_SUSPEND, "block_suspend"),
		ROW(AUDIT_READ, "audit_read"),
		ROW(PERFMON, "perfmon"),
		ROW(BPF, "bpf"),
		ROW(CHECKPOINT_RESTORE, "checkpoint_restore"),
#undef ROW
	};
	char names[FILE_CAPS_NAMES_SIZE];

	assert_int_equal(sizeof(rows) / sizeof(rows[0]), CAP_LAST_CAP + 1);
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		file_caps_names(1ULL << rows[i].number, ", ", names);
		assert_string_equal(names, rows[i].name);
	}
	file_caps_names(1ULL << 63 | 3, ",", names);
	assert_string_equal(names, "chown,dac_override,63");
	file_caps_names(0, ",", names);
	assert_string_equal(names, "");
	file_caps_names(UINT64_MAX, ", ", names);
	assert_non_null(strstr(names, ", checkpoint_restore, 41, 42"));
	assert_int_equal(strcmp(names + strlen(names) - 4, ", 63"), 0);
	file_caps_names(UINT64_MAX, " a very long separator ", names);
	assert_in_range(strlen(names), 1, sizeof(names) - 1);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_a_first_line_is_read_as_by_the_kernel),
		cmocka_unit_test(test_a_name_that_may_be_cut_off_is_not_believed),
		cmocka_unit_test(test_machines_are_named),
		cmocka_unit_test(test_what_fits_this_machine),
		cmocka_unit_test(test_elf_heads_are_read_in_both_sizes_and_orders),
		cmocka_unit_test(test_offsets_of_segments_are_not_believed),
		cmocka_unit_test(test_no_bytes_lead_out_of_their_bounds),
		cmocka_unit_test(test_file_capabilities_are_read_in_every_version),
		cmocka_unit_test(test_only_effective_capabilities_outside_the_bounds_forbid),
		cmocka_unit_test(test_capabilities_have_the_kernels_names),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
