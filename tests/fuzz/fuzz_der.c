/* SPDX-License-Identifier: MIT */
/* Any bytes as a certificate, and as an answer of the reader child to its parent. */
#include "setup/certs_der.h"
#include "setup/certs_reader.h"

#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void
read_certificate(const uint8_t *data, size_t size)
{
	struct der_validity validity = {0, 0};
	size_t outer = der_outer_size(data, size);

	if (outer > size)
		abort();
	if (der_read_certificate(data, size, &validity) != 0)
		return;
	/* Years 0 to 9999, and a certificate is just what root's own look at it says it is. */
	if (outer != size || validity.not_before < -62167219200 ||
	    validity.not_after > 253402300799)
		abort();
}

/* The first bytes are the reports of two paths, the rest is what was handed over. */
static void
read_answer(const uint8_t *data, size_t size)
{
	struct certs_request request = {.places = 1, .additions = 1, .now = 1767225600};
	struct certs_answer answer = {.found = -1};
	size_t reports = 2 * sizeof(answer.report[0]);
	struct refusal why;

	if (size < reports + 2)
		return;
	request.path[0].path = request.path[1].path = "/ca.pem";
	memcpy(answer.report, data, reports);
	answer.found = (int)data[reports] - 1;
	answer.handed_count = data[reports + 1];
	answer.handed_size = size - reports - 2;
	answer.handed = malloc(answer.handed_size + (answer.handed_size == 0));
	if (answer.handed == NULL)
		abort();
	memcpy(answer.handed, data + reports + 2, answer.handed_size);
	(void)certs_answer_check(&request, &answer, &why);
	free(answer.handed);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	read_certificate(data, size);
	read_answer(data, size);
	return 0;
}
