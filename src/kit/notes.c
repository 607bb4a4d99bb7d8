/* SPDX-License-Identifier: MIT */
#include "kit/notes.h"

#include "kit/memory.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

void
notes_add(struct notes *notes, const char *format, ...)
{
	char text[1024];
	va_list values;

	va_start(values, format);
	vsnprintf(text, sizeof(text), format, values);
	va_end(values);
	for (size_t i = 0; i < notes->count; i++)
		if (strcmp(notes->texts[i], text) == 0)
			return;
	notes->texts = memory_grow(notes->texts, notes->count + 1, sizeof(*notes->texts));
	notes->texts[notes->count++] = memory_string(text);
}

void
notes_free(struct notes *notes)
{
	for (size_t i = 0; i < notes->count; i++)
		free(notes->texts[i]);
	free(notes->texts);
	*notes = (struct notes){0};
}
