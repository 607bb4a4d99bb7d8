/* SPDX-License-Identifier: MIT */
/* Layers over each other, compressed or not; what is no image. */
#include "helpers/archive.h"
#include "kit/audit/audit.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/stat.h>
#include <zlib.h>

#include <cmocka.h>

#define CONFIG "{\"config\":{\"Cmd\":[\"/app\"]}}"
#define KEY "-----BEGIN PRIVATE KEY-----\nMIIEvQIBADANBgkqhkiG9w0BAQEFAASCBKcw\n"

enum { MEMBERS = 6, LAYERS = 3 };

/* All paths of a tree, with the layer of each, in the order of the names: "/a 1 /a/b 2 ". */
static void
list(const struct filetree *tree, uint32_t directory, char *out, size_t size)
{
	const char *paths[64];
	uint32_t nodes[64];
	size_t count = 0;

	for (uint32_t at = tree->nodes[directory].children; at != TREE_NONE;
	     at = tree->nodes[at].next) {
		size_t i = count++;

		for (; i > 0 && strcmp(filetree_name(tree, at), paths[i - 1]) < 0; i--) {
			paths[i] = paths[i - 1];
			nodes[i] = nodes[i - 1];
		}
		paths[i] = filetree_name(tree, at);
		nodes[i] = at;
	}
	for (size_t i = 0; i < count; i++) {
		char *path = filetree_path(tree, nodes[i]);

		snprintf(out + strlen(out), size - strlen(out), "%s %u ", path,
			 tree->nodes[nodes[i]].layer);
		free(path);
		list(tree, nodes[i], out, size);
	}
}

static const struct {
	struct member layers[LAYERS][MEMBERS];
	const char *paths;
} rows[] = {
	{{{{.name = "a/b", .text = "1"}}, {{.name = "a/c", .text = "2"}}}, "/a 0 /a/b 1 /a/c 2 "},
	{{{{.name = "a"}}, {{.name = "a", .text = "2"}}}, "/a 2 "},
	{{{{.name = "/a"}, {.name = "./b"}, {.name = ".//c/./d"}}}, "/a 1 /b 1 /c 0 /c/d 1 "},
	/* whiteouts hide what lower layers have, and nothing else */
	{{{{.name = "a/b"}, {.name = "a/c"}}, {{.name = "a/.wh.b"}}}, "/a 0 /a/c 1 "},
	{{{{.name = "a/b"}}, {{.name = ".wh.a"}}}, ""},
	{{{{.name = "a/b"}}, {{.name = ".wh.a"}, {.name = "a/c"}}}, "/a 0 /a/c 2 "},
	{{{{.name = "x"}}, {{.name = "a"}, {.name = ".wh.a"}}}, "/a 2 /x 1 "},
	{{{{.name = "a/b"}}, {{.name = "a/c"}, {.name = "a/.wh..wh..opq"}}}, "/a 0 /a/c 2 "},
	{{{{.name = "a/b/c"}}, {{.name = "a/.wh..wh..opq"}}, {{.name = "a/d"}}}, "/a 0 /a/d 3 "},
	{{{{.name = "a"}}, {{.name = ".wh..wh.plnk/1.2"}}, {{.name = ".wh.nothing"}}},
	 "/.wh..wh.plnk 0 /.wh..wh.plnk/1.2 2 /a 1 "},
	/* one kind over another */
	{{{{.name = "a/b"}}, {{.name = "a"}}}, "/a 2 "},
	{{{{.name = "a"}}, {{.name = "a/b"}}}, "/a 0 /a/b 2 "},
	{{{{.name = "a/b"}}, {{.name = "a/", .mode = 0700}}}, "/a 2 /a/b 1 "},
	/* links are followed in the tree alone */
	{{{{.name = "usr/lib/"}, {.name = "lib", .type = '2', .link = "usr/lib"}},
	  {{.name = "lib/x"}}},
	 "/lib 1 /usr 0 /usr/lib 1 /usr/lib/x 2 "},
	{{{{.name = "etc/"}, {.name = "l", .type = '2', .link = "../../../etc"}, {.name = "l/x"}}},
	 "/etc 1 /etc/x 1 /l 1 "},
	{{{{.name = "a", .text = "1"}, {.name = "b", .type = '1', .link = "./a"}}}, "/a 1 /b 1 "},
	{{{{.name = "a"}}, {{.name = "b", .type = '1', .link = "a"}, {.name = ".wh.a"}}}, "/b 2 "},
	{{{{.name = "a"}, {.name = "a", .type = '1', .link = "a"}}}, "/a 1 "},
	/* never opened, only named */
	{{{{.name = "dev/sda", .type = '4'}, {.name = "fifo", .type = '6'}}},
	 "/dev 0 /dev/sda 1 /fifo 1 "},
};

