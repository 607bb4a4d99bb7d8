/* SPDX-License-Identifier: MIT */
/* stepdown-kit rootfs, the shipped program: its trees run, and bad input leaves nothing behind. */
#include "helpers/support.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

static char work[64];

/* Runs a script with $W, the scratch folder, and $K, the kit. */
static struct outcome *
script(const char *text)
{
	static struct outcome outcome;
	static char whole[16384];
	char here[512];

	assert_non_null(getcwd(here, sizeof(here)));
	snprintf(whole, sizeof(whole), "umask 022; cd %s; W=%s; K=%s/build/stepdown-kit\n%s", work,
		 work, here, text);
	run_words(&outcome, NULL, "sh", "-c", whole);
	return &outcome;
}

static const char *
must(const char *text)
{
	struct outcome *outcome = script(text);

	if (outcome->status)
		fail_msg("%s\nstatus %d\n%s%s", text, outcome->status, outcome->out, outcome->err);
	return outcome->out;
}

static int
begin(void **state)
{
	(void)state;
	if (geteuid() != 0) {
		if (getenv("STEPDOWN_TESTS_MUST_RUN"))
			fail_msg("cannot run here: needs root for chroot and owners");
		print_message("skipped: needs root for chroot and owners\n");
		skip();
	}
	strcpy(work, "/tmp/stepdown-rootfs-XXXXXX");
	assert_non_null(mkdtemp(work));
	return chmod(work, 0755);
}

static int
end(void **state)
{
	struct outcome outcome;

	(void)state;
	run_words(&outcome, NULL, "rm", "-rf", "--one-file-system", work);
	return outcome.status;
}

/* --- its trees run --------------------------------------------------------------------------- */

/* What the real loader lists in the tree is what it lists outside, and nothing else is there. */
static void
test_the_tree_has_the_libraries_that_the_real_loader_loads(void **state)
{
	(void)state;
	must("for p in /bin/ls /usr/bin/python3 /usr/bin/openssl /usr/bin/curl; do\n"
	     "rm -rf t; $K rootfs -q -o t $p 2>/dev/null || exit 1\n"
	     "L=$(readlink -f /lib64/ld-linux-x86-64.so.2 || readlink -f "
	     "/lib/ld-linux-aarch64.so.1)\n"
	     "$L --list $p | sed 's/ (0x.*//' | sort >outside\n"
	     "chroot t $L --list $p | sed 's/ (0x.*//' | sort >inside || exit 1\n"
	     "[ $(wc -l <inside) -gt 2 ] && cmp inside outside || exit 1\n"
	     /* the loader's own file and the two modules of the name services */
	     "find t -name '*.so*' -type f | sed 's,.*/,,' | grep -v 'libnss_\\|^ld-' | sort "
	     ">have\n"
	     "for f in $(sed -n 's/.* => //p' outside | grep -v 'ld-linux'); do readlink -f $f; "
	     "done | sed 's,.*/,,' | grep -v libresolv | sort >want\n"
	     "grep -v libresolv have | diff - want || exit 1\n"
	     "done");
}

static void
test_python_runs_from_it(void **state)
{
	(void)state;
	must("$K rootfs -q -o t --certs --tz Europe/Berlin --user app:10001:10002 "
	     "--with /usr/lib/python3.11 python3 2>/dev/null");
	assert_string_equal(
		must("chroot --userspec 10001:10002 t /usr/bin/python3 -c 'import ssl, sqlite3, "
		     "zoneinfo, datetime, pwd, os, socket\n"
		     "print(len(ssl.create_default_context().get_ca_certs()) > 50, "
		     "datetime.datetime(2026, 7, 1, "
		     "tzinfo=zoneinfo.ZoneInfo(\"Europe/Berlin\")).tzname(), "
		     "pwd.getpwuid(os.getuid()).pw_name, socket.getservbyname.__name__, "
		     "os.access(os.path.expanduser(\"~\"), os.W_OK))'"),
		"True CEST app getservbyname True\n");
}

