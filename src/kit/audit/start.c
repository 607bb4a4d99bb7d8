/* SPDX-License-Identifier: MIT */
#include "kit/audit/audit.h"

#include <stdlib.h>
#include <string.h>

static const char *
word(const struct words *words, size_t index)
{
	return index < words->count ? words->list[index] : NULL;
}

/* SHELL may have options of its own, of which the last ends in c: ["/bin/bash", "-o", "pipefail",
 * "-c"] */
static bool
is_shell_form(const struct words *words)
{
	const char *shell = word(words, 0), *last = shell ? strrchr(shell, '/') : NULL;
	const char *option = words->count >= 3 ? words->list[words->count - 2] : "";

	return *option == '-' && option[strlen(option) - 1] == 'c' && last &&
	       tool_find(last + 1, strlen(last + 1)) == CHECK_SHELL;
}

/* The index of "--", or of what follows the last word. */
static size_t
dashes(const struct words *words)
{
	size_t i = 0;

	while (i < words->count && strcmp(words->list[i], "--") != 0)
		i++;
	return i;
}

static bool
names_stepdown(struct audit *audit, const char *name)
{
	const struct filetree *tree = &audit->image->root.tree;
	uint32_t found, node = name ? audit_lookup(audit, name, &found) : (uint32_t)TREE_NONE;
	const char *last = name ? strrchr(name, '/') : NULL;

	if (name && strcmp(last ? last + 1 : name, "stepdown") == 0)
		return true;
	return node != TREE_NONE && strcmp(filetree_name(tree, node), "stepdown") == 0;
}

/* ---- which programs start ---- */

static uint32_t
started(struct audit *audit, const char *name, const char *key)
{
	uint32_t found, node = audit_lookup(audit, name, &found);

	if (node == TREE_NONE)
		findings_add(audit->findings, CHECK_PROGRAM, LEVEL_HIGH, 0, key,
			     found == TREE_NONE ? "'%s' is not in the image"
						: "'%s' cannot be executed: it lacks the mode",
			     name);
	return node;
}

/* With no ENTRYPOINT: CMD is stepdown's whole command line. */
static void
find_in_command(struct audit *audit)
{
	const struct words *command = &audit->image->settings.command;
	struct refusal why;
	size_t index = audit_behind_options(command, &why);

	if (index == 0) {
		/* It quotes the image. */
		char *text = text_escape(why.text, strlen(why.text));

		notes_add(audit->unknown, "which program CMD starts: %s", text);
		free(text);
	}
	audit->program = index ? started(audit, command->list[index], "CMD") : (uint32_t)TREE_NONE;
}

static void
find_programs(struct audit *audit)
{
	const struct settings *settings = &audit->image->settings;
	const struct words *entry = &settings->entrypoint, *command = &settings->command;
	const char *first = entry->count ? word(entry, 0) : word(command, 0);
	const char *key = entry->count ? "ENTRYPOINT" : "CMD";
	size_t behind = dashes(entry) + 1;

	if (!first) {
		notes_add(audit->unknown,
			  "what the image starts: it has neither ENTRYPOINT nor CMD");
		return;
	}
	audit->steps_down = names_stepdown(audit, first);
	audit->first = started(audit, first, key);
	audit->program = audit->first;
	if (!audit->steps_down)
		return;
	audit->stepdown = audit->first;
	if (entry->count == 0) {
		find_in_command(audit);
		return;
	}
	if (behind > entry->count) {
		audit->program = TREE_NONE; /* said by check_entrypoint */
		return;
	}
	const char *program = word(entry, behind) ? word(entry, behind) : word(command, 0);

	if (!program)
		notes_add(audit->unknown, "which program is started: the image has no CMD");
	audit->program =
		program ? started(audit, program, word(entry, behind) ? "ENTRYPOINT" : "CMD")
			: (uint32_t)TREE_NONE;
}

/* ---- how it starts ---- */

static void
check_entrypoint(struct audit *audit)
{
	const struct settings *settings = &audit->image->settings;

	if (is_shell_form(&settings->entrypoint))
		findings_add(audit->findings, CHECK_SHELL_FORM, LEVEL_MEDIUM, 0, "ENTRYPOINT", "%s",
			     settings->entrypoint.list[settings->entrypoint.count - 1]);
	if (is_shell_form(&settings->command))
		findings_add(audit->findings, CHECK_SHELL_FORM, LEVEL_LOW, 0, "CMD", "%s",
			     settings->command.list[settings->command.count - 1]);
	if (audit->steps_down && settings->entrypoint.count > 0 &&
	    dashes(&settings->entrypoint) == settings->entrypoint.count)
		findings_add(audit->findings, CHECK_OPEN_ENTRYPOINT, LEVEL_MEDIUM, 0, "ENTRYPOINT",
			     "it ends in '%s'",
			     settings->entrypoint.list[settings->entrypoint.count - 1]);
}

/* A number as engines read it, with strconv.Atoi: "+00" is 0. */
static bool
is_number(const char *text, size_t length, bool *is_zero)
{
	size_t sign = length > 1 && (*text == '+' || *text == '-');

	*is_zero = strspn(text + sign, "0") == length - sign;
	return length > 0 && strspn(text + sign, "0123456789") == length - sign;
}

