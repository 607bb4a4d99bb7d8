/* SPDX-License-Identifier: MIT */
#include "kit/rootfs/sbom.h"

#include "kit/heap.h"
#include "kit/sha256.h"
#include "kit/spdx.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct list {
	struct spdx_package *packages;
	size_t count;
	char **texts; /* that were made for them */
	size_t text_count;
};

static char *
keep(struct list *list, char *text)
{
	list->texts = memory_grow(list->texts, list->text_count + 1, sizeof(*list->texts));
	return list->texts[list->text_count++] = text;
}

static struct spdx_package *
append(struct list *list)
{
	list->packages = memory_grow(list->packages, list->count + 1, sizeof(*list->packages));
	list->packages[list->count] = (struct spdx_package){0};
	return &list->packages[list->count++];
}

/* Percent-encodes what a purl may not have as it is. */
static void
encode(char *out, size_t size, const char *text)
{
	size_t used = 0;

	for (; *text && used + 4 < size; text++) {
		unsigned char byte = (unsigned char)*text;
		bool is_plain = (byte >= 'a' && byte <= 'z') || (byte >= 'A' && byte <= 'Z') ||
				(byte >= '0' && byte <= '9') || strchr("-._~:", byte);

		used += (size_t)snprintf(out + used, size - used, is_plain ? "%c" : "%%%02X", byte);
	}
	out[used] = '\0';
}

/* pkg:deb/debian/libc6@2.36-9?arch=amd64&distro=debian-12 */
static char *
package_url(const struct packages *packages, const struct package *package)
{
	bool is_debian = packages->kind == PACKAGES_DEBIAN;
	char name[256], bare[256], version[256], arch[64], *url = memory_new(1, 1024);
	char vendor[64];

	snprintf(bare, sizeof(bare), "%.*s", (int)strcspn(package->name, is_debian ? ":" : ""),
		 package->name);
	encode(name, sizeof(name), bare);
	encode(version, sizeof(version), package->version ? package->version : "");
	encode(arch, sizeof(arch), package->architecture ? package->architecture : "");
	snprintf(vendor, sizeof(vendor), "%.*s", (int)strcspn(packages->distribution, "-"),
		 packages->distribution);
	snprintf(url, 1024, "pkg:%s/%s/%s%s%s%s%s%s%s", is_debian ? "deb" : "apk",
		 *vendor     ? vendor
		 : is_debian ? "debian"
			     : "alpine",
		 name, *version ? "@" : "", version, *arch ? "?arch=" : "", arch,
		 *packages->distribution ? (*arch ? "&distro=" : "?distro=") : "",
		 packages->distribution);
	return url;
}

static void
add_package(struct list *list, const struct packages *packages, const struct package *package)
{
	struct spdx_package *out = append(list);

	out->name = keep(list, memory_string(package->name));
	list->texts[list->text_count - 1]
		   [strcspn(out->name, packages->kind == PACKAGES_DEBIAN ? ":" : "")] = '\0';
	out->version = package->version;
	out->supplier = package->supplier;
	out->licence = package->licence;
	out->url = keep(list, package_url(packages, package));
}

/* A file that no package has: what was built here, most of all the service. */
static int
add_file(struct list *list, struct gather *gather, const struct node *entry, struct refusal *why)
{
	struct source_bytes bytes;
	unsigned char *digest = memory_new(SHA256_SIZE, 1);
	char *path = memory_new(strlen(entry->path) + 2, 1);

	keep(list, path);
	keep(list, (char *)digest);
	sprintf(path, "/%s", entry->path);
	bool is_read = source_map(&gather->source, entry->path, &bytes) == 0;

	if (!is_read && errno != EFBIG)
		return refuse(why, "cannot read %s: %s", path, strerror(errno));
	sha256(bytes.bytes, bytes.size, digest);
	source_unmap(&bytes);
	struct spdx_package *out = append(list);
	out->name = path;
	out->file = path;
	out->purpose = "FILE";
	out->sha256 = is_read ? digest : NULL;
	return 0;
}

int
sbom_text(struct gather *gather, const struct packages *packages, const char *name, int64_t created,
	  char **text, struct refusal *why)
{
	struct list list = {0};
	struct spdx_package *root = append(&list);
	const char *slash = strrchr(name, '/');
	int result = 0;

	root->name = slash && slash[1] ? slash + 1 : name;
	root->purpose = "OPERATING-SYSTEM";
	for (size_t i = 0; i < packages->count; i++)
		add_package(&list, packages, &packages->list[i]);
	for (size_t i = 0; result == 0 && i < gather->entries.count; i++) {
		const struct node *entry = &gather->entries.list[i];

		/* What Python compiles for itself when it is installed is nobody's, by the hundred.
		 */
		if (entry->kind == ENTRY_FILE && !entry->is_made && !entry->package &&
		    !strstr(entry->path, "/__pycache__/"))
			result = add_file(&list, gather, entry, why);
	}
	if (result == 0)
		*text = spdx_write(list.packages, list.count, created);
	for (size_t i = 0; i < list.text_count; i++)
		free(list.texts[i]);
	free(list.texts);
	free(list.packages);
	return result;
}
