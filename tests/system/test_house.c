/* SPDX-License-Identifier: MIT */
/*
 * The house in order: who may depend on whom, what is pure, in which order the steps stand, and
 * what the finished file is made of.
 */
#include "helpers/support.h"

#include <ctype.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/personality.h>
#include <sys/prctl.h>
#include <sys/time.h>
#include <unistd.h>

#include <cmocka.h>

/* A list of words, the words it may have; "x/" stands for all that begins so. */
static bool
is_allowed(const char *word, const char *allowed)
{
	static char copy[4096];
	char *rest;

	snprintf(copy, sizeof(copy), "%s", allowed);
	for (char *one = strtok_r(copy, " ", &rest); one; one = strtok_r(NULL, " ", &rest))
		if (one[strlen(one) - 1] == '/' ? !strncmp(word, one, strlen(one))
						: !strcmp(word, one))
			return true;
	return false;
}

static void
assert_all_allowed(const char *who, const char *words, const char *allowed)
{
	static char copy[OUTPUT_SIZE];
	char *rest;

	snprintf(copy, sizeof(copy), "%s", words);
	for (char *word = strtok_r(copy, " \n", &rest); word; word = strtok_r(NULL, " \n", &rest))
		if (!is_allowed(word, allowed))
			fail_msg("%s uses %s, allowed is: %s", who, word, allowed);
}

struct dependency_row {
	const char *files; /* a pattern of the shell */
	const char *allowed;
};