static struct archive
image_of(const struct member (*layers)[MEMBERS])
{
	struct archive made[LAYERS];
	size_t count = 0;

	for (; count < LAYERS && layers[count][0].name; count++)
		made[count] = archive_of(layers[count]);
	return archive_save(made, count, CONFIG, "null");
}

static void
test_layers_lie_over_each_other(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct archive archive = image_of(rows[i].layers);
		char paths[1024] = "";
		struct refusal why;
		struct image image;

		if (image_open_bytes(archive.bytes, archive.length, &image, &why) < 0)
			fail_msg("row %zu: %s", i, why.text);
		assert_int_equal(image.form, IMAGE_SAVED);
		list(&image.root.tree, TREE_ROOT, paths, sizeof(paths));
		if (strcmp(paths, rows[i].paths) != 0)
			fail_msg("row %zu: %s", i, paths);
		image_close(&image);
		archive_free(&archive);
	}
}

static const struct {
	struct member layers[LAYERS][MEMBERS];
	const char *why;
} refused[] = {
	{{{{.name = "../x"}}}, "layer 1, '0/layer.tar': the name '../x' leads out"},
	{{{{.name = "x"}}, {{.name = "a/../../x"}}}, "layer 2, '1/layer.tar': the name"},
	{{{{.name = "x", .type = '1', .link = "../x"}}}, "leads out"},
	{{{{.name = "x", .type = '1', .link = "nothing"}}}, "no file that comes before it"},
	{{{{.name = "d/"}, {.name = "x", .type = '1', .link = "d"}}},
	 "no file that comes before it"},
	{{{{.name = "d/x"}, {.name = "d", .type = '1', .link = "d/x"}}}, "its own directory"},
	{{{{.name = "l", .type = '2', .link = "l"}, {.name = "l/x"}}}, "to no directory"},
	{{{{.name = "a", .type = '2', .link = "b"},
	   {.name = "b", .type = '2', .link = "a"},
	   {.name = "a/x"}}},
	 "to no directory"},
	{{{{.name = "./", .type = '2', .link = "x"}}}, "the root of the archive is no directory"},
};

static void
test_names_that_lead_elsewhere_are_refused(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(refused) / sizeof(refused[0]); i++) {
		struct archive archive = image_of(refused[i].layers);
		struct refusal why = {.text = ""};
		struct image image;

		if (image_open_bytes(archive.bytes, archive.length, &image, &why) == 0 ||
		    !strstr(why.text, refused[i].why))
			fail_msg("row %zu: %s", i, why.text);
		image_close(&image);
		archive_free(&archive);
	}
}

static void
test_a_key_that_a_later_layer_hides_is_found(void **state)
{
	const struct member layers[LAYERS][MEMBERS] = {{{.name = "root/k", .text = KEY}},
						       {{.name = "root/.wh.k"}}};
	struct archive archive = image_of(layers);
	struct refusal why;
	struct image image;

	(void)state;
	assert_int_equal(image_open_bytes(archive.bytes, archive.length, &image, &why), 0);
	assert_int_equal(image.root.tree.buried_count, 1);
	assert_string_equal(image.root.tree.buried[0].path, "/root/k");
	assert_int_equal(image.root.tree.buried[0].layer, 1);
	assert_int_equal(image.root.tree.buried[0].by, 2);
	image_close(&image);
	archive_free(&archive);
}

