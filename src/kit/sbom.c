/* SPDX-License-Identifier: MIT */
/* command_sbom: what stepdown and stepdown-kit are made of; the versions are the build's. */
#include "kit/commands.h"
#include "kit/components.h"
#include "kit/files.h"
#include "kit/spdx.h"

#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* SOURCE_DATE_EPOCH, or 0; what is no number of seconds is refused. */
static int
read_epoch(int64_t *seconds, struct refusal *why)
{
	const char *text = getenv("SOURCE_DATE_EPOCH");
	size_t length = text ? strlen(text) : 0;

	*seconds = 0;
	if (length > 11 || (length && strspn(text, "0123456789") != length))
		return refuse(why, "SOURCE_DATE_EPOCH must be a number of seconds");
	if (length)
		*seconds = atoll(text);
	return 0;
}

int
command_sbom(int argc, char **argv)
{
	struct spdx_package packages[COMPONENTS];
	struct refusal why;
	const char *output = NULL;
	int64_t created;
	int result = 0;

	if (argc == 3 && (strcmp(argv[1], "-o") == 0 || strcmp(argv[1], "--output") == 0))
		output = argv[2];
	else if (argc != 1)
		result = refuse(&why, "sbom takes -o FILE and nothing else");
	if (result == 0)
		result = read_epoch(&created, &why);
	if (result < 0)
		return command_failed("sbom", &why);
	for (size_t i = 0; i < COMPONENTS; i++)
		packages[i] = (struct spdx_package){
			.name = components[i].name,
			.version = *components[i].version ? components[i].version : NULL,
			.licence = components[i].licence,
			.purpose = components[i].purpose,
			.relation = SPDX_STATIC_LINK,
		};
	char *text = spdx_write(packages, COMPONENTS, created);
	if (output)
		result = file_write(output, text, strlen(text), &why);
	else
		fputs(text, stdout);
	free(text);
	return result < 0 ? command_failed("sbom", &why) : STATUS_FINE;
}
