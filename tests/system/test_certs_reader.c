/* SPDX-License-Identifier: MIT */
/* The reader child against files that mean harm, as the service's user. Needs root. */
#include "setup/certs_reader.h"

#include "certs_trial.h"

#include <errno.h>
#include <sys/socket.h>
#include <sys/sysmacros.h>
#include <sys/un.h>

#define SECRET "the-secret-of-root-in-a-file"

static struct certs_answer
ask(struct trial *trial)
{
	struct certs_answer answer;
	struct refusal why = {.text = ""};

	if (certs_read(&trial->request, &answer, &why) != 0)
		fail_msg("%s", why.text);
	return answer;
}

static void
test_the_first_good_place_is_found(void **state)
{
	struct trial trial;

	(void)state;
	trial_need_root();
	trial_begin(&trial);
	trial_write(&trial, "empty", "", 0);
	trial_write_bundle(&trial, "good", 1, 3);
	trial_write_bundle(&trial, "later", 1, 5);
	trial_ask(&trial, "absent", CERTS_FILE);
	trial_ask(&trial, "empty", CERTS_FILE);
	trial_ask(&trial, "good", CERTS_FILE);
	trial_ask(&trial, "later", CERTS_FILE);
	struct certs_answer answer = ask(&trial);
	assert_int_equal(answer.found, 2);
	assert_int_equal(answer.report[0].error, ENOENT);
	assert_int_equal(answer.report[1].state, CERTS_READ);
	assert_int_equal(answer.report[2].certificates, 3);
	assert_int_equal(answer.report[2].earliest, 2082758400);
	assert_int_equal(answer.report[2].writable, 0);
	assert_int_equal(answer.report[3].state, CERTS_NOT_TRIED);
	assert_null(answer.handed); /* nobody asked */
	trial_end(&trial);
}

/* Who may read is decided by the service's ids, and by none of root's. */
static void
test_bundles_are_read_as_the_service(void **state)
{
	static const struct {
		uid_t uid;
		gid_t gid;
		mode_t mode;
		bool readable;
	} rows[] = {
		{0, 0, 0600, false},
		{0, 0, 0040, false}, /* root's own group must not be left */
		{0, 0, 0004, true},
		{SERVICE_UID, 0, 0400, true},
		{0, SERVICE_GID, 0040, true},
		{0, SERVICE_GROUP, 0040, true}, /* a supplementary one */
		{0, SERVICE_GROUP + 1, 0040, false},
	};

	(void)state;
	trial_need_root();
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct trial trial;

		trial_begin(&trial);
		trial_write_bundle(&trial, "ca.pem", 1, 1);
		assert_int_equal(chown(trial_path(&trial, "ca.pem"), rows[i].uid, rows[i].gid), 0);
		assert_int_equal(chmod(trial_path(&trial, "ca.pem"), rows[i].mode), 0);
		trial_ask(&trial, "ca.pem", CERTS_FILE);
		struct certs_answer answer = ask(&trial);
		if ((answer.found == 0) != rows[i].readable)
			fail_msg("row %zu: found %d", i, answer.found);
		if (!rows[i].readable)
			assert_int_equal(answer.report[0].error, EACCES);
		trial_end(&trial);
	}
}

static void
make_socket(const char *path)
{
	struct sockaddr_un name = {.sun_family = AF_UNIX};
	int end = socket(AF_UNIX, SOCK_STREAM, 0);

	snprintf(name.sun_path, sizeof(name.sun_path), "%s", path);
	assert_int_equal(bind(end, (struct sockaddr *)&name, sizeof(name)), 0);
	assert_int_equal(chmod(path, 0666), 0);
	close(end);
}