/* Written over it is hidden as well; written anew where it was deleted it is a second one. */
static void
test_a_key_that_is_written_over_is_found(void **state)
{
	const struct member layers[LAYERS][MEMBERS] = {{{.name = "root/k", .text = KEY}},
						       {{.name = "root/k", .text = "none"}}};
	struct archive archive = image_of(layers);
	struct refusal why;
	struct image image;

	(void)state;
	assert_int_equal(image_open_bytes(archive.bytes, archive.length, &image, &why), 0);
	assert_int_equal(image.root.tree.buried_count, 1);
	assert_string_equal(image.root.tree.buried[0].path, "/root/k");
	assert_int_equal(image.root.tree.buried[0].by, 2);
	image_close(&image);
	archive_free(&archive);
}

/* As if all but the last had been there: what an image may cost has an end. */
static void
test_files_and_names_have_an_end(void **state)
{
	(void)state;
	for (unsigned i = 0; i < 2; i++) {
		struct inode inode = {.mode = S_IFREG};
		struct refusal why = {.text = ""};
		struct filetree tree;
		uint32_t node;

		filetree_make(&tree);
		assert_int_equal(
			filetree_add(&tree, TREE_ROOT, "one", 3, &inode, TREE_NONE, &node, &why),
			0);
		size_t nodes = tree.node_count, pieces = tree.piece_count;

		if (i == 0) {
			tree.node_count = TREE_NODES_MOST;
		} else {
			tree.piece_count = TREE_NAMES_MOST >> 20;
			tree.piece_used = 1 << 20;
		}
		assert_int_equal(
			filetree_add(&tree, TREE_ROOT, "two", 3, &inode, TREE_NONE, &node, &why),
			-1);
		assert_string_equal(why.text, i == 0 ? "more than 4194304 files"
						     : "more than 512 MiB of names");
		tree.node_count = nodes;
		tree.piece_count = pieces;
		filetree_free(&tree);
	}
}

/* ---- what is around the layers ---- */

