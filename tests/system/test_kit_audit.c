/* SPDX-License-Identifier: MIT */
/* stepdown-kit audit as it is used: images, trees, its words and statuses, and hostile input. */
#include "helpers/archive.h"
#include "helpers/support.h"

#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <unistd.h>

#include <cmocka.h>

#define KIT "build/stepdown-kit"
#define CONFIG                                                                                     \
	"{\"config\":{\"Entrypoint\":[\"/sbin/stepdown\",\"--user\",\"1:1\"],\"Cmd\":[\"/app/"     \
	"run\"],"                                                                                  \
	"\"Healthcheck\":{\"Test\":[\"CMD\",\"/app/"                                               \
	"health\"]}},\"history\":[{\"created_by\":\"COPY "                                         \
	"base\"},{\"created_by\":\"ENV x\",\"empty_layer\":true},{\"created_by\":\"RUN rm "        \
	"\\u001b[2Jkey\"}]}"

static char folder[] = "/tmp/stepdown-audit.XXXXXX";
static struct outcome outcome;

static const char *
in(const char *name)
{
	static char paths[4][256];
	static unsigned next;
	char *path = paths[next++ % 4];

	snprintf(path, sizeof(paths[0]), "%s/%s", folder, name);
	return path;
}

static void
need(bool is_there, const char *what)
{
	if (is_there)
		return;
	if (getenv("STEPDOWN_TESTS_MUST_RUN"))
		fail_msg("cannot run here: %s", what);
	print_message("skipped: %s\n", what);
	skip();
}

static struct archive
usual_image(void)
{
	const struct member base[] = {
		{.name = "sbin/stepdown", .mode = 0755, .text = "x"},
		{.name = "bin/su", .mode = 04755, .text = "x"},
		{.name = "etc/passwd", .text = "root:x:0:0:root:/:/bin/sh\n"},
		{.name = "root/id_rsa",
		 .text = "-----BEGIN RSA PRIVATE KEY-----\nMIIEowIBAAKCAQEAsomething\n"},
		{0}};
	const struct member top[] = {{.name = "root/.wh.id_rsa"},
				     {.name = "app/run", .mode = 0755, .text = "#!/bin/none\n"},
				     {.name = "srv/a\n\x1b[31mb", .mode = 0666, .text = "x"},
				     {0}};
	struct archive layers[] = {archive_of(base), archive_of(top)};

	return archive_save(layers, 2, CONFIG, "[\"app:latest\"]");
}

static void
write_usual(const char *name)
{
	struct archive archive = usual_image();

	archive_write(&archive, in(name));
	archive_free(&archive);
}

static void
write_text(const char *name, const char *text)
{
	FILE *file = fopen(in(name), "w");

	if (!file || fputs(text, file) < 0 || fclose(file) != 0)
		fail_msg("cannot write %s", name);
}

/* What, where, which layer, why and how to mend it; nothing that a terminal would obey. */
static void
test_a_saved_image_is_reported_by_layer(void **state)
{
	static const char *const said[] = {
		"high: setuid-file: ",
		"    /bin/su: mode 4755, owner 0  [layer 1: COPY base]\n",
		("    /root/id_rsa: hidden by layer 2, but still in the image  [layer 1: COPY "
		 "base]\n"),
		"    /srv/a\\x0a\\x1b[31mb: mode 0666  [layer 2: RUN rm \\x1b[2Jkey]\n",
		"medium: open-entrypoint: ",
		"medium: healthcheck: ",
		"    app:latest: 'latest' can be moved\n",
		"    org.opencontainers.image.revision\n",
		"  why:  ",
		"  mend: chmod o-w FILE",
		"2 high, 3 medium, ",
	};

	(void)state;
	run_words(&outcome, NULL, KIT, "audit", in("image.tar"));
	assert_int_equal(outcome.status, 1);
	assert_string_equal(outcome.err, "");
	for (size_t i = 0; i < sizeof(said) / sizeof(said[0]); i++)
		assert_says(outcome.out, said[i]);
	for (const char *at = outcome.out; *at; at++)
		assert_true(*at == '\n' || (unsigned char)*at >= ' ');
}

