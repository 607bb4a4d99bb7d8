/* SPDX-License-Identifier: MIT */
#include "kit/rootfs/loader.h"

#include "kit/heap.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const char musl_prefix[] = "ld-musl-";

/* "/etc/ld-musl-x86_64.path" where it is, else musl's own list. */
static int
musl_places(struct loader *loader, struct gather *gather, const char *name, struct refusal *why)
{
	static const struct places_tokens none = {NULL, NULL, NULL};
	char path[256], *canonical = NULL, *text = memory_string("/lib:/usr/local/lib:/usr/lib");
	const char *arch = name + strlen(musl_prefix);
	struct source_bytes bytes;

	snprintf(path, sizeof(path), "/etc/ld-musl-%.*s.path", (int)strcspn(arch, "."), arch);
	int result = gather_path(gather, path, &canonical, why);
	if (result == 0 && source_map(&gather->source, canonical, &bytes) == 0) {
		size_t length = bytes.size < OBJECT_TEXT_MOST ? bytes.size : OBJECT_TEXT_MOST;

		free(text);
		text = memory_new(length + 1, 1);
		memcpy(text, bytes.bytes, length);
		source_unmap(&bytes);
	}
	free(canonical);
	if (result >= 0)
		result = places_expand(text, &none, true, &loader->defaults, why);
	free(text);
	return result;
}

/* Without a cache the loader does well, so a missing one is none of our business. */
static int
open_cache(struct loader *loader, struct gather *gather, struct refusal *why)
{
	char *canonical;
	struct refusal inner;
	int result =
		source_walk(&gather->source, "/etc/ld.so.cache", NULL, NULL, &canonical, NULL, why);

	if (result)
		return 0;
	result = source_map(&gather->source, canonical, &loader->bytes);
	free(canonical);
	if (result < 0)
		return refuse(why, "cannot read /etc/ld.so.cache: %s", strerror(errno));
	if (loader->bytes.size == 0)
		return 0;
	if (loader_cache_read(loader->bytes.bytes, loader->bytes.size, &loader->cache, &inner) < 0)
		return refuse(why, "/etc/ld.so.cache: %s; run ldconfig in the build stage",
			      inner.text);
	return 0;
}

static int
glibc_places(struct loader *loader, struct gather *gather, struct refusal *why)
{
	struct source_bytes bytes;

	if (source_map(&gather->source, loader->canonical, &bytes) < 0)
		return refuse(why, "cannot read the ELF interpreter %s: %s", loader->interpreter,
			      strerror(errno));
	places_of_loader(bytes.bytes, bytes.size, &loader->defaults);
	source_unmap(&bytes);
	const char *first = loader->defaults.list[0];
	if (strncmp(first, "/usr/", 5) == 0)
		first += strlen("/usr");
	loader->lib = memory_string(first + 1);
	return open_cache(loader, gather, why);
}

int
loader_open(struct loader *loader, struct gather *gather, const struct object *object,
	    const char *program, struct refusal *why)
{
	*loader = (struct loader){.interpreter = memory_string(object->interpreter)};
	int result = gather_path(gather, object->interpreter, &loader->canonical, why);

	if (result > 0)
		return refuse(why, "%s needs the ELF interpreter %s: %s", program,
			      object->interpreter, strerror(result));
	if (result < 0)
		return -1;
	const char *name = strrchr(object->interpreter, '/') + 1;
	loader->is_musl = strncmp(name, musl_prefix, strlen(musl_prefix)) == 0;
	loader->cache_flags = loader_cache_flags(&object->machine, name);
	return loader->is_musl ? musl_places(loader, gather, name, why)
			       : glibc_places(loader, gather, why);
}

void
loader_free(struct loader *loader)
{
	free(loader->interpreter);
	free(loader->canonical);
	free(loader->lib);
	places_free(&loader->defaults);
	loader_cache_free(&loader->cache);
	source_unmap(&loader->bytes);
	*loader = (struct loader){0};
}

bool
loader_is_itself(const struct loader *loader, const char *name)
{
	static const char reserved[][8] = {"c", "pthread", "rt", "m", "dl", "util", "xnet"};

	if (!loader->is_musl || strncmp(name, "lib", 3) != 0)
		return false;
	for (size_t i = 0; i < sizeof(reserved) / sizeof(reserved[0]); i++)
		if (strlen(reserved[i]) == strcspn(name + 3, ".") &&
		    name[3 + strlen(reserved[i])] &&
		    strncmp(name + 3, reserved[i], strlen(reserved[i])) == 0)
			return true;
	return false;
}
