/* SPDX-License-Identifier: MIT */
/*
 * A gzip stream that can be read from any offset: on the way the last 32 KiB are kept every so many
 * megabytes, from which inflating can begin again. Source: RFC 1952, zlib's manual on Z_BLOCK,
 * inflateGetDictionary and inflatePrime.
 */
#include "kit/audit/source.h"

#include "kit/heap.h"

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <zlib.h>

enum {
	INPUT = 64 << 10,
	WINDOW = 32 << 10, /* that deflate looks back */
	POINTS = 64,
	SPACING = 4 << 20, /* bytes between two checkpoints, at first */
	TRAILER = 8,       /* bytes behind each member */
	GZIP_FORM = 15 + 16,
	RAW_FORM = -15,
	AT_BLOCK_END = 128, /* of z_stream.data_type */
	IN_LAST_BLOCK = 64,
};

struct checkpoint {
	uint64_t out;
	uint64_t in;
	int bits; /* of the byte before `in` that are not used yet */
	unsigned size;
	unsigned char *window;
};

struct gzip {
	struct source source;
	struct source *from;
	struct source_limits *limits;
	z_stream stream;
	bool live;      /* `stream` is in use */
	bool raw;       /* it began at a checkpoint */
	bool ended;     /* the last member has */
	uint64_t in;    /* offset in `from` of what comes behind `input` */
	uint64_t out;   /* offset of the next byte that comes out */
	uint64_t known; /* the most that has come out so far */
	uint64_t spacing;
	unsigned count;
	struct checkpoint points[POINTS];
	unsigned char input[INPUT];
	unsigned char passed[WINDOW]; /* what is inflated to be skipped */
};

static int
begin(struct gzip *gzip, const struct checkpoint *point, struct refusal *why)
{
	if (gzip->live)
		inflateEnd(&gzip->stream);
	gzip->stream = (z_stream){0};
	gzip->live = inflateInit2(&gzip->stream, point ? RAW_FORM : GZIP_FORM) == Z_OK;
	if (!gzip->live)
		return refuse(why, "out of memory");
	gzip->raw = point != NULL;
	gzip->ended = false;
	gzip->in = point ? point->in : 0;
	gzip->out = point ? point->out : 0;
	if (!point)
		return 0;
	if (point->bits > 0) {
		unsigned char byte = 0;

		if (source_read(gzip->from, point->in - 1, &byte, 1, why) < 0)
			return -1;
		inflatePrime(&gzip->stream, point->bits, byte >> (8 - point->bits));
	}
	inflateSetDictionary(&gzip->stream, point->window, point->size);
	return 0;
}

/* Every other one goes when there is no more room. */
static void
thin_out(struct gzip *gzip)
{
	for (unsigned i = 0; i < POINTS; i++) {
		if (i % 2 == 0)
			gzip->points[i / 2] = gzip->points[i];
		else
			free(gzip->points[i].window);
	}
	gzip->count = POINTS / 2;
	gzip->limits->checkpoints += POINTS / 2;
	gzip->spacing *= 2;
}

static void
keep_checkpoint(struct gzip *gzip)
{
	uint64_t last = gzip->count ? gzip->points[gzip->count - 1].out : 0;
	int type = gzip->stream.data_type;

	if (!(type & AT_BLOCK_END) || (type & IN_LAST_BLOCK) || gzip->out < last + gzip->spacing ||
	    gzip->limits->checkpoints == 0)
		return;
	if (gzip->count == POINTS) {
		thin_out(gzip);
		return;
	}
	struct checkpoint *point = &gzip->points[gzip->count++];
	unsigned size = WINDOW;

	gzip->limits->checkpoints--;
	*point = (struct checkpoint){.out = gzip->out,
				     .in = gzip->in - gzip->stream.avail_in,
				     .bits = type & 7,
				     .window = memory_new(WINDOW, 1)};
	inflateGetDictionary(&gzip->stream, point->window, &size);
	point->size = size;
}

static int
check_limits(struct gzip *gzip, struct refusal *why)
{
	uint64_t used = gzip->in - gzip->stream.avail_in;

	if (gzip->out <= gzip->known)
		return 0;
	if (gzip->out - gzip->known > gzip->limits->inflated)
		return refuse(why, "its gzip streams hold more than %d GiB",
			      (int)(SOURCE_INFLATED_MOST >> 30));
	gzip->limits->inflated -= gzip->out - gzip->known;
	gzip->known = gzip->out;
	if (gzip->out > SOURCE_RATIO_FROM && gzip->out / SOURCE_RATIO_MOST > used)
		return refuse(
			why,
			"a gzip stream that grows more than %d-fold, past 1 GiB: made to fill memory or disks, not a layer",
			(int)SOURCE_RATIO_MOST);
	return 0;
}