static void
test_json_says_the_same(void **state)
{
	static const char script[] =
		"import json,sys\n"
		"d=json.load(open(sys.argv[1]))\n"
		"f={(x['check'],x['where']):x for x in d['findings']}\n"
		"s=f['setuid-file','/bin/su']\n"
		"assert s['level']=='high' and s['layer']==1 and s['step']=='COPY base',s\n"
		"assert s['why'] and s['mend'] and s['what'] and s['detail']=='mode 4755, owner "
		"0',s\n"
		"assert ('world-writable-file','/srv/a\\\\x0a\\\\x1b[31mb') in f,f.keys()\n"
		"assert d['counts']['high']==2 and d['counts']['accepted']==0,d['counts']\n"
		"assert d['accepted']==[] and d['unknown']==[]\n";

	(void)state;
	run_words(&outcome, NULL, KIT, "audit", "--format=json", in("image.tar"));
	assert_int_equal(outcome.status, 1);
	write_text("out.json", outcome.out);
	run_words(&outcome, NULL, "python3", "-c", script, in("out.json"));
	if (outcome.status != 0)
		fail_msg("%s", outcome.err);
}

static const struct {
	const char *words[8]; /* behind "audit"; "@x" is x in the folder */
	int status;
	const char *err; /* a part of it, or "" for none */
} orders[] = {
	{{"@image.tar"}, 1, ""},
	{{"@image.tar", "--fail-on", "high"}, 1, ""},
	{{"@image.tar", "--fail-on=never"}, 0, ""},
	{{"@clean", "--fail-on", "high"}, 0, ""},
	{{"@clean", "--fail-on", "info"}, 1, ""},
	{{"@clean", "--config", "@inspect.json", "--fail-on", "high"}, 1, ""},
	{{"@image.tar", "--exceptions", "@all", "--fail-on", "low"},
	 0,
	 "line 2 accepts nothing: setgid-file /x"},
	{{"@image.tar", "--exceptions", "@bad"}, 125, "line 1: an exception needs a reason"},
	{{"@image.tar", "--exceptions", "@none"}, 125, "cannot open"},
	{{"@image.tar", "--config", "@inspect.json"}, 125, "has a configuration of its own"},
	{{"@clean", "--config", "@all"}, 125, "not JSON"},
	{{NULL}, 125, "needs a directory or an archive"},
	{{"@image.tar", "@clean"}, 125, "one argument too many"},
	{{"@image.tar", "--fail-on", "worst"}, 125, "must be info, low, medium, high or never"},
	{{"@image.tar", "--format", "xml"}, 125, "must be text or json"},
	{{"@image.tar", "--format"}, 125, "--format needs a value"},
	{{"@image.tar", "--format=text", "--format=json"}, 125, "--format is given twice"},
	{{"@image.tar", "--fix"}, 125, "there is no such option here"},
	{{"@nothing"}, 125, "No such file"},
	{{"/dev/null"}, 125, "neither a directory nor a file"},
	{{"@empty"}, 125, "holds no file at all"},
	{{"@fifo"}, 125, "neither a directory nor a file"},
	{{"@garbage"}, 125, "no header of a tar archive"},
};

static void
test_statuses_and_refusals(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(orders) / sizeof(orders[0]); i++) {
		char paths[8][256];
		const char *argv[10] = {KIT, "audit"};

		for (size_t j = 0; j < 8 && orders[i].words[j]; j++) {
			snprintf(paths[j], sizeof(paths[j]), "%s",
				 orders[i].words[j][0] == '@' ? in(orders[i].words[j] + 1)
							      : orders[i].words[j]);
			argv[2 + j] = paths[j];
		}
		run_program(&(struct run){.argv = argv}, &outcome);
		if (outcome.status != orders[i].status || !strstr(outcome.err, orders[i].err) ||
		    (!*orders[i].err && *outcome.err))
			fail_msg("row %zu: %d %s", i, outcome.status, outcome.err);
		if (outcome.status == 125)
			assert_string_equal(outcome.out, "");
	}
}

/* As files with these bits are executed. */
static void
with_another_gid(void)
{
	if (setresgid(0, 4321, 4321))
		_exit(99);
}

