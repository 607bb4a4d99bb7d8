/* SPDX-License-Identifier: MIT */
#include "who/drop.h"

#include "ids.h"
#include "proof.h"
#include "who/keyring.h"

#include <errno.h>
#include <linux/capability.h>
#include <linux/securebits.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <unistd.h>

static int
set_groups(const struct drop *drop)
{
	return (int)syscall(SYS_setgroups, drop->group_count, drop->groups);
}

static int
prove_groups(const struct drop *drop)
{
	gid_t now[IDS_GROUPS_MAX];
	long count = syscall(SYS_getgroups, IDS_GROUPS_MAX, now);

	if (count < 0)
		return -1;
	/* The kernel keeps the list sorted, and so does the plan. */
	return proof((size_t)count == drop->group_count &&
		     !memcmp(now, drop->groups, (size_t)count * sizeof(now[0])));
}

static int
set_gid(const struct drop *drop)
{
	return (int)syscall(SYS_setresgid, drop->gid[0], drop->gid[1], drop->gid[2]);
}

static int
prove_gid(const struct drop *drop)
{
	/* Values that nobody is to have, in case the call says yes and writes nothing. */
	gid_t now[3] = {(gid_t)-1, (gid_t)-1, (gid_t)-1};

	if (syscall(SYS_getresgid, &now[0], &now[1], &now[2]))
		return -1;
	return proof(!memcmp(now, drop->gid, sizeof(now)) &&
		     (gid_t)syscall(SYS_setfsgid, (gid_t)-1) == drop->gid[1]);
}

/* Its own call says nothing about success; an id that cannot be only asks. */
static int
set_files_gid(const struct drop *drop)
{
	syscall(SYS_setfsgid, drop->gid[0]);
	return proof((gid_t)syscall(SYS_setfsgid, (gid_t)-1) == drop->gid[0]);
}

static int
set_uid(const struct drop *drop)
{
	return (int)syscall(SYS_setresuid, drop->uid, drop->uid, drop->uid);
}

static int
prove_uid(const struct drop *drop)
{
	uid_t now[3] = {(uid_t)-1, (uid_t)-1, (uid_t)-1};
	uid_t uid = drop->uid;

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

static int
prove_ids(const struct drop *drop)
{
	if (prove_groups(drop) || prove_gid(drop) || prove_uid(drop))
		return -1;
	if ((drop->parts & DROP_TRY_UID) && (!is_refused_id(syscall(SYS_setresuid, 0, 0, 0)) ||
					     !is_refused_id(syscall(SYS_setuid, 0))))
		return proof(false);
	if ((drop->parts & DROP_TRY_GID) && (!is_refused_id(syscall(SYS_setresgid, 0, 0, 0)) ||
					     !is_refused_id(syscall(SYS_setgroups, 0, NULL))))
		return proof(false);
	return 0;
}

/* Each of these calls makes new credentials, a microsecond of the start: only what is there is
 * dropped (a container of Docker's begins with 14 of 41). The check asks for all of them. */
static int
limit_bounding(const struct drop *drop)
{
	for (unsigned i = 0; i <= drop->last_capability; i++)
		if ((drop->bounding_excess & CAPABILITY(i)) && prctl(PR_CAPBSET_DROP, i, 0, 0, 0))
			return -1;
	return 0;
}

static int
prove_bounding(const struct drop *drop)
{
	for (unsigned i = 0; i <= drop->last_capability; i++) {
		int held = prctl(PR_CAPBSET_READ, i, 0, 0, 0);

		if (held < 0)
			return -1;
		if (!held != !(drop->capabilities.bounding & CAPABILITY(i)))
			return proof(false);
	}
	/* Had the kernel more of them, the first look would have ended too early. */
	return proof(drop->last_capability == 63 ||
		     (prctl(PR_CAPBSET_READ, drop->last_capability + 1, 0, 0, 0) < 0 &&
		      errno == EINVAL));
}

static int
inherit(const struct drop *drop)
{
	struct capability_sets sets;

	if (capabilities_read(&sets))
		return -1;
	sets.inheritable |= drop->capabilities.ambient;
	return capabilities_set(&sets);
}

static int
prove_inherit(const struct drop *drop)
{
	struct capability_sets sets;

	return capabilities_read(&sets) ? -1
					: proof((sets.inheritable & drop->capabilities.ambient) ==
						drop->capabilities.ambient);
}

static int
raise_ambient(const struct drop *drop)
{
	if (prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_CLEAR_ALL, 0, 0, 0))
		return -1;
	for (unsigned i = 0; i <= drop->last_capability; i++)
		if ((drop->capabilities.ambient & CAPABILITY(i)) &&
		    prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_RAISE, i, 0, 0))
			return -1;
	return 0;
}

