/* SPDX-License-Identifier: MIT */
/*
 * --certs and --ca-add of the shipped program: what the service gets is what --dry-run said, what
 * cannot be honoured is refused and changes nothing, and files that are hostile cost a bounded time
 * and give nothing away. Runs as root, in a sandbox.
 */
#include "helpers/support.h"
#include "unit/certs_sample.h"

#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <poll.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/fanotify.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include <cmocka.h>

enum { WORDS = 12, EXPECTED = 10, PATIENCE = 45 /* seconds; the reader's own deadline is 10 */ };

#define DEBIAN "/etc/ssl/certs/ca-certificates.crt"
#define ALPINE "/etc/ssl/cert.pem"
#define BUNDLE "/run/stepdown/ca-certificates.crt"
#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

/* --- what lies in the sandbox -------------------------------------------------------------------
 */

static void
give_up(const char *what)
{
	fprintf(stderr, "test: cannot %s: %s\n", what, strerror(errno));
	_exit(99);
}

static const char *
whole_path(const char *path)
{
	static char whole[2][4096];
	static unsigned turn;

	turn = !turn;
	snprintf(whole[turn], sizeof(whole[0]), "%s%s", sandbox_make(), path);
	return whole[turn];
}

static const char *
shell(const char *script)
{
	static struct outcome outcome;
	static char line[4096];

	snprintf(line, sizeof(line), "cd %s && %s", sandbox_make(), script);
	run_words(&outcome, NULL, "sh", "-c", line);
	if (outcome.status)
		fail_msg("%s: %d %s", script, outcome.status, outcome.err);
	return outcome.out;
}

static void
begin(void)
{
	shell("rm -rf etc/ssl etc/pki run certs var && mkdir -m 0755 run");
}

#define CURRENT .before = "200101000000Z", .after = "491231235959Z"
#define EXPIRED .before = "200101000000Z", .after = "210101000000Z"

static void
write_bundle(const char *path, unsigned serial, unsigned count, unsigned expired, unsigned mode)
{
	struct sample_text text = {NULL, 0};

	for (unsigned i = 0; i < count; i++)
		sample_add_certificate(&text, (struct sample){.serial = serial + i, CURRENT});
	for (unsigned i = 0; i < expired; i++)
		sample_add_certificate(&text, (struct sample){.serial = serial + 500 + i, EXPIRED});
	char *whole = calloc(text.size + 1, 1);

	assert_non_null(whole);
	memcpy(whole, text.at, text.size);
	sandbox_write(path, whole, mode);
	free(whole);
	free(text.at);
}

static void
has_debians(void)
{
	write_bundle(DEBIAN, 1, 5, 0, 0644);
}

static void
has_some_expired(void)
{
	write_bundle(DEBIAN, 1, 5, 2, 0644);
}

static void
has_alpines(void)
{
	write_bundle(ALPINE, 1, 3, 0, 0644);
}

static void
has_a_directory(void)
{
	write_bundle("/etc/ssl/certs/one.pem", 1, 1, 0, 0644);
	write_bundle("/etc/ssl/certs/two.pem", 2, 2, 0, 0644);
	shell("ln -s one.pem etc/ssl/certs/0a1b2c3d.0");
}

static void
has_its_own(void)
{
	write_bundle("/certs/own.pem", 1, 4, 0, 0644);
}

static void
has_nothing(void)
{
}

static void
has_additions(void)
{
	struct sample_bytes der;

	has_debians();
	write_bundle("/certs/more/one.pem", 100, 1, 0, 0644);
	/* One that the bundle has already is added once. */
	write_bundle("/certs/more/two.pem", 2, 1, 0, 0644);
	der = sample_make((struct sample){.serial = 102, CURRENT});
	int file =
		open(whole_path("/certs/one.der"), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0644);

	assert_true(file >= 0);
	assert_int_equal(write(file, der.at, der.size), der.size);
	close(file);
}

static void
has_only_additions(void)
{
	write_bundle("/certs/one.pem", 100, 1, 0, 0644);
}

static void
has_an_earlier_bundle(void)
{
	has_additions();
	write_bundle(BUNDLE, 1, 6, 0, 0444);
}

static void
has_an_earlier_bundle_of_the_users(void)
{
	has_an_earlier_bundle();
	shell("chown 10001 run/stepdown/ca-certificates.crt");
}

static void
has_an_earlier_bundle_that_is_a_link(void)
{
	has_an_earlier_bundle();
	shell("mv run/stepdown/ca-certificates.crt certs/it && "
	      "ln -s /certs/it run/stepdown/ca-certificates.crt");
}

static void
has_an_earlier_bundle_beside_others(void)
{
	has_an_earlier_bundle();
	shell("chmod 0777 run/stepdown");
}