static void
with_another_uid(void)
{
	if (setresuid(4321, 0, 0))
		_exit(99);
}

static void
test_a_kit_with_a_set_uid_bit_does_nothing(void **state)
{
	static void (*const bits[])(void) = {with_another_gid, with_another_uid};
	static const char *const argv[] = {KIT, "--version", NULL};

	(void)state;
	for (size_t i = 0; i < sizeof(bits) / sizeof(bits[0]); i++) {
		run_program(&(struct run){.argv = argv, .prepare = bits[i]}, &outcome);
		assert_int_equal(outcome.status, 125);
		assert_string_equal(outcome.out, "");
		assert_says(outcome.err, "chmod 0755");
	}
	run_program(&(struct run){.argv = argv}, &outcome);
	assert_int_equal(outcome.status, 0);
}

/* What is accepted is still listed, with its reason, and counts for nothing. */
static void
test_what_is_accepted_is_said(void **state)
{
	static const char script[] =
		"import json,sys\n"
		"d=json.load(open(sys.argv[1]))\n"
		"a={x['check']:x['accepted'] for x in d['accepted']}\n"
		"assert a['setuid-file']=='a test' and a['label']=='a test',a\n"
		"assert d['counts']['high']==0 and d['counts']['accepted']==len(d['accepted'])\n"
		"assert 'setuid-file' not in {x['check'] for x in d['findings']}\n";

	(void)state;
	run_words(&outcome, NULL, KIT, "audit", "--exceptions", in("all"), in("image.tar"));
	assert_says(outcome.out,
		    "    /bin/su: mode 4755, owner 0  [layer 1: COPY base]  accepted: a test\n");
	assert_says(outcome.out, "0 high, 0 medium, 0 low, ");
	run_words(&outcome, NULL, KIT, "audit", "--format", "json", "--exceptions", in("all"),
		  in("image.tar"));
	write_text("out.json", outcome.out);
	run_words(&outcome, NULL, "python3", "-c", script, in("out.json"));
	if (outcome.status != 0)
		fail_msg("%s", outcome.err);
}

/* Half a report must not pass for a whole one, whatever was found until then. */
static void
test_a_report_that_cannot_be_written_is_a_failure(void **state)
{
	static const char *const levels[] = {"never", "info"};

	(void)state;
	for (size_t i = 0; i < 2; i++) {
		run_words(&outcome, NULL, "sh", "-c",
			  "exec \"$1\" audit --fail-on $2 --format json $3 >/dev/full", "sh", KIT,
			  levels[i], in("image.tar"));
		assert_int_equal(outcome.status, 125);
		assert_says(outcome.err, "cannot write to standard output");
	}
}

static void
test_findings_beyond_a_thousand_are_counted(void **state)
{
	enum { FILES = 1005 };
	struct archive archive = {0};
	char name[32];

	(void)state;
	for (unsigned i = 0; i < FILES; i++) {
		snprintf(name, sizeof(name), "f%u", i);
		archive_add(&archive, &(struct member){.name = name, .mode = 0666});
	}
	archive_end(&archive);
	archive_write(&archive, in("open.tar"));
	archive_free(&archive);
	run_words(&outcome, NULL, "sh", "-c",
		  "$1 audit $2 | tail -n 4; $1 audit --format json $2 | "
		  "python3 -c 'import json,sys; print(json.load(sys.stdin)[\"not_listed\"])'",
		  "sh", KIT, in("open.tar"));
	assert_says(outcome.out, "world-writable-file: 5 more that are not listed\n");
	assert_says(outcome.out, " 1005 medium, ");
	assert_says(outcome.out, "{'world-writable-file': 5}");
}

/* An image layout as a directory, as skopeo and buildx leave it, with what BuildKit says of its
 * build. */
