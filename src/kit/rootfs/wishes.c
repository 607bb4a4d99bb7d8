/* SPDX-License-Identifier: MIT */
#include "kit/rootfs/wishes.h"

#include "kit/heap.h"
#include "value.h"

#include <stdlib.h>
#include <string.h>

#define HIGHEST_ID UINT32_C(4294967294)     /* 4294967295 means "unchanged" to the kernel */
#define HIGHEST_TIME UINT64_C(253402300799) /* the last second of the year 9999 */

static void
add(struct wishes_list *list, const char *text)
{
	list->texts = memory_grow(list->texts, list->count + 1, sizeof(*list->texts));
	list->texts[list->count++] = text;
}

void
wishes_free(struct wishes *wishes)
{
	free(wishes->zones.texts);
	free(wishes->with.texts);
	free(wishes->runs.texts);
	free(wishes->missing.texts);
	free(wishes->programs.texts);
}

/* As useradd(8) accepts them: none that a line of /etc/passwd could be broken with. */
static bool
is_user_name(const char *text, size_t length)
{
	if (length == 0 || length >= WISHES_NAME ||
	    !((text[0] >= 'a' && text[0] <= 'z') || text[0] == '_'))
		return false;
	for (size_t i = 0; i < length; i++)
		if (!((text[i] >= 'a' && text[i] <= 'z') || (text[i] >= '0' && text[i] <= '9') ||
		      text[i] == '_' || text[i] == '-'))
			return false;
	return true;
}

static int
set_user(struct wishes *wishes, const char *value, struct refusal *why)
{
	size_t length = strcspn(value, ":");
	const char *at = value + length;
	const char *end = *at ? at + 1 + strcspn(at + 1, ":") : at;
	uint64_t uid, gid;

	if (wishes->has_user)
		return refuse(why, "--user is given twice");
	if (!is_user_name(value, length))
		return refuse(
			why,
			"--user %s: must be NAME:UID:GID, with a name of up to %d small letters, digits, - and _",
			value, WISHES_NAME - 1);
	if (!*end || !value_number(at + 1, (size_t)(end - at - 1), HIGHEST_ID, &uid) ||
	    !value_number(end + 1, strlen(end + 1), HIGHEST_ID, &gid))
		return refuse(why, "--user %s: must be NAME:UID:GID, with plain numbers up to %u",
			      value, (unsigned)HIGHEST_ID);
	if (uid == 0 || (length == 4 && strncmp(value, "root", 4) == 0))
		return refuse(why, "--user %s: root is there anyway; name the service's user",
			      value);
	memcpy(wishes->user, value, length);
	wishes->uid = (uint32_t)uid;
	wishes->gid = (uint32_t)gid;
	wishes->has_user = true;
	return 0;
}

/* A zone names a file below /usr/share/zoneinfo and nothing else. */
static int
add_zone(struct wishes *wishes, const char *value, struct refusal *why)
{
	bool is_good = *value != '/' && *value != '.' && !strstr(value, "/.") &&
		       !strstr(value, "//") && value[strlen(value) - 1] != '/';

	for (const char *at = value; *at; at++)
		is_good &= (*at >= 'a' && *at <= 'z') || (*at >= 'A' && *at <= 'Z') ||
			   (*at >= '0' && *at <= '9') || strchr("/_+-.", *at);
	if (!is_good)
		return refuse(why, "--tz %s: must be the name of a zone, like Europe/Berlin",
			      value);
	add(&wishes->zones, value);
	return 0;
}

static int
add_with(struct wishes *wishes, const char *value, struct refusal *why)
{
	if (*value != '/' || strspn(value, "/.") == strlen(value))
		return refuse(why, "--with %s: must be an absolute path below /", value);
	add(&wishes->with, value);
	return 0;
}

static int
set_text(const char **field, const char *name, const char *value, struct refusal *why)
{
	if (*field)
		return refuse(why, "%s is given twice: %s and %s", name, *field, value);
	*field = value;
	return 0;
}

