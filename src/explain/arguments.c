/* SPDX-License-Identifier: MIT */
#include "explain/arguments.h"

#include "explain/names.h"
#include "front/log.h"

#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>

/* A name, a blank, the form. Above all what profiles deny; see the manual page of each call. */
static const char forms[] =
	"accept4 dxxx\0access px\0acct p\0add_key ppxdd\0adjtimex x\0bind dxd\0bpf dxd\0chdir p\0"
	"chmod px\0chown pdd\0chroot p\0clock_adjtime dx\0clock_settime dx\0clone cxxxx\0"
	"clone3 xd\0connect dxd\0delete_module px\0execveat dpxxx\0faccessat dpx\0"
	"faccessat2 dpxx\0fanotify_init xx\0fanotify_mark dxxdp\0fchmodat dpx\0fchownat dpddx\0"
	"finit_module dpx\0fsconfig ddpxd\0fsmount dxx\0fsopen px\0fspick dpx\0getpid \0"
	"getppid \0getuid \0init_module xdp\0io_uring_enter ddddx\0io_uring_register ddxd\0"
	"io_uring_setup dx\0ioctl dix\0ioperm ddd\0iopl d\0kcmp ddddx\0kexec_file_load dddpx\0"
	"kexec_load xdxx\0keyctl dxxxx\0kill dd\0link pp\0linkat dpdpx\0listen dd\0"
	"lookup_dcookie xxd\0lstat px\0memfd_create px\0memfd_secret x\0mkdir px\0mkdirat dpx\0"
	"mknod pxx\0mknodat dpxx\0mlock xd\0modify_ldt dxd\0mount pppxx\0mount_setattr dpxxd\0"
	"move_mount dpdpx\0name_to_handle_at dpxxx\0newfstatat dpxx\0nfsservctl dxx\0open pxx\0"
	"open_by_handle_at dxx\0open_tree dpx\0openat dpxx\0openat2 dpxd\0"
	"perf_event_open xdddx\0personality x\0pidfd_getfd ddx\0pidfd_open dx\0pivot_root pp\0"
	"prctl oxxxx\0prlimit64 ddxx\0process_madvise dxdxx\0process_vm_readv dxdxdx\0"
	"process_vm_writev dxdxdx\0ptrace ddxx\0quotactl xpdx\0quotactl_fd dxdx\0readlink pxd\0"
	"readlinkat dpxd\0reboot xxxx\0rename pp\0renameat2 dpdpx\0request_key pppd\0rmdir p\0"
	"sched_setscheduler ddx\0seccomp dxx\0setdomainname pd\0setgid d\0sethostname pd\0"
	"setns dc\0setpriority ddd\0setuid d\0settimeofday xx\0socket fdd\0socketcall dx\0"
	"socketpair fddx\0stat px\0statx dpxxx\0stime x\0swapoff p\0swapon px\0symlink pp\0"
	"symlinkat pdp\0syslog dxd\0truncate pd\0umount p\0umount2 px\0unlink p\0unlinkat dpx\0"
	"unshare c\0uselib p\0userfaultfd x\0ustat dx\0utimensat dpxx\0vhangup \0";

static const char families[] =
	"UNSPEC\0UNIX\0INET\0AX25\0IPX\0APPLETALK\0NETROM\0BRIDGE\0ATMPVC\0X25\0INET6\0ROSE\0DECnet"
	"\0"
	"NETBEUI\0SECURITY\0KEY\0NETLINK\0PACKET\0ASH\0ECONET\0ATMSVC\0RDS\0SNA\0IRDA\0PPPOX\0"
	"WANPIPE\0LLC\0IB\0MPLS\0CAN\0TIPC\0BLUETOOTH\0IUCV\0RXRPC\0ISDN\0PHONET\0IEEE802154\0CAIF"
	"\0"
	"ALG\0NFC\0VSOCK\0KCM\0QIPCRTR\0SMC\0XDP\0MCTP";
enum { FAMILIES = 46 };

struct named {
	uint32_t value;
	char name[24];
};

static const struct named requests[] = {
	{0x5401, "TCGETS"},      {0x540e, "TIOCSCTTY"},    {0x5410, "TIOCSPGRP"},
	{0x5412, "TIOCSTI"},     {0x5413, "TIOCGWINSZ"},   {0x541c, "TIOCLINUX"},
	{0x541d, "TIOCCONS"},    {0x5422, "TIOCNOTTY"},    {0x5423, "TIOCSETD"},
	{0x541b, "FIONREAD"},    {0x5421, "FIONBIO"},      {0x4b49, "KDSKBENT"},
	{0x8912, "SIOCGIFCONF"}, {0x8914, "SIOCSIFFLAGS"}, {0, ""},
};

