/* SPDX-License-Identifier: MIT */
/*
 * Bad input to the shipped program: command line, ids, capabilities, files, environment. Each is
 * refused with 125 and one line that names the value and the cure, the service is not started, and
 * nothing has been changed: not one file of the root, not the owner of a standard stream.
 */
#include "helpers/support.h"

#include <errno.h>
#include <fcntl.h>
#include <ftw.h>
#include <grp.h>
#include <linux/capability.h>
#include <linux/securebits.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/sysmacros.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

enum { WORDS = 10, PARTS = 4, VARIABLES = 4, STREAM_CHANGED = 98, ROWS_AT_LEAST = 60 };

static void
give_up(const char *what)
{
	fprintf(stderr, "test: cannot %s: %s\n", what, strerror(errno));
	_exit(99);
}

/* --- who starts ---------------------------------------------------------------------------------
 */

#define BIT(n) (UINT64_C(1) << (n))

/* The bounding set too: at the exec uid 0 would get everything in it. */
static void
set_capabilities(uint64_t set)
{
	struct __user_cap_header_struct header = {.version = _LINUX_CAPABILITY_VERSION_3};
	struct __user_cap_data_struct data[2] = {{(uint32_t)set, (uint32_t)set, 0},
						 {(uint32_t)(set >> 32), (uint32_t)(set >> 32), 0}};

	for (unsigned i = 0; i < 64 && prctl(PR_CAPBSET_READ, i, 0, 0, 0) >= 0; i++)
		if (!(set >> i & 1) && prctl(PR_CAPBSET_DROP, i, 0, 0, 0))
			give_up("limit the bounding set");
	if (syscall(SYS_capset, &header, data))
		give_up("set capabilities");
}

static void
without_net_raw(void)
{
	set_capabilities(BIT(CAP_SETUID) | BIT(CAP_SETGID) | BIT(CAP_SETPCAP));
}

static void
without_setuid(void)
{
	set_capabilities(BIT(CAP_SETGID) | BIT(CAP_SETPCAP));
}

static void
without_setgid(void)
{
	set_capabilities(BIT(CAP_SETUID) | BIT(CAP_SETPCAP));
}

static void
without_ambient(void)
{
	if (prctl(PR_SET_SECUREBITS, SECBIT_NO_CAP_AMBIENT_RAISE, 0, 0, 0))
		give_up("set securebits");
}

static void
as_user(void)
{
	if (setgroups(0, NULL) || setresgid(10001, 10001, 10001) || setresuid(10001, 10001, 10001))
		give_up("become a user");
}

/* As in an ordinary container, and with limits and a score that are the same on any machine. */
static void
without_resource(void)
{
	struct rlimit files = {500, 1000};
	int score = open("/proc/self/oom_score_adj", O_WRONLY | O_CLOEXEC);

	if (setrlimit(RLIMIT_NOFILE, &files) || score < 0 || write(score, "999", 3) != 3)
		give_up("set limits");
	close(score);
	set_capabilities(BIT(CAP_SETUID) | BIT(CAP_SETGID) | BIT(CAP_SETPCAP));
}

static char own_pid[32];

static void
with_a_socket(void)
{
	if (socket(AF_INET, SOCK_STREAM, 0) != 3 || listen(3, 1))
		give_up("open a socket");
	snprintf(own_pid, sizeof(own_pid), "LISTEN_PID=%d", getpid());
}

/* --- the rows -----------------------------------------------------------------------------------
 */

struct row {
	const char *arguments[WORDS];
	const char *says[PARTS]; /* the value, and the cure */
	const char *passwd;      /* instead of the sandbox's own */
	const char *group;
	void (*enter)(void);
	const char
		*environment[VARIABLES]; /* beside PATH; the first is own_pid if it is LISTEN_PID */
};

#define RUN "--", "probe"
#define AS_APP "-u", "app", RUN

static char long_name[300];
static char long_option[3000];
static char long_value[3000];
static char long_path[3000];
static char long_line[70100]; /* of a passwd file: app's, with a comment that does not end */
static char many_groups[1100 * 16];

static const struct row command_lines[] = {
	{.arguments = {NULL}, .says = {"no COMMAND", "after \"--\""}},
	{.arguments = {"-u", "app"}, .says = {"no COMMAND", "after \"--\""}},
	{.arguments = {"-u", "app", "--"}, .says = {"no COMMAND", "after \"--\""}},
	{.arguments = {"-u", "app", "--", ""}, .says = {"COMMAND is empty", "name the program"}},
	{.arguments = {"--usr", "app", RUN},
	 .says = {"unknown option --usr", "did you mean --user?"}},
	{.arguments = {"--use", "app", RUN},
	 .says = {"unknown option --use", "did you mean --user?"}},
	{.arguments = {"--User", "app", RUN},
	 .says = {"unknown option --User", "did you mean --user?"}},
	{.arguments = {"--=app", RUN}, .says = {"unknown option --", "--help"}},
	{.arguments = {"---user", "app", RUN},
	 .says = {"unknown option ---user", "did you mean --user?"}},
	{.arguments = {"-x", RUN}, .says = {"unknown option -x", "--help"}},
	{.arguments = {"-qx", RUN}, .says = {"unknown option -x", "\"-qx\""}},
	{.arguments = {"-U", "app", RUN}, .says = {"unknown option -U", "--help"}},
	{.arguments = {"-\xc3\xa4", RUN}, .says = {"unknown option -", "\\xc3\\xa4"}},
	{.arguments = {"-u"}, .says = {"-u needs a value", "USER[:GROUP]"}},
	{.arguments = {"--user"}, .says = {"--user needs a value", "USER[:GROUP]"}},
	{.arguments = {"--keep-cap"}, .says = {"--keep-cap needs a value", "CAP"}},
	{.arguments = {"-u", "app", "-u", "app", RUN},
	 .says = {"--user is given twice", "once is enough"}},
	{.arguments = {"-u", "app", "--user=app", RUN},
	 .says = {"--user is given twice", "once is enough"}},
	{.arguments = {"--allow-root", "--allow-root", RUN},
	 .says = {"--allow-root is given twice"}},
	{.arguments = {"-vv", AS_APP}, .says = {"--verbose is given twice"}},
	{.arguments = {"--allow-root=yes", AS_APP},
	 .says = {"--allow-root takes no value", "\"yes\"", "leave it out"}},
	{.arguments = {"--no-setup=", AS_APP},
	 .says = {"--no-setup takes no value", "\"\"", "leave it out"}},
	{.arguments = {"--seccomp", "none", AS_APP},
	 .says = {"--seccomp none", "default, strict, off"}},
	{.arguments = {"--seccomp", "", AS_APP},
	 .says = {"--seccomp  is not", "default, strict, off"}},
	{.arguments = {"--seccomp", "Default", AS_APP},
	 .says = {"--seccomp Default", "did you mean default?"}},
	{.arguments = {"--seccomp", "profile.bpf", AS_APP},
	 .says = {"--seccomp profile.bpf", "absolute path"}},
	{.arguments = {"--seccomp", "/etc/none", AS_APP},
	 .says = {"/etc/none", "is it in the image?"}},
	{.arguments = {"--seccomp", "/etc/passwd", AS_APP},
	 .says = {"/etc/passwd", "stepdown-kit compile"}},
	{.arguments = {"--seccomp", "/etc", AS_APP},
	 .says = {"/etc", "not a regular file", "name one"}},
	{.arguments = {long_option, RUN}, .says = {"unknown option --\\x01\\x01", "--help"}},
	{.arguments = {"--seccomp", long_value, AS_APP},
	 .says = {"--seccomp \\x01", "default, strict, off"}},
	{.arguments = {"--seccomp", long_path, AS_APP}, .says = {"/\\x01", "is it in the image?"}},
	{.arguments = {"--keep-cap", long_value, AS_APP},
	 .says = {"--keep-cap \\x01", "capabilities(7)"}},
	{.arguments = {"--log", long_value, AS_APP}, .says = {"--log \\x01", "text|json"}},
	{.arguments = {"--log", "xml", AS_APP}, .says = {"--log xml", "text|json"}},
	{.arguments = {"--log", "", AS_APP}, .says = {"--log  is not", "text|json"}},
};

