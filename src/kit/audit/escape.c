/* SPDX-License-Identifier: MIT */
#include "kit/audit/findings.h"

#include "kit/heap.h"

#include <stdbool.h>
#include <stdio.h>
#include <string.h>

/* The length of the character at `text`, or 0 where it is no UTF-8. */
static size_t
character(const unsigned char *text, size_t left, uint32_t *code)
{
	size_t size = text[0] < 0x80 ? 1 : text[0] >= 0xf0 ? 4 : text[0] >= 0xe0 ? 3 : 2;
	static const uint32_t least[] = {0, 0, 0x80, 0x800, 0x10000};

	if (size == 1) {
		*code = text[0];
		return 1;
	}
	if (text[0] < 0xc2 || text[0] > 0xf4 || size > left)
		return 0;
	*code = text[0] & (0xffU >> (size + 1));
	for (size_t i = 1; i < size; i++) {
		if ((text[i] & 0xc0) != 0x80)
			return 0;
		*code = *code << 6 | (text[i] & 0x3f);
	}
	return *code < least[size] || *code > 0x10ffff || (*code >= 0xd800 && *code < 0xe000)
		       ? 0
		       : size;
}

static bool
is_plain(uint32_t code)
{
	return code >= ' ' && code != '\\' && (code < 0x7f || code >= 0xa0) &&
	       !(code >= 0x200b && code <= 0x200f) && !(code >= 0x2028 && code <= 0x202e) &&
	       !(code >= 0x2060 && code <= 0x206f) && code != 0xfeff && code != 0x061c &&
	       code != 0xad;
}

char *
text_escape(const char *text, size_t length)
{
	const unsigned char *from = (const unsigned char *)text;
	char *out = memory_new(4 * length + 1, 1), *to = out;
	uint32_t code = 0;

	for (size_t i = 0; i < length;) {
		size_t size = character(from + i, length - i, &code);

		if (size > 0 && is_plain(code)) {
			memcpy(to, from + i, size);
			to += size;
			i += size;
			continue;
		}
		for (size = size ? size : 1; size > 0; size--, i++) {
			if (from[i] == '\\') {
				*to++ = '\\';
				*to++ = '\\';
			} else {
				to += snprintf(to, 5, "\\x%02x", from[i]);
			}
		}
	}
	*to = '\0';
	return out;
}
