/* SPDX-License-Identifier: MIT */
#include "kit/audit/audit.h"

void
audit_run(struct audit *audit)
{
	/* What the image starts comes first: it is no tool that helps an intruder. */
	audit_start(audit);
	audit_own(audit);
	audit_naming(audit);
	audit_programs(audit);
	audit_users(audit);
	audit_trust(audit);
	audit_files(audit);
	if (filetree_is_maze(&audit->image->root.tree))
		findings_add(audit->findings, CHECK_UNREAD, LEVEL_MEDIUM, 0, "/",
			     "its symbolic links are a maze without an end");
}