static const struct {
	struct member members[MEMBERS];
	const char *why; /* NULL: a file system like any other */
} outer[] = {
	{{{.name = "manifest.json", .text = "{}"}}, NULL},
	{{{.name = "manifest.json", .text = "[{\"Layers\":[]"}}, "manifest.json: not JSON"},
	{{{.name = "manifest.json", .text = "[{\"Layers\":[]}]"}}, "the image has no Config"},
	{{{.name = "manifest.json", .text = "[{\"Layers\":[]},{}]"}}, "it holds 2 images"},
	{{{.name = "manifest.json", .text = "[{\"Config\":\"c\",\"Layers\":[]}]"}},
	 "'c' is not in it"},
	{{{.name = "manifest.json", .text = "[{\"Config\":\"c\",\"Layers\":[]}]"},
	  {.name = "c", .text = "{\"config\":{\"Cmd\":[1]}}"}},
	 "something else than text"},
	{{{.name = "manifest.json", .text = "[{\"Config\":\"c\",\"Layers\":[]}]"},
	  {.name = "c", .text = "{}"}},
	 "no configuration of an image"},
	{{{.name = "manifest.json", .text = "[{\"Config\":\"c\",\"Layers\":[\"l\"]}]"},
	  {.name = "c", .text = CONFIG}},
	 "layer 1, 'l', is not in it"},
	{{{.name = "manifest.json", .text = "[{\"Config\":\"c\",\"Layers\":[\"l\"]}]"},
	  {.name = "c", .text = CONFIG},
	  {.name = "l", .text = "\x28\xb5\x2f\xfd"}},
	 "compressed with zstd"},
	{{{.name = "manifest.json", .text = "[{\"Config\":\"c\",\"Layers\":[\"l\"]}]"},
	  {.name = "c", .text = CONFIG},
	  {.name = "l", .type = '2', .link = "/etc/passwd"}},
	 "'l', is not in it"},
	{{{.name = "oci-layout"}, {.name = "index.json", .text = "{\"manifests\":[]}"}},
	 "names 0 images"},
	{{{.name = "oci-layout"},
	  {.name = "index.json", .text = "{\"manifests\":[{\"digest\":\"sha256:../x\"}]}"}},
	 "by a digest that is none"},
	{{{.name = "oci-layout"},
	  {.name = "index.json", .text = "{\"manifests\":[{\"digest\":\"sha256:aa\"}]}"},
	  {.name = "blobs/sha256/aa", .text = "{\"manifests\":[{\"digest\":\"sha256:aa\"}]}"}},
	 "to another index again and again"},
	{{{.name = "oci-layout"},
	  {.name = "index.json",
	   .text = "{\"manifests\":[{\"digest\":\"sha256:aa\",\"annotations\":{"
		   "\"org.opencontainers.image.ref.name\":\"latest\"}}]}"},
	  {.name = "blobs/sha256/aa",
	   .text = "{\"config\":{\"digest\":\"sha256:bb\"},\"layers\":[{\"digest\":\"sha256:cc\"}]"
		   "}"},
	  {.name = "blobs/sha256/bb", .text = CONFIG},
	  {.name = "blobs/sha256/cc", .text = "", .length = 0}},
	 NULL},
};

static void
test_what_is_around_the_layers_is_checked(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(outer) / sizeof(outer[0]); i++) {
		struct archive archive = archive_of(outer[i].members);
		struct refusal why = {.text = ""};
		struct image image;
		int result = image_open_bytes(archive.bytes, archive.length, &image, &why);

		if (outer[i].why ? result == 0 || !strstr(why.text, outer[i].why) : result != 0)
			fail_msg("row %zu: %d %s", i, result, why.text);
		if (i == sizeof(outer) / sizeof(outer[0]) - 1) {
			assert_int_equal(image.tag_count, 1);
			assert_string_equal(image.tags[0], "latest");
		}
		image_close(&image);
		archive_free(&archive);
	}
}

static void
test_ten_thousand_layers_are_refused(void **state)
{
	struct archive archive = {0};
	char *manifest = malloc(100000), *at = manifest;
	struct refusal why = {.text = ""};
	struct image image;

	(void)state;
	at += sprintf(at, "[{\"Config\":\"c\",\"Layers\":[\"l\"");
	for (unsigned i = 1; i < 10000; i++)
		at += sprintf(at, ",\"l\"");
	strcpy(at, "]}]");
	archive_add(&archive, &(struct member){.name = "manifest.json", .text = manifest});
	archive_add(&archive, &(struct member){.name = "c", .text = CONFIG});
	archive_end(&archive);
	assert_int_equal(image_open_bytes(archive.bytes, archive.length, &image, &why), -1);
	assert_string_equal(why.text,
			    "10000 layers: more than the 1000 that are read, and than any "
			    "engine takes");
	image_close(&image);
	archive_free(&archive);
	free(manifest);
}

static void
test_directories_in_each_other_have_an_end(void **state)
{
	static char name[4090];
	struct archive archive = {0};
	struct refusal why = {.text = ""};
	struct image image;
	char pax[4200];

	(void)state;
	for (size_t i = 0; i < 4000; i += 2)
		memcpy(name + i, "d/", 2);
	snprintf(pax, sizeof(pax), "path=%s", name);
	archive_add(&archive, &(struct member){.name = "x", .pax = pax});
	archive_end(&archive);
	assert_int_equal(image_open_bytes(archive.bytes, archive.length, &image, &why), -1);
	assert_non_null(strstr(why.text, "more than 1024 directories in each other"));
	image_close(&image);
	archive_free(&archive);
}

