/* SPDX-License-Identifier: MIT */
#include "kit/emit.h"

enum { FARTHEST = 255 };

struct target
target_answer(uint32_t action)
{
	return (struct target){true, action};
}

bool
target_same(struct target left, struct target right)
{
	return left.answers == right.answers && left.value == right.value;
}

static struct target
put(struct emit *emit, struct sock_filter instruction)
{
	if (emit->length == BPF_MAXINSNS)
		emit->overflow = true;
	else
		emit->code[BPF_MAXINSNS - ++emit->length] = instruction;
	return (struct target){false, (uint32_t)emit->length};
}

/* Instructions that a jump put next would skip. */
static size_t
distance(const struct emit *emit, size_t place)
{
	return emit->length - place;
}

/* The place of an answer that is at most `reach` away from the next instruction. */
static size_t
return_place(struct emit *emit, uint32_t action, size_t reach)
{
	size_t i = 0;

	while (i < emit->return_count && emit->returns[i].action != action)
		i++;
	if (i < emit->return_count && distance(emit, emit->returns[i].place) <= reach)
		return emit->returns[i].place;
	put(emit, (struct sock_filter)BPF_STMT(BPF_RET | BPF_K, action));
	if (i == BPF_MAXINSNS)
		return emit->length;
	if (i == emit->return_count)
		emit->return_count++;
	emit->returns[i].action = action;
	emit->returns[i].place = emit->length;
	return emit->length;
}

static size_t
near_place(struct emit *emit, struct target target, size_t reach)
{
	if (target.answers)
		return return_place(emit, target.value, reach);
	if (distance(emit, target.value) <= reach)
		return target.value;
	uint32_t skipped = (uint32_t)distance(emit, target.value);
	return put(emit, (struct sock_filter)BPF_STMT(BPF_JMP | BPF_JA, skipped)).value;
}

struct target
emit_load(struct emit *emit, uint32_t offset)
{
	return put(emit, (struct sock_filter)BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offset));
}

struct target
emit_and(struct emit *emit, uint32_t mask)
{
	return put(emit, (struct sock_filter)BPF_STMT(BPF_ALU | BPF_AND | BPF_K, mask));
}

struct target
emit_jump(struct emit *emit, uint16_t operation, uint32_t constant, struct target if_true,
	  struct target if_false)
{
	/* Bringing the second target nearer puts one instruction in front of the first. */
	size_t yes = near_place(emit, if_true, FARTHEST - 1);
	size_t no = near_place(emit, if_false, FARTHEST);

	return put(emit, (struct sock_filter)BPF_JUMP((uint16_t)(BPF_JMP | BPF_K | operation),
						      constant, (uint8_t)distance(emit, yes),
						      (uint8_t)distance(emit, no)));
}

void
emit_continue(struct emit *emit, struct target target)
{
	if (target.answers)
		put(emit, (struct sock_filter)BPF_STMT(BPF_RET | BPF_K, target.value));
	else if (distance(emit, target.value) > 0)
		put(emit, (struct sock_filter)BPF_STMT(BPF_JMP | BPF_JA,
						       (uint32_t)distance(emit, target.value)));
}
