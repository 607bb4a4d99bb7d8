/* SPDX-License-Identifier: MIT */
#include "setup/certs_scan.h"

#include "setup/certs_der.h"
#include "setup/certs_pem.h"
#include "setup/certs_reach.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

enum { LISTING_SIZE = 32 << 10 /* bytes of directory entries a call */ };

struct scan {
	const struct certs_request *request;
	struct certs_hoard *hoard;
	struct certs_report *report; /* of the path at hand */
	bool der;
	uint64_t bytes;   /* read below this path */
	uint64_t entries; /* names seen below this path */
};

/* As getdents64(2) fills it; the C libraries' own reading of directories allocates. */
struct entry {
	uint64_t inode;
	int64_t offset;
	unsigned short size;
	unsigned char type;
	char name[];
};

static bool
hoard_has(const struct certs_hoard *hoard, const unsigned char *der, uint32_t length)
{
	for (size_t at = 0; at < hoard->size;) {
		uint32_t have;

		memcpy(&have, hoard->bytes + at, sizeof(have));
		at += sizeof(have);
		if (have == length && memcmp(hoard->bytes + at, der, length) == 0)
			return true;
		at += have;
	}
	return false;
}

static int
hoard_add(struct certs_hoard *hoard, const unsigned char *der, size_t length)
{
	uint32_t size = (uint32_t)length;

	if (hoard->room == 0)
		return 0;
	if (length <= CERTS_ONE_MAX && hoard_has(hoard, der, size))
		return 0;
	if (length > CERTS_ONE_MAX || hoard->count == CERTS_COUNT_MAX ||
	    hoard->room - hoard->size < sizeof(size) + length) {
		errno = E2BIG;
		return -1;
	}
	memcpy(hoard->bytes + hoard->size, &size, sizeof(size));
	memcpy(hoard->bytes + hoard->size + sizeof(size), der, length);
	hoard->size += sizeof(size) + length;
	hoard->count++;
	return 0;
}

/* Counts one certificate. False if it is none. */
static bool
count_certificate(const unsigned char *der, size_t length, int64_t now, struct certs_report *report)
{
	struct der_validity validity;

	if (der_read_certificate(der, length, &validity) != 0)
		return false;
	report->certificates++;
	if (validity.not_after < now)
		report->expired++;
	else if (validity.not_before > now)
		report->not_yet_valid++;
	else if (report->earliest == 0 || validity.not_after < report->earliest)
		report->earliest = validity.not_after;
	return true;
}

/* Counts the block; returns the length of the certificate that is now at the body's place, or 0. */
static size_t
read_block(unsigned char *bytes, const struct pem_block *block, int64_t now,
	   struct certs_report *report)
{
	unsigned char *body = bytes + block->body;

	if (block->kind == PEM_PRIVATE_KEY)
		report->keys++;
	else if (block->kind == PEM_OPENSSL_ONLY)
		report->openssl_only++;
	if (block->kind != PEM_CERTIFICATE)
		return 0;
	ssize_t length = block->whole ? pem_decode((char *)body, block->length, body) : -1;
	if (length > 0 && count_certificate(body, (size_t)length, now, report))
		return (size_t)length;
	report->malformed++;
	return 0;
}

int
certs_scan_bytes(unsigned char *bytes, size_t length, bool der, int64_t now,
		 struct certs_report *report, struct certs_hoard *hoard)
{
	struct pem_text text = {(const char *)bytes, length, 0};
	struct pem_block block;
	int full = 0;

	if (der && der_outer_size(bytes, length) == length) {
		if (count_certificate(bytes, length, now, report))
			return hoard_add(hoard, bytes, length);
		report->malformed++;
		return 0;
	}
	while (pem_next(&text, &block)) {
		size_t found = read_block(bytes, &block, now, report);

		/* Even so the rest is counted: the message names the real number. */
		if (found > 0 && hoard_add(hoard, bytes + block.body, found) != 0)
			full = -1;
	}
	return full;
}

static void
say(struct certs_report *report, enum certs_state state, uint64_t limit, uint64_t found)
{
	report->state = (uint32_t)state;
	report->limit = limit;
	report->found = found;
}

static void
say_error(struct certs_report *report, int error)
{
	report->state = CERTS_CANNOT_OPEN;
	report->error = error;
}

/* Reads `size` bytes, or fewer where the file has become shorter. -1 with errno. */
static ssize_t
read_all(int fd, unsigned char *bytes, size_t size)
{
	size_t have = 0;

	while (have < size) {
		ssize_t count = read(fd, bytes + have, size - have);

		if (count < 0 && errno == EINTR)
			continue;
		if (count < 0)
			return -1;
		if (count == 0)
			break;
		have += (size_t)count;
	}
	return (ssize_t)have;
}

/* False if nothing more of this path should be read. */
static bool
read_file(struct scan *scan, int fd, size_t size)
{
	struct certs_report *report = scan->report;

	report->files++;
	if (size == 0)
		return true;
	unsigned char *bytes = mmap(NULL, size, PROT_READ | PROT_WRITE,
				    MAP_PRIVATE | MAP_ANONYMOUS | MAP_POPULATE, -1, 0);
	if (bytes == MAP_FAILED) {
		say_error(report, errno);
		return false;
	}
	ssize_t length = read_all(fd, bytes, size);
	if (length < 0) {
		say_error(report, errno);
	} else {
		int full = certs_scan_bytes(bytes, (size_t)length, scan->der, scan->request->now,
					    report, scan->hoard);

		if (report->certificates > CERTS_COUNT_MAX)
			say(report, CERTS_TOO_MANY, CERTS_COUNT_MAX, report->certificates);
		else if (full != 0)
			say(report, CERTS_NO_ROOM, scan->hoard->room, scan->hoard->size);
	}
	munmap(bytes, size);
	return report->state == CERTS_READ;
}

