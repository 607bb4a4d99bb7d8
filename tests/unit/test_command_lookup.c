/* SPDX-License-Identifier: MIT */
/* The search of PATH, with real directories. */
#include "command/lookup.h"

#include "command_trial.h"

struct row {
	const char *what;
	const char *name;
	const char *path;
	int status;
	const char *found;   /* @ is the directory */
	const char *says[4]; /* the same, % the uid */
};

/*
 * The tree: first/app 0644, first/both 0644, first/folder/ (a directory), second/app, second/both,
 * second/only; private/ 0600 with app in it; file (not a directory); loop, a link to itself.
 */
static const struct row rows[] = {
	{"a name with a slash is taken as it is",
	 "@/second/only",
	 "/nowhere",
	 0,
	 "@/second/only",
	 {NULL}},
	{"a relative name with a slash", "second/only", "/nowhere", 0, "second/only", {NULL}},
	{"a name in the only entry", "only", "@/second", 0, "@/second/only", {NULL}},
	{"the first entry that has it", "both", "@/second:@/third", 0, "@/second/both", {NULL}},
	{"what cannot be executed is passed over",
	 "both",
	 "@/first:@/second",
	 0,
	 "@/second/both",
	 {NULL}},
	{"a directory of that name is passed over",
	 "folder",
	 "@/first:@/third",
	 0,
	 "@/third/folder",
	 {NULL}},
	{"an entry that is missing", "only", "@/missing:@/second", 0, "@/second/only", {NULL}},
	{"EACCES does not end the search",
	 "only",
	 "@/private:@/second",
	 0,
	 "@/second/only",
	 {NULL}},
	{"ENOTDIR does not end the search", "only", "@/file:@/second", 0, "@/second/only", {NULL}},
	{"ELOOP does not end the search", "only", "@/loop:@/second", 0, "@/second/only", {NULL}},
	{"an empty first entry is the work directory", "here", ":@/second", 0, "./here", {NULL}},
	{"an empty last entry is the work directory", "here", "@/second:", 0, "./here", {NULL}},
	{"an empty middle entry is the work directory",
	 "here",
	 "@/first::@/second",
	 0,
	 "./here",
	 {NULL}},
	{"an empty PATH is the work directory", "here", "", 0, "./here", {NULL}},
	{"a relative entry", "only", "second", 0, "second/only", {NULL}},

	{"an empty name", "", "@/second", 127, NULL, {"empty word", "name a program"}},
	{"a name that no entry has",
	 "nope",
	 "@/first:@/second",
	 127,
	 NULL,
	 {"cannot find \"nope\"", "give its whole path", "PATH=\"@/first:@/second\""}},
	{"no shell is put in its place",
	 "sh -c true",
	 "/bin:/usr/bin",
	 127,
	 NULL,
	 {"cannot find \"sh -c true\"", "PATH=\"/bin:/usr/bin\""}},
	{"an entry that could not be searched",
	 "nope",
	 "@/private:@/second",
	 127,
	 NULL,
	 {"cannot find \"nope\"", "uid % could not search \"@/private\" (Permission denied)",
	  "PATH=\"@/private:@/second\""}},
	{"an entry that is a file",
	 "nope",
	 "@/file",
	 127,
	 NULL,
	 {"could not search \"@/file\" (Not a directory)"}},
	{"a file in PATH that cannot be executed",
	 "both",
	 "@/first:@/missing",
	 126,
	 NULL,
	 {"cannot run \"both\": \"@/first/both\" may not be executed by uid %", "mode is 0644",
	  "chmod a+rx"}},
	{"a directory in PATH",
	 "folder",
	 "@/first",
	 126,
	 NULL,
	 {"\"@/first/folder\" is a directory"}},
	{"a path to nothing",
	 "@/second/nope",
	 "@/first",
	 127,
	 NULL,
	 {"cannot run \"@/second/nope\": it does not exist"}},
	{"a path through nothing", "@/nope/app", "@/first", 127, NULL, {"no directory \"@/nope\""}},
	{"a path through a file",
	 "@/file/app",
	 "@/first",
	 127,
	 NULL,
	 {"\"@/file\" is not a directory"}},
	{"a path to a directory",
	 "@/first",
	 "@/first",
	 126,
	 NULL,
	 {"it is a directory; name the program in it"}},
	{"a path without permission",
	 "@/first/both",
	 "@/second",
	 126,
	 NULL,
	 {"it may not be executed by uid %", "0644", "chmod a+rx"}},
	{"a path through a closed directory",
	 "@/private/app",
	 "@/second",
	 126,
	 NULL,
	 {"uid % may not search the directory \"@/private\"", "0600", "chmod a+x"}},
	{"a closed directory behind a link",
	 "@/way/app",
	 "@/second",
	 126,
	 NULL,
	 {"may not search the directory \"@/private\""}},
	{"a path of links",
	 "@/loop/app",
	 "@/second",
	 126,
	 NULL,
	 {"\"@/loop\"", "correct the links"}},
	{"a relative path to a closed directory",
	 "./private/app",
	 "@/second",
	 126,
	 NULL,
	 {"may not search the directory \"private\"", "0600", "chmod a+x"}},
	{"a relative path to nothing",
	 "./nope/app",
	 "@/second",
	 127,
	 NULL,
	 {"no directory \"nope\""}},
	{"a relative path through a file",
	 "./first/../file/app",
	 "@/second",
	 127,
	 NULL,
	 {"\"first/../file\" is not a directory"}},
	{"an absolute link to nothing",
	 "@/absolute",
	 "@/second",
	 127,
	 NULL,
	 {"a symbolic link leads to \"@/gone\"", "copy what the link points at too"}},
	{"a link to a link to nothing",
	 "@/twice",
	 "@/second",
	 127,
	 NULL,
	 {"a symbolic link leads to \"@/gone\""}},
	{"a path through a link to nothing",
	 "@/absolute/app",
	 "@/second",
	 127,
	 NULL,
	 {"a symbolic link leads to \"@/gone\""}},
	{"a link through a good link to nothing",
	 "@/outer",
	 "@/second",
	 127,
	 NULL,
	 {"a symbolic link leads to \"@/second/nope\""}},
	{"nothing behind a good link",
	 "@/good/nope",
	 "@/second",
	 127,
	 NULL,
	 {"cannot run \"@/good/nope\": it does not exist"}},
	{"no directory behind a good link",
	 "@/good/nope/app",
	 "@/second",
	 127,
	 NULL,
	 {"no directory \"@/second/nope\""}},
	{"a slash behind a file",
	 "@/second/only/",
	 "@/second",
	 127,
	 NULL,
	 {"\"@/second/only\" is not a directory"}},
};

