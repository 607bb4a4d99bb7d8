/* SPDX-License-Identifier: MIT */
#include "confine/landlock.h"

#include "proof.h"

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <netinet/in.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/sysmacros.h>
#include <unistd.h>

/* Device nodes that are in every container; the second where /dev can only be read, or where the
 * first is a mount, as in every user namespace. */
static const char devices[][16] = {"/dev/null", "/dev/pts/ptmx", "/dev/tty"};
/* Where there is none, a directory that the service may write; these are for everybody. */
static const char writable[][16] = {"/tmp", "/dev/shm", "/var/tmp"};

/* statx(2), which libraries may be too old for. */
struct look {
	uint32_t mask, block_size;
	uint64_t attributes;
	uint32_t links, uid, gid;
	uint16_t mode, spare;
	uint64_t inode, size, blocks, known_attributes;
	uint64_t rest[24];
};

enum { LOOK_AT_TYPE = 1, MOUNT_ROOT = 0x2000 /* since 5.8 */ };

/* A rename to the same name does nothing, and a kernel comes to that after it has asked Landlock
 * (vfs_rename()). Returns 1 if it is refused, 0 if not, -1 with errno if it cannot be tried. */
static int
is_rename_refused(const char *device)
{
	struct look look = {.mode = 0};

	/* Whoever can look can also reach it, so that only Landlock is left to say EACCES. */
	if (syscall(SYS_statx, AT_FDCWD, device, AT_SYMLINK_NOFOLLOW, LOOK_AT_TYPE, &look))
		return -1;
	/* What is renamed at a mount is the file below it, which may be of any type. */
	if (!S_ISCHR(look.mode) || !(look.known_attributes & ~look.attributes & MOUNT_ROOT)) {
		errno = ENODEV;
		return -1;
	}
	if (!renameat(AT_FDCWD, device, AT_FDCWD, device))
		return 0;
	return errno == EACCES ? 1 : -1;
}

/* Who may write the directory, but make no device nodes, hears EPERM without Landlock. Returns as
 * is_rename_refused(). */
static int
is_device_refused(const char *directory)
{
	char path[PATH_MAX];

	if (snprintf(path, sizeof(path), "%s/.stepdown-proof", directory) >= (int)sizeof(path)) {
		errno = ENAMETOOLONG;
		return -1;
	}
	if (faccessat(AT_FDCWD, directory, W_OK | X_OK, 0))
		return -1;
	if (!mknodat(AT_FDCWD, path, S_IFCHR, makedev(1, 3))) {
		unlink(path);
		return 0;
	}
	return errno == EACCES ? 1 : errno == EPERM ? 0 : -1;
}

/* No rule gives a device node to anybody. The first who can tell is believed. */
static int
check_files(const struct landlock_plan *plan)
{
	int refused = -1;

	for (size_t i = 0; refused < 0 && i < sizeof(devices) / sizeof(devices[0]); i++)
		refused = is_rename_refused(devices[i]);
	for (size_t i = 0; refused < 0 && i < sizeof(writable) / sizeof(writable[0]); i++)
		refused = is_device_refused(writable[i]);
	for (size_t i = 0; refused < 0 && i < plan->path_count; i++)
		if (plan->paths[i].use == LANDLOCK_FOR_WRITING)
			refused = is_device_refused(plan->paths[i].path);
	return refused < 0 ? -1 : proof(refused == 1);
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
	if (plan->handled.files && check_files(plan))
		return -1;
	if ((plan->handled.ports & LANDLOCK_BIND) &&
	    check_port(bind, 0xc0000201U, find_forbidden(plan, LANDLOCK_BIND)))
		return -1;
	if ((plan->handled.ports & LANDLOCK_CONNECT) &&
	    check_port(connect, INADDR_BROADCAST, find_forbidden(plan, LANDLOCK_CONNECT)))
		return -1;
	return 0;
}
