/* SPDX-License-Identifier: MIT */
/* The built-in profiles, asked on every architecture. */
#include "../helpers/kit.h"

#include <seccomp.h>

#define HIGH (UINT64_C(0xdeadbeef) << 32)
#define EVERY "x86_64 aarch64 i386 arm"

struct question {
	const char *arches;
	const char *name;
	uint64_t arguments[3];
	uint32_t answer;
};

static void
ask(const char *path, const struct question *rows, size_t count)
{
	static const char *const natives[] = {"x86_64", "aarch64"};
	struct profile profile;
	struct notes notes = {0};
	struct compiled *compiled = calloc(1, sizeof(*compiled));

	kit_parse_file(path, &profile, &notes);
	for (size_t n = 0; n < 2; n++) {
		struct service service = kit_service(natives[n]);
		const char *both[] = {natives[n], service.native->compat};

		kit_compile(&profile, &service, true, compiled, &notes);
		for (size_t i = 0; i < count; i++)
			for (size_t a = 0; a < 2; a++) {
				if (!strstr(rows[i].arches, both[a]) ||
				    call_number(architecture_find(both[a]), rows[i].name) < 0)
					continue;
				uint32_t answer =
					kit_ask_name(&compiled->program, both[a], rows[i].name,
						     rows[i].arguments[0], rows[i].arguments[1],
						     rows[i].arguments[2]);
				if (answer != rows[i].answer)
					fail_msg("row %zu: %s on %s: 0x%x", i, rows[i].name,
						 both[a], answer);
			}
	}
	assert_int_equal(notes.count, 0);
	profile_free(&profile);
	free(compiled);
}

