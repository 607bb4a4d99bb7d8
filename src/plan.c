/* SPDX-License-Identifier: MIT */
#include "plan.h"

#include "environment.h"
#include "idmap.h"
#include "plan_capabilities.h"
#include "plan_filter.h"
#include "plan_landlock.h"
#include "plan_puid.h"

#include <linux/capability.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

enum { MAP_TEXT = 200 };

void
plan_note(struct plan_notes *notes, const char *format, ...)
{
	va_list values;

	if (notes->count == PLAN_NOTES)
		return;
	va_start(values, format);
	vsnprintf(notes->notes[notes->count++].text, PLAN_NOTE_SIZE, format, values);
	va_end(values);
}

static int
refuse_leaked_directory(const struct facts *facts, struct refusal *why)
{
	if (facts->directory[0] != '/')
		return refuse(
			why,
			"the working directory %s is outside of this container's root (the leak of CVE-2024-21626); set WORKDIR to a directory of the image",
			facts->directory);
	return 0;
}

static int
refuse_leaked_stream(const struct facts *facts, struct refusal *why)
{
	for (unsigned i = 0; i < 3; i++)
		if (facts->descriptors[i].outside)
			return refuse(
				why,
				"descriptor %u is a directory outside of this container's root (the leak of CVE-2024-21626); start the container without it",
				i);
	return 0;
}

static int
refuse_unmapped(const struct ids_file *map, const char *kind, uint32_t id, struct refusal *why)
{
	char ranges[MAP_TEXT];

	if (idmap_holds(map, id))
		return 0;
	idmap_describe(map, ranges, sizeof(ranges));
	return refuse(
		why,
		"the %s %u does not exist in this user namespace, %s has %s; choose one of these, or map more ids",
		kind, id, map->path, ranges);
}

static bool
same_groups(const struct plan *plan, const struct facts *facts)
{
	return plan->who.group_count == facts->group_count &&
	       !memcmp(plan->who.groups, facts->groups, facts->group_count * sizeof(gid_t));
}

static bool
has_group(const gid_t *groups, size_t count, gid_t gid)
{
	for (size_t i = 0; i < count; i++)
		if (groups[i] == gid)
			return true;
	return false;
}

/* Those that Kubernetes' fsGroup and an engine's --group-add give; 0 is root's. */
static int
plan_inherited_groups(struct plan *plan, const struct options *options, const struct facts *facts,
		      struct refusal *why)
{
	bool keeps = options_given(options, OPTION_KEEP_GROUPS);
	char lost[160] = "";
	size_t length = 0;

	for (size_t i = 0; i < facts->group_count; i++) {
		gid_t gid = facts->groups[i];

		if (gid == 0 || has_group(plan->who.groups, plan->who.group_count, gid))
			continue;
		if (keeps && ids_add_gid(gid, &plan->who, why))
			return -1;
		if (!keeps && length < sizeof(lost))
			length +=
				(size_t)snprintf(lost + length, sizeof(lost) - length, " %u", gid);
	}
	if (length > 0)
		plan_note(
			&plan->left_out,
			"groups: the container was started with%s%s, which are dropped; --keep-groups keeps them",
			lost, length < sizeof(lost) ? "" : "...");
	return 0;
}

static int
plan_target(struct plan *plan, const struct options *options, const struct facts *facts,
	    struct refusal *why)
{
	const char *spec = options_value(options, OPTION_USER);
	char puid[PLAN_PUID_SIZE];
	const char *group;
	unsigned cursor = 0;

	if (plan_puid_read(options, facts->environment, puid, why))
		return -1;
	if (puid[0])
		spec = puid;
	if (!spec)
		return refuse(
			why,
			"--user is missing%s, and this container starts as root; name who the service runs as, such as --user 10001:10001",
			options_given(options, OPTION_PUID) ? " and PUID is not set" : "");
	if (ids_resolve(spec, &facts->passwd, &facts->group, &plan->who, why))
		return -1;
	while ((group = options_next(options, OPTION_GROUP_ADD, &cursor)))
		if (ids_add_group(group, &facts->group, &plan->who, why))
			return -1;
	if (plan_inherited_groups(plan, options, facts, why))
		return -1;
	if (facts->passwd.distrust)
		plan_note(&plan->warnings, "%s; until then it counts as absent",
			  facts->passwd.distrust);
	if (plan->who.uid == 0 && !options_given(options, OPTION_ALLOW_ROOT)) {
		refuse(why, "--user %s is uid 0; name an ordinary user, or add --allow-root", spec);
		return options_blame(why, options_said(options, OPTION_USER));
	}
	return 0;
}

