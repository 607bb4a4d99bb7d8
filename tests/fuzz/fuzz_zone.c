/* SPDX-License-Identifier: MIT */
/* Any bytes as --tz, and as the head of a time zone file. */
#include "fuzz.h"

#include "setup/zone.h"

static void
check(const struct zone *zone)
{
	must(zone->is_name || zone->is_rule);
	must(strnlen(zone->text, sizeof(zone->text)) < sizeof(zone->text));
	must(zone->text[0]);
	if (!zone->is_name)
		return;
	/* A name never leaves the directory. */
	must(zone->text[0] != '/');
	for (const char *part = zone->text; part; part = strchr(part, '/')) {
		part += *part == '/';
		must(strncmp(part, "../", 3) != 0 && strcmp(part, "..") != 0);
	}
	for (const char *at = zone->text; *at; at++)
		must((unsigned char)*at > ' ' && *at != 0x7f);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static struct zone zone;
	struct refusal why = {.text = ""};
	char *text = fuzz_text(data, size);
	uint8_t *head = fuzz_bytes(data, size);

	memset(&zone, 0xa5, sizeof(zone));
	if (fuzz_said(zone_parse(text, ZONE_DIRECTORY, &zone, &why), &why) == 0)
		check(&zone);
	/* A file as large as what was read of it, the largest that can be, and one beyond it. */
	bool whole = zone_head_is_valid(head, size, size);

	must(!whole || (size >= ZONE_HEAD_SIZE && !memcmp(head, "TZif", 4)));
	must(!whole || size > ZONE_FILE_MOST || zone_head_is_valid(head, size, ZONE_FILE_MOST));
	must(!zone_head_is_valid(head, size, ZONE_FILE_MOST + 1ULL));
	must(!zone_head_is_valid(head, size, UINT64_MAX));
	free(text);
	free(head);
	return 0;
}