static const struct row ids[] = {
	{.arguments = {RUN}, .says = {"--user is missing", "such as --user 10001:10001"}},
	{.arguments = {"-u", "", RUN}, .says = {"the user is empty", "write USER or USER:GROUP"}},
	{.arguments = {"-u", ":", RUN}, .says = {"the user is empty", "write USER or USER:GROUP"}},
	{.arguments = {"-u", ":app", RUN},
	 .says = {"the user is empty", "write USER or USER:GROUP"}},
	{.arguments = {"-u", "app:", RUN},
	 .says = {"the group is empty", "write USER or USER:GROUP"}},
	{.arguments = {"-u", "app:app:app", RUN}, .says = {"\"app:app\"", "colon"}},
	{.arguments = {"-u", "-1", RUN}, .says = {"\"-1\"", "begins with a sign", "digits alone"}},
	{.arguments = {"-u", "+1000", RUN},
	 .says = {"\"+1000\"", "begins with a sign", "digits alone"}},
	{.arguments = {"-u", "app:-1", RUN},
	 .says = {"\"-1\"", "begins with a sign", "digits alone"}},
	{.arguments = {"-u", " 1000", RUN}, .says = {"\" 1000\"", "blank", "without"}},
	{.arguments = {"-u", "1000 ", RUN}, .says = {"\"1000 \"", "blank", "without"}},
	{.arguments = {"-u", "1000\n", RUN}, .says = {"\"1000\\x0a\"", "control character"}},
	{.arguments = {"-u", "0x3e8", RUN}, .says = {"\"0x3e8\"", "/etc/passwd", "digits alone"}},
	{.arguments = {"-u", "1e3", RUN}, .says = {"\"1e3\"", "digits alone"}},
	{.arguments = {"-u", "1000.0", RUN}, .says = {"\"1000.0\"", "digits alone"}},
	{.arguments = {"-u", "01000", RUN}, .says = {"01000", "without leading zeros"}},
	{.arguments = {"-u", "00", RUN}, .says = {"00", "without leading zeros"}},
	{.arguments = {"-u", "4294967295", RUN}, .says = {"4294967295", "0 to 4294967294"}},
	{.arguments = {"-u", "4294967296", RUN}, .says = {"4294967296", "0 to 4294967294"}},
	{.arguments = {"-u", "18446744073709551616", RUN},
	 .says = {"18446744073709551616", "0 to 4294967294"}},
	{.arguments = {"-u", "10001:4294967295", RUN}, .says = {"4294967295", "0 to 4294967294"}},
	{.arguments = {"-u", "10001:00", RUN}, .says = {"the group 00", "without leading zeros"}},
	{.arguments = {"-u", "0", RUN}, .says = {"--user 0 is uid 0", "add --allow-root"}},
	{.arguments = {"-u", "root", RUN}, .says = {"--user root is uid 0", "add --allow-root"}},
	{.arguments = {"-u", "0:10001", RUN},
	 .says = {"--user 0:10001 is uid 0", "add --allow-root"}},
	{.arguments = {"-u", "nobody", RUN}, .says = {"\"nobody\"", "/etc/passwd", "by number"}},
	{.arguments = {"-u", "app:wheel", RUN}, .says = {"\"wheel\"", "/etc/group", "by number"}},
	{.arguments = {"-u", long_name, RUN},
	 .says = {"\"aaaaaaaaaaaaaaaaaaaa...\"", "more than 256", "by number"}},
	{.arguments = {"--group-add", "wheel", AS_APP},
	 .says = {"\"wheel\"", "/etc/group", "by number"}},
	{.arguments = {"--group-add", "-1", AS_APP}, .says = {"\"-1\"", "begins with a sign"}},
	{.arguments = {"--group-add", "4294967295", AS_APP},
	 .says = {"4294967295", "0 to 4294967294"}},
	{.arguments = {"--group-add", "7,8", AS_APP}, .says = {"\"7,8\"", "by number"}},
};

#define ROOT_LINE "root:x:0:0:root:/root:/bin/sh\n"

static const struct row databases[] = {
	{.arguments = {AS_APP},
	 .says = {"line 1 of /etc/passwd", "6 fields", "mend"},
	 .passwd = "app:x:10001:10002::/srv\n"},
	{.arguments = {AS_APP},
	 .says = {"line 2 of /etc/passwd", "8 fields", "mend"},
	 .passwd = ROOT_LINE "app:x:1:1::/:/b:c\n"},
	{.arguments = {AS_APP},
	 .says = {"\"\" as its uid", "mend"},
	 .passwd = "app:x::10002::/srv:/bin/sh\n"},
	{.arguments = {AS_APP},
	 .says = {"\"-1\" as its uid", "mend"},
	 .passwd = "app:x:-1:10002::/srv:/bin/sh\n"},
	{.arguments = {AS_APP},
	 .says = {"\"4294967296\" as its uid", "mend"},
	 .passwd = "app:x:4294967296:1::/srv:/bin/sh\n"},
	{.arguments = {AS_APP},
	 .says = {"\"010\" as its gid", "mend"},
	 .passwd = "app:x:10:010::/srv:/bin/sh\n"},
	{.arguments = {AS_APP},
	 .says = {"\" 10\" as its gid", "mend"},
	 .passwd = "app:x:10: 10::/srv:/bin/sh\n"},
	{.arguments = {AS_APP},
	 .says = {"\"srv\" as its home", "mend"},
	 .passwd = "app:x:10001:10002::srv:/bin/sh\n"},
	{.arguments = {AS_APP},
	 .says = {"control character", "mend"},
	 .passwd = "app:x:10001:10002:\r:/srv:/bin/sh\n"},
	{.arguments = {AS_APP},
	 .says = {"line 1 of /etc/passwd", "longer than 65535", "mend"},
	 .passwd = long_line},
	{.arguments = {AS_APP},
	 .says = {"is uid 0", "--allow-root"},
	 .passwd = "app:x:0:10002::/srv:/bin/sh\n"},
	{.arguments = {AS_APP}, .says = {"\"app\"", "add one"}, .passwd = ""},
	{.arguments = {"-u", "10001", RUN},
	 .says = {"line 1 of /etc/passwd", "mend"},
	 .passwd = "app:x:10001:1::/srv\n"},
	{.arguments = {AS_APP},
	 .says = {"line 1 of /etc/group", "5 fields", "mend"},
	 .group = "video:x:44:app:b\n"},
	{.arguments = {AS_APP},
	 .says = {"\"x44\" as its gid", "mend"},
	 .group = "video:x:x44:app\n"},
	{.arguments = {"-u", "app:video", RUN},
	 .says = {"3 fields", "mend"},
	 .group = "video:x:44\n"},
	{.arguments = {AS_APP},
	 .says = {"more than 1024 supplementary groups", "name a GROUP"},
	 .group = many_groups},
};

