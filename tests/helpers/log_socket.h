/* SPDX-License-Identifier: MIT */
/*
 * log_socket - standard error that is a socket, as a supervisor's journal gives it
 *
 * For the tests that start programs with initlab. log_socket_open() comes first, then a start with
 * log_socket_give, or log_socket_give_full, as what prepares the child.
 */
#ifndef STEPDOWN_TESTS_LOG_SOCKET_H
#define STEPDOWN_TESTS_LOG_SOCKET_H

#include "helpers/initlab.h"

#include <sys/socket.h>
#include <sys/un.h>

static struct {
	int listening;
	struct sockaddr_un address;
	socklen_t size;
} log_socket;

/* In the kernel's own name space, which no root file system hides. */
static void
log_socket_open(void)
{
	log_socket.address = (struct sockaddr_un){.sun_family = AF_UNIX};
	log_socket.size = sizeof(log_socket.address);
	log_socket.listening = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	assert_true(log_socket.listening >= 0);
	/* An address of no more than its family asks the kernel for a name. */
	assert_int_equal(bind(log_socket.listening, (struct sockaddr *)&log_socket.address,
			      sizeof(log_socket.address.sun_family)),
			 0);
	assert_int_equal(getsockname(log_socket.listening, (struct sockaddr *)&log_socket.address,
				     &log_socket.size),
			 0);
	assert_int_equal(listen(log_socket.listening, 1), 0);
}

static void
log_socket_give(void)
{
	int own = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);

	if (own < 0 || connect(own, (struct sockaddr *)&log_socket.address, log_socket.size) ||
	    dup2(own, 2) != 2)
		_exit(122);
	close(own);
}

/* With no room for another byte. */
static inline void
log_socket_give_full(void)
{
	log_socket_give();
	while (send(2, "", 1, MSG_DONTWAIT) == 1)
		continue;
	if (errno != EAGAIN)
		_exit(122);
}

/* All that has been written, once everybody who could write has ended. */
static void
log_socket_read(char *text, size_t room)
{
	int from = accept4(log_socket.listening, NULL, NULL, SOCK_CLOEXEC);
	size_t size = 0;
	ssize_t got;

	assert_true(from >= 0);
	while (size < room - 1 && (got = read(from, text + size, room - 1 - size)) > 0)
		size += (size_t)got;
	text[size] = '\0';
	close(from);
	close(log_socket.listening);
}

#endif
