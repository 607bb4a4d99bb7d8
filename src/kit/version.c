/* SPDX-License-Identifier: MIT */
#include "kit/version.h"

enum { MOST_DIGITS = 3, MOST = 255 };

/* Takes up to MOST_DIGITS digits, so that nothing can wrap. Returns what follows, or NULL. */
static const char *
number(const char *text, unsigned *out)
{
	const char *at = text;

	for (*out = 0; *at >= '0' && *at <= '9' && at < text + MOST_DIGITS; at++)
		*out = *out * 10 + (unsigned)(*at - '0');
	return at > text && *out <= MOST ? at : 0;
}

bool
version_parse(const char *text, unsigned out[2])
{
	unsigned major, minor;
	const char *at = number(text, &major);

	if (!at || *at != '.')
		return false;
	at = number(at + 1, &minor);
	if (!at || *at || major + minor == 0)
		return false;
	out[0] = major;
	out[1] = minor;
	return true;
}
