/* SPDX-License-Identifier: MIT */
#include "explain/watch.h"

#include "confine/evaluate.h"
#include "confine/notify.h"
#include "explain/arguments.h"
#include "explain/backlog.h"
#include "explain/kinds.h"
#include "explain/listener.h"
#include "explain/names.h"
#include "explain/peek.h"

#include <errno.h>
#include <poll.h>
#include <stddef.h>
#include <string.h>
#include <unistd.h>

enum { TEXT_ARGUMENTS = 1024 }; /* a path of bytes that are escaped, and more */

struct watch {
	struct share *share;
	const struct filter_program *program;
	const struct voice *voice;
	int listener;
	struct kinds kinds;
	struct backlog backlog;
};

/* Denied in any case, should the evaluator not understand what the kernel has taken. */
static struct verdict
judge(const struct watch *watch, const struct seccomp_data *data)
{
	struct verdict verdict;

	if (evaluate(watch->program->instructions, watch->program->length, data, &verdict))
		verdict = (struct verdict){.action = SECCOMP_RET_ERRNO | EPERM};
	return verdict;
}

/* What is only known while the caller waits. */
struct seen {
	char command[PEEK_COMMAND];
	char texts[ARGUMENTS_COUNT][PEEK_TEXT];
	const char *pointers[ARGUMENTS_COUNT];
};

static void
look(const struct seccomp_notif *question, const char *form, struct seen *seen)
{
	peek_command((pid_t)question->pid, seen->command);
	for (unsigned i = 0; i < ARGUMENTS_COUNT && form[i]; i++) {
		seen->pointers[i] = NULL;
		if (form[i] == 'p' &&
		    peek_text((pid_t)question->pid, question->data.args[i], seen->texts[i]))
			seen->pointers[i] = seen->texts[i];
	}
}

static void
write_line(struct watch *watch, const struct seccomp_notif *question, const char *call,
	   const char *form, const struct verdict *verdict, const struct seen *seen)
{
	char arguments[TEXT_ARGUMENTS], line[LINE_LARGEST];
	uint64_t values[ARGUMENTS_COUNT];
	struct denial denial = {
		.pid = (int)question->pid,
		.command = seen->command,
		.call = call,
		.arguments = arguments,
		.data = &question->data,
		.verdict = *verdict,
		.profile = watch->program,
	};

	clock_gettime(CLOCK_REALTIME, &denial.time);
	memcpy(values, question->data.args, sizeof(values));
	arguments_write(form, values, seen->pointers, arguments, sizeof(arguments));
	backlog_add(&watch->backlog, line, line_denial(&denial, watch->voice->json, line));
}

/* Before the answer: the caller is blocked, and its memory and name are what they were. */
static void
explain(struct watch *watch, const struct seccomp_notif *question, const struct verdict *verdict)
{
	uint16_t place = names_place(question->data.arch, (uint32_t)question->data.nr);
	const char *call = names_at(place);
	const char *form = arguments_form(call);
	struct seen seen;

	if (watch->kinds.count == KINDS_MOST) {
		watch->share->counts.unlisted++;
		return;
	}
	look(question, form, &seen);
	/* Its pid may be another's by now. It will ask again, if it lives. */
	if (!listener_waits(watch->listener, question->id))
		return;
	kinds_add(&watch->kinds, &question->data, verdict, arguments_words(form));
	watch->share->counts.kinds = watch->kinds.count;
	write_line(watch, question, call, form, verdict, &seen);
}

static void
write_out(struct watch *watch)
{
	backlog_flush(&watch->backlog, watch->voice);
	watch->share->counts.lost = watch->backlog.lost + watch->backlog.lines;
}

static int
answer(struct watch *watch)
{
	union {
		struct seccomp_notif question;
		char room[512]; /* a later kernel may write more */
	} asked;
	struct seccomp_notif *question = &asked.question;
	int taken = listener_take(watch->listener, question);

	if (taken <= 0)
		return taken;
	struct verdict verdict = judge(watch, &question->data);

	if (!kinds_know(&watch->kinds, &question->data, &verdict)) {
		explain(watch, question, &verdict);
		write_out(watch);
	}
	/* Before the answer, so that the count is whole when the caller has ended. */
	watch->share->counts.denied++;
	if (!listener_answer(watch->listener, question->id, notify_errno(verdict.action)))
		watch->share->counts.denied--;
	return 0;
}

int
watch_run(struct share *share, int listener, const struct voice *voice,
	  const struct filter_program *program)
{
	struct watch watch = {
		.share = share, .program = program, .voice = voice, .listener = listener};

	listener_hurry(listener);
	for (;;) {
		struct pollfd poll[2] = {
			{.fd = listener, .events = POLLIN},
			{.fd = watch.backlog.used > 0 ? STDERR_FILENO : -1, .events = POLLOUT},
		};

		/* EINTR: TERM, with which the init wakes everybody at the end. */
		if (ppoll(poll, 2, NULL, NULL) < 0)
			continue;
		if (poll[1].revents != 0)
			write_out(&watch);
		if ((poll[0].revents & POLLIN) != 0) {
			if (answer(&watch) != 0)
				return -1;
		} else if (poll[0].revents != 0) {
			return 0;
		}
	}
}
