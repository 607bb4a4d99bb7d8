/* SPDX-License-Identifier: MIT */
#include "confine/evaluate.h"

#include <string.h>

enum { ARGUMENTS = offsetof(struct seccomp_data, args) };

static int
load(const struct seccomp_data *data, uint32_t offset, uint32_t *out)
{
	if (offset % sizeof(*out) != 0 || offset > sizeof(*data) - sizeof(*out))
		return -1;
	memcpy(out, (const char *)data + offset, sizeof(*out));
	return 0;
}

static size_t
jump(const struct sock_filter *at, uint32_t accumulator)
{
	bool taken;

	switch (BPF_OP(at->code)) {
	case BPF_JA:
		return at->k;
	case BPF_JEQ:
		taken = accumulator == at->k;
		break;
	case BPF_JGT:
		taken = accumulator > at->k;
		break;
	case BPF_JGE:
		taken = accumulator >= at->k;
		break;
	default: /* BPF_JSET: evaluate has let nothing else through */
		taken = accumulator & at->k;
		break;
	}
	return taken ? at->jt : at->jf;
}

int
evaluate(const struct sock_filter *code, size_t length, const struct seccomp_data *data,
	 struct verdict *verdict)
{
	uint32_t accumulator = 0;
	bool plain = true;

	*verdict = (struct verdict){0};
	for (size_t at = 0; at < length; at++) {
		const struct sock_filter *here = &code[at];

		verdict->steps++;
		switch (here->code) {
		case BPF_LD | BPF_W | BPF_ABS:
			if (load(data, here->k, &accumulator) < 0)
				return -1;
			plain = plain && here->k <= offsetof(struct seccomp_data, arch);
			if (here->k >= ARGUMENTS)
				verdict->words |= 1U << (here->k - ARGUMENTS) / sizeof(uint32_t);
			break;
		case BPF_ALU | BPF_AND | BPF_K:
			accumulator &= here->k;
			break;
		case BPF_JMP | BPF_JA:
		case BPF_JMP | BPF_JEQ | BPF_K:
		case BPF_JMP | BPF_JGT | BPF_K:
		case BPF_JMP | BPF_JGE | BPF_K:
		case BPF_JMP | BPF_JSET | BPF_K:
			at += jump(here, accumulator);
			break;
		case BPF_RET | BPF_K:
			verdict->action = here->k;
			verdict->plain = plain;
			verdict->cached = plain && here->k == SECCOMP_RET_ALLOW;
			return 0;
		default:
			return -1;
		}
	}
	return -1;
}
