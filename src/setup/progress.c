/* SPDX-License-Identifier: MIT */
#include "setup/progress.h"

#include "front/log.h"
#include "look.h"
#include "setup/owners.h"

#include <inttypes.h>
#include <stdio.h>
#include <unistd.h>

void
progress_begin(struct progress *progress, const struct report *report, const char *path)
{
	*progress = (struct progress){.report = report, .path = path};
	progress->rewrites = !report->json && !report->quiet && isatty(STDERR_FILENO);
	progress->due = look_clock() + (progress->rewrites ? PROGRESS_PATIENCE : PROGRESS_LINES);
}

void
progress_show(struct progress *progress, const struct owners_counts *counts)
{
	char text[REPORT_LINE / 2];
	int64_t now = look_clock();

	if (now < progress->due)
		return;
	progress->due = now + (progress->rewrites ? PROGRESS_REWRITE : PROGRESS_LINES);
	snprintf(text, sizeof(text),
		 "changing owners in %.800s: %" PRIu64 " entries so far, %" PRIu64 " changed",
		 progress->path, counts->seen, counts->changed);
	if (progress->rewrites)
		report_rewrite(text);
	else
		report_say(progress->report, REPORT_PROGRESS, "%s", text);
	progress->shown = progress->rewrites;
}

void
progress_end(struct progress *progress)
{
	if (progress->shown)
		report_rewrite("");
}