/* Without --with: what a run has opened, as strace has seen it, is enough for the same run. */
static void
test_a_recording_is_enough_for_the_same_run(void **state)
{
	(void)state;
	must("P='import sqlite3, ssl, json; print(sqlite3.connect(\":memory:\").execute(\"select "
	     "6*7\").fetchone()[0])'\n"
	     "strace -f -e trace=file -o trace /usr/bin/python3 -c \"$P\" >/dev/null || exit 1\n"
	     "grep -v ENOENT trace | grep -o '\"/[^\"]*\"' | tr -d '\"' | sort -u | sed 's/^/file "
	     "read /' "
	     ">rec\n"
	     "rm -rf t; $K rootfs -q -o t --from-run rec python3 2>/dev/null || exit 2\n"
	     "[ $(find t -type f | wc -l) -lt 400 ] || exit 3\n"
	     "[ \"$(chroot t /usr/bin/python3 -c \"$P\")\" = 42 ] || exit 4");
}

/*
 * The recording of learn itself: modules, data, and a library that the program opens by its name
 * alone. A file that was asked for and not there is none in the tree, and what was not touched is
 * left where it is.
 */
static void
test_a_recording_of_learn_is_enough_too(void **state)
{
	(void)state;
	must("D=$(mktemp -d /var/tmp/stepdown-rootfs-XXXXXX); trap 'rm -rf $D' EXIT; chmod 755 . "
	     "$D; "
	     "echo kept >$D/read; echo left >$D/other\n"
	     "P=\"import ctypes, json, decimal, os; ctypes.CDLL('libsqlite3.so.0'); "
	     "os.path.exists('$D/never'); print(open('$D/read').read(), end='')\"\n"
	     "$K learn -q -o web.json --record rec --user 4321 -- /usr/bin/python3 -c \"$P\" "
	     ">said 2>why || { cat why >&2; exit 1; }\n"
	     "rm -rf t bare; $K rootfs -q -o bare python3 2>/dev/null || exit 2\n"
	     "chroot bare /usr/bin/python3 -c \"$P\" 2>/dev/null && exit 3\n"
	     "$K rootfs -q -o t --from-run rec python3 2>/dev/null || exit 4\n"
	     "[ \"$(chroot t /usr/bin/python3 -c \"$P\")\" = kept ] || exit 5\n"
	     "[ ! -e t$D/other ] && [ ! -e t$D/never ] || exit 6\n"
	     "[ $(find t -type f | wc -l) -lt 400 ] || exit 7");
}

/* Programs of our own, by the compiler and the linker, so that the real loader is the judge. */
static const char *const linked[][2] = {
	{"DT_RPATH, and what the library needs", "-Wl,--disable-new-dtags,-rpath,/opt/l -L$W/opt/l "
						 "-Wl,-rpath-link,$W/opt/l"},
	{"DT_RUNPATH and $ORIGIN", "-Wl,--enable-new-dtags,-rpath,'$ORIGIN/../l' -L$W/opt/l "
				   "-Wl,-rpath-link,$W/opt/l"},
	{"$LIB", "-Wl,-rpath,'/opt/$LIB' -L$W/opt/l -Wl,-rpath-link,$W/opt/l"},
};

static void
test_search_paths_mean_what_the_real_loader_makes_of_them(void **state)
{
	char text[4096];

	(void)state;
	for (size_t i = 0; i < sizeof(linked) / sizeof(linked[0]); i++) {
		snprintf(text, sizeof(text),
			 "rm -rf opt root t; mkdir -p opt/l opt/bin\n"
			 "M=$(gcc -print-multiarch)\n"
			 "echo 'int deep(void){return 42;}' >d.c; echo 'int deep(void);int "
			 "one(void){return deep();}' >o.c; echo 'int one(void);int "
			 "main(void){return "
			 "one();}' >m.c\n"
			 "gcc -shared -fPIC -o opt/l/libdeep.so -Wl,-soname,libdeep.so d.c || exit "
			 "1\n"
			 "gcc -shared -fPIC -o opt/l/libone.so -Wl,-soname,libone.so o.c -Lopt/l "
			 "-ldeep %s || exit 1\n"
			 "gcc -o opt/bin/main m.c %s -lone || exit 1\n"
			 "mkdir -p opt/lib; cp -r opt/l opt/lib/$M\n"
			 "cp -a $(dirname $W)/$(basename $W)/opt root-opt; mkdir root; mv root-opt "
			 "root/opt\n"
			 "$K rootfs -q -o base /bin/true 2>/dev/null; cp -an base/. root/; rm -rf "
			 "base\n"
			 "$K rootfs -q --root root -o t /opt/bin/main || exit 1\n"
			 /* The loader asks /proc for the place of the program. */
			 "mkdir t/proc; unshare --mount sh -c 'mount -t proc proc t/proc; exec "
			 "chroot "
			 "t /opt/bin/main'; [ $? = 42 ] || exit 1\n",
			 i == 1   ? "-Wl,-rpath,'$ORIGIN'"
			 : i == 2 ? "-Wl,-rpath,'/opt/$LIB'"
				  : "",
			 linked[i][1]);
		struct outcome *outcome = script(text);

		if (outcome->status)
			fail_msg("%s: %d %s", linked[i][0], outcome->status, outcome->err);
	}
}

