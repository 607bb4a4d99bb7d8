/* SPDX-License-Identifier: MIT */
#include "setup/certs_der.h"
#include "setup/certs_reader.h"

#include <string.h>

enum { ERRNO_MAX = 4095 };

static bool
counts_agree(const struct certs_report *report)
{
	uint64_t dated = (uint64_t)report->expired + report->not_yet_valid;
	bool numbers = report->state == CERTS_TOO_LARGE || report->state == CERTS_TOO_MANY ||
		       report->state == CERTS_TOO_CROWDED || report->state == CERTS_NO_ROOM;

	/* No certificate has fewer than 60 bytes, so that no count can exceed the bytes read. */
	if (report->certificates > CERTS_DIRECTORY_MAX || dated > report->certificates)
		return false;
	if (!numbers && (report->limit != 0 || report->found != 0))
		return false;
	return report->state != CERTS_READ || report->certificates <= CERTS_COUNT_MAX;
}

static bool
report_is_possible(const struct certs_report *report, int64_t now)
{
	bool error = report->state == CERTS_CANNOT_OPEN;

	if (report->state >= CERTS_STATES || report->writable > 1 || report->reserved != 0)
		return false;
	if (report->error < 0 || report->error > ERRNO_MAX || error != (report->error != 0))
		return false;
	if (!counts_agree(report))
		return false;
	return certs_valid(report) > 0 ? report->earliest >= now : report->earliest == 0;
}

static int
first_good(const struct certs_request *request, const struct certs_answer *answer)
{
	for (unsigned i = 0; i < request->places; i++) {
		if (certs_is_good(&answer->report[i]))
			return (int)i;
	}
	return -1;
}

/* The records fill the bytes exactly, and each is one DER element that fills its record. */
static bool
handed_is_possible(const struct certs_answer *answer)
{
	size_t at = 0;

	for (unsigned i = 0; i < answer->handed_count; i++) {
		uint32_t length;

		if (answer->handed_size - at < sizeof(length))
			return false;
		memcpy(&length, answer->handed + at, sizeof(length));
		at += sizeof(length);
		if (length == 0 || length > CERTS_ONE_MAX || length > answer->handed_size - at)
			return false;
		if (der_outer_size(answer->handed + at, length) != length)
			return false;
		at += length;
	}
	return at == answer->handed_size;
}

int
certs_answer_check(const struct certs_request *request, const struct certs_answer *answer,
		   struct refusal *why)
{
	unsigned count = request->places + request->additions;

	for (unsigned i = 0; i < count; i++) {
		if (!report_is_possible(&answer->report[i], request->now))
			return refuse(why, "the reader's report on '%s' cannot be true",
				      request->path[i].path);
	}
	if (answer->found != first_good(request, answer))
		return refuse(why, "the reader found place %d, but reported otherwise",
			      answer->found);
	if (answer->handed_size > CERTS_HANDED_MAX || answer->handed_count > CERTS_COUNT_MAX)
		return refuse(why, "the reader handed over %u certificates in %zu bytes, too many",
			      answer->handed_count, answer->handed_size);
	if (request->additions == 0 && answer->handed_size != 0)
		return refuse(why, "the reader handed over %zu bytes that nobody asked for",
			      answer->handed_size);
	if (!handed_is_possible(answer))
		return refuse(why, "the reader handed over something that is not a certificate");
	return 0;
}
