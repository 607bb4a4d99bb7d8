/* SPDX-License-Identifier: MIT */
/*
 * Every check of the audit: an image in which nothing is wrong stays silent, and each row is that
 * image with one thing changed, which one check must see, or just must not.
 */
#include "certs_sample.h"
#include "helpers/archive.h"
#include "kit/audit/audit.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#define KEY "-----BEGIN PRIVATE KEY-----\nMIIEvQIBADANBgkqhkiG9w0BAQEFAASCBKcw\n"
#define ENTRY "\"Entrypoint\":[\"/sbin/stepdown\",\"--user\",\"1:1\",\"--\"]"
#define COMMAND "\"Cmd\":[\"/app/service\"]"
#define LABELS_WITHOUT_VERSION                                                                     \
	"\"org.opencontainers.image.source\":\"s\",\"org.opencontainers.image.revision\":\"r\","   \
	"\"org.opencontainers.image.created\":\"c\""
#define LABELS "\"Labels\":{" LABELS_WITHOUT_VERSION ",\"org.opencontainers.image.version\":\"1\"}"

#define BUNDLE "\1" /* stands for one good certificate */

enum { MEMBERS = 5 };

struct row {
	struct member members[MEMBERS]; /* after the usual ones, which they may replace */
	const char *config;             /* NULL: the usual one */
	const char *tags;               /* NULL: the usual ones */
	enum check_id check;
	const char *where; /* NULL: the check stays silent */
	enum level level;
	const char *detail; /* a part of it */
};

static char *bundle; /* one good certificate */

/* The image in which nothing is wrong. */
static struct archive
usual_layer(const struct member *more)
{
	const struct member members[] = {
		{.name = "sbin/"},
		{.name = "sbin/stepdown", .mode = 0755, .text = "stepdown"},
		{.name = "app/service", .mode = 0755, .text = "service"},
		{.name = "etc/passwd", .text = "root:x:0:0:root:/:/app\napp:*:1:1::/:\n"},
		{.name = "etc/shadow", .mode = 0600, .text = "root:*:19000::::::\napp:!:1::::::\n"},
		{.name = "etc/ssl/certs/ca-certificates.crt",
		 .text = bundle,
		 .mtime = SAMPLE_NOW - 100},
		{.name = "usr/share/zoneinfo/UTC", .text = "TZif"},
		{.name = "tmp/", .mode = 01777},
	};
	struct archive layer = {0};

	for (size_t i = 0; i < sizeof(members) / sizeof(members[0]); i++)
		archive_add(&layer, &members[i]);
	for (size_t i = 0; i < MEMBERS && more && more[i].name; i++) {
		struct member member = more[i];

		if (member.text && strcmp(member.text, BUNDLE) == 0)
			member.text = bundle;
		archive_add(&layer, &member);
	}
	archive_end(&layer);
	return layer;
}

/* Opens and audits an archive, which is released. The image has to be closed by the caller. */
static void
audit_archive(struct archive *archive, struct image *image, struct findings *findings,
	      struct notes *unknown)
{
	struct audit audit = {
		.image = image, .findings = findings, .unknown = unknown, .now = SAMPLE_NOW};
	struct refusal why;

	if (image_open_bytes(archive->bytes, archive->length, image, &why) < 0)
		fail_msg("%s", why.text);
	audit_run(&audit);
	findings_sort(findings);
}

static const struct finding *
find(const struct findings *findings, enum check_id check, const char *where)
{
	for (size_t i = 0; i < findings->count; i++)
		if (findings->list[i].check == check &&
		    (!where || strcmp(findings->list[i].where, where) == 0))
			return &findings->list[i];
	return NULL;
}

