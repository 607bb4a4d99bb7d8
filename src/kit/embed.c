/* SPDX-License-Identifier: MIT */
#include "kit/action.h"
#include "kit/commands.h"
#include "kit/compile.h"
#include "kit/files.h"
#include "kit/heap.h"
#include "kit/needs.h"
#include "kit/pool.h"
#include "kit/request.h"

#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { NAME_LONGEST = 32 };

/* What a program was compiled from. */
struct origin {
	struct policy policies[2]; /* of the native calls, of the machine's 32-bit ones */
	const char *text;          /* the profile as it was written */
};

static int
request_check(const struct request *request, struct refusal *why)
{
	static const char letters[] = "abcdefghijklmnopqrstuvwxyz0123456789_";

	if (!request->profile || !request->name || !request->output)
		return refuse(why, "embed needs --profile FILE, --name NAME and --output FILE");
	if (strspn(request->name, letters) != strlen(request->name))
		return refuse(why, "--name %s: only lower case letters, digits and _",
			      request->name);
	if (request->arch_count != 1)
		return refuse(why, "embed takes one --arch");
	return 0;
}

/* What capabilities are for and the profile denies, for the warnings of stepdown's plan. */
static void
print_needs(FILE *out, const struct policy *policy, const char *id)
{
	fprintf(out, "static const struct filter_need needs_%s[] = {\n", id);
	for (int capability = 0; capability < REQUEST_CAPS; capability++) {
		char calls[NEEDS_TEXT];

		if (needs_denied(policy, capability, calls) > 0)
			fprintf(out, "\t{%d, \"%s\"},\n", capability, calls);
	}
	fputs("\t{-1, 0},\n};\n\n", out);
}

/* Whether a call passes whatever its arguments. */
static bool
always_passes(const struct policy *policy, const char *name)
{
	int number = call_number(policy->arch, name);

	if (number == CALL_UNKNOWN)
		return true;
	for (size_t i = 0; i < policy->call_count; i++)
		if (policy->calls[i].number == (uint32_t)number)
			return policy->calls[i].rule_count == 0 &&
			       action_lets_pass(policy->calls[i].action);
	return action_lets_pass(policy->default_action);
}

/* The line of the profile that names a call first, or 0. */
static unsigned
line_of(const char *text, const char *name)
{
	char quoted[128];
	unsigned line = 1;

	snprintf(quoted, sizeof(quoted), "\"%s\"", name);
	const char *found = strstr(text, quoted);
	for (const char *at = text; found && at < found; at++)
		line += *at == '\n';
	return found ? line : 0;
}

/* Where the profile speaks of what it denies, for stepdown --explain. */
static void
print_lines(FILE *out, const struct origin *origin, const char *id)
{
	struct pool *pool = memory_new(1, sizeof(*pool));

	pool_make(origin->policies[0].arch, pool);
	fprintf(out, "static const struct filter_line lines_%s[] = {\n", id);
	for (size_t i = 0; i < pool->count; i++) {
		const char *name = pool->names[i];
		bool passes = *name == '\0' || (always_passes(&origin->policies[0], name) &&
						always_passes(&origin->policies[1], name));
		unsigned line = passes ? 0 : line_of(origin->text, name);

		if (line > 0)
			fprintf(out, "\t{%zu, %u}, /* %s */\n", i, line, name);
	}
	fputs("\t{0, 0},\n};\n\n", out);
	free(pool);
}

static void
print_program(FILE *out, const struct compiled *compiled, const char *name, const char *id)
{
	fprintf(out, "static const struct sock_filter instructions_%s[] = {\n", id);
	for (size_t i = 0; i < compiled->program.length; i++) {
		const struct sock_filter *at = &compiled->program.code[i];

		fprintf(out, "\t{0x%02x, %u, %u, 0x%08x},\n", at->code, at->jt, at->jf, at->k);
	}
	fprintf(out,
		"};\n\nconst struct filter_program filter_%s = {\n"
		"\t.name = \"%s\",\n"
		"\t.instructions = instructions_%s,\n"
		"\t.length = sizeof(instructions_%s) / sizeof(instructions_%s[0]),\n"
		"\t.newest = %u,\n"
		"\t.needs = needs_%s,\n"
		"\t.lines = lines_%s,\n};\n",
		id, name, id, id, id, compiled->newest, id, id);
}

