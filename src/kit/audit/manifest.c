/* SPDX-License-Identifier: MIT */
/* From the manifest of an image to its configuration and layers. */
#include "kit/audit/image.h"

#include "kit/heap.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/utsname.h>

enum { INDEX_DEPTH = 4, NAME_SIZE = 160 };

static char *
read_text(struct image *image, const char *name, size_t *length, struct refusal *why)
{
	uint32_t node = filetree_find(&image->outer.tree, TREE_ROOT, name, true);
	struct refusal inner;
	char *bytes;

	if (node == TREE_NONE) {
		refuse(why, "'%s' is not in it", name);
		return NULL;
	}
	bytes = rootfs_file(&image->outer, node, DOCUMENT_MOST, length, &inner);
	if (!bytes)
		refuse(why, "%s: %s", name, inner.text);
	return bytes;
}

static struct json_object *
read_json(struct image *image, const char *name, struct refusal *why)
{
	struct json_object *document;
	struct refusal inner;
	size_t length;
	char *bytes = read_text(image, name, &length, why);

	if (!bytes)
		return NULL;
	document = document_read(bytes, length, &inner);
	free(bytes);
	if (!document)
		refuse(why, "%s: %s", name, inner.text);
	return document;
}

static int
take_settings(struct image *image, const char *name, struct refusal *why)
{
	struct refusal inner;
	size_t length;
	char *bytes = read_text(image, name, &length, why);

	if (!bytes)
		return -1;
	int result = settings_read(bytes, length, &image->settings, &inner);
	free(bytes);
	return result < 0 ? refuse(why, "%s: %s", name, inner.text) : 0;
}

/* Where the bytes of a file of the outer archive or directory are. */
static struct source *
source_of(struct image *image, uint32_t node, struct refusal *why)
{
	const struct inode *inode = filetree_inode(&image->outer.tree, node);
	struct source *source;

	if (!S_ISREG(inode->mode) || inode->unread) {
		refuse(why, "no regular file that can be read");
		return NULL;
	}
	if (image->outer.directory >= 0) {
		int file = rootfs_open(&image->outer, node, why);

		return file < 0 ? NULL : image_keep(image, source_of_file(file, inode->size));
	}
	source = source_slice(image->outer.layers[inode->origin - 1], inode->data, inode->size);
	return image_keep(image, source);
}

static int
take_layer(struct image *image, const char *name, struct refusal *why)
{
	uint32_t node = filetree_find(&image->outer.tree, TREE_ROOT, name, true);
	unsigned number = image->root.layer_count + 1;
	struct source *source, *plain = NULL;
	struct refusal inner;

	if (node == TREE_NONE)
		return refuse(why, "layer %u, '%s', is not in it", number, name);
	source = source_of(image, node, &inner);
	if (source)
		plain = image_plain(image, source, &inner);
	if (!plain || layer_apply(&image->root, plain, true, &inner) < 0)
		return refuse(why, "layer %u, '%s': %s", number, name, inner.text);
	return 0;
}

static int
too_many_layers(size_t count, struct refusal *why)
{
	return refuse(why, "%zu layers: more than the %d that are read, and than any engine takes",
		      count, ROOTFS_LAYERS_MOST);
}

static int
take_tags(struct image *image, struct json_object *list, struct refusal *why)
{
	size_t count = list ? json_object_array_length(list) : 0;

	if (count > SETTINGS_WORDS)
		return refuse(why, "more than %d tags", (int)SETTINGS_WORDS);
	image->has_tags = true;
	image->tag_list = memory_new(count, sizeof(*image->tag_list));
	image->tags = image->tag_list;
	for (size_t i = 0; i < count; i++) {
		struct json_object *tag = json_object_array_get_idx(list, i);

		if (json_object_is_type(tag, json_type_string))
			image->tag_list[image->tag_count++] = json_object_get_string(tag);
	}
	return 0;
}

/* ---- docker save: [{"Config": FILE, "RepoTags": [...], "Layers": [FILE...]}] ---- */

static int
take_saved(struct image *image, struct refusal *why)
{
	struct json_object *one = json_object_array_get_idx(image->manifest, 0);
	struct json_object *layers = document_value(one, "Layers", json_type_array);
	const char *config = document_text(one, "Config");
	size_t count = layers ? json_object_array_length(layers) : 0;

	if (json_object_array_length(image->manifest) != 1)
		return refuse(why, "it holds %zu images: save one image at a time",
			      json_object_array_length(image->manifest));
	if (!config)
		return refuse(why, "manifest.json: the image has no Config");
	if (take_settings(image, config, why) < 0 ||
	    take_tags(image, document_value(one, "RepoTags", json_type_array), why) < 0)
		return -1;
	if (count > ROOTFS_LAYERS_MOST)
		return too_many_layers(count, why);
	for (size_t i = 0; i < count; i++) {
		struct json_object *name = json_object_array_get_idx(layers, i);

		if (!json_object_is_type(name, json_type_string))
			return refuse(why, "manifest.json: a layer that is no name");
		if (take_layer(image, json_object_get_string(name), why) < 0)
			return -1;
	}
	return 1;
}

/* ---- OCI: index.json names manifests by digest, blobs/ALGORITHM/HEX are the files ---- */

