/* SPDX-License-Identifier: MIT */
#include "init/loop.h"

#include "explain/explainer.h"
#include "init/reap.h"
#include "look.h"

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <sys/wait.h>
#include <unistd.h>

enum {
	SIGNALS_A_ROUND = 64, /* so that a flood of signals cannot keep us from reaping */
	REAPS_A_ROUND = 256,  /* and a flood of orphans not from forwarding */
	KILLED_SHOWN = 8,
};

struct loop {
	struct init *init;
	const struct init_settings *settings;
	struct init_state state;
	struct reap_told told;
	bool queue_was_full;
	bool has_more; /* a round ended before its work did */
	bool was_told; /* of the end of a child */
	unsigned killed;
	pid_t killed_pids[KILLED_SHOWN];
};

static int
send_to_service(const struct loop *loop, int signal, const siginfo_t *info)
{
	const struct init *init = loop->init;
	int result = -1;

	if (loop->settings->signal_group)
		result = signals_send_group(init->pidfd, init->service, signal, info);
	/* A service that has left its group, or has not made it yet, is still reached. */
	if (result != 0 && (!loop->settings->signal_group || errno == ESRCH))
		result = signals_send(init->pidfd, init->service, signal, info);
	return result;
}

static void
forward(struct loop *loop, int signal, siginfo_t *info)
{
	/* Only what a process queued itself may be sent on as it was. */
	bool has_payload = info->si_code == SI_QUEUE;
	int result;

	info->si_signo = signal;
	result = send_to_service(loop, signal, has_payload ? info : NULL);
	/* Our queue and the service's count against the same limit of the user. A plain signal
	 * needs no room in it. */
	if (result != 0 && errno == EAGAIN) {
		if (!loop->queue_was_full)
			voice_say(
				&loop->init->voice,
				"signals queued for this user reach RLIMIT_SIGPENDING: SIG%s goes on without its value",
				signals_name(signal));
		loop->queue_was_full = true;
		result = send_to_service(loop, signal, NULL);
	}
	if (result != 0 && errno != ESRCH)
		voice_say(&loop->init->voice, "cannot forward SIG%s to the service: errno %d",
			  signals_name(signal), errno);
}

static void
suspend(struct loop *loop)
{
	/* With those that share our group, as the shell expects of a job. */
	kill(0, SIGSTOP);
	(void)loop;
}

static void
kill_service(struct loop *loop)
{
	struct init *init = loop->init;

	voice_say(&init->voice,
		  "the service (pid %ld) did not end within %llu ms of SIG%s; killing it",
		  (long)init->service, (unsigned long long)loop->settings->stop_timeout,
		  signals_name(loop->state.stop_signal));
	if (loop->settings->signal_group)
		kill(-init->service, SIGKILL);
	signals_send(init->pidfd, init->service, SIGKILL, NULL);
}

static void
act(struct loop *loop, struct init_decision decision, siginfo_t *info)
{
	struct init *init = loop->init;

	if ((decision.what & INIT_FOREGROUND) != 0 && init->front >= 0)
		terminal_pass(init->front, init->terminal.group, init->service);
	if ((decision.what & INIT_FORWARD) != 0)
		forward(loop, decision.signal, info);
	if ((decision.what & INIT_SUSPEND) != 0)
		suspend(loop);
	if ((decision.what & INIT_KILL_SERVICE) != 0)
		kill_service(loop);
	if ((decision.what & INIT_END_GROUP) != 0)
		kill(-init->service, decision.signal);
	if ((decision.what & INIT_TERM_LEFT) != 0)
		reap_signal_left(loop->settings->reach, init->children, &loop->told, SIGTERM);
	if ((decision.what & INIT_KILL_LEFT) != 0)
		reap_signal_left(loop->settings->reach, init->children, &loop->told, SIGKILL);
}

static void
tell(struct loop *loop, struct init_event event, siginfo_t *info)
{
	act(loop, decide(loop->settings, &loop->state, &event, (uint64_t)look_clock()), info);
}

static bool
is_sent(const siginfo_t *info)
{
	return info->si_code == SI_USER || info->si_code == SI_QUEUE || info->si_code == SI_TKILL;
}

static void
take_signals(struct loop *loop)
{
	siginfo_t info;

	for (int i = 0; i < SIGNALS_A_ROUND; i++) {
		int signal = signals_take(UINT64_MAX, 0, &info);

		if (signal < 0)
			return;
		loop->was_told |= signal == SIGCHLD;
		tell(loop,
		     (struct init_event){
			     .kind = INIT_SIGNAL,
			     .signal = signal,
			     .code = info.si_code,
			     .from_service = is_sent(&info) && info.si_pid == loop->init->service,
			     .from_self = is_sent(&info) && info.si_pid == loop->init->self,
		     },
		     &info);
	}
	loop->has_more = true;
}

static void
count_killed(struct loop *loop, const struct reap *reap)
{
	if (loop->state.phase != INIT_KILLING || !WIFSIGNALED(reap->status) ||
	    WTERMSIG(reap->status) != SIGKILL)
		return;
	if (loop->killed < KILLED_SHOWN)
		loop->killed_pids[loop->killed] = reap->pid;
	loop->killed++;
}

