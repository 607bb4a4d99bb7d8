/* SPDX-License-Identifier: MIT */
/*
 * The documents and the programs: the README and the kit's manual name the options of --help and no
 * others, and what a dry run prints is what the manual explains. That stepdown's own manual and its
 * completion have them all is seen to in test_refusals.c. What the documents tell their reader to do is
 * marked, as tests/fences says, and done by tests/container/documents.sh.
 */
#include "helpers/support.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

/* The long options of stepdown, one a line, from its own help. */
#define OF_STEPDOWN                                                                                \
	"build/stepdown --help | sed -n 's/^  .... \\?\\(--[a-z-]*\\).*/\\1/p' | sort -u"

/* Those that the kit's sources, its help or its manual speak of, whether there are any or not. */
#define OF_THE_KIT                                                                                 \
	"{ grep -rhoE '\"--[a-z-]+\"' src/kit; build/stepdown-kit --help; "                        \
	"sed 's/\\\\-/-/g' src/manual/stepdown-kit.1 | sed -n '/^.SH SYNOPSIS/,/^.SH DESC/p; "     \
	"/^.SH OPTIONS/,/^.SH WHAT A PROFILE/p' | grep '^\\.'; } | "                               \
	"grep -oE -e '--[a-z][a-z-]+' | sort -u"

/* The options that paragraphs of the kit's manual are about. */
#define EXPLAINED                                                                                  \
	"sed 's/\\\\-/-/g' src/manual/stepdown-kit.1 | sed -n '/^.SH OPTIONS/,/^.SH WHAT A "       \
	"PROFILE/p' | grep -A1 '^\\.TP$' | grep '^\\.B' | grep -oE -e '--[a-z][a-z-]+' | sort -u"

/* Prints each word of `words` that `file`, a file or a command, does not have as a word. */
static const char *
missing(const char *words, const char *file)
{
	static char script[2048];

	snprintf(script, sizeof(script),
		 "for o in $(%s); do %s | sed 's/\\\\-/-/g' | grep -qE -e "
		 "\"(^|[^a-z-])$o([^a-z-]|$)\" || "
		 "echo \"$o\"; done",
		 words, file);
	return shell_says(script);
}

static void
test_the_help_has_options_to_compare(void **state)
{
	(void)state;
	assert_string_equal(shell_says("test $(" OF_STEPDOWN " | wc -l) -ge 47 && echo yes"),
			    "yes\n");
	assert_string_equal(shell_says("test $(" OF_THE_KIT " | wc -l) -ge 25 && echo yes"),
			    "yes\n");
	assert_string_equal(shell_says("test $(" EXPLAINED " | wc -l) -ge 25 && echo yes"),
			    "yes\n");
	assert_string_equal(missing("echo --user --no-such", "cat README.md"), "--no-such\n");
}

static void
test_the_readme_names_every_option(void **state)
{
	(void)state;
	assert_string_equal(missing(OF_STEPDOWN, "cat README.md"), "");
}

/* What documents write down beside options of ours: engines', compilers', package managers'. */
#define OTHERS                                                                                     \
	"--build-arg|--cap-add|--cap-drop|--check|--chmod|--digests|--entrypoint|--from|"          \
	"--interval|--no-install-recommends|--privileged|--read-only|--rewrite|--rm|--save|"       \
	"--security-opt|--self-test|--single-child|--start-period|--strict|--timeout|--yes"

static void
test_no_document_names_an_option_that_is_not_there(void **state)
{
	(void)state;
	assert_string_equal(
		shell_says(
			"{ " OF_STEPDOWN "; " OF_THE_KIT "; } >build/options.known; "
			"for f in README.md SECURITY.md CHANGELOG.md Dockerfile.example "
			"src/README.md "
			"build/stepdown.8 src/manual/stepdown-kit.1; do "
			"sed 's/\\\\-/-/g' $f | grep -oE -e '(^|[^a-zA-Z0-9-])--[a-z][a-z0-9-]*' | "
			"grep -oE -e '--.*' | sort -u | grep -vxF -f build/options.known | "
			"grep -vxE -e '" OTHERS
			"' | sed \"s,^,$f: ,\"; done; rm build/options.known"),
		"");
}

