/* SPDX-License-Identifier: MIT */
#include "explain/trial.h"

#include "explain/listener.h"

#include <errno.h>
#include <poll.h>
#include <sched.h>
#include <signal.h>
#include <stddef.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

enum {
	TRIAL_ERRNO = 4000,  /* no kernel returns it */
	PATIENCE = 5000,     /* ms; on a loaded machine */
	FIRST_PAUSE = 50000, /* ns; what has to be done meanwhile takes about as long */
	SHORT_PAUSES = 1000,
	LAST_PAUSE = 5000000,
};

static const struct sock_filter code[] = {
	BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, nr)),
	BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, SYS_getppid, 0, 1),
	BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_USER_NOTIF),
	BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
};

__attribute__((noreturn)) static void
be_tried(struct share *share)
{
	int listener = listener_load(code, sizeof(code) / sizeof(code[0]));

	if (listener < 0)
		_exit(errno < 256 ? errno : EINVAL);
	__atomic_store_n(&share->listener, listener, __ATOMIC_SEQ_CST);
	_exit(syscall(SYS_getppid) == -1 && errno == TRIAL_ERRNO ? 0 : EPROTO);
}

int
trial_await(const struct share *share, pid_t process, int rounds)
{
	struct timespec pause = {0, FIRST_PAUSE};

	/* By looking: whatever woke us would be a call, and each of them may be a question to the
	 * listener that we wait for. */
	for (int round = 0; rounds < 0 || round < rounds; round++) {
		int listener = __atomic_load_n(&share->listener, __ATOMIC_SEQ_CST);

		if (listener >= 0)
			return listener;
		if (share_state(share) == SHARE_OFF || (kill(process, 0) != 0 && errno == ESRCH))
			return -1;
		if (round > SHORT_PAUSES)
			pause.tv_nsec = LAST_PAUSE;
		ppoll(NULL, 0, &pause, NULL);
	}
	return -1;
}

static int
play(int listener)
{
	struct pollfd poll = {.fd = listener, .events = POLLIN};
	struct timespec time = {PATIENCE / 1000, 0};
	union {
		struct seccomp_notif question;
		char room[512];
	} asked;

	if (ppoll(&poll, 1, &time, NULL) != 1) {
		errno = ETIME;
		return -1;
	}
	int taken = listener_take(listener, &asked.question);

	if (taken < 0)
		return -1;
	if (taken == 0 || !listener_waits(listener, asked.question.id) ||
	    !listener_answer(listener, asked.question.id, TRIAL_ERRNO)) {
		errno = EPROTO;
		return -1;
	}
	return 0;
}

int
trial_run(struct share *share)
{
	pid_t self = getpid();
	pid_t child = (pid_t)syscall(SYS_clone, CLONE_FILES | SIGCHLD, NULL, NULL, NULL, NULL);
	int status = 0, error = 0;

	if (child < 0)
		return -1;
	/* Who is told to be the child and is not would wait for an answer of its own. */
	if (child == 0 && getpid() == self) {
		errno = EPROTO;
		return -1;
	}
	if (child == 0)
		be_tried(share);
	/* One that has ended without a listener stays a zombie until it is waited for below. */
	siginfo_t ended = {0};
	int listener = -1;

	for (int looks = 0; listener < 0 && looks < PATIENCE && ended.si_pid == 0; looks++) {
		listener = trial_await(share, child, 20);
		waitid(P_PID, (id_t)child, &ended, WEXITED | WNOHANG | WNOWAIT);
	}
	if (listener >= 0 && play(listener) != 0)
		error = errno;
	if (error || (listener < 0 && ended.si_pid == 0))
		kill(child, SIGKILL);
	pid_t waited;

	do
		waited = waitpid(child, &status, 0);
	while (waited < 0 && errno == EINTR);
	/* It may have been there, and ended, between the two looks. */
	listener = __atomic_exchange_n(&share->listener, -1, __ATOMIC_SEQ_CST);
	if (listener >= 0)
		close(listener);
	if (!error)
		error = waited == child && WIFEXITED(status) ? WEXITSTATUS(status) : EPROTO;
	errno = error;
	return error ? -1 : 0;
}
