/* SPDX-License-Identifier: MIT */
/*
 * certs_child - what the reader child does: lose all power, prove it, then read and answer
 *
 * Theory of operation. CA bundles may be hostile, and root parses nothing that may be hostile. The
 * child is a fork of root's process. Before it looks at any path it *must* close every descriptor
 * but its end of the pipe, take the service's groups, gid and uid, clear all capability sets, set
 * no_new_privs, become undumpable, die with its parent, prove all of that by asking the kernel, and
 * load its filter, under which it can open files for reading, write to the pipe and nothing else
 * (execve, which every filter of ours allows, leads to a program under the same filter, without the
 * pipe).
 * Afterwards it *must not* be trusted: a bug in a parser makes it the attacker's process. It holds
 * no secret, since it reads as the service's user, and its parent checks what it says.
 * The bounding set is left alone: without capabilities, under no_new_privs and without execve there
 * is nothing that it could limit.
 */
#ifndef STEPDOWN_SETUP_CERTS_CHILD_H
#define STEPDOWN_SETUP_CERTS_CHILD_H

#include "setup/certs.h"

#define CERTS_WIRE_MAGIC 0x63657274U

/*
 * The head of the answer. Behind it come `paths` reports and `handed_size` bytes of certificates.
 * If `failed_step` is not 0 then nothing comes behind it: the child could not do this step (counted
 * from 1; `failed_row` of the drop, if that is it), for the reason in `error`.
 */
struct certs_wire {
	uint32_t magic;
	uint32_t failed_step;
	int32_t error; /* errno */
	int32_t found;
	uint32_t paths;
	uint32_t handed_count;
	uint32_t handed_size;
	uint32_t failed_row; /* keeps the reports behind it aligned, too */
};

_Static_assert(sizeof(struct certs_wire) % _Alignof(struct certs_report) == 0,
	       "the reports follow without a gap");

/* What step number `failed_step` does: completes "cannot ...". NULL if there is no such step. */
const char *certs_child_step(uint32_t failed_step, uint32_t row);

/* Never returns. `pipe` is where the answer goes, `parent` the process that reads it. */
_Noreturn void certs_child_run(const struct certs_request *request, int pipe, pid_t parent);

#endif
