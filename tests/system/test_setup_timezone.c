/* SPDX-License-Identifier: MIT */
/* How a time zone is found, and how /etc is changed for it. */
#include "helpers/room.h"

#include "setup/timezone.h"
#include "setup/zone.h"

#include <sys/sysmacros.h>

/* The head of version 2 for one type and four letters, and as much behind it as it announces. */
static void
write_zone(const char *name, const char *magic)
{
	unsigned char bytes[ZONE_HEAD_SIZE + 10] = {[4] = '2', [39] = 1, [43] = 4};
	int file = open(room(name), O_WRONLY | O_CREAT | O_CLOEXEC, 0644);

	MUST(file);
	memcpy(bytes, magic, 4);
	assert_int_equal(write(file, bytes, sizeof(bytes)), sizeof(bytes));
	close(file);
}

static void
make_zones(void)
{
	room_mkdir("zones");
	room_mkdir("zones/Europe");
	write_zone("zones/Europe/Ljubljana", "TZif");
	room_mkdir("etc");
}

static void
test_a_zone_is_a_tzif_file_below_the_directory(void **state)
{
	static const struct {
		const char *name;
		enum timezone_found found;
	} rows[] = {
		{"Europe/Ljubljana", TIMEZONE_GOOD},
		{"alias", TIMEZONE_GOOD},
		{"Europe/up", TIMEZONE_GOOD},
		{"Europe/Nowhere", TIMEZONE_UNKNOWN},
		{"Europe/Ljubljana/x", TIMEZONE_UNKNOWN},
		{"dangling", TIMEZONE_UNKNOWN},
		{"Europe", TIMEZONE_BAD},
		{"fifo", TIMEZONE_BAD},
		{"device", TIMEZONE_BAD},
		{"bad", TIMEZONE_BAD},
		{"empty", TIMEZONE_BAD},
		{"huge", TIMEZONE_BAD},
		{"out", TIMEZONE_BAD},
		{"out-absolute", TIMEZONE_BAD},
		{"out-and-in", TIMEZONE_BAD},
		{"../outside", TIMEZONE_BAD},
		{"loop", TIMEZONE_BAD},
	};
	char zones[PATH_MAX];

	(void)state;
	make_zones();
	write_zone("outside", "TZif");
	write_zone("zones/bad", "TZix");
	write_zone("zones/huge", "TZif");
	MUST(truncate(room("zones/huge"), ZONE_FILE_MOST + 1));
	room_write("zones/empty", "");
	MUST(mkfifo(room("zones/fifo"), 0644));
	MUST(mknod(room("zones/device"), S_IFCHR | 0666, makedev(1, 5)));
	MUST(symlink("Europe/Ljubljana", room("zones/alias")));
	MUST(symlink("../alias", room("zones/Europe/up")));
	MUST(symlink("none", room("zones/dangling")));
	MUST(symlink("../outside", room("zones/out")));
	MUST(symlink(room("outside"), room("zones/out-absolute")));
	MUST(symlink("../zones/Europe/Ljubljana", room("zones/out-and-in")));
	MUST(symlink("loop", room("zones/loop")));
	snprintf(zones, sizeof(zones), "%s", room("zones"));
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		print_message("%s\n", rows[i].name);
		assert_int_equal(timezone_find(zones, rows[i].name), rows[i].found);
	}
	assert_int_equal(timezone_find(room("none"), "UTC"), TIMEZONE_NO_DATA);
	assert_int_equal(timezone_find(room("outside"), "UTC"), TIMEZONE_NO_DATA);
}

static void
test_the_zone_that_was_meant_is_one_beside_it(void **state)
{
	static const struct {
		const char *name, *meant;
	} rows[] = {
		{"Europe/Ljublana", "Europe/Ljubljana"},
		{"Europe/ljubljana", "Europe/Ljubljana"},
		{"Erope", "Europe"},
		{"Europe/Paris", ""},
		{"Africa/Ljublana", ""},
		{"Europe/Berlin", ""},
	};
	char zones[PATH_MAX], meant[ZONE_TEXT_SIZE];

	(void)state;
	make_zones();
	/* Of two that are as near, none. */
	write_zone("zones/Europe/Merlin", "TZif");
	write_zone("zones/Europe/Berlim", "TZif");
	snprintf(zones, sizeof(zones), "%s", room("zones"));
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		timezone_meant(zones, rows[i].name, meant);
		assert_string_equal(meant, rows[i].meant);
	}
}

