/* SPDX-License-Identifier: MIT */
#include "kit/audit/audit.h"

#include "kit/heap.h"
#include "setup/certs_count.h"
#include "setup/certs_places.h"
#include "setup/zone.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#define DAY INT64_C(86400)

enum {
	STALE_DAYS = 730,
	PACKAGES_MOST = 64 << 20, /* bytes of a package database */
	YEAR_2000 = 946684800,    /* an older time says that it was not kept */
};

/* ---- how old the bundle is ---- */

/* Days since 1970 of "YYYYMMDD", or -1. */
static int64_t
days_of(const char *text)
{
	int64_t year, month, day;

	if (strspn(text, "0123456789") < 8)
		return -1;
	year = (text[0] - '0') * 1000 + (text[1] - '0') * 100 + (text[2] - '0') * 10 + text[3] -
	       '0';
	month = (text[4] - '0') * 10 + text[5] - '0';
	day = (text[6] - '0') * 10 + text[7] - '0';
	if (year < 2000 || year > 2999 || month < 1 || month > 12 || day < 1 || day > 31)
		return -1;
	/* A year that begins in March has its leap day at its end. */
	year -= month <= 2;
	month = (month + 9) % 12;
	return 365 * year + year / 4 - year / 100 + year / 400 + (month * 153 + 2) / 5 + day - 1 -
	       719468;
}

/* The version of a package, which for CA certificates is a date, in one of the databases. */
static int64_t
packaged(struct audit *audit, const char *database, const char *name, const char *version)
{
	uint32_t node = audit_file(audit, database);
	struct refusal why;
	size_t length = 0;
	int64_t days = -1;
	char *text = node == TREE_NONE
			     ? NULL
			     : rootfs_file(&audit->image->root, node, PACKAGES_MOST, &length, &why);
	char *at = text ? strstr(text, name) : NULL;

	if (at) {
		char *end = strstr(at, "\n\n");

		at = strstr(at, version);
		if (at && (!end || at < end))
			days = days_of(at + strlen(version));
	}
	free(text);
	return days;
}

static void
check_age(struct audit *audit, uint32_t node)
{
	static const struct {
		const char *database, *name, *version;
	} packages[] = {
		{"/var/lib/dpkg/status", "Package: ca-certificates\n", "\nVersion: "},
		{"/var/lib/dpkg/status.d/ca-certificates", "Package: ca-certificates\n",
		 "\nVersion: "},
		{"/lib/apk/db/installed", "P:ca-certificates-bundle\n", "\nV:"},
		{"/lib/apk/db/installed", "P:ca-certificates\n", "\nV:"},
	};
	const char *source = "its package";
	int64_t days = -1, mtime = filetree_inode(&audit->image->root.tree, node)->mtime;

	for (size_t i = 0; days < 0 && i < sizeof(packages) / sizeof(packages[0]); i++)
		days = packaged(audit, packages[i].database, packages[i].name, packages[i].version);
	if (days < 0 && mtime > YEAR_2000) {
		days = mtime / DAY;
		source = "its time";
	}
	if (days < 0)
		notes_add(
			audit->unknown,
			"how old the CA certificates are: neither a package nor the file's time says it");
	else if (audit->now / DAY - days > STALE_DAYS)
		audit_found(audit, CHECK_CA_STALE, LEVEL_LOW, node, "%lld days old by %s",
			    (long long)(audit->now / DAY - days), source);
}

/* ---- what is in it ---- */

static bool
count_file(struct audit *audit, uint32_t node, struct certs_report *report)
{
	struct certs_hoard none = {0};
	struct refusal why;
	size_t length = 0;
	char *bytes = rootfs_file(&audit->image->root, node, CERTS_FILE_MAX, &length, &why);

	if (!bytes) {
		audit_found(audit, CHECK_UNREAD, LEVEL_MEDIUM, node, "%s", why.text);
		return false;
	}
	certs_count((unsigned char *)bytes, length, false, audit->now, report, &none);
	free(bytes);
	return true;
}

