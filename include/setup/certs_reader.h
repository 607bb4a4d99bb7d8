/* SPDX-License-Identifier: MIT */
/*
 * certs_reader - have a child without power read CA certificates, and believe nothing it says
 *
 * The parent's half of certs_child.h. It *must* take the answer as what an attacker wrote: every
 * count and size is held against its bound before it is used, and of a certificate it looks at the
 * outermost length alone. Nothing is changed: the child is gone when this returns, in any case.
 */
#ifndef STEPDOWN_SETUP_CERTS_READER_H
#define STEPDOWN_SETUP_CERTS_READER_H

#include "refusal.h"
#include "setup/certs.h"

/* The filter for a request: src/profiles/reader.json, compiled when stepdown is built. */
extern const struct filter_program filter_reader;

/*
 * Forks the child, waits for its answer until `request->deadline`, and checks it. Returns 0, or -1
 * with a refusal: the child could not be made or lose its power, died, was too slow, or answered
 * what cannot be. An answer that nothing was found is an answer. SIGCHLD is set to its default
 * meanwhile, so that an ignored one that was inherited cannot take the child's status away.
 */
int certs_read(const struct certs_request *request, struct certs_answer *answer,
	       struct refusal *why);

/*
 * The second half of certs_read: takes the answer of `child`, an own one, from the descriptor
 * `pipe`, of which no copy for writing may be left in this process. Kills and reaps the child.
 */
int certs_receive(int pipe, pid_t child, const struct certs_request *request,
		  struct certs_answer *answer, struct refusal *why);

/*
 * Pure: whether an answer can be one to `request`. `handed_size` bytes are at `handed`.
 * Returns 0, or -1 with a refusal.
 */
int certs_answer_check(const struct certs_request *request, const struct certs_answer *answer,
		       struct refusal *why);

/* Gives the memory of an answer back. */
void certs_answer_release(struct certs_answer *answer);

#endif
