/* SPDX-License-Identifier: MIT */
/*
 * surface - tries the entries of the kernel that its exploits begin with, one child for each
 *
 *   surface    one line an entry: GROUP ENTRY ERRNO, where ERRNO is a number, and 0 for success
 *
 * It does not tell who said no: whether that was a filter is found by running it again under the
 * same rules with an errno that no kernel returns (tests/container/surface.sh). Nothing here can
 * last, even with root's power: what could is asked with a bad pointer, flag, length or descriptor,
 * which a kernel refuses only after every filter has let the call pass. Sockets are asked for with
 * a type that does not exist, since a right one would load the family's module.
 */
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

/* Numbers are written out: a C library of yesterday has no names for the calls of today. */
enum {
	NO_TYPE = 15, /* of socket(2): larger than every type, within the mask of types */
	INET = 2,
	NETLINK = 16,
	BAD_COMMAND = 9999,
	NO_UNIQUE = 0x7fffffff,
};

#define BAD_POINTER 1L /* page 0 cannot be mapped, and NULL has a meaning for some */
#define GARBAGE_ABOVE 0x100000000L

enum {
	NEW_NS = 0x00020000,
	NEW_CGROUP = 0x02000000,
	NEW_UTS = 0x04000000,
	NEW_IPC = 0x08000000,
	NEW_USER = 0x10000000,
	NEW_PID = 0x20000000,
	NEW_NET = 0x40000000,
	NEW_TIME = 0x00000080,
};

struct entry {
	const char *group;
	const char *name;
	long number;
	long arguments[6];
};

