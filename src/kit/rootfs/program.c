/* SPDX-License-Identifier: MIT */
/* closure_program: what the kernel needs to execute a file, up to the ELF interpreter. */
#include "kit/rootfs/closure.h"

#include "command/script_head.h"
#include "kit/env_line.h"
#include "kit/heap.h"

#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { SCRIPTS_MOST = 5 /* interpreters that are scripts themselves, as in the kernel */ };

static int take_program(struct closure *closure, const char *name, const char *who, unsigned depth,
			struct refusal *why);

/* Looks a name without a slash up as a shell would; memory to be freed, or NULL. */
static char *
find_in_path(const struct closure *closure, const char *name)
{
	static const char *const places[] = {"/usr/local/sbin", "/usr/local/bin", "/usr/sbin",
					     "/usr/bin",        "/sbin",          "/bin"};
	char path[PATH_MAX];

	for (size_t i = 0; i < sizeof(places) / sizeof(places[0]); i++)
		if (snprintf(path, sizeof(path), "%s/%s", places[i], name) < (int)sizeof(path) &&
		    gather_exists(closure->gather, path))
			return memory_string(path);
	return NULL;
}

static int
take_script(struct closure *closure, const char *path, const struct source_bytes *bytes,
	    unsigned depth, struct refusal *why)
{
	struct script_head head;
	char name[SCRIPT_LINE_SIZE];

	switch (script_read_head(bytes->bytes, bytes->size, &head)) {
	case SCRIPT_GOOD:
		break;
	case SCRIPT_OTHER:
		return refuse(why, "%s is neither an ELF program nor a script that begins with #!",
			      path);
	default:
		return refuse(why, "%s: the kernel finds no interpreter in its #! line", path);
	}
	if (head.ends_in_cr)
		return refuse(why, "%s: its #! line ends in a carriage return", path);
	if (head.interpreter[0] != '/')
		return refuse(why, "%s: its interpreter %s is no absolute path", path,
			      head.interpreter);
	if (take_program(closure, head.interpreter, path, depth + 1, why) < 0)
		return -1;
	if (!env_line_program(bytes->bytes, bytes->size, head.interpreter, name))
		return 0;
	return take_program(closure, name, path, depth + 1, why);
}

static int
take_file(struct closure *closure, const char *path, const char *canonical, unsigned depth,
	  struct refusal *why)
{
	struct source_bytes bytes;
	struct stat about;
	struct refusal inner;
	char *target;

	if (source_look(&closure->gather->source, canonical, &about, &target) < 0)
		return refuse(why, "cannot look at %s: %s", path, strerror(errno));
	free(target);
	if (!S_ISREG(about.st_mode) || !(about.st_mode & 0111))
		return refuse(why, "%s is no file that can be executed", path);
	struct known *known = closure_known(closure, canonical, &inner);
	if (!known)
		return refuse(why, "%s: %s", path, inner.text);
	if (known->object.kind != OBJECT_OTHER)
		return closure_elf(closure, known, why);
	if (source_map(&closure->gather->source, canonical, &bytes) < 0)
		return refuse(why, "cannot read %s: %s", path, strerror(errno));
	int result = bytes.size ? take_script(closure, path, &bytes, depth, why)
				: refuse(why, "%s is an empty file", path);
	source_unmap(&bytes);
	return result;
}

static int
take_program(struct closure *closure, const char *name, const char *who, unsigned depth,
	     struct refusal *why)
{
	char purpose[256], *canonical = NULL;
	char *path = strchr(name, '/') ? memory_string(name) : find_in_path(closure, name);

	snprintf(purpose, sizeof(purpose), "%s%.200s", who ? "the interpreter of " : "a program",
		 who ? who : "");
	if (!path)
		return refuse(
			why,
			"%s, %s: not found in /usr/local/sbin, /usr/local/bin, /usr/sbin, /usr/bin, /sbin and /bin",
			name, purpose);
	int result = path[0] == '/' ? 0 : refuse(why, "%s: a program needs an absolute path", path);
	if (result == 0 && depth > SCRIPTS_MOST)
		result = refuse(why, "%s: more than %d interpreters that are scripts themselves",
				path, SCRIPTS_MOST);
	if (result == 0)
		result = gather_must(closure->gather, path, purpose, &canonical, why);
	if (result == 0)
		result = take_file(closure, path, canonical, depth, why);
	free(canonical);
	free(path);
	return result;
}

int
closure_program(struct closure *closure, const char *name, struct refusal *why)
{
	return take_program(closure, name, NULL, 0, why);
}