static void
test_an_image_layout_may_be_a_directory(void **state)
{
	static const char script[] =
		"import hashlib,io,json,os,sys,tarfile\n"
		"root=sys.argv[1]; os.makedirs(root+'/blobs/sha256')\n"
		"def blob(data):\n"
		"  d=hashlib.sha256(data).hexdigest()\n"
		"  open(root+'/blobs/sha256/'+d,'wb').write(data)\n"
		"  return {'digest':'sha256:'+d,'size':len(data)}\n"
		"def image(name,arch,os_='linux'):\n"
		"  b=io.BytesIO(); t=tarfile.open(fileobj=b,mode='w:gz')\n"
		"  i=tarfile.TarInfo('bin/'+name); i.mode=0o4755; t.addfile(i); t.close()\n"
		"  c=blob(json.dumps({'config':{'Cmd':['/bin/'+name]}}).encode())\n"
		"  m=blob(json.dumps({'config':c,'layers':[blob(b.getvalue())]}).encode())\n"
		"  return dict(m,platform={'architecture':arch,'os':os_})\n"
		"list=[image(*one.split(':')) for one in sys.argv[2:]]\n"
		"open(root+'/index.json','w').write(json.dumps({'manifests':list}))\n"
		"open(root+'/oci-layout','w').write('{}')\n";
	static const struct {
		const char *images[3], *said; /* NULL: that of this machine */
		int status;
	} layouts[] = {
		{{"one:s390x"}, "/bin/one: mode 4755", 1},
		{{"one:amd64", "two:arm64"}, NULL, 1},
		{{"one:s390x", "attest:unknown:unknown"}, "/bin/one: mode 4755", 1},
		{{"one:amd64", "two:arm64", "attest:unknown:unknown"}, NULL, 1},
		{{"one:s390x", "two:ppc64le"}, "2 images, and 0 of them are for this machine", 125},
		{{"one:amd64", "two:amd64", "one:arm64"}, "of them are for this machine", 125},
	};
#if defined(__x86_64__)
	const char *own = "/bin/one: mode 4755";
#else
	const char *own = "/bin/two: mode 4755";
#endif

	(void)state;
	for (size_t i = 0; i < sizeof(layouts) / sizeof(layouts[0]); i++) {
		const char *const *images = layouts[i].images;
		const char *said = layouts[i].said ? layouts[i].said : own;

		run_words(&outcome, NULL, "rm", "-rf", in("layout"));
		run_words(&outcome, NULL, "python3", "-c", script, in("layout"), images[0],
			  images[1], images[1] ? images[2] : NULL);
		if (outcome.status != 0)
			fail_msg("%s", outcome.err);
		run_words(&outcome, NULL, KIT, "audit", in("layout"));
		if (outcome.status != layouts[i].status ||
		    !strstr(outcome.status == 125 ? outcome.err : outcome.out, said))
			fail_msg("row %zu: %d %s%s", i, outcome.status, outcome.err, outcome.out);
	}
}

/* ---- trees ---- */

static void
make(bool made)
{
	if (!made)
		fail_msg("cannot make the tree");
}

/* Nothing in it may be followed out of it, opened for good, or loop. */
static void
test_a_hostile_directory_stays_closed(void **state)
{
	(void)state;
	need(geteuid() == 0, "needs root, for device nodes");
	make(mkdir(in("tree"), 0755) == 0 && mkdir(in("tree/etc"), 0755) == 0 &&
	     mkdir(in("tree/usr"), 0755) == 0 && mkdir(in("outside"), 0755) == 0);
	write_text("outside/shadow", "evil:$6$x$y:1::::::\n");
	/* Out of the tree by an absolute link, by "..", and by a link to a directory. */
	make(symlink(in("outside/shadow"), in("tree/etc/shadow")) == 0);
	make(symlink("../../outside/shadow", in("tree/etc/passwd")) == 0);
	make(symlink(in("outside"), in("tree/out")) == 0);
	make(symlink("loop", in("tree/loop")) == 0);
	make(symlink(".", in("tree/usr/self")) == 0);
	make(mkfifo(in("tree/etc/gshadow"), 0644) == 0);
	make(mknod(in("tree/zero"), S_IFCHR | 0666, makedev(1, 5)) == 0);
	write_text("tree/usr/suid\n", "x");
	make(chmod(in("tree/usr/suid\n"), 04755) == 0);
	make(link(in("tree/usr/suid\n"), in("tree/usr/again")) == 0);
	make(truncate(in("tree/usr/again"), (off_t)1 << 40) == 0); /* a terabyte of holes */
	run_words(&outcome, NULL, KIT, "audit", in("tree"));
	assert_int_equal(outcome.status, 1);
	assert_says(outcome.out, "/usr/suid\\x0a: mode 4755");
	assert_says(outcome.out, "/usr/again: mode 4755");
	assert_null(strstr(outcome.out, "password"));
	assert_null(strstr(outcome.out, "shadow"));
	/* The same links inside of a root do count. */
	make(mkdir(in("tree/outside"), 0755) == 0);
	write_text("tree/outside/shadow", "inside:$6$x$y:1::::::\n");
	run_words(&outcome, NULL, KIT, "audit", in("tree"));
	assert_says(outcome.out, "'inside' has a password hash");
}