/* A library in a folder that only a cache leads to: the tree gets a cache, which the loader reads.
 */
static void
test_a_cache_is_made_where_one_is_needed(void **state)
{
	(void)state;
	must("mkdir -p c/opt/odd c/bin c/etc; echo 'int odd(void){return 7;}' >odd.c; echo 'int "
	     "odd(void);int main(void){return odd();}' >main.c\n"
	     "for n in 1 2 9 10; do gcc -shared -fPIC -o c/opt/odd/libodd.so.$n "
	     "-Wl,-soname,libodd.so.$n odd.c || exit 1\n"
	     "gcc -o c/bin/main$n main.c c/opt/odd/libodd.so.$n || exit 1; done\n"
	     "$K rootfs -q -o b /bin/true 2>/dev/null && cp -an b/. c/\n"
	     "echo /opt/odd >c/etc/ld.so.conf && ldconfig -r c || exit 1\n"
	     "rm -rf t; $K rootfs -q --root c -o t /bin/main1 /bin/main2 /bin/main9 /bin/main10 || "
	     "exit 1\n"
	     "test -s t/etc/ld.so.cache || exit 2\n"
	     "for n in 1 2 9 10; do chroot t /bin/main$n; [ $? = 7 ] || exit 3; done\n"
	     "rm t/etc/ld.so.cache; chroot t /bin/main1 2>/dev/null; [ $? = 127 ] || exit 4");
}

/* The same with musl's loader, whose list of folders is a file. */
static void
test_musl_finds_what_its_path_file_leads_to(void **state)
{
	(void)state;
	must("command -v musl-gcc >/dev/null || exit 1; A=$(uname -m); rm -rf m t; mkdir -p m/lib "
	     "m/opt "
	     "m/etc m/bin\n"
	     "cp -L /lib/ld-musl-$A.so.1 m/lib/; echo /opt >m/etc/ld-musl-$A.path\n"
	     "echo 'int deep(void){return 42;}' >d.c; echo 'int deep(void);int main(void){return "
	     "deep();}' "
	     ">m.c\n"
	     "musl-gcc -shared -fPIC -o m/opt/libdeep.so -Wl,-soname,libdeep.so d.c && musl-gcc -o "
	     "m/bin/main m.c -Lm/opt -ldeep || exit 1\n"
	     "$K rootfs -q --root m -o t main 2>/dev/null || exit 2\n"
	     "chroot t /bin/main; [ $? = 42 ] || exit 3; [ ! -e t/etc/nsswitch.conf ] || exit 4\n"
	     "rm t/etc/ld-musl-$A.path; chroot t /bin/main 2>/dev/null; [ $? = 127 ] || exit 5");
}

/* --- what is in them ------------------------------------------------------------------------- */

static void
test_owners_modes_and_users_are_right(void **state)
{
	(void)state;
	must("cp /bin/true own; chown 77:88 own; chmod 4750 own; mkdir -p dir/in; chmod 2770 dir; "
	     "chown 5:6 dir\n"
	     "rm -rf t; $K rootfs -q -o t --user app:10001:10002 --with $W/own --with $W/dir "
	     "/bin/true 2>notes");
	assert_string_equal(
		must("stat -c '%a %u:%g %n' t t/tmp t/root t/home/app t/etc/passwd "
		     "t$W/own t$W/dir"
		     " | sed \"s,$W,/W,\""),
		"755 0:0 t\n1777 0:0 t/tmp\n700 0:0 t/root\n700 10001:10002 t/home/app\n"
		"644 0:0 t/etc/passwd\n750 77:88 t/W/own\n2770 5:6 t/W/dir\n");
	assert_says(must("cat notes"), "its set-uid and set-gid bits are left out");
	assert_string_equal(
		must("cat t/etc/passwd t/etc/group"),
		"root:x:0:0:root:/root:/sbin/nologin\n"
		"app:x:10001:10002::/home/app:/sbin/nologin\nroot:x:0:\napp:x:10002:\n");
	assert_string_equal(must("readlink t/lib64"), must("readlink /lib64"));
}