static void
has_a_bundle_one_level_up(void)
{
	has_additions();
	write_bundle("/run/ca-certificates.crt", 1, 6, 0, 0444);
}

/* --- what the service gets ---------------------------------------------------------------------
 */

static void
as_user(void)
{
	if (setgroups(0, NULL) || setresgid(10001, 10001, 10001) || setresuid(10001, 10001, 10001))
		give_up("become a user");
}

struct start {
	const char *name;
	void (*make)(void);
	const char *options[WORDS];
	const char *variable; /* of the environment, or NULL */
	void (*enter)(void);
	const char *expected[EXPECTED]; /* lines of the probe; "!NAME" is a key that is not there */
	const char *said;               /* part of a line of --dry-run, or NULL */
	const char *warned;             /* part of what is said on standard error; NULL: nothing */
};

#define APP "-u", "app"
#define EVERYWHERE                                                                                 \
	"env.SSL_CERT_FILE=" BUNDLE, "env.NODE_EXTRA_CA_CERTS=" BUNDLE,                            \
		"env.REQUESTS_CA_BUNDLE=" BUNDLE, "env.CURL_CA_BUNDLE=" BUNDLE,                    \
		"env.GIT_SSL_CAINFO=" BUNDLE, "env.AWS_CA_BUNDLE=" BUNDLE