static const struct row rows[] = {
	/* files */
	{{{.name = "bin/x", .mode = 04755}}, 0, 0, CHECK_SETUID, "/bin/x", LEVEL_HIGH, "4755"},
	{{{.name = "bin/x", .mode = 04755, .uid = 7}},
	 0,
	 0,
	 CHECK_SETUID,
	 "/bin/x",
	 LEVEL_MEDIUM,
	 "owner 7"},
	{{{.name = "bin/x", .mode = 0755}}, 0, 0, CHECK_SETUID, NULL, 0, 0},
	{{{.name = "bin/x/", .mode = 04755}}, 0, 0, CHECK_SETUID, NULL, 0, 0},
	{{{.name = "bin/x", .mode = 02755, .gid = 42}},
	 0,
	 0,
	 CHECK_SETGID,
	 "/bin/x",
	 LEVEL_MEDIUM,
	 "group 42"},
	{{{.name = "bin/x", .mode = 02755}}, 0, 0, CHECK_SETGID, "/bin/x", LEVEL_HIGH, "group 0"},
	{{{.name = "bin/x", .mode = 02644}}, 0, 0, CHECK_SETGID, NULL, 0, 0},
	{{{.name = "var/d/", .mode = 02775}}, 0, 0, CHECK_SETGID, NULL, 0, 0},
	{{{.name = "etc/x", .mode = 0666}},
	 0,
	 0,
	 CHECK_WRITABLE_FILE,
	 "/etc/x",
	 LEVEL_MEDIUM,
	 "0666"},
	{{{.name = "bin/x", .mode = 0777}},
	 0,
	 0,
	 CHECK_WRITABLE_FILE,
	 "/bin/x",
	 LEVEL_HIGH,
	 "0777"},
	{{{.name = "etc/x", .mode = 0664}}, 0, 0, CHECK_WRITABLE_FILE, NULL, 0, 0},
	{{{.name = "etc/x", .mode = 0777, .type = '2', .link = "y"}},
	 0,
	 0,
	 CHECK_WRITABLE_FILE,
	 NULL,
	 0,
	 0},
	{{{.name = "var/x/", .mode = 0777}},
	 0,
	 0,
	 CHECK_WRITABLE_DIRECTORY,
	 "/var/x",
	 LEVEL_MEDIUM,
	 "0777"},
	{{{.name = "var/x/", .mode = 01777}}, 0, 0, CHECK_WRITABLE_DIRECTORY, NULL, 0, 0},
	/* tools */
	{{{.name = "bin/dash", .mode = 0755}}, 0, 0, CHECK_SHELL, "/bin/dash", LEVEL_MEDIUM, 0},
	{{{.name = "opt/deep/down/busybox", .mode = 0755}},
	 0,
	 0,
	 CHECK_SHELL,
	 "/opt/deep/down/busybox",
	 LEVEL_MEDIUM,
	 0},
	{{{.name = "bin/dash", .mode = 0644}}, 0, 0, CHECK_SHELL, NULL, 0, 0},
	{{{.name = "bin/sh", .type = '2', .link = "x", .mode = 0777}},
	 0,
	 0,
	 CHECK_SHELL,
	 NULL,
	 0,
	 0},
	{{{.name = "usr/bin/apt-get", .mode = 0755}},
	 0,
	 0,
	 CHECK_PACKAGE_MANAGER,
	 "/usr/bin/apt-get",
	 LEVEL_MEDIUM,
	 0},
	{{{.name = "sbin/apk", .mode = 0755}},
	 0,
	 0,
	 CHECK_PACKAGE_MANAGER,
	 "/sbin/apk",
	 LEVEL_MEDIUM,
	 0},
	{{{.name = "usr/bin/apt-getter", .mode = 0755}}, 0, 0, CHECK_PACKAGE_MANAGER, NULL, 0, 0},
	{{{.name = "usr/bin/curl", .mode = 0755}}, 0, 0, CHECK_TOOL, "/usr/bin/curl", LEVEL_LOW, 0},
	{{{.name = "usr/bin/python3.11", .mode = 0755}},
	 0,
	 0,
	 CHECK_TOOL,
	 "/usr/bin/python3.11",
	 LEVEL_LOW,
	 0},
	{{{.name = "usr/lib/x/libexec/gdb", .mode = 0755}},
	 0,
	 0,
	 CHECK_TOOL,
	 "/usr/lib/x/libexec/gdb",
	 LEVEL_LOW,
	 0},
	{{{.name = "opt/curl", .mode = 0755}}, 0, 0, CHECK_TOOL, "/opt/curl", LEVEL_LOW, 0},
	{{{.name = "usr/bin/curl", .mode = 0644}}, 0, 0, CHECK_TOOL, NULL, 0, 0},
	{{{.name = "usr/share/doc/x/script", .mode = 0755}}, 0, 0, CHECK_TOOL, NULL, 0, 0},
	{{{.name = "usr/bin/python3.11", .mode = 0755}},
	 "{\"config\":{" ENTRY ",\"Cmd\":[\"python3.11\"]}}",
	 0,
	 CHECK_TOOL,
	 NULL,
	 0,
	 0},
	{{{.name = "usr/bin/1", .mode = 0755},
	  {.name = "bin", .type = '2', .link = "usr/bin"},
	  {.name = "usr/bin/l", .type = '2', .link = "1"},
	  {.name = "usr/bin/dangling", .type = '2', .link = "2"}},
	 0,
	 0,
	 CHECK_EXECUTABLES,
	 "PATH",
	 LEVEL_INFO,
	 "3"},
	/* users */
	{{{.name = "etc/passwd", .text = "root:x:0:0::/:\ntoor:x:0:0::/:\n"}},
	 0,
	 0,
	 CHECK_UID_ZERO,
	 "/etc/passwd",
	 LEVEL_HIGH,
	 "'toor' is '0'"},
	{{{.name = "etc/passwd", .text = "root:x:0:0::/:\napp:x::0::/:\n"}},
	 0,
	 0,
	 CHECK_UID_ZERO,
	 "/etc/passwd",
	 LEVEL_HIGH,
	 "'app' is empty"},
	{{{.name = "etc/passwd", .text = "root:x:0:0::/:\napp:x:4294967296:0::/:\n"}},
	 0,
	 0,
	 CHECK_UID_ZERO,
	 "/etc/passwd",
	 LEVEL_HIGH,
	 "'4294967296'"},
	{{{.name = "etc/passwd", .text = "root:x:0:0::/:\nroot:x:0:0::/:\n"}},
	 0,
	 0,
	 CHECK_UID_ZERO,
	 "/etc/passwd",
	 LEVEL_HIGH,
	 "more than one"},
	{{{.name = "etc/passwd", .text = "root:x:0:0::/:\na:x:10:0::/:\n"}},
	 0,
	 0,
	 CHECK_UID_ZERO,
	 NULL,
	 0,
	 0},
	{{{.name = "etc/shadow", .text = "root:$6$salt$hash:1::::::\n"}},
	 0,
	 0,
	 CHECK_PASSWORD,
	 "/etc/shadow",
	 LEVEL_HIGH,
	 "'root' has a password hash"},
	{{{.name = "etc/shadow", .text = "a:!$y$j9T$x:1::::::\n"}},
	 0,
	 0,
	 CHECK_PASSWORD,
	 "/etc/shadow",
	 LEVEL_HIGH,
	 "'a' has"},
	{{{.name = "etc/passwd", .text = "a::1:1::/:\n"}},
	 0,
	 0,
	 CHECK_PASSWORD,
	 "/etc/passwd",
	 LEVEL_HIGH,
	 "'a' needs no password"},
	{{{.name = "etc/shadow", .text = "a:!!:1::::::\nb:*LK*:1\nc:*:1\nd:!*:1\n"}},
	 0,
	 0,
	 CHECK_PASSWORD,
	 NULL,
	 0,
	 0},
	{{{.name = "etc/gshadow", .text = "adm:$6$salt$hash::\n"}},
	 0,
	 0,
	 CHECK_PASSWORD,
	 "/etc/gshadow",
	 LEVEL_HIGH,
	 "'adm' has"},
	/* An empty one lets nobody in who is not a member, and Fedora's images have nothing else.
	 */
	{{{.name = "etc/gshadow", .text = "root:::\nadm:!::\n"}}, 0, 0, CHECK_PASSWORD, NULL, 0, 0},
	{{{.name = "etc/gshadow-", .text = "adm:$6$salt$hash::\n"}},
	 0,
	 0,
	 CHECK_PASSWORD,
	 "/etc/gshadow-",
	 LEVEL_HIGH,
	 "'adm' has"},
	/* group(5) has a field for it, too. */
	{{{.name = "etc/group", .text = "root:x:0:\nadm:$6$salt$hash:4:app\n"}},
	 0,
	 0,
	 CHECK_PASSWORD,
	 "/etc/group",
	 LEVEL_HIGH,
	 "'adm' has a password hash"},
	{{{.name = "etc/group", .text = "adm:!$y$j9T$x:4:\n"}},
	 0,
	 0,
	 CHECK_PASSWORD,
	 "/etc/group",
	 LEVEL_HIGH,
	 "'adm' has"},
	{{{.name = "etc/group-", .text = "old:$6$salt$hash:4:\n"}},
	 0,
	 0,
	 CHECK_PASSWORD,
	 "/etc/group-",
	 LEVEL_HIGH,
	 "'old' has"},
	{{{.name = "etc/group", .text = "root:x:0:\nadm:*:4:\nmail:!:8:\nopen::9:a,b\n"}},
	 0,
	 0,
	 CHECK_PASSWORD,
	 NULL,
	 0,
	 0},
	/* A gid is not a uid: root's group is everybody's who is in it. */
	{{{.name = "etc/group", .text = "root:x:0:\nwheel:x:0:\n"}},
	 0,
	 0,
	 CHECK_UID_ZERO,
	 NULL,
	 0,
	 0},
	{{{.name = "etc/shadow-", .text = "old:$6$salt$hash:1::::::\n"}},
	 0,
	 0,
	 CHECK_PASSWORD,
	 "/etc/shadow-",
	 LEVEL_HIGH,
	 "'old' has"},
	{{{.name = "etc/passwd-", .text = "old:x:0:0::/:\n"}},
	 0,
	 0,
	 CHECK_UID_ZERO,
	 "/etc/passwd-",
	 LEVEL_HIGH,
	 "'old' is '0'"},
	{{{.name = "etc/passwd", .pax = "GNU.sparse.realsize=99"}},
	 0,
	 0,
	 CHECK_UNREAD,
	 "/etc/passwd",
	 LEVEL_MEDIUM,
	 ""},
	/* keys */
	{{{.name = "etc/k", .text = KEY}}, 0, 0, CHECK_PRIVATE_KEY, "/etc/k", LEVEL_HIGH, 0},
	{{{.name = "etc/k", .text = "a certificate\n" KEY}},
	 0,
	 0,
	 CHECK_PRIVATE_KEY,
	 "/etc/k",
	 LEVEL_HIGH,
	 0},
	{{{.name = "etc/k",
	   .text = "-----BEGIN RSA PRIVATE KEY-----\r\nProc-Type: 4,ENCRYPTED\r\n"}},
	 0,
	 0,
	 CHECK_PRIVATE_KEY,
	 "/etc/k",
	 LEVEL_HIGH,
	 0},
	{{{.name = "etc/k", .text = "PuTTY-User-Key-File-2: ssh-rsa\n"}},
	 0,
	 0,
	 CHECK_PRIVATE_KEY,
	 "/etc/k",
	 LEVEL_HIGH,
	 0},
	{{{.name = "etc/k", .text = "-----BEGIN PUBLIC KEY-----\nMIIEvQIBADANBgkqhkiG9w0B\n"}},
	 0,
	 0,
	 CHECK_PRIVATE_KEY,
	 NULL,
	 0,
	 0},
	{{{.name = "doc",
	   .text = "It begins with -----BEGIN PRIVATE KEY-----\nMIIEvQIBADANBgkqhk\n"}},
	 0,
	 0,
	 CHECK_PRIVATE_KEY,
	 NULL,
	 0,
	 0},
	{{{.name = "doc", .text = "-----BEGIN PRIVATE KEY-----\nfollows the key\n"}},
	 0,
	 0,
	 CHECK_PRIVATE_KEY,
	 NULL,
	 0,
	 0},
	/* start */
	{{{0}},
	 "{\"config\":{\"Cmd\":[\"/app/service\"]}}",
	 0,
	 CHECK_START_USER,
	 "USER",
	 LEVEL_HIGH,
	 "does not step down"},
	{{{0}},
	 "{\"config\":{\"Cmd\":[\"/app/service\"],\"User\":\"0:0\"}}",
	 0,
	 CHECK_START_USER,
	 "USER",
	 LEVEL_HIGH,
	 "does not step down"},
	/* An engine reads numbers as strconv.Atoi does, and asks the image who a name is. */
	{{{0}},
	 "{\"config\":{\"Cmd\":[\"/app/service\"],\"User\":\"+00:1\"}}",
	 0,
	 CHECK_START_USER,
	 "USER",
	 LEVEL_HIGH,
	 "does not step down"},
	{{{.name = "etc/passwd", .text = "root:x:0:0::/:\ntoor:x:0:0::/:\n"}},
	 "{\"config\":{\"Cmd\":[\"/app/service\"],\"User\":\"toor\"}}",
	 0,
	 CHECK_START_USER,
	 "USER",
	 LEVEL_HIGH,
	 "does not step down"},
	{{{.name = "etc/passwd", .text = "root:x:7:7::/:\n"}},
	 "{\"config\":{\"Cmd\":[\"/app/service\"],\"User\":\"root\"}}",
	 0,
	 CHECK_START_USER,
	 "USER",
	 LEVEL_INFO,
	 "'root'"},
	{{{0}},
	 "{\"config\":{\"Cmd\":[\"/app/service\"],\"User\":\"10:0\"}}",
	 0,
	 CHECK_START_USER,
	 "USER",
	 LEVEL_INFO,
	 "'10:0'"},
	{{{0}},
	 "{\"config\":{\"Cmd\":[\"/app/service\"],\"User\":\"nobody\"}}",
	 0,
	 CHECK_START_USER,
	 "USER",
	 LEVEL_HIGH,
	 "not in /etc/passwd"},
	{{{0}},
	 "{\"config\":{\"Cmd\":[\"/app/service\"],\"User\":\"app\"}}",
	 0,
	 CHECK_START_USER,
	 "USER",
	 LEVEL_INFO,
	 "'app'"},
	{{{0}},
	 "{\"config\":{\"Entrypoint\":[\"/sbin/stepdown\",\"--\"]," COMMAND "}}",
	 0,
	 CHECK_START_USER,
	 "USER",
	 LEVEL_HIGH,
	 "not told as whom"},
	{{{.name = "etc/stepdown.conf", .text = "user = 1\n"}},
	 "{\"config\":{\"Entrypoint\":[\"/sbin/stepdown\",\"--\"]," COMMAND "}}",
	 0,
	 CHECK_START_USER,
	 NULL,
	 0,
	 0},
	{{{0}},
	 "{\"config\":{\"Entrypoint\":[\"/sbin/stepdown\",\"--puid\",\"--\"]," COMMAND "}}",
	 0,
	 CHECK_START_USER,
	 NULL,
	 0,
	 0},
	{{{0}},
	 "{\"config\":{\"Entrypoint\":[\"/sbin/stepdown\",\"--config=/c\",\"--\"]," COMMAND "}}",
	 0,
	 CHECK_START_USER,
	 NULL,
	 0,
	 0},
	{{{0}},
	 "{\"config\":{\"Entrypoint\":[\"/sbin/stepdown\",\"--from-env=USER\",\"--\"]," COMMAND
	 "}}",
	 0,
	 CHECK_START_USER,
	 NULL,
	 0,
	 0},
	{{{0}},
	 "{\"config\":{\"Entrypoint\":[\"/sbin/stepdown\",\"-u1\",\"--\"]," COMMAND "}}",
	 0,
	 CHECK_START_USER,
	 NULL,
	 0,
	 0},
	/* What stands behind the dashes is the command's. */
	{{{0}},
	 "{\"config\":{\"Entrypoint\":[\"/sbin/stepdown\",\"--\",\"/app/service\",\"--user\"]}}",
	 0,
	 CHECK_START_USER,
	 "USER",
	 LEVEL_HIGH,
	 "not told as whom"},
	/* With no ENTRYPOINT stepdown's whole command line is CMD. */
	{{{0}},
	 "{\"config\":{\"Cmd\":[\"/sbin/stepdown\",\"--seccomp\",\"strict\",\"/app/service\"]}}",
	 0,
	 CHECK_START_USER,
	 "USER",
	 LEVEL_HIGH,
	 "not told as whom"},
	{{{0}},
	 "{\"config\":{\"Cmd\":[\"/sbin/stepdown\",\"/app/service\",\"--user\",\"1\"]}}",
	 0,
	 CHECK_START_USER,
	 "USER",
	 LEVEL_HIGH,
	 "not told as whom"},
	{{{0}},
	 "{\"config\":{\"Cmd\":[\"/sbin/stepdown\",\"--user\",\"1\",\"/app/service\"]}}",
	 0,
	 CHECK_START_USER,
	 NULL,
	 0,
	 0},
	{{{.name = "etc/stepdown.conf", .text = "user = 1\n"}},
	 "{\"config\":{\"Cmd\":[\"/sbin/stepdown\",\"/app/service\"]}}",
	 0,
	 CHECK_START_USER,
	 NULL,
	 0,
	 0},
	{{{.name = "gosu", .type = '2', .link = "sbin/stepdown"}},
	 "{\"config\":{\"Cmd\":[\"/gosu\",\"app\",\"/app/service\"]}}",
	 0,
	 CHECK_START_USER,
	 NULL,
	 0,
	 0},
	{{{.name = "tini", .type = '2', .link = "sbin/stepdown"}},
	 "{\"config\":{\"Entrypoint\":[\"/tini\",\"--user=1\",\"--\"]," COMMAND "}}",
	 0,
	 CHECK_START_USER,
	 NULL,
	 0,
	 0},
	{{{0}},
	 "{\"config\":{" ENTRY "," COMMAND ",\"Healthcheck\":{\"Test\":[\"CMD-SHELL\",\"x\"]}}}",
	 0,
	 CHECK_HEALTHCHECK,
	 "HEALTHCHECK",
	 LEVEL_MEDIUM,
	 "shell form"},
	{{{0}},
	 "{\"config\":{" ENTRY "," COMMAND ",\"Healthcheck\":{\"Test\":[\"CMD\",\"/x\"]}}}",
	 0,
	 CHECK_HEALTHCHECK,
	 "HEALTHCHECK",
	 LEVEL_MEDIUM,
	 "/x"},
	{{{0}},
	 "{\"config\":{" ENTRY "," COMMAND
	 ",\"Healthcheck\":{\"Test\":[\"CMD\",\"/sbin/stepdown\",\"--no-setup\"]}}}",
	 0,
	 CHECK_HEALTHCHECK,
	 NULL,
	 0,
	 0},
	{{{0}},
	 "{\"config\":{" ENTRY "," COMMAND ",\"Healthcheck\":{\"Test\":[\"CMD\",\"/sbin/stepdown\","
	 "\"-u\",\"1\",\"--\",\"/x\",\"--no-setup\"]}}}",
	 0,
	 CHECK_HEALTHCHECK,
	 "HEALTHCHECK",
	 LEVEL_MEDIUM,
	 "without --no-setup"},
	{{{0}},
	 "{\"config\":{" COMMAND ",\"User\":\"1\",\"Healthcheck\":{\"Test\":[\"CMD\",\"/x\"]}}}",
	 0,
	 CHECK_HEALTHCHECK,
	 NULL,
	 0,
	 0},
	{{{0}},
	 "{\"config\":{" ENTRY "," COMMAND ",\"Healthcheck\":{\"Test\":[\"NONE\"]}}}",
	 0,
	 CHECK_HEALTHCHECK,
	 NULL,
	 0,
	 0},
	{{{0}}, 0, "[\"app:latest\"]", CHECK_TAG, "app:latest", LEVEL_LOW, "'latest'"},
	{{{0}},
	 0,
	 "[\"localhost:5000/app\"]",
	 CHECK_TAG,
	 "localhost:5000/app",
	 LEVEL_LOW,
	 "no tag"},
	{{{0}}, 0, "null", CHECK_TAG, "tag", LEVEL_LOW, "no tag"},
	{{{0}}, 0, "[\"localhost:5000/app:1.2\"]", CHECK_TAG, NULL, 0, 0},
	{{{0}},
	 "{\"config\":{" ENTRY "," COMMAND ",\"Labels\":{" LABELS_WITHOUT_VERSION "}}}",
	 0,
	 CHECK_LABEL,
	 "org.opencontainers.image.version",
	 LEVEL_LOW,
	 ""},
	{{{0}},
	 "{\"created\":\"2026\",\"config\":{\"Labels\":{}}}",
	 0,
	 CHECK_LABEL,
	 "org.opencontainers.image.revision",
	 LEVEL_LOW,
	 ""},
	{{{0}},
	 "{\"config\":{\"Entrypoint\":[\"/bin/sh\",\"-c\",\"exec x\"]}}",
	 0,
	 CHECK_SHELL_FORM,
	 "ENTRYPOINT",
	 LEVEL_MEDIUM,
	 "exec x"},
	/* SHELL ["/bin/bash", "-o", "pipefail", "-c"] */
	{{{0}},
	 "{\"config\":{\"Entrypoint\":[\"/bin/bash\",\"-o\",\"pipefail\",\"-c\",\"exec y\"]}}",
	 0,
	 CHECK_SHELL_FORM,
	 "ENTRYPOINT",
	 LEVEL_MEDIUM,
	 "exec y"},
	{{{0}},
	 "{\"config\":{\"Entrypoint\":[\"/usr/bin/dash\",\"-ec\",\"exec z\"]}}",
	 0,
	 CHECK_SHELL_FORM,
	 "ENTRYPOINT",
	 LEVEL_MEDIUM,
	 "exec z"},
	{{{0}},
	 "{\"config\":{\"Entrypoint\":[\"/bin/sh\",\"/start\"]}}",
	 0,
	 CHECK_SHELL_FORM,
	 NULL,
	 0,
	 0},
	{{{0}},
	 "{\"config\":{\"Entrypoint\":[\"/app/service\",\"-c\",\"/etc/x\"]}}",
	 0,
	 CHECK_SHELL_FORM,
	 NULL,
	 0,
	 0},
	{{{0}},
	 "{\"config\":{" ENTRY ",\"Cmd\":[\"/bin/sh\",\"-c\",\"x\"]}}",
	 0,
	 CHECK_SHELL_FORM,
	 "CMD",
	 LEVEL_LOW,
	 "x"},
	{{{0}},
	 "{\"config\":{\"Entrypoint\":[\"/sbin/stepdown\",\"-u\",\"1\"]," COMMAND "}}",
	 0,
	 CHECK_OPEN_ENTRYPOINT,
	 "ENTRYPOINT",
	 LEVEL_MEDIUM,
	 "'1'"},
	{{{0}},
	 "{\"config\":{\"Entrypoint\":[\"/sbin/stepdown\",\"-u\",\"1\",\"--\",\"/app/service\"]}}",
	 0,
	 CHECK_OPEN_ENTRYPOINT,
	 NULL,
	 0,
	 0},
	{{{0}},
	 "{\"config\":{\"Entrypoint\":[\"/app/service\"]}}",
	 0,
	 CHECK_OPEN_ENTRYPOINT,
	 NULL,
	 0,
	 0},
	/* programs */
	{{{0}},
	 "{\"config\":{" ENTRY ",\"Cmd\":[\"/no\"]}}",
	 0,
	 CHECK_PROGRAM,
	 "CMD",
	 LEVEL_HIGH,
	 "'/no' is not in the image"},
	{{{0}},
	 "{\"config\":{\"Entrypoint\":[\"nothing\"]}}",
	 0,
	 CHECK_PROGRAM,
	 "ENTRYPOINT",
	 LEVEL_HIGH,
	 "'nothing' is not in the image"},
	{{{0}},
	 "{\"config\":{" ENTRY ",\"Cmd\":[\"/etc/passwd\"]}}",
	 0,
	 CHECK_PROGRAM,
	 "CMD",
	 LEVEL_HIGH,
	 "lacks the mode"},
	{{{0}},
	 "{\"config\":{" ENTRY ",\"Cmd\":[\"service\"],\"Env\":[\"PATH=/x:/app\"]}}",
	 0,
	 CHECK_PROGRAM,
	 NULL,
	 0,
	 0},
	{{{0}},
	 "{\"config\":{" ENTRY ",\"Cmd\":[\"./service\"],\"WorkingDir\":\"/app\"}}",
	 0,
	 CHECK_PROGRAM,
	 NULL,
	 0,
	 0},
	/* With no ENTRYPOINT the program stands behind stepdown's options in CMD. */
	{{{0}},
	 "{\"config\":{\"Cmd\":[\"/sbin/stepdown\",\"--user\",\"1\",\"/no\"]}}",
	 0,
	 CHECK_PROGRAM,
	 "CMD",
	 LEVEL_HIGH,
	 "'/no' is not in the image"},
	{{{0}},
	 "{\"config\":{\"Cmd\":[\"/sbin/stepdown\",\"-u1\",\"-v\",\"--\",\"/no\"]}}",
	 0,
	 CHECK_PROGRAM,
	 "CMD",
	 LEVEL_HIGH,
	 "'/no' is not in the image"},
	{{{0}},
	 "{\"config\":{\"Cmd\":[\"stepdown\",\"-u\",\"1\",\"--umask\",\"022\",\"/etc/passwd\"]}}",
	 0,
	 CHECK_PROGRAM,
	 "CMD",
	 LEVEL_HIGH,
	 "lacks the mode"},
	{{{0}},
	 "{\"config\":{\"Cmd\":[\"/sbin/stepdown\",\"-u\",\"1\",\"/app/service\",\"--\",\"/no\"]}}",
	 0,
	 CHECK_PROGRAM,
	 NULL,
	 0,
	 0},
	{{{.name = "app/service", .mode = 0755, .text = "#!/bin/no\n"}},
	 "{\"config\":{\"Cmd\":[\"/sbin/stepdown\",\"-u\",\"1\",\"/app/service\"]}}",
	 0,
	 CHECK_INTERPRETER,
	 "/app/service",
	 LEVEL_HIGH,
	 "'/bin/no'"},
	{{{.name = "usr/bin/python3.11", .mode = 0755}},
	 "{\"config\":{\"Cmd\":[\"/sbin/stepdown\",\"-u\",\"1\",\"python3.11\"]}}",
	 0,
	 CHECK_TOOL,
	 NULL,
	 0,
	 0},
	/* By a peer's name it has the peer's command line. */
	{{{.name = "gosu", .type = '2', .link = "sbin/stepdown"}},
	 "{\"config\":{\"Cmd\":[\"/gosu\",\"app\",\"/app/service\"]}}",
	 0,
	 CHECK_PROGRAM,
	 NULL,
	 0,
	 0},
	{{{.name = "app/service", .mode = 0755, .text = "\177ELF\2\1\1"}},
	 0,
	 0,
	 CHECK_PROGRAM,
	 "/app/service",
	 LEVEL_HIGH,
	 "no sound ELF"},
	{{{.name = "app/service", .mode = 0755, .text = "#!/bin/no -x\n"}},
	 0,
	 0,
	 CHECK_INTERPRETER,
	 "/app/service",
	 LEVEL_HIGH,
	 "'/bin/no'"},
	{{{.name = "app/service", .mode = 0755, .text = "#!/bin/i\r\n"},
	  {.name = "bin/i", .mode = 0755}},
	 0,
	 0,
	 CHECK_INTERPRETER,
	 "/app/service",
	 LEVEL_HIGH,
	 "carriage return"},
	{{{.name = "app/service", .mode = 0755, .text = "#!/bin/i\n"},
	  {.name = "bin/i", .mode = 0644}},
	 0,
	 0,
	 CHECK_INTERPRETER,
	 "/app/service",
	 LEVEL_HIGH,
	 "cannot be executed"},
	{{{.name = "app/service", .mode = 0755, .text = "#!/bin/i\n"},
	  {.name = "bin/i", .mode = 0755}},
	 0,
	 0,
	 CHECK_INTERPRETER,
	 NULL,
	 0,
	 0},
	{{{.name = "app/service", .mode = 0755, .text = "#!/app/service\n"}},
	 0,
	 0,
	 CHECK_INTERPRETER,
	 NULL,
	 0,
	 0},
	{{{.name = "app/service", .mode = 0755, .text = "#!/usr/bin/env node\n"},
	  {.name = "usr/bin/env", .mode = 0755}},
	 0,
	 0,
	 CHECK_INTERPRETER,
	 "/app/service",
	 LEVEL_HIGH,
	 "'node'"},
	{{{.name = "app/service", .mode = 0755, .text = "#!/usr/bin/env -S A=b node -x\n"},
	  {.name = "usr/bin/env", .mode = 0755}},
	 0,
	 0,
	 CHECK_INTERPRETER,
	 "/app/service",
	 LEVEL_HIGH,
	 "'node'"},
	{{{.name = "app/service", .mode = 0755, .text = "#!/usr/bin/env node\n"},
	  {.name = "usr/bin/env", .mode = 0755},
	  {.name = "usr/bin/node", .mode = 0755, .text = "#!/bin/gone\n"}},
	 0,
	 0,
	 CHECK_INTERPRETER,
	 "/usr/bin/node",
	 LEVEL_HIGH,
	 "'/bin/gone'"},
	{{{.name = "app/service", .mode = 0755, .text = "#!/usr/bin/env node\n"},
	  {.name = "usr/bin/env", .mode = 0755},
	  {.name = "usr/bin/node", .mode = 0755}},
	 0,
	 0,
	 CHECK_INTERPRETER,
	 NULL,
	 0,
	 0},
	{{{.name = "app/service", .mode = 0755, .text = "#!/bin/env env\n"},
	  {.name = "bin/env", .mode = 0755, .text = "#!/bin/env env\n"}},
	 0,
	 0,
	 CHECK_INTERPRETER,
	 NULL,
	 0,
	 0},
	/* trust */
	{{{.name = "etc/ssl/certs/ca-certificates.crt", .text = "nothing"}},
	 0,
	 0,
	 CHECK_CA_MISSING,
	 "/etc/ssl/certs/ca-certificates.crt",
	 LEVEL_LOW,
	 0},
	{{{0}},
	 "{\"config\":{\"Env\":[\"SSL_CERT_FILE=/no.pem\"]}}",
	 0,
	 CHECK_CA_MISSING,
	 NULL,
	 0,
	 0},
	{{{.name = "etc/ssl/certs/ca-certificates.crt", .type = '2', .link = "/ca"}},
	 0,
	 0,
	 CHECK_CA_MISSING,
	 "/etc/ssl/certs/ca-certificates.crt",
	 LEVEL_LOW,
	 0},
	{{{.name = "var/lib/dpkg/status",
	   .text = "Package: x\n\nPackage: ca-certificates\nArchitecture: all\nVersion: "
		   "20230311+d\n"}},
	 0,
	 0,
	 CHECK_CA_STALE,
	 "/etc/ssl/certs/ca-certificates.crt",
	 LEVEL_LOW,
	 "1027 days old"},
	{{{.name = "lib/apk/db/installed", .text = "P:ca-certificates-bundle\nV:20200101-r0\n"}},
	 0,
	 0,
	 CHECK_CA_STALE,
	 "/etc/ssl/certs/ca-certificates.crt",
	 LEVEL_LOW,
	 "2192 days old"},
	{{{.name = "var/lib/dpkg/status", .text = "Package: ca-certificates\nVersion: 20250311\n"}},
	 0,
	 0,
	 CHECK_CA_STALE,
	 NULL,
	 0,
	 0},
	{{{.name = "etc/ssl/certs/ca-certificates.crt",
	   .text = BUNDLE,
	   .mtime = SAMPLE_NOW - 731 * 86400}},
	 0,
	 0,
	 CHECK_CA_STALE,
	 "/etc/ssl/certs/ca-certificates.crt",
	 LEVEL_LOW,
	 "731 days old by its time"},
	{{{.name = "etc/ssl/certs/ca-certificates.crt",
	   .text = BUNDLE,
	   .mtime = SAMPLE_NOW - 730 * 86400}},
	 0,
	 0,
	 CHECK_CA_STALE,
	 NULL,
	 0,
	 0},
	{{{.name = "var/lib/dpkg/status.d/ca-certificates",
	   .text = "Package: ca-certificates\nVersion: 20200101\n"}},
	 0,
	 0,
	 CHECK_CA_STALE,
	 "/etc/ssl/certs/ca-certificates.crt",
	 LEVEL_LOW,
	 "2192 days old by its package"},
	{{{0}},
	 "{\"config\":{\"Env\":[\"SSL_CERT_FILE=relative\"]}}",
	 0,
	 CHECK_CA_MISSING,
	 "ENV",
	 LEVEL_LOW,
	 "SSL_CERT_FILE"},
	{{{.name = "etc/ssl/certs/ca-certificates.crt", .type = '2', .link = "/none"},
	  {.name = "pki/one.pem", .text = BUNDLE},
	  {.name = "pki/two.txt", .text = "no certificate"}},
	 "{\"config\":{\"Env\":[\"SSL_CERT_DIR=/pki\"]}}",
	 0,
	 CHECK_CA_MISSING,
	 NULL,
	 0,
	 0},
	{{{.name = "usr/share/zoneinfo/UTC", .type = '2', .link = "no"}},
	 0,
	 0,
	 CHECK_ZONES,
	 "/usr/share/zoneinfo",
	 LEVEL_LOW,
	 ""},
	{{{0}},
	 "{\"config\":{\"Env\":[\"TZ=Europe/Berlin\"]}}",
	 0,
	 CHECK_ZONES,
	 "TZ",
	 LEVEL_MEDIUM,
	 "'Europe/Berlin'"},
	{{{.name = "usr/share/zoneinfo/Europe/Berlin", .text = "TZif"}},
	 "{\"config\":{\"Env\":[\"TZ=Europe/Berlin\"]}}",
	 0,
	 CHECK_ZONES,
	 NULL,
	 0,
	 0},
	{{{0}},
	 "{\"config\":{\"Env\":[\"TZ=../../etc/passwd\"]}}",
	 0,
	 CHECK_ZONES,
	 "TZ",
	 LEVEL_MEDIUM,
	 ""},
	{{{0}}, "{\"config\":{\"Env\":[\"TZ=CET-1CEST\"]}}", 0, CHECK_ZONES, NULL, 0, 0},
	/* stepdown's own file */
	/* chmod g=u, as images for OpenShift have it. */
	{{{.name = "etc/passwd", .mode = 0664, .text = "root:x:0:0:root:/:/app\n"}},
	 0,
	 0,
	 CHECK_STEPDOWN_FILE,
	 "/etc/passwd",
	 LEVEL_HIGH,
	 "0664"},
	{{{.name = "etc/group", .mode = 0664, .text = "root:x:0:\n"}},
	 0,
	 0,
	 CHECK_STEPDOWN_FILE,
	 "/etc/group",
	 LEVEL_HIGH,
	 "0664"},
	{{{.name = "etc/group", .mode = 0644, .text = "root:x:0:\n"}},
	 0,
	 0,
	 CHECK_STEPDOWN_FILE,
	 NULL,
	 0,
	 0},
	/* The directory above the configuration. */
	{{{.name = "etc/", .mode = 0775, .gid = 7}},
	 0,
	 0,
	 CHECK_STEPDOWN_FILE,
	 "/etc",
	 LEVEL_HIGH,
	 "0775"},
	{{{.name = "etc/", .mode = 0755, .uid = 1000}},
	 0,
	 0,
	 CHECK_STEPDOWN_FILE,
	 "/etc",
	 LEVEL_HIGH,
	 "owner 1000"},
	{{{.name = "sbin/stepdown", .mode = 0755, .uid = 1}},
	 0,
	 0,
	 CHECK_STEPDOWN_FILE,
	 "/sbin/stepdown",
	 LEVEL_HIGH,
	 "owner 1:0"},
	{{{.name = "sbin/stepdown", .mode = 0775}},
	 0,
	 0,
	 CHECK_STEPDOWN_FILE,
	 "/sbin/stepdown",
	 LEVEL_HIGH,
	 "mode 0775"},
	{{{.name = "sbin/stepdown", .mode = 04755}},
	 0,
	 0,
	 CHECK_STEPDOWN_FILE,
	 "/sbin/stepdown",
	 LEVEL_HIGH,
	 "refuses to run"},
	{{{.name = "x", .type = '1', .link = "sbin/stepdown"}},
	 0,
	 0,
	 CHECK_STEPDOWN_FILE,
	 "/sbin/stepdown",
	 LEVEL_MEDIUM,
	 "2 names"},
	{{{.name = "sbin/", .uid = 5}}, 0, 0, CHECK_STEPDOWN_FILE, "/sbin", LEVEL_HIGH, "owner 5"},
	{{{.name = "etc/stepdown.conf", .mode = 0666}},
	 0,
	 0,
	 CHECK_STEPDOWN_FILE,
	 "/etc/stepdown.conf",
	 LEVEL_HIGH,
	 "0666"},
	{{{.name = "etc/stepdown.d/10.conf", .uid = 1}},
	 0,
	 0,
	 CHECK_STEPDOWN_FILE,
	 "/etc/stepdown.d/10.conf",
	 LEVEL_HIGH,
	 "owner 1"},
	{{{.name = "etc/stepdown.d/10.conf"}}, 0, 0, CHECK_STEPDOWN_FILE, NULL, 0, 0},
	{{{.name = "data/holes", .pax = "GNU.sparse.realsize=99"}},
	 0,
	 0,
	 CHECK_UNREAD,
	 "/data/holes",
	 LEVEL_LOW,
	 "sparse"},
};

