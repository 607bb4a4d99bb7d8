/* SPDX-License-Identifier: MIT */
/* Source: passwd(5), shadow(5), group(5), gshadow(5), crypt(5). */
#include "kit/audit/audit.h"

#include <stdlib.h>
#include <string.h>

enum { FILE_MOST = 16 << 20, FIELDS = 9 };

enum kind { USERS, PASSWORDS, GROUPS };

struct line {
	const char *field[FIELDS];
	size_t length[FIELDS];
	size_t count;
};

static void
split(const char *text, size_t length, struct line *line)
{
	line->count = 0;
	while (line->count < FIELDS) {
		const char *colon = memchr(text, ':', length);
		size_t size = colon ? (size_t)(colon - text) : length;

		line->field[line->count] = text;
		line->length[line->count++] = size;
		if (!colon)
			return;
		text = colon + 1;
		length -= size + 1;
	}
}

/* What a C library's lenient parser would take for 0. */
static bool
reads_as_zero(const char *text, size_t length)
{
	uint32_t value = 0; /* that wraps, as theirs may */
	size_t i = 0;

	while (i < length && (text[i] == ' ' || text[i] == '\t' || text[i] == '+'))
		i++;
	for (; i < length && text[i] >= '0' && text[i] <= '9'; i++)
		value = value * 10 + (uint32_t)(text[i] - '0');
	return value == 0;
}

static void
check_uid(struct audit *audit, uint32_t node, const struct line *line)
{
	const char *uid = line->field[2];
	size_t length = line->length[2];
	bool is_root = line->length[0] == 4 && memcmp(line->field[0], "root", 4) == 0;
	bool is_zero = length == 1 && *uid == '0';

	if (!reads_as_zero(uid, length) || (is_root && is_zero))
		return;
	audit_found(audit, CHECK_UID_ZERO, LEVEL_HIGH, node,
		    length == 0 ? "the uid of '%.*s' is empty" : "the uid of '%.*s' is '%.*s'",
		    (int)line->length[0], line->field[0], (int)length, uid);
}

/* "x" says that it is in shadow; "*" and "!" that none fits. A group without one lets only its
 * members in, gshadow(5). */
static void
check_password(struct audit *audit, uint32_t node, const struct line *line, enum kind kind)
{
	const char *text = line->field[1];
	size_t length = line->length[1];

	if (length == 0 && kind != GROUPS) {
		audit_found(audit, CHECK_PASSWORD, LEVEL_HIGH, node, "'%.*s' needs no password",
			    (int)line->length[0], line->field[0]);
		return;
	}
	/* What passwd -l has locked is a hash still, and can be unlocked. */
	while (length > 0 && *text == '!') {
		text++;
		length--;
	}
	if (length > 1 && *text != '*')
		audit_found(audit, CHECK_PASSWORD, LEVEL_HIGH, node, "'%.*s' has a password hash",
			    (int)line->length[0], line->field[0]);
}

static void
check_file(struct audit *audit, const char *path, enum kind kind)
{
	uint32_t node = audit_file(audit, path), roots = 0;
	struct refusal why;
	size_t length = 0;
	char *text;

	if (node == TREE_NONE)
		return;
	text = rootfs_file(&audit->image->root, node, FILE_MOST, &length, &why);
	if (!text) {
		audit_found(audit, CHECK_UNREAD, LEVEL_MEDIUM, node, "%s", why.text);
		return;
	}
	for (const char *at = text, *end = text + length; at < end;) {
		const char *stop = memchr(at, '\n', (size_t)(end - at));
		struct line line;

		stop = stop ? stop : end;
		split(at, (size_t)(stop - at), &line);
		at = stop + 1;
		if (line.count < 2 || line.length[0] == 0 || line.field[0][0] == '#')
			continue;
		check_password(audit, node, &line, kind);
		if (kind != USERS || line.count < 3)
			continue;
		check_uid(audit, node, &line);
		roots += line.length[0] == 4 && memcmp(line.field[0], "root", 4) == 0;
		if (roots > 1) {
			roots = 1;
			audit_found(audit, CHECK_UID_ZERO, LEVEL_HIGH, node,
				    "more than one entry named 'root'");
		}
	}
	free(text);
}

void
audit_users(struct audit *audit)
{
	static const struct {
		char path[16];
		enum kind kind;
	} files[] = {{"/etc/passwd", USERS},  {"/etc/shadow", PASSWORDS},
		     {"/etc/group", GROUPS},  {"/etc/gshadow", GROUPS},
		     {"/etc/passwd-", USERS}, {"/etc/shadow-", PASSWORDS},
		     {"/etc/group-", GROUPS}, {"/etc/gshadow-", GROUPS}};

	for (size_t i = 0; i < sizeof(files) / sizeof(files[0]); i++)
		check_file(audit, files[i].path, files[i].kind);
}