static void
test_default_decides_as_its_comments_say(void **state)
{
	static const struct question rows[] = {
		{EVERY, "read", {0}, KIT_ALLOW},
		{EVERY, "ptrace", {0}, KIT_ALLOW},
		{EVERY, "process_vm_writev", {0}, KIT_ALLOW},
		{EVERY, "execveat", {0}, KIT_ALLOW},
		{EVERY, "memfd_create", {0}, KIT_ALLOW},
		{EVERY, "mseal", {0}, KIT_ALLOW},
		{EVERY, "setxattrat", {0}, KIT_ALLOW},
		{"x86_64 i386", "modify_ldt", {0}, KIT_ALLOW},
		{"arm", "set_tls", {0}, KIT_ALLOW},
		{EVERY, "kcmp", {0}, KIT_ERRNO(EPERM)},
		{EVERY, "pidfd_getfd", {0}, KIT_ERRNO(EPERM)},
		{EVERY, "mount", {0}, KIT_ERRNO(EPERM)},
		{EVERY, "setns", {0}, KIT_ERRNO(EPERM)},
		{EVERY, "unshare", {0}, KIT_ERRNO(EPERM)},
		{EVERY, "bpf", {0}, KIT_ERRNO(EPERM)},
		{EVERY, "keyctl", {0}, KIT_ERRNO(EPERM)},
		{EVERY, "userfaultfd", {0}, KIT_ERRNO(EPERM)},
		{EVERY, "io_uring_setup", {0}, KIT_ERRNO(EPERM)},
		{EVERY, "chroot", {0}, KIT_ERRNO(EPERM)},
		{EVERY, "clock_settime", {0}, KIT_ERRNO(EPERM)},
		{EVERY, "clone3", {0}, KIT_ERRNO(ENOSYS)},
		{EVERY, "rseq_slice_yield", {0}, KIT_ERRNO(ENOSYS)},
		{EVERY, "file_getattr", {0}, KIT_ERRNO(ENOSYS)},
		{EVERY, "lsm_get_self_attr", {0}, KIT_ERRNO(ENOSYS)},
		/* clone: threads, fork's SIGCHLD; each namespace alone; garbage above */
		{EVERY, "clone", {0x3d0f00}, KIT_ALLOW},
		{EVERY, "clone", {17}, KIT_ALLOW},
		{EVERY, "clone", {0x00020000 | 17}, KIT_ERRNO(EPERM)},
		{EVERY, "clone", {0x02000000}, KIT_ERRNO(EPERM)},
		{EVERY, "clone", {0x04000000}, KIT_ERRNO(EPERM)},
		{EVERY, "clone", {0x08000000}, KIT_ERRNO(EPERM)},
		{EVERY, "clone", {0x10000000}, KIT_ERRNO(EPERM)},
		{EVERY, "clone", {0x20000000}, KIT_ERRNO(EPERM)},
		{EVERY, "clone", {0x40000000}, KIT_ERRNO(EPERM)},
		{EVERY, "clone", {HIGH | 17}, KIT_ALLOW},
		{EVERY, "clone", {HIGH | 0x10000000}, KIT_ERRNO(EPERM)},
		/* ioctl: TCGETS, a request that a libc has sign-extended; TIOCSTI, TIOCLINUX */
		{EVERY, "ioctl", {0, 0x5401}, KIT_ALLOW},
		{EVERY, "ioctl", {0, 0x5411}, KIT_ALLOW},
		{EVERY, "ioctl", {0, 0x5413}, KIT_ALLOW},
		{EVERY, "ioctl", {0, 0x541b}, KIT_ALLOW},
		{EVERY, "ioctl", {0, 0x541d}, KIT_ALLOW},
		{EVERY, "ioctl", {0, UINT64_C(0xffffffff80045430)}, KIT_ALLOW},
		{EVERY, "ioctl", {0, 0x5412}, KIT_ERRNO(EPERM)},
		{EVERY, "ioctl", {0, 0x541c}, KIT_ERRNO(EPERM)},
		{EVERY, "ioctl", {0, HIGH | 0x5412}, KIT_ERRNO(EPERM)},
		{EVERY, "ioctl", {0, HIGH | 0x541c}, KIT_ERRNO(EPERM)},
		{EVERY, "ioctl", {0, UINT64_C(0x100005412)}, KIT_ERRNO(EPERM)},
		/* socket: UNIX, INET, NETLINK; ALG and VSOCK; beyond AF_MAX */
		{EVERY, "socket", {1}, KIT_ALLOW},
		{EVERY, "socket", {2}, KIT_ALLOW},
		{EVERY, "socket", {16}, KIT_ALLOW},
		{EVERY, "socket", {37}, KIT_ALLOW},
		{EVERY, "socket", {39}, KIT_ALLOW},
		{EVERY, "socket", {41}, KIT_ALLOW},
		{EVERY, "socket", {HIGH | 2}, KIT_ALLOW},
		{EVERY, "socket", {38}, KIT_ERRNO(EPERM)},
		{EVERY, "socket", {40}, KIT_ERRNO(EPERM)},
		{EVERY, "socket", {HIGH | 38}, KIT_ERRNO(EPERM)},
		{EVERY, "socket", {HIGH | 40}, KIT_ERRNO(EPERM)},
		{EVERY, "socket", {48}, KIT_ERRNO(EPERM)},
		/* socketcall: connect, not socket */
		{"i386", "socketcall", {3}, KIT_ALLOW},
		{"i386", "socketcall", {20}, KIT_ALLOW},
		{"i386", "socketcall", {1}, KIT_ERRNO(EPERM)},
		{"i386", "socketcall", {HIGH | 1}, KIT_ERRNO(EPERM)},
		{EVERY, "personality", {0}, KIT_ALLOW},
		{EVERY, "personality", {0xffffffff}, KIT_ALLOW},
		{EVERY, "personality", {0x20008}, KIT_ALLOW},
		{EVERY, "personality", {0x0400000}, KIT_ERRNO(EPERM)},
		{EVERY, "personality", {0x0040000}, KIT_ERRNO(EPERM)},
	};

	(void)state;
	ask("src/profiles/default.json", rows, sizeof(rows) / sizeof(rows[0]));
}

