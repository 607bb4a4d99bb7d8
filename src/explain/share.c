/* SPDX-License-Identifier: MIT */
#include "explain/share.h"

#include <linux/futex.h>
#include <stddef.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

struct share *
share_make(void)
{
	struct share *share = mmap(NULL, sizeof(*share), PROT_READ | PROT_WRITE,
				   MAP_SHARED | MAP_ANONYMOUS, -1, 0);

	if (share == MAP_FAILED)
		return NULL;
	share->listener = -1;
	return share;
}

enum share_state
share_state(const struct share *share)
{
	return (enum share_state)__atomic_load_n(&share->state, __ATOMIC_SEQ_CST);
}

void
share_set_state(struct share *share, enum share_state state)
{
	__atomic_store_n(&share->state, (uint32_t)state, __ATOMIC_SEQ_CST);
	syscall(SYS_futex, &share->state, FUTEX_WAKE, 1, NULL, NULL, 0);
}

bool
share_wait(const struct share *share, enum share_state state, int milliseconds)
{
	struct timespec time = {milliseconds / 1000, (milliseconds % 1000) * 1000000L};

	if (share_state(share) == state)
		syscall(SYS_futex, &share->state, FUTEX_WAIT, state, &time, NULL, 0);
	return share_state(share) != state;
}

void
share_fail(struct share *share, const char *what, int error)
{
	share->what = what;
	share->error = error;
	share_set_state(share, SHARE_OFF);
}