/* Links that lead to links cost something, and there is an end to it. */
static void
test_a_maze_of_links_has_an_end(void **state)
{
	const struct member layers[LAYERS][MEMBERS] = {
		{{.name = "d/x"}, {.name = "l", .type = '2', .link = "./d"}}};
	struct archive archive = image_of(layers);
	struct refusal why;
	struct image image;

	(void)state;
	assert_int_equal(image_open_bytes(archive.bytes, archive.length, &image, &why), 0);
	struct filetree *tree = &image.root.tree;

	assert_int_not_equal(filetree_find(tree, TREE_ROOT, "/l/x", true), TREE_NONE);
	tree->steps = TREE_STEPS_MOST - 2;
	assert_int_equal(filetree_find(tree, TREE_ROOT, "/l/x", true), TREE_NONE);
	assert_true(filetree_is_maze(tree));
	assert_int_not_equal(filetree_find(tree, TREE_ROOT, "/d/x", true), TREE_NONE);
	image_close(&image);
	archive_free(&archive);
}

/* ---- gzip ---- */

static struct archive
compressed(const void *bytes, size_t length)
{
	struct archive out = {malloc(length + 4096), 0};
	z_stream stream = {.next_in = (Bytef *)bytes,
			   .avail_in = (uInt)length,
			   .next_out = out.bytes,
			   .avail_out = (uInt)length + 4096};

	assert_int_equal(deflateInit2(&stream, 6, Z_DEFLATED, 31, 8, Z_DEFAULT_STRATEGY), Z_OK);
	assert_int_equal(deflate(&stream, Z_FINISH), Z_STREAM_END);
	out.length = stream.total_out;
	deflateEnd(&stream);
	return out;
}

/* 40 MiB that compress badly enough for checkpoints; any offset must give the same bytes. */
static void
test_gzip_is_read_from_any_offset(void **state)
{
	enum { SIZE = 40 << 20, READ = 5000 };
	unsigned char *plain = malloc(SIZE), got[READ];
	uint64_t random = 88172645463325252ULL;
	struct source_limits limits = {1 << 30, 100};
	struct refusal why;

	(void)state;
	for (size_t i = 0; i < SIZE; i++) {
		random ^= random << 13;
		random ^= random >> 7;
		random ^= random << 17;
		plain[i] = (unsigned char)(random % 16 == 0 ? random >> 8 : i >> 12);
	}
	/* Two members, as some tools write them. */
	struct archive packed = compressed(plain, SIZE / 2);
	struct archive second = compressed(plain + SIZE / 2, SIZE / 2);

	packed.bytes = realloc(packed.bytes, packed.length + second.length);
	memcpy(packed.bytes + packed.length, second.bytes, second.length);
	packed.length += second.length;
	struct source *memory = source_memory(packed.bytes, packed.length);
	struct source *gzip = source_gzip(memory, &limits);

	assert_int_equal(source_read(gzip, SIZE - 1, got, READ, &why), 1);
	assert_int_equal(source_read(gzip, SIZE, got, READ, &why), 0);
	assert_in_range(limits.checkpoints, 90, 95); /* every 4 MiB */
	for (unsigned i = 0; i < 40; i++) {
		uint64_t at = (random = random * 6364136223846793005ULL + 1) % (SIZE - READ);

		assert_int_equal(source_read(gzip, at, got, READ, &why), READ);
		assert_memory_equal(got, plain + at, READ);
	}
	assert_int_equal(limits.inflated, (1 << 30) - SIZE); /* each byte counts once */
	source_free(gzip);
	assert_int_equal(limits.checkpoints, 100);

	/* Cut off and damaged. */
	packed.length -= 20;
	source_free(memory);
	memory = source_memory(packed.bytes, packed.length);
	gzip = source_gzip(memory, &limits);
	assert_int_equal(source_read(gzip, SIZE - 1, got, 1, &why), -1);
	assert_non_null(strstr(why.text, "cut off"));
	packed.bytes[packed.length / 4] ^= 0xff;
	packed.bytes[packed.length / 4 + 1] ^= 0xff;
	assert_int_equal(source_read(gzip, SIZE - 1, got, 1, &why), -1);
	source_free(gzip);
	source_free(memory);
	archive_free(&packed);
	archive_free(&second);
	free(plain);
}