/* The kernel holds no capability ambient that is not both permitted and inheritable
 * (capabilities(7), and cap_ambient_invariant_ok() in the kernel), so only those are asked for. */
static int
check_ambient(const struct drop *drop, const struct capability_sets *sets)
{
	uint64_t possible = sets->permitted & sets->inheritable;

	for (unsigned i = 0; i <= drop->last_capability; i++) {
		int held = 0;

		if (possible & CAPABILITY(i))
			held = prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_IS_SET, i, 0, 0);
		if (held < 0)
			return -1;
		if (!held != !(drop->capabilities.ambient & CAPABILITY(i)))
			return proof(false);
	}
	return 0;
}

static int
prove_raise(const struct drop *drop)
{
	struct capability_sets sets;

	return capabilities_read(&sets) ? -1 : check_ambient(drop, &sets);
}

static int
lock(const struct drop *drop)
{
	return prctl(PR_SET_SECUREBITS, drop->securebits, 0, 0, 0);
}

static int
prove_lock(const struct drop *drop)
{
	int now = prctl(PR_GET_SECUREBITS, 0, 0, 0, 0);

	return now < 0 ? -1 : proof((unsigned)now == drop->securebits);
}

static int
carry(const struct drop *drop)
{
	(void)drop;
	return prctl(PR_SET_KEEPCAPS, 1, 0, 0, 0);
}

static int
prove_carry(const struct drop *drop)
{
	(void)drop;
	int now = prctl(PR_GET_KEEPCAPS, 0, 0, 0, 0);

	return now < 0 ? -1 : proof(now == 1);
}

static int
raise_carried(const struct drop *drop)
{
	if (raise_ambient(drop))
		return -1;
	return prctl(PR_SET_KEEPCAPS, 0, 0, 0, 0);
}

/* The init's own goes with both processes up to the fork, where the child drops it. */
static struct capability_sets
sets_until_fork(const struct drop *drop)
{
	struct capability_sets sets = drop->capabilities;

	sets.permitted |= drop->beside;
	sets.effective |= drop->beside;
	return sets;
}

static int
give_up(const struct drop *drop)
{
	struct capability_sets sets = sets_until_fork(drop);

	return capabilities_set(&sets);
}

static int
prove_sets(const struct drop *drop)
{
	struct capability_sets sets = sets_until_fork(drop);

	return capabilities_prove(&sets);
}

/* Whether an attempt was turned down for want of power. */
static bool
is_refused(long result)
{
	return result < 0 && errno == EPERM;
}

static int
check_no_way_back(const struct drop *drop)
{
	struct __user_cap_header_struct header = {.version = _LINUX_CAPABILITY_VERSION_3};
	struct __user_cap_data_struct all[2] = {{~0U, ~0U, 0}, {~0U, ~0U, 0}};
	uint64_t existing = ~UINT64_C(0) >> (63 - drop->last_capability);
	uint64_t kept = drop->capabilities.ambient;

	if (kept != existing && !is_refused(syscall(SYS_capset, &header, all)))
		return proof(false);
	if (!(kept & CAPABILITY(CAP_SYS_ADMIN)) &&
	    !is_refused(prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_RAISE, CAP_SYS_ADMIN, 0, 0)))
		return proof(false);
	/* Locked bits stay even for a service that keeps CAP_SETPCAP. */
	if (((drop->parts & DROP_BOUNDING) || !(kept & CAPABILITY(CAP_SETPCAP))) &&
	    !is_refused(prctl(PR_SET_SECUREBITS, 0, 0, 0, 0)))
		return proof(false);
	return 0;
}