/* Each command is asked for each option: the answer, and its line of the help, have to agree. */
static void
test_the_kits_help_shows_the_options_that_each_command_takes(void **state)
{
	(void)state;
	assert_string_equal(
		shell_says(
			"own=' '$(" OF_STEPDOWN " | tr '\\n' ' '); "
			"for c in $(build/stepdown-kit --help | sed -n 's/^  \\([a-z]\\+\\) "
			".*/\\1/p'); "
			"do help=$(build/stepdown-kit $c --help | sed '$d'); for o in $(" OF_THE_KIT
			"); do "
			"case $o in --help | --version) continue ;; --output) s=-o ;; --quiet) "
			"s=-q "
			";; "
			"*) s=$o ;; esac; "
			"case $(build/stepdown-kit $c $o 2>&1 </dev/null) in *'no such option'* | "
			"*'neither an option'* | *'has no place here'*) takes=no ;; "
			"*'and nothing else'*) takes=$([ $o = --output ] && echo yes || echo no) "
			";; "
			"*) takes=yes ;; esac; "
			"if echo \"$help\" | grep -qE -e \"(^|[^a-z-])$s([^a-z-]|$)\"; then "
			"shows=yes; "
			"else shows=no; fi; "
			"case \"$c $own\" in learn*' '$o' '* | check*' '$o' '*) [ $shows = yes ] "
			"|| "
			"continue ;; esac; "
			"[ $takes = $shows ] || echo \"$c $o: takes it: $takes, shows it: "
			"$shows\"; "
			"done; done"),
		"");
}

static void
test_the_kits_manual_explains_every_option_of_its_help(void **state)
{
	(void)state;
	assert_string_equal(
		shell_says("build/stepdown-kit --help | sed 's/for stepdown --seccomp//' | "
			   "grep -oE -e '--[a-z][a-z-]+' | sort -u "
			   ">build/options.help; " EXPLAINED " >build/options.explained; "
			   "grep -vxF -f build/options.explained build/options.help; "
			   "rm build/options.help build/options.explained"),
		"");
	assert_string_equal(
		missing("build/stepdown-kit --help | sed 's/for stepdown --seccomp//' | "
			"grep -oE -e '--[a-z][a-z-]+' | sort -u | grep -vxE -e '--help|--version'",
			"sed -n '/^.SH SYNOPSIS/,/^.SH DESC/p' src/manual/stepdown-kit.1"),
		"");
}

/* Every paragraph begins one, or its head runs on in the text of the paragraph before. */
static void
test_the_kits_manual_sets_every_option_and_command_apart(void **state)
{
	(void)state;
	assert_string_equal(
		shell_says(
			"sed 's/\\\\-/-/g' src/manual/stepdown-kit.1 | awk '/^\\.SH/ { part = $2 } "
			"part == \"OPTIONS\" && /^\\.B[IR]? -/ && before !~ /^\\.TP/ { print } "
			"part == \"SYNOPSIS\" && /^\\.B stepdown-kit/ && before !~ /^\\.(br|SH)/ { "
			"print } "
			"{ before = $0 }'"),
		"");
}

static void
test_the_manual_explains_every_key_of_a_dry_run(void **state)
{
	(void)state;
	assert_string_equal(
		shell_says("build/stepdown --dry-run -q -u 4321 --tz Europe/Ljubljana --certs warn "
			   "--ulimit core=0 --oom-score-adj 1000 --fs-ro / --net-bind 80 --init "
			   "always "
			   "-- true >build/dry-run && "
			   "sed 's/\\\\-/-/g; s/\\\\fR.*//' build/stepdown.8 | "
			   "sed -n '/^.SH DRY RUN/,/^.SH EXIT/p' >build/dry-run.manual && "
			   "for k in $(sed 's/=.*//; s/^\\(env\\|rlimit\\|from\\)\\..*/\\1./' "
			   "build/dry-run "
			   "| sort -u); do grep -qF -e \"$k\" build/dry-run.manual || echo \"$k\"; "
			   "done; "
			   "rm build/dry-run build/dry-run.manual"),
		"");
}

#define DOCUMENTS                                                                                  \
	"$(find . -name '*.md' ! -path './build/*') src/manual/stepdown.8.in src/manual/stepdown-kit.1"