static void
test_hard_links_stay_one_file(void **state)
{
	(void)state;
	must("mkdir -p hard/a; echo text >hard/a/one; ln hard/a/one hard/two; rm -rf t\n"
	     "$K rootfs -q -o t --with $W/hard 2>/dev/null\n"
	     "[ $(stat -c %i t$W/hard/a/one) = $(stat -c %i t$W/hard/two) ]");
}

static void
test_the_same_bytes_come_out_each_time(void **state)
{
	(void)state;
	must("mkdir -p src/b src/a; echo 1 >src/b/1; echo 2 >src/a/2; cp -r src again; rm -rf x y\n"
	     "export SOURCE_DATE_EPOCH=1000000000\n"
	     "for d in x y; do mkdir $d; [ $d = x ] || touch src/b/1; [ $d = x ] || touch -d @5 "
	     "src/b; $K rootfs -q -o $d/t "
	     "--sbom $d/s --certs --user a:1:1 "
	     "--with $W/src python3 2>/dev/null || exit 1\n"
	     "tar -C $d/t --sort=name -cf $d/tar . ; done\n"
	     "cmp x/tar y/tar && cmp x/s y/s && cmp x/t$W/src/b/1 src/b/1 || exit 2\n"
	     "[ $(find x/t -newermt @1000000000 | wc -l) = 0 ] && "
	     "[ $(stat -c %Y x/t/etc/passwd) = 1000000000 ]");
}

/* A small dpkg: a merged /usr, two architectures, a file of nobody's, a licence behind a link. */
static void
test_packages_are_recorded(void **state)
{
	(void)state;
	must("rm -rf d t; mkdir -p d/usr/lib d/usr/bin d/etc d/var/lib/dpkg/info "
	     "d/usr/share/doc/one "
	     "d/usr/share/common-licenses\n"
	     "ln -s usr/lib d/lib; echo a >d/usr/lib/a; echo b >d/usr/lib/b; echo c >d/usr/lib/c; "
	     "echo "
	     "mine >d/usr/bin/mine; echo MIT >d/usr/share/common-licenses/MIT-0\n"
	     "ln -s one d/usr/share/doc/two; echo 'see /usr/share/common-licenses/MIT-0.' "
	     ">d/usr/share/doc/one/copyright\n"
	     "printf 'ID=debian\\nVERSION_ID=\"12\"\\n' >d/etc/os-release\n"
	     "printf '/.\\n/lib\\n/lib/a\\n' >d/var/lib/dpkg/info/one.list\n"
	     "printf '/usr/lib/b\\n' >d/var/lib/dpkg/info/two:amd64.list\n"
	     "printf '/usr/lib/other\\n' >d/var/lib/dpkg/info/unused.list\n"
	     "printf '/lib\\n' >d/var/lib/dpkg/info/first.list\n"
	     "printf '/usr/lib/c\\n' >d/var/lib/dpkg/info/ghost.list\n"
	     "printf 'Package: one\\nStatus: install ok installed\\nArchitecture: "
	     "all\\nMaintainer: A <a@b>\\n"
	     "Version: 1:2.3-4\\n\\nPackage: two\\nArchitecture: i386\\nVersion: 0\\n\\nPackage: "
	     "two\\nArchitecture: amd64\\nVersion: 5\\n\\nPackage: unused\\nArchitecture: "
	     "all\\nVersion: 6\\n' >d/var/lib/dpkg/status\n"
	     "$K rootfs -o t --root d --sbom s.json --with /lib --with /usr/bin/mine >said "
	     "2>notes");
	assert_string_equal(must("cd t/var/lib/dpkg/status.d && ls && cat two"),
			    "one\ntwo\nPackage: two\nArchitecture: amd64\nVersion: 5\n");
	must("test -f t/usr/share/common-licenses/MIT-0 && test -L t/usr/share/doc/two && test -f "
	     "t/usr/share/doc/one/copyright");
	assert_says(must("cat notes"), "ghost: has files, but no stanza");
	assert_string_equal(
		must("python3 -c '\n"
		     "import json\n"
		     "d = json.load(open(\"s.json\"))\n"
		     "assert d[\"spdxVersion\"] == \"SPDX-2.3\" and d[\"dataLicense\"] == "
		     "\"CC0-1.0\"\n"
		     "ids = {p[\"SPDXID\"] for p in d[\"packages\"]}\n"
		     "assert len(ids) == len(d[\"packages\"]) and all(r[\"relatedSpdxElement\"] in "
		     "ids "
		     "for r in d[\"relationships\"])\n"
		     "for p in d[\"packages\"][1:]:\n"
		     "  print(p[\"name\"], p.get(\"versionInfo\"), p.get(\"supplier\"), "
		     "[r[\"referenceLocator\"] for r in p.get(\"externalRefs\", [])], "
		     "[c[\"checksumValue\"][:8] for c in p.get(\"checksums\", [])])'"),
		"ghost None None ['pkg:deb/debian/ghost?distro=debian-12'] []\n"
		"one 1:2.3-4 Organization: A (a@b) "
		"['pkg:deb/debian/one@1:2.3-4?arch=all&distro=debian-12'] []\n"
		"two 5 None ['pkg:deb/debian/two@5?arch=amd64&distro=debian-12'] []\n"
		"/etc/os-release None None [] ['9b448ece']\n"
		"/usr/bin/mine None None [] ['fcbc800d']\n"
		"/usr/share/common-licenses/MIT-0 None None [] ['adc37366']\n");
}