static const struct row powers[] = {
	{.arguments = {"--keep-cap", "root", AS_APP},
	 .says = {"--keep-cap root", "capabilities(7)"}},
	{.arguments = {"--keep-cap", "all", AS_APP}, .says = {"--keep-cap all", "capabilities(7)"}},
	{.arguments = {"--keep-cap", "ALL", AS_APP}, .says = {"--keep-cap ALL", "capabilities(7)"}},
	{.arguments = {"--keep-cap", "+net_raw", AS_APP},
	 .says = {"--keep-cap +net_raw", "did you mean net_raw?"}},
	{.arguments = {"--keep-cap", "net_raw,chown", AS_APP},
	 .says = {"--keep-cap net_raw,chown", "capabilities(7)"}},
	{.arguments = {"--keep-cap", "13", AS_APP}, .says = {"--keep-cap 13", "capabilities(7)"}},
	{.arguments = {"--keep-cap", "net_raw", AS_APP},
	 .says = {"--keep-cap net_raw", "--cap-add net_raw"},
	 .enter = without_net_raw},
	{.arguments = {"--keep-cap", "net_raw", AS_APP},
	 .says = {"--keep-cap net_raw", "securebits"},
	 .enter = without_ambient},
	{.arguments = {AS_APP},
	 .says = {"10001:10002", "CAP_SETUID", "--cap-add SETUID"},
	 .enter = without_setuid},
	{.arguments = {AS_APP},
	 .says = {"10001:10002", "CAP_SETGID", "--cap-add SETGID"},
	 .enter = without_setgid},
	{.arguments = {"-u", "4294967295", RUN}, .says = {"4294967295"}, .enter = as_user},
	{.arguments = {"--keep-cap", "root", RUN}, .says = {"--keep-cap root"}, .enter = as_user},
	{.arguments = {"--listen-fds", AS_APP},
	 .says = {"LISTEN_FDS is \"-1\"", "0 to 64"},
	 .enter = with_a_socket,
	 .environment = {own_pid, "LISTEN_FDS=-1"}},
	{.arguments = {"--listen-fds", AS_APP},
	 .says = {"LISTEN_FDS is \"65\"", "0 to 64"},
	 .enter = with_a_socket,
	 .environment = {own_pid, "LISTEN_FDS=65"}},
	{.arguments = {"--listen-fds", AS_APP},
	 .says = {"LISTEN_FDS is \"\"", "0 to 64"},
	 .enter = with_a_socket,
	 .environment = {own_pid, "LISTEN_FDS="}},
	{.arguments = {"--listen-fds", AS_APP},
	 .says = {"descriptor 4", "closed", "correct it"},
	 .enter = with_a_socket,
	 .environment = {own_pid, "LISTEN_FDS=2"}},
};

static const struct row inits[] = {
	{.arguments = {"--init", "yes", AS_APP},
	 .says = {"--init yes", "not one of auto|always|never"}},
	{.arguments = {"--init", "", AS_APP}, .says = {"--init ", "not one of auto|always|never"}},
	{.arguments = {"--stop-signal", "STOPIT", AS_APP},
	 .says = {"--stop-signal STOPIT", "did you mean STOP?"}},
	{.arguments = {"--stop-signal", "65", AS_APP}, .says = {"--stop-signal 65", "such as"}},
	{.arguments = {"--stop-signal", "0", AS_APP}, .says = {"--stop-signal 0", "such as"}},
	{.arguments = {"--stop-timeout", "-1", AS_APP}, .says = {"--stop-timeout -1", "such as"}},
	{.arguments = {"--stop-timeout", "10h", AS_APP}, .says = {"--stop-timeout 10h", "such as"}},
	{.arguments = {"--stop-timeout", "99999999999", AS_APP},
	 .says = {"--stop-timeout 99999999999", "such as"}},
	{.arguments = {"--leftover-timeout", "soon", AS_APP},
	 .says = {"--leftover-timeout soon", "such as"}},
	{.arguments = {"--map-signal", "TERM", AS_APP}, .says = {"--map-signal TERM", "such as"}},
	{.arguments = {"--map-signal", "TERM=", AS_APP}, .says = {"--map-signal TERM=", "such as"}},
	{.arguments = {"--map-signal", "TERM=NONSENSE", AS_APP},
	 .says = {"--map-signal TERM=NONSENSE", "such as"}},
	{.arguments = {"--map-exit", "256=0", AS_APP}, .says = {"--map-exit 256=0", "such as"}},
	{.arguments = {"--map-exit", "1=-1", AS_APP}, .says = {"--map-exit 1=-1", "such as"}},
	{.arguments = {"--map-exit", "1", AS_APP}, .says = {"--map-exit 1", "such as"}},
	{.arguments = {"--parent-death", "none", AS_APP},
	 .says = {"--parent-death none", "such as"}},
};

