/* SPDX-License-Identifier: MIT */
#include "plan_capabilities.h"

#include <linux/capability.h>
#include <linux/securebits.h>

/*
 * NOROOT: uid 0 gets nothing at exec, should a service ever have it. NO_SETUID_FIXUP: nor at a change
 * of uid. NO_CAP_AMBIENT_RAISE: what is kept is not handed on beyond the ambient set that was
 * planned. Not KEEP_CAPS_LOCKED: KEEP_CAPS lets permitted capabilities outlast a change of uid,
 * which NO_SETUID_FIXUP does already, and there are none that were not kept on purpose; but with the
 * lock PR_SET_KEEPCAPS fails, and daemons that call it as a matter of course do not start.
 */
#define SECUREBITS_WANTED                                                                          \
	(SECBIT_NOROOT | SECBIT_NOROOT_LOCKED | SECBIT_NO_SETUID_FIXUP |                           \
	 SECBIT_NO_SETUID_FIXUP_LOCKED | SECBIT_NO_CAP_AMBIENT_RAISE |                             \
	 SECBIT_NO_CAP_AMBIENT_RAISE_LOCKED)

static int
choose_kept(struct plan *plan, const struct options *options, const struct facts *facts, bool root,
	    struct refusal *why)
{
	bool barred = facts->securebits & SECBIT_NO_CAP_AMBIENT_RAISE;
	const struct option_entry *said;
	unsigned cursor = 0;

	while ((said = options_entry(options, OPTION_KEEP_CAP, &cursor))) {
		unsigned capability = (unsigned)said->number;

		if (capability > facts->last_capability)
			return refuse_option(why, said,
					     ": this kernel has capabilities up to number %u only",
					     facts->last_capability);
		if ((facts->capabilities.permitted & CAPABILITY(capability)) && !barred)
			plan->kept |= CAPABILITY(capability);
		else if (!root)
			plan_note(
				&plan->left_out,
				"cap.ambient: --keep-cap %s needs a start as root, or as a user who has it",
				said->value);
		else if (barred)
			return refuse_option(
				why, said,
				": the securebits that this container was started with (0x%x) forbid ambient capabilities",
				facts->securebits);
		else
			return refuse_option(
				why, said,
				": this container does not have it; start it with --cap-add %s",
				said->value);
	}
	return 0;
}

/* A bit whose lock is set already stays as it is. */
static unsigned
reachable_securebits(unsigned now)
{
	unsigned wanted = (now & ~(unsigned)SECURE_ALL_BITS) | SECUREBITS_WANTED;

	for (unsigned bit = 0; bit < 8; bit += 2)
		if (now & (2U << bit))
			wanted = (wanted & ~(1U << bit)) | (now & (1U << bit));
	return wanted;
}

int
plan_capabilities_make(struct plan *plan, const struct options *options, const struct facts *facts,
		       bool root, struct refusal *why)
{
	const struct capability_sets *now = &facts->capabilities;
	struct drop *drop = &plan->drop;

	if (choose_kept(plan, options, facts, root, why))
		return -1;
	bool limits = now->effective & CAPABILITY(CAP_SETPCAP);
	unsigned securebits = limits ? reachable_securebits(facts->securebits) : facts->securebits;
	bool carries =
		plan->kept && (drop->parts & DROP_UID) && !(securebits & SECBIT_NO_SETUID_FIXUP);

	if (carries && (limits || (facts->securebits & SECBIT_KEEP_CAPS_LOCKED)))
		return refuse(
			why,
			"--keep-cap: the securebits that this container was started with (0x%x) are locked in a way that loses capabilities when the uid changes",
			facts->securebits);
	if (!limits && now->bounding)
		plan_note(
			&plan->left_out,
			"cap.bounding: stays as it is without CAP_SETPCAP; no_new_privs and the empty sets make it inert");
	if (!limits)
		plan_note(&plan->left_out, "securebits: stay as they are without CAP_SETPCAP");
	unsigned raises = plan->kept ? DROP_AMBIENT | DROP_INHERIT : DROP_AMBIENT;

	*drop = drop_to(&plan->who,
			drop->parts | DROP_SERVICE | (limits ? DROP_BOUNDING : 0) |
				(carries ? DROP_CARRY : raises),
			plan->kept);
	drop->capabilities.bounding = limits ? now->bounding & plan->kept : now->bounding;
	drop->bounding_excess = now->bounding & ~drop->capabilities.bounding;
	drop->last_capability = facts->last_capability;
	drop->securebits = securebits;
	return 0;
}