/* Neither the service nor an orphan. The number may come again. */
static bool
is_explainer(const struct loop *loop, const struct reap *reap)
{
	struct share *share = loop->init->share;

	if (share == NULL || share->pid != reap->pid)
		return false;
	share->pid = 0;
	return true;
}

static void
reap_one(struct loop *loop, const struct reap *reap)
{
	bool is_service = reap->pid == loop->init->service;

	if (reap->result == REAP_STOPPED) {
		if (is_service)
			tell(loop, (struct init_event){.kind = INIT_STOPPED}, NULL);
		return;
	}
	if (is_service && loop->state.phase == INIT_RUNNING) {
		tell(loop, (struct init_event){.kind = INIT_ENDED, .wait_status = reap->status},
		     NULL);
		if (reap->result == REAP_HELD)
			reap_release(reap->pid);
		return;
	}
	if (is_explainer(loop, reap)) {
		/* By our own KILL it ends with the others. */
		if (loop->state.phase != INIT_KILLING)
			explainer_ended(loop->init->share, reap->status, &loop->init->voice);
		return;
	}
	if (loop->settings->say_reaped)
		voice_say(&loop->init->voice, "reaped an orphan, pid %ld", (long)reap->pid);
	reap_forget(&loop->told, reap->pid);
	count_killed(loop, reap);
}

/* Signals those who became children of a subreaper when their parent ended. */
static void
tell_newcomers(struct loop *loop)
{
	if (loop->settings->reach != INIT_REACH_CHILDREN)
		return;
	if (loop->state.phase == INIT_ENDING || loop->state.phase == INIT_KILLING)
		reap_signal_left(loop->settings->reach, loop->init->children, &loop->told,
				 loop->state.phase == INIT_ENDING ? SIGTERM : SIGKILL);
}

static void
reap_children(struct loop *loop)
{
	bool was_told = loop->was_told;
	bool reaped = false;

	loop->was_told = false;
	for (int i = 0; i < REAPS_A_ROUND; i++) {
		bool hold = loop->settings->end_signal != 0 && loop->state.phase == INIT_RUNNING;
		struct reap reap = reap_next(loop->init->service, hold, loop->settings->suspend);

		/* A wait that failed is made again: no second signal will come for that child. */
		if (reap.result == REAP_NONE && was_told) {
			was_told = false;
			continue;
		}
		if (reap.result == REAP_NONE || reap.result == REAP_ALONE) {
			if (reap.result == REAP_ALONE)
				tell(loop, (struct init_event){.kind = INIT_ALONE}, NULL);
			else if (reaped)
				tell_newcomers(loop);
			return;
		}
		reap_one(loop, &reap);
		reaped = true;
	}
	loop->has_more = true;
}

/* How long to sleep: NULL for ever. */
static struct timespec *
sleep_time(const struct loop *loop, struct timespec *time)
{
	uint64_t clock = loop->state.timed ? (uint64_t)look_clock() : 0;
	uint64_t wait = loop->state.deadline > clock ? loop->state.deadline - clock : 0;

	*time = (struct timespec){0};
	if (loop->has_more)
		return time;
	if (!loop->state.timed)
		return NULL;
	time->tv_sec = (time_t)(wait / 1000);
	time->tv_nsec = (long)(wait % 1000) * 1000000;
	return time;
}

static void
wait_for_something(struct loop *loop)
{
	struct pollfd poll = {.fd = loop->init->signals, .events = POLLIN};
	struct timespec time;

	ppoll(&poll, 1, sleep_time(loop, &time), NULL);
	loop->has_more = false;
}

static void
say_killed(struct loop *loop)
{
	char pids[KILLED_SHOWN * 12 + 1] = "";
	size_t size = 0;

	if (loop->killed == 0)
		return;
	for (unsigned i = 0; i < loop->killed && i < KILLED_SHOWN; i++)
		size += (size_t)snprintf(pids + size, sizeof(pids) - size, " %ld",
					 (long)loop->killed_pids[i]);
	voice_say(&loop->init->voice,
		  "killed %u that the service left behind and that did not end on SIGTERM: pid%s%s",
		  loop->killed, pids, loop->killed > KILLED_SHOWN ? " ..." : "");
}

int
loop_run(struct init *init, const struct init_settings *settings)
{
	struct loop loop = {.init = init, .settings = settings};

	/* -------- nothing may die below this line until the work is done -------- */
	while (loop.state.phase != INIT_OVER) {
		wait_for_something(&loop);
		take_signals(&loop);
		reap_children(&loop);
		tell(&loop, (struct init_event){.kind = INIT_TIME}, NULL);
	}
	say_killed(&loop);
	if (init->share)
		explainer_closing(init->share, &init->voice);
	if (init->front >= 0)
		terminal_pass(init->front, init->service, init->terminal.group);
	return loop.state.status;
}
