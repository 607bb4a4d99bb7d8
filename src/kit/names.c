/* SPDX-License-Identifier: MIT */
#include "kit/commands.h"
#include "kit/files.h"
#include "kit/heap.h"
#include "kit/pool.h"
#include "kit/request.h"

#include <stdio.h>
#include <stdlib.h>

static void
print_compat(FILE *out, const struct pool *pool)
{
	const struct architecture *compat = architecture_find(pool->native->compat);
	uint32_t end = 0;

	for (uint32_t number = 0; number < POOL_LARGEST / 2; number++)
		if (call_name(compat, number))
			end = number + 1;
	fprintf(out, "const uint32_t names_compat_arch = 0x%08x;\n", compat->audit);
	fprintf(out, "const uint16_t names_compat_count = %u;\n", end);
	fputs("const uint16_t names_compat[] = {\n", out);
	for (uint32_t number = 0; number < end; number++) {
		const char *name = call_name(compat, number);

		fprintf(out, "\t%d,\n", name ? pool_place(pool, name) : 0xffff);
	}
	fputs("};\n", out);
}

/* The text of the C file; the caller frees it. */
static char *
source_text(const struct pool *pool, size_t *length)
{
	char *text = NULL;
	FILE *out = open_memstream(&text, length);

	if (!out)
		return NULL;
	fprintf(out,
		"/* SPDX-License-Identifier: MIT */\n"
		"/* Made by stepdown-kit names for %s. */\n"
		"#include \"explain/names.h\"\n\n"
		"const uint16_t names_count = %zu;\n"
		"const uint16_t names_native_count = %zu;\n"
		"const uint32_t names_native_arch = 0x%08x;\n"
		"const char names_pool[] =\n",
		pool->native->name, pool->count, pool->native_count, pool->native->audit);
	for (size_t i = 0; i < pool->count; i++)
		fprintf(out, "\t\"%s\\0\"\n", pool->names[i]);
	fputs("\t;\n\n", out);
	print_compat(out, pool);
	if (fclose(out) != 0) {
		free(text);
		return NULL;
	}
	return text;
}

int
command_names(int argc, char **argv)
{
	struct request request;
	struct refusal why;
	size_t length;

	if (request_parse(argc, argv, TAKES_OUTPUT | TAKES_ARCH, 0, &request, &why) < 0)
		return command_failed(NULL, &why);
	if (!request.output || request.arch_count != 1) {
		refuse(&why, "names needs --output FILE and one --arch");
		return command_failed(NULL, &why);
	}
	struct pool *pool = memory_new(1, sizeof(*pool));
	pool_make(request.arches[0], pool);
	char *text = source_text(pool, &length);
	int result = text ? file_write(request.output, text, length, &why)
			  : refuse(&why, "out of memory");
	free(text);
	free(pool);
	return result < 0 ? command_failed(request.output, &why) : STATUS_FINE;
}