static const struct start starts[] = {
	{.name = "a place that OpenSSL does not know",
	 .make = has_debians,
	 .options = {APP, "--certs", "require"},
	 .expected = {"ca.bundle=" DEBIAN, "ca.certificates=5", "env.SSL_CERT_FILE=" DEBIAN,
		      "!env.CURL_CA_BUNDLE"}},
	{.name = "a place that all know",
	 .make = has_alpines,
	 .options = {APP, "--certs", "require"},
	 .expected = {"ca.bundle=" ALPINE, "ca.certificates=3", "!env.SSL_CERT_FILE"}},
	{.name = "a directory",
	 .make = has_a_directory,
	 .options = {APP, "--certs", "require"},
	 .expected = {"ca.bundle=/etc/ssl/certs", "ca.certificates=3", "!env.SSL_CERT_FILE",
		      "!env.SSL_CERT_DIR"}},
	{.name = "SSL_CERT_FILE",
	 .make = has_its_own,
	 .options = {APP, "--certs", "require"},
	 .variable = "SSL_CERT_FILE=/certs/own.pem",
	 .expected = {"ca.bundle=/certs/own.pem", "ca.certificates=4",
		      "env.SSL_CERT_FILE=/certs/own.pem"}},
	{.name = "SSL_CERT_DIR",
	 .make = has_its_own,
	 .options = {APP, "--certs", "require"},
	 .variable = "SSL_CERT_DIR=/certs",
	 .expected = {"ca.bundle=/certs", "ca.certificates=4", "env.SSL_CERT_DIR=/certs"}},
	{.name = "some have expired",
	 .make = has_some_expired,
	 .options = {APP, "--certs", "require"},
	 .expected = {"ca.bundle=" DEBIAN, "ca.certificates=7"},
	 .warned = "2 of 7 certificates have expired"},
	{.name = "nothing there",
	 .make = has_nothing,
	 .options = {APP, "--certs", "warn"},
	 .expected = {"ca.bundle=none", "ca.certificates=0", "!env.SSL_CERT_FILE"},
	 .warned = "install ca-certificates"},
	{.name = "a value that cannot be",
	 .make = has_nothing,
	 .options = {APP, "--certs", "warn"},
	 .variable = "SSL_CERT_FILE=own.pem",
	 .expected = {"env.SSL_CERT_FILE=own.pem"},
	 .warned = "SSL_CERT_FILE=own.pem is not an absolute path"},
	{.name = "off",
	 .make = has_debians,
	 .options = {APP, "--certs", "off"},
	 .expected = {"!env.SSL_CERT_FILE"}},
	{.name = "uid 0",
	 .make = has_debians,
	 .options = {"-u0:0", "--allow-root", "--certs", "require"},
	 .expected = {"uid=0", "ca.bundle=" DEBIAN},
	 .warned = "can be changed or replaced by uid 0"},
	{.name = "a user",
	 .make = has_debians,
	 .options = {"--certs", "require"},
	 .enter = as_user,
	 .expected = {"uid=10001", "ca.bundle=" DEBIAN, "ca.certificates=5",
		      "env.SSL_CERT_FILE=" DEBIAN}},
	{.name = "additions: a directory of PEM, a file of DER",
	 .make = has_additions,
	 .options = {APP, "--certs", "require", "--ca-add", "/certs/more", "--ca-add",
		     "/certs/one.der"},
	 .expected = {"ca.bundle=" BUNDLE, "ca.certificates=7", EVERYWHERE},
	 .said = "step=add the CA certificates"},
	{.name = "additions to nothing",
	 .make = has_only_additions,
	 .options = {APP, "--ca-add", "/certs/one.pem"},
	 .expected = {"ca.bundle=" BUNDLE, "ca.certificates=1", EVERYWHERE},
	 .said = "step=add the CA certificates",
	 .warned = "install ca-certificates"},
	{.name = "additions, with an init",
	 .make = has_additions,
	 .options = {APP, "--init", "always", "--subreaper", "--ca-add", "/certs/one.der"},
	 .expected = {"ca.bundle=" BUNDLE, "ca.certificates=6", EVERYWHERE}},
	{.name = "additions to what SSL_CERT_FILE names",
	 .make = has_additions,
	 .options = {APP, "--ca-add", "/certs/one.der"},
	 .variable = "SSL_CERT_FILE=/certs/more/one.pem",
	 .expected = {"ca.bundle=" BUNDLE, "ca.certificates=2", EVERYWHERE}},
	{.name = "additions beside a variable that names the image's bundle",
	 .make = has_additions,
	 .options = {APP, "--ca-add", "/certs/one.der"},
	 .variable = "REQUESTS_CA_BUNDLE=" DEBIAN,
	 .expected = {"ca.certificates=6", EVERYWHERE}},
	{.name = "additions beside a variable that names another bundle",
	 .make = has_additions,
	 .options = {APP, "--ca-add", "/certs/one.der"},
	 .variable = "REQUESTS_CA_BUNDLE=/certs/more/one.pem",
	 .expected = {"env.REQUESTS_CA_BUNDLE=/certs/more/one.pem", "env.SSL_CERT_FILE=" BUNDLE},
	 .warned = "REQUESTS_CA_BUNDLE stays /certs/more/one.pem"},
	{.name = "additions by a user",
	 .make = has_additions,
	 .options = {"--ca-add", "/certs/one.der"},
	 .enter = as_user,
	 .expected = {"!env.SSL_CERT_FILE"},
	 .said = "left_out=ca.bundle: --ca-add needs a start as root"},
	{.name = "additions of an earlier start, for a user",
	 .make = has_an_earlier_bundle,
	 .options = {"--certs", "require", "--ca-add", "/certs/one.der"},
	 .enter = as_user,
	 .expected = {"ca.bundle=" BUNDLE, "ca.certificates=6", EVERYWHERE}},
	{.name = "additions of an earlier start, beside the service",
	 .make = has_an_earlier_bundle,
	 .options = {APP, "--no-setup", "--certs", "require", "--ca-add", "/certs/one.der"},
	 .expected = {"ca.bundle=" BUNDLE, EVERYWHERE}},
	{.name = "no earlier start has added anything",
	 .make = has_additions,
	 .options = {APP, "--no-setup", "--ca-add", "/certs/one.der"},
	 .expected = {"!env.SSL_CERT_FILE"},
	 .said = "left_out=ca.bundle: --no-setup"},
	{.name = "an earlier bundle that is not root's",
	 .make = has_an_earlier_bundle_of_the_users,
	 .options = {APP, "--no-setup", "--ca-add", "/certs/one.der"},
	 .expected = {"!env.SSL_CERT_FILE"},
	 .said = "left_out=ca.bundle: --no-setup"},
	{.name = "an earlier bundle that is a link",
	 .make = has_an_earlier_bundle_that_is_a_link,
	 .options = {APP, "--no-setup", "--ca-add", "/certs/one.der"},
	 .expected = {"!env.SSL_CERT_FILE"},
	 .said = "left_out=ca.bundle: --no-setup"},
	{.name = "an earlier bundle where others write",
	 .make = has_an_earlier_bundle_beside_others,
	 .options = {APP, "--no-setup", "--ca-add", "/certs/one.der"},
	 .expected = {"!env.SSL_CERT_FILE"},
	 .said = "left_out=ca.bundle: --no-setup"},
	{.name = "a bundle one level up",
	 .make = has_a_bundle_one_level_up,
	 .options = {APP, "--no-setup", "--ca-add", "/certs/one.der"},
	 .expected = {"!env.SSL_CERT_FILE"},
	 .said = "left_out=ca.bundle: --no-setup"},
	{.name = "no set-up, nothing to look for",
	 .make = has_nothing,
	 .options = {APP, "--no-setup", "--certs", "require"},
	 .expected = {"!env.SSL_CERT_FILE"}},
};

static void
run_start(const struct start *start, const char *extra, const char *command,
	  struct outcome *outcome)
{
	const char *argv[WORDS + 6] = {"/sbin/stepdown"};
	const char *const environment[] = {"PATH=/bin", start->variable, NULL};
	unsigned count = 1;

