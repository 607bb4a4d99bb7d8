/* SPDX-License-Identifier: MIT */
#include "facts_certs.h"

#include "facts.h"
#include "look.h"
#include "setup/certs_addition.h"
#include "setup/certs_verdict.h"
#include "why_here.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

int
facts_certs_gather(struct facts *facts, const struct options *options, struct refusal *why)
{
	struct certs_facts *certs = &facts->certs;
	struct timespec now = {.tv_sec = 0};
	bool adds = options_given(options, OPTION_CA_ADD);

	if (!adds && options_number(options, OPTION_CERTS, CERTS_OFF) == CERTS_OFF)
		return 0;
	clock_gettime(CLOCK_REALTIME, &now);
	certs->now = now.tv_sec;
	if (!adds)
		return 0;
	int root = look_opened(open("/", O_RDONLY | O_DIRECTORY | O_CLOEXEC));

	if (root < 0)
		return refuse(why, "--ca-add needs the root directory, which cannot be opened: %s",
			      why_errno(errno));
	if (facts->effective_uid == 0 && !options_given(options, OPTION_NO_SETUP))
		certs->place = certs_addition_find(root, &certs->no_place);
	else
		certs->earlier = certs_addition_earlier(root);
	close(root);
	return 0;
}
