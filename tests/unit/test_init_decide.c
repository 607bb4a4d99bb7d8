/* SPDX-License-Identifier: MIT */
#include "init/decide.h"

#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

enum { EXITED_3 = 3 << 8, KILLED_BY_9 = 9, DUMPED_BY_11 = 11 | 128 };

/* One line of a story: an event at a time, what is to be done, and the phase after it. */
struct line {
	uint64_t at;
	struct init_event event;
	unsigned what;
	int signal;
	enum init_phase phase;
};

struct story {
	const char *name;
	void (*prepare)(struct init_settings *settings);
	struct line lines[8];
	int status;
};

#define GOT(number)                                                                                \
	{                                                                                          \
		.kind = INIT_SIGNAL, .signal = (number)                                            \
	}
#define KERNEL(number)                                                                             \
	{                                                                                          \
		.kind = INIT_SIGNAL, .signal = (number), .code = 128                               \
	}
#define SERVICE(number)                                                                            \
	{                                                                                          \
		.kind = INIT_SIGNAL, .signal = (number), .from_service = true                      \
	}
#define SELF(number)                                                                               \
	{                                                                                          \
		.kind = INIT_SIGNAL, .signal = (number), .from_self = true                         \
	}
#define ENDED(status)                                                                              \
	{                                                                                          \
		.kind = INIT_ENDED, .wait_status = (status)                                        \
	}
#define STOPPED                                                                                    \
	{                                                                                          \
		.kind = INIT_STOPPED                                                               \
	}
#define ALONE                                                                                      \
	{                                                                                          \
		.kind = INIT_ALONE                                                                 \
	}
#define TIME                                                                                       \
	{                                                                                          \
		.kind = INIT_TIME                                                                  \
	}

static void
as_pid_1(struct init_settings *settings)
{
	settings->reach = INIT_REACH_ALL;
}

static void
as_subreaper(struct init_settings *settings)
{
	settings->reach = INIT_REACH_CHILDREN;
}

static void
as_nobody(struct init_settings *settings)
{
	settings->reach = INIT_REACH_NOBODY;
}

static void
without_leftovers(struct init_settings *settings)
{
	settings->reach = INIT_REACH_ALL;
	settings->leftover_timeout = 0;
}

static void
with_stop_timeout(struct init_settings *settings)
{
	settings->reach = INIT_REACH_ALL;
	settings->stop_limited = true;
	settings->stop_timeout = 100;
	settings->stop_signals |= signals_bit(SIGQUIT);
}

static void
with_stop_timeout_zero(struct init_settings *settings)
{
	settings->stop_limited = true;
}

static void
with_maps(struct init_settings *settings)
{
	settings->signal_map[SIGTERM] = SIGQUIT;
	settings->signal_map[SIGUSR1] = 0;
	settings->signal_map[64] = 33;
	settings->exit_map[128 + 9] = 0;
}

static void
with_term_dropped(struct init_settings *settings)
{
	settings->signal_map[SIGTERM] = 0;
	settings->stop_limited = true;
	settings->stop_timeout = 100;
}

static void
as_a_job(struct init_settings *settings)
{
	settings->suspend = true;
}

static void
like_a_peer(struct init_settings *settings)
{
	settings->echo = true;
	settings->end_signal = SIGTERM;
	settings->reach = INIT_REACH_ALL;
	settings->leftover_timeout = 0;
}