static void
make_tree(const char *directory)
{
	static const struct {
		const char *path;
		mode_t mode;
	} files[] = {
		{"@/first/app", 0644},    {"@/first/both", 0644},  {"@/second/app", 0755},
		{"@/second/both", 0755},  {"@/second/only", 0755}, {"@/third/both", 0755},
		{"@/third/folder", 0755}, {"@/private/app", 0755}, {"@/here", 0755},
		{"@/file", 0755},
	};
	static const char *const folders[] = {"@/first", "@/second", "@/third", "@/private",
					      "@/first/folder"};
	char path[PATH_MAX];

	for (size_t i = 0; i < sizeof(folders) / sizeof(folders[0]); i++)
		assert_int_equal(mkdir(trial_expand(directory, folders[i], path), 0755), 0);
	for (size_t i = 0; i < sizeof(files) / sizeof(files[0]); i++)
		trial_write(trial_expand(directory, files[i].path, path), "x", 1, files[i].mode);
	assert_int_equal(symlink("loop", trial_expand(directory, "@/loop", path)), 0);
	char target[PATH_MAX];
	assert_int_equal(symlink(trial_expand(directory, "@/gone", target),
				 trial_expand(directory, "@/absolute", path)),
			 0);
	assert_int_equal(symlink("second/../absolute", trial_expand(directory, "@/twice", path)),
			 0);
	assert_int_equal(symlink("good/nope", trial_expand(directory, "@/outer", path)), 0);
	assert_int_equal(symlink("second", trial_expand(directory, "@/good", path)), 0);
	assert_int_equal(symlink("./private", trial_expand(directory, "@/way", path)), 0);
	assert_int_equal(chmod(trial_expand(directory, "@/private", path), 0600), 0);
}

struct answer {
	int status;
	char found[PATH_MAX];
	struct refusal why;
};