/* Harmless if it fails: the caller ends the process. */
static int
prove_final(const struct drop *drop)
{
	struct capability_sets sets = sets_until_fork(drop);

	if (capabilities_prove(&sets) || prove_bounding(drop) || check_ambient(drop, &sets) ||
	    prove_lock(drop))
		return -1;
	return check_no_way_back(drop);
}

static int
set_no_new_privs(const struct drop *drop)
{
	(void)drop;
	return prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0);
}

static int
prove_no_new_privs(const struct drop *drop)
{
	(void)drop;
	int now = prctl(PR_GET_NO_NEW_PRIVS, 0, 0, 0, 0);

	return now < 0 ? -1 : proof(now == 1);
}

static int
become_undumpable(const struct drop *drop)
{
	(void)drop;
	return prctl(PR_SET_DUMPABLE, 0, 0, 0, 0);
}

static int
prove_undumpable(const struct drop *drop)
{
	(void)drop;
	int now = prctl(PR_GET_DUMPABLE, 0, 0, 0, 0);

	return now < 0 ? -1 : proof(now == 0);
}

/*
 * The order is that of the powers: each step needs what a later one gives up. A session keyring
 * counts against root's quota as long as this is root. Groups and gid need
 * CAP_SETGID; bounding set and securebits need CAP_SETPCAP and have to be done before the uid
 * changes; ambient capabilities survive that change only with these securebits. Without
 * CAP_SETPCAP the securebits cannot be had, and the kept capabilities are carried over it by
 * PR_SET_KEEPCAPS and raised afterwards.
 */
const struct drop_row drop_rows[DROP_ROWS + 1] = {
	{"join a session keyring of its own", DROP_KEYRING, keyring_join, NULL, WHY_KEYRING},
	{"set the supplementary groups", DROP_GROUPS, set_groups, prove_groups, WHY_GROUPS},
	{"set the group ids", DROP_GID, set_gid, prove_gid, WHY_IDS},
	{"read with the service's gid", DROP_FILES_GID, set_files_gid, NULL, WHY_NOTHING},
	/* Asked for once, at the end: what is lost there stays lost. */
	{"limit the capability bounding set", DROP_BOUNDING, limit_bounding, NULL, WHY_NOTHING},
	{"make the kept capabilities inheritable", DROP_INHERIT, inherit, prove_inherit,
	 WHY_NOTHING},
	{"set the ambient capabilities", DROP_AMBIENT, raise_ambient, prove_raise, WHY_NOTHING},
	{"lock the securebits", DROP_BOUNDING, lock, prove_lock, WHY_NOTHING},
	{"carry the kept capabilities over the change of ids", DROP_CARRY, carry, prove_carry,
	 WHY_NOTHING},
	{"set the user ids", DROP_UID, set_uid, prove_uid, WHY_IDS},
	{"give up the capabilities", DROP_SETS, give_up, prove_sets, WHY_NOTHING},
	{"raise the carried capabilities", DROP_CARRY, raise_carried, prove_raise, WHY_NOTHING},
	{"set no_new_privs", DROP_PRIVS, set_no_new_privs, prove_no_new_privs, WHY_NOTHING},
	/* After the ids: a change of them sets it to fs.suid_dumpable, which may be 1. */
	{"become undumpable", DROP_DUMPABLE, become_undumpable, prove_undumpable, WHY_NOTHING},
	{"find no way back to the capabilities", DROP_TRY_SETS, NULL, prove_final, WHY_NOTHING},
	{"find no way back to root's ids", DROP_TRY_IDS, NULL, prove_ids, WHY_NOTHING},
	{"find no way back to root's keys", DROP_KEYRING, NULL, keyring_prove, WHY_NOTHING},
};

int
drop_run(const struct drop *drop, step_listener *done, const void *context,
	 struct step_failure *failure)
{
	for (const struct drop_row *row = drop_rows; row->what; row++) {
		if (!(row->when & drop->parts))
			continue;
		bool applied = !row->apply || !row->apply(drop);

		if (!applied || (row->check && row->check(drop))) {
			*failure = (struct step_failure){
				.what = row->what,
				.why = row->why,
				.unproven = applied,
				.error = errno,
				.row = (unsigned)(row - drop_rows),
			};
			return -1;
		}
		if (done)
			done(row->what, context);
	}
	return 0;
}