static int
check_mapped(const struct plan *plan, const struct facts *facts, struct refusal *why)
{
	if (refuse_unmapped(&facts->uid_map, "uid", plan->who.uid, why) ||
	    refuse_unmapped(&facts->gid_map, "gid", plan->who.gid, why))
		return -1;
	for (size_t i = 0; i < plan->who.group_count; i++)
		if (refuse_unmapped(&facts->gid_map, "group", plan->who.groups[i], why))
			return -1;
	return 0;
}

static int
check_power_to_change(const struct plan *plan, const struct facts *facts, struct refusal *why)
{
	bool uid = (plan->drop.parts & DROP_UID) &&
		   !(facts->capabilities.effective & CAPABILITY(CAP_SETUID));
	bool gid = (plan->drop.parts & (DROP_GID | DROP_GROUPS)) &&
		   !(facts->capabilities.effective & CAPABILITY(CAP_SETGID));

	if (uid || gid)
		return refuse(
			why,
			"becoming %u:%u needs %s, which this container's root does not have; start it with%s%s, or as that user at once (USER %u:%u)",
			plan->who.uid, plan->who.gid,
			uid && gid ? "CAP_SETUID and CAP_SETGID"
			: uid      ? "CAP_SETUID"
				   : "CAP_SETGID",
			uid ? " --cap-add SETUID" : "", gid ? " --cap-add SETGID" : "",
			plan->who.uid, plan->who.gid);
	if ((plan->drop.parts & DROP_GROUPS) && facts->setgroups_denied)
		return refuse(
			why,
			"the supplementary groups cannot be set, because /proc/self/setgroups says deny in this user namespace; map the groups with newgidmap, as rootless engines do, or start as the user at once");
	return 0;
}

static int
plan_identity_as_root(struct plan *plan, const struct options *options, const struct facts *facts,
		      struct refusal *why)
{
	if (plan_target(plan, options, facts, why) || check_mapped(plan, facts, why))
		return -1;
	if (!same_groups(plan, facts))
		plan->drop.parts |= DROP_GROUPS;
	if (facts->real_gid != plan->who.gid || facts->effective_gid != plan->who.gid ||
	    facts->saved_gid != plan->who.gid)
		plan->drop.parts |= DROP_GID;
	if (facts->real_uid != plan->who.uid || facts->effective_uid != plan->who.uid ||
	    facts->saved_uid != plan->who.uid)
		plan->drop.parts |= DROP_UID;
	return check_power_to_change(plan, facts, why);
}

static bool
is_number(const char *text)
{
	uint32_t id;

	return ids_number(text, strlen(text), &id);
}

bool
plan_needs_groups(const struct options *options)
{
	const char *user = options_value(options, OPTION_USER);
	const char *colon = user ? strchr(user, ':') : NULL;
	const char *group;
	unsigned cursor = 0;

	if (user && (!colon || !is_number(colon + 1)))
		return true;
	while ((group = options_next(options, OPTION_GROUP_ADD, &cursor)))
		if (!is_number(group))
			return true;
	return plan_owners_need_groups(options);
}

/* Nothing to drop and nothing to fail for: the ids stay as the engine gave them. */
static int
plan_identity_as_user(struct plan *plan, const struct options *options, const struct facts *facts,
		      struct refusal *why)
{
	const char *spec = options_value(options, OPTION_USER);
	char puid[PLAN_PUID_SIZE];
	const char *group;
	unsigned cursor = 0;
	struct identity other;

