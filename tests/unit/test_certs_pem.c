/* SPDX-License-Identifier: MIT */
/* Where the blocks of a PEM text are, and what they decode to. */
#include "setup/certs_pem.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#define BEGIN "-----BEGIN CERTIFICATE-----\n"
#define END "-----END CERTIFICATE-----\n"

struct scan_row {
	const char *what;
	const char *text;
	const char *found; /* a letter for each block: Certificate, Openssl, Key, other; small:
			      broken */
};

static const struct scan_row scan_rows[] = {
	{"nothing", "", ""},
	{"text", "no block here\nnor here", ""},
	{"one", BEGIN "AAAA\n" END, "C"},
	{"two", BEGIN "AAAA\n" END BEGIN "AAAA\n" END, "CC"},
	{"text around", "# one\n" BEGIN "AAAA\n" END "\nbetween\n\n" BEGIN "AA==\n" END "behind",
	 "CC"},
	{"no newline at the end", BEGIN "AAAA\n-----END CERTIFICATE-----", "C"},
	{"CRLF", "-----BEGIN CERTIFICATE-----\r\nAAAA\r\n-----END CERTIFICATE-----\r\n", "C"},
	{"blanks behind the marks",
	 "-----BEGIN CERTIFICATE----- \t\nAAAA\n-----END CERTIFICATE-----  \n", "C"},
	{"an empty block", BEGIN END, "C"},
	{"a trusted one",
	 "-----BEGIN TRUSTED CERTIFICATE-----\nAA\n-----END TRUSTED CERTIFICATE-----", "O"},
	{"the old name", "-----BEGIN X509 CERTIFICATE-----\nAA\n-----END X509 CERTIFICATE-----",
	 "O"},
	{"a key", "-----BEGIN PRIVATE KEY-----\nAA\n-----END PRIVATE KEY-----\n", "K"},
	{"an RSA key with headers",
	 "-----BEGIN RSA PRIVATE KEY-----\nProc-Type: 4,ENCRYPTED\nDEK-Info: AES-256-CBC,00\n\nAA\n"
	 "-----END RSA PRIVATE KEY-----\n",
	 "K"},
	{"something else", "-----BEGIN DH PARAMETERS-----\nAA\n-----END DH PARAMETERS-----\n", "X"},
	{"a key between two",
	 BEGIN END "-----BEGIN EC PRIVATE KEY-----\n-----END EC PRIVATE KEY-----\n" BEGIN END,
	 "CKC"},
	{"a mark in the middle of a line", "x" BEGIN "AAAA\n" END, ""},
	{"an indented mark", " " BEGIN "AAAA\n" END, ""},
	{"a byte order mark", "\xef\xbb\xbf" BEGIN "AAAA\n" END, ""},
	{"old Macintosh lines", "-----BEGIN CERTIFICATE-----\rAAAA\r-----END CERTIFICATE-----\r",
	 ""},
	{"four dashes", "-----BEGIN CERTIFICATE----\nAAAA\n" END, ""},
	{"no label", "-----BEGIN -----\nAAAA\n-----END -----\n", ""},
	{"more behind the mark", "-----BEGIN CERTIFICATE-----AAAA\n" END, ""},
	{"a label that is not text",
	 "-----BEGIN CERT\x01\xff-----\nAA\n-----END CERT\x01\xff-----\n", ""},
	{"small letters", "-----BEGIN certificate-----\nAAAA\n-----END certificate-----\n", "X"},
	{"no end", BEGIN "AAAA\n", "c"},
	{"no end before the next", BEGIN "AAAA\n" BEGIN "AAAA\n" END, "cC"},
	{"an end of another label", BEGIN "AAAA\n-----END PRIVATE KEY-----\n" BEGIN END, "cC"},
	{"an end of a longer label", BEGIN "AAAA\n-----END CERTIFICATES-----\n", "c"},
	{"an end in the middle of a line", BEGIN "AAAA-----END CERTIFICATE-----\n", "c"},
	{"an end without a beginning", END BEGIN END, "C"},
	{"a beginning alone", "-----BEGIN CERTIFICATE-----", "c"},
	{"half a mark", "-----BEGIN ", ""},
	{"a private key cut off", "-----BEGIN PRIVATE KEY-----\nAAAA\n", "k"},
};

static char
letter(const struct pem_block *block)
{
	static const char letters[] = {[PEM_CERTIFICATE] = 'C',
				       [PEM_OPENSSL_ONLY] = 'O',
				       [PEM_PRIVATE_KEY] = 'K',
				       [PEM_OTHER] = 'X'};
	char whole = letters[block->kind];

	return block->whole ? whole : (char)(whole + 'a' - 'A');
}

