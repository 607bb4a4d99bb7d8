/* SPDX-License-Identifier: MIT */
#include "command/lookup.h"

#include "command/reach.h"

#include <errno.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/* What a search leaves behind for the sentence, if it ends without a find. */
struct search {
	char unusable[PATH_MAX]; /* the first file of that name that cannot be executed */
	char skipped[PATH_MAX];  /* the first entry that could not be searched */
	int skip_error;
};

/* Returns 0, or an errno: EACCES for all that exists and is not an executable regular file. */
static int
check_candidate(const char *path)
{
	struct stat status = {.st_mode = 0};

	if (reach_check(path) != 0)
		return errno;
	if (stat(path, &status) != 0)
		return errno;
	return S_ISREG(status.st_mode) ? 0 : EACCES;
}

static int
take_as_it_is(const char *name, char found[static PATH_MAX], struct refusal *why)
{
	struct refusal reason;
	int error = check_candidate(name);
	int status = error == 0 ? 0 : reach_explain(name, geteuid(), &reason);

	if (status != 0) {
		refuse(why, "cannot run \"%.160s\": it %s", name, reason.text);
		return status;
	}
	if (error != 0) {
		refuse(why, "cannot run \"%.160s\": %s", name, strerror(error));
		return error == ENOENT ? 127 : 126;
	}
	/* A longer path does not get here: the kernel has refused it with ENAMETOOLONG. */
	snprintf(found, PATH_MAX, "%s", name);
	return 0;
}

/* `entry` is not NUL-terminated. Returns true if the command is in it. */
static bool
search_entry(struct search *search, const char *entry, size_t length, const char *name,
	     char found[static PATH_MAX])
{
	char candidate[PATH_MAX];
	struct stat status;
	int error = ENAMETOOLONG;

	if (length + 1 + strlen(name) < sizeof(candidate)) {
		snprintf(candidate, sizeof(candidate), "%.*s/%s", length > 0 ? (int)length : 1,
			 length > 0 ? entry : ".", name);
		error = check_candidate(candidate);
	}
	if (error == 0) {
		memcpy(found, candidate, sizeof(candidate));
		return true;
	}
	/* The same errno comes from the file and from a directory on the way: stat tells which. */
	if (error == EACCES && stat(candidate, &status) == 0) {
		if (search->unusable[0] == '\0')
			memcpy(search->unusable, candidate, sizeof(candidate));
	} else if (error != ENOENT && search->skip_error == 0) {
		size_t kept =
			length < sizeof(search->skipped) ? length : sizeof(search->skipped) - 1;

		memcpy(search->skipped, entry, kept);
		search->skipped[kept] = '\0';
		search->skip_error = error;
	}
	return false;
}

static int
explain_search(const struct search *search, const char *name, const char *path, struct refusal *why)
{
	struct refusal reason;

	if (search->unusable[0] != '\0' &&
	    reach_explain(search->unusable, geteuid(), &reason) != 0) {
		refuse(why, "cannot run \"%.160s\": \"%.160s\" %s", name, search->unusable,
		       reason.text);
		return 126;
	}
	/* The cure comes first, since a long PATH is cut at the end of the sentence. */
	if (search->skip_error != 0)
		refuse(why,
		       "cannot find \"%.160s\": give its whole path, or add its directory to PATH; uid %u could not search \"%.160s\" (%s), the other directories do not have it: PATH=\"%s\"",
		       name, (unsigned)geteuid(), search->skipped, strerror(search->skip_error),
		       path);
	else
		refuse(why,
		       "cannot find \"%.160s\": give its whole path, or add its directory to PATH; none of these has it: PATH=\"%s\"",
		       name, path);
	return 127;
}

int
lookup_command(const char *name, const char *path, char found[static PATH_MAX], struct refusal *why)
{
	struct search search;
	const char *entry = path;

	if (name[0] == '\0') {
		refuse(why,
		       "cannot run \"\": the command is an empty word; name a program, or see which variable was empty");
		return 127;
	}
	if (strchr(name, '/') != NULL)
		return take_as_it_is(name, found, why);
	/* Not all of it, which is two pages. */
	search.unusable[0] = '\0';
	search.skipped[0] = '\0';
	search.skip_error = 0;
	for (;;) {
		size_t length = strcspn(entry, ":");

		if (search_entry(&search, entry, length, name, found))
			return 0;
		if (entry[length] == '\0')
			return explain_search(&search, name, path, why);
		entry += length + 1;
	}
}
