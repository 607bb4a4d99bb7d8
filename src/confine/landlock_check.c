/* SPDX-License-Identifier: MIT */
#include "confine/landlock.h"

#include "proof.h"

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

enum { PROTOCOL_MPTCP = 262 };

/* Device nodes that are in every container; the second where /dev can only be read. */
static const char devices[][16] = {"/dev/null", "/dev/pts/ptmx", "/dev/tty"};

/* A rename to the same name does nothing, and a kernel comes to that after it has asked Landlock
 * (vfs_rename()). Returns 1 if it is refused, 0 if not, -1 with errno if it cannot be tried. */
static int
is_rename_refused(const char *device)
{
	struct stat status;

	/* Whoever can look can also reach it, so that only Landlock is left to say EACCES. */
	if (fstatat(AT_FDCWD, device, &status, AT_SYMLINK_NOFOLLOW))
		return -1;
	if (!S_ISCHR(status.st_mode)) {
		errno = ENODEV;
		return -1;
	}
	if (!renameat(AT_FDCWD, device, AT_FDCWD, device))
		return 0;
	return errno == EACCES ? 1 : -1;
}

static int
check_files(void)
{
	for (size_t i = 0; i < sizeof(devices) / sizeof(devices[0]); i++) {
		int refused = is_rename_refused(devices[i]);

		if (refused >= 0)
			return proof(refused == 1);
	}
	return -1;
}

/* The highest port that no rule gives. */
static uint16_t
find_forbidden(const struct landlock_plan *plan, unsigned right)
{
	for (unsigned port = 65535; port > 0; port--) {
		bool given = false;

		for (unsigned i = 0; i < plan->port_count; i++)
			given |= plan->ports[i].number == port && (plan->ports[i].right & right);
		if (!given)
			return (uint16_t)port;
	}
	return 0;
}

typedef int use_address(int socket, const struct sockaddr *address, socklen_t length);

/*
 * Landlock is asked before the protocol looks at the address. If it were not in force, a socket
 * could not be bound to 192.0.2.1, which nobody has (RFC 5737), and TCP would not connect to the
 * broadcast address: neither leaves a trace.
 */
static int
check_port(use_address *call, uint32_t address, uint16_t port)
{
	struct sockaddr_in to = {.sin_family = AF_INET, .sin_port = htons(port)};
	int opened = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);

	if (opened < 0)
		return -1;
	to.sin_addr.s_addr = htonl(address);
	bool refused = call(opened, (const struct sockaddr *)&to, sizeof(to)) && errno == EACCES;

	close(opened);
	return proof(refused);
}

int
landlock_check(const struct landlock_plan *plan)
{
	if (plan->handled.files && check_files())
		return -1;
	if ((plan->handled.ports & LANDLOCK_BIND) &&
	    check_port(bind, 0xc0000201U, find_forbidden(plan, LANDLOCK_BIND)))
		return -1;
	if ((plan->handled.ports & LANDLOCK_CONNECT) &&
	    check_port(connect, INADDR_BROADCAST, find_forbidden(plan, LANDLOCK_CONNECT)))
		return -1;
	return 0;
}

int
landlock_check_detours(void)
{
	/* No kernel answers so: it looks at the family and at the descriptor first. */
	return proof(syscall(SYS_socket, -1, SOCK_STREAM, PROTOCOL_MPTCP) < 0 &&
		     errno == EPROTONOSUPPORT &&
		     syscall(SYS_sendto, -1, NULL, 0UL, MSG_FASTOPEN, NULL, 0) < 0 &&
		     errno == EOPNOTSUPP);
}

int
landlock_check_memory(void)
{
	long memory = syscall(SYS_memfd_create, "stepdown", 1U /* closed on exec */);
	bool refused = memory < 0 && errno == EPERM;

	if (memory > STDERR_FILENO)
		close((int)memory);
	/* Nothing is executed: there is no descriptor -1. */
	return proof(refused && syscall(SYS_execveat, -1, "", NULL, NULL, AT_EMPTY_PATH) < 0 &&
		     errno == EPERM);
}
