/* SPDX-License-Identifier: MIT */
#include "plan_owners.h"

#include "idmap.h"
#include "plan.h"
#include "why.h"

#include <errno.h>
#include <linux/capability.h>
#include <string.h>
#include <sys/stat.h>

enum { MODE_BITS = 07777, MODE_MADE = 0700, MAP_TEXT = 200 };

/* One option, what was found at its path, and what is wanted there. */
struct wish {
	const struct option_entry *entry;
	const struct place_facts *fact;
	struct plan_place *place;
};

const struct option_entry *
plan_owners_next(const struct options *options, unsigned *cursor)
{
	while (*cursor < 2 * options->count) {
		bool trees = *cursor >= options->count;
		const struct option_entry *entry =
			&options->entries[(*cursor)++ - (trees ? options->count : 0)];

		if (entry->origin.source != options->decided[entry->id])
			continue;
		if (trees ? entry->id == OPTION_CHOWN || entry->id == OPTION_CHOWN_ONCE
			  : entry->id == OPTION_MKDIR)
			return entry;
	}
	return NULL;
}

bool
plan_place_is_in(const struct plan_place *place, const struct plan_place *other)
{
	return place->length >= other->length && !memcmp(place->path, other->path, other->length) &&
	       (place->length == other->length || place->path[other->length] == '/');
}

bool
plan_owners_need_groups(const struct options *options)
{
	const struct option_entry *entry;
	unsigned cursor = 0;
	uint32_t id;

	while ((entry = plan_owners_next(options, &cursor))) {
		const char *owner = entry->place.owner;
		const char *colon = owner ? strchr(owner, ':') : NULL;

		if (colon && !ids_number(colon + 1, strlen(colon + 1), &id))
			return true;
	}
	return false;
}

static int
refuse_wish(const struct wish *wish, struct refusal *why, const char *what)
{
	return refuse_option(why, wish->entry, ": %s", what);
}

static int
check_mapped(const struct wish *wish, const struct facts *facts, struct refusal *why)
{
	char ranges[MAP_TEXT];
	bool user = idmap_holds(&facts->uid_map, wish->place->user);
	const struct ids_file *map = user ? &facts->gid_map : &facts->uid_map;

	if (user && idmap_holds(&facts->gid_map, wish->place->group))
		return 0;
	idmap_describe(map, ranges, sizeof(ranges));
	return refuse_option(
		why, wish->entry,
		": its owner %u:%u does not exist in this user namespace, %s has %s; choose one of these, or map more ids",
		wish->place->user, wish->place->group, map->path, ranges);
}

static int
read_wish(const struct wish *wish, const struct facts *facts, struct refusal *why)
{
	const struct option_entry *entry = wish->entry;
	struct refusal reason;
	struct identity owner;

	wish->place->length = (unsigned)entry->place.length;
	wish->place->has_mode = entry->place.has_mode;
	wish->place->mode = entry->place.mode;
	wish->place->once = entry->id == OPTION_CHOWN_ONCE;
	if (!entry->place.owner)
		return 0;
	if (ids_resolve(entry->place.owner, &facts->passwd, &facts->group, &owner, &reason))
		return refuse_option(why, entry, ": %.800s", reason.text);
	wish->place->user = owner.uid;
	wish->place->group = owner.gid;
	return 0;
}

static bool
has_wrong_owner(const struct wish *wish)
{
	return wish->fact->error == ENOENT ? wish->place->user != 0 || wish->place->group != 0
					   : wish->fact->owner != wish->place->user ||
						     wish->fact->group != wish->place->group;
}

/* Of a directory; a new one is made with MODE_MADE, and 0755 is what it gets without a mode. */
static bool
has_wrong_mode(const struct wish *wish)
{
	if (wish->entry->id != OPTION_MKDIR)
		return false;
	if (wish->fact->error == ENOENT)
		return !wish->place->has_mode || wish->place->mode != MODE_MADE;
	return wish->place->has_mode && wish->place->mode != (wish->fact->mode & MODE_BITS);
}

/* Whether nothing has to be changed, as far as that can be known before a tree is walked. */
static bool
is_right(const struct wish *wish)
{
	return wish->fact->error == 0 && !has_wrong_owner(wish) && !has_wrong_mode(wish);
}

static int
refuse_error(const struct wish *wish, struct refusal *why)
{
	const char *says = why_says(WHY_PLACE, wish->fact->error);

	if (says)
		return refuse_wish(wish, why, says);
	return refuse_option(why, wish->entry, ": it cannot be looked at: %s; see what is there",
			     strerror(wish->fact->error));
}

/* Over what has no owner here this root has no power. */
static int
check_owner(const struct wish *wish, const struct facts *facts, struct refusal *why)
{
	const struct place_facts *fact = wish->fact;
	struct refusal reason;

	if (fact->error || is_right(wish) ||
	    (!why_unmapped(&facts->uid_map, fact->owner, fact->barred, "owner", &reason) &&
	     !why_unmapped(&facts->gid_map, fact->group, fact->barred, "group", &reason)))
		return 0;
	return refuse_wish(wish, why, reason.text);
}

