/* SPDX-License-Identifier: MIT */
/* Where the bundle with the added certificates goes, and that it is written once and whole. */
#include "setup/certs_addition.h"
#include "setup/certs_bundle.h"
#include "setup/certs_count.h"
#include "setup/certs_reader.h"

#include "certs_trial.h"

#include <dirent.h>
#include <errno.h>
#include <time.h>

#define RUN "/run/stepdown/" CERTS_BUNDLE_NAME
#define ETC "/etc/ssl/stepdown/" CERTS_BUNDLE_NAME
#define VAR "/var/lib/stepdown/" CERTS_BUNDLE_NAME

/* The trial's directory stands for the root; `root` is a descriptor of it. */
struct place {
	struct trial trial;
	int root;
	struct certs_answer answer;
	unsigned char bytes[8192];
};

/* An answer that hands over `count` certificates. */
static void
hand_over(struct place *place, unsigned count)
{
	uint32_t length;

	place->answer = (struct certs_answer){.handed = place->bytes, .handed_count = count};
	for (unsigned i = 0; i < count; i++) {
		struct sample_bytes der = sample_make((struct sample){.serial = i});

		length = (uint32_t)der.size;
		memcpy(place->bytes + place->answer.handed_size, &length, sizeof(length));
		memcpy(place->bytes + place->answer.handed_size + sizeof(length), der.at, der.size);
		place->answer.handed_size += sizeof(length) + der.size;
	}
}

