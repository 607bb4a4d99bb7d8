/* SPDX-License-Identifier: MIT */
/*
 * contents - a root file system as it is audited: its tree, and where the bytes of its files are
 *
 * The bytes come from the layers' archives or, for a directory, from its files, which are opened
 * below it alone, never through a symbolic link, and only where they are regular files.
 */
#ifndef STEPDOWN_KIT_AUDIT_CONTENTS_H
#define STEPDOWN_KIT_AUDIT_CONTENTS_H

#include "kit/audit/filetree.h"
#include "kit/audit/source.h"

enum {
	ROOTFS_LAYERS_MOST = 1000,
	ROOTFS_ELSEWHERE_MOST = 1000, /* paths that are remembered of what was not looked at */
	SNIFF_SIZE = 4096,            /* bytes of a file's beginning that are looked at, ... */
	SNIFF_NAMED_SIZE = 65536,     /* ... where its name speaks of keys */
};

/* One that could not be looked at, and why. */
struct unread {
	char *path;
	const char *reason;
};

struct rootfs {
	struct filetree tree;
	int directory;          /* or -1 */
	struct source **layers; /* of layer 1, 2, ...; they belong to the image */
	unsigned layer_count;
	struct unread *unread;
	size_t unread_count; /* may be more than ROOTFS_ELSEWHERE_MOST, which are kept */
};

void rootfs_make(struct rootfs *root);
void rootfs_free(struct rootfs *root);

/* Remembers what was not looked at. `reason` is a constant. */
void rootfs_skip(struct rootfs *root, uint32_t node, const char *reason);

/*
 * Opens a regular file of a directory, below it alone, whatever has become of it since it was
 * walked. Returns a descriptor, or -1 with a refusal.
 */
int rootfs_open(struct rootfs *root, uint32_t node, struct refusal *why);

/*
 * Reads a regular file from `offset` on, up to `length` bytes. Returns how many there were, or -1
 * with a refusal: no regular file, sparse in an archive, it cannot be opened.
 */
ssize_t rootfs_read(struct rootfs *root, uint32_t node, uint64_t offset, void *bytes, size_t length,
		    struct refusal *why);

/*
 * A whole file of at most `most` bytes and a NUL behind it, freed by the caller, or NULL with a
 * refusal.
 */
char *rootfs_file(struct rootfs *root, uint32_t node, size_t most, size_t *length,
		  struct refusal *why);

/*
 * Lays one archive over what is there, as the next layer. Where `whiteouts` is set .wh. names hide
 * what is below them (OCI image-spec, layer.md), else they are names like others. `from` must live
 * as long as the root. Returns 0, or -1 with a refusal.
 */
int layer_apply(struct rootfs *root, struct source *from, bool whiteouts, struct refusal *why);

/*
 * Takes in the tree below an open directory, which stays open: its own file system alone. Returns
 * 0, or -1 with a refusal.
 */
int directory_walk(struct rootfs *root, int directory, struct refusal *why);

/* Whether the beginning of a file is, or holds, a private key in PEM. */
bool sniff_key(const char *bytes, size_t length);

/* How much of a file's beginning sniff_key should see, by its name. */
size_t sniff_size(const char *name, size_t length);

#endif