static void
test_only_regular_files_are_opened(void **state)
{
	static const char *const names[] = {"fifo",      "zero",    "socket",
					    "directory", "to-fifo", "to-zero"};
	struct trial trial;

	(void)state;
	trial_need_root();
	trial_begin(&trial);
	umask(0);
	assert_int_equal(mkfifo(trial_path(&trial, "fifo"), 0666), 0);
	assert_int_equal(mknod(trial_path(&trial, "zero"), S_IFCHR | 0666, makedev(1, 5)), 0);
	umask(022);
	make_socket(trial_path(&trial, "socket"));
	trial_make_directory(&trial, "directory", 0755, 0);
	assert_int_equal(symlink("fifo", trial_path(&trial, "to-fifo")), 0);
	assert_int_equal(symlink("zero", trial_path(&trial, "to-zero")), 0);
	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		trial_ask(&trial, names[i], CERTS_FILE);
	}
	trial_write_bundle(&trial, "file", 1, 1);
	trial_ask(&trial, "file", CERTS_DIRECTORY);
	struct certs_answer answer = ask(&trial);
	assert_int_equal(answer.found, -1);
	for (size_t i = 0; i <= sizeof(names) / sizeof(names[0]); i++) {
		if (answer.report[i].state != CERTS_WRONG_KIND)
			fail_msg("place %zu: state %u", i, answer.report[i].state);
	}
	trial_end(&trial);
}

static void
test_what_cannot_be_opened_is_said(void **state)
{
	struct trial trial;

	(void)state;
	trial_need_root();
	trial_begin(&trial);
	trial_write_bundle(&trial, "file", 1, 1);
	assert_int_equal(symlink("loop", trial_path(&trial, "loop")), 0);
	assert_int_equal(symlink("nowhere", trial_path(&trial, "dangling")), 0);
	trial_make_directory(&trial, "closed", 0700, 0);
	trial_write_bundle(&trial, "closed/file", 1, 1);
	trial_ask(&trial, "loop", CERTS_FILE);
	trial_ask(&trial, "dangling", CERTS_FILE);
	trial_ask(&trial, "file/file", CERTS_FILE);
	trial_ask(&trial, "closed/file", CERTS_FILE);
	trial_ask(&trial, "closed", CERTS_DIRECTORY);
	struct certs_answer answer = ask(&trial);
	static const int errors[] = {ELOOP, ENOENT, ENOTDIR, EACCES, EACCES};
	for (size_t i = 0; i < sizeof(errors) / sizeof(errors[0]); i++) {
		assert_int_equal(answer.report[i].state, CERTS_CANNOT_OPEN);
		assert_int_equal(answer.report[i].error, errors[i]);
	}
	trial_end(&trial);
}

static void
test_sizes_and_counts_are_bounded(void **state)
{
	struct trial trial;

	(void)state;
	trial_need_root();
	trial_begin(&trial);
	trial_write_bundle(&trial, "huge", 1, 1);
	assert_int_equal(truncate(trial_path(&trial, "huge"), 1LL << 40), 0);
	trial_write_bundle(&trial, "many", 1, 10000);
	trial_make_directory(&trial, "crowded", 0755, 0);
	for (unsigned i = 0; i <= CERTS_ENTRIES_MAX; i++) {
		char name[32];

		snprintf(name, sizeof(name), "crowded/%u", i);
		trial_write(&trial, name, "", 0);
	}
	trial_make_directory(&trial, "fat", 0755, 0);
	for (unsigned i = 0; i < 5; i++) {
		char name[16];

		snprintf(name, sizeof(name), "fat/%u", i);
		trial_write_bundle(&trial, name, 1, 1);
		assert_int_equal(truncate(trial_path(&trial, name), CERTS_FILE_MAX), 0);
	}
	trial_ask(&trial, "huge", CERTS_FILE);
	trial_ask(&trial, "many", CERTS_FILE);
	trial_ask(&trial, "crowded", CERTS_DIRECTORY);
	trial_ask(&trial, "fat", CERTS_DIRECTORY);
	struct certs_answer answer = ask(&trial);
	assert_int_equal(answer.found, -1);
	assert_int_equal(answer.report[0].state, CERTS_TOO_LARGE);
	assert_int_equal(answer.report[0].limit, CERTS_FILE_MAX);
	assert_int_equal(answer.report[0].found, 1LL << 40);
	assert_int_equal(answer.report[1].state, CERTS_TOO_MANY);
	assert_int_equal(answer.report[1].limit, CERTS_COUNT_MAX);
	assert_int_equal(answer.report[1].found, 10000);
	assert_int_equal(answer.report[2].state, CERTS_TOO_CROWDED);
	assert_int_equal(answer.report[2].limit, CERTS_ENTRIES_MAX);
	assert_int_equal(answer.report[3].state, CERTS_TOO_LARGE);
	assert_int_equal(answer.report[3].limit, CERTS_DIRECTORY_MAX);
	trial_end(&trial);
}

