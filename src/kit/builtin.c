/* SPDX-License-Identifier: MIT */
#include "kit/builtin.h"

#include <string.h>

/* The files themselves; paths are relative to the project's root, where make runs. */
#define EMBED(symbol, file)                                                                        \
	__asm__(".pushsection .rodata\n" #symbol ":\n.incbin \"" file "\"\n" #symbol               \
		"_end:\n.byte 0\n.popsection\n");                                                  \
	extern const char symbol[] __attribute__((visibility("hidden")));                          \
	extern const char symbol##_end[] __attribute__((visibility("hidden")))

EMBED(builtin_default, "src/profiles/default.json");
EMBED(builtin_strict, "src/profiles/strict.json");
EMBED(builtin_learned, "src/kit/learned.json");

const char *
builtin_profile(const char *name, size_t *length)
{
	static const struct {
		const char *name;
		const char *from, *to;
	} profiles[] = {
		{"default", builtin_default, builtin_default_end},
		{"strict", builtin_strict, builtin_strict_end},
		{"learned", builtin_learned, builtin_learned_end},
	};

	for (size_t i = 0; i < sizeof(profiles) / sizeof(profiles[0]); i++)
		if (strcmp(profiles[i].name, name) == 0) {
			*length = (size_t)(profiles[i].to - profiles[i].from);
			return profiles[i].from;
		}
	return NULL;
}