static const char usual_config[] = "{\"config\":{" ENTRY "," COMMAND "," LABELS "}}";
static const char usual_tags[] = "[\"app:1.2\"]";

static bool
is_as_wanted(size_t i, const struct row *row, const struct finding *found)
{
	const char *name = checks_table[row->check].name;

	if (!row->where && found)
		print_error("row %zu, %s: %s: %s\n", i, name, found->where, found->detail);
	if (row->where && !found)
		print_error("row %zu, %s: nothing is found at %s\n", i, name, row->where);
	if (!row->where || !found)
		return !row->where && !found;
	if (found->level == row->level && (!row->detail || strstr(found->detail, row->detail)))
		return true;
	print_error("row %zu, %s: %s %s\n", i, name, level_name(found->level), found->detail);
	return false;
}

static void
test_each_check_sees_what_it_is_for(void **state)
{
	bool fired[CHECKS] = {0};
	unsigned failed = 0;

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		const struct row *row = &rows[i];
		struct archive layer = usual_layer(row->members);
		struct archive archive =
			archive_save(&layer, 1, row->config ? row->config : usual_config,
				     row->tags ? row->tags : usual_tags);
		struct findings findings = {0};
		struct notes unknown = {0};
		struct image image;

		audit_archive(&archive, &image, &findings, &unknown);
		const struct finding *found = find(&findings, row->check, row->where);

		failed += !is_as_wanted(i, row, found);
		if (found && row->check != CHECK_EXECUTABLES)
			fired[row->check] = true;
		findings_free(&findings);
		notes_free(&unknown);
		image_close(&image);
		archive_free(&archive);
	}
	assert_int_equal(failed, 0);
	/* These need more than a row: their own tests are below. */
	fired[CHECK_CAPABILITY] = fired[CHECK_LIBRARY] = fired[CHECK_CA_EXPIRED] =
		fired[CHECK_EXECUTABLES] = true;
	for (unsigned i = 0; i < CHECKS; i++)
		if (!fired[i] || strlen(checks_table[i].what) < 5 ||
		    strlen(checks_table[i].why) < 15 || strlen(checks_table[i].mend) < 10)
			fail_msg("no row or no text for %s", checks_table[i].name);
}

