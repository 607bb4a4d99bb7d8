/* SPDX-License-Identifier: MIT */
/* The compiled file: what stepdown-kit writes is what stepdown reads, and nothing else is read. */
#include "../helpers/kit.h"

#include "confine/profile_file.h"
#include "kit/commands.h"
#include "kit/sha256.h"

#include <linux/audit.h>
#include <unistd.h>

static const char source[] =
	"{\"defaultAction\":\"SCMP_ACT_ERRNO\",\"archMap\":[{\"architecture\":\"SCMP_ARCH_X86_64\","
	"\"subArchitectures\":[\"SCMP_ARCH_X86\"]}],\"syscalls\":[{\"names\":[\"read\",\"write\"],"
	"\"action\":\"SCMP_ACT_ALLOW\"}]}";

/* A compiled file in memory, and room to spoil a copy of it. */
struct sample {
	char directory[40];
	unsigned char *bytes, *copy;
	size_t length;
	struct profile_file file;
};

static int
set_up(void **state)
{
	struct sample *sample = calloc(1, sizeof(*sample));
	struct refusal why;
	char *bytes;

	strcpy(sample->directory, "/tmp/stepdown-kit-file.XXXXXX");
	if (!mkdtemp(sample->directory) || chdir(sample->directory) < 0 ||
	    file_write("web server.json", source, strlen(source), &why) < 0)
		return -1;
	const char *const arguments[] = {"compile", "web server.json", "-o", "out",
					 "--arch",  "x86_64",          "-q", NULL};
	if (kit_run(command_compile, arguments) != STATUS_FINE ||
	    file_read("out", &bytes, &sample->length, &why) < 0)
		return -1;
	sample->bytes = (unsigned char *)bytes;
	sample->copy = calloc(1, sample->length + 64);
	*state = sample;
	return 0;
}

static int
tear_down(void **state)
{
	struct sample *sample = *state;

	unlink("web server.json");
	unlink("out");
	int result = chdir("/") < 0 || rmdir(sample->directory) < 0 ? -1 : 0;
	free(sample->bytes);
	free(sample->copy);
	free(sample);
	return result;
}

static int
take(struct sample *sample, const void *bytes, size_t length, bool compat, struct refusal *why)
{
	return profile_file_read(bytes, length, AUDIT_ARCH_X86_64, compat, &sample->file, why);
}

static void
test_what_was_compiled_is_read(void **state)
{
	struct sample *sample = *state;
	unsigned char digest[SHA256_SIZE];
	struct refusal why;

	for (int compat = 0; compat < 2; compat++) {
		if (take(sample, sample->bytes, sample->length, compat, &why) < 0)
			fail_msg("%s", why.text);
		const struct filter_program *program = &sample->file.program;
		assert_string_equal(program->name, "web-server");
		assert_int_equal(program->newest, 1);
		assert_ptr_equal(program->instructions, sample->file.code);
		assert_null(program->needs);
		sha256(source, strlen(source), digest);
		assert_memory_equal(sample->file.digest, digest, sizeof(digest));

		struct program *again = calloc(1, sizeof(*again));
		again->length = program->length;
		memcpy(again->code, program->instructions,
		       program->length * sizeof(again->code[0]));
		assert_int_equal(kit_ask(again, "x86_64", 0, 0, 0, 0), KIT_ALLOW);
		assert_int_equal(kit_ask(again, "x86_64", 2, 0, 0, 0), KIT_ERRNO(ENOSYS));
		assert_int_equal(kit_ask_name(again, "x86_64", "seccomp", 0x7ffffffe, 0, 0),
				 KIT_ERRNO(4001));
		assert_int_equal(kit_ask(again, "i386", 3, 0, 0, 0),
				 compat ? KIT_ALLOW : SECCOMP_RET_KILL_PROCESS);
		free(again);
	}
}

static void
test_every_flipped_bit_is_found(void **state)
{
	struct sample *sample = *state;
	struct refusal why;

	memcpy(sample->copy, sample->bytes, sample->length);
	for (size_t at = 0; at < sample->length; at++)
		for (unsigned bit = 0; bit < 8; bit++) {
			sample->copy[at] ^= (unsigned char)(1U << bit);
			if (take(sample, sample->copy, sample->length, at & 1, &why) == 0)
				fail_msg("bit %u of byte %zu is not missed", bit, at);
			sample->copy[at] ^= (unsigned char)(1U << bit);
		}
}

static void
test_every_other_length_is_refused(void **state)
{
	struct sample *sample = *state;
	struct refusal why;

	memcpy(sample->copy, sample->bytes, sample->length);
	for (size_t length = 0; length < sample->length + 64; length++)
		if (length != sample->length)
			assert_int_equal(take(sample, sample->copy, length, false, &why), -1);
}

static void
put_32(unsigned char *at, uint32_t value)
{
	for (unsigned i = 0; i < 4; i++)
		at[i] = (unsigned char)(value >> 8 * i);
}

/* Offsets in the sample: two sections, so the instructions begin at 120. */
enum { TABLE = 80, CODE = 120, LENGTH = 12, COUNT = 10, NAME = 48 };

