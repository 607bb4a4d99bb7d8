/* SPDX-License-Identifier: MIT */
#include "who/drop.h"

#include "proof.h"

#include <errno.h>
#include <linux/capability.h>
#include <linux/securebits.h>
#include <string.h>
#include <sys/prctl.h>
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
	/* The init takes the saved one after the fork, and the service never sees it. */
	return (int)syscall(SYS_setresgid, plan->who.gid, plan->who.gid, plan->init.own_gid);
}

int
credentials_check_gid(const struct plan *plan)
{
	/* Values that no plan has, in case the call says yes and writes nothing. */
	gid_t now[3] = {(gid_t)-1, (gid_t)-1, (gid_t)-1};
	gid_t gid = plan->who.gid;

	if (syscall(SYS_getresgid, &now[0], &now[1], &now[2]))
		return -1;
	return proof(now[0] == gid && now[1] == gid && now[2] == plan->init.own_gid &&
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

/* EINVAL: id 0 does not exist in this user namespace. */
static bool
is_refused_id(long result)
{
	return result < 0 && (errno == EPERM || errno == EINVAL);
}

int
credentials_check_final(const struct plan *plan)
{
	if (credentials_check_groups(plan) || credentials_check_gid(plan) ||
	    credentials_check_uid(plan))
		return -1;
	if (plan->prove_uid && (!is_refused_id(syscall(SYS_setresuid, 0, 0, 0)) ||
				!is_refused_id(syscall(SYS_setuid, 0))))
		return proof(false);
	if (plan->prove_gid && (!is_refused_id(syscall(SYS_setresgid, 0, 0, 0)) ||
				!is_refused_id(syscall(SYS_setgroups, 0, NULL))))
		return proof(false);
	return 0;
}

/* Each of these calls makes new credentials, a microsecond of the start: only what is there is
 * dropped (a container of Docker's begins with 14 of 41). The check asks for all of them. */
int
capabilities_limit(const struct plan *plan)
{
	for (unsigned i = 0; i <= plan->last_capability; i++)
		if ((plan->bounding_excess & CAPABILITY(i)) && prctl(PR_CAPBSET_DROP, i, 0, 0, 0))
			return -1;
	return 0;
}

static int
check_limit(const struct plan *plan)
{
	for (unsigned i = 0; i <= plan->last_capability; i++) {
		int held = prctl(PR_CAPBSET_READ, i, 0, 0, 0);

		if (held < 0)
			return -1;
		if (!held != !(plan->capabilities.bounding & CAPABILITY(i)))
			return proof(false);
	}
	/* Had the kernel more of them, the first look would have ended too early. */
	return proof(plan->last_capability == 63 ||
		     (prctl(PR_CAPBSET_READ, plan->last_capability + 1, 0, 0, 0) < 0 &&
		      errno == EINVAL));
}

int
capabilities_inherit(const struct plan *plan)
{
	struct capability_sets sets;

	if (capabilities_read(&sets))
		return -1;
	sets.inheritable |= plan->kept;
	return capabilities_set(&sets);
}

int
capabilities_check_inherit(const struct plan *plan)
{
	struct capability_sets sets;

	return capabilities_read(&sets) ? -1 : proof((sets.inheritable & plan->kept) == plan->kept);
}

int
capabilities_raise(const struct plan *plan)
{
	if (prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_CLEAR_ALL, 0, 0, 0))
		return -1;
	for (unsigned i = 0; i <= plan->last_capability; i++)
		if ((plan->kept & CAPABILITY(i)) &&
		    prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_RAISE, i, 0, 0))
			return -1;
	return 0;
}

/* The kernel holds no capability ambient that is not both permitted and inheritable
 * (capabilities(7), and cap_ambient_invariant_ok() in the kernel), so only those are asked for. */
