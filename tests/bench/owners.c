/* SPDX-License-Identifier: MIT */
/*
 * owners - one --chown from the command line, for the bench and nothing else
 *
 * usage: owners USER GROUP PATH [once]; numbers alone. Prints what was counted.
 */
#include "setup/owners.h"
#include "setup/places.h"
#include "setup/protected.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

int
main(int count, char **arguments)
{
	static struct protected_places protect;
	static struct setup_failure failure;
	struct owners_counts counts;

	if (count < 4) {
		fprintf(stderr, "usage: %s USER GROUP PATH [once]\n", arguments[0]);
		return 2;
	}
	struct owners_request request = {
		.path = arguments[3],
		.user = (uid_t)strtoul(arguments[1], NULL, 10),
		.group = (gid_t)strtoul(arguments[2], NULL, 10),
		.only_once = count > 4,
		.protect = &protect,
	};

	if (protected_add_system(&protect) != 0) {
		perror("protected places");
		return 1;
	}
	if (owners_set(&request, &counts, &failure) != 0) {
		fprintf(stderr, "cannot %s %s: %s\n", failure.what, failure.path, strerror(errno));
		return 1;
	}
	printf("seen %" PRIu64 " right %" PRIu64 " changed %" PRIu64 " devices %" PRIu64
	       " mounts %" PRIu64 " links %" PRIu64 " vanished %" PRIu64 "\n",
	       counts.seen, counts.right, counts.changed, counts.devices, counts.mounts,
	       counts.links, counts.vanished);
	return 0;
}
