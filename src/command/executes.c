/* SPDX-License-Identifier: MIT */
#include "command/executes.h"

#include "command/chain.h"
#include "command/inspect.h"

#include <errno.h>
#include <string.h>

static int
refuse_unreadable(const char *path, struct refusal *why)
{
	return refuse(
		why,
		"cannot read \"%.160s\" to see which interpreter it needs: %s; let the service's user read it (chmod a+r)",
		path, strerror(errno));
}

int
executes_each(const char *path, executes_visitor *visit, void *context, struct refusal *why)
{
	struct inspection inspection;
	char file[SCRIPT_LINE_SIZE];
	const char *at = path;

	for (unsigned scripts = 0; scripts <= CHAIN_SCRIPTS; scripts++) {
		if (visit(at, context, why))
			return -1;
		if (inspect_file(at, &inspection))
			return refuse_unreadable(at, why);
		if (inspection.kind != INSPECT_SCRIPT)
			return inspection.loader[0] ? visit(inspection.loader, context, why) : 0;
		memcpy(file, inspection.script.interpreter, sizeof(file));
		at = file;
	}
	return refuse(why, "more than %d scripts are each other's interpreters: \"%.160s\"",
		      CHAIN_SCRIPTS, path);
}