static const struct {
	size_t at;
	unsigned size;
	uint32_t value;
	const char *why;
} spoiled[] = {
	{0, 1, 's', "is not a compiled profile"},
	{8, 1, 1, "has format 1, this stepdown reads format 2: compile it again"},
	{8, 1, 3, "has format 3"},
	{8, 1, 0, "has format 0"},
	{COUNT, 1, 0, "has 0 sections"},
	{COUNT, 1, 9, "has 9 sections"},
	{COUNT, 1, 1, "has a section in the wrong place"},
	{COUNT, 1, 3, "has a section in the wrong place"},
	{COUNT, 1, 8, "has a section in the wrong place"},
	{NAME, 1, 0, "has a name that is none"},
	{NAME, 1, '/', "has a name that is none"},
	{NAME, 1, '\n', "has a name that is none"},
	{NAME + 31, 1, 'x', "has something behind its name"},
	{TABLE, 4, AUDIT_ARCH_I386, "has no part for native calls"},
	{TABLE + 4, 4, 2, "has a section with a value that is none"},
	{TABLE + 4, 4, 1, "has two sections for x86_64"},
	{TABLE + 8, 4, 0x40000000, "has a section with a value that is none"},
	{TABLE + 12, 4, 0, "has a section in the wrong place"},
	{TABLE + 12, 4, CODE + 8, "has a section in the wrong place"},
	{TABLE + 16, 4, 0, "has a section in the wrong place"},
	{TABLE + 16, 4, 1, "has a section in the wrong place"},
	{TABLE + 16, 4, 4097, "has a section in the wrong place"},
	{TABLE + 16, 4, 0xffffffff, "has a section in the wrong place"},
	{CODE, 1, BPF_LD | BPF_W | BPF_IMM, "has an instruction that"},
	{CODE, 1, BPF_ST, "has an instruction that"},
	{CODE, 1, BPF_RET | BPF_A, "has an instruction that"},
	{CODE, 1, BPF_ALU | BPF_DIV | BPF_K, "has an instruction that"},
	{CODE + 2, 1, 1, "has an instruction that"},
	{CODE + 4, 4, 64, "has an instruction that"},
	{CODE + 4, 4, 2, "has an instruction that"},
	{CODE + 10, 1, 255, "has an instruction that"},
	{CODE + 11, 1, 255, "has an instruction that"},
};

/* With a checksum that is right: what is left is the layout itself. */
static void
test_what_is_not_as_described_is_refused(void **state)
{
	struct sample *sample = *state;

	for (size_t i = 0; i < sizeof(spoiled) / sizeof(spoiled[0]); i++) {
		struct refusal why = {.text = ""};

		memcpy(sample->copy, sample->bytes, sample->length);
		if (spoiled[i].size == 4)
			put_32(sample->copy + spoiled[i].at, spoiled[i].value);
		else
			sample->copy[spoiled[i].at] = (unsigned char)spoiled[i].value;
		put_32(sample->copy + sample->length - 4,
		       profile_file_checksum(sample->copy, sample->length - 4));
		if (take(sample, sample->copy, sample->length, false, &why) == 0)
			fail_msg("row %zu is accepted", i);
		if (!strstr(why.text, spoiled[i].why))
			fail_msg("row %zu: \"%s\", not \"%s\"", i, why.text, spoiled[i].why);
	}
}

/* Eight bytes more, with a length and a checksum that are right. */
static void
test_bytes_that_belong_to_no_section_are_refused(void **state)
{
	struct sample *sample = *state;
	struct refusal why;
	size_t length = sample->length + 8;

	memcpy(sample->copy, sample->bytes, sample->length);
	memset(sample->copy + sample->length - 4, 0, 12);
	put_32(sample->copy + LENGTH, (uint32_t)length);
	put_32(sample->copy + length - 4, profile_file_checksum(sample->copy, length - 4));
	assert_int_equal(take(sample, sample->copy, length, false, &why), -1);
	assert_non_null(strstr(why.text, "has 8 bytes that belong to no section"));
}

static void
test_a_program_must_end(void **state)
{
	struct sample *sample = *state;
	struct refusal why;
	size_t last = sample->length - 4 - 8;

	memcpy(sample->copy, sample->bytes, sample->length);
	sample->copy[last] = BPF_LD | BPF_W | BPF_ABS;
	put_32(sample->copy + last + 4, 0);
	put_32(sample->copy + sample->length - 4,
	       profile_file_checksum(sample->copy, sample->length - 4));
	assert_int_equal(take(sample, sample->copy, sample->length, true, &why), -1);
	assert_non_null(strstr(why.text, "does not end"));
}

static void
test_another_architecture_is_refused_by_name(void **state)
{
	struct sample *sample = *state;
	struct refusal why;

	assert_int_equal(profile_file_read(sample->bytes, sample->length, AUDIT_ARCH_AARCH64, false,
					   &sample->file, &why),
			 -1);
	assert_non_null(strstr(why.text, "is not for aarch64"));
}

static void
test_the_checksum_is_the_usual_one(void **state)
{
	(void)state;
	assert_int_equal(profile_file_checksum("123456789", 9), 0xcbf43926);
}

static void
test_the_digest_is_the_standards(void **state)
{
	static const struct {
		const char *text;
		unsigned char first[4];
	} rows[] = {
		{"", {0xe3, 0xb0, 0xc4, 0x42}},
		{"abc", {0xba, 0x78, 0x16, 0xbf}},
		{"abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq",
		 {0x24, 0x8d, 0x6a, 0x61}},
	};
	unsigned char digest[SHA256_SIZE];

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		sha256(rows[i].text, strlen(rows[i].text), digest);
		assert_memory_equal(digest, rows[i].first, 4);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_what_was_compiled_is_read),
		cmocka_unit_test(test_every_flipped_bit_is_found),
		cmocka_unit_test(test_every_other_length_is_refused),
		cmocka_unit_test(test_what_is_not_as_described_is_refused),
		cmocka_unit_test(test_bytes_that_belong_to_no_section_are_refused),
		cmocka_unit_test(test_a_program_must_end),
		cmocka_unit_test(test_another_architecture_is_refused_by_name),
		cmocka_unit_test(test_the_checksum_is_the_usual_one),
		cmocka_unit_test(test_the_digest_is_the_standards),
	};
	return cmocka_run_group_tests(tests, set_up, tear_down);
}