	if (extra)
		argv[count++] = extra;
	for (unsigned i = 0; i < WORDS && start->options[i]; i++)
		argv[count++] = start->options[i];
	argv[count++] = "--";
	argv[count++] = command;
	run_program(&(struct run){.argv = argv,
				  .environment = environment,
				  .root = sandbox_make(),
				  .enter = start->enter},
		    outcome);
}

/* Every file, with all that a change would show in. */
static void
take_stock(char *stock)
{
	snprintf(stock, OUTPUT_SIZE, "%s",
		 shell("find . -xdev -path ./proc -prune -o -printf "
		       "'%p %y %i %m %U %G %n %s %T@ %C@\\n' | sort"));
}

static void
assert_expected(const struct start *start, const char *lines)
{
	for (unsigned e = 0; e < EXPECTED && start->expected[e]; e++) {
		const char *expected = start->expected[e];

		if (expected[0] == '!' ? value_of(lines, expected + 1) != NULL
				       : !has_line(lines, expected))
			fail_msg("%s: %s is not so in\n%s", start->name, expected, lines);
	}
}

static void
test_the_service_gets_the_certificates_that_the_dry_run_said(void **state)
{
	static struct outcome said, got;
	static char before[OUTPUT_SIZE], after[OUTPUT_SIZE];

	(void)state;
	for (size_t i = 0; i < COUNT(starts); i++) {
		const struct start *start = &starts[i];

		begin();
		start->make();
		take_stock(before);
		run_start(start, "--dry-run", "probe", &said);
		take_stock(after);
		assert_string_equal(before, after);
		run_start(start, NULL, "probe", &got);
		if (said.status || got.status)
			fail_msg("%s: %d %s%d %s", start->name, said.status, said.err, got.status,
				 got.err);
		assert_expected(start, got.out);
		assert_same_keys(said.out, got.out);
		if (start->said)
			assert_says(said.out, start->said);
		else if (strstr(said.out, "left_out=") && !start->enter)
			fail_msg("%s: %s", start->name, said.out);
		if (start->warned)
			assert_says(got.err, start->warned);
		else if (got.err[0])
			fail_msg("%s: %s", start->name, got.err);
		assert_string_equal(said.err, got.err);
	}
}

/* A second start finds what it would write, and leaves it alone; nothing ever grows. */
static void
test_a_restart_writes_nothing(void **state)
{
	static const struct start start = {
		.options = {APP, "--ca-add", "/certs/more", "--ca-add", "/certs/one.der"}};
	static struct outcome outcome;
	static char before[OUTPUT_SIZE], after[OUTPUT_SIZE];

	(void)state;
	begin();
	has_additions();
	run_start(&start, NULL, "probe", &outcome);
	assert_int_equal(outcome.status, 0);
	take_stock(before);
	assert_says(before, "./run/stepdown/ca-certificates.crt f");
	for (unsigned i = 0; i < 2; i++) {
		run_start(&start, NULL, "probe", &outcome);
		assert_int_equal(outcome.status, 0);
		take_stock(after);
		assert_string_equal(before, after);
	}
	/* What somebody spoiled is made anew. */
	shell("chmod 0666 run/stepdown/ca-certificates.crt && echo "
	      ">>run/stepdown/ca-certificates.crt");
	run_start(&start, NULL, "probe", &outcome);
	assert_int_equal(outcome.status, 0);
	assert_string_equal(value_of(outcome.out, "ca.certificates"), "7");
	assert_string_equal(shell("stat -c '%a %u %h' run/stepdown/ca-certificates.crt"),
			    "444 0 1\n");
}

static void
test_verbose_says_what_was_found(void **state)
{
	static const struct start start = {
		.options = {APP, "-v", "--certs", "warn", "--ca-add", "/certs/one.der"}};
	static struct outcome outcome;

	(void)state;
	begin();
	has_additions();
	run_start(&start, NULL, "probe", &outcome);
	assert_int_equal(outcome.status, 0);
	assert_says(outcome.err, "5 certificates in '" DEBIAN "', 0 expired, 0 not valid yet, the "
				 "first of the others expires on 2049-12-31\n");
	assert_says(outcome.err, "1 certificates in '/certs/one.der'");
	/* As root, before any of it is given up. */
	const char *added = strstr(outcome.err, "stepdown: add the CA certificates: done\n");

	assert_non_null(added);
	assert_true(strstr(outcome.err, "hand the standard streams to the user: done") < added);
	assert_true(strstr(outcome.err, "set the supplementary groups: done") > added);
}

/* --- what is refused ----------------------------------------------------------------------------
 */

static void
has_a_fifo(void)
{
	shell("mkdir -p etc/ssl/certs && mkfifo -m 0666 etc/ssl/certs/ca-certificates.crt");
}