static const struct row services[] = {
	{.arguments = {"--env", "A", AS_APP}, .says = {"--env A: there is no value", "NAME=VALUE"}},
	{.arguments = {"--env", "=1", AS_APP}, .says = {"--env =1", "write NAME=VALUE"}},
	{.arguments = {"--env", "A\nB=1", AS_APP}, .says = {"--env A\\x0aB", "take it out"}},
	{.arguments = {"--env", "STEPDOWN_TZ=UTC", AS_APP},
	 .says = {"--env STEPDOWN_TZ", "choose another"}},
	{.arguments = {"--env", "LISTEN_FDS=3", AS_APP},
	 .says = {"--env LISTEN_FDS", "choose another"}},
	{.arguments = {"--env", long_option, AS_APP}, .says = {"--env --\\x01", "take it out"}},
	{.arguments = {"--unset-env", "A=1", AS_APP}, .says = {"--unset-env A=1", "a name alone"}},
	{.arguments = {"--env-from-file", "A=1", AS_APP},
	 .says = {"--env-from-file A=1", "a name alone"}},
	{.arguments = {"--env-from-file", "STEPDOWN_A", AS_APP},
	 .says = {"--env-from-file STEPDOWN_A", "choose another"}},
	{.arguments = {"--env-from-file", "DB", AS_APP},
	 .says = {"DB and DB_FILE are both set", "take one of them away"},
	 .environment = {"DB=1", "DB_FILE=/etc/passwd"}},
	{.arguments = {"--env-from-file", "DB", "--env", "DB=1", AS_APP},
	 .says = {"--env DB: DB_FILE is set too", "take one of them away"},
	 .environment = {"DB_FILE=/etc/passwd"}},
	{.arguments = {"--env-from-file", "DB", AS_APP},
	 .says = {"DB_FILE=etc/passwd", "absolute path", "/run/secrets/"},
	 .environment = {"DB_FILE=etc/passwd"}},
	{.arguments = {"--env-from-file", "DB", AS_APP},
	 .says = {"DB_FILE=/run/none does not exist", "mounted there?"},
	 .environment = {"DB_FILE=/run/none"}},
	{.arguments = {"--env-from-file", "DB", AS_APP},
	 .says = {"DB_FILE=/etc is not a regular file", "name one"},
	 .environment = {"DB_FILE=/etc"}},
	{.arguments = {"--env-from-file", "DB", AS_APP},
	 .says = {"DB_FILE=/dev/null is not a regular file", "name one"},
	 .environment = {"DB_FILE=/dev/null"}},
	{.arguments = {"--env-from-file", "DB", AS_APP},
	 .says = {"DB_FILE=/inputs/link is a link", "read-only"},
	 .environment = {"DB_FILE=/inputs/link"}},
	{.arguments = {"--env-from-file", "DB", AS_APP},
	 .says = {"DB_FILE=/inputs/fifo is not a regular file", "name one"},
	 .environment = {"DB_FILE=/inputs/fifo"}},
	{.arguments = {"--env-from-file", "DB", AS_APP},
	 .says = {"--env-from-file DB: /inputs/large has 140000 bytes", "131068", "read the file"},
	 .environment = {"DB_FILE=/inputs/large"}},
	{.arguments = {"--env-from-file", "DB", AS_APP},
	 .says = {"DB_FILE=/inputs/huge has more than 1 MiB", "read the file"},
	 .environment = {"DB_FILE=/inputs/huge"}},
	{.arguments = {"--env-from-file", "DB", RUN},
	 .says = {"DB_FILE=/inputs/roots may not be read", "start as root"},
	 .enter = as_user,
	 .environment = {"DB_FILE=/inputs/roots"}},
	{.arguments = {"--puid", RUN}, .says = {"--user is missing and PUID is not set"}},
	{.arguments = {"--puid", AS_APP},
	 .says = {"PUID=0 is root's", "another number"},
	 .environment = {"PUID=0"}},
	{.arguments = {"--puid", "--allow-root", AS_APP},
	 .says = {"PUID=0 is root's", "another number"},
	 .environment = {"PUID=0"}},
	{.arguments = {"--puid", AS_APP},
	 .says = {"PGID=0 is root's", "another number"},
	 .environment = {"PUID=5", "PGID=0"}},
	{.arguments = {"--puid", AS_APP},
	 .says = {"PUID=4294967296", "digits alone"},
	 .environment = {"PUID=4294967296"}},
	{.arguments = {"--puid", AS_APP},
	 .says = {"PGID=5 is set and PUID is not", "set both"},
	 .environment = {"PGID=5"}},
	{.arguments = {"--puid", AS_APP},
	 .says = {"UMASK=rw", "from 0 to 0777"},
	 .environment = {"UMASK=rw"}},
	{.arguments = {"--umask", "888", AS_APP}, .says = {"--umask 888", "from 0 to 0777"}},
	{.arguments = {"--workdir", "srv", AS_APP}, .says = {"--workdir srv", "begin it with /"}},
	{.arguments = {"--workdir", "/a/../b", AS_APP}, .says = {"--workdir /a/../b", "leads to"}},
	{.arguments = {"--workdir", long_value, AS_APP},
	 .says = {"--workdir \\x01", "absolute path"}},
	{.arguments = {"--ulimit", "files=1", AS_APP}, .says = {"--ulimit files=1", "nofile"}},
	{.arguments = {"--ulimit", "nofile=-1", AS_APP},
	 .says = {"--ulimit nofile=-1", "is a number"}},
	{.arguments = {"--ulimit", long_value, AS_APP}, .says = {"--ulimit \\x01", "NAME=SOFT"}},
	{.arguments = {"--ulimit", "nofile=9:1001", AS_APP},
	 .says = {"--ulimit nofile=9:1001 is above the hard limit here, 1000",
		  "--cap-add SYS_RESOURCE"},
	 .enter = without_resource},
	{.arguments = {"--ulimit", "nofile=unlimited", AS_APP},
	 .says = {"--ulimit nofile=unlimited is more than this machine allows", "ask for less"}},
	{.arguments = {"--oom-score-adj", "1001", AS_APP},
	 .says = {"--oom-score-adj 1001", "from -1000 to 1000"}},
	{.arguments = {"--oom-score-adj", "998", AS_APP},
	 .says = {"--oom-score-adj 998 is lower than the score here, 999",
		  "--cap-add SYS_RESOURCE"},
	 .enter = without_resource},
};

static void
without_chown(void)
{
	set_capabilities(BIT(CAP_SETUID) | BIT(CAP_SETGID) | BIT(CAP_SETPCAP));
}

static void
without_fowner(void)
{
	set_capabilities(BIT(CAP_SETUID) | BIT(CAP_SETGID) | BIT(CAP_CHOWN) |
			 BIT(CAP_DAC_OVERRIDE));
}

static void
without_dac_override(void)
{
	set_capabilities(BIT(CAP_SETUID) | BIT(CAP_SETGID) | BIT(CAP_CHOWN) | BIT(CAP_FOWNER));
}

#define ZONES "/usr/share/zoneinfo"
#define GIVEN_AWAY "not given away", "service's own"