/* In a child, since it drops and changes its work directory. */
static struct answer
ask(const char *directory, const char *name, const char *path)
{
	struct answer answer = {.status = -1};
	int ends[2];
	int ended = 0;

	assert_int_equal(pipe2(ends, O_CLOEXEC), 0);
	pid_t child = fork();
	assert_true(child >= 0);
	if (child == 0) {
		if (chdir(directory) != 0)
			_exit(1);
		trial_drop();
		answer.status = lookup_command(name, path, answer.found, &answer.why);
		if (write(ends[1], &answer, sizeof(answer)) != sizeof(answer))
			_exit(1);
		_exit(0);
	}
	close(ends[1]);
	char *next = (char *)&answer;
	size_t left = sizeof(answer);
	ssize_t length = 1;
	while (left > 0 && (length = read(ends[0], next, left)) > 0) {
		next += length;
		left -= (size_t)length;
	}
	close(ends[0]);
	assert_int_equal(waitpid(child, &ended, 0), child);
	assert_int_equal(ended, 0);
	assert_int_equal(left, 0);
	return answer;
}

static void
assert_answer(const struct row *row, const char *directory, const struct answer *answer)
{
	char wanted[PATH_MAX];
	char part[PATH_MAX];
	uid_t uid = geteuid() == 0 ? TRIAL_UID : geteuid();

	if (answer->status != row->status)
		fail_msg("%s: status %d, \"%s\"", row->what, answer->status, answer->why.text);
	if (row->found != NULL)
		assert_string_equal(answer->found, trial_expand(directory, row->found, wanted));
	for (size_t i = 0; i < 4 && row->says[i] != NULL; i++) {
		trial_expand(directory, row->says[i], wanted);
		char *percent = strchr(wanted, '%');

		if (percent != NULL) {
			*percent = '\0';
			snprintf(part, sizeof(part), "%.2000s%u%.2000s", wanted, (unsigned)uid,
				 percent + 1);
		} else {
			memcpy(part, wanted, sizeof(part));
		}
		trial_assert_says(row->what, answer->why.text, part);
	}
}

static void
test_a_command_is_found_or_the_search_is_told(void **state)
{
	(void)state;
	char *directory = trial_make_directory();
	char name[PATH_MAX];
	char path[PATH_MAX];

	make_tree(directory);
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		trial_expand(directory, rows[i].name, name);
		trial_expand(directory, rows[i].path, path);
		struct answer answer = ask(directory, name, path);
		assert_answer(&rows[i], directory, &answer);
	}
	trial_remove_directory(directory);
}

static void
test_names_of_any_length_are_answered(void **state)
{
	(void)state;
	static char name[3 * PATH_MAX];
	static char path[4 * PATH_MAX];
	char *directory = trial_make_directory();

	make_tree(directory);
	/* Around each limit: NAME_MAX, PATH_MAX, and beyond. */
	const size_t lengths[] = {255, 256, 4000, 4094, 4095, 4096, 4097, 8192, 12000};
	for (size_t i = 0; i < sizeof(lengths) / sizeof(lengths[0]); i++) {
		memset(name, 'n', lengths[i]);
		name[lengths[i]] = '\0';
		assert_int_equal(ask(directory, name, "/bin").status, 127);
		name[0] = '/';
		struct answer answer = ask(directory, name, "/bin");
		assert_int_equal(answer.status, lengths[i] <= 256 ? 127 : 126);
		if (lengths[i] > 256)
			trial_assert_says("long", answer.why.text, "too long");

		/* An entry that is too long does not end the search either. */
		memset(path, 'p', lengths[i]);
		snprintf(path + lengths[i], sizeof(path) - lengths[i], ":%s/second", directory);
		assert_int_equal(ask(directory, "only", path).status, 0);
	}
	/* A path of exactly PATH_MAX - 1 bytes is still one. */
	memset(name, '/', PATH_MAX - 1);
	snprintf(name + PATH_MAX - 1 - 11, 12, "second/only");
	memcpy(name, ".", 1);
	struct answer answer = ask(directory, name, "/bin");
	assert_int_equal(answer.status, 0);
	assert_int_equal(strlen(answer.found), PATH_MAX - 1);
	trial_remove_directory(directory);
}

static void
test_the_cure_survives_a_long_path(void **state)
{
	(void)state;
	static char path[4 * REFUSAL_SIZE];
	char *directory = trial_make_directory();

	for (size_t i = 0; i + 1 < sizeof(path); i++)
		path[i] = i % 8 == 7 ? ':' : 'p';
	struct answer answer = ask(directory, "nope", path);
	assert_int_equal(answer.status, 127);
	trial_assert_says("long PATH", answer.why.text, "give its whole path");
	trial_assert_says("long PATH", answer.why.text, "PATH=\"ppppppp:ppp");
	trial_remove_directory(directory);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_a_command_is_found_or_the_search_is_told),
		cmocka_unit_test(test_names_of_any_length_are_answered),
		cmocka_unit_test(test_the_cure_survives_a_long_path),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
