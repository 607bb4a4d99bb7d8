/* SPDX-License-Identifier: MIT */
/*
 * Archives made by hand, byte for byte: tar in memory, and an image as `docker save` writes it.
 * Whatever a hostile one may say can be said here too.
 */
#ifndef STEPDOWN_TESTS_ARCHIVE_H
#define STEPDOWN_TESTS_ARCHIVE_H

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { ARCHIVE_BLOCK = 512, ARCHIVE_LAYERS = 8 };

struct archive {
	unsigned char *bytes;
	size_t length;
};

struct member {
	const char *name;
	char type;     /* as in ustar; 0: a regular file, or a directory where the name ends in / */
	unsigned mode; /* 0: 0644, or 0755 for a directory */
	unsigned uid, gid;
	const char *text; /* what is in it, NULL: nothing */
	size_t length;    /* bytes of it; 0: all up to its NUL */
	const char *link;
	const char *pax; /* one record, "key=value", before the member */
	long mtime;
};

static inline void
archive_append(struct archive *archive, const void *bytes, size_t length)
{
	size_t padded = (length + ARCHIVE_BLOCK - 1) / ARCHIVE_BLOCK * ARCHIVE_BLOCK;

	archive->bytes = realloc(archive->bytes, archive->length + padded + 1);
	if (!archive->bytes)
		abort();
	memset(archive->bytes + archive->length, 0, padded);
	if (length > 0)
		memcpy(archive->bytes + archive->length, bytes, length);
	archive->length += padded;
}

/* Writes the checksum into a header. */
static inline void
archive_sum(unsigned char *header)
{
	unsigned sum = 0;

	memset(header + 148, ' ', 8);
	for (unsigned i = 0; i < ARCHIVE_BLOCK; i++)
		sum += header[i];
	snprintf((char *)header + 148, 8, "%06o", sum & 0777777U);
}

static inline void
archive_header(unsigned char header[static ARCHIVE_BLOCK], const struct member *member, char type,
	       size_t length)
{
	char *text = (char *)header;
	size_t name = strlen(member->name);

	memset(header, 0, ARCHIVE_BLOCK);
	memcpy(text, member->name, name < 100 ? name : 100);
	snprintf(text + 100, 8, "%07o",
		 (member->mode  ? member->mode
		  : type == '5' ? 0755U
				: 0644U) &
			 07777777U);
	snprintf(text + 108, 8, "%07o", member->uid & 07777777U);
	snprintf(text + 116, 8, "%07o", member->gid & 07777777U);
	snprintf(text + 124, 12, "%011llo", (unsigned long long)length & 077777777777ULL);
	snprintf(text + 136, 12, "%011lo", (unsigned long)member->mtime & 077777777777UL);
	text[156] = type;
	if (member->link)
		memcpy(text + 157, member->link,
		       strlen(member->link) < 100 ? strlen(member->link) : 100);
	memcpy(text + 257, "ustar\00000", 8);
	archive_sum(header);
}

static inline void
archive_add(struct archive *archive, const struct member *member)
{
	unsigned char header[ARCHIVE_BLOCK];
	size_t length = member->length ? member->length : member->text ? strlen(member->text) : 0;
	size_t name = strlen(member->name);
	char type = member->type                                ? member->type
		    : name > 0 && member->name[name - 1] == '/' ? '5'
								: '0';

	if (member->pax) {
		struct member ahead = {.name = "pax"};
		char record[8192];
		/* The length counts its own digits. */
		size_t body = strlen(member->pax) + 2, size = body + 1;

		while (size != body + (size_t)snprintf(NULL, 0, "%zu", size))
			size++;
		snprintf(record, sizeof(record), "%zu %s\n", size, member->pax);
		archive_header(header, &ahead, 'x', size);
		archive_append(archive, header, sizeof(header));
		archive_append(archive, record, size);
	}
	archive_header(header, member, type, length);
	archive_append(archive, header, sizeof(header));
	archive_append(archive, member->text, length);
}

static inline void
archive_end(struct archive *archive)
{
	static const unsigned char zeros[2 * ARCHIVE_BLOCK];

	archive_append(archive, zeros, sizeof(zeros));
}

static inline void
archive_free(struct archive *archive)
{
	free(archive->bytes);
	*archive = (struct archive){0};
}

/* A tar archive of the members up to the first without a name. */
static inline struct archive
archive_of(const struct member *members)
{
	struct archive archive = {0};

	for (; members && members->name; members++)
		archive_add(&archive, members);
	archive_end(&archive);
	return archive;
}

/* As `docker save` writes it. `tags` is a JSON list. Releases the layers. */
static inline struct archive
archive_save(struct archive *layers, size_t count, const char *config, const char *tags)
{
	struct archive image = {0};
	char manifest[4096], name[64];
	int at = snprintf(manifest, sizeof(manifest),
			  "[{\"Config\":\"config.json\",\"RepoTags\":%s,\"Layers\":[", tags);

	for (size_t i = 0; i < count; i++) {
		snprintf(name, sizeof(name), "%zu/layer.tar", i);
		archive_add(&image, &(struct member){.name = name,
						     .text = (char *)layers[i].bytes,
						     .length = layers[i].length});
		at += snprintf(manifest + at, sizeof(manifest) - (size_t)at, "%s\"%s\"",
			       i ? "," : "", name);
		archive_free(&layers[i]);
	}
	snprintf(manifest + at, sizeof(manifest) - (size_t)at, "]}]");
	archive_add(&image, &(struct member){.name = "config.json", .text = config});
	archive_add(&image, &(struct member){.name = "manifest.json", .text = manifest});
	archive_end(&image);
	return image;
}

static inline void
archive_write(const struct archive *archive, const char *path)
{
	FILE *file = fopen(path, "w");

	if (!file || fwrite(archive->bytes, 1, archive->length, file) != archive->length ||
	    fclose(file) != 0)
		abort();
}

#endif
