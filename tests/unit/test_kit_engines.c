/* SPDX-License-Identifier: MIT */
/*
 * The profiles that Docker and Podman bring along, compiled with every check, for every
 * architecture. `make engine-profiles` fetches them.
 */
#include "../helpers/kit.h"

#include <unistd.h>

#define DOCKER "build/deps/engine-profiles/docker.json"
#define PODMAN "build/deps/engine-profiles/podman.json"

static void
need(const char *path)
{
	if (access(path, R_OK) == 0)
		return;
	if (getenv("STEPDOWN_TESTS_MUST_RUN"))
		fail_msg("%s is missing: run 'make engine-profiles'", path);
	print_message("skipped: %s is missing: run 'make engine-profiles'\n", path);
	skip();
}

static void
compile(const char *path, const char *arch, bool compat, const char *const *caps, size_t cap_count,
	struct compiled *out)
{
	struct profile profile;
	struct notes notes = {0};
	struct service service = {architecture_find(arch), caps, cap_count, {6, 1}};

	kit_parse_file(path, &profile, &notes);
	kit_compile(&profile, &service, compat, out, &notes);
	/* No name in them is unknown to us, though some are to the installed libseccomp. */
	assert_false(kit_noted(&notes, "no call is named"));
	notes_free(&notes);
	profile_free(&profile);
}

static void
test_both_compile_for_every_architecture(void **state)
{
	static const char *const paths[] = {DOCKER, PODMAN};
	static const char *const arches[] = {"x86_64", "aarch64"};
	static const char *const caps[] = {"CAP_SYS_ADMIN", "CAP_SYS_PTRACE", "CAP_AUDIT_WRITE"};
	struct compiled *compiled = calloc(1, sizeof(*compiled));

	(void)state;
	need(DOCKER);
	need(PODMAN);
	for (size_t i = 0; i < 16; i++) {
		compile(paths[i & 1], arches[i >> 1 & 1], i >> 2 & 1, caps, i >> 3 & 1 ? 3 : 0,
			compiled);
		assert_in_range(compiled->program.length, 30, 250);
		assert_true(compiled->second.calls > 280);
	}
	free(compiled);
}

struct question {
	const char *name;
	uint64_t arguments[3];
	uint32_t answer;
};

static void
ask(const struct compiled *compiled, const struct question *rows, size_t count)
{
	for (size_t i = 0; i < count; i++) {
		uint32_t answer = kit_ask_name(&compiled->program, "x86_64", rows[i].name,
					       rows[i].arguments[0], rows[i].arguments[1],
					       rows[i].arguments[2]);

		if (answer != rows[i].answer)
			fail_msg("%s: 0x%x, not 0x%x", rows[i].name, answer, rows[i].answer);
	}
}

static void
test_dockers_means_what_docker_says(void **state)
{
	static const struct question rows[] = {
		{"read", {0}, KIT_ALLOW},           {"ptrace", {0}, KIT_ALLOW},
		{"clone", {17}, KIT_ALLOW},         {"clone", {0x10000000}, KIT_ERRNO(EPERM)},
		{"clone3", {0}, KIT_ERRNO(ENOSYS)}, {"mount", {0}, KIT_ERRNO(EPERM)},
		{"personality", {8}, KIT_ALLOW},    {"personality", {9}, KIT_ERRNO(EPERM)},
		{"mseal", {0}, KIT_ERRNO(ENOSYS)},
	};
	static const char *const caps[] = {"CAP_SYS_ADMIN"};
	struct compiled *compiled = calloc(1, sizeof(*compiled));

	(void)state;
	need(DOCKER);
	compile(DOCKER, "x86_64", false, NULL, 0, compiled);
	ask(compiled, rows, sizeof(rows) / sizeof(rows[0]));
	compile(DOCKER, "x86_64", false, caps, 1, compiled);
	assert_int_equal(kit_ask_name(&compiled->program, "x86_64", "mount", 0, 0, 0), KIT_ALLOW);
	assert_int_equal(kit_ask_name(&compiled->program, "x86_64", "clone3", 0, 0, 0), KIT_ALLOW);
	free(compiled);
}

/* Its default is ENOSYS, and its errnos are strings. */
static void
test_podmans_means_what_podman_says(void **state)
{
	static const struct question rows[] = {
		{"read", {0}, KIT_ALLOW},
		{"clone3", {0}, KIT_ALLOW},
		{"kexec_load", {0}, KIT_ERRNO(EPERM)},
		{"bpf", {0}, KIT_ERRNO(EPERM)},
		{"add_key", {0}, KIT_ERRNO(ENOSYS)},
		{"socket", {16, 3, 9}, KIT_ERRNO(EINVAL)},
		{"socket", {16, 3, 0}, KIT_ALLOW},
		{"socket", {2, 1, 0}, KIT_ALLOW},
		{"mseal", {0}, KIT_ERRNO(ENOSYS)},
	};
	struct compiled *compiled = calloc(1, sizeof(*compiled));

	(void)state;
	need(PODMAN);
	compile(PODMAN, "x86_64", false, NULL, 0, compiled);
	ask(compiled, rows, sizeof(rows) / sizeof(rows[0]));
	free(compiled);
}

/* What an ordinary user may do under Docker's profile it may do under ours, but for what we say. */
static void
test_default_denies_no_more_than_docker_and_what_it_says(void **state)
{
	static const char *const said[] = {"io_uring_setup", "io_uring_enter", "io_uring_register",
					   "ioctl",          "socket",         "socketcall"};
	static const char *const arches[] = {"x86_64", "i386", "aarch64", "arm"};
	struct compiled *both = calloc(2, sizeof(*both));

	(void)state;
	need(DOCKER);
	for (size_t a = 0; a < 4; a++) {
		const char *native = a < 2 ? "x86_64" : "aarch64";

		compile(DOCKER, native, true, NULL, 0, &both[0]);
		compile("src/profiles/default.json", native, true, NULL, 0, &both[1]);
		for (uint32_t number = 0; number < 600; number++) {
			const char *name = call_name(architecture_find(arches[a]), number);
			bool expected = false;

			for (size_t i = 0; name && i < sizeof(said) / sizeof(said[0]); i++)
				expected = expected || strcmp(said[i], name) == 0;
			for (uint64_t first = 0; name && !expected && first < 64; first++)
				if (kit_ask(&both[0].program, arches[a], number, first, 0, 0) ==
					    KIT_ALLOW &&
				    kit_ask(&both[1].program, arches[a], number, first, 0, 0) !=
					    KIT_ALLOW)
					fail_msg("%s of %s", name, arches[a]);
		}
	}
	free(both);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_both_compile_for_every_architecture),
		cmocka_unit_test(test_dockers_means_what_docker_says),
		cmocka_unit_test(test_podmans_means_what_podman_says),
		cmocka_unit_test(test_default_denies_no_more_than_docker_and_what_it_says),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