static void
test_an_image_in_which_nothing_is_wrong_is_silent(void **state)
{
	struct archive layer = usual_layer(NULL);
	struct archive archive = archive_save(&layer, 1, usual_config, usual_tags);
	struct findings findings = {0};
	struct notes unknown = {0};
	struct image image;

	(void)state;
	audit_archive(&archive, &image, &findings, &unknown);
	for (size_t i = 0; i < findings.count; i++)
		if (findings.list[i].level != LEVEL_INFO)
			fail_msg("%s: %s", checks_table[findings.list[i].check].name,
				 findings.list[i].where);
	assert_int_equal(findings.count, 1);
	assert_int_equal(unknown.count, 0);
	findings_free(&findings);
	image_close(&image);
	archive_free(&archive);
}

static void
test_file_capabilities_are_named(void **state)
{
	/* cap_net_raw, and cap_sys_admin, effective */
	static const char raw[] = "57 SCHILY.xattr.security.capability=\1\0\0\2\0\x20\0\0\0\0\0\0\0"
				  "\0\0\0\0\0\0\0\n";
	static const char admin[] = "57 SCHILY.xattr.security.capability=\1\0\0\2\0\0\x20\0\0\0\0\0"
				    "\0\0\0\0\0\0\0\0\n";
	struct archive archive = {0};
	struct findings findings = {0};
	struct notes unknown = {0};
	struct image image;

	(void)state;
	archive_add(&archive,
		    &(struct member){.name = "p", .type = 'x', .text = raw, .length = 57});
	archive_add(&archive, &(struct member){.name = "bin/ping", .mode = 0755});
	archive_add(&archive,
		    &(struct member){.name = "p", .type = 'x', .text = admin, .length = 57});
	archive_add(&archive, &(struct member){.name = "bin/admin", .mode = 0755});
	archive_end(&archive);
	audit_archive(&archive, &image, &findings, &unknown);
	const struct finding *ping = find(&findings, CHECK_CAPABILITY, "/bin/ping");
	const struct finding *power = find(&findings, CHECK_CAPABILITY, "/bin/admin");

	assert_non_null(ping);
	assert_int_equal(ping->level, LEVEL_MEDIUM);
	assert_string_equal(ping->detail, "net_raw");
	assert_non_null(power);
	assert_int_equal(power->level, LEVEL_HIGH);
	assert_string_equal(power->detail, "sys_admin");
	findings_free(&findings);
	notes_free(&unknown);
	image_close(&image);
	archive_free(&archive);
}