static void
test_strict_decides_as_its_comments_say(void **state)
{
	static const struct question rows[] = {
		{EVERY, "read", {0}, KIT_ALLOW},
		{EVERY, "mmap", {0}, KIT_ALLOW},
		{EVERY, "epoll_ctl", {0}, KIT_ALLOW},
		{EVERY, "accept4", {0}, KIT_ALLOW},
		{EVERY, "io_submit", {0}, KIT_ALLOW},
		{EVERY, "landlock_create_ruleset", {0}, KIT_ALLOW},
		{EVERY, "pidfd_open", {0}, KIT_ALLOW},
		{EVERY, "execve", {0}, KIT_ALLOW},
		{"x86_64", "arch_prctl", {0}, KIT_ALLOW},
		{"arm", "set_tls", {0}, KIT_ALLOW},
		{EVERY, "ptrace", {0}, KIT_ERRNO(EPERM)},
		{EVERY, "process_vm_readv", {0}, KIT_ERRNO(EPERM)},
		{EVERY, "process_vm_writev", {0}, KIT_ERRNO(EPERM)},
		{EVERY, "kcmp", {0}, KIT_ERRNO(EPERM)},
		{EVERY, "pidfd_getfd", {0}, KIT_ERRNO(EPERM)},
		{EVERY, "modify_ldt", {0}, KIT_ERRNO(EPERM)},
		{EVERY, "mount", {0}, KIT_ERRNO(EPERM)},
		{EVERY, "fsopen", {0}, KIT_ERRNO(EPERM)},
		{EVERY, "open_tree", {0}, KIT_ERRNO(EPERM)},
		{EVERY, "add_key", {0}, KIT_ERRNO(EPERM)},
		{EVERY, "io_uring_enter", {0}, KIT_ERRNO(EPERM)},
		{EVERY, "userfaultfd", {0}, KIT_ERRNO(EPERM)},
		{EVERY, "perf_event_open", {0}, KIT_ERRNO(EPERM)},
		{EVERY, "bpf", {0}, KIT_ERRNO(EPERM)},
		{EVERY, "acct", {0}, KIT_ERRNO(EPERM)},
		{EVERY, "quotactl", {0}, KIT_ERRNO(EPERM)},
		{EVERY, "swapon", {0}, KIT_ERRNO(EPERM)},
		{EVERY, "init_module", {0}, KIT_ERRNO(EPERM)},
		{EVERY, "reboot", {0}, KIT_ERRNO(EPERM)},
		{EVERY, "clock_settime", {0}, KIT_ERRNO(EPERM)},
		{EVERY, "adjtimex", {0}, KIT_ERRNO(EPERM)},
		{EVERY, "remap_file_pages", {0}, KIT_ERRNO(EPERM)},
		{EVERY, "execveat", {0}, KIT_ERRNO(EPERM)},
		{EVERY, "memfd_create", {0}, KIT_ERRNO(EPERM)},
		{EVERY, "unshare", {0}, KIT_ERRNO(EPERM)},
		{EVERY, "setns", {0}, KIT_ERRNO(EPERM)},
		{EVERY, "clone", {17}, KIT_ALLOW},
		{EVERY, "clone", {HIGH | 0x10000000}, KIT_ERRNO(EPERM)},
		{EVERY, "clone3", {0}, KIT_ERRNO(ENOSYS)},
		{EVERY, "statmount", {0}, KIT_ERRNO(ENOSYS)},
		{EVERY, "socket", {1}, KIT_ALLOW},
		{EVERY, "socket", {2, 1, 6}, KIT_ALLOW},
		{EVERY, "socket", {10}, KIT_ALLOW},
		{EVERY, "socket", {HIGH | 10}, KIT_ALLOW},
		{EVERY, "socket", {16, 3, 0}, KIT_ALLOW},
		{EVERY, "socket", {HIGH | 16, 3, HIGH}, KIT_ALLOW},
		{EVERY, "socket", {16, 3, 9}, KIT_ERRNO(EPERM)},
		{EVERY, "socket", {16, 3, HIGH | 9}, KIT_ERRNO(EPERM)},
		{EVERY, "socket", {17}, KIT_ERRNO(EPERM)},
		{EVERY, "socket", {38}, KIT_ERRNO(EPERM)},
		{EVERY, "socket", {40}, KIT_ERRNO(EPERM)},
		{EVERY, "socket", {0}, KIT_ERRNO(EPERM)},
		{EVERY, "socketpair", {1}, KIT_ALLOW},
		{EVERY, "socketpair", {2}, KIT_ERRNO(EPERM)},
		{"i386", "socketcall", {1}, KIT_ERRNO(ENOSYS)},
		{"i386", "socketcall", {3}, KIT_ERRNO(ENOSYS)},
		{EVERY, "ioctl", {0, HIGH | 0x5412}, KIT_ERRNO(EPERM)},
		{EVERY, "ioctl", {0, 0x5413}, KIT_ALLOW},
		{EVERY, "personality", {0xffffffff}, KIT_ALLOW},
		{EVERY, "personality", {0}, KIT_ERRNO(EPERM)},
	};

	(void)state;
	ask("src/profiles/strict.json", rows, sizeof(rows) / sizeof(rows[0]));
}