static void
test_every_block_of_the_documents_is_run_or_says_why_not(void **state)
{
	(void)state;
	assert_string_equal(shell_says("tests/fences check " DOCUMENTS " || true"), "");
	assert_true(strtol(shell_says("tests/fences list " DOCUMENTS
				      " | grep -cE ' (sh|dockerfile) run$'"),
			   NULL, 10) >= 20);
}

/* What a block looks like that must not pass, and what the check says of it. */
static void
test_a_block_without_a_mark_is_found(void **state)
{
	static const struct {
		const char *text, *says;
	} rows[] = {
		{"```sh run\nmake\n```\n", ""},
		{"```text\nlines\n```\n", ""},
		{"```sh not-run=needs a cluster\nkubectl apply\n```\n", ""},
		{"```dockerfile run\nFROM scratch\n```\n", ""},
		{"- a list\n\n  ```sh run\n  make\n  ```\n", ""},
		{"```sh\nmake\n```\n", ":1: no mark"},
		{"```\nmake\n```\n", ":1: no mark"},
		{"- a list\n\n  ```sh\n  make\n  ```\n", ":3: no mark"},
		{"```sh not-run=\nmake\n```\n", ":1: no mark"},
		{"```sh not-run\nmake\n```\n", ":1: no mark"},
		{"```sh run later\nmake\n```\n", ":1: no mark"},
		{"```bash run\nmake\n```\n", ":1: no mark"},
		{"```dockerfile\nFROM scratch\n```\n", ":1: no mark"},
		{"```text\nsudo make install\n```\n", ":2: a command"},
		{"```text\nENTRYPOINT [\"/x\"]\n```\n", ":2: a command"},
		{"```json\n{}\n$ docker run\n```\n", ":3: a command"},
		{"~~~sh run\nmake\n~~~\n", ":1: a fence of ~~~"},
		{"```sh run\nmake\n", ":1: a fence without"},
	};
	char script[512];

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
		snprintf(
			script, sizeof(script),
			"printf '%%s' '%s' >build/block.md; tests/fences check build/block.md || true",
			rows[i].text);
		if (*rows[i].says)
			assert_says(shell_says(script), rows[i].says);
		else
			assert_string_equal(shell_says(script), "");
	}
	assert_says(
		shell_says(
			"printf '.EX\nmake\n.EE\n' >build/block.1; tests/fences check build/block.1 || true"),
		":1: no mark");
	assert_string_equal(
		shell_says(
			"printf '.\\\\\" sh run\n.nf\n.RS\nmake \\\\-j \\\\(dqa\\\\(dq\n.RE\n.fi\n' >build/block.1; "
			"tests/fences check build/block.1 && tests/fences text build/block.1 2"),
		"make -j \"a\"\n");
	shell_says("rm build/block.md build/block.1");
}

static void
test_every_dockerfile_of_the_examples_is_built_by_its_readme(void **state)
{
	(void)state;
	assert_string_equal(shell_says("for d in examples/*/Dockerfile; do d=${d%/*}; "
				       "tests/fences list $d/README.md | while read -r f l m; do "
				       "[ \"$m\" != 'sh run' ] || tests/fences text $f $l; done | "
				       "grep -q \"^make .*docker.${d#*/}\\\\>\" || echo $d; done"),
			    "");
	assert_string_equal(
		shell_says(
			"sed -n 's/^#   \\(docker .*\\)/\\1/p' Dockerfile.example | grep -v '[\\]$' | "
			"while read -r l; do grep -qF \"$l\" README.md || "
			"echo \"$l\"; done"),
		"");
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_the_help_has_options_to_compare),
		cmocka_unit_test(test_the_readme_names_every_option),
		cmocka_unit_test(test_no_document_names_an_option_that_is_not_there),
		cmocka_unit_test(test_the_kits_help_shows_the_options_that_each_command_takes),
		cmocka_unit_test(test_the_kits_manual_explains_every_option_of_its_help),
		cmocka_unit_test(test_the_kits_manual_sets_every_option_and_command_apart),
		cmocka_unit_test(test_the_manual_explains_every_key_of_a_dry_run),
		cmocka_unit_test(test_every_block_of_the_documents_is_run_or_says_why_not),
		cmocka_unit_test(test_a_block_without_a_mark_is_found),
		cmocka_unit_test(test_every_dockerfile_of_the_examples_is_built_by_its_readme),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
