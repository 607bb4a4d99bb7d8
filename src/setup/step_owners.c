/* SPDX-License-Identifier: MIT */
#include "setup/step_owners.h"

#include "front/log.h"
#include "init/signals.h"
#include "setup/directories.h"
#include "setup/owners.h"
#include "setup/paths.h"
#include "setup/progress.h"

#include <errno.h>
#include <inttypes.h>
#include <limits.h>
#include <string.h>

/* A path of the plan ends before the mode or the owner. */
static const char *
copy_path(const struct plan_place *place, char path[static PATH_MAX])
{
	memcpy(path, place->path, place->length);
	path[place->length] = '\0';
	return path;
}

static struct directory_request
directory_request(const struct plan *plan, unsigned i, char path[static PATH_MAX])
{
	const struct plan_place *place = &plan->owners.directories[i];

	return (struct directory_request){.path = copy_path(place, path),
					  .user = place->user,
					  .group = place->group,
					  .has_mode = place->has_mode,
					  .mode = place->mode,
					  .protect = plan->owners.protect};
}

/* The state is another than was set: that is no errno of a call. */
static int
unproven(const struct plan *plan, const char *path)
{
	if (errno == EPERM)
		errno = EPROTO;
	return setup_failed(plan->failure, "prove the owner of", path);
}

int
step_owners_make(const struct plan *plan)
{
	char path[PATH_MAX];

	for (unsigned i = 0; i < plan->owners.directory_count; i++) {
		struct directory_request request = directory_request(plan, i, path);

		if (directory_make(&request, plan->failure))
			return -1;
	}
	return 0;
}

/* Whether a later one is the same, and has said its mode. */
static bool
is_made_again(const struct plan_owners *owners, unsigned i)
{
	const struct plan_place *one = &owners->directories[i];

	for (unsigned j = i + 1; j < owners->directory_count; j++)
		if (plan_place_is_in(one, &owners->directories[j]) &&
		    one->length == owners->directories[j].length)
			return true;
	return false;
}

int
step_owners_check_make(const struct plan *plan)
{
	char path[PATH_MAX];

	for (unsigned i = 0; i < plan->owners.directory_count; i++) {
		if (is_made_again(&plan->owners, i))
			continue;
		struct directory_request request = directory_request(plan, i, path);

		if (directory_check(&request))
			return unproven(plan, path);
	}
	return 0;
}

static void
say_counts(const struct plan *plan, const char *path, const struct owners_counts *counts)
{
	report_say(plan->report, REPORT_STEP,
		   "%.800s: %" PRIu64 " entries, %" PRIu64 " changed, %" PRIu64
		   " right already, %" PRIu64 " gone meanwhile",
		   path, counts->seen, counts->changed, counts->right, counts->vanished);
	if (counts->links || counts->devices || counts->mounts)
		report_say(plan->report, REPORT_WARNING,
			   "%.800s: left alone: %" PRIu64 " files with several links, %" PRIu64
			   " devices, %" PRIu64 " mounts",
			   path, counts->links, counts->devices, counts->mounts);
	if (counts->set_id)
		report_say(plan->report, REPORT_WARNING,
			   "%.800s: %" PRIu64 " programs lost their set-uid or set-gid bit", path,
			   counts->set_id);
}

struct giving {
	struct progress progress;
	uint64_t ends; /* mask of signals */
};

/* Signals wait for the init meanwhile, which has no service to hand them to. */
static int
go_on(void *context, const struct owners_counts *counts)
{
	struct giving *giving = context;

	progress_show(&giving->progress, counts);
	if (!signals_pending(giving->ends))
		return 0;
	errno = ECANCELED;
	return -1;
}

static int
give(const struct plan *plan, const struct plan_place *place)
{
	char path[PATH_MAX];
	struct owners_counts counts;
	struct giving giving = {.ends = plan->init.ends_setup};
	struct owners_request request = {.path = copy_path(place, path),
					 .user = place->user,
					 .group = place->group,
					 .only_once = place->once,
					 .protect = plan->owners.protect,
					 .progress = go_on,
					 .context = &giving};

	progress_begin(&giving.progress, plan->report, path);
	int result = owners_set(&request, &counts, plan->failure);
	int error = errno;

	progress_end(&giving.progress);
	say_counts(plan, path, &counts);
	errno = error;
	return result;
}

int
step_owners_give(const struct plan *plan)
{
	for (unsigned i = 0; i < plan->owners.tree_count; i++)
		if (give(plan, &plan->owners.trees[i]))
			return -1;
	return 0;
}

/* Whether a later tree has this one's path, and so its owner. */
static bool
is_given_again(const struct plan_owners *owners, unsigned i)
{
	const struct plan_place *tree = &owners->trees[i];

	for (unsigned j = i + 1; j < owners->tree_count; j++)
		if (plan_place_is_in(tree, &owners->trees[j]))
			return true;
	return false;
}

/* PATH itself, which is given away last of all. */
int
step_owners_check_give(const struct plan *plan)
{
	char path[PATH_MAX];

	for (unsigned i = 0; i < plan->owners.tree_count; i++) {
		const struct plan_place *tree = &plan->owners.trees[i];
		int right = is_given_again(&plan->owners, i)
				    ? 1
				    : owners_path_is_right(copy_path(tree, path), tree->user,
							   tree->group);

		if (right == 0)
			errno = EPROTO;
		if (right <= 0)
			return unproven(plan, path);
	}
	return 0;
}
