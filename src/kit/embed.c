/* SPDX-License-Identifier: MIT */
#include "kit/commands.h"
#include "kit/compile.h"
#include "kit/file.h"
#include "kit/memory.h"
#include "kit/request.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

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

/* The text of the C file; the caller frees it. */
static char *
source_text(const struct compiled *compiled, const char *name, size_t *length)
{
	char *text = NULL;
	const char *suffix = compiled->compat ? "_compat" : "";
	FILE *out = open_memstream(&text, length);

	if (!out)
		return NULL;
	fprintf(out,
		"/* SPDX-License-Identifier: MIT */\n"
		"/* Made by stepdown-kit from %s.json for %s%s: change that, not this. */\n"
		"#include \"confine/filter.h\"\n\n"
		"static const struct sock_filter instructions[] = {\n",
		name, compiled->arch->name, compiled->compat ? " and its 32-bit calls" : "");
	for (size_t i = 0; i < compiled->program.length; i++) {
		const struct sock_filter *at = &compiled->program.code[i];

		fprintf(out, "\t{0x%02x, %u, %u, 0x%08x},\n", at->code, at->jt, at->jf, at->k);
	}
	fprintf(out,
		"};\n\nconst struct filter_program filter_%s%s = {\n"
		"\t.name = \"%s\",\n"
		"\t.instructions = instructions,\n"
		"\t.length = sizeof(instructions) / sizeof(instructions[0]),\n"
		"\t.newest = %u,\n};\n",
		name, suffix, name, compiled->newest);
	if (fclose(out) != 0) {
		free(text);
		return NULL;
	}
	return text;
}

static int
embed(const struct request *request, const struct profile *profile, struct notes *notes,
      struct refusal *why)
{
	struct compiled *compiled = memory_new(1, sizeof(*compiled));
	struct service service = request_service(request, 0);
	size_t length;
	int result = compile_program(profile, &service, request->compat, compiled, notes, why);

	if (result == 0) {
		char *text = source_text(compiled, request->name, &length);

		result = text ? file_write(request->output, text, length, why)
			      : refuse(why, "out of memory");
		free(text);
	}
	if (result == 0 && !request->quiet)
		printf("%s%s for %s: %u instructions, checked by %zu evaluations, %zu calls "
		       "compared "
		       "with libseccomp\n",
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
	int result = embed(&request, &profile, &notes, &why);
	command_notes(request.profile, &notes);
	profile_free(&profile);
	free(bytes);
	return result < 0 ? command_failed(request.profile, &why) : STATUS_FINE;
}