static void
test_alpines_database_is_cut_down(void **state)
{
	(void)state;
	must("rm -rf a t; mkdir -p a/lib/apk/db a/usr/lib a/etc; echo 1 >a/usr/lib/libone.so.1; "
	     "echo 2 "
	     ">a/usr/lib/two; echo ID=alpine >a/etc/os-release\n"
	     "printf "
	     "'C:Q1\\nP:one\\nV:1.0-r0\\nA:x86_64\\nL:MIT\\nF:usr\\nF:usr/lib\\nR:libone.so.1\\n\\n"
	     "P:two\\nV:2.0-r0\\nA:x86_64\\nF:usr/lib\\nR:two\\n\\n' >a/lib/apk/db/installed\n"
	     "$K rootfs -q -o t --root a --sbom s.json --with /usr/lib/libone.so.1 2>/dev/null");
	assert_string_equal(must("cat t/lib/apk/db/installed"),
			    "C:Q1\nP:one\nV:1.0-r0\nA:x86_64\nL:MIT\nF:usr\nF:usr/lib\n"
			    "R:libone.so.1\n\n");
	assert_says(must("cat s.json"), "pkg:apk/alpine/one@1.0-r0?arch=x86_64&distro=alpine");
	assert_says(must("cat s.json"), "\"licenseDeclared\":\"MIT\"");
}

static void
test_the_kit_knows_what_stepdown_is_made_of(void **state)
{
	(void)state;
	assert_string_equal(
		must("$K sbom | python3 -c '\n"
		     "import json, sys\n"
		     "d = json.load(sys.stdin)\n"
		     "print([(p[\"name\"], \"versionInfo\" in p) for p in d[\"packages\"]], "
		     "[r[\"relationshipType\"] for r in d[\"relationships\"]])'"),
		"[('stepdown', True), ('musl', True), ('libcap-ng', True)] ['DESCRIBES', "
		"'STATIC_LINK', 'STATIC_LINK']\n");
	must("$K sbom -o own.json && $K sbom | cmp - own.json");
	assert_int_equal(script("$K sbom extra")->status, 125);
	assert_int_equal(script("SOURCE_DATE_EPOCH=x $K sbom")->status, 125);
}

/* --- bad input ------------------------------------------------------------------------------- */

struct refused_row {
	const char *prepare; /* a script, or NULL */
	const char *arguments;
	const char *says;
};

