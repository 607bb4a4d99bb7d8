/* SPDX-License-Identifier: MIT */
/*
 * image - what is audited: a directory, an exported file system, or an image with its layers
 *
 * An archive is first read as a tree of its own. Where that has a manifest.json (`docker save`) or
 * an index.json (OCI image layout) it is an image, whose layers are laid one over the other;
 * otherwise it is the file system itself (`docker export`). The whole archive, and each layer, may
 * be compressed with gzip. The same goes for a directory. Source: moby, image/tarexport; OCI
 * image-spec, image-layout.md.
 */
#ifndef STEPDOWN_KIT_AUDIT_IMAGE_H
#define STEPDOWN_KIT_AUDIT_IMAGE_H

#include "kit/audit/contents.h"
#include "kit/audit/settings.h"

enum image_form { IMAGE_DIRECTORY, IMAGE_EXPORT, IMAGE_SAVED };

struct image {
	enum image_form form;
	struct rootfs root;
	struct settings settings; /* .document NULL: not known */
	const char *const *tags;  /* "name:tag"; they belong to `manifest` or to `settings` */
	size_t tag_count;
	bool has_tags; /* whether there is anything that could name it */

	/* What the above is made from. */
	struct rootfs outer;
	struct json_object *manifest;
	struct json_object *index;
	const char **tag_list;
	struct source **sources; /* in the order in which they were made */
	size_t source_count;
	struct source_limits limits;
};

/*
 * Reads what is at `path`. Returns 0, or -1 with a refusal. To be released with image_close in
 * either case.
 */
int image_open(const char *path, struct image *image, struct refusal *why);

/* The same for an archive in memory, for the tests. */
int image_open_bytes(const void *bytes, size_t length, struct image *image, struct refusal *why);

void image_close(struct image *image);

/*
 * Finds configuration and layers in image->outer and lays them. Returns 1 if it was an image, 0 if
 * it was none, -1 with a refusal.
 */
int image_take_manifest(struct image *image, struct refusal *why);

/* A source that image_close releases. */
struct source *image_keep(struct image *image, struct source *source);

/* `from`, or what it holds where it is compressed with gzip. NULL with a refusal: another way. */
struct source *image_plain(struct image *image, struct source *from, struct refusal *why);

#endif