static void
has_a_device(void)
{
	shell("mkdir -p etc/ssl/certs && mknod -m 0666 etc/ssl/certs/ca-certificates.crt c 1 5");
}

static void
has_a_huge_file(void)
{
	shell("mkdir -p etc/ssl/certs && truncate -s 100M etc/ssl/certs/ca-certificates.crt");
}

static void
has_a_crowded_directory(void)
{
	shell("mkdir -p certs/more && cd certs/more && seq 5000 | xargs touch");
	has_debians();
}

static void
has_only_expired(void)
{
	write_bundle(DEBIAN, 1, 0, 3, 0644);
}

static void
has_roots_alone(void)
{
	write_bundle(DEBIAN, 1, 3, 0, 0600);
}

/* Depth, length and counts that lie, blocks without an end, and lines without one. */
static void
has_nonsense(void)
{
	shell("mkdir -p etc/ssl/certs && { "
	      "echo -----BEGIN CERTIFICATE-----; head -c 3000000 /dev/zero | tr '\\0' 0; echo; "
	      "echo -----END CERTIFICATE-----; "
	      "echo -----BEGIN CERTIFICATE-----; "
	      "head -c 60000 /dev/zero | tr '\\0' '0' | base64; echo -----END CERTIFICATE-----; "
	      "for i in $(seq 20000); do echo -----BEGIN CERTIFICATE-----; done; "
	      "head -c 1000000 /dev/urandom; echo; "
	      "echo -----BEGIN CERTIFICATE-----; printf MIAw; } "
	      ">etc/ssl/certs/ca-certificates.crt");
	write_bundle("/certs/good.pem", 1, 1, 0, 0644);
}

static void
adds_the_unreadable(void)
{
	has_debians();
	write_bundle("/certs/one.pem", 100, 1, 0, 0600);
}

static void
adds_a_key(void)
{
	has_debians();
	sandbox_write("/certs/one.pem",
		      "-----BEGIN PRIVATE KEY-----\nMIAw\n-----END PRIVATE KEY-----\n", 0644);
}

static void
adds_the_malformed(void)
{
	has_additions();
	sandbox_write("/certs/more/three.pem",
		      "-----BEGIN CERTIFICATE-----\nMIAw\n-----END CERTIFICATE-----\n", 0644);
}

static void
adds_a_fifo(void)
{
	has_debians();
	shell("mkdir -p certs && mkfifo -m 0666 certs/one.pem");
}

static void
adds_a_device(void)
{
	has_debians();
	shell("mkdir -p certs && mknod -m 0666 certs/one.pem c 1 5");
}

static void
adds_a_huge_file(void)
{
	has_debians();
	shell("mkdir -p certs && truncate -s 100M certs/one.pem");
}

static void
adds_too_many(void)
{
	has_debians();
	/* Of 4 MB each, so that no single one of them is too large. */
	shell("mkdir -p certs/more && cd certs/more && for i in $(seq 20); do "
	      "truncate -s 4M $i; done");
}

static void
has_no_root_directory(void)
{
	has_additions();
	shell("chown 10001 run && mkdir -p -m 0777 etc/ssl/stepdown var && chown 7 var etc/ssl");
}