/* Makes sure that there is input. 1, 0 at the end, -1. */
static int
refill(struct gzip *gzip, struct refusal *why)
{
	if (gzip->stream.avail_in > 0)
		return 1;
	ssize_t got = source_read(gzip->from, gzip->in, gzip->input, INPUT, why);

	if (got <= 0)
		return (int)got;
	gzip->in += (uint64_t)got;
	gzip->stream.next_in = gzip->input;
	gzip->stream.avail_in = (uInt)got;
	return 1;
}

/* Behind a member: another one, or zeros to the end, or nothing. */
static int
next_member(struct gzip *gzip, struct refusal *why)
{
	unsigned skip = gzip->raw ? TRAILER : 0;
	int left;

	while ((left = refill(gzip, why)) > 0 && (skip > 0 || *gzip->stream.next_in == 0)) {
		skip -= skip > 0;
		gzip->stream.next_in++;
		gzip->stream.avail_in--;
	}
	if (left < 0)
		return -1;
	if (skip > 0)
		return refuse(why, "the gzip stream is cut off");
	gzip->ended = left == 0;
	if (gzip->ended)
		return 0;
	gzip->raw = false;
	inflateReset2(&gzip->stream, GZIP_FORM);
	return 0;
}

/* Inflates up to `length` bytes from where it stands; fewer at the end. */
static int
produce(struct gzip *gzip, unsigned char *bytes, size_t length, size_t *done, struct refusal *why)
{
	for (*done = 0; *done < length && !gzip->ended;) {
		int left = refill(gzip, why);

		if (left <= 0)
			return left < 0 ? -1 : refuse(why, "the gzip stream is cut off");
		size_t want = length - *done < INPUT ? length - *done : INPUT;

		gzip->stream.next_out = bytes + *done;
		gzip->stream.avail_out = (uInt)want;
		int result = inflate(&gzip->stream, Z_BLOCK);
		*done += want - gzip->stream.avail_out;
		gzip->out += want - gzip->stream.avail_out;
		if (result != Z_OK && result != Z_STREAM_END && result != Z_BUF_ERROR)
			return refuse(why, "the gzip stream is damaged");
		if (check_limits(gzip, why) < 0)
			return -1;
		if (result == Z_STREAM_END) {
			if (next_member(gzip, why) < 0)
				return -1;
		} else {
			keep_checkpoint(gzip);
		}
	}
	return 0;
}

static const struct checkpoint *
nearest(const struct gzip *gzip, uint64_t offset)
{
	const struct checkpoint *best = NULL;

	for (unsigned i = 0; i < gzip->count && gzip->points[i].out <= offset; i++)
		best = &gzip->points[i];
	return best;
}

static ssize_t
gzip_read(struct source *source, uint64_t offset, void *bytes, size_t length, struct refusal *why)
{
	struct gzip *gzip = (struct gzip *)source;
	const struct checkpoint *point = nearest(gzip, offset);
	size_t done = 0;

	if (!gzip->live || offset < gzip->out || (point && point->out > gzip->out))
		if (begin(gzip, point, why) < 0)
			return -1;
	while (gzip->out < offset && !gzip->ended) {
		uint64_t ahead = offset - gzip->out;

		if (produce(gzip, gzip->passed, ahead < WINDOW ? (size_t)ahead : WINDOW, &done,
			    why) < 0)
			goto broken;
	}
	if (gzip->out < offset)
		return 0;
	if (produce(gzip, bytes, length, &done, why) < 0)
		goto broken;
	return (ssize_t)done;
broken:
	inflateEnd(&gzip->stream);
	gzip->live = false;
	return -1;
}

static void
gzip_release(struct source *source)
{
	struct gzip *gzip = (struct gzip *)source;

	if (gzip->live)
		inflateEnd(&gzip->stream);
	for (unsigned i = 0; i < gzip->count; i++)
		free(gzip->points[i].window);
	gzip->limits->checkpoints += gzip->count;
}

struct source *
source_gzip(struct source *compressed, struct source_limits *limits)
{
	struct gzip *gzip = memory_new(1, sizeof(*gzip));

	gzip->source = (struct source){gzip_read, gzip_release};
	gzip->from = compressed;
	gzip->limits = limits;
	gzip->spacing = SPACING;
	return &gzip->source;
}