static const struct entry entries[] = {
	{"namespaces", "clone(NEWUSER)", SYS_clone, {NEW_USER | SIGCHLD}},
	{"namespaces", "clone(NEWUSER|NEWNET)", SYS_clone, {NEW_USER | NEW_NET | SIGCHLD}},
	{"namespaces", "clone(NEWNS)", SYS_clone, {NEW_NS | SIGCHLD}},
	{"namespaces", "clone(NEWPID)", SYS_clone, {NEW_PID | SIGCHLD}},
	{"namespaces", "clone3", 435, {BAD_POINTER, 88}},
	{"namespaces", "unshare(NEWUSER)", SYS_unshare, {NEW_USER}},
	{"namespaces", "unshare(NEWNET)", SYS_unshare, {NEW_NET}},
	{"namespaces", "unshare(NEWNS)", SYS_unshare, {NEW_NS}},
	{"namespaces", "unshare(NEWPID)", SYS_unshare, {NEW_PID}},
	{"namespaces", "unshare(NEWIPC)", SYS_unshare, {NEW_IPC}},
	{"namespaces", "unshare(NEWUTS)", SYS_unshare, {NEW_UTS}},
	{"namespaces", "unshare(NEWCGROUP)", SYS_unshare, {NEW_CGROUP}},
	{"namespaces", "unshare(NEWTIME)", SYS_unshare, {NEW_TIME}},
	{"namespaces", "setns", SYS_setns, {-1, 0}},

	{"mounts", "mount", SYS_mount, {BAD_POINTER, BAD_POINTER, BAD_POINTER, 0, 0}},
	{"mounts", "umount2", SYS_umount2, {BAD_POINTER, -1}},
	{"mounts", "pivot_root", SYS_pivot_root, {BAD_POINTER, BAD_POINTER}},
	{"mounts", "chroot", SYS_chroot, {BAD_POINTER}},
	{"mounts", "fsopen", 430, {BAD_POINTER, -1}},
	{"mounts", "fsconfig", 431, {-1, BAD_COMMAND, 0, 0, 0}},
	{"mounts", "fsmount", 432, {-1, -1, -1}},
	{"mounts", "fspick", 433, {-1, BAD_POINTER, -1}},
	{"mounts", "open_tree", 428, {-1, BAD_POINTER, -1}},
	{"mounts", "open_tree_attr", 467, {-1, BAD_POINTER, -1, BAD_POINTER, 0}},
	{"mounts", "move_mount", 429, {-1, BAD_POINTER, -1, BAD_POINTER, -1}},
	{"mounts", "mount_setattr", 442, {-1, BAD_POINTER, -1, BAD_POINTER, 0}},
	{"mounts", "open_by_handle_at", SYS_open_by_handle_at, {-1, BAD_POINTER, 0}},
	{"mounts", "name_to_handle_at", SYS_name_to_handle_at, {-1, BAD_POINTER, 0, 0, -1}},
	{"mounts", "fanotify_init", SYS_fanotify_init, {-1, 0}},
	{"mounts", "quotactl", SYS_quotactl, {-1, BAD_POINTER, 0, 0}},
	{"mounts", "quotactl_fd", 443, {-1, -1, 0, 0}},
	{"mounts", "swapon", SYS_swapon, {BAD_POINTER, -1}},
	{"mounts", "swapoff", SYS_swapoff, {BAD_POINTER}},

	{"kernel programs", "bpf", SYS_bpf, {BAD_COMMAND, BAD_POINTER, 0}},
	{"kernel programs", "perf_event_open", SYS_perf_event_open, {BAD_POINTER, 0, -1, -1, 0}},
	{"kernel programs", "io_uring_setup", 425, {0, BAD_POINTER}},
	{"kernel programs", "io_uring_enter", 426, {-1, 0, 0, 0, 0, 0}},
	{"kernel programs", "io_uring_register", 427, {-1, BAD_COMMAND, 0, 0}},
	{"kernel programs", "userfaultfd", SYS_userfaultfd, {1 | 0x100}},
	{"kernel programs", "add_key", SYS_add_key, {BAD_POINTER, BAD_POINTER, 0, 0, 0}},
	{"kernel programs", "request_key", SYS_request_key, {BAD_POINTER, BAD_POINTER, 0, 0}},
	{"kernel programs", "keyctl", SYS_keyctl, {BAD_COMMAND, 0, 0, 0, 0}},

	{"other processes", "ptrace", SYS_ptrace, {16, 0, 0, 0}},
	{"other processes", "process_vm_readv", SYS_process_vm_readv, {0, 0, 0, 0, 0, -1}},
	{"other processes", "process_vm_writev", SYS_process_vm_writev, {0, 0, 0, 0, 0, -1}},
	{"other processes", "kcmp", SYS_kcmp, {NO_UNIQUE, NO_UNIQUE, 0, 0, 0}},
	{"other processes", "pidfd_getfd", 438, {-1, -1, 0}},
	{"other processes", "process_madvise", 440, {-1, 0, 0, 0, -1}},
	{"other processes", "move_pages", SYS_move_pages, {0, 0, 0, 0, 0, -1}},
	{"other processes", "migrate_pages", SYS_migrate_pages, {NO_UNIQUE, 0, 0, 0}},

	{"memory", "set_mempolicy", SYS_set_mempolicy, {-1, 0, 0}},
	{"memory", "get_mempolicy", SYS_get_mempolicy, {0, 0, 0, 0, -1}},
	{"memory", "mbind", SYS_mbind, {0, 0, -1, 0, 0, -1}},
	{"memory", "set_mempolicy_home_node", 450, {1, 1, -1, -1}},
	{"memory", "remap_file_pages", SYS_remap_file_pages, {0, 0, -1, 0, 0}},
	{"memory", "vmsplice", SYS_vmsplice, {-1, BAD_POINTER, 1, 0}},
	{"memory", "memfd_create", SYS_memfd_create, {BAD_POINTER, -1}},
	{"memory", "memfd_secret", 447, {-1}},
	{"memory", "execveat", SYS_execveat, {-1, BAD_POINTER, 0, 0, -1}},
#ifdef SYS_modify_ldt
	{"memory", "modify_ldt", SYS_modify_ldt, {1, 0, 0}},
#endif
	{"memory", "personality(READ_IMPLIES_EXEC)", SYS_personality, {0x0400000}},
	{"memory", "personality(ADDR_NO_RANDOMIZE)", SYS_personality, {0x0040000}},

	{"machine", "init_module", SYS_init_module, {BAD_POINTER, 0, BAD_POINTER}},
	{"machine", "finit_module", SYS_finit_module, {-1, BAD_POINTER, -1}},
	{"machine", "delete_module", SYS_delete_module, {BAD_POINTER, 0}},
	{"machine", "kexec_load", SYS_kexec_load, {0, 0, BAD_POINTER, -1}},
	{"machine", "kexec_file_load", SYS_kexec_file_load, {-1, -1, 0, 0, -1}},
	{"machine", "reboot", SYS_reboot, {0, 0, 0, 0}},
	{"machine", "acct", SYS_acct, {BAD_POINTER}},
	{"machine", "settimeofday", SYS_settimeofday, {BAD_POINTER, 0}},
	{"machine", "clock_settime", SYS_clock_settime, {0, BAD_POINTER}},
	{"machine", "sethostname", SYS_sethostname, {BAD_POINTER, -1}},
	{"machine", "setdomainname", SYS_setdomainname, {BAD_POINTER, -1}},
	{"machine", "syslog", SYS_syslog, {BAD_COMMAND, 0, 0}},
	{"machine", "lookup_dcookie", SYS_lookup_dcookie, {0, BAD_POINTER, 0}},
#ifdef SYS_iopl
	{"machine", "iopl", SYS_iopl, {BAD_COMMAND}},
	{"machine", "ioperm", SYS_ioperm, {-1, 1, 1}},
	{"machine", "uselib", SYS_uselib, {BAD_POINTER}},
	{"machine", "ustat", SYS_ustat, {-1, BAD_POINTER}},
	{"machine", "sysfs", SYS_sysfs, {BAD_COMMAND, 0, 0}},
#endif

	{"terminals", "ioctl(TIOCSTI)", SYS_ioctl, {-1, 0x5412, BAD_POINTER}},
	{"terminals", "ioctl(TIOCSTI|1<<32)", SYS_ioctl, {-1, 0x5412 | GARBAGE_ABOVE, BAD_POINTER}},
	{"terminals", "ioctl(TIOCLINUX)", SYS_ioctl, {-1, 0x541c, BAD_POINTER}},
	{"terminals",
	 "ioctl(TIOCLINUX|1<<32)",
	 SYS_ioctl,
	 {-1, 0x541c | GARBAGE_ABOVE, BAD_POINTER}},

	{"netlink", "netlink(USERSOCK)", SYS_socket, {NETLINK, NO_TYPE, 2}},
	{"netlink", "netlink(SOCK_DIAG)", SYS_socket, {NETLINK, NO_TYPE, 4}},
	{"netlink", "netlink(XFRM)", SYS_socket, {NETLINK, NO_TYPE, 6}},
	{"netlink", "netlink(AUDIT)", SYS_socket, {NETLINK, NO_TYPE, 9}},
	{"netlink", "netlink(CONNECTOR)", SYS_socket, {NETLINK, NO_TYPE, 11}},
	{"netlink", "netlink(NETFILTER)", SYS_socket, {NETLINK, NO_TYPE, 12}},
	{"netlink", "netlink(KOBJECT_UEVENT)", SYS_socket, {NETLINK, NO_TYPE, 15}},
	{"netlink", "netlink(GENERIC)", SYS_socket, {NETLINK, NO_TYPE, 16}},
	{"netlink", "netlink(CRYPTO)", SYS_socket, {NETLINK, NO_TYPE, 21}},

	{"families", "socket(AX25)", SYS_socket, {3, NO_TYPE}},
	{"families", "socket(IPX)", SYS_socket, {4, NO_TYPE}},
	{"families", "socket(APPLETALK)", SYS_socket, {5, NO_TYPE}},
	{"families", "socket(NETROM)", SYS_socket, {6, NO_TYPE}},
	{"families", "socket(ATMPVC)", SYS_socket, {8, NO_TYPE}},
	{"families", "socket(X25)", SYS_socket, {9, NO_TYPE}},
	{"families", "socket(ROSE)", SYS_socket, {11, NO_TYPE}},
	{"families", "socket(KEY)", SYS_socket, {15, NO_TYPE}},
	{"families", "socket(PACKET)", SYS_socket, {17, NO_TYPE}},
	{"families", "socket(RDS)", SYS_socket, {21, NO_TYPE}},
	{"families", "socket(PPPOX)", SYS_socket, {24, NO_TYPE}},
	{"families", "socket(LLC)", SYS_socket, {26, NO_TYPE}},
	{"families", "socket(IB)", SYS_socket, {27, NO_TYPE}},
	{"families", "socket(MPLS)", SYS_socket, {28, NO_TYPE}},
	{"families", "socket(CAN)", SYS_socket, {29, NO_TYPE}},
	{"families", "socket(TIPC)", SYS_socket, {30, NO_TYPE}},
	{"families", "socket(BLUETOOTH)", SYS_socket, {31, NO_TYPE}},
	{"families", "socket(RXRPC)", SYS_socket, {33, NO_TYPE}},
	{"families", "socket(ISDN)", SYS_socket, {34, NO_TYPE}},
	{"families", "socket(PHONET)", SYS_socket, {35, NO_TYPE}},
	{"families", "socket(IEEE802154)", SYS_socket, {36, NO_TYPE}},
	{"families", "socket(CAIF)", SYS_socket, {37, NO_TYPE}},
	{"families", "socket(ALG)", SYS_socket, {38, NO_TYPE}},
	{"families", "socket(ALG|1<<32)", SYS_socket, {38 | GARBAGE_ABOVE, NO_TYPE}},
	{"families", "socket(NFC)", SYS_socket, {39, NO_TYPE}},
	{"families", "socket(VSOCK)", SYS_socket, {40, NO_TYPE}},
	{"families", "socket(VSOCK|1<<32)", SYS_socket, {40 | GARBAGE_ABOVE, NO_TYPE}},
	{"families", "socket(KCM)", SYS_socket, {41, NO_TYPE}},
	{"families", "socket(QIPCRTR)", SYS_socket, {42, NO_TYPE}},
	{"families", "socket(SMC)", SYS_socket, {43, NO_TYPE}},
	{"families", "socket(XDP)", SYS_socket, {44, NO_TYPE}},
	{"families", "socket(MCTP)", SYS_socket, {45, NO_TYPE}},

	/* What every service needs, or a table of nothing but denials would prove nothing. */
	{"needed", "clone", SYS_clone, {SIGCHLD}},
	{"needed", "socket(INET)", SYS_socket, {INET, NO_TYPE}},
	{"needed", "netlink(ROUTE)", SYS_socket, {NETLINK, NO_TYPE, 0}},
	{"needed", "ioctl(TIOCGWINSZ)", SYS_ioctl, {-1, 0x5413, BAD_POINTER}},
	{"needed", "personality(query)", SYS_personality, {0xffffffff}},
};

