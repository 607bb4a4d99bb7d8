/* SPDX-License-Identifier: MIT */
#include "kit/rootfs/places.h"

#include "kit/heap.h"

#include <elf.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { DIRECTORY_MOST = 4096 };

static void
add(struct places *places, const char *text, size_t length)
{
	while (length > 1 && text[length - 1] == '/')
		length--;
	char *place = memory_new(length + 1, 1);
	memcpy(place, text, length);
	places->list[places->count++] = place;
}

void
places_free(struct places *places)
{
	for (size_t i = 0; i < places->count; i++)
		free(places->list[i]);
	*places = (struct places){0};
}

/* The value of the token that begins at `text`, a dollar, and its length; NULL for none. */
static const char *
token(const char *text, const struct places_tokens *tokens, size_t *length)
{
	const struct {
		const char *name, *value;
	} known[] = {
		{"ORIGIN", tokens->origin}, {"LIB", tokens->lib}, {"PLATFORM", tokens->platform}};
	bool braces = text[1] == '{';

	for (size_t i = 0; i < sizeof(known) / sizeof(known[0]); i++) {
		size_t size = strlen(known[i].name);
		const char *end = text + 1 + braces + size;

		if (strncmp(text + 1 + braces, known[i].name, size) != 0 || !known[i].value)
			continue;
		/* Without braces the longest name counts: $LIBRARY is no $LIB. */
		if (braces ? *end != '}'
			   : (*end == '_' || (*end >= '0' && *end <= '9') ||
			      (*end >= 'A' && *end <= 'Z') || (*end >= 'a' && *end <= 'z')))
			continue;
		*length = 1 + size + 2 * (size_t)braces;
		return known[i].value;
	}
	return NULL;
}

/* Writes `length` bytes of `text` with their tokens; returns false if it does not fit. */
static bool
expand(const char *text, size_t length, const struct places_tokens *tokens, char *out, size_t size,
       bool *has_unknown)
{
	size_t used = 0;

	for (const char *at = text; at < text + length;) {
		size_t taken = 1, more = 1;
		const char *value = *at == '$' ? token(at, tokens, &taken) : NULL;

		if (*at == '$' && !value)
			*has_unknown = true;
		if (!value)
			value = at;
		else
			more = strlen(value);
		if (used + more >= size)
			return false;
		memcpy(out + used, value, more);
		used += more;
		at += taken;
	}
	out[used] = '\0';
	return true;
}

int
places_expand(const char *text, const struct places_tokens *tokens, bool is_musl,
	      struct places *out, struct refusal *why)
{
	bool has_unknown = false;

	*out = (struct places){0};
	for (const char *at = text;; at++) {
		size_t length = strcspn(at, is_musl ? ":\n" : ":");
		char place[DIRECTORY_MOST];

		if (out->count == PLACES_MOST) {
			places_free(out);
			return refuse(why, "its search path has more than %d directories",
				      PLACES_MOST);
		}
		if (!expand(at, length, tokens, place, sizeof(place), &has_unknown)) {
			places_free(out);
			return refuse(why, "a directory of its search path is too long");
		}
		if (place[0] == '/')
			add(out, place, strlen(place));
		else if (*text)
			out->has_relative = true;
		at += length;
		if (!*at)
			break;
	}
	if (is_musl && has_unknown)
		places_free(out);
	return 0;
}

char *
places_expand_name(const char *text, const struct places_tokens *tokens)
{
	char name[DIRECTORY_MOST];
	bool has_unknown;

	return memory_string(
		expand(text, strlen(text), tokens, name, sizeof(name), &has_unknown) ? name : text);
}

/* "/usr/lib64/" and its like, with a NUL behind it: its length, or 0. */
static size_t
directory_at(const uint8_t *bytes, size_t size)
{
	enum { LONGEST = 64 };
	const uint8_t *end = memchr(bytes, 0, size < LONGEST ? size : LONGEST);
	size_t length = end ? (size_t)(end - bytes) : 0;

	if (length < strlen("/lib/") || bytes[0] != '/' || bytes[length - 1] != '/' ||
	    !memmem(bytes, length, "/lib", 4))
		return 0;
	for (size_t i = 0; i < length; i++)
		if (bytes[i] <= ' ' || bytes[i] >= 0x7f || bytes[i] == '%')
			return 0;
	return length;
}

void
places_of_loader(const uint8_t *bytes, size_t size, struct places *out)
{
	static const char usual[][12] = {"/lib64", "/usr/lib64", "/lib", "/usr/lib"};

	*out = (struct places){0};
	for (size_t at = 0; at + 1 < size && out->count < 2; at++) {
		const uint8_t *zero = memchr(bytes + at, 0, size - at - 1);

		places_free(out);
		if (!zero)
			break;
		at = (size_t)(zero - bytes);
		for (size_t next = at + 1, length;
		     next < size && out->count < PLACES_MOST &&
		     (length = directory_at(bytes + next, size - next));
		     next += length + 1)
			add(out, (const char *)bytes + next, length);
	}
	if (out->count >= 2)
		return;
	places_free(out);
	for (size_t i = 0; i < sizeof(usual) / sizeof(usual[0]); i++)
		add(out, usual[i], strlen(usual[i]));
}

const char *
places_platform(const struct object_machine *machine)
{
	switch (machine->number) {
	case EM_X86_64:
		return "x86_64";
	case EM_AARCH64:
		return "aarch64";
	case EM_386:
		return "i686";
	default:
		return NULL;
	}
}