static const struct start refused[] = {
	{.name = "nothing",
	 .make = has_nothing,
	 .options = {APP, "--certs", "require"},
	 .said = "install ca-certificates"},
	{.name = "expired",
	 .make = has_only_expired,
	 .options = {APP, "--certs", "require"},
	 .said = "'" DEBIAN "' holds 3 certificates, of which 3 have expired"},
	{.name = "unreadable",
	 .make = has_roots_alone,
	 .options = {APP, "--certs", "require"},
	 .said = "uid 10001: '" DEBIAN "' cannot be read: Permission denied"},
	{.name = "SSL_CERT_FILE not there",
	 .make = has_nothing,
	 .options = {APP, "--certs", "require"},
	 .variable = "SSL_CERT_FILE=/none.pem",
	 .said = "'/none.pem', which SSL_CERT_FILE names"},
	{.name = "SSL_CERT_FILE relative",
	 .make = has_debians,
	 .options = {APP, "--certs", "require"},
	 .variable = "SSL_CERT_FILE=own.pem",
	 .said = "SSL_CERT_FILE=own.pem is not an absolute path; begin it with /"},
	{.name = "SSL_CERT_FILE a FIFO",
	 .make = has_a_fifo,
	 .options = {APP, "--certs", "require"},
	 .variable = "SSL_CERT_FILE=" DEBIAN,
	 .said = "is neither a regular file nor"},
	{.name = "a FIFO",
	 .make = has_a_fifo,
	 .options = {APP, "--certs", "require"},
	 .said = "is neither a regular file nor"},
	{.name = "a device",
	 .make = has_a_device,
	 .options = {APP, "--certs", "require"},
	 .said = "is neither a regular file nor"},
	{.name = "a huge file",
	 .make = has_a_huge_file,
	 .options = {APP, "--certs", "require"},
	 .said = "has 104857600 bytes, at most 8388608 are read"},
	{.name = "nonsense",
	 .make = has_nonsense,
	 .options = {APP, "--certs", "require"},
	 .said = "no valid CA certificate for uid 10001"},
	{.name = "additions to nonsense, required",
	 .make = has_nonsense,
	 .options = {APP, "--certs", "require", "--ca-add", "/certs/good.pem"},
	 .said = "no valid CA certificate for uid 10001"},
	{.name = "an addition that is not there",
	 .make = has_debians,
	 .options = {APP, "--ca-add", "/certs/one.pem"},
	 .said = "--ca-add /certs/one.pem cannot be read: No such file or directory; is it in the "
		 "image"},
	{.name = "an addition that is root's alone",
	 .make = adds_the_unreadable,
	 .options = {APP, "--ca-add", "/certs/one.pem"},
	 .said = "cannot be read: Permission denied; it is read as the service's user"},
	{.name = "an addition that is a key",
	 .make = adds_a_key,
	 .options = {APP, "--ca-add", "/certs/one.pem"},
	 .said = "holds no certificate; name a file or directory"},
	{.name = "an addition that is malformed in part",
	 .make = adds_the_malformed,
	 .options = {APP, "--ca-add", "/certs/more"},
	 .said = "2 certificates and 1 malformed ones; mend"},
	{.name = "an addition that is relative",
	 .make = has_additions,
	 .options = {APP, "--ca-add", "certs/one.der"},
	 .said = "--ca-add certs/one.der is not an absolute path"},
	{.name = "a FIFO as an addition",
	 .make = adds_a_fifo,
	 .options = {APP, "--ca-add", "/certs/one.pem"},
	 .said = "is neither a regular file nor"},
	{.name = "a device as an addition",
	 .make = adds_a_device,
	 .options = {APP, "--ca-add", "/certs/one.pem"},
	 .said = "is neither a regular file nor"},
	{.name = "a huge addition",
	 .make = adds_a_huge_file,
	 .options = {APP, "--ca-add", "/certs/one.pem"},
	 .said = "has 104857600 bytes, at most 8388608 are read"},
	{.name = "a huge directory",
	 .make = adds_too_many,
	 .options = {APP, "--ca-add", "/certs/more"},
	 .said = "bytes, at most 33554432 are read"},
	{.name = "a crowded directory",
	 .make = has_a_crowded_directory,
	 .options = {APP, "--ca-add", "/certs/more"},
	 .said = "is a directory of more than 4096 names"},
	{.name = "nowhere to write",
	 .make = has_no_root_directory,
	 .options = {APP, "--ca-add", "/certs/one.der"},
	 .said = "nowhere to write the bundle"},
	{.name = "nowhere to write, the cure",
	 .make = has_no_root_directory,
	 .options = {APP, "--ca-add", "/certs/one.der"},
	 .said = "mount a tmpfs on /run"},
	{.name = "another word",
	 .make = has_debians,
	 .options = {APP, "--certs", "always"},
	 .said = "--certs always is not one of off|warn|require"},
};

static void
test_bad_certificates_are_refused_in_time_and_change_nothing(void **state)
{
	static struct outcome outcome;
	static char before[OUTPUT_SIZE], after[OUTPUT_SIZE];

	(void)state;
	for (size_t i = 0; i < COUNT(refused); i++) {
		begin();
		refused[i].make();
		/* Too many names to list; that one is not about what is written. */
		bool crowded = refused[i].make == has_a_crowded_directory;

		if (!crowded)
			take_stock(before);
		time_t since = time(NULL);

		run_start(&refused[i], NULL, "probe", &outcome);
		if (time(NULL) - since > PATIENCE)
			fail_msg("%s: it took longer than %d s", refused[i].name, PATIENCE);
		if (outcome.status != 125 || outcome.out[0])
			fail_msg("%s: %d %s%s", refused[i].name, outcome.status, outcome.out,
				 outcome.err);
		assert_says(outcome.err, refused[i].said);
		assert_ptr_equal(strchr(outcome.err, '\n') + 1, strchr(outcome.err, 0));
		if (!crowded) {
			take_stock(after);
			assert_string_equal(before, after);
		}
	}
}

