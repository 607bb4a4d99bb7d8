/* SPDX-License-Identifier: MIT */
/*
 * Any words as the files of an image: archives that are sound, with names, links, modes, pax
 * records and contents that are not. The first line is the image's configuration; then each line is
 * a file, "NAME TYPE-AND-MODE LINK PAX CONTENTS" with tabs between; a line of "%" begins a layer.
 */
#include "fuzz.h"

#include "../helpers/archive.h"
#include "kit/audit/audit.h"
#include "kit/audit/report.h"

#include <json-c/json.h>
#include <limits.h>

enum { FIELDS = 5, PAX_MOST = 4000, MEMBERS = 64 };

static void
add_member(struct archive *layer, char *line)
{
	char *fields[FIELDS] = {line, "", "", "", ""};
	struct member member = {.mtime = 1700000000};

	for (unsigned i = 1; i < FIELDS; i++) {
		char *tab = strchr(fields[i - 1], '\t');

		if (!tab)
			break;
		*tab = 0;
		fields[i] = tab + 1;
	}
	member.name = fields[0];
	if (fields[1][0]) {
		member.type = fields[1][0] == 'f' ? '0' : fields[1][0];
		member.mode = (unsigned)strtoul(fields[1] + 1, NULL, 8) & 07777U;
	}
	member.link = fields[2][0] ? fields[2] : NULL;
	member.pax = fields[3][0] && strlen(fields[3]) < PAX_MOST ? fields[3] : NULL;
	for (char *at = fields[4]; *at; at++)
		*at = *at == 1 ? '\n' : *at;
	member.text = fields[4];
	archive_add(layer, &member);
}

/* The layers of the lines from the second on; returns how many. */
static size_t
make_layers(const struct fuzz_strings *lines, struct archive layers[ARCHIVE_LAYERS])
{
	size_t count = 0;

	layers[0] = (struct archive){0};
	for (int i = 1; i < lines->count && i < MEMBERS; i++) {
		if (strcmp(lines->list[i], "%") != 0) {
			add_member(&layers[count], lines->list[i]);
		} else if (count + 1 < ARCHIVE_LAYERS) {
			archive_end(&layers[count++]);
			layers[count] = (struct archive){0};
		}
	}
	archive_end(&layers[count++]);
	return count;
}

/* Where a file is, is where it is found; nothing lies above the root, or nowhere. */
static void
check_tree(struct filetree *tree, uint32_t directory)
{
	for (uint32_t node = tree->nodes[directory].children; node; node = tree->nodes[node].next) {
		char *path = filetree_path(tree, node);
		const char *name = filetree_name(tree, node);
		size_t length = tree->nodes[node].length;

		must(path[0] == '/' && length > 0 && !memchr(name, '/', length));
		must(strcmp(name, ".") != 0 && strcmp(name, "..") != 0);
		must(tree->nodes[node].parent == directory);
		must(tree->nodes[node].depth <= TREE_DEPTH_MOST);
		must(filetree_child(tree, directory, name, length) == node);
		must(filetree_find(tree, TREE_ROOT, path, false) == node || filetree_is_maze(tree));
		must(filetree_inode(tree, node)->links >= 1);
		free(path);
		check_tree(tree, node);
	}
}

static void
check_text(const char *text)
{
	for (const char *at = text; *at; at++)
		must((unsigned char)*at >= ' ' && *at != 0x7f);
}

/* What goes to standard output, in memory. */
static char *
printed(const struct image *image, const struct findings *findings, const struct notes *unknown,
	bool json)
{
	FILE *before = stdout;
	char *text = NULL;
	size_t length;

	stdout = open_memstream(&text, &length);
	must(stdout);
	(json ? report_json : report_text)(image, findings, unknown);
	fclose(stdout);
	stdout = before;
	must(strlen(text) == length);
	return text;
}

static void
check_reports(const struct image *image, const struct findings *findings,
	      const struct notes *unknown)
{
	char *text = printed(image, findings, unknown, true);
	struct json_object *object = json_tokener_parse(text), *list;

	must(object && json_object_object_get_ex(object, "findings", &list));
	must(json_object_array_length(list) == findings->count);
	json_object_put(object);
	free(text);
	text = printed(image, findings, unknown, false);
	for (const char *at = text; *at; at++)
		must(*at == '\n' || ((unsigned char)*at >= ' ' && *at != 0x7f));
	free(text);
}

static void
audit(const struct archive *archive)
{
	struct findings findings = {0};
	struct notes unknown = {0};
	struct refusal why = {.text = ""};
	struct image image;

	if (fuzz_said(image_open_bytes(archive->bytes, archive->length, &image, &why), &why) == 0) {
		struct audit run = {.image = &image,
				    .findings = &findings,
				    .unknown = &unknown,
				    .now = 1767225600};

		check_tree(&image.root.tree, TREE_ROOT);
		audit_run(&run);
		findings_sort(&findings);
		for (size_t i = 0; i < findings.count; i++) {
			check_text(findings.list[i].where);
			check_text(findings.list[i].detail);
			must(i == 0 || findings.list[i - 1].level >= findings.list[i].level);
		}
		check_reports(&image, &findings, &unknown);
	}
	findings_free(&findings);
	notes_free(&unknown);
	image_close(&image);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct archive layers[ARCHIVE_LAYERS];
	struct fuzz_strings lines;

	fuzz_split(data, size, &lines);
	if (lines.count > 1) {
		size_t count = make_layers(&lines, layers);
		struct archive image =
			archive_save(layers, count, lines.list[0], "[\"example.org/app:1\"]");

		audit(&image);
		archive_free(&image);
	}
	fuzz_release(&lines);
	return 0;
}
