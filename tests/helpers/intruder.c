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
 *   intruder signal-parent       ask whether the parent could be signalled
 *   intruder abstract NAME       connect to the abstract socket NAME
 *
 * Exits with 0 if it worked, else with the errno of the call that was refused. A program that was
 * executed ends with a status of its own.
 */
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <signal.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/un.h>
#include <unistd.h>

enum { NO_EXEC_SEAL = 8 };

static char service[] = "service", leave[] = "exit", with_status[] = "42";
static char *const arguments[] = {service, leave, with_status, NULL};

static int
copy_to_memory(const char *path)
{
	char bytes[65536];
	ssize_t got;
	const int from = open(path, O_RDONLY | O_CLOEXEC);
	const int memory = (int)syscall(SYS_memfd_create, "memory", 0U);

	if (from < 0 || memory < 0)
		exit(errno);
	while ((got = read(from, bytes, sizeof(bytes))) > 0)
		if (write(memory, bytes, (size_t)got) != got)
			exit(errno);
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

static int
use_port(int (*call)(int, const struct sockaddr *, socklen_t), const char *port)
{
	struct sockaddr_in address = {.sin_family = AF_INET,
				      .sin_port = htons((uint16_t)atoi(port))};
	const int opened = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

	address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	if (call(opened, (const struct sockaddr *)&address, sizeof(address)) == 0)
		return 0;
	/* Nobody listens: Landlock has let it through to TCP. */
	return errno == ECONNREFUSED ? 0 : -1;
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

static int
try_it(const char *what, const char *with)
{
	char *const none[] = {NULL};

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
	if (!strcmp(what, "bind"))
		return use_port(bind, with);
	if (!strcmp(what, "connect"))
		return use_port(connect, with);
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
	return try_it(count > 1 ? words[1] : "", count > 2 ? words[2] : "") < 0 ? errno : 0;
}