static const struct refused_row refused[] = {
	{NULL, "ls", "needs -o DIR"},
	{NULL, "-o o", "needs a program"},
	{NULL, "-o o -o p ls", "given twice"},
	{NULL, "-o o --frobnicate ls", "no such option"},
	{NULL, "-o o --certs=yes ls", "takes no value"},
	{NULL, "-o o --tz", "needs a value"},
	{NULL, "-o o --tz= ls", "empty value"},
	{NULL, "-o o ''", "is empty"},
	{NULL, "-o o gone-program", "gone-program, a program: not found in"},
	{NULL, "-o o /gone/program", "No such file"},
	{NULL, "-o o bin/ls", "absolute path"},
	{NULL, "-o o /etc", "no file that can be executed"},
	{NULL, "-o o /etc/passwd", "no file that can be executed"},
	{NULL, "-o o --with etc ls", "must be an absolute path"},
	{NULL, "-o o --with / ls", "must be an absolute path below /"},
	{NULL, "-o o --with /.. ls", "must be an absolute path below /"},
	{NULL, "-o o --with /gone ls", "/gone, asked for by --with: No such file"},
	{NULL, "-o o --with /dev/null ls", "device, a pipe or a socket"},
	{NULL, "-o o --user app ls", "NAME:UID:GID"},
	{NULL, "-o o --user app:1 ls", "NAME:UID:GID"},
	{NULL, "-o o --user app:0:1 ls", "root is there anyway"},
	{NULL, "-o o --user root:1:1 ls", "root is there anyway"},
	{NULL, "-o o --user app:4294967295:1 ls", "plain numbers"},
	{NULL, "-o o --user app:4294967297:1 ls", "plain numbers"},
	{NULL, "-o o --user app:01:1 ls", "plain numbers"},
	{NULL, "-o o --user app:+1:1 ls", "plain numbers"},
	{NULL, "-o o --user ../x:1:1 ls", "with a name of"},
	{NULL, "-o o --user 'a\nb:1:1' ls", "a\\x0ab:1:1"},
	{NULL, "-o o --user a:1:1 --with /etc/passwd ls", "contradict each other"},
	{NULL, "-o o --tz ../../etc/passwd ls", "must be the name of a zone"},
	{NULL, "-o o --tz Europe/../UTC ls", "must be the name of a zone"},
	{NULL, "-o o --tz Europe ls", "is a folder of zones"},
	{NULL, "-o o --tz Mars/Olympus ls", "install tzdata"},
	{NULL, "-o o --root /gone ls", "cannot open /gone"},
	{NULL, "-o gone/o ls", "cannot make a directory beside"},
	{NULL, "-o /dev/null ls", "Not a directory"},
	{"mkdir full; touch full/x", "-o full ls", "is not empty"},
	{NULL, "-o o --sbom gone/s /bin/true", "gone/s"},
	{"mkdir s", "-o o --sbom s /bin/true", "cannot"},
	{"mkdir -p r/x; echo old >s", "-o o --root r --with /x --sbom s --tz Mars/Olympus",
	 "install tzdata"},
	{NULL, "-o o --user a:1:1 --user b:2:2 ls", "--user is given twice"},
	{"export SOURCE_DATE_EPOCH=-1", "-o o ls", "SOURCE_DATE_EPOCH"},
	{NULL, "-o o --from-run gone ls", "--from-run gone: No such file"},
	{NULL, "-o o --from-run /dev/zero ls", "must be a file of at most"},
	{"printf 'file a\\n' >run", "-o o --from-run run ls", "run, line 1"},
	{"mkdir -p r/bin; cp /bin/true r/bin/true", "-o o --root r true",
	 "/bin/true needs the ELF interpreter"},
	{"mkdir -p r/bin; head -c 3000 /bin/true >r/bin/true; chmod 755 r/bin/true",
	 "-o o --root r true", "cut off"},
	{"mkdir -p r/bin; ln -s true r/bin/true", "-o o --root r /bin/true", "Too many levels"},
	{"mkdir -p r/bin; cp /bin/true r/bin/x; ln -s / r/up; ln -s ../../../../bin/true "
	 "r/bin/true",
	 "-o o --root r /up/up/up/bin/true", "Too many levels"},
	{"mkdir -p r/x; ln -s $W/outside r/etc; mkdir outside",
	 "-o o --root r --with /etc --with /x", "No such file"},
	{"mkdir -p r/x r/out; ln -s out r/etc", "-o o --root r --with /etc --with /x",
	 "/etc is no directory"},
	{"mkdir -p r/var/lib/dpkg/status r/x", "-o o --root r --with /x", "/var/lib/dpkg/info"},
	{"mkdir -p r/x; mkfifo r/pipe; ln -s ../pipe r/x/prog", "-o o --root r /x/prog",
	 "device, a pipe or a socket"},
	{"mkdir -p r/lib64 r/etc r/bin; cp /bin/true r/bin; cp -L /lib64/ld-linux-x86-64.so.2 "
	 "r/lib64; "
	 "head -c 5000 /etc/ld.so.cache >r/etc/ld.so.cache",
	 "-o o --root r true", "run ldconfig"},
};