/* Tells before it opens: to open a device or a FIFO is to act on it. */
static int
open_kind(int directory, const char *name, mode_t kinds, struct stat *status)
{
	if (fstatat(directory, name, status, 0) != 0)
		return -1;
	if ((status->st_mode & S_IFMT) != S_IFREG && (status->st_mode & S_IFMT) != kinds) {
		errno = EBADF;
		return -1;
	}
	int fd = openat(directory, name, O_RDONLY | O_NONBLOCK | O_NOCTTY | O_CLOEXEC);
	if (fd < 0)
		return -1;
	mode_t expected = status->st_mode & S_IFMT;
	if (fstat(fd, status) != 0 || (status->st_mode & S_IFMT) != expected) {
		close(fd);
		errno = EBADF;
		return -1;
	}
	return fd;
}

static bool
fits(struct scan *scan, uint64_t size)
{
	scan->bytes += size;
	if (size > CERTS_FILE_MAX)
		say(scan->report, CERTS_TOO_LARGE, CERTS_FILE_MAX, size);
	else if (scan->bytes > CERTS_DIRECTORY_MAX)
		say(scan->report, CERTS_TOO_LARGE, CERTS_DIRECTORY_MAX, scan->bytes);
	return scan->report->state == CERTS_READ;
}

/* A second name for a file of the same directory, such as the hashed names that OpenSSL wants. */
static bool
is_second_name(int directory, const char *name)
{
	char target[NAME_MAX + 1];
	ssize_t length = readlinkat(directory, name, target, sizeof(target));

	return length > 0 && memchr(target, '/', (size_t)length) == NULL &&
	       (length != 2 || memcmp(target, "..", 2) != 0);
}

static bool
writable_entry(const char *path, const char *name, uid_t uid)
{
	char whole[PATH_MAX];
	size_t length = strlen(path), more = strlen(name);

	if (length + 1 + more >= sizeof(whole))
		return true;
	memcpy(whole, path, length);
	whole[length] = '/';
	memcpy(whole + length + 1, name, more + 1);
	return certs_reach_check(whole, uid);
}

/* False if nothing more of this directory should be read. */
static bool
read_entry(struct scan *scan, int directory, const char *path, const char *name)
{
	struct stat status;

	if (strcmp(name, ".") == 0 || strcmp(name, "..") == 0)
		return true;
	if (++scan->entries > CERTS_ENTRIES_MAX) {
		say(scan->report, CERTS_TOO_CROWDED, CERTS_ENTRIES_MAX, scan->entries);
		return false;
	}
	if (is_second_name(directory, name))
		return true;
	int fd = open_kind(directory, name, S_IFREG, &status);
	if (fd < 0) {
		scan->report->skipped++;
		return true;
	}
	bool more =
		fits(scan, (uint64_t)status.st_size) && read_file(scan, fd, (size_t)status.st_size);
	close(fd);
	if (more && scan->report->writable == 0)
		scan->report->writable = writable_entry(path, name, scan->request->uid);
	return more;
}

static void
read_directory(struct scan *scan, int fd, const char *path)
{
	_Alignas(struct entry) char listing[LISTING_SIZE];
	long length;

	while ((length = syscall(SYS_getdents64, fd, listing, sizeof(listing))) > 0) {
		for (long at = 0; at < length;) {
			const struct entry *entry = (const struct entry *)(listing + at);

			if (!read_entry(scan, fd, path, entry->name))
				return;
			at += entry->size;
		}
	}
	if (length < 0)
		say_error(scan->report, errno);
}

static void
scan_path(struct scan *scan, const struct certs_path *path)
{
	mode_t directory = path->kind == CERTS_FILE ? S_IFREG : S_IFDIR;
	struct stat status;
	int fd = open_kind(AT_FDCWD, path->path, directory, &status);

	if (fd < 0 && errno == EBADF) {
		scan->report->state = CERTS_WRONG_KIND;
		return;
	}
	if (fd < 0) {
		say_error(scan->report, errno);
		return;
	}
	scan->report->state = CERTS_READ;
	scan->report->writable = certs_reach_check(path->path, scan->request->uid);
	if (S_ISDIR(status.st_mode))
		read_directory(scan, fd, path->path);
	else if (path->kind == CERTS_DIRECTORY)
		scan->report->state = CERTS_WRONG_KIND;
	else if (fits(scan, (uint64_t)status.st_size))
		read_file(scan, fd, (size_t)status.st_size);
	close(fd);
}

int
certs_scan(const struct certs_request *request, struct certs_report *report,
	   struct certs_hoard *hoard)
{
	unsigned count = request->places + request->additions;
	int found = -1;

	memset(report, 0, count * sizeof(*report));
	for (unsigned i = 0; i < count; i++) {
		struct scan scan = {.request = request, .hoard = hoard, .report = &report[i]};

		if (i < request->places && found >= 0)
			continue;
		scan.der = request->path[i].kind == CERTS_ADDITION;
		scan_path(&scan, &request->path[i]);
		if (i >= request->places)
			continue;
		if (certs_is_good(&report[i])) {
			found = (int)i;
		} else {
			hoard->size = 0; /* what a bad place holds is not handed over */
			hoard->count = 0;
		}
	}
	return found;
}
