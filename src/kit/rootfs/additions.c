/* SPDX-License-Identifier: MIT */
#include "kit/rootfs/additions.h"

#include "kit/heap.h"

#include <ctype.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

int
additions_with(struct closure *closure, const char *path, struct refusal *why)
{
	struct gather *gather = closure->gather;
	struct entries *entries = &gather->entries;
	char *canonical;
	size_t first = entries->count;

	if (gather_must(gather, path, "asked for by --with", &canonical, why) < 0)
		return -1;
	struct node *entry = entries_find(entries, canonical);
	bool is_directory = entry && entry->kind == ENTRY_DIRECTORY;
	int result = is_directory || !entry ? gather_below(gather, canonical, why) : 0;
	if (result == 0 && entry && !is_directory)
		result = closure_library(closure, canonical, why);
	free(canonical);
	for (; is_directory && result == 0 && first < entries->count; first++) {
		if (entries->list[first].kind != ENTRY_FILE || entries->list[first].is_made)
			continue;
		char *file = memory_string(entries->list[first].path);

		result = closure_library(closure, file, why);
		free(file);
	}
	return result;
}

/* A file of ours, unless --with has taken the source's. */
static int
make_unless_there(struct gather *gather, const char *path, const char *text, bool is_wanted,
		  struct refusal *why)
{
	if (!entries_find(&gather->entries, path))
		return entries_make_file(&gather->entries, path, 0644, text, strlen(text), why);
	return is_wanted ? refuse(why, "--user and --with /%s contradict each other", path) : 0;
}

int
additions_users(struct gather *gather, const struct wishes *wishes, struct refusal *why)
{
	struct entries *entries = &gather->entries;
	char passwd[256] = "root:x:0:0:root:/root:/sbin/nologin\n";
	char group[128] = "root:x:0:\n", home[64];
	bool has_user = wishes->has_user;

	snprintf(home, sizeof(home), "home/%s", wishes->user);
	if (has_user)
		snprintf(passwd + strlen(passwd), sizeof(passwd) - strlen(passwd),
			 "%s:x:%u:%u::/%s:/sbin/nologin\n", wishes->user, wishes->uid, wishes->gid,
			 home);
	if (has_user && wishes->gid != 0)
		snprintf(group + strlen(group), sizeof(group) - strlen(group), "%s:x:%u:\n",
			 wishes->user, wishes->gid);
	if (make_unless_there(gather, "etc/passwd", passwd, has_user, why) < 0 ||
	    make_unless_there(gather, "etc/group", group, has_user, why) < 0 ||
	    entries_make_directory(entries, "tmp", 01777, 0, 0, why) < 0 ||
	    entries_make_directory(entries, "root", 0700, 0, 0, why) < 0)
		return -1;
	return has_user ? entries_make_directory(entries, home, 0700, wishes->uid, wishes->gid, why)
			: 0;
}

int
additions_zones(struct gather *gather, const struct wishes *wishes, struct refusal *why)
{
	for (size_t i = 0; i < wishes->zones.count; i++) {
		char path[512], *canonical;

		if (snprintf(path, sizeof(path), "/usr/share/zoneinfo/%s",
			     wishes->zones.texts[i]) >= (int)sizeof(path))
			return refuse(why, "--tz %s: too long", wishes->zones.texts[i]);
		if (gather_must(gather, path,
				"asked for by --tz (install tzdata in the build stage)", &canonical,
				why) < 0)
			return -1;
		struct node *entry = entries_find(&gather->entries, canonical);
		free(canonical);
		if (!entry || entry->kind != ENTRY_FILE)
			return refuse(why, "--tz %s: is a folder of zones, not one of them",
				      wishes->zones.texts[i]);
	}
	return 0;
}

int
additions_certs(struct gather *gather, struct refusal *why)
{
	static const char *const places[] = {
		"/etc/ssl/certs/ca-certificates.crt",
		"/etc/pki/tls/certs/ca-bundle.crt",
		"/etc/ssl/ca-bundle.pem",
		"/etc/ssl/cert.pem",
		"/etc/pki/tls/cert.pem",
		"/usr/lib/ssl/cert.pem",
		"/usr/lib/ssl/certs",
	};
	enum { PLACES = sizeof(places) / sizeof(places[0]), BUNDLES = 3 };
	bool has_bundle = false;

	for (size_t i = 0; i < PLACES; i++) {
		int result = gather_path(gather, places[i], NULL, why);

		if (result < 0)
			return -1;
		has_bundle |= result == 0 && i < BUNDLES;
	}
	return has_bundle
		       ? 0
		       : refuse(why,
				"--certs: there is no CA bundle at %s; install ca-certificates in the build stage",
				places[0]);
}

/* Calls closure_name for libnss_SERVICE.so.2 of every word behind a colon. */
static int
take_services(struct closure *closure, const char *text, struct refusal *why)
{
	for (const char *line = text; *line; line += strcspn(line, "\n"), line += *line == '\n') {
		size_t end = strcspn(line, "#\n");
		const char *colon = memchr(line, ':', end);

		for (const char *at = colon ? colon + 1 : line + end; at < line + end;) {
			size_t length = 0;
			char name[64];

			while (at + length < line + end && (isalnum((unsigned char)at[length]) ||
							    at[length] == '_' || at[length] == '-'))
				length++;
			if (length > 0 && length < 40 && *at != '!') {
				snprintf(name, sizeof(name), "libnss_%.*s.so.2", (int)length, at);
				int result = closure_name(closure, name, why);

				if (result < 0)
					return -1;
			}
			at += length ? length : 1;
			/* [NOTFOUND=return] and its like are no services. */
			if (at < line + end && *at == '[')
				at += strcspn(at, "]\n");
		}
	}
	return 0;
}

int
additions_names(struct closure *closure, struct refusal *why)
{
	static const char usual[] = "passwd: files\ngroup: files\nshadow: files\nhosts: files dns\n"
				    "networks: files\nprotocols: files\nservices: files\n"
				    "ethers: files\nrpc: files\n";
	struct gather *gather = closure->gather;
	const struct node *entry = entries_find(&gather->entries, "etc/nsswitch.conf");
	struct source_bytes bytes;

	if (!closure->main.list || closure->main.loader->is_musl)
		return 0;
	if (!entry)
		return take_services(closure, usual, why) < 0
			       ? -1
			       : entries_make_file(&gather->entries, "etc/nsswitch.conf", 0644,
						   usual, strlen(usual), why);
	if (entry->kind != ENTRY_FILE ||
	    source_map(&gather->source, "etc/nsswitch.conf", &bytes) < 0)
		return refuse(why, "cannot read /etc/nsswitch.conf: %s", strerror(errno));
	char *text = memory_new(bytes.size + 1, 1);
	memcpy(text, bytes.bytes, bytes.size);
	source_unmap(&bytes);
	int result = take_services(closure, text, why);
	free(text);
	return result;
}
