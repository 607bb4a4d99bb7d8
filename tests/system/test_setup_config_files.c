/* SPDX-License-Identifier: MIT */
/* Which configuration files are read, and in which order. */
#include "helpers/room.h"

#include "config_files.h"

static char noted[4096];

static int
note(void *context, const struct config_line *line, struct refusal *why)
{
	(void)context;
	(void)why;
	snprintf(noted + strlen(noted), sizeof(noted) - strlen(noted), "%s=%s;", line->name,
		 line->value ? line->value : "");
	return 0;
}

static int
read_file(const char *name, struct refusal *why)
{
	noted[0] = '\0';
	return config_file_read(room(name), note, NULL, why);
}

static int
read_directory(const char *name, struct refusal *why)
{
	noted[0] = '\0';
	return config_directory_read(room(name), note, NULL, why);
}

static void
test_a_file_of_roots_is_read(void **state)
{
	struct refusal why = {.text = ""};

	(void)state;
	room_write("a.conf", "user = app\ntz = UTC\n");
	assert_int_equal(read_file("a.conf", &why), 0);
	assert_string_equal(noted, "user=app;tz=UTC;");
	assert_int_equal(read_file("none.conf", &why), 1);
	assert_int_equal(read_file("none/a.conf", &why), 1);
}

static void
assert_refused(const char *name, const char *says)
{
	struct refusal why = {.text = ""};

	assert_int_equal(read_file(name, &why), -1);
	print_message("%s\n", why.text);
	assert_non_null(strstr(why.text, says));
	assert_non_null(strstr(why.text, room(name)));
	assert_string_equal(noted, "");
}

static void
test_a_file_that_others_may_have_written_is_refused(void **state)
{
	(void)state;
	room_write("users.conf", "user = root\n");
	MUST(chown(room("users.conf"), ROOM_USER, 0));
	assert_refused("users.conf", "uid 4321");
	room_write("open.conf", "user = root\n");
	MUST(chmod(room("open.conf"), 0664));
	assert_refused("open.conf", "chmod it to 0644");
	room_mkdir("open");
	room_write("open/a.conf", "user = root\n");
	MUST(chmod(room("open"), 0777));
	assert_refused("open/a.conf", "chmod it to 0755");
	room_write("good.conf", "user = app\n");
	MUST(symlink("good.conf", room("link.conf")));
	MUST(lchown(room("link.conf"), ROOM_USER, ROOM_GROUP));
	assert_refused("link.conf", "a link");
	MUST(mkfifo(room("fifo.conf"), 0600));
	assert_refused("fifo.conf", "not a regular file");
	room_mkdir("directory.conf");
	assert_refused("directory.conf", "not a regular file");
	room_write("huge.conf", "");
	MUST(truncate(room("huge.conf"), CONFIG_MOST + 1));
	assert_refused("huge.conf", "larger than");
	room_write("bad.conf", "\n= x\n");
	assert_refused("bad.conf", ":2: ");
}

/* Whoever owns one above can put another one, that is root's too, in the place of the next. */
static void
test_a_directory_of_anothers_above_is_refused(void **state)
{
	struct refusal why = {.text = ""};

	(void)state;
	room_mkdir("volume");
	room_mkdir("volume/roots");
	room_mkdir("volume/roots/d");
	room_write("volume/roots/d/a.conf", "user = app\n");
	assert_int_equal(read_file("volume/roots/d/a.conf", &why), 0);
	MUST(chown(room("volume"), ROOM_USER, ROOM_GROUP));
	assert_refused("volume/roots/d/a.conf", "volume belongs to uid 4321");
	MUST(chown(room("volume"), 0, 0));
	MUST(chmod(room("volume"), 0775));
	assert_refused("volume/roots/d/a.conf", "chmod it to 0755");
	/* Nor is it believed that nothing is in one. */
	MUST(unlink(room("volume/roots/d/a.conf")));
	assert_int_equal(read_directory("volume/roots/d", &why), -1);
	assert_non_null(strstr(why.text, "chmod it to 0755"));
	/* A sticky one keeps what is root's, but lets others give it a second name. */
	MUST(chmod(room("volume"), 01777));
	room_write("volume/roots/d/a.conf", "user = app\n");
	assert_int_equal(read_directory("volume/roots/d", &why), 0);
	assert_string_equal(noted, "user=app;");
	MUST(link(room("volume/roots/d/a.conf"), room("volume/second.conf")));
	assert_refused("volume/second.conf", "names");
}