enum option {
	OUTPUT,
	ROOT,
	SBOM,
	USER,
	ZONE,
	WITH,
	FROM_RUN,
	ALLOW_MISSING,
	LAST_WITH_VALUE = ALLOW_MISSING,
	CERTS,
	QUIET
};

static int
set_option(struct wishes *out, enum option option, const char *value, struct refusal *why)
{
	switch (option) {
	case OUTPUT:
		return set_text(&out->output, "--output", value, why);
	case ROOT:
		return set_text(&out->root, "--root", value, why);
	case SBOM:
		return set_text(&out->sbom, "--sbom", value, why);
	case USER:
		return set_user(out, value, why);
	case ZONE:
		return add_zone(out, value, why);
	case WITH:
		return add_with(out, value, why);
	case FROM_RUN:
		add(&out->runs, value);
		return 0;
	case ALLOW_MISSING:
		add(&out->missing, value);
		return 0;
	case CERTS:
		out->certs = true;
		return 0;
	default:
		out->quiet = true;
		return 0;
	}
}

static const struct {
	const char *name, *letter;
	enum option option;
} options[] = {
	{"--output", "-o", OUTPUT},   {"--root", "", ROOT},
	{"--sbom", "", SBOM},         {"--user", "", USER},
	{"--tz", "", ZONE},           {"--with", "", WITH},
	{"--from-run", "", FROM_RUN}, {"--allow-missing", "", ALLOW_MISSING},
	{"--certs", "", CERTS},       {"--quiet", "-q", QUIET},
};
enum { OPTIONS = sizeof(options) / sizeof(options[0]) };

static int
parse_option(char **argv, int *at, struct wishes *out, struct refusal *why)
{
	const char *text = argv[*at], *value = strchr(text, '=');
	size_t length = value ? (size_t)(value - text) : strlen(text);

	for (size_t i = 0; i < OPTIONS; i++) {
		if ((strlen(options[i].name) != length ||
		     strncmp(options[i].name, text, length) != 0) &&
		    strcmp(options[i].letter, text) != 0)
			continue;
		bool takes_value = options[i].option <= LAST_WITH_VALUE;

		if (!takes_value && value)
			return refuse(why, "%s takes no value", options[i].name);
		if (takes_value && value)
			value++;
		else if (takes_value && !(value = argv[++*at]))
			return refuse(why, "%s needs a value", options[i].name);
		if (takes_value && !*value)
			return refuse(why, "%s has an empty value", options[i].name);
		return set_option(out, options[i].option, value, why);
	}
	return refuse(why, "%s: there is no such option here, see stepdown-kit --help", text);
}

int
wishes_parse(int argc, char **argv, const char *epoch, struct wishes *out, struct refusal *why)
{
	bool only_programs = false;
	uint64_t newest = INT64_MAX;

	*out = (struct wishes){0};
	for (int at = 1; at < argc; at++) {
		if (!only_programs && strcmp(argv[at], "--") == 0)
			only_programs = true;
		else if (!only_programs && argv[at][0] == '-' && argv[at][1]) {
			if (parse_option(argv, &at, out, why) < 0)
				return -1;
		} else if (!argv[at][0]) {
			return refuse(why, "the name of a program is empty");
		} else {
			add(&out->programs, argv[at]);
		}
	}
	if (!out->output)
		return refuse(why, "rootfs needs -o DIR, where the tree is to be");
	if (out->programs.count + out->with.count + out->runs.count == 0)
		return refuse(why, "rootfs needs a program, --with PATH or --from-run FILE");
	if (epoch && *epoch && !value_number(epoch, strlen(epoch), HIGHEST_TIME, &newest))
		return refuse(why, "SOURCE_DATE_EPOCH must be a number of seconds");
	out->newest = (int64_t)newest;
	return 0;
}
