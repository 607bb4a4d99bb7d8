/* SPDX-License-Identifier: MIT */
#include "setup/step_certs.h"

#include "look.h"
#include "setup/certs_addition.h"

#include <errno.h>
#include <fcntl.h>
#include <unistd.h>

static int
with_root(int (*act)(int root, const char *path, const struct certs_answer *answer),
	  const struct plan *plan)
{
	int root = look_opened(open("/", O_RDONLY | O_DIRECTORY | O_CLOEXEC));

	if (root < 0)
		return -1;
	int result = act(root, plan->certs.bundle, &plan->certs.answer);

	look_close(root);
	return result;
}

int
step_certs_apply(const struct plan *plan)
{
	return with_root(certs_addition_write, plan);
}

int
step_certs_check(const struct plan *plan)
{
	return with_root(certs_addition_check, plan);
}