/* As the kubelet mounts a ConfigMap: /etc/stepdown.d/NAME -> ..data/NAME -> ..TIME/NAME. */
static void
test_a_volume_of_kubernetes_is_read_where_it_is_mounted_read_only(void **state)
{
	struct refusal why = {.text = ""};

	(void)state;
	room_mkdir("volume");
	MUST(mount("volume", room("volume"), "tmpfs", 0, "mode=0777"));
	room_mkdir("volume/..2026_11_22");
	MUST(chmod(room("volume/..2026_11_22"), 0777));
	room_write("volume/..2026_11_22/a.conf", "a = 1\n");
	MUST(symlink("..2026_11_22", room("volume/..data")));
	MUST(symlink("..data/a.conf", room("volume/a.conf")));
	assert_refused("volume/a.conf", "chmod it to 0755");
	MUST(mount("none", room("volume"), NULL, MS_REMOUNT | MS_BIND | MS_RDONLY, NULL));
	assert_int_equal(read_directory("volume", &why), 0);
	assert_string_equal(noted, "a=1;");
	MUST(umount2(room("volume"), MNT_DETACH));
}

static void
test_a_directory_is_read_in_the_order_of_names(void **state)
{
	struct refusal why = {.text = ""};

	(void)state;
	assert_int_equal(read_directory("none", &why), 0);
	room_mkdir("d");
	assert_int_equal(read_directory("d", &why), 0);
	assert_string_equal(noted, "");
	room_write("d/20-b.conf", "b = 2\n");
	room_write("d/10-a.conf", "a = 1\n");
	room_write("d/9.conf", "c = 3\n");
	room_write("d/B.conf", "d = 4\n");
	room_write("d/.hidden.conf", "no = 1\n");
	room_write("d/.conf", "no = 1\n");
	room_write("d/README", "no = 1\n");
	room_write("d/10-a.conf.orig", "no = 1\n");
	assert_int_equal(read_directory("d", &why), 0);
	assert_string_equal(noted, "a=1;b=2;c=3;d=4;");

	room_write("d/15.conf", "x = \"\n");
	assert_int_equal(read_directory("d", &why), -1);
	assert_non_null(strstr(why.text, "d/15.conf:1:"));
	MUST(unlink(room("d/15.conf")));
	MUST(symlink("none", room("d/15.conf")));
	assert_int_equal(read_directory("d", &why), -1);
	assert_non_null(strstr(why.text, "d/15.conf"));
}

static void
test_the_number_of_files_is_bounded(void **state)
{
	struct refusal why = {.text = ""};
	char name[32];

	(void)state;
	room_mkdir("d");
	for (int i = 0; i < CONFIG_FILES_MOST; i++) {
		snprintf(name, sizeof(name), "d/%02d.conf", i);
		room_write(name, "a = 1\n");
	}
	assert_int_equal(read_directory("d", &why), 0);
	assert_int_equal(strlen(noted), CONFIG_FILES_MOST * 4);
	room_write("d/more.conf", "");
	assert_int_equal(read_directory("d", &why), -1);
	assert_non_null(strstr(why.text, "more than 64"));
}

/* The directory itself can still be opened. */
static void
test_a_path_that_is_too_long_is_refused(void **state)
{
	struct refusal why = {.text = ""};
	char path[PATH_MAX];
	size_t length;

	(void)state;
	room_mkdir("d");
	room_write("d/own.conf", "a = 1\n");
	length = (size_t)snprintf(path, sizeof(path), "%s", room("d"));
	while (length < sizeof(path) - strlen("own.conf"))
		path[length++] = '/';
	path[length] = '\0';
	noted[0] = '\0';
	assert_int_equal(config_directory_read(path, note, NULL, &why), -1);
	assert_non_null(strstr(why.text, "the path "));
	assert_non_null(strstr(why.text, "//"));
	assert_string_equal(noted, "");
	/* Two bytes less are enough. */
	path[length - 2] = '\0';
	assert_int_equal(config_directory_read(path, note, NULL, &why), 0);
	assert_string_equal(noted, "a=1;");
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		room_test(test_a_file_of_roots_is_read),
		room_test(test_a_file_that_others_may_have_written_is_refused),
		room_test(test_a_directory_of_anothers_above_is_refused),
		room_test(test_a_volume_of_kubernetes_is_read_where_it_is_mounted_read_only),
		room_test(test_a_directory_is_read_in_the_order_of_names),
		room_test(test_the_number_of_files_is_bounded),
		room_test(test_a_path_that_is_too_long_is_refused),
	};

	return room_run(tests);
}
