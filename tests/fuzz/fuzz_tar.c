/* SPDX-License-Identifier: MIT */
/*
 * Any bytes as an image or an exported file system: tar, gzip, manifests, layers, and every check
 * on what comes out. The first byte chooses what is hostile: the archive, or the one layer of an
 * image that is sound around it; and whether the checksums of headers are made right first, which
 * no chance gets past.
 */
#include "../helpers/archive.h"
#include "kit/audit/audit.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void
audit(const void *bytes, size_t size)
{
	struct findings findings = {0};
	struct notes unknown = {0};
	struct refusal why;
	struct image image;

	if (image_open_bytes(bytes, size, &image, &why) == 0) {
		struct audit run = {.image = &image,
				    .findings = &findings,
				    .unknown = &unknown,
				    .now = 1767225600};

		audit_run(&run);
		findings_sort(&findings);
		for (size_t i = 0; i < findings.count; i++)
			for (const char *at = findings.list[i].where; *at; at++)
				if ((unsigned char)*at < ' ')
					abort();
	}
	findings_free(&findings);
	notes_free(&unknown);
	image_close(&image);
}

static void
repair(unsigned char *bytes, size_t size)
{
	for (size_t at = 0; at + ARCHIVE_BLOCK <= size; at += ARCHIVE_BLOCK)
		if (memcmp(bytes + at + 257, "ustar", 5) == 0)
			archive_sum(bytes + at);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const char config[] =
		"{\"config\":{\"Entrypoint\":[\"/sbin/stepdown\",\"--\"],\"Cmd\":[\"/app\"]}}";

	if (size < 2)
		return 0;
	struct archive layer = {malloc(size - 1), size - 1};

	if (!layer.bytes)
		abort();
	memcpy(layer.bytes, data + 1, size - 1);
	if (data[0] & 2)
		repair(layer.bytes, layer.length);
	if (data[0] % 2 == 0) {
		audit(layer.bytes, layer.length);
		archive_free(&layer);
		return 0;
	}
	struct archive image = archive_save(&layer, 1, config, "null");

	audit(image.bytes, image.length);
	archive_free(&image);
	return 0;
}