static void
test_the_zones_of_this_system_are_found(void **state)
{
	(void)state;
	assert_int_equal(timezone_find(ZONE_DIRECTORY, "UTC"), TIMEZONE_GOOD);
	assert_int_equal(timezone_find(ZONE_DIRECTORY, "Europe/Ljubljana"), TIMEZONE_GOOD);
	assert_int_equal(timezone_find(ZONE_DIRECTORY, "America/New_York"), TIMEZONE_GOOD);
}

static void
assert_link(const char *name, const char *target)
{
	char now[PATH_MAX];
	ssize_t length = readlink(room(name), now, sizeof(now) - 1);

	MUST(length);
	now[length] = '\0';
	assert_string_equal(now, target);
}

static void
assert_no_leftovers(void)
{
	assert_int_equal(access(room("etc/.localtime.stepdown"), F_OK), -1);
	assert_int_equal(access(room("etc/.timezone.stepdown"), F_OK), -1);
}

static void
test_localtime_and_timezone_are_replaced(void **state)
{
	char etc[PATH_MAX], text[64];

	(void)state;
	make_zones();
	snprintf(etc, sizeof(etc), "%s", room("etc"));
	mode_t before = umask(077);

	assert_int_equal(timezone_can_link(etc), 0);
	assert_int_equal(timezone_check(etc, "/z", "UTC"), -1);
	assert_int_equal(timezone_link(etc, "/z", "UTC"), 0);
	assert_int_equal(timezone_write_name(etc, "UTC"), 0);
	umask(before);
	assert_link("etc/localtime", "/z/UTC");
	assert_int_equal(timezone_check(etc, "/z", "UTC"), 0);
	assert_int_equal(timezone_check(etc, "/z", "UT"), -1);
	assert_int_equal(errno, EPERM);
	assert_int_equal(room_status("etc/timezone").st_mode, S_IFREG | 0644);
	assert_int_equal(timezone_link(etc, "/z", "Europe/Ljubljana"), 0);
	assert_int_equal(timezone_write_name(etc, "Europe/Ljubljana"), 0);
	assert_link("etc/localtime", "/z/Europe/Ljubljana");
	room_read("etc/timezone", text, sizeof(text));
	assert_string_equal(text, "Europe/Ljubljana\n");
	assert_no_leftovers();

	/* A regular file is replaced too, and a link is not written through. */
	MUST(unlink(room("etc/localtime")));
	room_write("etc/localtime", "x");
	MUST(unlink(room("etc/timezone")));
	room_write("victim", "mine");
	MUST(symlink("../victim", room("etc/timezone")));
	assert_int_equal(timezone_check(etc, "/z", "UTC"), -1);
	assert_int_equal(timezone_link(etc, "/z", "UTC"), 0);
	assert_int_equal(timezone_write_name(etc, "UTC"), 0);
	assert_link("etc/localtime", "/z/UTC");
	room_read("victim", text, sizeof(text));
	assert_string_equal(text, "mine");
	assert_true(S_ISREG(room_status("etc/timezone").st_mode));
}

static void
test_what_is_right_is_not_written(void **state)
{
	char etc[PATH_MAX];

	(void)state;
	make_zones();
	snprintf(etc, sizeof(etc), "%s", room("etc"));
	assert_int_equal(timezone_link(etc, "/z", "UTC"), 0);
	assert_int_equal(timezone_write_name(etc, "UTC"), 0);
	ino_t link = room_status("etc/localtime").st_ino;
	ino_t name = room_status("etc/timezone").st_ino;

	assert_int_equal(timezone_link(etc, "/z", "UTC"), 0);
	assert_int_equal(timezone_write_name(etc, "UTC"), 0);
	assert_int_equal(room_status("etc/localtime").st_ino, link);
	assert_int_equal(room_status("etc/timezone").st_ino, name);
	/* A read-only root that has the zone already needs no fall-back. */
	MUST(mount("none", room_path, NULL, MS_REMOUNT | MS_RDONLY, NULL));
	assert_int_equal(timezone_link(etc, "/z", "UTC"), 0);
	assert_int_equal(timezone_write_name(etc, "UTC"), 0);
}

static void
test_what_an_interruption_left_is_taken_away(void **state)
{
	char etc[PATH_MAX];

	(void)state;
	make_zones();
	snprintf(etc, sizeof(etc), "%s", room("etc"));
	room_write("victim", "mine");
	MUST(symlink("../victim", room("etc/.timezone.stepdown")));
	MUST(symlink("/old", room("etc/.localtime.stepdown")));
	assert_int_equal(timezone_link(etc, "/z", "UTC"), 0);
	assert_int_equal(timezone_write_name(etc, "UTC"), 0);
	assert_link("etc/localtime", "/z/UTC");
	assert_no_leftovers();
	char text[16];

	room_read("victim", text, sizeof(text));
	assert_string_equal(text, "mine");
}