/* The same files are a word and no more where nothing depends on them. */
static void
test_hostile_files_do_not_hold_up_a_start_that_only_warns(void **state)
{
	void (*const made[])(void) = {has_a_fifo,       has_a_device,    has_a_huge_file,
				      has_only_expired, has_roots_alone, has_nonsense};
	static const struct start start = {.options = {APP, "--certs", "warn"}};
	static struct outcome outcome;

	(void)state;
	for (size_t i = 0; i < COUNT(made); i++) {
		begin();
		made[i]();
		time_t since = time(NULL);

		run_start(&start, NULL, "true-or-probe", &outcome);
		assert_int_equal(outcome.status, 127);
		assert_says(outcome.err, "warning: no valid CA certificate for uid 10001");
		assert_true(time(NULL) - since <= PATIENCE);
	}
}

/* --- attacks ------------------------------------------------------------------------------------
 */

#define SECRET "the-word-that-nobody-may-read"

/*
 * Root writes a file that all can read, out of files that others choose: nothing may get into it
 * that its readers could not have read themselves, and of what they could nothing but certificates.
 */
static void
test_a_link_to_a_secret_leaks_nothing(void **state)
{
	static const struct start direct = {.options = {APP, "--ca-add", "/certs/link.pem"}};
	static const struct start beside = {.options = {APP, "--ca-add", "/certs"}};
	static struct outcome outcome;

	(void)state;
	begin();
	has_debians();
	/* A certificate of root's own with its key, as they lie in one file often. */
	write_bundle("/etc/ssl/private/server.pem", 300, 1, 0, 0600);
	shell("echo " SECRET " >>etc/ssl/private/server.pem && mkdir certs && "
	      "ln -s /etc/ssl/private/server.pem certs/link.pem");
	run_start(&direct, NULL, "probe", &outcome);
	assert_int_equal(outcome.status, 125);
	assert_says(outcome.err, "Permission denied");
	assert_string_equal(shell("ls run"), "");

	/* Beside a good one it is left out, and said. */
	write_bundle("/certs/good.pem", 100, 1, 0, 0644);
	shell("{ echo " SECRET "; echo '-----BEGIN PRIVATE KEY-----'; echo " SECRET " | base64; "
	      "echo '-----END PRIVATE KEY-----'; } >>certs/good.pem");
	run_start(&beside, NULL, "probe", &outcome);
	assert_int_equal(outcome.status, 0);
	assert_says(outcome.err, "--ca-add /certs: 1 entries were left out");
	assert_string_equal(value_of(outcome.out, "ca.certificates"), "6");
	assert_string_equal(shell("grep -c -e " SECRET " -e PRIVATE -e \"$(echo " SECRET
				  " | base64)\" run/stepdown/ca-certificates.crt || :"),
			    "0\n");
	/* Markers, base64, and nothing else. */
	assert_string_equal(
		shell("grep -cvE '^(-----(BEGIN|END) CERTIFICATE-----|[A-Za-z0-9+/=]+)$' "
		      "run/stepdown/ca-certificates.crt || :"),
		"0\n");
}

/* Holds the reader at the file that it opens, kills it or lets it hang, and looks on. */
static void
hold_reader(bool kills, int64_t *seconds, struct outcome *outcome)
{
	static const struct start start = {.options = {APP, "--certs", "require"}};
	struct fanotify_event_metadata event = {.fd = -1};
	time_t since = time(NULL);
	int ends[2];

	begin();
	has_debians();
	assert_int_equal(pipe(ends), 0);
	int events = fanotify_init(FAN_CLASS_CONTENT | FAN_CLOEXEC, O_RDONLY | O_CLOEXEC);

	assert_true(events >= 0);
	assert_int_equal(
		fanotify_mark(events, FAN_MARK_ADD, FAN_OPEN_PERM, AT_FDCWD, whole_path(DEBIAN)),
		0);
	pid_t holder = fork();

	assert_true(holder >= 0);
	if (holder == 0) {
		/* Never answers; the one who waits is killed, by us or by stepdown. */
		if (read(events, &event, sizeof(event)) != sizeof(event))
			_exit(1);
		if (kills && kill(event.pid, SIGKILL))
			_exit(1);
		close(ends[1]);
		pause();
		_exit(0);
	}
	close(ends[1]);
	close(events);
	run_start(&start, NULL, "probe", outcome);
	*seconds = time(NULL) - since;
	kill(holder, SIGKILL);
	waitpid(holder, NULL, 0);
	close(ends[0]);
}

static void
test_a_reader_that_dies_or_hangs_is_a_refusal_in_time(void **state)
{
	static struct outcome outcome;
	int64_t seconds;

	(void)state;
	hold_reader(true, &seconds, &outcome);
	assert_int_equal(outcome.status, 125);
	assert_string_equal(outcome.out, "");
	assert_says(outcome.err, "the reader ended before its answer did");
	hold_reader(false, &seconds, &outcome);
	assert_int_equal(outcome.status, 125);
	assert_string_equal(outcome.out, "");
	assert_says(outcome.err, "the reader did not answer in time");
	assert_true(seconds <= PATIENCE);
}