int
capabilities_check_raise(const struct plan *plan)
{
	struct capability_sets sets;

	if (capabilities_read(&sets))
		return -1;
	uint64_t possible = sets.permitted & sets.inheritable;

	for (unsigned i = 0; i <= plan->last_capability; i++) {
		int held = 0;

		if ((possible & CAPABILITY(i)))
			held = prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_IS_SET, i, 0, 0);
		if (held < 0)
			return -1;
		if (!held != !(plan->capabilities.ambient & CAPABILITY(i)))
			return proof(false);
	}
	return 0;
}

int
capabilities_lock(const struct plan *plan)
{
	return prctl(PR_SET_SECUREBITS, plan->securebits, 0, 0, 0);
}

int
capabilities_check_lock(const struct plan *plan)
{
	int now = prctl(PR_GET_SECUREBITS, 0, 0, 0, 0);

	return now < 0 ? -1 : proof((unsigned)now == plan->securebits);
}

int
capabilities_carry(const struct plan *plan)
{
	(void)plan;
	return prctl(PR_SET_KEEPCAPS, 1, 0, 0, 0);
}

int
capabilities_check_carry(const struct plan *plan)
{
	(void)plan;
	int now = prctl(PR_GET_KEEPCAPS, 0, 0, 0, 0);

	return now < 0 ? -1 : proof(now == 1);
}

int
capabilities_raise_carried(const struct plan *plan)
{
	if (capabilities_raise(plan))
		return -1;
	return prctl(PR_SET_KEEPCAPS, 0, 0, 0, 0);
}

/* The init's own goes with both processes up to the fork, where the child drops it. */
static struct capability_sets
sets_until_fork(const struct plan *plan)
{
	struct capability_sets sets = plan->capabilities;

	sets.permitted |= plan->init.own_capabilities;
	sets.effective |= plan->init.own_capabilities;
	return sets;
}

int
capabilities_drop(const struct plan *plan)
{
	struct capability_sets sets = sets_until_fork(plan);

	return capabilities_set(&sets);
}

/* Whether an attempt was turned down for want of power. */
static bool
is_refused(long result)
{
	return result < 0 && errno == EPERM;
}

static int
check_no_way_back(const struct plan *plan)
{
	struct __user_cap_header_struct header = {.version = _LINUX_CAPABILITY_VERSION_3};
	struct __user_cap_data_struct all[2] = {{~0U, ~0U, 0}, {~0U, ~0U, 0}};
	uint64_t existing = ~UINT64_C(0) >> (63 - plan->last_capability);

	if (plan->kept != existing && !is_refused(syscall(SYS_capset, &header, all)))
		return proof(false);
	if (!(plan->kept & CAPABILITY(CAP_SYS_ADMIN)) &&
	    !is_refused(prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_RAISE, CAP_SYS_ADMIN, 0, 0)))
		return proof(false);
	/* Locked bits stay even for a service that keeps CAP_SETPCAP. */
	if ((plan->drop_bounding || !(plan->kept & CAPABILITY(CAP_SETPCAP))) &&
	    !is_refused(prctl(PR_SET_SECUREBITS, 0, 0, 0, 0)))
		return proof(false);
	return 0;
}

int
capabilities_check_final(const struct plan *plan)
{
	struct capability_sets sets = sets_until_fork(plan);

	if (capabilities_prove(&sets) || check_limit(plan) || capabilities_check_raise(plan) ||
	    capabilities_check_lock(plan))
		return -1;
	return check_no_way_back(plan);
}

int
capabilities_no_new_privs(const struct plan *plan)
{
	(void)plan;
	return prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0);
}

int
capabilities_check_no_new_privs(const struct plan *plan)
{
	(void)plan;
	int now = prctl(PR_GET_NO_NEW_PRIVS, 0, 0, 0, 0);

	return now < 0 ? -1 : proof(now == 1);
}

int
capabilities_undumpable(const struct plan *plan)
{
	(void)plan;
	return prctl(PR_SET_DUMPABLE, 0, 0, 0, 0);
}

int
capabilities_check_undumpable(const struct plan *plan)
{
	(void)plan;
	int now = prctl(PR_GET_DUMPABLE, 0, 0, 0, 0);

	return now < 0 ? -1 : proof(now == 0);
}