/* What strict allows, default allows: a service never loses anything by the weaker one. */
static void
test_strict_allows_nothing_that_default_denies(void **state)
{
	static const char *const paths[] = {"src/profiles/strict.json",
					    "src/profiles/default.json"};
	static const char *const natives[] = {"x86_64", "aarch64"};
	struct compiled *both = calloc(2, sizeof(*both));

	(void)state;
	for (size_t n = 0; n < 2; n++) {
		struct service service = kit_service(natives[n]);

		for (size_t i = 0; i < 2; i++) {
			struct profile profile;
			struct notes notes = {0};

			kit_parse_file(paths[i], &profile, &notes);
			kit_compile(&profile, &service, true, &both[i], &notes);
			profile_free(&profile);
		}
		for (uint32_t number = 0; number < 600; number++)
			for (uint64_t first = 0; first < 64; first++)
				for (size_t a = 0; a < 2; a++) {
					const char *arch = a ? service.native->compat : natives[n];
					uint32_t strict = kit_ask(&both[0].program, arch, number,
								  first, first, 0);

					if (strict == KIT_ALLOW &&
					    kit_ask(&both[1].program, arch, number, first, first,
						    0) != KIT_ALLOW)
						fail_msg("call %u of %s with %d", number, arch,
							 (int)first);
				}
	}
	free(both);
}

static void
test_default_is_small_and_knows_the_newest_calls(void **state)
{
	struct profile profile;
	struct notes notes = {0};
	struct service service = kit_service("x86_64");
	struct compiled *compiled = calloc(1, sizeof(*compiled));

	(void)state;
	kit_parse_file("src/profiles/default.json", &profile, &notes);
	kit_compile(&profile, &service, false, compiled, &notes);
	assert_int_equal(compiled->newest, 471);
	assert_in_range(compiled->program.length, 1, 110);
	assert_true(compiled->second.calls > 350);
	assert_int_equal(kit_ask(&compiled->program, "x86_64", 472, 0, 0, 0), KIT_ERRNO(ENOSYS));
	/* A call that the kernel cannot remember runs the program each time. */
	for (uint32_t number = 0; number < 512; number++) {
		struct seccomp_data data = {.nr = (int)number, .arch = service.native->audit};
		struct verdict verdict;

		assert_int_equal(
			evaluate(compiled->program.code, compiled->program.length, &data, &verdict),
			0);
		assert_in_range(verdict.steps, 1, 16);
	}
	profile_free(&profile);
	free(compiled);
}

static void
test_a_capability_opens_its_calls(void **state)
{
	static const char *const caps[] = {"CAP_SYS_TIME"};
	struct profile profile;
	struct notes notes = {0};
	struct service service = {architecture_find("x86_64"), caps, 1, {6, 1}};
	struct compiled *compiled = calloc(1, sizeof(*compiled));

	(void)state;
	kit_parse_file("src/profiles/default.json", &profile, &notes);
	kit_compile(&profile, &service, false, compiled, &notes);
	assert_int_equal(kit_ask_name(&compiled->program, "x86_64", "clock_settime", 0, 0, 0),
			 KIT_ALLOW);
	assert_int_equal(kit_ask_name(&compiled->program, "x86_64", "mount", 0, 0, 0),
			 KIT_ERRNO(EPERM));
	profile_free(&profile);
	free(compiled);
}

/* ---- what Docker makes of the same files ---- */

static void
add_like_runc(scmp_filter_ctx filter, const struct profile_rule *rule, const char *name)
{
	static const enum scmp_compare comparisons[] = {[COMPARE_NE] = SCMP_CMP_NE,
							[COMPARE_LT] = SCMP_CMP_LT,
							[COMPARE_LE] = SCMP_CMP_LE,
							[COMPARE_EQ] = SCMP_CMP_EQ,
							[COMPARE_GE] = SCMP_CMP_GE,
							[COMPARE_GT] = SCMP_CMP_GT,
							[COMPARE_MASKED_EQ] = SCMP_CMP_MASKED_EQ};
	struct scmp_arg_cmp compares[CALL_ARGUMENTS];
	int number = seccomp_syscall_resolve_name(name);

	/* Docker leaves out, silently, what its library does not know. */
	if (number == __NR_SCMP_ERROR)
		return;
	for (size_t i = 0; i < rule->condition_count; i++)
		compares[i] = (struct scmp_arg_cmp){
			rule->conditions[i].index, comparisons[rule->conditions[i].comparison],
			rule->conditions[i].value, rule->conditions[i].value_two};
	assert_int_equal(seccomp_rule_add_array(filter, rule->action, number,
						(unsigned)rule->condition_count, compares),
			 0);
}

/* The program for both architectures at once, every rule that is for a service without
 * capabilities. */