static void
test_directories_are_read_one_level_deep_and_each_file_once(void **state)
{
	struct trial trial;

	(void)state;
	trial_need_root();
	trial_begin(&trial);
	trial_make_directory(&trial, "certs", 0755, 0);
	trial_write_bundle(&trial, "certs/one.pem", 1, 1);
	trial_write_bundle(&trial, "certs/two.pem", 2, 2);
	trial_write_bundle(&trial, "elsewhere.pem", 9, 1);
	trial_write(&trial, "certs/README", "text", 4);
	assert_int_equal(symlink("one.pem", trial_path(&trial, "certs/0a1b2c3d.0")), 0);
	assert_int_equal(symlink("../elsewhere.pem", trial_path(&trial, "certs/9.pem")), 0);
	trial_make_directory(&trial, "certs/deeper", 0755, 0);
	trial_write_bundle(&trial, "certs/deeper/x.pem", 20, 1);
	assert_int_equal(mkfifo(trial_path(&trial, "certs/fifo"), 0644), 0);
	trial_write_bundle(&trial, "certs/closed.pem", 30, 1);
	assert_int_equal(chmod(trial_path(&trial, "certs/closed.pem"), 0600), 0);
	trial_ask(&trial, "certs", CERTS_DIRECTORY);
	struct certs_answer answer = ask(&trial);
	assert_int_equal(answer.found, 0);
	assert_int_equal(answer.report[0].certificates, 4);
	assert_int_equal(answer.report[0].files, 4);
	assert_int_equal(answer.report[0].skipped, 3);
	trial_end(&trial);
}

static bool
contains(const struct certs_answer *answer, const void *bytes, size_t size)
{
	return answer->handed != NULL &&
	       memmem(answer->handed, answer->handed_size, bytes, size) != NULL;
}

static void
test_additions_are_handed_over_with_the_bundle(void **state)
{
	struct sample_bytes der = sample_make((struct sample){.serial = 50});
	struct trial trial;

	(void)state;
	trial_need_root();
	trial_begin(&trial);
	trial_write_bundle(&trial, "bundle", 1, 3);
	trial_write_bundle(&trial, "bad", 60, 1);
	trial_write_bundle(&trial, "added.pem", 3, 2); /* one of them is in the bundle */
	trial_write(&trial, "added.der", der.at, der.size);
	trial_make_directory(&trial, "added", 0755, 0);
	trial_write(&trial, "added/a.der", der.at, der.size);
	trial_write_bundle(&trial, "added/b.pem", 70, 2);
	trial_ask(&trial, "absent", CERTS_FILE);
	trial_ask(&trial, "bundle", CERTS_FILE);
	trial_ask(&trial, "bad", CERTS_FILE);
	unsigned pem = trial_ask(&trial, "added.pem", CERTS_ADDITION);
	trial_ask(&trial, "added.der", CERTS_ADDITION);
	unsigned directory = trial_ask(&trial, "added", CERTS_ADDITION);
	struct certs_answer answer = ask(&trial);
	assert_int_equal(answer.found, 1);
	assert_int_equal(answer.report[pem].certificates, 2);
	assert_int_equal(answer.report[directory].certificates, 3);
	assert_int_equal(answer.handed_count, 3 + 1 + 1 + 2);
	assert_true(contains(&answer, der.at, der.size));
	struct sample_bytes other = sample_make((struct sample){.serial = 60});
	assert_false(contains(&answer, other.at, other.size));
	certs_answer_release(&answer);
	assert_null(answer.handed);
	trial_end(&trial);
}

