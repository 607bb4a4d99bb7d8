/* SPDX-License-Identifier: MIT */
/*
 * refusal - the one sentence in which a pure module says why it will not
 *
 * A module that decides returns 0, or -1 with a refusal: what is wrong, the value that caused it,
 * and the cure where it is known. Lower case, no full stop, no newline. Only main prints it.
 */
#ifndef STEPDOWN_REFUSAL_H
#define STEPDOWN_REFUSAL_H

enum { REFUSAL_SIZE = 1024 }; /* bytes, the final NUL included; longer sentences are cut */

struct option_entry;

struct refusal {
	char text[REFUSAL_SIZE];
	const struct option_entry *about; /* what was said that caused it (options.h), or NULL */
};

/*
 * Writes the sentence, about nothing that was said, and returns -1, so that a caller can `return refuse(why, ...)`.
 * `format` as in printf(3). A value that came from outside belongs into "%s" whole: bytes that are
 * not printable are made visible by the report, not here.
 */
__attribute__((format(printf, 2, 3))) int refuse(struct refusal *why, const char *format, ...);

#endif