static void
test_expired_certificates_are_counted(void **state)
{
	(void)state;
	for (unsigned good = 0; good < 2; good++) {
		struct sample_text text = {NULL, 0};
		struct findings findings = {0};
		struct notes unknown = {0};
		struct image image;

		sample_add_certificate(&text, (struct sample){.after = SAMPLE_YESTERDAY});
		if (good)
			sample_add_certificate(&text, (struct sample){.after = SAMPLE_FUTURE});
		const struct member members[] = {
			{.name = "etc/ssl/cert.pem", .text = text.at, .mtime = SAMPLE_NOW}, {0}};
		struct archive archive = archive_of(members);

		audit_archive(&archive, &image, &findings, &unknown);
		const struct finding *found =
			find(&findings, CHECK_CA_EXPIRED, "/etc/ssl/cert.pem");

		assert_non_null(found);
		assert_int_equal(found->level, good ? LEVEL_LOW : LEVEL_MEDIUM);
		assert_string_equal(found->detail, good ? "1 of 2" : "1 of 1");
		findings_free(&findings);
		notes_free(&unknown);
		image_close(&image);
		archive_free(&archive);
		free(text.at);
	}
}

static void
test_a_file_system_alone_says_what_it_cannot_know(void **state)
{
	struct archive archive = usual_layer(NULL);
	struct findings findings = {0};
	struct notes unknown = {0};
	struct image image;

	(void)state;
	audit_archive(&archive, &image, &findings, &unknown);
	assert_int_equal(image.form, IMAGE_EXPORT);
	assert_int_equal(unknown.count, 2);
	assert_non_null(strstr(unknown.texts[0], "--config FILE"));
	assert_null(find(&findings, CHECK_LABEL, NULL));
	assert_null(find(&findings, CHECK_START_USER, NULL));
	findings_free(&findings);
	notes_free(&unknown);
	image_close(&image);
	archive_free(&archive);
}

