/* SPDX-License-Identifier: MIT */
#include "kit/rootfs/source.h"

#include "kit/heap.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <linux/openat2.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <unistd.h>

static int
open_in_root(const struct source *source, const char *canonical, unsigned flags)
{
	struct open_how how = {.flags = flags | O_CLOEXEC | O_NOFOLLOW,
			       .resolve = RESOLVE_IN_ROOT | RESOLVE_NO_MAGICLINKS};

	return (int)syscall(SYS_openat2, source->root, *canonical ? canonical : ".", &how,
			    sizeof(how));
}

int
source_open(struct source *source, const char *path, struct refusal *why)
{
	source->root = open(path, O_PATH | O_DIRECTORY | O_CLOEXEC);
	if (source->root < 0)
		return refuse(why, "cannot open %s: %s", path, strerror(errno));
	int probe = open_in_root(source, "", O_PATH);

	if (probe < 0) {
		close(source->root);
		return refuse(
			why,
			"openat2(2) does not work here (%s): it needs Linux 5.6, and a seccomp profile that allows it",
			strerror(errno));
	}
	close(probe);
	return 0;
}

void
source_close(struct source *source)
{
	close(source->root);
}

static char *
read_link(int descriptor)
{
	char text[PATH_MAX];
	ssize_t length = readlinkat(descriptor, "", text, sizeof(text) - 1);

	if (length < 0)
		return NULL;
	text[length] = '\0';
	return memory_string(text);
}

int
source_look(const struct source *source, const char *canonical, struct stat *about, char **target)
{
	int descriptor = open_in_root(source, canonical, O_PATH);

	*target = NULL;
	if (descriptor < 0)
		return -1;
	int result = fstat(descriptor, about);
	if (result == 0 && S_ISLNK(about->st_mode) && !(*target = read_link(descriptor)))
		result = -1;
	int saved = errno;
	close(descriptor);
	errno = saved;
	return result;
}

/* A walk on its way: what is behind, and what is still to come. */
struct walk {
	char here[PATH_MAX];
	char rest[PATH_MAX];
	unsigned links;
};

/* Takes the next component off the rest. Returns its length; 0 at the end. */
static size_t
next_component(struct walk *walk, char *component)
{
	const char *start = walk->rest + strspn(walk->rest, "/");
	size_t length = strcspn(start, "/");

	memcpy(component, start, length);
	component[length] = '\0';
	memmove(walk->rest, start + length, strlen(start + length) + 1);
	return length;
}

static int
join(char *path, const char *component)
{
	char *end = path + strlen(path);

	if ((size_t)(end - path) + strlen(component) + 2 > PATH_MAX)
		return ENAMETOOLONG;
	strcpy(end > path ? stpcpy(end, "/") : end, component);
	return 0;
}

static void
cut_last(char *path)
{
	char *slash = strrchr(path, '/');

	*(slash ? slash : path) = '\0';
}

static int
follow_link(struct walk *walk, const char *target)
{
	char rest[PATH_MAX];

	if (++walk->links > SOURCE_LINKS_MOST)
		return ELOOP;
	if (!*target)
		return ENOENT;
	/* The rest is empty or begins with its slash. */
	if (strlen(target) + strlen(walk->rest) >= sizeof(rest))
		return ENAMETOOLONG;
	strcpy(stpcpy(rest, target), walk->rest);
	strcpy(walk->rest, rest);
	cut_last(walk->here);
	if (*target == '/')
		walk->here[0] = '\0';
	return 0;
}

static int
step(const struct source *source, struct walk *walk, const char *component, source_visit *visit,
     void *context, struct stat *about, struct refusal *why)
{
	char *target;
	int result = join(walk->here, component);

	if (result)
		return result;
	if (source_look(source, walk->here, about, &target) < 0)
		return errno;
	if (visit)
		result = visit(context, walk->here, about, target, why);
	if (result == 0 && target)
		result = follow_link(walk, target);
	else if (result == 0 && !S_ISDIR(about->st_mode) && walk->rest[0])
		result = ENOTDIR;
	free(target);
	return result;
}

int
source_walk(const struct source *source, const char *path, source_visit *visit, void *context,
	    char **canonical, struct stat *about, struct refusal *why)
{
	struct walk walk = {.links = 0};
	char component[PATH_MAX];
	struct stat seen;
	int result = 0;

	if (canonical)
		*canonical = NULL;
	if (strlen(path) >= sizeof(walk.rest))
		return ENAMETOOLONG;
	strcpy(walk.rest, path);
	if (fstat(source->root, &seen) < 0)
		return errno;
	while (result == 0 && next_component(&walk, component)) {
		if (strcmp(component, ".") == 0)
			continue;
		if (strcmp(component, "..") == 0)
			cut_last(walk.here);
		else
			result = step(source, &walk, component, visit, context, &seen, why);
	}
	if (result)
		return result;
	/* The last step may have been "..". */
	char *target = NULL;
	if (source_look(source, walk.here, &seen, &target) < 0)
		return errno;
	free(target);
	if (about)
		*about = seen;
	if (canonical)
		*canonical = memory_string(walk.here);
	return 0;
}

int
source_file(const struct source *source, const char *canonical)
{
	/* O_NONBLOCK: what is a FIFO by now must not keep us waiting. */
	int descriptor = open_in_root(source, canonical, O_RDONLY | O_NONBLOCK);
	struct stat about;

	if (descriptor < 0)
		return -1;
	if (fstat(descriptor, &about) == 0 && S_ISREG(about.st_mode))
		return descriptor;
	close(descriptor);
	errno = EINVAL;
	return -1;
}

int
source_map(const struct source *source, const char *canonical, struct source_bytes *out)
{
	int descriptor = source_file(source, canonical);
	struct stat about;
	void *bytes = MAP_FAILED;

	*out = (struct source_bytes){0};
	if (descriptor < 0)
		return -1;
	if (fstat(descriptor, &about) < 0 || about.st_size > SOURCE_MAP_MOST)
		errno = EFBIG;
	else if (about.st_size > 0)
		bytes = mmap(NULL, (size_t)about.st_size, PROT_READ, MAP_PRIVATE, descriptor, 0);
	int saved = errno;
	close(descriptor);
	if (about.st_size == 0) {
		out->bytes = (const uint8_t *)"";
		return 0;
	}
	errno = saved;
	if (bytes == MAP_FAILED)
		return -1;
	*out = (struct source_bytes){bytes, (size_t)about.st_size};
	return 0;
}

void
source_unmap(struct source_bytes *bytes)
{
	if (bytes->size > 0)
		munmap((void *)(uintptr_t)bytes->bytes, bytes->size);
	*bytes = (struct source_bytes){0};
}

static int
compare_names(const void *left, const void *right)
{
	return strcmp(*(char *const *)left, *(char *const *)right);
}

char **
source_names(const struct source *source, const char *canonical, size_t *count)
{
	int descriptor = open_in_root(source, canonical, O_RDONLY | O_DIRECTORY);
	DIR *directory = descriptor < 0 ? NULL : fdopendir(descriptor);
	char **names = NULL;

	*count = 0;
	if (!directory)
		return NULL;
	names = memory_new(1, sizeof(*names));
	for (struct dirent *one; (one = readdir(directory));) {
		if (strcmp(one->d_name, ".") == 0 || strcmp(one->d_name, "..") == 0)
			continue;
		if ((*count & (*count - 1)) == 0)
			names = memory_grow(names, *count ? *count * 2 : 1, sizeof(*names));
		names[(*count)++] = memory_string(one->d_name);
	}
	closedir(directory);
	qsort(names, *count, sizeof(*names), compare_names);
	return names;
}