/* What a bad place held is not handed over with the good one. */
static void
test_only_the_good_place_is_handed_over(void **state)
{
	struct sample_bytes old =
		sample_make((struct sample){.serial = 5, .after = SAMPLE_YESTERDAY});
	struct sample_text text = {NULL, 0};
	struct trial trial;

	(void)state;
	trial_need_root();
	trial_begin(&trial);
	sample_add_certificate(&text, (struct sample){.serial = 5, .after = SAMPLE_YESTERDAY});
	trial_write(&trial, "expired", text.at, text.size);
	free(text.at);
	trial_write_bundle(&trial, "good", 1, 1);
	trial_write_bundle(&trial, "added", 2, 1);
	trial_ask(&trial, "expired", CERTS_FILE);
	trial_ask(&trial, "good", CERTS_FILE);
	trial_ask(&trial, "added", CERTS_ADDITION);
	struct certs_answer answer = ask(&trial);
	assert_int_equal(answer.found, 1);
	assert_int_equal(answer.handed_count, 2);
	assert_false(contains(&answer, old.at, old.size));
	certs_answer_release(&answer);
	trial_end(&trial);
}

/* What lies below a directory of another's may have been put there by him. */
static void
test_no_link_of_anothers_and_no_second_name_is_added(void **state)
{
	static const struct {
		uid_t owner;
		uint32_t certificates, skipped; /* of three: a file, a link and a second name */
		int error;                      /* of the link by itself */
	} rows[] = {{0, 3, 0, 0}, {SERVICE_UID, 1, 2, ELOOP}};

	(void)state;
	trial_need_root();
	for (size_t i = 0; i < 2; i++) {
		struct trial trial;

		trial_begin(&trial);
		trial_write_bundle(&trial, "bundle", 1, 3);
		trial_write_bundle(&trial, "elsewhere", 40, 1);
		trial_write_bundle(&trial, "other", 50, 1);
		trial_make_directory(&trial, "added", 0755, 0);
		trial_write_bundle(&trial, "added/own.pem", 60, 1);
		assert_int_equal(symlink("../elsewhere", trial_path(&trial, "added/link.pem")), 0);
		assert_int_equal(
			link(trial_path(&trial, "other"), trial_path(&trial, "added/second.pem")),
			0);
		assert_int_equal(chown(trial_path(&trial, "added"), rows[i].owner, 0), 0);
		trial_ask(&trial, "bundle", CERTS_FILE);
		trial_ask(&trial, "added", CERTS_ADDITION);
		trial_ask(&trial, "added/link.pem", CERTS_ADDITION);
		struct certs_answer answer = ask(&trial);
		assert_int_equal(answer.report[1].certificates, rows[i].certificates);
		assert_int_equal(answer.report[1].skipped, rows[i].skipped);
		assert_int_equal(answer.report[2].error, rows[i].error);
		certs_answer_release(&answer);
		trial_end(&trial);
	}
}