static void
test_what_cannot_be_read_is_said(void **state)
{
	(void)state;
	need(geteuid() == 0, "needs root, for another user's files");
	make(mkdir(in("closed"), 0755) == 0 && mkdir(in("closed/dir"), 0700) == 0);
	write_text("closed/file",
		   "a text that is long enough to be a key, if it could be read ....");
	make(chmod(in("closed/file"), 0600) == 0 && chmod(folder, 0755) == 0);
	make(chmod(in("closed/dir"), 0700) == 0);
	run_words(&outcome, NULL, "setpriv", "--reuid=4321", "--clear-groups", KIT, "audit",
		  in("closed"));
	assert_int_equal(outcome.status, 1);
	assert_says(outcome.out, "/file: no permission to read it");
	assert_says(outcome.out, "/dir: no permission to read it");
}

/* In a tree as in an archive: keys are read, capabilities are asked for, other mounts are left. */
static void
test_a_directory_is_looked_into(void **state)
{
	static const char script[] =
		"mkdir -p $1/looked/bin $1/looked/etc $1/looked/mnt && cd $1/looked && "
		"cp /bin/true bin/capable && setcap cap_sys_admin+ep bin/capable && "
		"printf -- '-----BEGIN PRIVATE KEY-----\nMIIEvQIBADANBgkqhkiG9w0BAQEFAASCBKcw\n' "
		">etc/secret && "
		/* Deep inside it is looked for where the name speaks of keys alone. */
		"{ head -c 5000 /dev/zero | tr '\\0' '\\n'; cat etc/secret; } >etc/x.pem && "
		"cp etc/x.pem etc/x.txt && "
		"mount -t tmpfs none mnt && cp etc/secret mnt/ && exec \"$2\" audit .";
	char kit[512];

	(void)state;
	need(geteuid() == 0 && can_make_namespaces(), "needs root, for capabilities and mounts");
	assert_non_null(realpath(KIT, kit));
	run_words(&outcome, NULL, "unshare", "--mount", "sh", "-c", script, "sh", folder, kit);
	assert_int_equal(outcome.status, 1);
	assert_says(outcome.out, "high: file-capability: ");
	assert_says(outcome.out, "    /bin/capable: sys_admin\n");
	assert_says(outcome.out, "high: private-key: ");
	assert_says(outcome.out, "    /etc/secret\n");
	assert_says(outcome.out, "    /etc/x.pem\n");
	assert_null(strstr(outcome.out, "x.txt"));
	assert_says(outcome.out, "    /mnt: another file system is mounted there\n");
	assert_null(strstr(outcome.out, "/mnt/secret"));
}

/* ---- archives ---- */

/* Cut off anywhere, and with a byte changed anywhere: one line and 125, or a report. */
static void
test_damaged_archives_are_refused(void **state)
{
	struct archive archive = usual_image();
	size_t length = archive.length, cuts = 0;

	(void)state;
	for (archive.length = 100; archive.length < length - 1024; archive.length += 701, cuts++) {
		archive_write(&archive, in("cut.tar"));
		run_words(&outcome, NULL, KIT, "audit", in("cut.tar"));
		if (outcome.status != 125)
			fail_msg("cut at %zu: %d %s", archive.length, outcome.status, outcome.err);
		assert_string_equal(outcome.out, "");
		assert_ptr_equal(strchr(outcome.err, '\n'), outcome.err + strlen(outcome.err) - 1);
	}
	assert_true(cuts > 10);
	for (size_t at = 0; at < length; at += 331) {
		archive.length = length;
		archive.bytes[at] ^= 0x41;
		archive_write(&archive, in("cut.tar"));
		archive.bytes[at] ^= 0x41;
		run_words(&outcome, NULL, KIT, "audit", in("cut.tar"));
		if (outcome.status != 125 && outcome.status != 1 && outcome.status != 0)
			fail_msg("byte %zu: %d %s", at, outcome.status, outcome.err);
	}
	archive_free(&archive);
}