/* Where others may put names, the directory of a third user's can be one that they moved there. */
static int
check_third(const struct wish *wish, struct refusal *why)
{
	uid_t owner = wish->fact->owner;

	if (wish->entry->id != OPTION_MKDIR || wish->fact->error || !wish->fact->shared ||
	    owner == 0 || owner == wish->place->user)
		return 0;
	return refuse_option(
		why, wish->entry,
		": it belongs to uid %u, and a directory above it is not root's alone, so that it may have been moved there; chown it in the image or on the volume",
		owner);
}

static int
refuse_capability(const struct wish *wish, const char *name, struct refusal *why)
{
	return refuse_option(
		why, wish->entry,
		" needs CAP_%s, which this container's root does not have; start it with --cap-add %s%s",
		name, name, wish->entry->id == OPTION_CHOWN ? ", or see --chown-once" : "");
}

/* What root must be able to do, and is not. */
static int
check_power(const struct wish *wish, uint64_t has, struct refusal *why)
{
	bool changes = !is_right(wish);

	if (changes && wish->fact->read_only)
		return refuse_wish(
			wish, why,
			"its file system is read-only; mount a volume or a tmpfs there, or mount it writable");
	/* A tree may be wrong further down. */
	if (wish->entry->id == OPTION_CHOWN)
		changes = true;
	if (changes && !(has & CAPABILITY(CAP_CHOWN)) &&
	    (has_wrong_owner(wish) || wish->entry->id == OPTION_CHOWN))
		return refuse_capability(wish, "CHOWN", why);
	/* The owner is changed first. */
	if (has_wrong_mode(wish) && wish->place->user != 0 && !(has & CAPABILITY(CAP_FOWNER)))
		return refuse_capability(wish, "FOWNER", why);
	if (changes && wish->fact->barred)
		return refuse_capability(wish, "DAC_OVERRIDE", why);
	return 0;
}

static bool
will_be_made(const struct plan_owners *owners, const struct plan_place *tree)
{
	for (unsigned i = 0; i < owners->directory_count; i++)
		if (plan_place_is_in(&owners->directories[i], tree))
			return true;
	return false;
}

bool
plan_owners_will_make(const struct plan_owners *owners, const char *path)
{
	const struct plan_place place = {.path = path, .length = (unsigned)strlen(path)};

	return will_be_made(owners, &place);
}

static int
check_as_root(struct plan *plan, const struct wish *wish, const struct facts *facts,
	      struct refusal *why)
{
	bool is_tree = wish->entry->id != OPTION_MKDIR;

	if (check_mapped(wish, facts, why))
		return -1;
	if (wish->fact->error == ENOENT && is_tree && will_be_made(&plan->owners, wish->place))
		return 0;
	if (wish->fact->error && (wish->fact->error != ENOENT || is_tree))
		return refuse_error(wish, why);
	if (!is_tree && !wish->fact->error && !S_ISDIR(wish->fact->mode))
		return refuse_wish(
			wish, why,
			"something else is there already; name another path, or take it away");
	if (is_tree && wish->fact->left_alone && !is_right(wish))
		return refuse_wish(
			wish, why,
			"it is a device, or a file with several names, which are not given away; leave the option out");
	if (check_owner(wish, facts, why) || check_third(wish, why))
		return -1;
	return check_power(wish, facts->capabilities.effective, why);
}

static int
plan_one(struct plan *plan, const struct option_entry *entry, const struct facts *facts,
	 const struct place_facts *fact, struct refusal *why)
{
	struct plan_owners *owners = &plan->owners;
	bool is_tree = entry->id != OPTION_MKDIR;
	const struct wish wish = {
		.entry = entry,
		.fact = fact,
		.place = is_tree ? &owners->trees[owners->tree_count]
				 : &owners->directories[owners->directory_count],
	};

	*wish.place = (struct plan_place){
		.path = entry->value, .user = plan->who.uid, .group = plan->who.gid};
	if (read_wish(&wish, facts, why))
		return -1;
	if (facts->effective_uid != 0) {
		if (!is_right(&wish))
			plan_note(&plan->left_out, "%s: --%s %.160s needs a start as root",
				  is_tree ? "chown" : "mkdir", options_table[entry->id].name,
				  entry->value);
		return 0;
	}
	if (check_as_root(plan, &wish, facts, why))
		return -1;
	*(is_tree ? &owners->tree_count : &owners->directory_count) += 1;
	return 0;
}

int
plan_owners_make(struct plan *plan, const struct options *options, const struct facts *facts,
		 struct refusal *why)
{
	const struct option_entry *entry;
	unsigned cursor = 0;

	if (options_given(options, OPTION_NO_SETUP))
		return 0;
	plan->owners.protect = &facts->owners.protect;
	for (unsigned i = 0; (entry = plan_owners_next(options, &cursor)); i++) {
		if (i == FACTS_PLACES)
			return refuse_option(
				why, entry,
				" is one too many: there may be %d of --mkdir and --chown; name directories further up",
				FACTS_PLACES);
		if (plan_one(plan, entry, facts, &facts->owners.places[i], why))
			return -1;
	}
	return 0;
}