/* Dependencies point one way: decide, then the steps, then the effects; nothing knows main. */
static const struct dependency_row dependencies[] = {
	{"src/refusal.c include/refusal.h include/proof.h include/look.h", "refusal.h"},
	{"src/why.c include/why.h", "why.h idmap.h ids.h refusal.h"},
	{"src/why_here.c include/why_here.h", "why_here.h why.h look.h explain/names.h"},
	{"src/options.c src/options_read.c include/options.h",
	 "options.h refusal.h value.h confine/rlimits.h init/signals.h"},
	{"src/value.c include/value.h", "value.h"},
	{"src/ids.c include/ids.h", "ids.h refusal.h value.h"},
	{"src/idmap.c include/idmap.h", "idmap.h ids.h"},
	{"src/environment.c include/environment.h", "environment.h ids.h facts.h"},
	{"src/facts_secrets.c include/facts_secrets.h",
	 "facts_secrets.h facts.h environment.h options.h refusal.h why_here.h setup/secrets.h"},
	{"src/facts_service.c include/facts_service.h",
	 "facts_service.h facts.h options.h refusal.h why_here.h value.h setup/oom.h"},
	{"src/plan_environment.c include/plan_environment.h",
	 "plan_environment.h plan.h environment.h facts.h options.h refusal.h"},
	{"src/plan_puid.c include/plan_puid.h",
	 "plan_puid.h environment.h ids.h options.h refusal.h"},
	{"src/plan_service.c include/plan_service.h",
	 "plan_service.h plan.h environment.h idmap.h facts.h options.h refusal.h "
	 "value.h confine/rlimits.h"},
	{"src/facts.c include/facts.h",
	 "facts.h facts_certs.h facts_secrets.h facts_service.h "
	 "facts_zone.h facts_owners.h "
	 "ids.h refusal.h why_here.h environment.h look.h proof.h setup/paths.h "
	 "confine/profile_file.h confine/landlock.h "
	 "confine/terminal.h init/signals.h who/capabilities.h"},
	{"src/plan.c include/plan.h",
	 "plan.h options.h ids.h idmap.h facts.h environment.h "
	 "refusal.h plan_filter.h plan_capabilities.h plan_certs.h "
	 "confine/filter.h confine/profile_file.h plan_init.h "
	 "plan_environment.h plan_puid.h plan_service.h confine/landlock.h plan_landlock.h "
	 "plan_zone.h plan_owners.h who/capabilities.h who/drop.h"},
	{"src/facts_zone.c include/facts_zone.h",
	 "facts_zone.h facts.h options.h environment.h refusal.h why_here.h setup/"},
	{"src/facts_owners.c include/facts_owners.h",
	 "facts_owners.h facts.h options.h plan_filter.h plan_owners.h config_files.h refusal.h "
	 "look.h why_here.h setup/"},
	{"src/plan_zone.c include/plan_zone.h",
	 "plan_zone.h plan.h facts.h options.h refusal.h setup/zone.h setup/timezone.h"},
	{"src/plan_owners.c include/plan_owners.h",
	 "plan_owners.h plan.h facts.h facts_owners.h options.h idmap.h refusal.h why.h who/capabilities.h"},
	{"src/facts_certs.c include/facts_certs.h",
	 "facts_certs.h facts.h look.h options.h refusal.h why_here.h setup/certs_addition.h setup/certs_verdict.h"},
	{"src/plan_certs.c include/plan_certs.h",
	 "plan_certs.h plan.h facts.h options.h environment.h refusal.h setup/certs.h "
	 "setup/certs_places.h setup/certs_reader.h setup/certs_verdict.h"},
	{"src/certs_look.c include/certs_look.h",
	 "certs_look.h plan.h refusal.h front/log.h setup/certs_reader.h"},
	{"src/plan_capabilities.c include/plan_capabilities.h",
	 "plan_capabilities.h plan.h facts.h options.h refusal.h who/capabilities.h"},
	{"src/plan_filter.c include/plan_filter.h",
	 "plan_filter.h plan.h facts.h options.h refusal.h value.h confine/evaluate.h confine/profile_file.h"},
	{"src/plan_landlock.c include/plan_landlock.h",
	 "plan_landlock.h plan.h plan_owners.h facts.h options.h refusal.h why.h confine/landlock.h"},
	{"src/plan_init.c include/plan_init.h",
	 "plan_init.h plan.h options.h idmap.h facts.h refusal.h init/ who/capabilities.h"},
	{"src/init/*.c include/init/*.h",
	 "init/ confine/terminal.h confine/filter.h confine/filter_parts.h explain/explainer.h "
	 "plan.h proof.h refusal.h why_here.h "
	 "front/log.h value.h who/capabilities.h who/drop.h look.h"},
	{"src/explain/*.c include/explain/*.h",
	 "explain/ confine/evaluate.h confine/filter.h confine/filter_parts.h confine/notify.h "
	 "confine/profile_file.h "
	 "init/power.h init/signals.h front/log.h why_here.h"},
	{"src/dropin.c include/dropin.h",
	 "dropin.h environment.h refusal.h confine/terminal.h init/"},
	{"src/dropin_run.c", "dropin.h environment.h facts.h plan.h front/log.h command/lookup.h "
			     "who/drop.h init/ who/capabilities.h"},
	{"src/config.c include/config.h", "config.h refusal.h"},
	{"src/config_files.c include/config_files.h",
	 "config_files.h config.h refusal.h why_here.h setup/paths.h"},
	{"src/sources.c include/sources.h",
	 "sources.h config.h environment.h options.h refusal.h value.h"},
	{"src/front/*.c include/front/*.h", "front/ look.h"},
	{"src/help.c include/help.h", "help.h options.h"},
	{"src/setup/*.c include/setup/*.h",
	 "setup/ plan.h proof.h look.h refusal.h value.h why.h why_here.h front/log.h confine/filter.h init/signals.h who/capabilities.h who/drop.h"},
	{"src/who/*.c include/who/*.h",
	 "who/ options.h plan.h proof.h refusal.h why_here.h why.h ids.h"},
	{"src/confine/*.c include/confine/*.h",
	 "confine/ plan.h proof.h look.h refusal.h why_here.h value.h init/signals.h setup/paths.h"},
	{"src/command/*.c include/command/*.h", "command/ refusal.h why.h look.h setup/paths.h"},
	{"src/steps.c include/steps.h",
	 "steps.h plan.h why.h setup/ who/ confine/ explain/explainer.h init/stay.h who/drop.h"},
	{"src/kit/*.c include/kit/*.h",
	 "kit/ refusal.h options.h value.h confine/filter.h confine/profile_file.h confine/evaluate.h "
	 "command/script_head.h"},
	{"src/kit/rootfs/*.c include/kit/rootfs/*.h",
	 "kit/rootfs/ kit/env_line.h kit/heap.h kit/notes.h kit/files.h kit/commands.h "
	 "kit/sha256.h kit/spdx.h "
	 "refusal.h value.h command/script_head.h"},
	{"src/kit/audit/*.c include/kit/audit/*.h",
	 "kit/audit/ kit/commands.h kit/env_line.h kit/files.h kit/heap.h kit/notes.h refusal.h "
	 "options.h value.h command/file_caps.h "
	 "command/script_head.h setup/certs_count.h setup/certs_places.h setup/zone.h"},
};