static void
place_begin(struct place *place)
{
	trial_need_root();
	trial_begin(&place->trial);
	place->root = open(place->trial.path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	assert_true(place->root >= 0);
	hand_over(place, 3);
}

static void
place_end(struct place *place)
{
	close(place->root);
	trial_end(&place->trial);
}

static void
write_bundle(struct place *place, const char *path)
{
	if (certs_addition_write(place->root, path, &place->answer) != 0)
		fail_msg("%s: %s", path, strerror(errno));
	assert_int_equal(certs_addition_check(place->root, path, &place->answer), 0);
}

static struct stat
look(struct place *place, const char *path)
{
	struct stat status;

	assert_int_equal(fstatat(place->root, path + 1, &status, AT_SYMLINK_NOFOLLOW), 0);
	return status;
}

static unsigned
count_entries(struct place *place, const char *directory)
{
	struct dirent **list;
	int count = scandir(trial_path(&place->trial, directory), &list, NULL, NULL);

	assert_true(count >= 2);
	for (int i = 0; i < count; i++)
		free(list[i]);
	free(list);
	return (unsigned)count - 2;
}

static void
test_an_empty_root_gets_a_bundle_that_everybody_can_read(void **state)
{
	struct place place;
	struct refusal why;
	mode_t mask;

	(void)state;
	place_begin(&place);
	mask = umask(077);
	const char *path = certs_addition_find(place.root, &why);
	assert_string_equal(path, RUN);
	assert_int_equal(count_entries(&place, "."), 0); /* nothing is changed yet */
	write_bundle(&place, path);
	umask(mask);
	assert_int_equal(look(&place, "/run").st_mode, S_IFDIR | 0755);
	assert_int_equal(look(&place, "/run/stepdown").st_mode, S_IFDIR | 0755);
	assert_int_equal(look(&place, RUN).st_mode, S_IFREG | 0444);
	assert_int_equal(look(&place, RUN).st_uid, 0);
	assert_int_equal(count_entries(&place, "run/stepdown"), 1);
	place_end(&place);
}

static void
test_the_bundle_holds_what_was_handed_over_and_nothing_else(void **state)
{
	struct certs_report report = {.state = CERTS_READ};
	static unsigned char room[8192], text[16384];
	struct certs_hoard hoard = {room, sizeof(room), 0, 0};
	struct place place;

	(void)state;
	place_begin(&place);
	write_bundle(&place, RUN);
	int file = openat(place.root, RUN + 1, O_RDONLY | O_CLOEXEC);
	ssize_t size = read(file, text, sizeof(text));
	close(file);
	assert_true(size > 0 && size < (ssize_t)sizeof(text));
	assert_int_equal(certs_count(text, (size_t)size, false, SAMPLE_NOW, &report, &hoard), 0);
	assert_int_equal(report.certificates, 3);
	assert_int_equal(hoard.size, place.answer.handed_size);
	assert_memory_equal(room, place.bytes, hoard.size);
	place_end(&place);
}

static void
test_a_restart_changes_nothing(void **state)
{
	struct place place;

	(void)state;
	place_begin(&place);
	write_bundle(&place, RUN);
	struct stat before = look(&place, RUN);
	for (unsigned i = 0; i < 3; i++)
		write_bundle(&place, RUN);
	struct stat after = look(&place, RUN);
	assert_int_equal(after.st_ino, before.st_ino);
	assert_memory_equal(&after.st_ctim, &before.st_ctim, sizeof(after.st_ctim));
	/* Others to add: the whole is made anew. */
	hand_over(&place, 5);
	assert_int_equal(certs_addition_check(place.root, RUN, &place.answer), -1);
	assert_int_equal(errno, EPROTO);
	write_bundle(&place, RUN);
	hand_over(&place, 2);
	write_bundle(&place, RUN);
	assert_int_equal(count_entries(&place, "run/stepdown"), 1);
	place_end(&place);
}

static void
leave_half_a_file(struct place *place)
{
	trial_write(&place->trial, "run/stepdown/." CERTS_BUNDLE_NAME ".new", "half", 4);
}

static void
leave_another_text(struct place *place)
{
	trial_write(&place->trial, "run/stepdown/" CERTS_BUNDLE_NAME, "other", 5);
	assert_int_equal(chmod(trial_path(&place->trial, RUN + 1), 0444), 0);
}

/* As long as the right one. */
static void
change_one_character(struct place *place)
{
	write_bundle(place, RUN);
	int file = open(trial_path(&place->trial, RUN + 1), O_WRONLY | O_CLOEXEC);
	assert_int_equal(pwrite(file, "/", 1, 300), 1);
	close(file);
}

static void
loosen_the_file(struct place *place)
{
	write_bundle(place, RUN);
	assert_int_equal(chmod(trial_path(&place->trial, RUN + 1), 0666), 0);
}

static void
give_the_file_away(struct place *place)
{
	write_bundle(place, RUN);
	assert_int_equal(chown(trial_path(&place->trial, RUN + 1), SERVICE_UID, 0), 0);
}

static void
link_the_file(struct place *place)
{
	write_bundle(place, RUN);
	assert_int_equal(
		link(trial_path(&place->trial, RUN + 1), trial_path(&place->trial, "second")), 0);
}

static void
put_a_symbolic_link(struct place *place)
{
	trial_write(&place->trial, "victim", "victim", 6);
	assert_int_equal(symlink("../../victim", trial_path(&place->trial, RUN + 1)), 0);
}

static void
put_a_symbolic_link_for_the_unfinished(struct place *place)
{
	trial_write(&place->trial, "victim", "victim", 6);
	assert_int_equal(
		symlink("../../victim",
			trial_path(&place->trial, "run/stepdown/." CERTS_BUNDLE_NAME ".new")),
		0);
}

static void
put_a_fifo(struct place *place)
{
	assert_int_equal(mkfifo(trial_path(&place->trial, RUN + 1), 0666), 0);
}

static void (*const leftovers[])(struct place *place) = {
	change_one_character, leave_half_a_file,
	leave_another_text,   loosen_the_file,
	give_the_file_away,   link_the_file,
	put_a_symbolic_link,  put_a_symbolic_link_for_the_unfinished,
	put_a_fifo,
};

static void
test_whatever_was_left_there_is_replaced(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(leftovers) / sizeof(leftovers[0]); i++) {
		struct place place;
		char victim[8];

		place_begin(&place);
		trial_make_directory(&place.trial, "run", 0755, 0);
		trial_make_directory(&place.trial, "run/stepdown", 0755, 0);
		leftovers[i](&place);
		if (certs_addition_check(place.root, RUN, &place.answer) == 0)
			fail_msg("leftover %zu passes for the bundle", i);
		write_bundle(&place, RUN);
		assert_int_equal(look(&place, RUN).st_mode, S_IFREG | 0444);
		assert_int_equal(look(&place, RUN).st_nlink, 1);
		assert_int_equal(count_entries(&place, "run/stepdown"), 1);
		int file = openat(place.root, "victim", O_RDONLY | O_CLOEXEC);
		if (file >= 0) {
			assert_int_equal(read(file, victim, sizeof(victim)), 6);
			assert_memory_equal(victim, "victim", 6);
			close(file);
		}
		place_end(&place);
	}
}