/* Whether a user of that name stands in /etc/passwd, and has uid 0. */
static bool
has_user(struct audit *audit, const char *user, size_t length, bool *is_zero)
{
	uint32_t node = audit_file(audit, "/etc/passwd");
	struct refusal why;
	size_t size = 0;
	char *text = node == TREE_NONE
			     ? NULL
			     : rootfs_file(&audit->image->root, node, 16 << 20, &size, &why);
	bool found = false;

	for (char *at = text; at && at < text + size && !found;) {
		char *stop = memchr(at, '\n', (size_t)(text + size - at));
		char *uid = at + length + 1;

		found = (size_t)(text + size - at) > length && memcmp(at, user, length) == 0 &&
			at[length] == ':';
		/* rootfs_file has put a NUL behind the last byte. */
		uid += found ? strcspn(uid, ":\n") : 0;
		if (found && *uid == ':')
			is_number(uid + 1, strcspn(uid + 1, ":\n"), is_zero);
		at = stop ? stop + 1 : NULL;
	}
	free(text);
	return found;
}

enum user { USER_ROOT, USER_OTHER, USER_UNKNOWN };

/* As whom the engine starts what the image says. */
static enum user
start_user(struct audit *audit)
{
	const char *user = audit->image->settings.user;
	size_t length = strcspn(user, ":");
	bool is_zero = false;

	if (length == 0)
		return USER_ROOT;
	if (!has_user(audit, user, length, &is_zero) && !is_number(user, length, &is_zero)) {
		/* No engine needs an entry for root. */
		if (length == 4 && memcmp(user, "root", 4) == 0)
			return USER_ROOT;
		return USER_UNKNOWN;
	}
	return is_zero ? USER_ROOT : USER_OTHER;
}

/* What is not understood may give one. */
static bool
gives_user(struct audit *audit)
{
	const struct settings *settings = &audit->image->settings;
	const struct words *own =
		settings->entrypoint.count ? &settings->entrypoint : &settings->command;
	struct refusal why;
	size_t end = settings->entrypoint.count ? dashes(own) : audit_behind_options(own, &why);
	static const char *const files[] = {"/etc/stepdown.conf", "/etc/stepdown.d"};

	if (end == 0)
		return true;
	for (size_t i = 1; i < end; i++)
		if (strncmp(own->list[i], "-u", 2) == 0 ||
		    strncmp(own->list[i], "--user", 6) == 0 ||
		    strncmp(own->list[i], "--puid", 6) == 0 ||
		    strncmp(own->list[i], "--config", 8) == 0 ||
		    strncmp(own->list[i], "--from-env", 10) == 0)
			return true;
	for (size_t i = 0; i < sizeof(files) / sizeof(files[0]); i++)
		if (filetree_find(&audit->image->root.tree, TREE_ROOT, files[i], true) != TREE_NONE)
			return true;
	return false;
}

static void
check_user(struct audit *audit, enum user start)
{
	const char *user = audit->image->settings.user;

	if (start == USER_UNKNOWN)
		findings_add(audit->findings, CHECK_START_USER, LEVEL_HIGH, 0, "USER",
			     "'%s' is not in /etc/passwd: the container does not start", user);
	else if (start == USER_OTHER)
		findings_add(audit->findings, CHECK_START_USER, LEVEL_INFO, 0, "USER",
			     audit->steps_down ? "'%s': stepdown does without what needs root"
					       : "'%s'",
			     user);
	else if (!audit->steps_down)
		findings_add(audit->findings, CHECK_START_USER, LEVEL_HIGH, 0, "USER",
			     "root, and ENTRYPOINT does not step down");
	else if (!gives_user(audit))
		findings_add(audit->findings, CHECK_START_USER, LEVEL_HIGH, 0, "USER",
			     "stepdown is not told as whom to run: it refuses to start");
}

/* Set-up is done once, when the container starts, and not as root beside the service. */
static bool
leaves_set_up_out(const struct words *test)
{
	size_t end = dashes(test);

	for (size_t i = 2; i < end; i++)
		if (strcmp(test->list[i], "--no-setup") == 0)
			return true;
	return false;
}

static void
check_health(struct audit *audit, enum user start)
{
	const struct words *test = &audit->image->settings.healthcheck;
	const char *said = "";

	if (test->count < 2 || strcmp(test->list[0], "NONE") == 0 || start == USER_OTHER)
		return;
	if (strcmp(test->list[0], "CMD") != 0)
		said = "in shell form: ";
	else if (names_stepdown(audit, test->list[1]) && leaves_set_up_out(test))
		return;
	else if (names_stepdown(audit, test->list[1]))
		said = "without --no-setup, so that the set-up is done again each time: ";
	findings_add(audit->findings, CHECK_HEALTHCHECK, LEVEL_MEDIUM, 0, "HEALTHCHECK", "%s%s",
		     said, test->list[1]);
}

void
audit_start(struct audit *audit)
{
	if (audit->image->settings.document) {
		enum user user = start_user(audit);

		find_programs(audit);
		check_entrypoint(audit);
		check_user(audit, user);
		check_health(audit, user);
	} else {
		notes_add(
			audit->unknown,
			"user, ENTRYPOINT, CMD, HEALTHCHECK and labels: a file system alone does not say them; give the answer of 'docker inspect IMAGE' as --config FILE, or audit what 'docker save' writes");
	}
}