/* Status 125, one line, the reason; and the folder has what it had before. */
static void
test_bad_input_is_refused_and_leaves_nothing(void **state)
{
	char text[2048];

	(void)state;
	for (size_t i = 0; i < sizeof(refused) / sizeof(refused[0]); i++) {
		const struct refused_row *row = &refused[i];

		snprintf(text, sizeof(text),
			 "rm -rf bad; mkdir bad; cd bad; W=$W/bad\n%s\nfind . | sort >../before\n"
			 "$K rootfs %s; s=$?\nfind . | sort >../after\ncmp ../before ../after && "
			 "exit $s",
			 row->prepare ? row->prepare : "", row->arguments);
		struct outcome *outcome = script(text);

		if (outcome->status != 125 || outcome->out[0])
			fail_msg("%s: status %d, said %s %s", row->arguments, outcome->status,
				 outcome->out, outcome->err);
		if (!strstr(outcome->err, row->says) ||
		    !strstr(outcome->err, "stepdown-kit: rootfs: ") ||
		    strchr(outcome->err, '\n') != outcome->err + strlen(outcome->err) - 1)
			fail_msg("%s: \"%s\" does not say \"%s\" in one line", row->arguments,
				 outcome->err, row->says);
	}
}

/* Names and links of a hostile stage: all of it lands in the tree, none of it outside. */
static void
test_a_hostile_tree_stays_inside(void **state)
{
	(void)state;
	must("rm -rf h t outside; mkdir -p h/data outside; echo secret >outside/secret\n"
	     "cd h/data; ln -s ../../../../../../../../$W/outside up; ln -s $W/outside abs; ln -s "
	     ". here; "
	     "ln -s loop loop; ln -s /proc/self/root proc\n"
	     "printf x >\"new\nline\"; printf x >\"$(printf 'esc\\033[2J')\"; printf x >'-rf'; "
	     "printf x "
	     ">\"$(printf '\\377\\376')\"; mkfifo pipe; mknod null c 1 3\n"
	     "printf '\\177ELF\\002\\001\\001' >short.so; head -c 2000 /bin/true >cut.so; cd "
	     "../..\n"
	     "$K rootfs -o t --root h --sbom s.json --with /data >said 2>notes || exit 1\n"
	     "python3 -c 'import json; json.load(open(\"s.json\"))' || exit 2\n"
	     "[ -L t/data/up ] && [ -L t/data/loop ] && [ ! -e t/data/pipe ] && [ ! -e t/data/null "
	     "] || exit 3\n"
	     "[ $(ls -A t/data | wc -l) -ge 10 ] && [ $(ls -A outside) = secret ] || exit 4\n"
	     "! grep -q \"$(printf '\\033')\" notes said s.json || exit 5\n"
	     "grep -q 'cut.so: .* taken as it is' notes || exit 6");
}

/* A path that passes through a link of the stage is followed inside of it. */
static void
test_links_out_of_the_stage_are_followed_inside(void **state)
{
	(void)state;
	must("rm -rf h t; mkdir -p h/etc h/data; echo inside >h/etc/passwd; ln -s "
	     "../../../../../etc/passwd h/data/up; $K rootfs -q -o t --root h --with /data/up "
	     "2>/dev/null");
	assert_string_equal(must("cat t/etc/passwd"), "inside\n");
}

static void
test_depth_and_length_are_bounded(void **state)
{
	(void)state;
	struct outcome *outcome =
		script("rm -rf h t; mkdir -p h/x; python3 -c '\n"
		       "import os\n"
		       "os.chdir(\"h/x\")\n"
		       "for i in range(60):\n"
		       "  os.mkdir(\"d\" * 100); os.chdir(\"d\" * 100)\n"
		       "'; $K rootfs -q -o t --root h --with /x; s=$?; [ ! -e t ] && exit $s");

	assert_int_equal(outcome->status, 125);
	assert_says(outcome->err, "too long");
}

