/* SPDX-License-Identifier: MIT */
#include "explain/explainer.h"

#include "confine/evaluate.h"
#include "confine/notify.h"
#include "explain/listener.h"
#include "explain/names.h"
#include "explain/trial.h"
#include "explain/watch.h"
#include "front/log.h"
#include "init/signals.h"
#include "why_here.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/close_range.h>
#include <poll.h>
#include <sched.h>
#include <signal.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

enum {
	LOOK_EVERY = 200,   /* ms, at whether the other side still lives */
	START_ROUNDS = 100, /* of these, until the explainer counts as hanging */
	LOOKS = 1 << 28,    /* at whether it has the listener: some tenths of a second */
	PAUSE = 100000,     /* ns; it looks for the listener twice meanwhile */
	OWN_LISTENER = 3,
};

/* Before the filter is in force, on the stream that the service has, as all that main says. */
static void
say_failure(const struct share *share)
{
	struct report report = {.json = share->voice.json, .quiet = share->voice.quiet};

	report_say(
		&report, REPORT_WARNING,
		"cannot explain what the profile denies: cannot %s: %s%s; the service is confined all the same",
		share->what, strerror(share->error),
		share->error == EBUSY ? ", somebody outside listens to a filter already"
				      : why_here(WHY_EXPLAINER, share->error, NULL));
}

static void
wake(int signal)
{
	(void)signal;
}

/* All signals are blocked; TERM interrupts what waits, and does no more. */
static int
listen_to_term(void)
{
	struct sigaction action = {.sa_handler = wake};
	uint64_t mask = ~signals_bit(SIGTERM);

	if (sigaction(SIGTERM, &action, NULL) != 0)
		return -1;
	return (int)syscall(SYS_rt_sigprocmask, SIG_SETMASK, &mask, NULL, sizeof(mask));
}

static int
get_ready(struct share *share, const struct power *power, const char **what)
{
	prctl(PR_SET_NAME, "explainer");
	*what = "wait for signals";
	if (listen_to_term() != 0)
		return -1;
	*what = "listen to a filter";
	if (trial_run(share) != 0)
		return -1;
	if (power_watch(power, what) != 0)
		return -1;
	*what = "confine the explainer";
	return filter_load(&filter_explainer) != 0 ? -1 : filter_check(FILTER_CANARY_ERRNO);
}

/* Proven by the input, which the service has: a call that did nothing has left it open. */
static bool
has_own_table(void)
{
	struct pollfd input = {.fd = STDIN_FILENO};
	struct timespec now = {0};

	return syscall(SYS_close_range, 0, 1, CLOSE_RANGE_UNSHARE) == 0 &&
	       ppoll(&input, 1, &now, NULL) == 1 && input.revents == POLLNVAL;
}

/* A table of descriptors of its own, with the listener and the log in it and nothing else. */
static int
leave_table(struct share *share, int listener, struct voice *voice)
{
	bool own = has_own_table();

	__atomic_store_n(&share->listener, own ? -1 : SHARE_KEPT, __ATOMIC_SEQ_CST);
	if (!own) {
		/* It is shared with the service until that execs, so nothing may move. */
		voice->own = -1;
		return listener;
	}
	voice_settle(voice);
	if (listener != OWN_LISTENER && dup3(listener, OWN_LISTENER, O_CLOEXEC) < 0)
		return listener;
	syscall(SYS_close_range, OWN_LISTENER + 1, ~0U, CLOSE_RANGE_UNSHARE);
	return OWN_LISTENER;
}

__attribute__((noreturn)) static void
be_explainer(struct share *share, const struct filter_program *program, const struct power *power,
	     const struct power_memory *memory, pid_t service)
{
	struct voice voice = share->voice;
	const char *what;

	power_forget(memory);
	if (get_ready(share, power, &what) != 0) {
		share_fail(share, what, errno);
		_exit(1);
	}
	share_set_state(share, SHARE_READY);
	while (!share_wait(share, SHARE_READY, LOOK_EVERY))
		if (kill(service, 0) != 0 && errno == ESRCH)
			_exit(0);
	if (share_state(share) == SHARE_OFF)
		_exit(0);
	int listener = trial_await(share, service, -1);

	if (listener < 0)
		_exit(0);
	listener = leave_table(share, listener, &voice);
	_exit(watch_run(share, listener, &voice, program) == 0 ? 0 : 1);
}