/* A kit that does not understand a command line must not guess which word of it is the program. */
static void
test_a_command_line_that_cannot_be_read_is_said(void **state)
{
	static const struct {
		const char *words;
		const char *says; /* NULL: it is understood */
	} lines[] = {
		{"\"/sbin/stepdown\",\"-u\",\"1\",\"/app/service\"", NULL},
		{"\"/sbin/stepdown\",\"--later\",\"/no\"", "unknown option --later"},
		{"\"/sbin/stepdown\",\"--\\u001b[2J\",\"/no\"", "--\\x1b[2J"},
		{"\"/sbin/stepdown\",\"-u\",\"1\"", "no COMMAND"},
		{"\"/sbin/stepdown\",\"--help\"", "no COMMAND"},
		{"\"/sbin/stepdown\"", "no COMMAND"},
		/* The peers' names, as dropin_kind has them. */
		{"\"/tini\",\"/no\"", "by the name of"},
		{"\"/tini-static\",\"/no\"", "by the name of"},
		{"\"/dumb-init\",\"/no\"", "by the name of"},
		{"\"/gosu\",\"app\",\"/no\"", "by the name of"},
		{"\"/su-exec\",\"app\",\"/no\"", "by the name of"},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(lines) / sizeof(lines[0]); i++) {
		const struct member members[MEMBERS] = {
			{.name = "tini", .type = '2', .link = "sbin/stepdown"},
			{.name = "tini-static", .type = '2', .link = "sbin/stepdown"},
			{.name = "dumb-init", .type = '2', .link = "sbin/stepdown"},
			{.name = "gosu", .type = '2', .link = "sbin/stepdown"},
			{.name = "su-exec", .type = '2', .link = "sbin/stepdown"}};
		struct archive layer = usual_layer(members);
		struct findings findings = {0};
		struct notes unknown = {0};
		struct image image;
		char config[256];

		snprintf(config, sizeof(config), "{\"config\":{\"Cmd\":[%s]}}", lines[i].words);
		struct archive archive = archive_save(&layer, 1, config, usual_tags);

		audit_archive(&archive, &image, &findings, &unknown);
		assert_int_equal(unknown.count, lines[i].says ? 1 : 0);
		if (lines[i].says && !strstr(unknown.texts[0], lines[i].says))
			fail_msg("%s: %s", lines[i].words, unknown.texts[0]);
		assert_null(find(&findings, CHECK_PROGRAM, NULL));
		assert_null(find(&findings, CHECK_START_USER, NULL));
		findings_free(&findings);
		notes_free(&unknown);
		image_close(&image);
		archive_free(&archive);
	}
}

