/* SPDX-License-Identifier: MIT */
#include "kit/audit/contents.h"

#include <string.h>

static const char begin[] = "-----BEGIN ";
static const char end[] = "PRIVATE KEY-----";

static bool
ends_in(const char *name, size_t length, const char *ending)
{
	size_t size = strlen(ending);

	return length >= size && memcmp(name + length - size, ending, size) == 0;
}

size_t
sniff_size(const char *name, size_t length)
{
	static const char endings[][8] = {".pem",   ".key", ".crt",  "_rsa", "_dsa",
					  "_ecdsa", "_key", "25519", ".ppk"};

	for (size_t i = 0; i < sizeof(endings) / sizeof(endings[0]); i++)
		if (ends_in(name, length, endings[i]))
			return SNIFF_NAMED_SIZE;
	return SNIFF_SIZE;
}

/* A program or a text that speaks of keys has no base64 in the next line. */
static bool
has_body(const char *at, const char *stop)
{
	static const char base64[] =
		"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/=";
	size_t run = 0;

	while (at < stop && (*at == '\r' || *at == '\n' || *at == ' ' || *at == '\t'))
		at++;
	if (stop - at >= 10 &&
	    (memcmp(at, "Proc-Type:", 10) == 0 || memcmp(at, "Comment: \"", 10) == 0))
		return true;
	while (at + run < stop && at[run] != '\0' && strchr(base64, at[run]))
		run++;
	return run >= 16;
}

bool
sniff_key(const char *bytes, size_t length)
{
	const char *stop = bytes + length;
	static const char putty[] = "PuTTY-User-Key-File-";

	if (length > sizeof(putty) && memcmp(bytes, putty, sizeof(putty) - 1) == 0)
		return true;
	for (const char *at = bytes; at < stop; at++) {
		at = memmem(at, (size_t)(stop - at), begin, sizeof(begin) - 1);
		if (!at)
			return false;
		const char *label = at + sizeof(begin) - 1;
		const char *line = memchr(label, '\n', (size_t)(stop - label));

		if ((at > bytes && at[-1] != '\n' && at[-1] != '\r') || !line)
			continue;
		size_t size = (size_t)(line - label);

		while (size > 0 && (label[size - 1] == '\r' || label[size - 1] == ' '))
			size--;
		if (size < 64 && ends_in(label, size, end) && has_body(line, stop))
			return true;
	}
	return false;
}
