/* SPDX-License-Identifier: MIT */
#include "drop/credentials.h"

#include "proof.h"

#include <errno.h>
#include <linux/capability.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

int
credentials_set_groups(const struct plan *plan)
{
	return (int)syscall(SYS_setgroups, plan->who.group_count, plan->who.groups);
}

int
credentials_check_groups(const struct plan *plan)
{
	gid_t now[IDS_GROUPS_MAX];
	long count = syscall(SYS_getgroups, IDS_GROUPS_MAX, now);

	if (count < 0)
		return -1;
	/* The kernel keeps the list sorted, and so does the plan. */
	return proof((size_t)count == plan->who.group_count &&
		     !memcmp(now, plan->who.groups, (size_t)count * sizeof(now[0])));
}

int
credentials_set_gid(const struct plan *plan)
{
	return (int)syscall(SYS_setresgid, plan->who.gid, plan->who.gid, plan->who.gid);
}

int
credentials_check_gid(const struct plan *plan)
{
	/* Values that no plan has, in case the call says yes and writes nothing. */
	gid_t now[3] = {(gid_t)-1, (gid_t)-1, (gid_t)-1};
	gid_t gid = plan->who.gid;

	if (syscall(SYS_getresgid, &now[0], &now[1], &now[2]))
		return -1;
	return proof(now[0] == gid && now[1] == gid && now[2] == gid &&
		     (gid_t)syscall(SYS_setfsgid, (gid_t)-1) == gid);
}

int
credentials_set_uid(const struct plan *plan)
{
	return (int)syscall(SYS_setresuid, plan->who.uid, plan->who.uid, plan->who.uid);
}

int
credentials_check_uid(const struct plan *plan)
{
	uid_t now[3] = {(uid_t)-1, (uid_t)-1, (uid_t)-1};
	uid_t uid = plan->who.uid;

	if (syscall(SYS_getresuid, &now[0], &now[1], &now[2]))
		return -1;
	return proof(now[0] == uid && now[1] == uid && now[2] == uid &&
		     (uid_t)syscall(SYS_setfsuid, (uid_t)-1) == uid);
}

static bool
is_refused(long result)
{
	return result < 0 && (errno == EPERM || errno == EINVAL);
}

int
credentials_check_final(const struct plan *plan)
{
	if (credentials_check_groups(plan) || credentials_check_gid(plan) ||
	    credentials_check_uid(plan))
		return -1;
	/* EINVAL: id 0 does not exist in this user namespace. */
	if (plan->prove_uid &&
	    (!is_refused(syscall(SYS_setresuid, 0, 0, 0)) || !is_refused(syscall(SYS_setuid, 0))))
		return proof(false);
	if (plan->prove_gid && (!is_refused(syscall(SYS_setresgid, 0, 0, 0)) ||
				!is_refused(syscall(SYS_setgroups, 0, NULL))))
		return proof(false);
	return 0;
}