void
explainer_start(struct share *share, const struct filter_program *program,
		const struct power *power, const struct power_memory *memory)
{
	pid_t service = getpid();
	/* With the init as its parent, which reaps it; without a stack, so that this is a fork. */
	long child = syscall(SYS_clone, CLONE_FILES | CLONE_PARENT | CLONE_PARENT_SETTID | SIGCHLD,
			     NULL, &share->pid, NULL, NULL);
	bool ready = false;

	/* Who is told to be the explainer and is not would wait for the service, which it is. */
	if (child == 0 && getpid() != service)
		be_explainer(share, program, power, memory, service);
	if (child <= 0)
		share_fail(share, "start the explainer", child < 0 ? errno : EPROTO);
	for (int i = 0; child > 0 && !ready && i < START_ROUNDS; i++) {
		ready = share_wait(share, SHARE_STARTING, LOOK_EVERY);
		if (!ready && kill((pid_t)child, 0) != 0 && errno == ESRCH)
			break;
	}
	if (child > 0 && !ready) {
		kill((pid_t)child, SIGKILL);
		share_fail(share, "start the explainer", ETIME);
	}
	if (share_state(share) == SHARE_OFF)
		say_failure(share);
}

static bool
allows(const struct filter_program *program, int number, int listener)
{
	struct seccomp_data data = {
		.nr = number, .arch = names_native_arch, .args = {(unsigned)listener}};
	struct verdict verdict;

	return evaluate(program->instructions, program->length, &data, &verdict) == 0 &&
	       verdict.action == SECCOMP_RET_ALLOW;
}

/*
 * As long as this process has the listener too, an explainer that dies leaves what is denied here
 * waiting for nobody. So it is closed as soon as the explainer has one of its own, or has been
 * reaped, where the profile allows that: no call of ours may be a question. After one pause, which
 * lets the explainer have the only CPU, it is waited for without a call.
 */
static void
drop_listener(const struct share *share, const struct filter_program *program, int listener)
{
	struct timespec pause = {0, PAUSE};

	if (!allows(program, SYS_close, listener) || !allows(program, SYS_ppoll, 0))
		return;
	ppoll(NULL, 0, &pause, NULL);
	for (int look = 0; look < LOOKS; look++) {
		int shared = __atomic_load_n(&share->listener, __ATOMIC_SEQ_CST);

		if (shared == SHARE_KEPT)
			return;
		if (shared < 0 || __atomic_load_n(&share->pid, __ATOMIC_SEQ_CST) == 0) {
			close(listener);
			return;
		}
	}
}

int
explainer_load(struct share *share, const struct filter_program *program)
{
	struct sock_filter code[BPF_MAXINSNS];

	if (share_state(share) != SHARE_READY)
		return filter_load(program);
	notify_make(program, code);
	share_set_state(share, SHARE_LOADING);
	int listener = listener_load(code, program->length);

	if (listener < 0) {
		share_fail(share, "listen to the profile's filter", errno);
		say_failure(share);
		return filter_load(program);
	}
	/* Without a call from here on: it could be the first question. */
	__atomic_store_n(&share->listener, listener, __ATOMIC_SEQ_CST);
	__atomic_store_n(&share->state, SHARE_LISTENING, __ATOMIC_SEQ_CST);
	drop_listener(share, program, listener);
	return 0;
}

void
explainer_ended(const struct share *share, int status, struct voice *voice)
{
	enum share_state state = share_state(share);

	/* From READY on the service may load questions, though nobody is left to answer them. */
	if (state == SHARE_STARTING || state == SHARE_OFF ||
	    (WIFEXITED(status) && !WEXITSTATUS(status)))
		return;
	voice_say(
		voice,
		"the explainer has ended (wait status 0x%x): what the profile denies is answered with ENOSYS from now on, and not logged",
		(unsigned)status);
}

void
explainer_closing(const struct share *share, struct voice *voice)
{
	struct line_counts counts = share->counts;
	char line[LINE_LARGEST];

	if (share_state(share) != SHARE_LISTENING)
		return;
	if (voice_write(voice, line, line_closing(&counts, share->profile, voice->json, line)) < 0)
		voice->lost++;
}
