/* SPDX-License-Identifier: MIT */
#include "confine/landlock.h"

#include "confine/landlock_needs.h"
#include "look.h"
#include "setup/paths.h"
#include "why_here.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

/* From 424 on the numbers of system calls are the same on every machine. */
enum {
	CREATE_RULESET = 444,
	ADD_RULE = 445,
	RESTRICT_SELF = 446,
	ASK_VERSION = 1,
	ASK_ERRATA = 2,
	RULE_PATH = 1,
	RULE_PORT = 2,
};

/* As of ABI 6. An older kernel takes a longer structure where the rest is zero. */
struct ruleset_attributes {
	uint64_t files;
	uint64_t ports;
	uint64_t scopes;
};

struct path_attributes {
	uint64_t rights;
	int32_t parent;
} __attribute__((packed));

struct port_attributes {
	uint64_t rights;
	uint64_t port;
};

int
landlock_version(unsigned *errata)
{
	long version = syscall(CREATE_RULESET, NULL, 0, ASK_VERSION);

	*errata = 0;
	if (version <= 0)
		return 0;
	/* EINVAL before 6.15: nothing is known to be mended. */
	long mended = syscall(CREATE_RULESET, NULL, 0, ASK_ERRATA);

	if (mended > 0)
		*errata = (unsigned)mended;
	return (int)version;
}

static int
create(const struct landlock_handled *handled)
{
	struct ruleset_attributes attributes = {handled->files, handled->ports, handled->scopes};
	int ruleset = (int)syscall(CREATE_RULESET, &attributes, sizeof(attributes), 0);

	/* The standard streams are taken: who says so has made nothing. */
	if (ruleset >= 0 && ruleset <= STDERR_FILENO) {
		errno = EPROTO;
		return -1;
	}
	return ruleset;
}

/* All links followed. Descriptors of the service's are not for us to close. */
static int
open_path(const char *path)
{
	/* musl's open(3) makes a second call for O_CLOEXEC. */
	int opened = openat(AT_FDCWD, path, O_PATH | O_CLOEXEC);

	if (opened >= 0 && opened <= STDERR_FILENO) {
		errno = EPROTO;
		return -1;
	}
	return opened;
}

/* A rule without rights is none, and the kernel says so (ENOMSG). */
static int
add_path(int ruleset, int descriptor, uint64_t rights)
{
	struct path_attributes rule = {.rights = rights, .parent = descriptor};

	return rights ? (int)syscall(ADD_RULE, ruleset, RULE_PATH, &rule, 0) : 0;
}

static int
add_named(const struct landlock_plan *plan, int ruleset, const struct landlock_path *named,
	  struct refusal *why)
{
	struct stat status;
	int opened = place_open_following(named->path, &status);

	if (opened < 0)
		return refuse(
			why,
			"cannot open what %s %.160s names as the service's user: %s; may that user search the directories above it?",
			landlock_option(named->use), named->path, strerror(errno));
	int failed = add_path(ruleset, opened,
			      landlock_rights(named->use, &plan->handled, S_ISDIR(status.st_mode)));

	look_close(opened);
	return failed ? refuse(why,
			       "the kernel has no rule for %s %.160s: %s; name what is in a file system",
			       landlock_option(named->use), named->path, strerror(errno))
		      : 0;
}

/* What is not there, or out of the user's reach, is not needed here. */
static int
add_need(const struct landlock_plan *plan, int ruleset, const struct landlock_need *need,
	 struct refusal *why)
{
	struct stat status;
	int opened = open_path(need->path);

	if (opened < 0 && (errno == ENOENT || errno == ENOTDIR || errno == EACCES))
		return 0;
	if (opened < 0)
		return refuse(why, "cannot open %s for Landlock: %s%s", need->path, strerror(errno),
			      why_here(WHY_RESTRICT, errno, NULL));
	int failed = fstat(opened, &status) ||
		     add_path(ruleset, opened,
			      landlock_rights(need->use, &plan->handled, S_ISDIR(status.st_mode)));

	look_close(opened);
	return failed ? refuse(why, "the kernel has no rule for %s: %s", need->path,
			       strerror(errno))
		      : 0;
}

static int
add_exchange(const struct landlock_plan *plan, int ruleset, struct refusal *why)
{
	int root = open_path("/");
	int failed =
		root < 0 || add_path(ruleset, root,
				     landlock_rights(LANDLOCK_FOR_EXCHANGE, &plan->handled, true));

	look_close(root);
	return failed ? refuse(why, "cannot make a Landlock rule for /: %s", strerror(errno)) : 0;
}

static int
add_ports(const struct landlock_plan *plan, int ruleset, struct refusal *why)
{
	for (unsigned i = 0; i < plan->port_count; i++) {
		struct port_attributes rule = {plan->ports[i].right, plan->ports[i].number};

		if (!(rule.rights & plan->handled.ports))
			continue;
		if (syscall(ADD_RULE, ruleset, RULE_PORT, &rule, 0))
			return refuse(why, "cannot make a Landlock rule for port %u: %s%s",
				      (unsigned)rule.port, strerror(errno),
				      why_here(WHY_RESTRICT, errno, NULL));
	}
	return 0;
}

static int
add_files(const struct landlock_plan *plan, int ruleset, struct refusal *why)
{
	/* Names are exchanged everywhere where only execution is restricted. */
	if (!plan->needs && add_exchange(plan, ruleset, why))
		return -1;
	for (unsigned i = 0; i < plan->path_count; i++)
		if (add_named(plan, ruleset, &plan->paths[i], why))
			return -1;
	for (const struct landlock_need *need = landlock_needs; plan->needs && need->path[0];
	     need++)
		if (add_need(plan, ruleset, need, why))
			return -1;
	return 0;
}

int
landlock_open(struct landlock_plan *plan, struct refusal *why)
{
	plan->ruleset = create(&plan->handled);
	if (plan->ruleset < 0)
		return refuse(why, "cannot make a Landlock ruleset: %s%s", strerror(errno),
			      why_here(WHY_RESTRICT, errno, NULL));
	return (plan->handled.files && add_files(plan, plan->ruleset, why)) ||
			       add_ports(plan, plan->ruleset, why)
		       ? -1
		       : 0;
}

int
landlock_allow(const struct landlock_plan *plan, const char *path, struct refusal *why)
{
	int opened = open_path(path);

	if (opened < 0)
		return refuse(why, "cannot open %.160s, which the command needs: %s%s", path,
			      strerror(errno), why_here(WHY_RESTRICT, errno, NULL));
	int failed = add_path(plan->ruleset, opened,
			      landlock_rights(LANDLOCK_FOR_RUNNING, &plan->handled, false));

	look_close(opened);
	return failed ? refuse(why, "cannot make a Landlock rule for %.160s: %s", path,
			       strerror(errno))
		      : 0;
}

int
landlock_restrict(const struct landlock_plan *plan)
{
	if (syscall(RESTRICT_SELF, plan->ruleset, plan->handled.flags))
		return -1;
	return close(plan->ruleset);
}