static void
test_a_directory_in_its_place_is_an_error(void **state)
{
	struct place place;

	(void)state;
	place_begin(&place);
	trial_make_directory(&place.trial, "run", 0755, 0);
	trial_make_directory(&place.trial, "run/stepdown", 0755, 0);
	trial_make_directory(&place.trial, RUN + 1, 0755, 0);
	assert_int_equal(certs_addition_write(place.root, RUN, &place.answer), -1);
	assert_int_equal(errno, EISDIR);
	assert_int_equal(count_entries(&place, "run/stepdown"),
			 1); /* no half-written file is left */
	place_end(&place);
}

static void
test_only_documented_paths_and_certificates_are_written(void **state)
{
	struct place place;

	(void)state;
	place_begin(&place);
	assert_int_equal(certs_addition_write(place.root, "/tmp/x", &place.answer), -1);
	assert_int_equal(errno, EINVAL);
	hand_over(&place, 0);
	assert_int_equal(certs_addition_write(place.root, RUN, &place.answer), -1);
	assert_int_equal(errno, ENODATA);
	assert_int_equal(count_entries(&place, "."), 0);
	place_end(&place);
}

struct unsafe_row {
	const char *what;
	mode_t run, own; /* modes of /run and /run/stepdown; 0: it is not there */
	uid_t run_uid, own_uid;
	const char *expected;
};

static const struct unsafe_row unsafe_rows[] = {
	{"root's", 0755, 0755, 0, 0, RUN},
	{"a sticky /run", 01777, 0, 0, 0, RUN},
	{"an open directory of ours", 0755, 0777, 0, 0, RUN}, /* as an emptyDir comes */
	{"a closed directory of ours", 0755, 0700, 0, 0, RUN},
	{"/run for everybody", 0777, 0, 0, 0, ETC},
	{"/run for a group", 0775, 0755, 0, 0, ETC},
	{"/run of the service", 0755, 0755, SERVICE_UID, 0, ETC},
	{"a closed /run", 0700, 0755, 0, 0, ETC},
	{"another one's directory", 01777, 0755, 0, SERVICE_UID, ETC},
};

static void
test_directories_that_are_not_roots_alone_are_passed_over(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(unsafe_rows) / sizeof(unsafe_rows[0]); i++) {
		const struct unsafe_row *row = &unsafe_rows[i];
		struct place place;
		struct refusal why;

		place_begin(&place);
		trial_make_directory(&place.trial, "run", row->run, row->run_uid);
		if (row->own != 0)
			trial_make_directory(&place.trial, "run/stepdown", row->own, row->own_uid);
		const char *path = certs_addition_find(place.root, &why);
		if (path == NULL || strcmp(path, row->expected) != 0)
			fail_msg("%s: %s", row->what, path != NULL ? path : why.text);
		write_bundle(&place, path);
		if (strcmp(path, RUN) == 0)
			assert_int_equal(look(&place, "/run/stepdown").st_mode, S_IFDIR | 0755);
		else if (certs_addition_write(place.root, RUN, &place.answer) == 0 ||
			 errno != EPERM)
			fail_msg("%s: was written to all the same", row->what);
		place_end(&place);
	}
}

