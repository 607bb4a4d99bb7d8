/* SPDX-License-Identifier: MIT */
/*
 * value - the one parser of what is written as a number or a duration, and of what was meant by a name
 *
 * Pure. Nothing is read leniently: no sign, no blank, no other base, and nothing wraps. `length` is
 * bytes at `text`, which need not end there.
 */
#ifndef STEPDOWN_VALUE_H
#define STEPDOWN_VALUE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

/* A decimal number from 0 to `most` in digits alone, without leading zeros. Returns whether it is one. */
bool value_number(const char *text, size_t length, uint64_t most, uint64_t *number);

/* An octal mode from 0 to `most`, which zeros before it make at most one digit longer than that. */
bool value_octal(const char *text, size_t length, mode_t most, mode_t *mode);

/*
 * A number up to 999999999, with a fraction or without, of ms, s or m; of seconds where nothing is
 * said. In milliseconds, of which there are no parts. Returns whether it is one.
 */
bool value_duration(const char *text, uint64_t *milliseconds);

/* The place of a word among "one|two|three", from 0 on, or -1. */
int value_word(const char *words, const char *text);

/* All zero before the first name is compared. */
struct value_meant {
	const char *name; /* the only one that is nearest to the text, or NULL */
	bool met;         /* one that is near, or several */
	unsigned distance;
};

/*
 * Compares a name with a text that is none: near are one letter wrong, missing, too many or in the
 * other's place, and from six letters on two; upper and lower case are the same.
 */
void value_compare(struct value_meant *meant, const char *text, size_t length, const char *name);

#endif