static void
test_dependencies_point_one_way(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(dependencies) / sizeof(dependencies[0]); i++) {
		char script[512];

		snprintf(script, sizeof(script),
			 "cat %s | sed -n 's/^#include \"\\(.*\\)\"/\\1/p' | sort -u",
			 dependencies[i].files);
		assert_all_allowed(dependencies[i].files, shell_says(script),
				   dependencies[i].allowed);
	}
}

static void
test_every_source_has_a_rule(void **state)
{
	static char files[OUTPUT_SIZE];
	char *rest;

	(void)state;
	snprintf(files, sizeof(files), "%s",
		 shell_says("find src include -name '*.c' -o -name '*.h' | sort"));
	for (char *file = strtok_r(files, "\n", &rest); file; file = strtok_r(NULL, "\n", &rest)) {
		bool ruled = is_allowed(file,
					"src/main.c src/describe.c include/describe.h src/manual/");

		for (size_t i = 0; i < sizeof(dependencies) / sizeof(dependencies[0]); i++) {
			char script[512];

			if (ruled)
				break;
			/* Folders have one rule for all of their files. */
			snprintf(script, sizeof(script), "%s", dependencies[i].files);
			for (char *star;
			     (star = strstr(script, "*.c")) || (star = strstr(script, "*.h"));)
				memset(star, ' ', 3);
			ruled = is_allowed(file, script);
		}
		if (!ruled)
			fail_msg("no rule says what %s may depend on", file);
	}
}

/* Functions that neither ask the kernel nor change anything outside of the memory they are given.
 */
#define PURE_LIBC                                                                                  \
	"memcmp memcpy memmove memset memchr strchr aligned_alloc strcmp strncmp strcspn strspn "  \
	"strlen strcpy "                                                                           \
	"stpcpy strstr strncasecmp strcasecmp strrchr strtol atoi snprintf vsnprintf malloc free " \
	"__stack_chk_fail "                                                                        \
	"strnlen strsep strerror __errno_location gmtime_r report_escape "                         \
	"capng_name_to_capability capng_capability_to_name "

static const char *const pure[] = {"refusal",
				   "value",
				   "options",
				   "options_read",
				   "config",
				   "sources",
				   "why",
				   "ids",
				   "idmap",
				   "environment",
				   "plan",
				   "command/elf_head",
				   "command/script_head",
				   "command/file_caps",
				   "confine/profile_file",
				   "confine/evaluate",
				   "plan_filter",
				   "plan_capabilities",
				   "plan_certs",
				   "setup/certs_places",
				   "setup/certs_der",
				   "setup/certs_pem",
				   "setup/certs_count",
				   "setup/certs_answer",
				   "setup/certs_verdict",
				   "plan_init",
				   "plan_environment",
				   "plan_puid",
				   "plan_service",
				   "confine/rlimits_parse",
				   "plan_landlock",
				   "confine/landlock_rights",
				   "confine/landlock_needs",
				   "plan_zone",
				   "plan_owners",
				   "setup/zone",
				   "dropin",
				   "init/decide",
				   "init/names",
				   "confine/notify",
				   "explain/arguments",
				   "explain/kinds",
				   "explain/line",
				   "explain/names"};

static void
test_what_decides_is_pure(void **state)
{
	char own[8192] = "";
	char script[512];

	(void)state;
	for (size_t i = 0; i < sizeof(pure) / sizeof(pure[0]); i++) {
		snprintf(script, sizeof(script),
			 "nm --defined-only build/musl/%s.o | sed -n 's/.* [TRD] //p' | tr '\\n' ' "
			 "'",
			 pure[i]);
		strcat(own, shell_says(script));
	}
	strcat(own, PURE_LIBC "filter_");
	/* Programs of filters are data. */
	own[strlen(own) - strlen("filter_")] = 0;
	strcat(own,
	       shell_says(
		       "nm --defined-only build/musl/generated/*.o | sed -n 's/.* [RD] //p' | tr "
		       "'\\n' ' '"));
	for (size_t i = 0; i < sizeof(pure) / sizeof(pure[0]); i++) {
		snprintf(script, sizeof(script), "nm -u build/musl/%s.o | awk '{print $2}'",
			 pure[i]);
		assert_all_allowed(pure[i], shell_says(script), own);
	}
}