static void
test_a_secret_is_never_handed_over(void **state)
{
	static const char key[] =
		"-----BEGIN PRIVATE KEY-----\n" SECRET "\n-----END PRIVATE KEY-----\n";
	static const char posing[] = "-----BEGIN CERTIFICATE-----\nc2VjcmV0c2VjcmV0\n"
				     "-----END CERTIFICATE-----\n";
	struct sample_text text = {NULL, 0};
	struct trial trial;

	(void)state;
	trial_need_root();
	trial_begin(&trial);
	trial_write(&trial, "mine", SECRET, strlen(SECRET));
	trial_write(&trial, "roots", SECRET, strlen(SECRET));
	assert_int_equal(chmod(trial_path(&trial, "roots"), 0600), 0);
	assert_int_equal(symlink("mine", trial_path(&trial, "to-mine")), 0);
	assert_int_equal(symlink("roots", trial_path(&trial, "to-roots")), 0);
	sample_add_string(&text, SECRET "\n");
	sample_add_string(&text, key);
	sample_add_certificate(&text, (struct sample){.serial = 1});
	sample_add_string(&text, posing);
	sample_add_string(&text, SECRET "\n");
	trial_write(&trial, "mixed", text.at, text.size);
	free(text.at);
	trial_ask(&trial, "to-mine", CERTS_ADDITION);
	trial_ask(&trial, "to-roots", CERTS_ADDITION);
	trial_ask(&trial, "mixed", CERTS_ADDITION);
	struct certs_answer answer = ask(&trial);
	assert_int_equal(answer.report[0].state, CERTS_READ);
	assert_int_equal(answer.report[0].certificates, 0);
	assert_int_equal(answer.report[1].error, EACCES);
	assert_int_equal(answer.report[2].certificates, 1);
	assert_int_equal(answer.report[2].malformed, 1);
	assert_int_equal(answer.report[2].keys, 1);
	assert_int_equal(answer.handed_count, 1);
	assert_false(contains(&answer, SECRET, strlen(SECRET)));
	assert_false(contains(&answer, "secretsecret", 12));
	certs_answer_release(&answer);
	trial_end(&trial);
}

static void
test_more_than_one_bundle_can_hold_is_refused_with_numbers(void **state)
{
	struct trial trial;

	(void)state;
	trial_need_root();
	trial_begin(&trial);
	trial_write_bundle(&trial, "bundle", 1, 3000);
	trial_write_bundle(&trial, "added", 5000, 3000);
	trial_ask(&trial, "bundle", CERTS_FILE);
	trial_ask(&trial, "added", CERTS_ADDITION);
	struct certs_answer answer = ask(&trial);
	assert_int_equal(answer.found, 0);
	assert_int_equal(answer.report[1].state, CERTS_NO_ROOM);
	assert_int_equal(answer.report[1].limit, CERTS_HANDED_MAX);
	assert_int_equal(answer.handed_count, CERTS_COUNT_MAX);
	certs_answer_release(&answer);
	trial_end(&trial);
}

/* Debian's own bundle: every block is a certificate that we can read. */
static void
test_the_bundle_of_this_system_is_read_whole(void **state)
{
	static const char path[] = "/etc/ssl/certs/ca-certificates.crt";
	struct trial trial;
	char line[256];
	unsigned blocks = 0;

	(void)state;
	trial_need_root();
	FILE *bundle = fopen(path, "re");
	if (bundle == NULL)
		fail_msg("%s is not there: install ca-certificates", path);
	while (fgets(line, sizeof(line), bundle) != NULL)
		blocks += strncmp(line, "-----BEGIN CERTIFICATE-----", 27) == 0;
	fclose(bundle);
	trial_begin(&trial);
	trial.request.path[0] = (struct certs_path){path, CERTS_FILE, CERTS_BY_GO};
	trial.request.places = 1;
	struct certs_answer answer = ask(&trial);
	assert_int_equal(answer.found, 0);
	assert_int_equal(answer.report[0].certificates, blocks);
	assert_int_equal(answer.report[0].malformed, 0);
	trial_end(&trial);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_the_first_good_place_is_found),
		cmocka_unit_test(test_bundles_are_read_as_the_service),
		cmocka_unit_test(test_only_regular_files_are_opened),
		cmocka_unit_test(test_what_cannot_be_opened_is_said),
		cmocka_unit_test(test_sizes_and_counts_are_bounded),
		cmocka_unit_test(test_directories_are_read_one_level_deep_and_each_file_once),
		cmocka_unit_test(test_additions_are_handed_over_with_the_bundle),
		cmocka_unit_test(test_only_the_good_place_is_handed_over),
		cmocka_unit_test(test_no_link_of_anothers_and_no_second_name_is_added),
		cmocka_unit_test(test_a_secret_is_never_handed_over),
		cmocka_unit_test(test_more_than_one_bundle_can_hold_is_refused_with_numbers),
		cmocka_unit_test(test_the_bundle_of_this_system_is_read_whole),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