static void
compile_like_docker(const struct profile *profile, struct program *out)
{
	scmp_filter_ctx filter = seccomp_init(profile->default_action);
	FILE *file = tmpfile();

	assert_non_null(filter);
	assert_non_null(file);
	seccomp_arch_add(filter, SCMP_ARCH_X86_64);
	seccomp_arch_add(filter, SCMP_ARCH_X86);
	for (size_t i = 0; i < profile->rule_count; i++) {
		const struct profile_rule *rule = &profile->rules[i];
		bool other_arch = rule->includes.arches.count > 0 &&
				  strcmp(rule->includes.arches.texts[0], "amd64") != 0;

		if (rule->includes.caps.count > 0 || other_arch ||
		    rule->action == profile->default_action)
			continue;
		for (size_t n = 0; n < rule->names.count; n++)
			add_like_runc(filter, rule, rule->names.texts[n]);
	}
	assert_int_equal(seccomp_export_bpf(filter, fileno(file)), 0);
	rewind(file);
	out->length = (unsigned short)fread(out->code, sizeof(out->code[0]), BPF_MAXINSNS, file);
	fclose(file);
	seccomp_release(filter);
}

static void
compare_with_docker(const char *path)
{
	/*
	 * Calls whose answer depends on an argument, and which argument. Not socketcall: libseccomp
	 * allows its operation 1 as a side effect of any rule that allows socket, ours does not.
	 */
	static const struct {
		const char *name;
		unsigned argument;
	} conditional[] = {
		{"ioctl", 1}, {"socket", 0}, {"socketpair", 0}, {"clone", 0}, {"personality", 0},
	};
	static const uint64_t highs[] = {0, HIGH, UINT64_C(0xffffffff) << 32, UINT64_C(1) << 32};
	static const uint64_t lows[] = {0x5411,  0x5412,     0x5413,     0x541b,     0x541c,
					0x541d,  0xffffffff, 0x10000000, 0x40000000, 0x20000,
					0x20008, 0x80005412, 17};
	static const char *const arches[] = {"x86_64", "i386"};
	struct profile profile;
	struct notes notes = {0};
	struct service service = kit_service("x86_64");
	struct compiled *compiled = calloc(1, sizeof(*compiled));
	struct program *docker = calloc(1, sizeof(*docker));
	size_t count = sizeof(lows) / sizeof(lows[0]);

	kit_parse_file(path, &profile, &notes);
	kit_compile(&profile, &service, true, compiled, &notes);
	compile_like_docker(&profile, docker);
	for (size_t a = 0; a < 2; a++)
		for (size_t c = 0; c < sizeof(conditional) / sizeof(conditional[0]); c++)
			for (size_t i = 0; i < 4 * (64 + count); i++) {
				const char *name = conditional[c].name;
				uint64_t low = i / 4 < 64 ? i / 4 : lows[i / 4 - 64];
				/* A 32-bit call has no upper half. */
				uint64_t value = low | (a ? 0 : highs[i % 4]);
				uint64_t first = conditional[c].argument == 0 ? value : 0;
				uint64_t second = conditional[c].argument == 1 ? value : 0;

				if (call_number(architecture_find(arches[a]), name) < 0)
					continue;
				uint32_t ours = kit_ask_name(&compiled->program, arches[a], name,
							     first, second, 0);
				uint32_t theirs =
					kit_ask_name(docker, arches[a], name, first, second, 0);
				if (ours != theirs)
					fail_msg("%s of %s with 0x%llx: 0x%x, Docker 0x%x", name,
						 arches[a], (unsigned long long)value, ours,
						 theirs);
			}
	profile_free(&profile);
	free(compiled);
	free(docker);
}

static void
test_default_means_the_same_to_docker(void **state)
{
	(void)state;
	compare_with_docker("src/profiles/default.json");
}

static void
test_strict_means_the_same_to_docker(void **state)
{
	(void)state;
	compare_with_docker("src/profiles/strict.json");
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_default_decides_as_its_comments_say),
		cmocka_unit_test(test_strict_decides_as_its_comments_say),
		cmocka_unit_test(test_strict_allows_nothing_that_default_denies),
		cmocka_unit_test(test_default_is_small_and_knows_the_newest_calls),
		cmocka_unit_test(test_a_capability_opens_its_calls),
		cmocka_unit_test(test_default_means_the_same_to_docker),
		cmocka_unit_test(test_strict_means_the_same_to_docker),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