static const struct named flags[] = {
	{0x00020000, "CLONE_NEWNS"},  {0x02000000, "CLONE_NEWCGROUP"}, {0x04000000, "CLONE_NEWUTS"},
	{0x08000000, "CLONE_NEWIPC"}, {0x10000000, "CLONE_NEWUSER"},   {0x20000000, "CLONE_NEWPID"},
	{0x40000000, "CLONE_NEWNET"}, {0x00000080, "CLONE_NEWTIME"},   {0x00000100, "CLONE_VM"},
	{0x00000400, "CLONE_FILES"},  {0x00010000, "CLONE_THREAD"},    {0, ""},
};

static const struct named options[] = {
	{1, "PR_SET_PDEATHSIG"},
	{3, "PR_GET_DUMPABLE"},
	{4, "PR_SET_DUMPABLE"},
	{8, "PR_SET_KEEPCAPS"},
	{15, "PR_SET_NAME"},
	{16, "PR_GET_NAME"},
	{22, "PR_SET_SECCOMP"},
	{23, "PR_CAPBSET_READ"},
	{24, "PR_CAPBSET_DROP"},
	{28, "PR_SET_SECUREBITS"},
	{35, "PR_SET_MM"},
	{38, "PR_SET_NO_NEW_PRIVS"},
	{41, "PR_SET_THP_DISABLE"},
	{47, "PR_CAP_AMBIENT"},
	{0x53564d41, "PR_SET_VMA"},
	{0x59616d61, "PR_SET_PTRACER"},
	{36, "PR_SET_CHILD_SUBREAPER"},
	{0, ""},
};

struct writer {
	char *text;
	unsigned size;
	unsigned used;
};

__attribute__((format(printf, 2, 3))) static void
put(struct writer *writer, const char *format, ...)
{
	unsigned room = writer->size - writer->used;
	va_list values;

	va_start(values, format);
	int length = vsnprintf(writer->text + writer->used, room, format, values);
	va_end(values);
	if (length > 0)
		writer->used += (unsigned)length < room ? (unsigned)length : room - 1;
}

const char *
arguments_form(const char *name)
{
	size_t length = name ? strlen(name) : 0;

	for (const char *at = forms; length && *at; at += strlen(at) + 1)
		if (!strncmp(at, name, length) && at[length] == ' ')
			return at + length + 1;
	return "xxxxxx";
}

unsigned
arguments_words(const char *form)
{
	unsigned words = 0;

	/* The lower half: both machines are little-endian. */
	for (unsigned i = 0; form[i]; i++)
		if (strchr("fico", form[i]))
			words |= 1U << 2 * i;
	return words;
}

static void
put_named(struct writer *writer, const struct named *names, uint32_t value)
{
	for (; *names->name; names++)
		if (names->value == value) {
			put(writer, "%s", names->name);
			return;
		}
	put(writer, "0x%x", value);
}

static void
put_flags(struct writer *writer, uint32_t value)
{
	const char *separator = "";

	for (const struct named *flag = flags; *flag->name; flag++) {
		if (!(value & flag->value))
			continue;
		put(writer, "%s%s", separator, flag->name);
		separator = "|";
		value &= ~flag->value;
	}
	if (value || !*separator)
		put(writer, "%s0x%x", separator, value);
}

static void
put_text(struct writer *writer, const char *text)
{
	/* Room for what follows. */
	put(writer, "\"");
	if (writer->size - writer->used > 8)
		writer->used += report_escape(text, false, writer->text + writer->used,
					      writer->size - writer->used - 4);
	put(writer, "\"");
}

static void
put_family(struct writer *writer, uint32_t value)
{
	if (value < FAMILIES)
		put(writer, "AF_%s", names_nth(families, FAMILIES, value));
	else
		put(writer, "%u", value);
}

static void
put_argument(struct writer *writer, char form, uint64_t value, const char *text)
{
	switch (form) {
	case 'f':
		put_family(writer, (uint32_t)value);
		break;
	case 'i':
		put_named(writer, requests, (uint32_t)value);
		break;
	case 'o':
		put_named(writer, options, (uint32_t)value);
		break;
	case 'c':
		put_flags(writer, (uint32_t)value);
		break;
	case 'd':
		put(writer, "%d", (int)(uint32_t)value);
		break;
	default:
		if (form == 'p' && text)
			put_text(writer, text);
		else
			put(writer, "0x%llx", (unsigned long long)value);
		break;
	}
}

void
arguments_write(const char *form, const uint64_t *values, const char *const *texts, char *text,
		unsigned size)
{
	struct writer writer = {text, size, 0};

	*text = 0;
	for (unsigned i = 0; i < ARGUMENTS_COUNT && form[i]; i++) {
		if (i > 0)
			put(&writer, ", ");
		put_argument(&writer, form[i], values[i], texts[i]);
	}
}
