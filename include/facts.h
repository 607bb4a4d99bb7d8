/* SPDX-License-Identifier: MIT */
/*
 * facts - what the kernel, the files and the environment say before anything is changed
 *
 * Only looks: gathering changes nothing, and nothing is decided here. The plan is made from these
 * facts alone, so that a test can make up any machine.
 */
#ifndef STEPDOWN_FACTS_H
#define STEPDOWN_FACTS_H

#include "confine/landlock.h"
#include "confine/terminal.h"
#include "facts_certs.h"
#include "facts_owners.h"
#include "facts_secrets.h"
#include "facts_service.h"
#include "facts_zone.h"
#include "ids.h"
#include "init/signals.h"
#include "refusal.h"
#include "who/capabilities.h"

#include <limits.h>
#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

enum descriptor_kind {
	DESCRIPTOR_CLOSED,
	DESCRIPTOR_FILE, /* a file, a directory, a named FIFO, a device that is no terminal */
	DESCRIPTOR_PIPE, /* without a name; known where pipes are wanted */
	DESCRIPTOR_SOCKET,
	DESCRIPTOR_LISTENING, /* a socket that listens or is bound; known above 2 */
	DESCRIPTOR_TERMINAL,
};

struct descriptor {
	enum descriptor_kind kind;
	uid_t owner;
	bool outside; /* a directory that is not below the root, or whose place cannot be told */
};

enum {
	FACTS_LISTEN_MAX = 64, /* descriptors that LISTEN_FDS may hand over, from 3 on */
	FACTS_DESCRIPTORS = 3 + FACTS_LISTEN_MAX,
	FACTS_PAGE = 4096, /* the texts of files begin and end with one, so that they can be given
			      back */
	FACTS_MAP_SIZE = 16384, /* bytes of uid_map, room for the kernel's 340 lines */
};

/* What an exec leaves to the next program, and a fork only the first of. */
struct inherited {
	int personality; /* personality(2), or -1 and */
	int error;       /* errno */
	bool timers, subreaper;
};

/* What the service inherits and keeps, for whoever started it may mean it. */
struct told_facts {
	int policy; /* sched(7); -1 unknown */
	unsigned priority;
	int nice;
	uint64_t ignored; /* signals */
};

struct facts {
	uid_t real_uid, effective_uid, saved_uid;
	gid_t real_gid, effective_gid, saved_gid;
	gid_t groups[IDS_GROUPS_MAX]; /* ascending, each once */
	size_t group_count;
	struct capability_sets capabilities;
	unsigned last_capability; /* the highest that the kernel has */
	unsigned securebits;
	bool no_new_privs;

	/* Of the user namespace, from /proc/self; not present without /proc, and where the kernel
	 * has the highest id, as it does in a container without a user namespace of its own. */
	struct ids_file uid_map, gid_map;
	bool setgroups_denied;

	struct ids_file passwd, group;
	struct landlock_facts landlock; /* looked at where it is asked for */
	struct ids_file profile;        /* a compiled seccomp profile, only where one is named */

	struct signals_state signals; /* on entry; main notes them first of all */
	struct terminal terminal;     /* where this process is at it */
	bool has_tty;                 /* /dev/tty can be opened; where the filter asks for it */
	pid_t pid;
	pid_t parent;            /* getppid(2), 0 if it is in another pid namespace */
	int parent_death_signal; /* PR_GET_PDEATHSIG, 0 for none */
	struct inherited inherited;
	struct told_facts told; /* only for --dry-run */
	mode_t umask;           /* only for --dry-run, else 0 */
	bool no_seccomp; /* this machine has no filters: it is emulated, or its kernel has none */
	int seccomp_filters;      /* in force already; only for --dry-run; -1 unknown */
	char directory[PATH_MAX]; /* the working directory; "(unreachable)..." outside the root */
	struct descriptor descriptors[FACTS_DESCRIPTORS]; /* 0-2, and those of LISTEN_FDS */
	unsigned listening; /* how many these are, from 3 on; only where they are wanted, else 0 */

	struct zone_facts zone;
	struct owners_facts owners;
	struct certs_facts certs; /* of --certs and --ca-add */

	char *const *environment;
	struct secrets_facts secrets;
	struct service_facts service;
};

/* What of the facts is worth its time in this start. */
struct facts_wanted {
	bool listen; /* the descriptors of LISTEN_FDS */
	bool execs;  /* the service may take this process's place: what outlives an exec alone */
	bool report; /* what --dry-run alone prints */
	bool groups; /* the group file: a group is named, or memberships count */
	bool tty;    /* whether there is a controlling terminal, on 0 to 2 or not */
	const char *profile; /* the path of a compiled seccomp profile, or NULL */
};

/*
 * Refuses power that came with this program's file, by a set-uid or set-gid bit or by file
 * capabilities, and not with its caller. To be asked first of all: whoever may execute such a file
 * would have that power under any name and with any option. Returns 0, or -1 with a refusal.
 */
int facts_refuse_own_power(struct refusal *why);

/* The last two only where `execs`, else false. Returns 0, or -1 with errno. */
int facts_look_inherited(struct inherited *inherited, bool execs);

/*
 * Fills `facts`. `environment` is kept, not copied. Returns 0, or -1 with a refusal: something that
 * must be known could not be read. A missing passwd or group file, or a missing /proc, is a fact.
 */
int facts_gather(struct facts *facts, const struct facts_wanted *wanted, char *const *environment,
		 struct refusal *why);

#endif
