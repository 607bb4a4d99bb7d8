/* SPDX-License-Identifier: MIT */
#include "setup/certs_bundle.h"

#include "look.h"
#include "proof.h"
#include "setup/certs_pem.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

/* Nobody but root can write where it lies, so that one name is enough. */
#define UNFINISHED "." CERTS_BUNDLE_NAME ".new"

enum { BLOCK = 4096 };

char *
certs_bundle_make(const struct certs_answer *answer, size_t *size)
{
	size_t at = 0, out = 0;
	uint32_t length;

	*size = 0;
	for (; at < answer->handed_size; at += sizeof(length) + length) {
		memcpy(&length, answer->handed + at, sizeof(length));
		*size += pem_encoded_size(length);
	}
	if (*size == 0) {
		errno = ENODATA;
		return NULL;
	}
	char *text = mmap(NULL, *size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	if (text == NULL)
		errno = EPROTO;
	if (text == MAP_FAILED || text == NULL)
		return NULL;
	for (at = 0; at < answer->handed_size; at += sizeof(length) + length) {
		memcpy(&length, answer->handed + at, sizeof(length));
		pem_encode(answer->handed + at + sizeof(length), length, text + out);
		out += pem_encoded_size(length);
	}
	return text;
}

static int
compare(int file, const char *text, size_t size)
{
	char block[BLOCK];

	for (size_t at = 0; at < size; at += sizeof(block)) {
		size_t want = size - at < sizeof(block) ? size - at : sizeof(block);
		ssize_t count = look_read(file, block, want);

		if (count < 0)
			return -1;
		if ((size_t)count != want || memcmp(block, text + at, want) != 0)
			return proof(false);
	}
	return 0;
}

bool
certs_bundle_is_roots(const struct stat *status)
{
	return S_ISREG(status->st_mode) && status->st_uid == 0 && status->st_nlink == 1 &&
	       (status->st_mode & 07777) == 0444;
}

int
certs_bundle_check(int directory, const char *text, size_t size)
{
	struct stat status;
	int file = look_opened(openat(directory, CERTS_BUNDLE_NAME,
				      O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC));
	int result = -1;

	if (file < 0)
		return -1;
	if (look_at(file, &status) == 0) {
		errno = EPROTO;
		if (certs_bundle_is_roots(&status) && (size_t)status.st_size == size)
			result = compare(file, text, size);
	}

	look_close(file);
	return result;
}

/*
 * Not synced: after a power failure the container starts again, and what is not as it should be is
 * written anew.
 */
int
certs_bundle_replace(int directory, const char *text, size_t size)
{
	if (unlinkat(directory, UNFINISHED, 0) != 0 && errno != ENOENT)
		return -1;
	int file = look_opened(openat(directory, UNFINISHED,
				      O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600));
	if (file < 0)
		return -1;
	struct stat status;
	int result = look_write(file, text, size);
	if (result == 0)
		result = fchmod(file, 0444);
	if (result == 0)
		result = look_at(file, &status);
	if (result == 0 && (!certs_bundle_is_roots(&status) || (size_t)status.st_size != size)) {
		errno = EPROTO;
		result = -1;
	}
	if (result == 0)
		result = renameat(directory, UNFINISHED, directory, CERTS_BUNDLE_NAME);
	int error = errno;
	close(file);
	/* Where it still is to be found it has not become the bundle, whatever was said. */
	if (unlinkat(directory, UNFINISHED, 0) == 0 && result == 0) {
		error = EPROTO;
		result = -1;
	}
	errno = error;
	return result;
}