/* Neither the image nor anything else is opened for writing, made, renamed or removed. */
static void
test_nothing_is_written(void **state)
{
	(void)state;
	run_words(&outcome, NULL, "strace", "-f", "-o", in("trace"), "-e",
		  "trace=file,ftruncate,fchmod,fchown,write", KIT, "audit", in("image.tar"));
	assert_int_equal(outcome.status, 1);
	run_words(&outcome, NULL, "grep", "-E",
		  "O_WRONLY|O_RDWR|O_CREAT|O_TMPFILE|\\b(mkdir|mknod|unlink|rename|link|symlink|"
		  "chmod|"
		  "chown|truncate|ftruncate|utime)|write\\([^12]",
		  in("trace"));
	assert_string_equal(outcome.out, "");
	run_words(&outcome, NULL, "grep", "-c", "O_RDONLY", in("trace"));
	assert_true(strtol(outcome.out, NULL, 10) > 0);
}

/* Milliseconds that the programs of this one have worked: what others do on the machine is not in it. */
static long
work(void)
{
	struct rusage used;

	assert_int_equal(getrusage(RUSAGE_CHILDREN, &used), 0);
	return (used.ru_utime.tv_sec + used.ru_stime.tv_sec) * 1000 +
	       (used.ru_utime.tv_usec + used.ru_stime.tv_usec) / 1000;
}

/* 100,000 files in 64 MiB of address space, and how long they take. */
static void
test_many_files_take_little(void **state)
{
	enum { FILES = 100000 };
	struct archive archive = {malloc((size_t)FILES * 1024 + 2048), 0};
	long from, took;
	struct member member = {.text = "some text"};
	char name[100];

	(void)state;
	member.name = name;
	for (unsigned i = 0; i < FILES; i++) {
		snprintf(name, sizeof(name), "usr/share/d%u/e%u/file-%u", i / 1000, i % 50, i);
		unsigned char *at = archive.bytes + archive.length;

		archive_header(at, &member, '0', strlen(member.text));
		memset(at + 512, 0, 512);
		memcpy(at + 512, member.text, strlen(member.text));
		archive.length += 1024;
	}
	memset(archive.bytes + archive.length, 0, 1024);
	archive.length += 1024;
	archive_write(&archive, in("many.tar"));
	archive_free(&archive);
	from = work();
	run_words(&outcome, NULL, "sh", "-c", "ulimit -v 65536; exec \"$@\"", "sh", KIT, "audit",
		  "--fail-on=high", in("many.tar"));
	took = work() - from;
	if (outcome.status != 0)
		fail_msg("%d %s", outcome.status, outcome.err);
	print_message("audit: %ld ms for 100,000 files\n", took);
	assert_in_range(took, 0, 20000);
	/* Compressed it is read from its beginning to its end once, too. */
	run_words(&outcome, NULL, "gzip", "-1", in("many.tar"));
	assert_int_equal(outcome.status, 0);
	from = work();
	run_words(&outcome, NULL, KIT, "audit", "--fail-on=high", in("many.tar.gz"));
	took = work() - from;
	assert_int_equal(outcome.status, 0);
	print_message("audit: %ld ms for 100,000 files in gzip\n", took);
	assert_in_range(took, 0, 20000);
}