static int
blob_name(struct json_object *descriptor, char name[static NAME_SIZE], struct refusal *why)
{
	const char *digest = document_text(descriptor, "digest");
	size_t algorithm = digest ? strspn(digest, "abcdefghijklmnopqrstuvwxyz0123456789") : 0;

	if (!digest || algorithm == 0 || digest[algorithm] != ':' || strlen(digest) > 140 ||
	    digest[algorithm + 1] == '\0' ||
	    digest[algorithm + 1 + strspn(digest + algorithm + 1, "0123456789abcdef")] != '\0')
		return refuse(why, "the index names a file by a digest that is none");
	snprintf(name, NAME_SIZE, "blobs/%.*s/%s", (int)algorithm, digest, digest + algorithm + 1);
	return 0;
}

static bool
is_for_this_machine(struct json_object *descriptor)
{
	struct json_object *platform = document_value(descriptor, "platform", json_type_object);
	const char *architecture = document_text(platform, "architecture");
	struct utsname machine;

	if (!architecture || uname(&machine) < 0)
		return true;
	if (strcmp(machine.machine, "x86_64") == 0)
		return strcmp(architecture, "amd64") == 0;
	if (strcmp(machine.machine, "aarch64") == 0)
		return strcmp(architecture, "arm64") == 0;
	return strcmp(architecture, machine.machine) == 0;
}

/* BuildKit keeps what it attests of an image beside it, as one for an unknown machine. */
static bool
is_image(struct json_object *descriptor)
{
	struct json_object *platform = document_value(descriptor, "platform", json_type_object);
	const char *architecture = document_text(platform, "architecture");

	return !architecture || strcmp(architecture, "unknown") != 0;
}

/* The one image of an index; of several, the one for this machine. */
static struct json_object *
choose(struct json_object *list, struct refusal *why)
{
	size_t length = json_object_array_length(list), count = 0, fitting = 0;
	struct json_object *only = NULL, *chosen = NULL;

	for (size_t i = 0; i < length; i++) {
		struct json_object *one = json_object_array_get_idx(list, i);

		if (!is_image(one))
			continue;
		only = one;
		count++;
		if (is_for_this_machine(one)) {
			chosen = one;
			fitting++;
		}
	}
	if (count == 1)
		return only;
	if (fitting == 1)
		return chosen;
	refuse(why,
	       "index.json names %zu images, and %zu of them are for this machine: save one image at a time",
	       count, fitting);
	return NULL;
}

static int
take_index_tags(struct image *image, struct json_object *descriptor, struct refusal *why)
{
	struct json_object *notes = document_value(descriptor, "annotations", json_type_object);
	const char *keys[] = {"io.containerd.image.name", "org.opencontainers.image.ref.name"};
	struct json_object *list = json_object_new_array();
	int result;

	for (size_t i = 0; i < 2 && json_object_array_length(list) == 0; i++)
		if (document_text(notes, keys[i]))
			json_object_array_add(
				list, json_object_new_string(document_text(notes, keys[i])));
	result = take_tags(image, list, why);
	json_object_put(image->index);
	image->index = list; /* the tags' texts are in it */
	return result;
}

static int
take_oci_manifest(struct image *image, struct refusal *why)
{
	struct json_object *layers = document_value(image->manifest, "layers", json_type_array);
	struct json_object *config = document_value(image->manifest, "config", json_type_object);
	size_t count = layers ? json_object_array_length(layers) : 0;
	char name[NAME_SIZE];

	if (!config || blob_name(config, name, why) < 0 || take_settings(image, name, why) < 0)
		return config ? -1 : refuse(why, "the image's manifest has no config");
	if (count > ROOTFS_LAYERS_MOST)
		return too_many_layers(count, why);
	for (size_t i = 0; i < count; i++)
		if (blob_name(json_object_array_get_idx(layers, i), name, why) < 0 ||
		    take_layer(image, name, why) < 0)
			return -1;
	return 1;
}

static int
take_index(struct image *image, struct refusal *why)
{
	for (unsigned depth = 0; depth < INDEX_DEPTH; depth++) {
		struct json_object *list =
			document_value(image->manifest, "manifests", json_type_array);
		struct json_object *one = list ? choose(list, why) : NULL;
		char name[NAME_SIZE];

		if (!list)
			return take_oci_manifest(image, why);
		if (!one || blob_name(one, name, why) < 0 ||
		    (depth == 0 && take_index_tags(image, one, why) < 0))
			return -1;
		json_object_put(image->manifest);
		image->manifest = read_json(image, name, why);
		if (!image->manifest)
			return -1;
	}
	return refuse(why, "index.json leads to another index again and again");
}

int
image_take_manifest(struct image *image, struct refusal *why)
{
	struct filetree *tree = &image->outer.tree;

	/* Files of these names may also belong to a root file system. */
	if (filetree_find(tree, TREE_ROOT, "manifest.json", false) != TREE_NONE) {
		image->manifest = read_json(image, "manifest.json", why);
		if (!image->manifest)
			return -1;
		if (json_object_is_type(image->manifest, json_type_array) &&
		    document_value(json_object_array_get_idx(image->manifest, 0), "Layers",
				   json_type_array))
			return take_saved(image, why);
		json_object_put(image->manifest);
		image->manifest = NULL;
	}
	if (filetree_find(tree, TREE_ROOT, "oci-layout", false) == TREE_NONE ||
	    filetree_find(tree, TREE_ROOT, "index.json", false) == TREE_NONE)
		return 0;
	image->manifest = read_json(image, "index.json", why);
	return image->manifest ? take_index(image, why) : -1;
}
