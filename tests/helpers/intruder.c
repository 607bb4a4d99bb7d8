/* SPDX-License-Identifier: MIT */
/*
 * intruder - a service that tries one thing that Landlock may forbid
 *
 *   intruder run PATH            execute PATH, with the arguments "exit 42"
 *   intruder memory PATH         copy PATH into memory without a name and execute it by execveat(2)
 *   intruder memory-path PATH    the same by its path below /proc
 *   intruder sealed              make memory that can never be executed
 *   intruder read|write|list|make|truncate PATH
 *   intruder bind|connect PORT   on the loopback address
 *   intruder bind6|connect6 PORT the same of IPv6
 *   intruder bind-mptcp|connect-mptcp PORT
 *                                with a socket of multipath TCP, which becomes plain TCP
 *   intruder sendto|sendmsg|sendmmsg PORT
 *                                connect by sending, with TCP Fast Open
 *   intruder uring               make a ring of io_uring(7)
 *   intruder key                 add a key to the kernel's, which the default profile denies
 *   intruder find-key NAME       look for a key from the session keyring on, and read it
 *   intruder request-key NAME    the same by request_key(2)
 *   intruder read-key ID         read a key, or list a keyring, by its number
 *   intruder map PATH            map its pages as code
 *   intruder copy PATH NAME      copy PATH, and execute the copy
 *   intruder link PATH NAME      make a second name of PATH, and execute it
 *   intruder signal-parent       ask whether the parent could be signalled
 *   intruder abstract NAME       connect to the abstract socket NAME
 *
 * Exits with 0 if it worked, else with the errno of the call that was refused. A program that was
 * executed ends with a status of its own.
 */
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/keyctl.h>
#include <netinet/in.h>
#include <signal.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/un.h>
#include <unistd.h>

enum { NO_EXEC_SEAL = 8, MPTCP = 262 };

static char service[] = "service", leave[] = "exit", with_status[] = "42";
static char *const arguments[] = {service, leave, with_status, NULL};

static void
copy_bytes(int from, int to)
{
	char bytes[65536];
	ssize_t got;

	while ((got = read(from, bytes, sizeof(bytes))) > 0)
		if (write(to, bytes, (size_t)got) != got)
			exit(errno);
}

static int
copy_to_memory(const char *path)
{
	const int from = open(path, O_RDONLY | O_CLOEXEC);
	const int memory = (int)syscall(SYS_memfd_create, "memory", 0U);

	if (from < 0 || memory < 0)
		exit(errno);
	copy_bytes(from, memory);
	return memory;
}

static int
run_memory(const char *path, int by_path)
{
	char *const none[] = {NULL};
	char name[64];
	const int memory = copy_to_memory(path);

	snprintf(name, sizeof(name), "/proc/self/fd/%d", memory);
	if (by_path)
		return execve(name, arguments, none);
	return (int)syscall(SYS_execveat, memory, "", arguments, none, AT_EMPTY_PATH);
}

typedef int use_address(int socket, const struct sockaddr *address, socklen_t length);

static int
use_port(use_address *call, const char *port, int protocol)
{
	struct sockaddr_in address = {.sin_family = AF_INET,
				      .sin_port = htons((uint16_t)atoi(port))};
	/* socket(3) of musl would try a second time. */
	const int opened = (int)syscall(SYS_socket, AF_INET, SOCK_STREAM, protocol);

	address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	if (opened < 0)
		return -1;
	if (call(opened, (const struct sockaddr *)&address, sizeof(address)) == 0)
		return 0;
	/* Nobody listens: Landlock has let it through to TCP. */
	return errno == ECONNREFUSED ? 0 : -1;
}

static int
use_port_of_6(use_address *call, const char *port)
{
	const struct sockaddr_in6 address = {.sin6_family = AF_INET6,
					     .sin6_port = htons((uint16_t)atoi(port)),
					     .sin6_addr = IN6ADDR_LOOPBACK_INIT};
	const int opened = socket(AF_INET6, SOCK_STREAM | SOCK_CLOEXEC, 0);

	if (opened < 0)
		return -1;
	if (call(opened, (const struct sockaddr *)&address, sizeof(address)) == 0)
		return 0;
	return errno == ECONNREFUSED ? 0 : -1;
}

static char byte[] = "x";

static int
by_sendto(int opened, const struct sockaddr *address, socklen_t length)
{
	return (int)sendto(opened, byte, 1, MSG_FASTOPEN | MSG_NOSIGNAL, address, length);
}

static struct msghdr
message_to(const struct sockaddr *address, socklen_t length)
{
	static struct iovec bytes = {byte, 1};

	return (struct msghdr){.msg_name = (void *)(uintptr_t)address,
			       .msg_namelen = length,
			       .msg_iov = &bytes,
			       .msg_iovlen = 1};
}

static int
by_sendmsg(int opened, const struct sockaddr *address, socklen_t length)
{
	const struct msghdr message = message_to(address, length);

	return (int)sendmsg(opened, &message, MSG_FASTOPEN | MSG_NOSIGNAL);
}