static const struct row set_up[] = {
	{.arguments = {"--tz", "", AS_APP}, .says = {"--tz: ", "empty", "such as"}},
	{.arguments = {"--tz", "Nowhere/City", AS_APP},
	 .says = {"--tz: ", "Nowhere/City", "like Europe/Ljubljana"}},
	{.arguments = {"--tz", "../../../etc/passwd", AS_APP},
	 .says = {"--tz: ", "../../../etc/passwd", "such as"}},
	{.arguments = {"--tz", "/etc/passwd", AS_APP},
	 .says = {"--tz: ", "/etc/passwd", "only files there are zones"}},
	{.arguments = {"--tz", ZONES "/../passwd", AS_APP}, .says = {"--tz: ", "such as"}},
	{.arguments = {"--tz", "Europe", AS_APP}, .says = {"--tz: ", "Europe", "name one"}},
	{.arguments = {"--tz", "Fifo", AS_APP}, .says = {"--tz: ", "Fifo", "name one"}},
	{.arguments = {"--tz", "Secret", AS_APP}, .says = {"--tz: ", "Secret", "name one"}},
	{.arguments = {"--tz", "Text", AS_APP}, .says = {"--tz: ", "Text", "name one"}},
	{.arguments = {"--tz", long_value, AS_APP}, .says = {"--tz: ", "such as"}},
	{.arguments = {"--mkdir", "run", AS_APP}, .says = {"--mkdir run", "begin it with /"}},
	{.arguments = {"--mkdir", ":0755", AS_APP}, .says = {"--mkdir :0755", "begin it with /"}},
	{.arguments = {"--mkdir", "/", AS_APP}, .says = {"--mkdir /", "directory below it"}},
	{.arguments = {"--mkdir", "/data/..", AS_APP},
	 .says = {"--mkdir /data/..", "directory itself"}},
	{.arguments = {"--mkdir", "/run:0999", AS_APP}, .says = {"--mkdir /run:0999", "such as"}},
	{.arguments = {"--mkdir", "/run:", AS_APP}, .says = {"--mkdir /run:", "such as"}},
	{.arguments = {"--mkdir", "/run:17777", AS_APP}, .says = {"--mkdir /run:17777", "such as"}},
	{.arguments = {"--mkdir", long_path, AS_APP}, .says = {"--mkdir /\\x01", "is there"}},
	{.arguments = {"--mkdir", long_value, AS_APP},
	 .says = {"--mkdir \\x01", "begin it with /"}},
	{.arguments = {"--mkdir", "/etc", AS_APP}, .says = {"--mkdir /etc", GIVEN_AWAY}},
	{.arguments = {"--mkdir", "/data/file", AS_APP},
	 .says = {"--mkdir /data/file", "something else", "name another"}},
	{.arguments = {"--mkdir", "/data/file/below", AS_APP},
	 .says = {"--mkdir /data/file/below", "no directory", "correct"}},
	{.arguments = {"--mkdir", "/data/link", AS_APP},
	 .says = {"--mkdir /data/link", "link", "what it leads to"}},
	{.arguments = {"--mkdir", "/theirs/link/new", AS_APP},
	 .says = {"--mkdir /theirs/link/new", "not root's own", "what it leads to"}},
	{.arguments = {"--mkdir", "/frozen/new/er", AS_APP},
	 .says = {"--mkdir /frozen/new/er", "read-only", "a tmpfs"}},
	{.arguments = {"--mkdir", "/data/new", AS_APP},
	 .says = {"--mkdir /data/new", "--cap-add CHOWN"},
	 .enter = without_chown},
	{.arguments = {"--mkdir", "/data/new:0750", AS_APP},
	 .says = {"--mkdir /data/new:0750", "--cap-add FOWNER"},
	 .enter = without_fowner},
	{.arguments = {"--mkdir", "/theirs/new", AS_APP},
	 .says = {"--mkdir /theirs/new", "--cap-add DAC_OVERRIDE"},
	 .enter = without_dac_override},
	{.arguments = {"--chown", "data", AS_APP}, .says = {"--chown data", "begin it with /"}},
	{.arguments = {"--chown", "/data=", AS_APP}, .says = {"--chown /data=", "USER:GROUP"}},
	{.arguments = {"--chown", "/data=nobody", AS_APP},
	 .says = {"--chown /data=nobody", "\"nobody\"", "by number"}},
	{.arguments = {"--chown", "/data=app:nobody", AS_APP},
	 .says = {"--chown /data=app:nobody", "\"nobody\"", "by number"}},
	{.arguments = {"--chown", "/data=4294967295", AS_APP},
	 .says = {"--chown /data=4294967295", "from 0 to 4294967294"}},
	{.arguments = {"--chown", "/", AS_APP}, .says = {"--chown /", "below it"}},
	{.arguments = {"--chown", "/usr", AS_APP}, .says = {"--chown /usr", GIVEN_AWAY}},
	{.arguments = {"--chown", "/usr/../etc", AS_APP}, .says = {"/usr/../etc", GIVEN_AWAY}},
	{.arguments = {"--chown", "/proc", AS_APP}, .says = {"--chown /proc", GIVEN_AWAY}},
	{.arguments = {"--chown", "/proc/self", AS_APP}, .says = {"--chown /proc/self", "link"}},
	{.arguments = {"--chown", "/dev", AS_APP}, .says = {"--chown /dev", GIVEN_AWAY}},
	{.arguments = {"--chown", "/sbin", AS_APP}, .says = {"--chown /sbin", GIVEN_AWAY}},
	{.arguments = {"--chown", "/sbin/stepdown", AS_APP},
	 .says = {"/sbin/stepdown", GIVEN_AWAY}},
	{.arguments = {"--chown", "/etc/passwd", AS_APP}, .says = {"/etc/passwd", GIVEN_AWAY}},
	{.arguments = {"--chown-once", "/etc/group", AS_APP}, .says = {"/etc/group", GIVEN_AWAY}},
	{.arguments = {"--chown", "/etc/stepdown.d", AS_APP},
	 .says = {"/etc/stepdown.d", GIVEN_AWAY}},
	{.arguments = {"--chown", "/etc/stepdown.d/10-base.conf", AS_APP},
	 .says = {"10-base.conf", GIVEN_AWAY}},
	{.arguments = {"--config", "/conf/own.conf", "--chown", "/conf", AS_APP},
	 .says = {"--chown /conf", GIVEN_AWAY}},
	{.arguments = {"--chown", "/data/none", AS_APP},
	 .says = {"--chown /data/none", "does not exist", "--mkdir"}},
	{.arguments = {"--mkdir", "/data/none", "--chown", "/data/non", AS_APP},
	 .says = {"--chown /data/non:", "does not exist", "--mkdir"}},
	{.arguments = {"--chown", "/data/link", AS_APP},
	 .says = {"--chown /data/link", "link", "what it leads to"}},
	{.arguments = {"--chown", "/data/hard", AS_APP},
	 .says = {"--chown /data/hard", "several names", "leave the option out"}},
	{.arguments = {"--chown-once", "/data/device=1:1", AS_APP},
	 .says = {"--chown-once /data/device=1:1", "device", "leave the option out"}},
	{.arguments = {"--chown", "/theirs/link/sub", AS_APP},
	 .says = {"--chown /theirs/link/sub", "not root's own", "what it leads to"}},
	{.arguments = {"--chown", "/frozen", AS_APP},
	 .says = {"--chown /frozen", "read-only", "mount it writable"}},
	{.arguments = {"--chown", "/data", AS_APP},
	 .says = {"--chown /data", "--cap-add CHOWN", "--chown-once"},
	 .enter = without_chown},
	{.arguments = {"--chown-once", "/data", AS_APP},
	 .says = {"--chown-once /data", "--cap-add CHOWN"},
	 .enter = without_chown},
	{.arguments = {"--chown", "/closed", AS_APP},
	 .says = {"--chown /closed", "--cap-add DAC_OVERRIDE"},
	 .enter = without_dac_override},
	{.arguments = {"--chown", long_value, AS_APP}, .says = {"--chown \\x01", "begin it with"}},
};

