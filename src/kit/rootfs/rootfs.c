/* SPDX-License-Identifier: MIT */
/* command_rootfs: see commands.h. Everything is found and decided before anything is written. */
#include "kit/commands.h"
#include "kit/rootfs/additions.h"
#include "kit/rootfs/closure.h"
#include "kit/rootfs/from_run.h"
#include "kit/rootfs/output.h"
#include "kit/rootfs/packages.h"
#include "kit/rootfs/sbom.h"
#include "kit/rootfs/wishes.h"

#include <stdio.h>
#include <stdlib.h>

/* What is asked for: programs first, so that plug-ins find one that could load them. */
static int
collect(struct closure *closure, const struct wishes *wishes, struct refusal *why)
{
	struct gather *gather = closure->gather;

	for (size_t i = 0; i < wishes->programs.count; i++)
		if (closure_program(closure, wishes->programs.texts[i], why) < 0)
			return -1;
	for (size_t i = 0; i < wishes->with.count; i++)
		if (additions_with(closure, wishes->with.texts[i], why) < 0)
			return -1;
	for (size_t i = 0; i < wishes->runs.count; i++)
		if (from_run_take(closure, wishes->runs.texts[i], why) < 0)
			return -1;
	if (additions_names(closure, why) < 0 || closure_finish(closure, why) < 0)
		return -1;
	if (additions_zones(gather, wishes, why) < 0 ||
	    (wishes->certs && additions_certs(gather, why) < 0))
		return -1;
	return additions_users(gather, wishes, why);
}

static int
write_all(struct gather *gather, const struct packages *packages, const struct wishes *wishes,
	  struct output_counts *counts, struct refusal *why)
{
	struct output output = {.directory = wishes->output, .newest = wishes->newest};
	int64_t created = wishes->newest == INT64_MAX ? 0 : wishes->newest;
	char *sbom = NULL;

	entries_sort(&gather->entries);
	if (wishes->sbom && sbom_text(gather, packages, wishes->output, created, &sbom, why) < 0)
		return -1;
	if (sbom) {
		output.report = wishes->sbom;
		output.report_text = sbom;
	}
	int result = output_write(&output, gather, counts, why);
	free(sbom);
	return result;
}

static int
make(struct closure *closure, const struct wishes *wishes, struct refusal *why)
{
	struct packages packages = {0};
	struct output_counts counts;
	int result = collect(closure, wishes, why);

	if (result == 0)
		result = closure_cache(closure, why);
	if (result == 0)
		result = packages_take(closure->gather, &packages, why);
	if (result == 0)
		result = write_all(closure->gather, &packages, wishes, &counts, why);
	if (result == 0 && !wishes->quiet)
		printf("%s: %zu files, %zu links, %zu directories, %llu bytes; from %zu packages, %zu files from none\n",
		       wishes->output, counts.files, counts.links, counts.directories,
		       (unsigned long long)counts.bytes, packages.count, packages.unowned);
	packages_free(&packages);
	return result;
}

int
command_rootfs(int argc, char **argv)
{
	struct wishes wishes;
	struct gather gather = {0};
	struct closure closure = {.gather = &gather};
	struct refusal why;
	int result = wishes_parse(argc, argv, getenv("SOURCE_DATE_EPOCH"), &wishes, &why);

	if (result == 0)
		result = output_check(wishes.output, &why);
	if (result == 0)
		result = source_open(&gather.source, wishes.root ? wishes.root : "/", &why);
	if (result == 0) {
		closure.allowed_missing = wishes.missing.texts;
		closure.allowed_count = wishes.missing.count;
		result = make(&closure, &wishes, &why);
		closure_free(&closure);
		entries_free(&gather.entries);
		source_close(&gather.source);
	}
	if (result == 0)
		command_notes(wishes.output, &gather.notes);
	notes_free(&gather.notes);
	wishes_free(&wishes);
	return result < 0 ? command_failed("rootfs", &why) : STATUS_FINE;
}