static void
count_place(struct audit *audit, uint32_t node, struct certs_report *report)
{
	struct filetree *tree = &audit->image->root.tree;
	uint32_t at = tree->nodes[node].children;
	uint64_t bytes = 0;

	if (S_ISREG(filetree_inode(tree, node)->mode)) {
		count_file(audit, node, report);
		return;
	}
	for (unsigned i = 0; at != TREE_NONE && i < CERTS_ENTRIES_MAX; i++) {
		uint32_t file = filetree_find(tree, node, filetree_name(tree, at), true);

		at = tree->nodes[at].next;
		if (file == TREE_NONE || !S_ISREG(filetree_inode(tree, file)->mode))
			continue;
		bytes += filetree_inode(tree, file)->size;
		if (bytes > CERTS_DIRECTORY_MAX)
			break;
		count_file(audit, file, report);
	}
}

static void
check_certificates(struct audit *audit)
{
	const struct settings *settings = &audit->image->settings;
	struct certs_request *request = memory_new(1, sizeof(*request));
	struct certs_names *names = memory_new(1, sizeof(*names));
	struct certs_report report = {0};
	uint32_t node = TREE_NONE;
	struct refusal why;

	if (certs_places_fill(settings_variable(settings, "SSL_CERT_FILE"),
			      settings_variable(settings, "SSL_CERT_DIR"), names, request,
			      &why) < 0) {
		findings_add(audit->findings, CHECK_CA_MISSING, LEVEL_LOW, 0, "ENV", "%s",
			     why.text);
		request->places = 0;
	}
	for (unsigned i = 0; report.certificates == 0 && i < request->places; i++) {
		node = filetree_find(&audit->image->root.tree, TREE_ROOT, request->path[i].path,
				     true);
		if (node != TREE_NONE)
			count_place(audit, node, &report);
	}
	if (report.certificates == 0) {
		findings_add(audit->findings, CHECK_CA_MISSING, LEVEL_LOW, 0,
			     request->places ? request->path[0].path : "/etc/ssl/certs", "%s", "");
	} else {
		if (report.expired > 0)
			audit_found(audit, CHECK_CA_EXPIRED,
				    certs_valid(&report) > 0 ? LEVEL_LOW : LEVEL_MEDIUM, node,
				    "%u of %u", report.expired, report.certificates);
		check_age(audit, node);
	}
	free(names);
	free(request);
}

static void
check_zones(struct audit *audit)
{
	const char *name = settings_variable(&audit->image->settings, "TZ");
	char path[sizeof(ZONE_DIRECTORY) + ZONE_TEXT_SIZE + 1];
	struct refusal why;
	struct zone zone;

	if (audit_file(audit, ZONE_DIRECTORY "/UTC") == TREE_NONE &&
	    audit_file(audit, ZONE_DIRECTORY "/Etc/UTC") == TREE_NONE)
		findings_add(audit->findings, CHECK_ZONES, LEVEL_LOW, 0, ZONE_DIRECTORY, "%s", "");
	if (!name || !*name)
		return;
	if (zone_parse(name, ZONE_DIRECTORY, &zone, &why) < 0) {
		findings_add(audit->findings, CHECK_ZONES, LEVEL_MEDIUM, 0, "TZ", "%s", why.text);
		return;
	}
	snprintf(path, sizeof(path), "%s/%s", ZONE_DIRECTORY, zone.text);
	if (zone.is_name && !zone.is_rule && audit_file(audit, path) == TREE_NONE)
		findings_add(audit->findings, CHECK_ZONES, LEVEL_MEDIUM, 0, "TZ",
			     "'%s' is not in the image", zone.text);
}

void
audit_trust(struct audit *audit)
{
	check_certificates(audit);
	check_zones(audit);
}