/* As it is included: setup/paths.h is not found in place of paths.h. */
static void
test_no_header_has_the_name_of_one_of_libcs(void **state)
{
	(void)state;
	assert_string_equal(
		shell_says("for h in $(find include -name '*.h'); do b=${h#include/}; for d in "
			   "/usr/include /usr/include/$(uname -m)-linux-gnu "
			   "/usr/include/$(uname -m)-linux-musl; do [ ! -e $d/$b ] || echo $h; "
			   "[ ! -e $d/sys/$b ] || echo $h; done; done"),
		"");
}

static void
test_no_source_comes_in_variants(void **state)
{
	(void)state;
	assert_string_equal(
		shell_says(
			"grep -nE '^#[[:space:]]*if' src/*.c src/front/*.c src/setup/*.c src/who/*.c "
			"src/confine/*.c src/explain/*.c src/command/*.c | grep -v "
			"'(__x86_64__)' || true"),
		"");
}

/* The order of work is the security argument: it may not change by accident. */
static void
test_steps_stand_in_the_order_that_was_tried(void **state)
{
	static struct outcome outcome;
	static const char order[] = "step=close the inherited descriptors\n"
				    "step=hand the standard streams to the user\n"
				    "step=link /etc/localtime\n"
				    "step=write /etc/timezone\n"
				    "step=make the directories\n"
				    "step=hand the trees to their owners\n"
				    "step=set the supplementary groups\n"
				    "step=set the group ids\n"
				    "step=limit the capability bounding set\n"
				    "step=make the kept capabilities inheritable\n"
				    "step=set the ambient capabilities\n"
				    "step=lock the securebits\n"
				    "step=set the user ids\n"
				    "step=give up the capabilities\n"
				    "step=set no_new_privs\n"
				    "step=become undumpable\n"
				    "step=find no way back to the capabilities\n"
				    "step=find no way back to root's ids\n"
				    "step=restrict the service with Landlock\n"
				    "step=close the ways round TCP's ports\n"
				    "step=close memfd_create and execveat\n"
				    "step=load the seccomp filter\n";

	(void)state;
	run_words(&outcome, NULL, "build/stepdown", "--dry-run", "-u", "4321", "--keep-cap",
		  "chown", "--exec-only", "--net-bind", "80", "--tz", "Europe/Ljubljana", "--mkdir",
		  "/run/stepdown-test", "--chown", "/run/stepdown-test", "--", "id");
	assert_int_equal(outcome.status, 0);
	char *steps = strstr(outcome.out, "step=");

	*strstr(steps, "from.") = 0;
	assert_string_equal(steps, order);
}

/* With all that a start of this machine can be told of directory, umask and limits. */
static void
test_the_services_own_state_comes_after_root_and_before_the_filter(void **state)
{
	static struct outcome outcome;
	static const char order[] = "step=find no way back to root's ids\n"
				    "step=enter the working directory\n"
				    "step=set the umask\n"
				    "step=set the resource limits\n"
				    "step=load the seccomp filter\n";

	(void)state;
	run_words(&outcome, NULL, "build/stepdown", "--dry-run", "-u", "4321", "--workdir", "/",
		  "--umask", "022", "--ulimit", "core=0", "--oom-score-adj", "1000", "--", "id");
	assert_int_equal(outcome.status, 0);
	assert_says(outcome.out, order);
	assert_says(outcome.out, "step=set the oom score\nstep=set the supplementary groups\n");
}

static void
weaken(void)
{
	static const struct itimerval later = {.it_value.tv_sec = 3000};

	if (personality(ADDR_NO_RANDOMIZE) < 0 || setitimer(ITIMER_REAL, &later, NULL) ||
	    prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0))
		_exit(99);
}

static void
test_inherited_state_is_reset_before_the_set_up(void **state)
{
	static const char *const argv[] = {
		"build/stepdown", "--dry-run",       "-u",   "4321", "--init", "never", "--tz",
		"UTC0",           "--oom-score-adj", "1000", "--",   "id",     NULL};
	static struct outcome outcome;

	(void)state;
	run_program(&(struct run){.argv = argv, .prepare = weaken}, &outcome);
	assert_int_equal(outcome.status, 0);
	assert_says(outcome.out, "step=hand the standard streams to the user\n"
				 "step=reset personality, timers and subreaper flag\n"
				 "step=set the oom score\n");
}