static void
test_of_too_many_findings_the_rest_is_counted(void **state)
{
	struct findings findings = {0};

	(void)state;
	for (unsigned i = 0; i < FINDINGS_MOST + 5; i++)
		findings_add(&findings, CHECK_SETUID, LEVEL_HIGH, 0, "/x", "%u", i);
	assert_int_equal(findings.count, FINDINGS_MOST);
	assert_int_equal(findings.more[CHECK_SETUID], 5);
	assert_int_equal(findings.at_level[LEVEL_HIGH], FINDINGS_MOST + 5);
	findings_free(&findings);
}

static const struct {
	const char *text;
	const char *why; /* NULL: it is taken */
} exception_rows[] = {
	{"# nothing\n\n  \t\n", NULL},
	{"setuid-file /bin/su = admins need it\n", NULL},
	{"setuid-file /bin/su\n", "line 1: an exception needs a reason"},
	{"setuid-file /bin/su =\n", "line 1: an exception needs a reason"},
	{"\nsetuid-file /bin/su =   \n", "line 2: an exception needs a reason"},
	{"setuid-file =\n", "an exception needs a reason"},
	{"setuid /bin/su = x\n", "line 1: there is no check 'setuid'"},
	{"= x\n", "there is no check ''"},
};

static void
test_an_exception_has_a_reason(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(exception_rows) / sizeof(exception_rows[0]); i++) {
		struct exceptions exceptions;
		struct refusal why = {.text = ""};
		const char *text = exception_rows[i].text;
		int result = exceptions_parse(text, strlen(text), &exceptions, &why);

		if (exception_rows[i].why ? result != -1 || !strstr(why.text, exception_rows[i].why)
					  : result != 0)
			fail_msg("row %zu: %s", i, why.text);
		exceptions_free(&exceptions);
	}
}

