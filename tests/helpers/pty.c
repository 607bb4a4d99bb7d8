/* SPDX-License-Identifier: MIT */
/*
 * pty - plays the person at a terminal
 *
 *   pty COMMAND [ARGUMENT...] <SCRIPT
 *
 * Runs COMMAND on a terminal of its own and follows the script, one line a step:
 *
 *   send TEXT        type it; \r is the return key, \xNN any byte (\x03 is Ctrl-C)
 *   expect TEXT      wait until it is shown, after what was expected before
 *   size ROWS COLS TEXT   change the size of the window until TEXT is shown: again and again,
 *                    because a client that is still starting may miss the first change
 *   hangup           close the terminal
 *
 * Then it waits for the end of COMMAND and exits with its status, 128 + N for a signal; with 99 if
 * something that was expected was not shown in time: then everything that was shown is printed.
 */
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <pty.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

enum {
	PATIENCE = 60,      /* seconds for one step; a loaded machine needs a few */
	SHOWN_SIZE = 65536, /* bytes of output that are remembered; more is an error */
	LINE_SIZE = 1024,
	STATUS_DISAPPOINTED = 99,
};

struct terminal {
	int master; /* -1: hung up */
	pid_t child;
	char shown[SHOWN_SIZE];
	size_t length;
	size_t matched; /* up to where the last expectation was met */
};

static void
fail(const struct terminal *terminal, const char *what, const char *value)
{
	printf("%s: %s\nshown, from the last match on:\n%s\n---- all of it:\n%s\n", what, value,
	       terminal->shown + terminal->matched, terminal->shown);
	fflush(stdout);
	kill(terminal->child, SIGKILL);
	_exit(STATUS_DISAPPOINTED);
}

/* Reads what is there within `milliseconds`; false if the other side is gone. */
static bool
look(struct terminal *terminal, int milliseconds)
{
	struct pollfd ready = {.fd = terminal->master, .events = POLLIN};
	ssize_t got;

	if (terminal->master < 0)
		return false;
	if (poll(&ready, 1, milliseconds) <= 0)
		return true;
	if (terminal->length == SHOWN_SIZE - 1)
		fail(terminal, "too much output", "");
	got = read(terminal->master, terminal->shown + terminal->length,
		   SHOWN_SIZE - 1 - terminal->length);
	/* EIO: nobody has the terminal open any more. */
	if (got <= 0)
		return got < 0 && errno == EINTR;
	/* The text is searched as a string. */
	for (ssize_t i = 0; i < got; i++) {
		if (terminal->shown[terminal->length + (size_t)i] == '\0')
			terminal->shown[terminal->length + (size_t)i] = ' ';
	}
	terminal->length += (size_t)got;
	terminal->shown[terminal->length] = '\0';
	return true;
}

static void
expect(struct terminal *terminal, const char *text)
{
	const time_t end = time(NULL) + PATIENCE;
	bool open = true;

	for (;;) {
		const char *found = strstr(terminal->shown + terminal->matched, text);

		if (found != NULL) {
			terminal->matched = (size_t)(found - terminal->shown) + strlen(text);
			return;
		}
		if (!open || time(NULL) > end)
			fail(terminal, "not shown", text);
		open = look(terminal, 1000);
	}
}

/* Replaces \r and \xNN in place; returns the number of bytes. */
static size_t
unescape(char *text)
{
	char *to = text;

	for (const char *from = text; *from != '\0';) {
		if (from[0] == '\\' && from[1] == 'r') {
			*to++ = '\r';
			from += 2;
		} else if (from[0] == '\\' && from[1] == 'x' && from[2] != '\0' &&
			   from[3] != '\0') {
			const char digits[] = {from[2], from[3], '\0'};

			*to++ = (char)strtol(digits, NULL, 16);
			from += 4;
		} else {
			*to++ = *from++;
		}
	}
	return (size_t)(to - text);
}

static void
type(struct terminal *terminal, char *text)
{
	const size_t length = unescape(text);

	for (size_t sent = 0; sent < length;) {
		const ssize_t written = write(terminal->master, text + sent, length - sent);

		if (written < 0 && errno != EINTR)
			fail(terminal, "cannot type", text);
		sent += written > 0 ? (size_t)written : 0;
	}
}

static void
set_size(struct terminal *terminal, unsigned short rows, unsigned short columns)
{
	const struct winsize size = {.ws_row = rows, .ws_col = columns};

	if (ioctl(terminal->master, TIOCSWINSZ, &size) != 0)
		fail(terminal, "cannot change the size", strerror(errno));
}

static void
resize(struct terminal *terminal, const char *text)
{
	const time_t end = time(NULL) + PATIENCE;
	unsigned short rows, columns;
	int used = 0;

	if (sscanf(text, "%hu %hu %n", &rows, &columns, &used) < 2 || text[used] == '\0')
		fail(terminal, "size needs ROWS COLS TEXT", text);
	while (strstr(terminal->shown + terminal->matched, text + used) == NULL) {
		if (time(NULL) > end)
			break;
		/* The kernel tells only of changes. */
		set_size(terminal, rows, (unsigned short)(columns + 1));
		set_size(terminal, rows, columns);
		if (!look(terminal, 500))
			break;
	}
	expect(terminal, text + used);
}

static void
follow(struct terminal *terminal, char *line)
{
	char *const space = strchr(line, ' ');
	char *const text = space != NULL ? space + 1 : line + strlen(line);

	if (space != NULL)
		*space = '\0';
	if (strcmp(line, "send") == 0) {
		type(terminal, text);
	} else if (strcmp(line, "expect") == 0) {
		expect(terminal, text);
	} else if (strcmp(line, "size") == 0) {
		resize(terminal, text);
	} else if (strcmp(line, "hangup") == 0) {
		close(terminal->master);
		terminal->master = -1;
	} else if (line[0] != '\0' && line[0] != '#') {
		fail(terminal, "no such step", line);
	}
}

static int
wait_for_end(struct terminal *terminal)
{
	const time_t end = time(NULL) + PATIENCE;
	const struct timespec moment = {.tv_nsec = 20000000};
	int status;

	/* What it still has to say must be read, or it would never end. */
	while (waitpid(terminal->child, &status, WNOHANG) == 0) {
		if (time(NULL) > end)
			fail(terminal, "has not ended", "");
		if (!look(terminal, 20))
			nanosleep(&moment, NULL);
	}
	return WIFSIGNALED(status) ? 128 + WTERMSIG(status) : WEXITSTATUS(status);
}

int
main(int count, char **arguments)
{
	static struct terminal terminal;
	const struct winsize size = {.ws_row = 24, .ws_col = 80};
	char line[LINE_SIZE];

	if (count < 2)
		return 2;
	terminal.child = forkpty(&terminal.master, NULL, NULL, &size);
	if (terminal.child == 0) {
		execvp(arguments[1], arguments + 1);
		_exit(127);
	}
	if (terminal.child < 0)
		return 2;
	fcntl(terminal.master, F_SETFD, FD_CLOEXEC);
	while (fgets(line, sizeof(line), stdin) != NULL) {
		line[strcspn(line, "\n")] = '\0';
		follow(&terminal, line);
	}
	return wait_for_end(&terminal);
}