/* What --verbose says is what --dry-run said, step for step. */
static void
test_verbose_says_each_step_of_the_dry_run(void **state)
{
	static struct outcome said;
	static struct outcome done;

	(void)state;
	run_words(&said, NULL, "build/stepdown", "--dry-run", "-u", "4321", "--", "true");
	run_words(&done, NULL, "build/stepdown", "-v", "-u", "4321", "--", "true");
	assert_int_equal(done.status, 0);
	char *at = done.err;

	for (char *step = strstr(said.out, "step="); step; step = strstr(step + 1, "step=")) {
		char line[200];
		size_t length = strcspn(step + 5, "\n");

		snprintf(line, sizeof(line), "stepdown: %.*s: done\n", (int)length, step + 5);
		at = strstr(at, line);
		if (!at)
			fail_msg("not said, or not in this order: %s", line);
	}
}

static void
assert_is_hardened(const char *folder, const char *tools)
{
	char script[512];

	snprintf(script, sizeof(script), "readelf -hldW %s/stepdown", folder);
	const char *headers = shell_says(script);

	assert_says(headers, "DYN (Position-Independent Executable file)");
	assert_null(strstr(headers, "INTERP"));
	assert_null(strstr(headers, "(NEEDED)"));
	assert_null(strstr(headers, "(RPATH)"));
	assert_null(strstr(headers, "(TEXTREL)"));
	assert_says(headers, "GNU_RELRO");
	assert_says(headers, "NOW");
	assert_null(strstr(strstr(headers, "GNU_STACK"), "RWE"));
	snprintf(script, sizeof(script), "%snm %s/musl/stepdown", tools, folder);
	assert_says(shell_says(script), "__stack_chk_fail");
	snprintf(script, sizeof(script), "%snm %s/stepdown 2>&1 | grep -c 'no symbols'", tools,
		 folder);
	assert_string_equal(shell_says(script), "1\n");
}

static void
test_the_finished_file_is_static_hardened_and_small(void **state)
{
	(void)state;
	assert_is_hardened("build", "");
	long size = strtol(shell_says("stat -c %s build/stepdown"), NULL, 10);

	print_message("build/stepdown has %ld bytes\n", size);
	/* The goal is 150,000; what is in it since then is told in the CHANGELOG. */
	assert_in_range(size, 20000, 294000);
}

/* Nothing is compiled when a container starts: the programs are data, and their compiler is not
 * there. */
static void
test_the_finished_file_carries_its_filters(void **state)
{
	(void)state;
	assert_string_equal(
		shell_says("nm build/musl/stepdown | sed -n 's/.* [DdRr] "
			   "\\(filter_\\(default\\|strict\\)"
			   "\\(_compat\\)\\?\\)$/\\1/p' | sort | tr '\\n' ' '"),
		"filter_default filter_default_compat filter_strict filter_strict_compat ");
	/* What the kit alone defines; names of modules that both have are not among it. */
	shell_says(
		"nm --defined-only build/kit/kit/*.o build/kit/kit/*/*.o | sed -n 's/.* T //p' | "
		"grep -E '^(assemble|compile|emit|heap|json|memory|profile|second|verify)_' | sort "
		"-u "
		">build/of-the-kit");
	assert_true(strtol(shell_says("grep -c . build/of-the-kit"), NULL, 10) > 10);
	assert_string_equal(shell_says("nm build/musl/stepdown | sed -n 's/.* [Tt] //p' | "
				       "grep -xF -f build/of-the-kit || true; rm build/of-the-kit"),
			    "");
}

static void
test_so_is_the_one_for_arm64(void **state)
{
	(void)state;
#ifdef __x86_64__
	if (access("build/aarch64/stepdown", R_OK) != 0) {
		if (getenv("STEPDOWN_TESTS_MUST_RUN"))
			fail_msg("needs build/aarch64/stepdown (make ARCH=aarch64)");
		print_message("skipped: needs build/aarch64/stepdown (make ARCH=aarch64)\n");
		skip();
	}
	assert_is_hardened("build/aarch64", "aarch64-linux-gnu-");
	assert_says(shell_says("readelf -hW build/aarch64/stepdown"), "AArch64");
	/* Nothing of it is for pages of 4 KiB alone: arm64 kernels have 16 and 64 too. */
	assert_string_equal(
		shell_says("readelf -lW build/aarch64/stepdown | awk '$1 == \"LOAD\" && $NF "
			   "!= \"0x10000\"'"),
		"");
#endif
}

