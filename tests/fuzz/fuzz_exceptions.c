/* SPDX-License-Identifier: MIT */
/*
 * Any bytes as the exceptions of an audit: what was read is written, and read again as the same;
 * what is escaped for a terminal is safe on it.
 */
#include "fuzz.h"

#include "kit/audit/findings.h"

static void
write_again(const struct exceptions *exceptions)
{
	struct refusal why = {.text = ""};
	struct exceptions again;
	char *text = NULL;
	size_t length;
	FILE *out = open_memstream(&text, &length);

	must(out);
	for (size_t i = 0; i < exceptions->count; i++) {
		const struct exception *one = &exceptions->list[i];

		fprintf(out, "%s%s%s = %s\n", checks_table[one->check].name,
			one->pattern ? " " : "", one->pattern ? one->pattern : "", one->reason);
	}
	fclose(out);
	must(fuzz_said(exceptions_parse(text, length, &again, &why), &why) == 0);
	must(again.count == exceptions->count);
	for (size_t i = 0; i < again.count; i++) {
		const struct exception *one = &exceptions->list[i], *other = &again.list[i];

		must(one->check == other->check && strcmp(one->reason, other->reason) == 0);
		must(!one->pattern == !other->pattern);
		must(!one->pattern || strcmp(one->pattern, other->pattern) == 0);
	}
	exceptions_free(&again);
	free(text);
}

static void
escape(const uint8_t *data, size_t size)
{
	char *bytes = fuzz_bytes(data, size), *text = text_escape(bytes, size);
	size_t length = strlen(text);

	for (size_t i = 0; i < length; i++)
		must((unsigned char)text[i] >= ' ' && text[i] != 0x7f);
	/* Escaped twice, only the backslashes of the first time change. */
	char *again = text_escape(text, length);
	size_t slashes = 0;

	for (size_t i = 0; i < length; i++)
		slashes += text[i] == '\\';
	must(strlen(again) == length + slashes);
	free(again);
	free(text);
	free(bytes);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	char *bytes = fuzz_bytes(data, size);
	struct exceptions exceptions;
	struct refusal why = {.text = ""};

	if (fuzz_said(exceptions_parse(bytes, size, &exceptions, &why), &why) == 0) {
		for (size_t i = 0; i < exceptions.count; i++) {
			const struct exception *one = &exceptions.list[i];

			must(one->check < CHECKS && one->reason[0] && one->line >= 1);
			must(!strchr(one->reason, '\n'));
			must(!one->pattern || (one->pattern[0] && !strchr(one->pattern, '\n')));
			/* A pattern that is a plain path accepts that path. */
			if (one->pattern)
				must(exceptions_match(&exceptions, one->check, one->pattern));
		}
		write_again(&exceptions);
		exceptions_free(&exceptions);
	}
	free(bytes);
	escape(data, size < 512 ? size : 512);
	return 0;
}