/* A thousand gigabytes of nothing, with a few bytes of something in between. */
static void
test_holes_stay_holes(void **state)
{
	(void)state;
	must("rm -rf h t; mkdir -p h/x; truncate -s 1000G h/x/sparse; printf start | dd "
	     "of=h/x/sparse "
	     "conv=notrunc 2>/dev/null; printf middle | dd of=h/x/sparse conv=notrunc bs=1M "
	     "seek=5000 "
	     "2>/dev/null\n"
	     "$K rootfs -q -o t --root h --sbom s.json --with /x 2>/dev/null || exit 1\n"
	     "[ $(stat -c %s t/x/sparse) = $(stat -c %s h/x/sparse) ] && [ $(du -k t/x/sparse | "
	     "cut -f1) "
	     "-lt 1000 ] || exit 2\n"
	     "[ $(head -c 5 t/x/sparse) = start ] && [ $(dd if=t/x/sparse bs=1M skip=5000 count=1 "
	     "2>/dev/null | head -c 6) = middle ]");
}

static void
test_a_signal_leaves_nothing(void **state)
{
	(void)state;
	must("rm -rf sig; mkdir -p sig/h/x; cd sig; python3 -c '\n"
	     "for i in range(60000): open(\"h/x/f%05d\" % i, \"w\").write(\"text\")'\n"
	     "$K rootfs -q -o t --root h --with /x 2>why & p=$!\n"
	     "until [ -s t.*/x/f00002 ]; do kill -0 $p || exit 1; done\n"
	     "kill -TERM $p; wait $p; [ $? = 125 ] || exit 2\n"
	     "[ \"$(ls)\" = \"$(printf 'h\\nwhy')\" ] || exit 3; grep -q 'stopped by signal 15' "
	     "why");
}

static void
test_a_full_disk_leaves_nothing(void **state)
{
	(void)state;
	struct outcome *outcome = script(
		"mkdir -p full; unshare --mount sh -c 'mount -t tmpfs -o size=200k none full && "
		"cd full && '\"$K\"' rootfs -q -o t /bin/ls; s=$?; [ -z \"$(ls -A .)\" ] && exit "
		"$s'");

	assert_int_equal(outcome->status, 125);
	assert_says(outcome->err, "No space left");
}

static void
test_without_root_all_belongs_to_the_caller(void **state)
{
	(void)state;
	must("rm -rf free; mkdir free; chown 4321 free; cp $K free/kit; cd free\n"
	     "setpriv --reuid 4321 --regid 4321 --clear-groups ./kit rootfs -q -o t ls 2>why || "
	     "exit 1\n"
	     "[ $(stat -c %u t/bin/ls t/usr/bin/ls 2>/dev/null | sort -u) = 4321 ] && grep -q 'not "
	     "root' "
	     "why");
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_the_tree_has_the_libraries_that_the_real_loader_loads),
		cmocka_unit_test(test_python_runs_from_it),
		cmocka_unit_test(test_a_recording_is_enough_for_the_same_run),
		cmocka_unit_test(test_a_recording_of_learn_is_enough_too),
		cmocka_unit_test(test_search_paths_mean_what_the_real_loader_makes_of_them),
		cmocka_unit_test(test_a_cache_is_made_where_one_is_needed),
		cmocka_unit_test(test_musl_finds_what_its_path_file_leads_to),
		cmocka_unit_test(test_owners_modes_and_users_are_right),
		cmocka_unit_test(test_hard_links_stay_one_file),
		cmocka_unit_test(test_the_same_bytes_come_out_each_time),
		cmocka_unit_test(test_packages_are_recorded),
		cmocka_unit_test(test_alpines_database_is_cut_down),
		cmocka_unit_test(test_the_kit_knows_what_stepdown_is_made_of),
		cmocka_unit_test(test_bad_input_is_refused_and_leaves_nothing),
		cmocka_unit_test(test_a_hostile_tree_stays_inside),
		cmocka_unit_test(test_links_out_of_the_stage_are_followed_inside),
		cmocka_unit_test(test_depth_and_length_are_bounded),
		cmocka_unit_test(test_holes_stay_holes),
		cmocka_unit_test(test_a_signal_leaves_nothing),
		cmocka_unit_test(test_a_full_disk_leaves_nothing),
		cmocka_unit_test(test_without_root_all_belongs_to_the_caller),
	};
	struct CMUnitTest each[sizeof(tests) / sizeof(tests[0])];

	memcpy(each, tests, sizeof(tests));
	for (size_t i = 0; i < sizeof(each) / sizeof(each[0]); i++) {
		each[i].setup_func = begin;
		each[i].teardown_func = end;
	}
	return cmocka_run_group_tests(each, NULL, NULL);
}