/* A name in a comment is no test: it has to be defined, and registered with cmocka. */
static void
test_every_promise_names_a_test_that_exists(void **state)
{
	(void)state;
	assert_string_equal(
		shell_says("for t in $(grep -o '`test[a-z_0-9/.]*`' SECURITY.md | tr -d '`'); do "
			   "case $t in */*) [ -e \"$t\" ] || echo \"$t\"; continue ;; esac; "
			   "f=$(grep -rlE \"^$t\\(void\" tests --include='*.c' | head -n 1); "
			   "[ -n \"$f\" ] && tr -d '\\n\\t ' <\"$f\" | grep -qE "
			   "\"_test[a-z_]*\\($t[,)]\" || "
			   "echo \"$t\"; done"),
		"");
	assert_true(strtol(shell_says("grep -c '`test' SECURITY.md"), NULL, 10) > 40);
}

static void
test_every_promise_names_a_test(void **state)
{
	(void)state;
	assert_string_equal(shell_says("sed -n '/^| promise | test |$/,/^$/p' SECURITY.md | "
				       "sed 1,2d | grep '^|' | grep -vE '\\| `test' || true"),
			    "");
}

/* The guide leads nobody astray: what it names is there, below src or where it says. */
static void
test_the_readers_guide_names_files_that_exist(void **state)
{
	(void)state;
	assert_string_equal(
		shell_says("cd src && for f in $(grep -oE '`[a-z_./]+`' README.md | tr -d '`' | "
			   "grep -E '\\.[ch]$|/$|\\.sh$'); do case $f in tests/*) f=../$f ;; esac; "
			   "[ -e $f ] || [ -n \"$(find . -name \"$f\")\" ] || echo $f; done"),
		"");
}

/* Each example says what it is, stands in the table, and is built and run by a test of its name. */
static void
test_every_example_is_explained_and_run(void **state)
{
	(void)state;
	assert_string_equal(
		shell_says("for e in examples/*/; do e=${e%/}; n=${e#examples/}; "
			   "[ -s $e/README.md ] && head -n 1 $e/README.md | grep -q '^# ' "
			   "|| echo $e: no "
			   "README; "
			   "grep -qF \"[$n]($e)\" README.md || echo $e: not in README.md; "
			   "f=$(echo $n | tr - _); grep -qE "
			   "\"^(example_)?${f%%_derived}(_works)?\\(\\)\" "
			   "tests/container/examples*.sh || echo $e: no test; done"),
		"");
	assert_true(strtol(shell_says("ls -d examples/*/ | wc -l"), NULL, 10) >= 12);
}

/* Lowered by whoever makes the house smaller; a line that is raised has its reason in the commit. */
static void
test_no_part_of_the_house_outgrows_its_budget(void **state)
{
	(void)state;
	assert_string_equal(
		shell_says("tests/house/count | join - tests/house/budget | "
			   "awk '$2 > $3 { print $1 \" has \" $2 \" lines, more than \" $3 }'"),
		"");
	assert_string_equal(shell_says("tests/house/count | join - tests/house/budget | wc -l"),
			    "4\n");
}

/* The linker's own list of what it threw away, but for libraries. */
static void
test_what_ships_has_no_function_that_only_tests_call(void **state)
{
	(void)state;
	assert_string_equal(shell_says("sed -n \"s,.*section '.text.\\([^']*\\)' in file "
				       "'build/musl/.*,\\1,p\" build/musl/stepdown.unused"),
			    "");
	assert_true(strtol(shell_says("grep -c 'removing unused' build/musl/stepdown.unused"), NULL,
			   10) > 10);
}

/* By the names that the kit itself uses; test_documents.c does so with the options. */
static void
test_the_kits_manual_names_every_command_and_check(void **state)
{
	(void)state;
	assert_string_equal(
		shell_says(
			"sed 's/\\\\//g' src/manual/stepdown-kit.1 >build/kit.plain\n"
			"for c in $(build/stepdown-kit --help | sed -n 's/^  \\([a-z]*\\) "
			".*/\\1/p'); do "
			"grep -qx \".SS $c\" build/kit.plain || echo \"command $c\"; done\n"
			"for c in $(sed -n 's/^\\t{\"\\([a-z-]*\\)\", .*/\\1/p' "
			"src/kit/audit/catalogue.c); do "
			"sed '1,/^.SH WHAT IS AUDITED/d; /^.SH EXCEPTIONS/,$d' build/kit.plain | "
			"grep -q '^.B.*'\"$c\" || echo \"check $c\"; done"),
		"");
	assert_true(strtol(shell_says("grep -c '^\t{\"' src/kit/audit/catalogue.c"), NULL, 10) >
		    20);
}