static void
test_symbolic_links_are_not_followed(void **state)
{
	struct place place;
	struct refusal why;

	(void)state;
	place_begin(&place);
	trial_make_directory(&place.trial, "elsewhere", 0755, 0);
	assert_int_equal(symlink("elsewhere", trial_path(&place.trial, "run")), 0);
	trial_make_directory(&place.trial, "etc", 0755, 0);
	trial_make_directory(&place.trial, "etc/ssl", 0755, 0);
	assert_int_equal(symlink("../../elsewhere", trial_path(&place.trial, "etc/ssl/stepdown")),
			 0);
	assert_string_equal(certs_addition_find(place.root, &why), VAR);
	assert_int_equal(certs_addition_write(place.root, RUN, &place.answer), -1);
	assert_int_equal(certs_addition_write(place.root, ETC, &place.answer), -1);
	assert_int_equal(count_entries(&place, "elsewhere"), 0);
	place_end(&place);
}

/* What follows mounts things, in a namespace of its own; a number says which line was wrong. */
#define SHOULD(condition)                                                                          \
	do {                                                                                       \
		if (!(condition))                                                                  \
			return __LINE__ % 100 + 1;                                                 \
	} while (0)

static int
open_root(struct trial *trial)
{
	return open(trial->path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
}

static int
use_read_only_root(struct trial *trial)
{
	struct refusal why;

	SHOULD(mount(trial->path, trial->path, NULL, MS_BIND, NULL) == 0);
	SHOULD(mount(NULL, trial->path, NULL, MS_BIND | MS_REMOUNT | MS_RDONLY, NULL) == 0);
	int root = open_root(trial);
	SHOULD(certs_addition_find(root, &why) == NULL);
	SHOULD(strstr(why.text, RUN " ('run': Read-only file system)") != NULL);
	SHOULD(strstr(why.text, ETC) != NULL && strstr(why.text, VAR) != NULL);
	SHOULD(strstr(why.text, "docker run --tmpfs /run") != NULL);
	/* The cure that it names. */
	SHOULD(mount("none", trial_path(trial, "run"), "tmpfs", 0, "mode=755") == 0);
	const char *path = certs_addition_find(root, &why);
	SHOULD(path != NULL && strcmp(path, RUN) == 0);
	return 0;
}

static void
test_a_read_only_root_says_what_to_mount(void **state)
{
	struct place place;

	(void)state;
	place_begin(&place);
	trial_make_directory(&place.trial, "run", 0755, 0);
	assert_int_equal(trial_in_own_mounts(use_read_only_root, &place.trial), 0);
	place_end(&place);
}

/* ramfs stands for any file system that is neither the root's nor a tmpfs. */
static int
use_volumes(struct trial *trial)
{
	struct refusal why;
	int root = open_root(trial);

	SHOULD(mount("none", trial_path(trial, "run"), "ramfs", 0, NULL) == 0);
	SHOULD(chmod(trial_path(trial, "run"), 0755) == 0);
	const char *path = certs_addition_find(root, &why);
	SHOULD(path != NULL && strcmp(path, ETC) == 0);
	SHOULD(mount("none", trial_path(trial, "etc"), "ramfs", 0, NULL) == 0);
	SHOULD(mount("none", trial_path(trial, "var"), "ramfs", 0, NULL) == 0);
	SHOULD(certs_addition_find(root, &why) == NULL);
	SHOULD(strstr(why.text, "is on a volume") != NULL);
	return 0;
}

static void
test_a_volume_is_never_written_to(void **state)
{
	struct place place;

	(void)state;
	place_begin(&place);
	trial_make_directory(&place.trial, "run", 0755, 0);
	trial_make_directory(&place.trial, "etc", 0755, 0);
	trial_make_directory(&place.trial, "var", 0755, 0);
	assert_int_equal(trial_in_own_mounts(use_volumes, &place.trial), 0);
	place_end(&place);
}

static int
use_full_disk(struct trial *trial)
{
	static struct place place;
	static char filler[1 << 16];

	place.root = open_root(trial);
	SHOULD(mount("none", trial_path(trial, "run"), "tmpfs", 0, "mode=755,size=64k") == 0);
	hand_over(&place, 3);
	SHOULD(certs_addition_write(place.root, RUN, &place.answer) == 0);
	int file = open(trial_path(trial, "run/filler"), O_WRONLY | O_CREAT | O_CLOEXEC, 0600);
	while (write(file, filler, sizeof(filler)) > 0)
		;
	close(file);
	hand_over(&place, 20);
	SHOULD(certs_addition_write(place.root, RUN, &place.answer) == -1);
	SHOULD(errno == ENOSPC);
	/* The old one is there as it was, and the new one has left nothing behind. */
	hand_over(&place, 3);
	SHOULD(certs_addition_check(place.root, RUN, &place.answer) == 0);
	SHOULD(faccessat(place.root, "run/stepdown/." CERTS_BUNDLE_NAME ".new", F_OK, 0) == -1);
	return 0;
}

static void
test_a_full_disk_leaves_the_old_bundle(void **state)
{
	struct place place;

	(void)state;
	place_begin(&place);
	trial_make_directory(&place.trial, "run", 0755, 0);
	assert_int_equal(trial_in_own_mounts(use_full_disk, &place.trial), 0);
	place_end(&place);
}

/* Runs a command line; its words must not need a shell. */
static int
run(const char *line)
{
	int status = system(line);

	return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

/* From a real CA's file, through the reader child, to a bundle that OpenSSL believes. */
static void
test_openssl_trusts_what_was_added(void **state)
{
	static const char *const forms[] = {"PEM", "DER"};
	struct refusal why;
	char line[1024];

	(void)state;
	for (size_t i = 0; i < 2; i++) {
		struct place place;
		struct trial *trial = &place.trial;

		place_begin(&place);
		trial->request.now = time(NULL);
		snprintf(line, sizeof(line),
			 "cd %s && openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 "
			 "-nodes "
			 "-subj /CN=private -days 2 -keyout key -out pem 2>log && "
			 "openssl x509 -in pem -outform %s -out added && chmod 644 added",
			 trial->path, forms[i]);
		if (run(line) != 0)
			fail_msg("cannot make a CA: is openssl installed?");
		trial_ask(trial, "absent", CERTS_FILE);
		trial_ask(trial, "added", CERTS_ADDITION);
		if (certs_read(&trial->request, &place.answer, &why) != 0)
			fail_msg("%s", why.text);
		assert_int_equal(place.answer.handed_count, 1);
		write_bundle(&place, RUN);
		certs_answer_release(&place.answer);
		snprintf(line, sizeof(line),
			 "cd %s && openssl verify -no-CApath -CAfile .%s pem >log 2>&1",
			 trial->path, RUN);
		assert_int_equal(run(line), 0);
		place_end(&place);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_an_empty_root_gets_a_bundle_that_everybody_can_read),
		cmocka_unit_test(test_the_bundle_holds_what_was_handed_over_and_nothing_else),
		cmocka_unit_test(test_a_restart_changes_nothing),
		cmocka_unit_test(test_whatever_was_left_there_is_replaced),
		cmocka_unit_test(test_a_directory_in_its_place_is_an_error),
		cmocka_unit_test(test_only_documented_paths_and_certificates_are_written),
		cmocka_unit_test(test_directories_that_are_not_roots_alone_are_passed_over),
		cmocka_unit_test(test_symbolic_links_are_not_followed),
		cmocka_unit_test(test_a_read_only_root_says_what_to_mount),
		cmocka_unit_test(test_a_volume_is_never_written_to),
		cmocka_unit_test(test_a_full_disk_leaves_the_old_bundle),
		cmocka_unit_test(test_openssl_trusts_what_was_added),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