/* The text in memory of just its size, so that a byte read too far is seen. */
static void
scan(const char *text, char *found, size_t size)
{
	size_t length = strlen(text), count = 0;
	char *copy = malloc(length + (length == 0));
	struct pem_text walk = {copy, length, 0};
	struct pem_block block;

	memcpy(copy, text, length);
	while (pem_next(&walk, &block)) {
		assert_true(count + 1 < size);
		assert_true(block.body + block.length <= length);
		found[count++] = letter(&block);
	}
	found[count] = '\0';
	free(copy);
}

static void
test_blocks_are_found_where_clients_find_them(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(scan_rows) / sizeof(scan_rows[0]); i++) {
		char found[16];

		scan(scan_rows[i].text, found, sizeof(found));
		if (strcmp(found, scan_rows[i].found) != 0)
			fail_msg("%s: '%s'", scan_rows[i].what, found);
	}
}

struct decode_row {
	const char *text;
	const char *bytes; /* NULL: refused */
};

static const struct decode_row decode_rows[] = {
	{"", ""},
	{" \t\r\n", ""},
	{"Zg==", "f"},
	{"Zm8=", "fo"},
	{"Zm9v", "foo"},
	{"Zm9vYg==", "foob"},
	{"Zm9vYmE=", "fooba"},
	{"Zm9vYmFy", "foobar"},
	{"Zm9v\nYmFy\n", "foobar"},
	{"Z m\t9\r\nvYm Fy", "foobar"},
	{"Zm\n8=\n", "fo"},
	{"Zg=\n=", "f"},
	{"+/+/", "\xfb\xff\xbf"},
	{"Z", NULL},
	{"Zg", NULL},
	{"Zg=", NULL},
	{"Zg===", NULL},
	{"Zm8==", NULL},
	{"Zm8", NULL},
	{"Zm9v=", NULL},
	{"Zm9v====", NULL},
	{"=", NULL},
	{"====", NULL},
	{"Z===", NULL},
	{"Zg==Zg==", NULL},
	{"Zg==x", NULL},
	{"Zm9v-", NULL},
	{"Zm9_", NULL},
	{"Zm9.", NULL},
	{"Zm\x80v", NULL},
	{"Proc-Type: 4", NULL},
};

static void
test_base64_is_decoded_in_place_or_refused(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(decode_rows) / sizeof(decode_rows[0]); i++) {
		const struct decode_row *row = &decode_rows[i];
		size_t length = strlen(row->text);
		char *copy = malloc(length + (length == 0));

		memcpy(copy, row->text, length);
		ssize_t size = pem_decode(copy, length, (unsigned char *)copy);
		if (row->bytes == NULL && size != -1)
			fail_msg("'%s' was decoded", row->text);
		if (row->bytes != NULL && (size != (ssize_t)strlen(row->bytes) ||
					   memcmp(copy, row->bytes, (size_t)size) != 0))
			fail_msg("'%s': %zd bytes", row->text, size);
		free(copy);
	}
}

static void
test_a_zero_byte_is_not_base64(void **state)
{
	unsigned char out[8];

	(void)state;
	assert_int_equal(pem_decode("Zm9\0", 4, out), -1);
	assert_int_equal(pem_decode("Zm9v\0", 5, out), -1);
}

static void
test_what_is_encoded_decodes_to_the_same(void **state)
{
	unsigned char der[400], back[600];

	(void)state;
	for (size_t i = 0; i < sizeof(der); i++)
		der[i] = (unsigned char)(i * 7 + 3);
	for (size_t length = 1; length <= sizeof(der); length++) {
		size_t size = pem_encoded_size(length);
		char *text = malloc(size);
		struct pem_text walk = {text, size, 0};
		struct pem_block block;

		pem_encode(der, length, text);
		assert_int_equal(text[size - 1], '\n');
		assert_true(pem_next(&walk, &block));
		assert_true(block.whole && block.kind == PEM_CERTIFICATE);
		assert_int_equal(walk.at, size);
		assert_int_equal(pem_decode(text + block.body, block.length, back), length);
		assert_memory_equal(back, der, length);
		free(text);
	}
}

static void
test_encoded_lines_have_64_characters(void **state)
{
	unsigned char der[49] = {0};
	char text[256];

	(void)state;
	pem_encode(der, sizeof(der), text);
	assert_memory_equal(text, BEGIN, strlen(BEGIN));
	const char *first = text + strlen(BEGIN);
	assert_int_equal(strcspn(first, "\n"), 64);
	assert_memory_equal(first + 65, "AA==\n" END, strlen("AA==\n" END));
	assert_int_equal(pem_encoded_size(sizeof(der)), strlen(BEGIN) + 65 + 5 + strlen(END));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_blocks_are_found_where_clients_find_them),
		cmocka_unit_test(test_base64_is_decoded_in_place_or_refused),
		cmocka_unit_test(test_a_zero_byte_is_not_base64),
		cmocka_unit_test(test_what_is_encoded_decodes_to_the_same),
		cmocka_unit_test(test_encoded_lines_have_64_characters),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