static int
by_sendmmsg(int opened, const struct sockaddr *address, socklen_t length)
{
	struct mmsghdr messages = {.msg_hdr = message_to(address, length)};

	return (int)syscall(SYS_sendmmsg, opened, &messages, 1, MSG_FASTOPEN | MSG_NOSIGNAL);
}

static int
make_ring(void)
{
	unsigned parameters[30] = {0};

	return (int)syscall(SYS_io_uring_setup, 1, parameters);
}

static int
read_key(long id)
{
	char bytes[64];
	const long size = id < 0 ? id : syscall(SYS_keyctl, KEYCTL_READ, id, bytes, sizeof(bytes));

	if (size > 0)
		printf("%.*s\n", (int)size, bytes);
	return size < 0 ? -1 : 0;
}

static int
map_code(const char *path)
{
	const int opened = open(path, O_RDONLY | O_CLOEXEC);

	if (opened < 0)
		return -1;
	return mmap(NULL, 1, PROT_READ | PROT_EXEC, MAP_PRIVATE, opened, 0) == MAP_FAILED ? -1 : 0;
}

static int
run_copy(const char *path, const char *name)
{
	char *const none[] = {NULL};
	const int from = open(path, O_RDONLY | O_CLOEXEC);
	const int to = open(name, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0700);

	if (from < 0 || to < 0)
		return -1;
	copy_bytes(from, to);
	close(to);
	return execve(name, arguments, none);
}

static int
run_second_name(const char *path, const char *name)
{
	char *const none[] = {NULL};

	if (link(path, name))
		return -1;
	return execve(name, arguments, none);
}

static int
connect_abstract(const char *name)
{
	struct sockaddr_un address = {.sun_family = AF_UNIX};
	const int opened = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);

	snprintf(address.sun_path + 1, sizeof(address.sun_path) - 1, "%s", name);
	return connect(opened, (const struct sockaddr *)&address,
		       (socklen_t)(offsetof(struct sockaddr_un, sun_path) + 1 + strlen(name)));
}

/* Returns as try_it(), with `known` whether it is about ports at all. */
static int
try_port(const char *what, const char *with, int *known)
{
	static const struct {
		char name[14];
		use_address *call;
		int protocol;
	} rows[] = {
		{"bind", bind, 0},
		{"connect", connect, 0},
		{"bind-mptcp", bind, MPTCP},
		{"connect-mptcp", connect, MPTCP},
		{"sendto", by_sendto, 0},
		{"sendmsg", by_sendmsg, 0},
		{"sendmmsg", by_sendmmsg, 0},
	};

	*known = 1;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
		if (!strcmp(what, rows[i].name))
			return use_port(rows[i].call, with, rows[i].protocol);
	if (!strcmp(what, "bind6"))
		return use_port_of_6(bind, with);
	if (!strcmp(what, "connect6"))
		return use_port_of_6(connect, with);
	*known = 0;
	return -1;
}

static int
try_it(const char *what, const char *with, const char *name)
{
	char *const none[] = {NULL};
	int known;
	const int got = try_port(what, with, &known);

	if (known)
		return got;
	if (!strcmp(what, "run"))
		return execve(with, arguments, none);
	if (!strcmp(what, "memory"))
		return run_memory(with, 0);
	if (!strcmp(what, "memory-path"))
		return run_memory(with, 1);
	if (!strcmp(what, "sealed"))
		return (int)syscall(SYS_memfd_create, "memory", (unsigned)NO_EXEC_SEAL);
	if (!strcmp(what, "read"))
		return open(with, O_RDONLY | O_CLOEXEC);
	if (!strcmp(what, "write"))
		return open(with, O_WRONLY | O_CLOEXEC);
	if (!strcmp(what, "list"))
		return open(with, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (!strcmp(what, "make"))
		return open(with, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
	if (!strcmp(what, "truncate"))
		return truncate(with, 0);
	if (!strcmp(what, "uring"))
		return make_ring();
	if (!strcmp(what, "key"))
		return (int)syscall(SYS_add_key, "user", "name", byte, 1UL, -1);
	if (!strcmp(what, "find-key"))
		return read_key(syscall(SYS_keyctl, KEYCTL_SEARCH, KEY_SPEC_SESSION_KEYRING, "user",
					with, 0));
	if (!strcmp(what, "request-key"))
		return read_key(syscall(SYS_request_key, "user", with, NULL, 0));
	if (!strcmp(what, "read-key"))
		return read_key(strtol(with, NULL, 10));
	if (!strcmp(what, "map"))
		return map_code(with);
	if (!strcmp(what, "copy"))
		return run_copy(with, name);
	if (!strcmp(what, "link"))
		return run_second_name(with, name);
	if (!strcmp(what, "signal-parent"))
		return kill(getppid(), 0);
	if (!strcmp(what, "abstract"))
		return connect_abstract(with);
	errno = EINVAL;
	return -1;
}

int
main(int count, char **words)
{
	return try_it(count > 1 ? words[1] : "", count > 2 ? words[2] : "",
		      count > 3 ? words[3] : "") < 0
		       ? errno
		       : 0;
}
