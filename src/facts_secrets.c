/* SPDX-License-Identifier: MIT */
#include "facts_secrets.h"

#include "environment.h"
#include "facts.h"
#include "setup/secrets.h"
#include "why_here.h"

#include <errno.h>
#include <string.h>
#include <sys/auxv.h>
#include <sys/mman.h>
#include <unistd.h>

enum {
	/* More than execve(2) takes of all arguments and variables together; only what is written
	 * to is there. */
	TEXTS_ROOM = 8 << 20,
	STRING_PAGES = 32, /* of one variable, MAX_ARG_STRLEN in the kernel's linux/binfmts.h */
	SHOWN = 160,       /* bytes of a name or path in a refusal */
};

struct gathering {
	char *texts;
	size_t used;
	unsigned count;
};

static int
refuse_file(const char *name, const char *path, int error, struct refusal *why)
{
	const char *cure = geteuid() == 0 ? why_says(WHY_ROOTS_SECRET, error) : NULL;

	if (!cure)
		cure = why_says(WHY_SECRET, error);

	return refuse(why, "--env-from-file %.*s: %.*s_FILE=%.*s %s%s%s", SHOWN, name, SHOWN, name,
		      SHOWN, path, cure ? cure : "cannot be read: ", cure ? "" : strerror(error),
		      cure ? "" : why_here(WHY_NOTHING, error, NULL));
}

static int
make_room(struct gathering *gathering, struct refusal *why)
{
	if (gathering->texts)
		return 0;
	gathering->texts = mmap(NULL, TEXTS_ROOM, PROT_READ | PROT_WRITE,
				MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
	/* A kernel that says 0 has mapped nothing. */
	if (gathering->texts != MAP_FAILED && gathering->texts)
		return 0;
	return refuse(why, "there is no memory for the values of --env-from-file: %s",
		      strerror(errno));
}

static bool
is_set(const char *value)
{
	return value && *value;
}

/* As docker-library's images do it: empty is as good as unset, and NAME_FILE goes in any case. */
static int
gather_secret(struct gathering *gathering, const char *name, const struct facts *facts,
	      struct refusal *why)
{
	size_t longest = getauxval(AT_PAGESZ) * STRING_PAGES;
	size_t room = TEXTS_ROOM - gathering->used;
	size_t name_length = strlen(name);
	size_t length = 0;

	if (make_room(gathering, why))
		return -1;
	if (2 * name_length + sizeof("_FILE=") + 1 >= room)
		return refuse_file(name, "", E2BIG, why);
	char *file_name = gathering->texts + gathering->used;
	char *entry = stpcpy(stpcpy(file_name, name), "_FILE") + 1;
	const char *path = environment_value(facts->environment, file_name);

	if (!path)
		return 0;
	gathering->used = (size_t)(entry - gathering->texts);
	gathering->count++;
	if (!*path)
		return 0;
	if (is_set(environment_value(facts->environment, name)))
		return refuse(
			why,
			"--env-from-file %.*s: %.*s and %.*s_FILE are both set; take one of them away",
			SHOWN, name, SHOWN, name, SHOWN, name);
	char *value = stpcpy(stpcpy(entry, name), "=");

	room = TEXTS_ROOM - (size_t)(value - gathering->texts);
	if (secret_read(path, value, room, &length))
		return refuse_file(name, path, errno, why);
	if (name_length + 1 + length + 1 > longest)
		return refuse(
			why,
			"--env-from-file %.*s: %.*s has %zu bytes, and the kernel takes no more than %zu of a variable; let the service read the file",
			SHOWN, name, SHOWN, path, length, longest - name_length - 2);
	gathering->used = (size_t)(value + length + 1 - gathering->texts);
	gathering->count++;
	return 0;
}

/* A name that is listed again has been dealt with. */
static bool
is_listed_before(const struct options *options, const char *name, unsigned end)
{
	const char *other;
	unsigned cursor = 0;

	while ((other = options_next(options, OPTION_ENV_FROM_FILE, &cursor)) && cursor < end)
		if (!strcmp(other, name))
			return true;
	return false;
}

static int
check_name(const char *name, struct refusal *why)
{
	if (environment_check_name("--env-from-file", name, true, why))
		return -1;
	if (strchr(name, '='))
		return refuse(
			why,
			"--env-from-file %.*s: a name alone belongs here; its value is read from the file that NAME_FILE names",
			SHOWN, name);
	return 0;
}

int
facts_secrets_gather(struct facts *facts, const struct options *options, struct refusal *why)
{
	struct gathering gathering = {.texts = NULL};
	const struct option_entry *said;
	unsigned cursor = 0;

	while ((said = options_entry(options, OPTION_ENV_FROM_FILE, &cursor)))
		if (check_name(said->value, why) ||
		    (!is_listed_before(options, said->value, cursor) &&
		     gather_secret(&gathering, said->value, facts, why)))
			return options_blame(why, said);
	facts->secrets = (struct secrets_facts){
		.texts = gathering.texts,
		.count = gathering.count,
		.size = (gathering.used + FACTS_PAGE - 1) & ~(size_t)(FACTS_PAGE - 1),
	};
	return 0;
}
