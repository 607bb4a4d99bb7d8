/* SPDX-License-Identifier: MIT */
#include "kit/audit/audit.h"

#include <string.h>

/* The part behind the last colon, unless that is a registry's port; a digest is a version too. */
static const char *
tag_of(const char *name)
{
	const char *colon = strrchr(name, ':');

	if (strchr(name, '@'))
		return "1";
	/* An index may name the tag alone. */
	if (!colon && !strchr(name, '/'))
		return name;
	return colon && !strchr(colon, '/') ? colon + 1 : "";
}

static void
check_tags(struct audit *audit)
{
	const struct image *image = audit->image;

	if (!image->has_tags) {
		notes_add(audit->unknown, "the image's tag: nothing in here names it");
		return;
	}
	if (image->tag_count == 0)
		findings_add(audit->findings, CHECK_TAG, LEVEL_LOW, 0, "tag",
			     "the image has no tag");
	for (size_t i = 0; i < image->tag_count; i++) {
		const char *tag = tag_of(image->tags[i]);

		if (strpbrk(tag, "0123456789") == NULL)
			findings_add(audit->findings, CHECK_TAG, LEVEL_LOW, 0, image->tags[i],
				     *tag ? "'%s' can be moved" : "%sit has no tag: latest", tag);
	}
}

void
audit_naming(struct audit *audit)
{
	static const char *const wanted[] = {
		"org.opencontainers.image.source", "org.opencontainers.image.revision",
		"org.opencontainers.image.version", "org.opencontainers.image.created"};
	const struct settings *settings = &audit->image->settings;

	check_tags(audit);
	if (!settings->document)
		return;
	for (size_t i = 0; i < sizeof(wanted) / sizeof(wanted[0]); i++) {
		const char *value = document_text(settings->labels, wanted[i]);

		/* The configuration itself may have the time. */
		if (!value && strstr(wanted[i], ".created"))
			value = settings->created;
		if (!value || !*value)
			findings_add(audit->findings, CHECK_LABEL, LEVEL_LOW, 0, wanted[i], "%s",
				     value ? "it is empty" : "");
	}
}