static void
test_an_exception_accepts_what_it_names(void **state)
{
	static const char text[] = "setuid-file /bin/s* = because\nlabel = by hand\n";
	struct exceptions exceptions;
	struct findings findings = {.exceptions = &exceptions};
	struct refusal why;

	(void)state;
	assert_int_equal(exceptions_parse(text, strlen(text), &exceptions, &why), 0);
	findings_add(&findings, CHECK_SETUID, LEVEL_HIGH, 0, "/bin/su", "%s", "");
	findings_add(&findings, CHECK_SETUID, LEVEL_HIGH, 0, "/bin/mount", "%s", "");
	findings_add(&findings, CHECK_SETGID, LEVEL_HIGH, 0, "/bin/su", "%s", "");
	findings_add(&findings, CHECK_LABEL, LEVEL_LOW, 0, "x", "%s", "");
	assert_string_equal(findings.list[0].reason, "because");
	assert_null(findings.list[1].reason);
	assert_null(findings.list[2].reason);
	assert_string_equal(findings.list[3].reason, "by hand");
	assert_int_equal(findings.at_level[LEVEL_HIGH], 2);
	assert_int_equal(findings.at_level[LEVEL_LOW], 0);
	assert_int_equal(findings.accepted, 2);
	assert_int_equal(exceptions.list[0].used, 1);
	findings_free(&findings);
	exceptions_free(&exceptions);
}

static const struct {
	const char *text, *safe;
} escapes[] = {
	{"/etc/passwd", "/etc/passwd"},
	{"a\nb\x1b[31m\x7f", "a\\x0ab\\x1b[31m\\x7f"},
	{"back\\slash", "back\\\\slash"},
	{"F\xc5\x91", "F\xc5\x91"},
	{"\xff\xc5", "\\xff\\xc5"},
	{"\xc2\x85", "\\xc2\\x85"},          /* a control character beyond ASCII */
	{"\xe2\x80\xae", "\\xe2\\x80\\xae"}, /* turns the direction of writing */
	{"\xc0\xaf", "\\xc0\\xaf"},          /* too long */
	{"\xed\xa0\x80", "\\xed\\xa0\\x80"}, /* half of a pair */
	{"\xf0\x9f\x98\x80", "\xf0\x9f\x98\x80"},
};

static void
test_names_cannot_act_on_a_terminal(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(escapes) / sizeof(escapes[0]); i++) {
		char *safe = text_escape(escapes[i].text, strlen(escapes[i].text));

		assert_string_equal(safe, escapes[i].safe);
		free(safe);
	}
}

static int
make_bundle(void **state)
{
	struct sample_text text = {NULL, 0};

	(void)state;
	sample_add_certificate(&text, (struct sample){.after = SAMPLE_FUTURE});
	bundle = text.at;
	return 0;
}

static int
free_bundle(void **state)
{
	(void)state;
	free(bundle);
	return 0;
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_each_check_sees_what_it_is_for),
		cmocka_unit_test(test_an_image_in_which_nothing_is_wrong_is_silent),
		cmocka_unit_test(test_file_capabilities_are_named),
		cmocka_unit_test(test_expired_certificates_are_counted),
		cmocka_unit_test(test_a_file_system_alone_says_what_it_cannot_know),
		cmocka_unit_test(test_a_command_line_that_cannot_be_read_is_said),
		cmocka_unit_test(test_of_too_many_findings_the_rest_is_counted),
		cmocka_unit_test(test_an_exception_has_a_reason),
		cmocka_unit_test(test_an_exception_accepts_what_it_names),
		cmocka_unit_test(test_names_cannot_act_on_a_terminal),
	};

	return cmocka_run_group_tests(tests, make_bundle, free_bundle);
}
