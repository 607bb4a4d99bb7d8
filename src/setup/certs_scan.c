/* SPDX-License-Identifier: MIT */
#include "setup/certs_scan.h"

#include "look.h"
#include "setup/certs_count.h"
#include "setup/certs_reach.h"
#include "setup/paths.h"

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
	ssize_t length = look_read(fd, bytes, size);
	if (length < 0) {
		say_error(report, errno);
	} else {
		int full = certs_count(bytes, (size_t)length, scan->der, scan->request->now, report,
				       scan->hoard);

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
	if (look_at(fd, status) != 0 || (status->st_mode & S_IFMT) != expected) {
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

/* False if it is too long. */
static bool
join(char whole[static PATH_MAX], const char *path, const char *name)
{
	size_t length = strlen(path), more = strlen(name);

	if (length + 1 + more >= PATH_MAX)
		return false;
	memcpy(whole, path, length);
	whole[length] = '/';
	memcpy(whole + length + 1, name, more + 1);
	return true;
}

/*
 * What is added to a bundle may be anybody's; but of a directory that is not root's alone no link
 * is followed, nor is a second name of a file's taken.
 */
static int
open_addition(const char *path, unsigned how, struct stat *status)
{
	int fd = path_open_file(path, how | PATH_STREAMS_CLOSED);

	if (fd < 0 || look_at(fd, status) == 0)
		return fd;
	close(fd);
	errno = EBADF;
	return -1;
}

static bool
writable_entry(const char *path, const char *name, uid_t uid)
{
	char whole[PATH_MAX];

	return !join(whole, path, name) || certs_reach_check(whole, PATH_STREAMS_CLOSED, uid);
}

/* False if nothing more of this directory should be read. */
static bool
read_entry(struct scan *scan, int directory, const char *path, const char *name)
{
	char whole[PATH_MAX];
	struct stat status;

	if (strcmp(name, ".") == 0 || strcmp(name, "..") == 0)
		return true;
	if (++scan->entries > CERTS_ENTRIES_MAX) {
		say(scan->report, CERTS_TOO_CROWDED, CERTS_ENTRIES_MAX, scan->entries);
		return false;
	}
	if (is_second_name(directory, name))
		return true;
	int fd = !scan->der                ? open_kind(directory, name, S_IFREG, &status)
		 : join(whole, path, name) ? open_addition(whole, 0, &status)
					   : -1;
	if (fd < 0) {
		scan->report->skipped++;
		return true;
	}
	bool more =
		fits(scan, (uint64_t)status.st_size) && read_file(scan, fd, (size_t)status.st_size);
	close(fd);
	if (more && scan->report->writable == 0)
		scan->report->writable = writable_entry(path, name, scan->request->drop.uid);
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
	int fd = scan->der ? open_addition(path->path, PATH_OR_DIRECTORY, &status)
			   : open_kind(AT_FDCWD, path->path, directory, &status);

	if (fd < 0 && errno == EBADF) {
		scan->report->state = CERTS_WRONG_KIND;
		return;
	}
	if (fd < 0) {
		say_error(scan->report, errno);
		return;
	}
	scan->report->state = CERTS_READ;
	scan->report->writable =
		certs_reach_check(path->path, PATH_STREAMS_CLOSED, scan->request->drop.uid);
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