/* A shell that a signal ends runs no EXIT trap: what puts things back there has to catch the signals. */
static void
test_what_a_script_puts_back_at_its_end_it_puts_back_at_an_interrupt(void **state)
{
	(void)state;
	assert_string_equal(
		shell_says(
			"for f in $(grep -rlE --exclude-dir=services '^trap .* EXIT' tests src .ci); do "
			"for s in HUP INT TERM; do grep -qE \"^trap .* $s\" $f || echo \"$f $s\"; done; done"),
		"");
	assert_true(strtol(shell_says("grep -rlE '^trap .* EXIT' tests src .ci | wc -l"), NULL,
			   10) > 10);
}

static void
test_make_install_puts_everything_in_its_place(void **state)
{
	(void)state;
	shell_says("rm -rf build/installed && env -u MAKEFLAGS -u MAKELEVEL make "
		   "DESTDIR=build/installed PREFIX=/opt/x install >build/install.log 2>&1 || "
		   "{ cat build/install.log >&2; exit 1; }");
	assert_string_equal(
		shell_says("cd build/installed && find . -type f -printf '%m %P\n' | sort -k 2"),
		"755 opt/x/bin/stepdown-kit\n755 opt/x/sbin/stepdown\n"
		"644 opt/x/share/bash-completion/completions/stepdown\n"
		"644 opt/x/share/man/man1/stepdown-kit.1\n644 opt/x/share/man/man8/stepdown.8\n");
	shell_says("cmp build/stepdown build/installed/opt/x/sbin/stepdown && "
		   "build/installed/opt/x/bin/stepdown-kit --help >/dev/null");
}

static void
test_a_build_with_glibc_works_too(void **state)
{
	static struct outcome outcome;

	(void)state;
	shell_says("env -u MAKEFLAGS -u MAKELEVEL make -j2 LIBC=glibc build/glibc/stepdown "
		   ">build/glibc.log "
		   "2>&1 || { "
		   "cat build/glibc.log >&2; exit 1; }");
	run_words(&outcome, NULL, "build/glibc/stepdown", "-u", "4321:4321", "--", "id", "-u");
	assert_int_equal(outcome.status, 0);
	assert_string_equal(outcome.out, "4321\n");
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_dependencies_point_one_way),
		cmocka_unit_test(test_every_source_has_a_rule),
		cmocka_unit_test(test_what_decides_is_pure),
		cmocka_unit_test(test_no_header_has_the_name_of_one_of_libcs),
		cmocka_unit_test(test_no_source_comes_in_variants),
		cmocka_unit_test(test_steps_stand_in_the_order_that_was_tried),
		cmocka_unit_test(
			test_the_services_own_state_comes_after_root_and_before_the_filter),
		cmocka_unit_test(test_inherited_state_is_reset_before_the_set_up),
		cmocka_unit_test(test_verbose_says_each_step_of_the_dry_run),
		cmocka_unit_test(test_the_finished_file_is_static_hardened_and_small),
		cmocka_unit_test(test_the_finished_file_carries_its_filters),
		cmocka_unit_test(test_so_is_the_one_for_arm64),
		cmocka_unit_test(test_every_promise_names_a_test_that_exists),
		cmocka_unit_test(test_every_promise_names_a_test),
		cmocka_unit_test(test_the_readers_guide_names_files_that_exist),
		cmocka_unit_test(test_every_example_is_explained_and_run),
		cmocka_unit_test(test_no_part_of_the_house_outgrows_its_budget),
		cmocka_unit_test(test_what_ships_has_no_function_that_only_tests_call),
		cmocka_unit_test(test_the_kits_manual_names_every_command_and_check),
		cmocka_unit_test(
			test_what_a_script_puts_back_at_its_end_it_puts_back_at_an_interrupt),
		cmocka_unit_test(test_make_install_puts_everything_in_its_place),
		cmocka_unit_test(test_a_build_with_glibc_works_too),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
