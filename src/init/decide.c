/* SPDX-License-Identifier: MIT */
#include "init/decide.h"

#include <signal.h>
#include <sys/wait.h>

enum { LEFTOVER_TIMEOUT = 5000 };

void
decide_defaults(struct init_settings *settings)
{
	*settings = (struct init_settings){
		.stop_signals = signals_bit(SIGTERM),
		.leftover_timeout = LEFTOVER_TIMEOUT,
	};
	for (int i = 0; i <= SIGNALS_LAST; i++)
		settings->signal_map[i] = (uint8_t)i;
	for (int i = 0; i < 256; i++)
		settings->exit_map[i] = (uint8_t)i;
}

int
decide_status(const struct init_settings *settings, int wait_status)
{
	int status =
		WIFSIGNALED(wait_status) ? 128 + WTERMSIG(wait_status) : WEXITSTATUS(wait_status);

	return settings->exit_map[status & 255];
}

static void
count_down(struct init_state *state, uint64_t until)
{
	state->timed = true;
	state->deadline = until;
}

/*
 * The kernel sends these to a process for what that process itself did or used up. With a sender
 * behind them (kill(2), sigqueue(3)) they are meant for the service like any other.
 */
static bool
is_own_trouble(int signal)
{
	switch (signal) {
	case SIGSEGV:
	case SIGBUS:
	case SIGILL:
	case SIGFPE:
	case SIGTRAP:
	case SIGSYS:
	case SIGXCPU:
	case SIGXFSZ:
	case SIGCHLD:
		return true;
	default:
		return false;
	}
}

static bool
is_job_stop(int signal)
{
	return signal == SIGTSTP || signal == SIGTTIN || signal == SIGTTOU;
}

static struct init_decision
kill_left(struct init_state *state, uint64_t now)
{
	state->phase = INIT_KILLING;
	count_down(state, now + DECIDE_KILL_PATIENCE);
	return (struct init_decision){.what = INIT_KILL_LEFT};
}

static struct init_decision
decide_signal(const struct init_settings *settings, struct init_state *state,
	      const struct init_event *event, uint64_t now)
{
	struct init_decision decision = {.signal = settings->signal_map[event->signal]};
	bool is_again = state->stop_requested;

	if (decision.signal == 0 || event->from_self || (event->from_service && !settings->echo) ||
	    (event->code > 0 && is_own_trouble(event->signal)))
		return (struct init_decision){0};
	if ((settings->stop_signals & signals_bit(event->signal)) != 0 && !is_again) {
		state->stop_requested = true;
		state->stop_signal = event->signal;
		if (state->phase == INIT_RUNNING && settings->stop_limited)
			count_down(state, now + settings->stop_timeout);
	}
	if (state->phase == INIT_RUNNING) {
		decision.what = INIT_FORWARD;
		if (settings->suspend && event->signal == SIGCONT)
			decision.what |= INIT_FOREGROUND;
		if (settings->suspend && is_job_stop(event->signal))
			decision.what |= INIT_SUSPEND;
		return decision;
	}
	if (state->phase == INIT_ENDING && is_again &&
	    (settings->stop_signals & signals_bit(event->signal)) != 0)
		return kill_left(state, now);
	return (struct init_decision){0};
}

static struct init_decision
decide_end(const struct init_settings *settings, struct init_state *state, int wait_status,
	   uint64_t now)
{
	struct init_decision decision = {.what = settings->end_signal ? INIT_END_GROUP : 0,
					 .signal = settings->end_signal};

	state->status = decide_status(settings, wait_status);
	state->timed = false;
	if (settings->reach == INIT_REACH_NOBODY || settings->leftover_timeout == 0) {
		state->phase = INIT_OVER;
		return decision;
	}
	state->phase = INIT_ENDING;
	count_down(state, now + settings->leftover_timeout);
	decision.what |= INIT_TERM_LEFT;
	return decision;
}

static struct init_decision
decide_time(struct init_state *state, uint64_t now)
{
	if (!state->timed || now < state->deadline)
		return (struct init_decision){0};
	state->timed = false;
	switch (state->phase) {
	case INIT_RUNNING:
		return (struct init_decision){.what = INIT_KILL_SERVICE};
	case INIT_ENDING:
		return kill_left(state, now);
	default:
		/* What KILL does not end sits in the kernel; nothing is won by waiting for it. */
		state->phase = INIT_OVER;
		return (struct init_decision){0};
	}
}

struct init_decision
decide(const struct init_settings *settings, struct init_state *state,
       const struct init_event *event, uint64_t now)
{
	struct init_decision nothing = {0};

	switch (event->kind) {
	case INIT_SIGNAL:
		return decide_signal(settings, state, event, now);
	case INIT_STOPPED:
		if (settings->suspend && state->phase == INIT_RUNNING)
			nothing.what = INIT_SUSPEND;
		return nothing;
	case INIT_ENDED:
		return decide_end(settings, state, event->wait_status, now);
	case INIT_ALONE:
		/* Without a child there is no service either, whatever became of its status. */
		if (state->phase == INIT_RUNNING)
			state->status = 125;
		state->phase = INIT_OVER;
		return nothing;
	case INIT_TIME:
		return decide_time(state, now);
	}
	return nothing;
}