/* The largest images there are: a million files in seconds, in 256 MiB of address space. */
static void
test_a_million_files_take_seconds(void **state)
{
	enum { FILES = 1000000 };
	long from, took;
	unsigned char block[ARCHIVE_BLOCK];
	char command[300], name[100];

	(void)state;
	snprintf(command, sizeof(command), "gzip -1 >%s", in("million.tar.gz"));
	FILE *gzip = popen(command, "w");

	assert_non_null(gzip);
	for (unsigned i = 0; i < FILES; i++) {
		snprintf(name, sizeof(name), "usr/share/d%u/e%u/file-%u", i / 1000, i % 50, i);
		archive_header(block, &(struct member){.name = name}, '0', 0);
		assert_int_equal(fwrite(block, sizeof(block), 1, gzip), 1);
	}
	memset(block, 0, sizeof(block));
	assert_int_equal(fwrite(block, sizeof(block), 1, gzip), 1);
	assert_int_equal(fwrite(block, sizeof(block), 1, gzip), 1);
	assert_int_equal(pclose(gzip), 0);
	from = work();
	run_words(&outcome, NULL, "sh", "-c", "ulimit -v 262144; exec \"$@\"", "sh", KIT, "audit",
		  "--fail-on=high", in("million.tar.gz"));
	took = work() - from;
	if (outcome.status != 0)
		fail_msg("%d %s", outcome.status, outcome.err);
	print_message("audit: %ld ms for 1,000,000 files in gzip\n", took);
	assert_in_range(took, 0, 120000);
}

/* A table's size in a terabyte of nothing: a sparse file as an archive. */
static void
test_a_huge_empty_file_is_no_archive(void **state)
{
	(void)state;
	write_text("huge", "");
	make(truncate(in("huge"), (off_t)1 << 40) == 0);
	run_words(&outcome, NULL, KIT, "audit", in("huge"));
	assert_int_equal(outcome.status, 125);
	assert_says(outcome.err, "holds no file at all");
}

static int
set_up(void **state)
{
	(void)state;
	if (!mkdtemp(folder) || chmod(folder, 0755) != 0)
		return -1;
	write_usual("image.tar");
	write_text("empty", "");
	write_text("bad", "setuid-file /bin/su\n");
	write_text("garbage", "this is a text, and longer than nothing, but no archive at all\n");
	make(truncate(in("garbage"), 2000) == 0);
	/* "*" for every check that has something to say at low or above. */
	write_text("all", "setuid-file /bin/* = a test\nsetgid-file /x = unused\n"
			  "world-writable-file = a test\ntool = a test\nprivate-key = a test\n"
			  "healthcheck = a test\ntag = a test\nlabel = a test\n"
			  "open-entrypoint = a test\nca-missing = a test\ntime-zones = a test\n");
	write_text("inspect.json", "[{\"RepoTags\":[\"a:1\"],\"Config\":{\"Cmd\":[\"/none\"]}}]");
	make(mkdir(in("clean"), 0755) == 0 && mkfifo(in("fifo"), 0644) == 0);
	return 0;
}

static int
tear_down(void **state)
{
	(void)state;
	run_words(&outcome, NULL, "rm", "-rf", folder);
	return outcome.status;
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_a_saved_image_is_reported_by_layer),
		cmocka_unit_test(test_json_says_the_same),
		cmocka_unit_test(test_statuses_and_refusals),
		cmocka_unit_test(test_what_is_accepted_is_said),
		cmocka_unit_test(test_a_report_that_cannot_be_written_is_a_failure),
		cmocka_unit_test(test_findings_beyond_a_thousand_are_counted),
		cmocka_unit_test(test_an_image_layout_may_be_a_directory),
		cmocka_unit_test(test_a_hostile_directory_stays_closed),
		cmocka_unit_test(test_what_cannot_be_read_is_said),
		cmocka_unit_test(test_a_directory_is_looked_into),
		cmocka_unit_test(test_damaged_archives_are_refused),
		cmocka_unit_test(test_nothing_is_written),
		cmocka_unit_test(test_a_kit_with_a_set_uid_bit_does_nothing),
		cmocka_unit_test(test_many_files_take_little),
		cmocka_unit_test(test_a_million_files_take_seconds),
		cmocka_unit_test(test_a_huge_empty_file_is_no_archive),
	};

	return cmocka_run_group_tests(tests, set_up, tear_down);
}
