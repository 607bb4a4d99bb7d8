/* SPDX-License-Identifier: MIT */
#include "kit/compile.h"

int
compile_check(struct compiled *compiled, const struct profile *profile,
	      const struct service *service, struct refusal *why)
{
	const struct architecture *compat =
		compiled->compat ? architecture_find(service->native->compat) : NULL;
	struct second_counts more = {0};

	if (verify(&compiled->program, profile, service, compat, &compiled->verified, why) < 0 ||
	    second_opinion(&compiled->program, profile, service, service->native, &compiled->second,
			   why) < 0)
		return -1;
	if (!compat)
		return 0;
	if (second_opinion(&compiled->program, profile, service, compat, &more, why) < 0)
		return -1;
	compiled->second.calls += more.calls;
	compiled->second.left_out += more.left_out;
	compiled->second.evaluations += more.evaluations;
	return 0;
}

static int
make_program(struct compiled *out, const struct profile *profile, const struct service *service,
	     struct notes *notes, struct refusal *why)
{
	struct policy native, second;
	const struct architecture *compat =
		out->compat ? architecture_find(service->native->compat) : NULL;

	if (policy_make(profile, service, service->native, &native, notes, why) < 0)
		return -1;
	if (compat && policy_make(profile, service, compat, &second, notes, why) < 0) {
		policy_free(&native);
		return -1;
	}
	out->newest = native.newest;
	int result = assemble(&native, compat ? &second : NULL, &out->program, why);
	policy_free(&native);
	if (compat)
		policy_free(&second);
	return result;
}

int
compile_program(const struct profile *profile, const struct service *service, bool compat,
		struct compiled *out, struct notes *notes, struct refusal *why)
{
	const struct architecture *native = service->native;

	*out = (struct compiled){.arch = native, .compat = compat};
	if (!native->compat)
		return refuse(
			why,
			"%s: only its 64-bit sibling can be compiled for, with --compat where its programs are to run",
			native->name);
	if (!policy_covers(profile, native, native))
		return refuse(why, "is not for %s: its architectures do not name %s", native->name,
			      native->oci);
	if (compat && !policy_covers(profile, native, architecture_find(native->compat)))
		return refuse(
			why,
			"is not for the 32-bit calls of %s: its architectures do not name %s beside %s",
			native->name, architecture_find(native->compat)->oci, native->oci);
	if (make_program(out, profile, service, notes, why) < 0)
		return -1;
	return compile_check(out, profile, service, why);
}
