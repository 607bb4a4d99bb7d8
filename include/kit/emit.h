/* SPDX-License-Identifier: MIT */
/*
 * emit - write a classic BPF program from its end to its beginning
 *
 * Backwards, every target of a jump exists before the jump does. A conditional jump reaches 255
 * instructions: what is farther away is brought nearer, a return by returning once more, anything
 * else by a long jump in between.
 *
 * A target is an answer (a SECCOMP_RET_* value, returned where it is needed) or a place, counted in
 * instructions from the end of the program.
 */
#ifndef STEPDOWN_KIT_EMIT_H
#define STEPDOWN_KIT_EMIT_H

#include <linux/filter.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct target {
	bool answers;
	uint32_t value; /* the answer, or the place */
};

struct emit {
	struct sock_filter code[BPF_MAXINSNS]; /* filled from the end */
	size_t length;
	struct {
		uint32_t action;
		size_t place;
	} returns[BPF_MAXINSNS]; /* where each answer was returned last */
	size_t return_count;
	bool overflow; /* more than BPF_MAXINSNS; what was emitted is not to be used */
};

struct target target_answer(uint32_t action);
bool target_same(struct target left, struct target right);

/* Each returns the place of what it has put in front of the program. */
struct target emit_load(struct emit *emit, uint32_t offset);
struct target emit_and(struct emit *emit, uint32_t mask);

/* `operation`: BPF_JEQ, BPF_JGT, BPF_JGE or BPF_JSET. */
struct target emit_jump(struct emit *emit, uint16_t operation, uint32_t constant,
			struct target if_true, struct target if_false);

/*
 * Makes `target` what the program goes on with: nothing to do when it stands at the very beginning,
 * otherwise a return or a long jump. What is emitted next falls into it.
 */
void emit_continue(struct emit *emit, struct target target);

#endif