static const struct story stories[] = {
	{"the service ends and leaves nobody",
	 as_pid_1,
	 {{1, ENDED(EXITED_3), INIT_TERM_LEFT, 0, INIT_ENDING}, {1, ALONE, 0, 0, INIT_OVER}},
	 3},
	{"a signal ends it",
	 as_pid_1,
	 {{1, ENDED(KILLED_BY_9), INIT_TERM_LEFT, 0, INIT_ENDING}, {1, ALONE, 0, 0, INIT_OVER}},
	 137},
	{"a core dump is a signal too",
	 as_nobody,
	 {{1, ENDED(DUMPED_BY_11), 0, 0, INIT_OVER}},
	 139},
	{"leftovers that do not end are killed, and the status stays the service's",
	 as_pid_1,
	 {{1000, ENDED(EXITED_3), INIT_TERM_LEFT, 0, INIT_ENDING},
	  {5999, TIME, 0, 0, INIT_ENDING},
	  {6000, TIME, INIT_KILL_LEFT, 0, INIT_KILLING},
	  {6001, ALONE, 0, 0, INIT_OVER}},
	 3},
	{"a subreaper's likewise",
	 as_subreaper,
	 {{1000, ENDED(EXITED_3), INIT_TERM_LEFT, 0, INIT_ENDING},
	  {6000, TIME, INIT_KILL_LEFT, 0, INIT_KILLING},
	  {7999, TIME, 0, 0, INIT_KILLING},
	  {8000, TIME, 0, 0, INIT_OVER}},
	 3},
	{"whose leftovers are not ours, they are left alone",
	 as_nobody,
	 {{1, ENDED(EXITED_3), 0, 0, INIT_OVER}},
	 3},
	{"no leftover timeout: at once",
	 without_leftovers,
	 {{1, ENDED(EXITED_3), 0, 0, INIT_OVER}},
	 3},
	{"signals go to the service, all of them",
	 as_pid_1,
	 {{1, GOT(SIGHUP), INIT_FORWARD, SIGHUP, INIT_RUNNING},
	  {2, GOT(32), INIT_FORWARD, 32, INIT_RUNNING},
	  {3, GOT(64), INIT_FORWARD, 64, INIT_RUNNING},
	  {4, GOT(SIGSEGV), INIT_FORWARD, SIGSEGV, INIT_RUNNING},
	  {5, GOT(SIGCHLD), INIT_FORWARD, SIGCHLD, INIT_RUNNING},
	  {6, KERNEL(SIGINT), INIT_FORWARD, SIGINT, INIT_RUNNING},
	  {7, ENDED(EXITED_3), INIT_TERM_LEFT, 0, INIT_ENDING},
	  {8, ALONE, 0, 0, INIT_OVER}},
	 3},
	{"but not the init's own faults",
	 as_nobody,
	 {{1, KERNEL(SIGSEGV), 0, 0, INIT_RUNNING},
	  {2, KERNEL(SIGBUS), 0, 0, INIT_RUNNING},
	  {3, KERNEL(SIGXCPU), 0, 0, INIT_RUNNING},
	  {4, KERNEL(SIGCHLD), 0, 0, INIT_RUNNING},
	  {5, SELF(SIGPIPE), 0, 0, INIT_RUNNING},
	  {6, SELF(SIGHUP), 0, 0, INIT_RUNNING},
	  {7, ENDED(0), 0, 0, INIT_OVER}},
	 0},
	{"nor what the service sent",
	 with_stop_timeout,
	 {{1, SERVICE(SIGTERM), 0, 0, INIT_RUNNING},
	  {500, TIME, 0, 0, INIT_RUNNING},
	  {501, ENDED(0), INIT_TERM_LEFT, 0, INIT_ENDING},
	  {502, ALONE, 0, 0, INIT_OVER}},
	 0},
	{"a peer sends that back, tells the group, and leaves",
	 like_a_peer,
	 {{1, SERVICE(SIGTERM), INIT_FORWARD, SIGTERM, INIT_RUNNING},
	  {2, ENDED(EXITED_3), INIT_END_GROUP, 0, INIT_OVER}},
	 3},
	{"without a stop timeout nobody is killed",
	 as_nobody,
	 {{1, GOT(SIGTERM), INIT_FORWARD, SIGTERM, INIT_RUNNING},
	  {1000000, TIME, 0, 0, INIT_RUNNING},
	  {1000001, ENDED(0), 0, 0, INIT_OVER}},
	 0},
	{"the stop timeout counts from the first request",
	 with_stop_timeout,
	 {{50, GOT(SIGINT), INIT_FORWARD, SIGINT, INIT_RUNNING},
	  {1000, TIME, 0, 0, INIT_RUNNING},
	  {1000, GOT(SIGTERM), INIT_FORWARD, SIGTERM, INIT_RUNNING},
	  {1080, GOT(SIGTERM), INIT_FORWARD, SIGTERM, INIT_RUNNING},
	  {1099, TIME, 0, 0, INIT_RUNNING},
	  {1100, TIME, INIT_KILL_SERVICE, 0, INIT_RUNNING},
	  {1101, ENDED(KILLED_BY_9), INIT_TERM_LEFT, 0, INIT_ENDING},
	  {1101, ALONE, 0, 0, INIT_OVER}},
	 137},
	{"or from the stop signal",
	 with_stop_timeout,
	 {{1000, GOT(SIGQUIT), INIT_FORWARD, SIGQUIT, INIT_RUNNING},
	  {1100, TIME, INIT_KILL_SERVICE, 0, INIT_RUNNING},
	  {1200, TIME, 0, 0, INIT_RUNNING},
	  {1300, ENDED(KILLED_BY_9), INIT_TERM_LEFT, 0, INIT_ENDING},
	  {1301, ALONE, 0, 0, INIT_OVER}},
	 137},
	{"a timeout of 0 is a timeout",
	 with_stop_timeout_zero,
	 {{1000, GOT(SIGTERM), INIT_FORWARD, SIGTERM, INIT_RUNNING},
	  {1000, TIME, INIT_KILL_SERVICE, 0, INIT_RUNNING},
	  {1001, ENDED(KILLED_BY_9), 0, 0, INIT_OVER}},
	 137},
	{"it ends with the service, the leftovers have their own",
	 with_stop_timeout,
	 {{1000, GOT(SIGTERM), INIT_FORWARD, SIGTERM, INIT_RUNNING},
	  {1050, ENDED(EXITED_3), INIT_TERM_LEFT, 0, INIT_ENDING},
	  {1100, TIME, 0, 0, INIT_ENDING},
	  {6050, TIME, INIT_KILL_LEFT, 0, INIT_KILLING},
	  {6050, ALONE, 0, 0, INIT_OVER}},
	 3},
	{"a second request shortens the wait",
	 as_pid_1,
	 {{1000, GOT(SIGTERM), INIT_FORWARD, SIGTERM, INIT_RUNNING},
	  {1050, ENDED(EXITED_3), INIT_TERM_LEFT, 0, INIT_ENDING},
	  {1060, GOT(SIGHUP), 0, 0, INIT_ENDING},
	  {1070, GOT(SIGTERM), INIT_KILL_LEFT, 0, INIT_KILLING},
	  {1080, GOT(SIGTERM), 0, 0, INIT_KILLING},
	  {1090, ALONE, 0, 0, INIT_OVER}},
	 3},
	{"a first one does not",
	 as_pid_1,
	 {{1050, ENDED(EXITED_3), INIT_TERM_LEFT, 0, INIT_ENDING},
	  {1060, GOT(SIGTERM), 0, 0, INIT_ENDING},
	  {1070, GOT(SIGTERM), INIT_KILL_LEFT, 0, INIT_KILLING},
	  {1090, ALONE, 0, 0, INIT_OVER}},
	 3},
	{"maps are followed",
	 with_maps,
	 {{1, GOT(SIGTERM), INIT_FORWARD, SIGQUIT, INIT_RUNNING},
	  {2, GOT(SIGUSR1), 0, 0, INIT_RUNNING},
	  {3, GOT(64), INIT_FORWARD, 33, INIT_RUNNING},
	  {4, ENDED(KILLED_BY_9), 0, 0, INIT_OVER}},
	 0},
	{"a TERM that is dropped is no request to stop",
	 with_term_dropped,
	 {{1, GOT(SIGTERM), 0, 0, INIT_RUNNING},
	  {200, TIME, 0, 0, INIT_RUNNING},
	  {201, ENDED(EXITED_3), 0, 0, INIT_OVER}},
	 3},
	{"a job stops and goes on with the service",
	 as_a_job,
	 {{1, STOPPED, INIT_SUSPEND, 0, INIT_RUNNING},
	  {2, GOT(SIGCONT), INIT_FOREGROUND | INIT_FORWARD, SIGCONT, INIT_RUNNING},
	  {3, GOT(SIGTSTP), INIT_FORWARD | INIT_SUSPEND, SIGTSTP, INIT_RUNNING},
	  {4, ENDED(EXITED_3), 0, 0, INIT_OVER}},
	 3},
	{"anything else does not stop",
	 as_pid_1,
	 {{1, STOPPED, 0, 0, INIT_RUNNING},
	  {2, GOT(SIGCONT), INIT_FORWARD, SIGCONT, INIT_RUNNING},
	  {3, GOT(SIGTSTP), INIT_FORWARD, SIGTSTP, INIT_RUNNING},
	  {4, ENDED(EXITED_3), INIT_TERM_LEFT, 0, INIT_ENDING},
	  {5, ALONE, 0, 0, INIT_OVER}},
	 3},
	{"a service that somebody else has waited for is a failure of ours",
	 as_pid_1,
	 {{1, ALONE, 0, 0, INIT_OVER}},
	 125},
};