static const struct row certificates[] = {
	{.arguments = {"--certs", "maybe", AS_APP},
	 .says = {"--certs maybe", "not one of off|warn|require"}},
	{.arguments = {"--certs", "", AS_APP},
	 .says = {"--certs  is not", "not one of off|warn|require"}},
	{.arguments = {"--certs", "Require", AS_APP},
	 .says = {"--certs Require", "not one of off|warn|require"}},
	{.arguments = {"--certs", long_value, AS_APP},
	 .says = {"--certs \\x01", "not one of off|warn|require"}},
	{.arguments = {"--certs", "require", AS_APP},
	 .says = {"no CA certificates", "install ca-certificates"}},
	{.arguments = {"--certs", "require", AS_APP},
	 .says = {"'/etc/passwd'", "holds no certificate", "replace it"},
	 .environment = {"SSL_CERT_FILE=/etc/passwd"}},
	{.arguments = {"--certs", "require", AS_APP},
	 .says = {"SSL_CERT_FILE=ca.pem", "begin it with /"},
	 .environment = {"SSL_CERT_FILE=ca.pem"}},
	{.arguments = {"--certs", "require", AS_APP},
	 .says = {"SSL_CERT_DIR=certs", "begin it with /"},
	 .environment = {"SSL_CERT_DIR=/:certs"}},
	{.arguments = {"--certs", "require", AS_APP},
	 .says = {"SSL_CERT_DIR: more than 8", "name fewer"},
	 .environment = {"SSL_CERT_DIR=/1:/2:/3:/4:/5:/6:/7:/8:/9"}},
	{.arguments = {"--ca-add", "ca.pem", AS_APP},
	 .says = {"--ca-add ca.pem", "begin it with /"}},
	{.arguments = {"--ca-add", "/ca\n.pem", AS_APP},
	 .says = {"--ca-add /ca\\x0a.pem", "control character", "name it without"}},
	{.arguments = {"--ca-add", long_path, AS_APP},
	 .says = {"--ca-add /\\x01", "control character", "name it without"}},
	{.arguments = {"--ca-add", "/none.pem", AS_APP},
	 .says = {"--ca-add /none.pem", "is it in the image, or mounted?"}},
	{.arguments = {"--ca-add", "/etc/passwd", AS_APP},
	 .says = {"--ca-add /etc/passwd holds no certificate", "name a file or directory"}},
	{.arguments = {"--ca-add", "/etc/passwd", AS_APP},
	 .says = {"start it with --cap-add SETUID"},
	 .enter = without_setuid},
};

#define COUNT(rows) (sizeof(rows) / sizeof((rows)[0]))

static const struct {
	const struct row *rows;
	size_t count;
} tables[] = {
	{command_lines, COUNT(command_lines)},
	{ids, COUNT(ids)},
	{databases, COUNT(databases)},
	{powers, COUNT(powers)},
	{inits, COUNT(inits)},
	{services, COUNT(services)},
	{set_up, COUNT(set_up)},
	{certificates, COUNT(certificates)},
};

/* --- nothing is changed -------------------------------------------------------------------------
 */

static uint64_t fingerprint;

static void
mix(const void *bytes, size_t size)
{
	/* FNV-1a */
	for (size_t i = 0; i < size; i++)
		fingerprint =
			(fingerprint ^ ((const unsigned char *)bytes)[i]) * UINT64_C(0x100000001b3);
}

static int
mix_file(const char *path, const struct stat *status, int kind, struct FTW *where)
{
	(void)kind;
	(void)where;
	mix(path, strlen(path) + 1);
	mix(&status->st_ino, sizeof(status->st_ino));
	mix(&status->st_mode, sizeof(status->st_mode));
	mix(&status->st_nlink, sizeof(status->st_nlink));
	mix(&status->st_uid, sizeof(status->st_uid));
	mix(&status->st_gid, sizeof(status->st_gid));
	mix(&status->st_size, sizeof(status->st_size));
	mix(&status->st_mtim, sizeof(status->st_mtim));
	mix(&status->st_ctim, sizeof(status->st_ctim));
	return 0;
}

/* Of every file of the sandbox, all but the time of access; /proc is another mount. */
static uint64_t
take_fingerprint(void)
{
	fingerprint = UINT64_C(0xcbf29ce484222325);
	if (nftw(sandbox_make(), mix_file, 16, FTW_PHYS | FTW_MOUNT) != 0)
		fail_msg("nftw: %s", strerror(errno));
	return fingerprint;
}

/* The original waits for its copy, which goes on to stepdown, and looks at the streams after it. */
static void
watch_streams(void)
{
	struct stat stream;
	int status = 0;
	int ends[2];
	pid_t child = fork();

	if (child < 0)
		give_up("fork");
	if (child == 0) {
		/* Descriptor 0 too: a pipe of root's. */
		if (pipe2(ends, O_CLOEXEC) || dup2(ends[0], 0) < 0)
			give_up("make a pipe");
		close(ends[0]);
		close(ends[1]);
		return;
	}
	if (waitpid(child, &status, 0) != child)
		give_up("wait");
	for (int i = 1; i < 3; i++)
		if (fstat(i, &stream) || stream.st_uid != 0)
			_exit(STREAM_CHANGED);
	_exit(WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status));
}

static const struct row *current;

static void
enter(void)
{
	watch_streams();
	if (current->enter)
		current->enter();
}

/* --- the starts ---------------------------------------------------------------------------------
 */

static void
start(const struct row *row, const char *const *first, struct outcome *outcome)
{
	const char *argv[2 * WORDS + 2] = {"/sbin/stepdown"};
	const char *environment[VARIABLES + 2] = {"PATH=/bin"};
	unsigned count = 1;

	for (unsigned i = 0; first && first[i]; i++)
		argv[count++] = first[i];
	for (unsigned i = 0; i < WORDS && row->arguments[i]; i++)
		argv[count++] = row->arguments[i];
	argv[count] = NULL;
	for (unsigned i = 0; i < VARIABLES && row->environment[i]; i++)
		environment[1 + i] = row->environment[i];
	current = row;
	run_program(&(struct run){.argv = argv,
				  .root = sandbox_make(),
				  .environment = environment,
				  .enter = enter},
		    outcome);
}

static char own_passwd[4096];
static char own_group[4096];

static void
read_own(const char *path, char *text, size_t size)
{
	char whole[128];

	snprintf(whole, sizeof(whole), "%s%s", sandbox_make(), path);
	FILE *from = fopen(whole, "re");

	if (!from)
		fail_msg("open %s: %s", whole, strerror(errno));
	text[fread(text, 1, size - 1, from)] = 0;
	fclose(from);
}