/* A full file system: what was there stays, and half a bundle is never seen. */
static void
test_a_full_file_system_leaves_the_old_bundle(void **state)
{
	static const struct start first = {.options = {APP, "--ca-add", "/certs/one.der"}};
	static const struct start second = {
		.options = {APP, "--ca-add", "/certs/one.der", "--ca-add", "/certs/many.pem"}};
	static struct outcome outcome;
	static char before[OUTPUT_SIZE], after[OUTPUT_SIZE];

	(void)state;
	begin();
	has_additions();
	write_bundle("/certs/many.pem", 200, 100, 0, 0644);
	assert_int_equal(mount("run", whole_path("/run"), "tmpfs", 0, "size=16k,mode=0755"), 0);
	run_start(&first, NULL, "probe", &outcome);
	assert_int_equal(outcome.status, 0);
	snprintf(before, sizeof(before), "%s",
		 shell("find run -printf '%p %i %m %s %T@\\n'; "
		       "sha256sum "
		       "run/stepdown/*"));
	run_start(&second, NULL, "probe", &outcome);
	snprintf(after, sizeof(after), "%s",
		 shell("find run -printf '%p %i %m %s %T@\\n'; "
		       "sha256sum "
		       "run/stepdown/*"));
	assert_int_equal(umount(whole_path("/run")), 0);
	assert_int_equal(outcome.status, 125);
	assert_string_equal(outcome.out, "");
	assert_says(outcome.err, "cannot add the CA certificates");
	assert_says(outcome.err, "No space left on device; mount a tmpfs");
	/* The directory's own time has changed, since the unfinished one was made and removed. */
	assert_says(after, strstr(before, "run/stepdown/ca-certificates.crt"));
	assert_null(strstr(after, ".new"));
}

/* --- what it costs ------------------------------------------------------------------------------
 */

/* The system calls of a start, by name and in their order, are left in `list`. */
static unsigned
count_calls(const char *const *options, const char *list)
{
	const char *argv[WORDS + 10] = {
		"strace",        "-f", "-o", "build/tests/certs.strace", "chroot", sandbox_make(),
		"/sbin/stepdown"};
	static struct outcome outcome;
	unsigned count = 7;

	for (unsigned i = 0; options[i]; i++)
		argv[count++] = options[i];
	argv[count++] = "--";
	argv[count++] = "probe";
	run_program(&(struct run){.argv = argv}, &outcome);
	if (outcome.status)
		fail_msg("strace: %d %s", outcome.status, outcome.err);
	/* A rename or a mount anywhere on the machine makes openat2 say EAGAIN, and it is asked
	 * again. */
	run_words(&outcome, NULL, "sh", "-c",
		  "sed -n '/execve(\"\\/sbin\\/stepdown\"/,/execve(\"[^\"]*probe\"/p' "
		  "build/tests/certs.strace | grep -v ' = -1 EAGAIN ' | "
		  "sed 's/^[0-9]* *//; s/(.*//' >\"$0\"; wc -l <\"$0\"",
		  list);
	return (unsigned)strtoul(outcome.out, NULL, 10);
}

static void
test_a_start_that_does_not_ask_pays_nothing(void **state)
{
	static const char *const plain[] = {APP, NULL};
	static const char *const off[] = {APP, "--certs", "off", NULL};
	static const char *const warn[] = {APP, "--certs", "warn", NULL};
	static struct outcome outcome;

	(void)state;
	begin();
	has_debians();
	unsigned calls = count_calls(plain, "build/tests/certs.plain");

	assert_in_range(calls, 20, 500);
	count_calls(off, "build/tests/certs.off");
	run_words(&outcome, NULL, "diff", "build/tests/certs.plain", "build/tests/certs.off");
	assert_string_equal(outcome.out, "");
	assert_int_equal(outcome.status, 0);
	assert_true(count_calls(warn, "build/tests/certs.warn") > calls + 20);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_the_service_gets_the_certificates_that_the_dry_run_said),
		cmocka_unit_test(test_a_restart_writes_nothing),
		cmocka_unit_test(test_verbose_says_what_was_found),
		cmocka_unit_test(test_bad_certificates_are_refused_in_time_and_change_nothing),
		cmocka_unit_test(test_hostile_files_do_not_hold_up_a_start_that_only_warns),
		cmocka_unit_test(test_a_link_to_a_secret_leaks_nothing),
		cmocka_unit_test(test_a_reader_that_dies_or_hangs_is_a_refusal_in_time),
		cmocka_unit_test(test_a_full_file_system_leaves_the_old_bundle),
		cmocka_unit_test(test_a_start_that_does_not_ask_pays_nothing),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
