/* SPDX-License-Identifier: MIT */
#include "refusal.h"

#include <stdarg.h>
#include <stdio.h>

int
refuse(struct refusal *why, const char *format, ...)
{
	va_list values;

	why->about = NULL;
	va_start(values, format);
	int length = vsnprintf(why->text, sizeof(why->text), format, values);
	va_end(values);
	if (length < 0)
		snprintf(why->text, sizeof(why->text),
			 "a refusal that could not be put into words");
	return -1;
}