static void
set_databases(const struct row *row)
{
	if (!own_passwd[0]) {
		read_own("/etc/passwd", own_passwd, sizeof(own_passwd));
		read_own("/etc/group", own_group, sizeof(own_group));
	}
	sandbox_write("/etc/passwd", row && row->passwd ? row->passwd : own_passwd, 0644);
	sandbox_write("/etc/group", row && row->group ? row->group : own_group, 0644);
}

/* For messages: the words of a row. */
static const char *
words_of(const struct row *row)
{
	static char text[1024];
	size_t used = 0;

	text[0] = 0;
	for (unsigned i = 0; i < WORDS && row->arguments[i] && used < 900; i++)
		used += (size_t)snprintf(text + used, 100, "\"%.60s\" ", row->arguments[i]);
	return text;
}

/* The first line that breaks the promise, or NULL. */
static const char *
judge(const struct row *row, const struct outcome *outcome)
{
	const char *end = strchr(outcome->err, '\n');

	if (outcome->status == STREAM_CHANGED)
		return "a standard stream has another owner";
	if (outcome->status != 125)
		return "the status is not 125";
	if (outcome->out[0])
		return "something is on standard output";
	if (!end || end[1])
		return "it is not one line";
	for (unsigned i = 0; i < PARTS && row->says[i]; i++)
		if (!strstr(outcome->err, row->says[i]))
			return row->says[i];
	for (const char *at = outcome->err; at < end; at++)
		if (*at < ' ' || *at > '~')
			return "a control character is not escaped";
	return NULL;
}

/* What --env-from-file is not to read. */
static void
make_files(void)
{
	enum { LARGE = 140000, HUGE = (1 << 20) + 1 };
	static char text[HUGE + 1];
	char path[128];

	memset(text, 'x', HUGE);
	sandbox_write("/inputs/huge", text, 0400);
	text[LARGE] = '\0';
	sandbox_write("/inputs/large", text, 0400);
	sandbox_write("/inputs/roots", "x", 0400);
	snprintf(path, sizeof(path), "%s/inputs/link", sandbox_make());
	if (symlink("roots", path) || lchown(path, 1001, 1001))
		fail_msg("symlink: %s", strerror(errno));
	snprintf(path, sizeof(path), "%s/inputs/fifo", sandbox_make());
	if (mkfifo(path, 0600))
		fail_msg("mkfifo: %s", strerror(errno));
}

static const char *
in_sandbox(const char *path)
{
	static char whole[2][256];
	static unsigned turn;

	turn = !turn;
	snprintf(whole[turn], sizeof(whole[turn]), "%s%s", sandbox_make(), path);
	return whole[turn];
}

/* What the rows of the set-up name. */
static void
make_places(void)
{
	sandbox_copy(ZONES "/Europe/Ljubljana", ZONES "/Europe/Ljubljana", 0644);
	sandbox_write(ZONES "/Text", "neither TZif nor anything else that is a time zone", 0644);
	sandbox_write("/data/file", "", 0644);
	sandbox_write("/theirs/sub/file", "", 0644);
	sandbox_write("/frozen/file", "", 0644);
	sandbox_write("/closed/file", "", 0644);
	sandbox_write("/conf/own.conf", "", 0644);
	sandbox_write("/etc/stepdown.d/10-base.conf", "", 0644);
	if (mkfifo(in_sandbox(ZONES "/Fifo"), 0644) ||
	    symlink("/etc/passwd", in_sandbox(ZONES "/Secret")) ||
	    symlink("/data/file", in_sandbox("/data/link")) ||
	    symlink("/data", in_sandbox("/theirs/link")) ||
	    link(in_sandbox("/theirs/sub/file"), in_sandbox("/data/hard")) ||
	    mknod(in_sandbox("/data/device"), S_IFCHR | 0666, makedev(1, 3)) ||
	    lchown(in_sandbox("/theirs/link"), 10001, 10002) ||
	    chown(in_sandbox("/theirs"), 10001, 10002) ||
	    chown(in_sandbox("/closed"), 20000, 20000) || chmod(in_sandbox("/closed"), 0700) ||
	    mount(in_sandbox("/frozen"), in_sandbox("/frozen"), NULL, MS_BIND, NULL) ||
	    mount(NULL, in_sandbox("/frozen"), NULL, MS_REMOUNT | MS_BIND | MS_RDONLY, NULL))
		fail_msg("cannot make the places: %s", strerror(errno));
}

static int
make_inputs(void **state)
{
	(void)state;
	if (!can_make_namespaces())
		fail_msg("the sandbox needs root");
	make_places();
	memset(long_name, 'a', sizeof(long_name) - 1);
	/* Bytes that are longer when they are escaped. */
	memset(long_option, 1, sizeof(long_option) - 1);
	memset(long_value, 1, sizeof(long_value) - 1);
	memset(long_path, 1, sizeof(long_path) - 1);
	long_option[0] = long_option[1] = '-';
	long_path[0] = '/';
	size_t used = (size_t)sprintf(long_line, "app:x:10001:10002:");

	memset(long_line + used, 'x', 70000);
	strcpy(long_line + used + 70000, ":/srv:/bin/sh\n");
	make_files();
	used = 0;
	for (unsigned i = 0; i < 1030; i++)
		used += (size_t)sprintf(many_groups + used, "g%u:x:%u:app\n", i, 20000 + i);
	return 0;
}

/* --- the tests ----------------------------------------------------------------------------------
 */

static void
test_bad_input_is_refused_and_changes_nothing(void **state)
{
	static struct outcome outcome;
	unsigned refused = 0;

	(void)state;
	for (size_t t = 0; t < COUNT(tables); t++)
		for (size_t i = 0; i < tables[t].count; i++) {
			const struct row *row = &tables[t].rows[i];

			set_databases(row);
			uint64_t before = take_fingerprint();

			start(row, NULL, &outcome);
			const char *wrong = judge(row, &outcome);

			if (wrong)
				fail_msg("%s: %s; status %d, out \"%.80s\", err %s", words_of(row),
					 wrong, outcome.status, outcome.out, outcome.err);
			if (take_fingerprint() != before)
				fail_msg("%s: a file has changed", words_of(row));
			if (getenv("STEPDOWN_TESTS_SHOW"))
				print_message("%s%s", words_of(row), outcome.err);
			refused++;
		}
	set_databases(NULL);
	print_message("%u refusals\n", refused);
	assert_true(refused >= ROWS_AT_LEAST);
}

/* Red first: a start that is not refused hands the streams over, and a file's mode is seen. */
static void
test_a_change_would_be_noticed(void **state)
{
	static const struct row row = {.arguments = {AS_APP}};
	static struct outcome outcome;
	char path[128];

	(void)state;
	start(&row, NULL, &outcome);
	assert_int_equal(outcome.status, STREAM_CHANGED);
	assert_non_null(value_of(outcome.out, "uid"));
	uint64_t before = take_fingerprint();

	snprintf(path, sizeof(path), "%s/etc/group", sandbox_make());
	assert_int_equal(chown(path, 0, 0), 0);
	assert_true(take_fingerprint() != before);
}