	if (plan_puid_read(options, facts->environment, puid, why))
		return -1;
	if (puid[0])
		spec = puid;
	if (spec && ids_resolve(spec, &facts->passwd, &facts->group, &other, why))
		return -1;
	if (spec && (other.uid != facts->effective_uid || other.gid != facts->effective_gid))
		plan_note(
			&plan->warnings,
			"%s %s cannot be followed, because this container starts as %u:%u and not as root; the ids stay",
			puid[0] ? "PUID:PGID" : "--user", spec, facts->effective_uid,
			facts->effective_gid);
	if (ids_describe(facts->effective_uid, &facts->passwd, &plan->who, why))
		return -1;
	plan->who.gid = facts->effective_gid;
	plan->who.group_count = facts->group_count;
	memcpy(plan->who.groups, facts->groups, facts->group_count * sizeof(gid_t));
	while ((group = options_next(options, OPTION_GROUP_ADD, &cursor))) {
		other.group_count = 0;
		if (ids_add_group(group, &facts->group, &other, why))
			return -1;
		if (!has_group(facts->groups, facts->group_count, other.groups[0]) &&
		    other.groups[0] != facts->effective_gid)
			plan_note(&plan->left_out, "groups: --group-add %s needs a start as root",
				  group);
	}
	return 0;
}

/*
 * So that the service can open /dev/stdout, which is a pipe of root's otherwise. A pipe without a
 * name ends with its users, and the terminal of PID 1 with the container; all else would stay the
 * service's, and a socket cannot be opened whoever owns it.
 */
static void
plan_streams(struct plan *plan, const struct options *options, const struct facts *facts)
{
	for (unsigned i = 0; i < 3; i++) {
		const struct descriptor *stream = &facts->descriptors[i];
		bool ends = stream->kind == DESCRIPTOR_PIPE ||
			    (stream->kind == DESCRIPTOR_TERMINAL && facts->pid == 1);

		if (!ends || stream->owner != 0 || plan->who.uid == 0 ||
		    !(plan->drop.parts & DROP_UID) || options_given(options, OPTION_NO_SETUP))
			continue;
		if (facts->capabilities.effective & CAPABILITY(CAP_CHOWN))
			plan->own_stream[i] = true;
		else
			plan_note(
				&plan->left_out,
				"stdio: descriptor %u stays root's without CAP_CHOWN; it can be written, but not opened anew as /dev/fd/%u",
				i, i);
	}
}

static int
plan_listen(struct plan *plan, const struct facts *facts, struct refusal *why)
{
	plan->listen_descriptors = facts->listening;
	for (unsigned i = 3; i < 3 + plan->listen_descriptors; i++) {
		enum descriptor_kind kind = facts->descriptors[i].kind;

		if (kind != DESCRIPTOR_LISTENING)
			return refuse(
				why,
				"LISTEN_FDS hands over descriptor %u, which is %s; it has to be a listening or bound socket, correct it where the sockets are opened",
				i,
				kind == DESCRIPTOR_CLOSED ? "closed"
				: kind == DESCRIPTOR_SOCKET
					? "a socket that is neither listening nor bound"
					: "a file or device");
	}
	return 0;
}

int
plan_make(struct plan *plan, const struct options *options, const struct facts *facts,
	  struct refusal *why)
{
	bool root = facts->effective_uid == 0;

	if (refuse_leaked_directory(facts, why) || refuse_leaked_stream(facts, why))
		return -1;
	if (root ? plan_identity_as_root(plan, options, facts, why)
		 : plan_identity_as_user(plan, options, facts, why))
		return -1;
	if (plan_capabilities_make(plan, options, facts, root, why) ||
	    plan_listen(plan, facts, why) || plan_filter_make(plan, options, facts, why) ||
	    plan_init_make(plan, options, facts, why) ||
	    plan_zone_make(plan, options, facts, why) ||
	    plan_certs_make(plan, options, facts, why) ||
	    plan_owners_make(plan, options, facts, why) ||
	    plan_landlock_make(plan, options, facts, why))
		return -1;
	plan_streams(plan, options, facts);
	plan->command = options->command;
	return plan_service_make(plan, options, facts, why);
}
