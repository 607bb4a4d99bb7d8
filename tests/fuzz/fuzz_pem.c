/* SPDX-License-Identifier: MIT */
/*
 * Any bytes as a CA file: the scanner, the decoder, the certificate reader and the hoard, as the
 * reader child runs them; and then what its parent would make of the answer.
 */
#include "setup/certs_count.h"
#include "setup/certs_der.h"
#include "setup/certs_pem.h"
#include "setup/certs_reader.h"

#include <stdlib.h>
#include <string.h>

enum { ROOM = 1 << 16 };

#define NOW 1767225600

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* What the child hands over its parent must be able to believe, and to write. */
static void
take_as_parent(const struct certs_report *report, const struct certs_hoard *hoard)
{
	struct certs_request request = {.additions = 1, .now = NOW};
	struct certs_answer answer = {.found = -1,
				      .handed = hoard->bytes,
				      .handed_size = hoard->size,
				      .handed_count = hoard->count};
	struct refusal why;

	request.path[0].path = "/ca.pem";
	answer.report[0] = *report;
	if (report->certificates <= CERTS_COUNT_MAX &&
	    certs_answer_check(&request, &answer, &why) != 0)
		abort();
	for (size_t at = 0; at < hoard->size;) {
		static char text[ROOM * 2];
		uint32_t length;

		memcpy(&length, hoard->bytes + at, sizeof(length));
		size_t out = pem_encoded_size(length);
		if (out > sizeof(text))
			abort();
		pem_encode(hoard->bytes + at + sizeof(length), length, text);
		struct pem_text walk = {text, out, 0};
		struct pem_block block;
		if (!pem_next(&walk, &block) || !block.whole || walk.at != out ||
		    pem_decode(text + block.body, block.length, (unsigned char *)text) !=
			    (ssize_t)length ||
		    memcmp(text, hoard->bytes + at + sizeof(length), length) != 0)
			abort();
		at += sizeof(length) + length;
	}
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static unsigned char room[ROOM];

	for (unsigned der = 0; der < 2; der++) {
		struct certs_hoard hoard = {room, sizeof(room), 0, 0};
		struct certs_report report = {.state = CERTS_READ};
		unsigned char *bytes = malloc(size + (size == 0));

		if (bytes == NULL)
			abort();
		if (size > 0)
			memcpy(bytes, data, size);
		certs_count(bytes, size, der != 0, NOW, &report, &hoard);
		free(bytes);
		take_as_parent(&report, &hoard);
	}
	return 0;
}