/* The text of the C file; the caller frees it. */
static char *
source_text(const struct compiled *compiled, const struct origin *origin, const char *name,
	    size_t *length)
{
	char *text = NULL, id[NAME_LONGEST + sizeof("_compat")];
	FILE *out = open_memstream(&text, length);

	if (!out)
		return NULL;
	snprintf(id, sizeof(id), "%s%s", name, compiled->compat ? "_compat" : "");
	fprintf(out,
		"/* SPDX-License-Identifier: MIT */\n"
		"/* Made by stepdown-kit from %s.json for %s%s: change that, not this. */\n"
		"#include \"confine/filter.h\"\n\n",
		name, compiled->arch->name, compiled->compat ? " and its 32-bit calls" : "");
	print_needs(out, &origin->policies[0], id);
	print_lines(out, origin, id);
	print_program(out, compiled, name, id);
	if (fclose(out) != 0) {
		free(text);
		return NULL;
	}
	return text;
}

static int
make_policies(const struct profile *profile, const struct service *service, struct origin *origin,
	      struct refusal *why)
{
	const struct architecture *compat = architecture_find(service->native->compat);
	struct notes again = {0}; /* said when the program was compiled */
	int result =
		policy_make(profile, service, service->native, &origin->policies[0], &again, why);

	if (result == 0)
		result = policy_make(profile, service, compat, &origin->policies[1], &again, why);
	notes_free(&again);
	return result;
}

static int
write_source(const struct request *request, const struct profile *profile, const char *bytes,
	     const struct compiled *compiled, struct refusal *why)
{
	struct service service = request_service(request, 0);
	struct origin origin = {.text = bytes};
	size_t length;

	int result = make_policies(profile, &service, &origin, why);
	if (result == 0) {
		char *text = source_text(compiled, &origin, request->name, &length);

		result = text ? file_write(request->output, text, length, why)
			      : refuse(why, "out of memory");
		free(text);
	}
	policy_free(&origin.policies[0]);
	policy_free(&origin.policies[1]);
	return result;
}

static int
embed(const struct request *request, const struct profile *profile, const char *bytes,
      struct notes *notes, struct refusal *why)
{
	struct compiled *compiled = memory_new(1, sizeof(*compiled));
	struct service service = request_service(request, 0);
	int result = compile_program(profile, &service, request->compat, compiled, notes, why);

	if (result == 0)
		result = write_source(request, profile, bytes, compiled, why);
	if (result == 0 && !request->quiet)
		printf("%s%s for %s: %u instructions, checked by %zu evaluations, %zu calls compared with libseccomp\n",
		       request->name, request->compat ? "_compat" : "", compiled->arch->name,
		       compiled->program.length,
		       compiled->verified.evaluations + compiled->second.evaluations,
		       compiled->second.calls);
	free(compiled);
	return result;
}

int
command_embed(int argc, char **argv)
{
	struct request request;
	struct refusal why;
	struct profile profile;
	struct notes notes = {0};
	char *bytes;
	size_t length;

	if (request_parse(argc, argv,
			  TAKES_PROFILE | TAKES_OUTPUT | TAKES_NAME | TAKES_ARCH | TAKES_CAP |
				  TAKES_KERNEL | TAKES_COMPAT | TAKES_QUIET,
			  0, &request, &why) < 0 ||
	    request_check(&request, &why) < 0)
		return command_failed(NULL, &why);
	if (command_profile(request.profile, &bytes, &length, &profile, &notes, &why) < 0) {
		notes_free(&notes);
		return command_failed(request.profile, &why);
	}
	int result = embed(&request, &profile, bytes, &notes, &why);
	command_notes(request.profile, &notes);
	profile_free(&profile);
	free(bytes);
	return result < 0 ? command_failed(request.profile, &why) : STATUS_FINE;
}