/* Whether `text` is the inside of a JSON string up to `end`, by RFC 8259. */
static bool
is_json_string(const char *text, const char *end)
{
	while (text < end) {
		if (*text == '"' || (unsigned char)*text < ' ' || (unsigned char)*text > '~')
			return false;
		if (*text++ != '\\')
			continue;
		if (text == end || !strchr("\"\\/bfnrtu", *text))
			return false;
		if (*text++ != 'u')
			continue;
		for (unsigned i = 0; i < 4; i++)
			if (text == end || !strchr("0123456789abcdefABCDEF", *text++))
				return false;
	}
	return true;
}

static void
test_each_refusal_is_one_json_object_with_log_json(void **state)
{
	static const char begin[] = "{\"program\":\"stepdown\",\"level\":\"error\",\"message\":\"";
	static const char *const first[] = {"--log", "json", NULL};
	static struct outcome outcome;

	(void)state;
	for (size_t t = 0; t < COUNT(tables); t++)
		for (size_t i = 0; i < tables[t].count; i++) {
			const struct row *row = &tables[t].rows[i];
			size_t length;

			if (row->arguments[0] && !strcmp(row->arguments[0], "--log"))
				continue;
			set_databases(row);
			start(row, first, &outcome);
			length = strlen(outcome.err);
			if (outcome.status != 125 || outcome.out[0] || length < sizeof(begin) + 3 ||
			    memcmp(outcome.err, begin, sizeof(begin) - 1) ||
			    strcmp(outcome.err + length - 3, "\"}\n") ||
			    !is_json_string(outcome.err + sizeof(begin) - 1,
					    outcome.err + length - 3))
				fail_msg("%s: status %d: %s", words_of(row), outcome.status,
					 outcome.err);
		}
	set_databases(NULL);
}

static void
test_control_characters_come_out_escaped(void **state)
{
	static const struct row rows[] = {
		{.arguments = {"-u", "a\nstepdown, all is well\n", RUN},
		 .says = {"a\\x0astepdown, all is well\\x0a"}},
		{.arguments = {"-u", "\x1b[2J", RUN}, .says = {"\\x1b[2J"}},
		{.arguments = {"--\r\n", RUN}, .says = {"unknown option --\\x0d\\x0a"}},
		{.arguments = {"--seccomp", "\x7f\x80\xff", AS_APP}, .says = {"\\x7f\\x80\\xff"}},
		{.arguments = {"--log", "\"}\n{", AS_APP}, .says = {"\"}\\x0a{"}},
		{.arguments = {"--keep-cap", "a\\b\tc", AS_APP}, .says = {"a\\b\\x09c"}},
	};
	static const char *const json[] = {"--log", "json", NULL};
	static struct outcome outcome;

	(void)state;
	for (size_t i = 0; i < COUNT(rows); i++) {
		start(&rows[i], NULL, &outcome);
		const char *wrong = judge(&rows[i], &outcome);

		if (wrong)
			fail_msg("%s: %s: %s", words_of(&rows[i]), wrong, outcome.err);
	}
	start(&rows[0], json, &outcome);
	assert_says(outcome.err, "a\\\\x0astepdown, all is well\\\\x0a");
	start(&rows[5], json, &outcome);
	assert_says(outcome.err, "a\\\\b\\\\x09c");
}

static void
test_quiet_hides_no_error(void **state)
{
	static const char *const quiet[] = {"-q", NULL};
	static struct outcome loud;
	static struct outcome outcome;

	(void)state;
	for (size_t i = 0; i < COUNT(ids); i++) {
		start(&ids[i], NULL, &loud);
		start(&ids[i], quiet, &outcome);
		assert_int_equal(outcome.status, 125);
		assert_string_equal(outcome.err, loud.err);
	}
}

static void
test_help_and_version_are_answers_not_errors(void **state)
{
	static const char *const asks[] = {"--help", "-h", "--version", "-V"};
	static struct outcome outcome;

	(void)state;
	for (size_t i = 0; i < COUNT(asks); i++) {
		const struct row row = {.arguments = {asks[i]}};

		start(&row, NULL, &outcome);
		assert_int_equal(outcome.status, 0);
		assert_string_equal(outcome.err, "");
		assert_says(outcome.out, i < 2 ? "Usage: stepdown" : "stepdown ");
	}
}

/* --- what is written about the options ----------------------------------------------------------
 */

static char *
read_text(const char *path)
{
	static char text[2][1 << 18];
	static unsigned turn;
	FILE *from = fopen(path, "re");

	if (!from)
		fail_msg("open %s: %s", path, strerror(errno));
	turn = !turn;
	size_t got = fread(text[turn], 1, sizeof(text[turn]) - 1, from);

	text[turn][got] = 0;
	fclose(from);
	return text[turn];
}

static void
assert_documented(const char *option, size_t length, const char *manual, const char *completion)
{
	char plain[64];
	char roff[128];
	size_t used = 0;

	assert_true(length + 2 < sizeof(plain));
	snprintf(plain, sizeof(plain), " %.*s ", (int)length, option);
	for (size_t i = 0; i < length; i++)
		used += (size_t)snprintf(roff + used, sizeof(roff) - used, "%s%c",
					 option[i] == '-' ? "\\" : "", option[i]);
	if (!strstr(manual, roff))
		fail_msg("%s is not in the manual", plain);
	/* In the list of words the first and the last stand beside a quote. */
	plain[length + 1] = 0;
	if (!strstr(completion, plain + 1))
		fail_msg("%s is not in the completion", plain);
}

static void
test_every_option_of_help_is_in_manual_and_completion(void **state)
{
	static const struct row row = {.arguments = {"--help"}};
	static struct outcome outcome;
	const char *manual = read_text("build/stepdown.8");
	const char *completion = read_text("build/stepdown.bash");
	unsigned options = 0;

	(void)state;
	start(&row, NULL, &outcome);
	for (char *line = strtok(outcome.out, "\n"); line; line = strtok(NULL, "\n")) {
		char *option = strstr(line, "--");

		/* An option's line begins with "  -u, --user" or "      --user". */
		if (!option || (option - line != 6) || strncmp(line, "  ", 2))
			continue;
		assert_documented(option, strcspn(option, " "), manual, completion);
		options++;
	}
	assert_true(options >= 12);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_bad_input_is_refused_and_changes_nothing),
		cmocka_unit_test(test_a_change_would_be_noticed),
		cmocka_unit_test(test_each_refusal_is_one_json_object_with_log_json),
		cmocka_unit_test(test_control_characters_come_out_escaped),
		cmocka_unit_test(test_quiet_hides_no_error),
		cmocka_unit_test(test_help_and_version_are_answers_not_errors),
		cmocka_unit_test(test_every_option_of_help_is_in_manual_and_completion),
	};

	return cmocka_run_group_tests(tests, make_inputs, NULL);
}