static void
test_every_story_goes_as_told(void **unused)
{
	(void)unused;
	for (size_t i = 0; i < sizeof(stories) / sizeof(*stories); i++) {
		struct init_settings settings;
		struct init_state state = {0};

		decide_defaults(&settings);
		stories[i].prepare(&settings);
		for (const struct line *line = stories[i].lines;
		     line < stories[i].lines + 8 && state.phase != INIT_OVER; line++) {
			struct init_decision decision =
				decide(&settings, &state, &line->event, line->at);

			if (decision.what != line->what || state.phase != line->phase ||
			    ((decision.what & INIT_FORWARD) != 0 &&
			     decision.signal != line->signal))
				fail_msg("%s: line %d: did %#x with signal %d, phase %d",
					 stories[i].name, (int)(line - stories[i].lines),
					 decision.what, decision.signal, (int)state.phase);
		}
		if (state.phase != INIT_OVER || state.status != stories[i].status)
			fail_msg("%s: phase %d, status %d", stories[i].name, (int)state.phase,
				 state.status);
	}
}

static void
test_every_exit_code_is_passed_on_unless_it_is_mapped(void **unused)
{
	struct init_settings settings;

	(void)unused;
	decide_defaults(&settings);
	for (int code = 0; code < 256; code++)
		assert_int_equal(decide_status(&settings, code << 8), code);
	for (int signal = 1; signal <= 64; signal++)
		assert_int_equal(decide_status(&settings, signal), 128 + signal);
	settings.exit_map[143] = 0;
	assert_int_equal(decide_status(&settings, 15), 0);
	assert_int_equal(decide_status(&settings, 143 << 8), 0);
	assert_int_equal(decide_status(&settings, 142 << 8), 142);
}

static void
test_every_signal_is_forwarded_as_itself(void **unused)
{
	struct init_settings settings;

	(void)unused;
	decide_defaults(&settings);
	for (int signal = 1; signal <= 64; signal++) {
		struct init_state state = {0};
		struct init_event event = GOT(signal);
		struct init_decision decision = decide(&settings, &state, &event, 0);

		assert_int_equal(decision.what, INIT_FORWARD);
		assert_int_equal(decision.signal, signal);
		assert_int_equal(state.stop_requested, signal == SIGTERM);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_every_story_goes_as_told),
		cmocka_unit_test(test_every_exit_code_is_passed_on_unless_it_is_mapped),
		cmocka_unit_test(test_every_signal_is_forwarded_as_itself),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