/* An exit status is too small for every errno: a pipe carries it. */
static void
try_in_a_child(const struct entry *entry, int answer)
{
	const long *with = entry->arguments;
	long result = syscall(entry->number, with[0], with[1], with[2], with[3], with[4], with[5]);
	int error = result < 0 ? errno : 0;

	/* A new process is here, too, with nothing to say. */
	if (entry->number == SYS_clone && result == 0)
		_exit(0);
	_exit(write(answer, &error, sizeof(error)) == sizeof(error) ? 0 : 1);
}

static int
try(const struct entry *entry)
{
	int pair[2];
	int error = -1;

	if (pipe(pair) != 0)
		return -1;
	pid_t child = fork();
	if (child == 0)
		try_in_a_child(entry, pair[1]);
	close(pair[1]);
	if (child < 0 || read(pair[0], &error, sizeof(error)) != sizeof(error))
		error = -1;
	close(pair[0]);
	if (child > 0)
		waitpid(child, NULL, 0);
	return error;
}

int
main(void)
{
	int status = EXIT_SUCCESS;

	for (size_t i = 0; i < sizeof(entries) / sizeof(entries[0]); i++) {
		int error = try(&entries[i]);
		if (error < 0) {
			fprintf(stderr, "surface: %s cannot be tried\n", entries[i].name);
			status = EXIT_FAILURE;
		}
		printf("%s\t%s\t%d\n", entries[i].group, entries[i].name, error);
	}
	return status;
}