static void
assert_not_possible(const char *etc, int error)
{
	errno = 0;
	assert_int_equal(timezone_can_link(etc), -1);
	assert_int_equal(errno, error);
	errno = 0;
	assert_int_equal(timezone_link(etc, "/z", "UTC"), -1);
	assert_int_equal(errno, error);
}

static void
test_where_it_cannot_be_the_reason_is_told_before_and_nothing_is_left(void **state)
{
	char etc[PATH_MAX];

	(void)state;
	make_zones();
	snprintf(etc, sizeof(etc), "%s", room("etc"));
	assert_not_possible(room("none"), ENOENT);

	room_write("etc/localtime", "old");
	MUST(mount(room("zones/Europe/Ljubljana"), room("etc/localtime"), NULL, MS_BIND, NULL));
	assert_not_possible(etc, EBUSY);
	assert_no_leftovers();
	MUST(umount2(room("etc/localtime"), MNT_DETACH));

	MUST(unlink(room("etc/localtime")));
	MUST(mount("none", room_path, NULL, MS_REMOUNT | MS_RDONLY, NULL));
	assert_not_possible(etc, EROFS);
	assert_int_equal(timezone_write_name(etc, "UTC"), -1);
	assert_int_equal(errno, EROFS);
}

static void
test_what_has_no_room_in_a_link_or_a_line_is_refused(void **state)
{
	static char directory[PATH_MAX], name[ZONE_TEXT_SIZE + 1];
	char etc[PATH_MAX];

	(void)state;
	make_zones();
	snprintf(etc, sizeof(etc), "%s", room("etc"));
	memset(directory, 'd', sizeof(directory) - 5);
	memset(name, 'n', sizeof(name) - 1);
	/* Four bytes are left: a slash and three for the name. */
	assert_int_equal(timezone_link(etc, directory, "UTC"), 0);
	assert_int_equal(timezone_check(etc, directory, "UTC"), 0);
	errno = 0;
	assert_int_equal(timezone_link(etc, directory, "Zulu"), -1);
	assert_int_equal(errno, ENAMETOOLONG);
	errno = 0;
	assert_int_equal(timezone_check(etc, directory, "Zulu"), -1);
	assert_int_equal(errno, ENAMETOOLONG);
	errno = 0;
	assert_int_equal(timezone_write_name(etc, name), -1);
	assert_int_equal(errno, ENAMETOOLONG);
	assert_int_equal(timezone_check_name(etc, name), -1);
	assert_int_equal(access(room("etc/timezone"), F_OK), -1);
	assert_int_equal(timezone_write_name(etc, name + 1), 0);
	assert_int_equal(timezone_check_name(etc, name + 1), 0);
	assert_no_leftovers();
}

static void
test_a_full_disk_leaves_the_old_file(void **state)
{
	char etc[PATH_MAX], text[16], zeros[4096] = {0};

	(void)state;
	make_zones();
	snprintf(etc, sizeof(etc), "%s", room("etc"));
	MUST(mount("small", etc, "tmpfs", 0, "size=16k,mode=0755"));
	room_write("etc/timezone", "old\n");
	int file = open(room("etc/fill"), O_WRONLY | O_CREAT | O_CLOEXEC, 0644);

	while (write(file, zeros, sizeof(zeros)) > 0)
		;
	close(file);
	assert_int_equal(timezone_write_name(etc, "UTC"), -1);
	assert_int_equal(errno, ENOSPC);
	room_read("etc/timezone", text, sizeof(text));
	assert_string_equal(text, "old\n");
	assert_no_leftovers();
	MUST(umount2(etc, MNT_DETACH));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		room_test(test_the_zone_that_was_meant_is_one_beside_it),
		room_test(test_a_zone_is_a_tzif_file_below_the_directory),
		room_test(test_the_zones_of_this_system_are_found),
		room_test(test_localtime_and_timezone_are_replaced),
		room_test(test_what_is_right_is_not_written),
		room_test(test_what_an_interruption_left_is_taken_away),
		room_test(test_where_it_cannot_be_the_reason_is_told_before_and_nothing_is_left),
		room_test(test_what_has_no_room_in_a_link_or_a_line_is_refused),
		room_test(test_a_full_disk_leaves_the_old_file),
	};

	return room_run(tests);
}
