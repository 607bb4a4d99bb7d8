/* SPDX-License-Identifier: MIT */
/* What root does to the limits and the oom score, and what is left for the service. */
#include "helpers/room.h"

#include "confine/rlimits.h"
#include "setup/oom.h"

#include <linux/capability.h>
#include <stdbool.h>
#include <sys/syscall.h>

/* Everything here changes the process: each test body runs in a child. */
#define IN_CHILD(condition)                                                                        \
	do {                                                                                       \
		if (!(condition)) {                                                                \
			fprintf(stderr, "line %d: %s (%s)\n", __LINE__, #condition,                \
				strerror(errno));                                                  \
			_exit(1);                                                                  \
		}                                                                                  \
	} while (0)

static void
lose_capabilities(void)
{
	struct __user_cap_header_struct header = {_LINUX_CAPABILITY_VERSION_3, 0};
	struct __user_cap_data_struct none[2] = {{0}};

	IN_CHILD(syscall(SYS_capset, &header, none) == 0);
}

static void
set(int resource, rlim_t soft, rlim_t hard)
{
	struct rlimit_setting setting = {resource, soft, hard};
	size_t failed;

	IN_CHILD(rlimits_apply(&setting, 1, &failed) == 0);
}

static void
test_what_needs_power_that_is_missing_fails_and_is_named(void **state)
{
	static const struct rlimit_setting wanted[] = {{RLIMIT_CORE, 0, 0},
						       {RLIMIT_NOFILE, 100, 300}};

	(void)state;
	pid_t child = fork();

	if (child == 0) {
		size_t failed = 9;

		set(RLIMIT_NOFILE, 100, 200);
		lose_capabilities();
		IN_CHILD(rlimits_raise(wanted, 2, &failed) == -1);
		IN_CHILD(errno == EPERM && failed == 1);
		failed = 9;
		IN_CHILD(rlimits_apply(wanted, 2, &failed) == -1);
		IN_CHILD(errno == EPERM && failed == 1);
		_exit(0);
	}
	room_wait(child);
}

static void
test_no_limit_is_touched_that_need_not_be_raised(void **state)
{
	static const struct rlimit_setting wanted[] = {{RLIMIT_NOFILE, 50, 200},
						       {RLIMIT_CORE, 0, 0}};

	(void)state;
	pid_t child = fork();

	if (child == 0) {
		struct rlimit now;
		size_t failed;

		set(RLIMIT_NOFILE, 100, 200);
		set(RLIMIT_CORE, 0, 0);
		lose_capabilities();
		IN_CHILD(rlimits_raise(wanted, 2, &failed) == 0);
		getrlimit(RLIMIT_NOFILE, &now);
		IN_CHILD(now.rlim_cur == 100 && now.rlim_max == 200);
		IN_CHILD(rlimits_check(wanted, 2, &failed) == -1 && errno == EPROTO && failed == 0);
		IN_CHILD(rlimits_apply(wanted, 2, &failed) == 0);
		IN_CHILD(rlimits_check(wanted, 2, &failed) == 0);
		getrlimit(RLIMIT_NOFILE, &now);
		IN_CHILD(now.rlim_cur == 50 && now.rlim_max == 200);
		_exit(0);
	}
	room_wait(child);
}

static void
test_an_oom_score_is_set_and_lowering_it_needs_power(void **state)
{
	(void)state;
	pid_t child = fork();

	if (child == 0) {
		int start, score;

		IN_CHILD(oom_score_read(&start) == 0);
		IN_CHILD(oom_score_set(500) == 0);
		IN_CHILD(oom_score_read(&score) == 0 && score == 500);
		IN_CHILD(oom_score_set(start) == 0);
		IN_CHILD(oom_score_read(&score) == 0 && score == start);
		IN_CHILD(oom_score_set(1001) == -1 && errno == EINVAL);
		lose_capabilities();
		IN_CHILD(oom_score_set(510) == 0);
		IN_CHILD(oom_score_set(-1000) == -1 && errno == EACCES);
		IN_CHILD(oom_score_read(&score) == 0 && score == 510);
		_exit(0);
	}
	room_wait(child);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		room_test(test_no_limit_is_touched_that_need_not_be_raised),
		room_test(test_what_needs_power_that_is_missing_fails_and_is_named),
		room_test(test_an_oom_score_is_set_and_lowering_it_needs_power),
	};

	return room_run(tests);
}