static void
test_compressed_images_are_read_alike(void **state)
{
	const struct member layer[] = {{.name = "a/b", .text = "text"}, {0}};
	struct archive made = archive_of(layer);
	struct archive packed = compressed(made.bytes, made.length);
	struct archive saved = archive_save(&packed, 1, CONFIG, "null");
	struct archive whole = compressed(saved.bytes, saved.length);
	const struct archive *both[] = {&saved, &whole};

	(void)state;
	for (size_t i = 0; i < 2; i++) {
		struct refusal why;
		struct image image;
		size_t length;

		if (image_open_bytes(both[i]->bytes, both[i]->length, &image, &why) < 0)
			fail_msg("%s", why.text);
		uint32_t node = filetree_find(&image.root.tree, TREE_ROOT, "/a/b", true);
		char *text = rootfs_file(&image.root, node, 100, &length, &why);

		assert_string_equal(text, "text");
		assert_null(rootfs_file(&image.root, node, 3, &length, &why));
		free(text);
		image_close(&image);
	}
	archive_free(&made);
	archive_free(&saved);
	archive_free(&whole);
}

static void
test_gzip_that_grows_too_much_is_refused(void **state)
{
	enum { MEMBER = 16 << 20, COUNT = 80 };
	unsigned char *zeros = calloc(MEMBER, 1);
	struct archive member = compressed(zeros, MEMBER), bomb = {0};
	struct source_limits limits = {SOURCE_INFLATED_MOST, 100};
	struct refusal why = {.text = ""};
	unsigned char byte;

	(void)state;
	bomb.bytes = malloc(COUNT * member.length);
	for (unsigned i = 0; i < COUNT; i++, bomb.length += member.length)
		memcpy(bomb.bytes + bomb.length, member.bytes, member.length);
	struct source *memory = source_memory(bomb.bytes, bomb.length);
	struct source *gzip = source_gzip(memory, &limits);

	assert_int_equal(source_read(gzip, (uint64_t)COUNT * MEMBER - 1, &byte, 1, &why), -1);
	assert_non_null(strstr(why.text, "grows more than 200-fold"));
	source_free(gzip);
	limits.inflated = MEMBER;
	gzip = source_gzip(memory, &limits);
	assert_int_equal(source_read(gzip, MEMBER + 1, &byte, 1, &why), -1);
	assert_non_null(strstr(why.text, "hold more than 64 GiB"));
	source_free(gzip);
	source_free(memory);
	archive_free(&member);
	archive_free(&bomb);
	free(zeros);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_layers_lie_over_each_other),
		cmocka_unit_test(test_names_that_lead_elsewhere_are_refused),
		cmocka_unit_test(test_a_key_that_a_later_layer_hides_is_found),
		cmocka_unit_test(test_a_key_that_is_written_over_is_found),
		cmocka_unit_test(test_files_and_names_have_an_end),
		cmocka_unit_test(test_what_is_around_the_layers_is_checked),
		cmocka_unit_test(test_ten_thousand_layers_are_refused),
		cmocka_unit_test(test_directories_in_each_other_have_an_end),
		cmocka_unit_test(test_a_maze_of_links_has_an_end),
		cmocka_unit_test(test_gzip_is_read_from_any_offset),
		cmocka_unit_test(test_compressed_images_are_read_alike),
		cmocka_unit_test(test_gzip_that_grows_too_much_is_refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
