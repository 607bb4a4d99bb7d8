/* SPDX-License-Identifier: MIT */
#include "setup/certs_verdict.h"

#include "why.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

enum { REASON_SIZE = 256, DATE_SIZE = 40 };

/* 9999-12-31 23:59:59, the last that a certificate can name. */
#define LAST_SECOND INT64_C(253402300799)

__attribute__((format(printf, 2, 3))) static void
warn(struct certs_warnings *warnings, const char *format, ...)
{
	va_list values;

	if (warnings->count == CERTS_WARNINGS_MAX)
		return;
	char *text = warnings->warning[warnings->count++].text;
	va_start(values, format);
	vsnprintf(text, REFUSAL_SIZE, format, values);
	va_end(values);
}

/*
 * The library's own would bring its time zones and locales into the program. The year begins in
 * March, so that a leap day is its last; 719468 days lie between 0000-03-01 and 1970-01-01, and
 * 146097 make 400 years of the Gregorian calendar.
 */
static void
write_date(int64_t seconds, char *text, size_t size)
{
	if (seconds < 0 || seconds > LAST_SECOND) {
		snprintf(text, size, "an unknown day");
		return;
	}
	unsigned days = (unsigned)(seconds / 86400) + 719468;
	unsigned rest = days % 146097;
	unsigned year = (rest - rest / 1460 + rest / 36524 - rest / 146096) / 365;
	unsigned day = rest - (365 * year + year / 4 - year / 100);
	unsigned month = (5 * day + 2) / 153;

	day -= (153 * month + 2) / 5;
	year += days / 146097 * 400 + (month >= 10);
	snprintf(text, size, "%04u-%02u-%02u", year, month < 10 ? month + 3 : month - 9, day + 1);
}

/* What kept a path from being good: completes "PATH ...". */
static void
write_reason(const struct certs_report *report, char *text, size_t size)
{
	switch ((enum certs_state)report->state) {
	case CERTS_CANNOT_OPEN:
		snprintf(text, size, "cannot be read: %s", strerror(report->error));
		return;
	case CERTS_WRONG_KIND:
		snprintf(text, size, "is neither a regular file nor a directory where one belongs");
		return;
	case CERTS_TOO_LARGE:
		snprintf(text, size, "has %llu bytes, at most %llu are read",
			 (unsigned long long)report->found, (unsigned long long)report->limit);
		return;
	case CERTS_TOO_MANY:
		snprintf(text, size, "holds %llu certificates, at most %llu are read",
			 (unsigned long long)report->found, (unsigned long long)report->limit);
		return;
	case CERTS_TOO_CROWDED:
		snprintf(text, size, "is a directory of more than %llu names",
			 (unsigned long long)report->limit);
		return;
	case CERTS_NO_ROOM:
		snprintf(
			text, size,
			"holds more than the %d certificates and %llu bytes that can be added up in one bundle",
			CERTS_COUNT_MAX, (unsigned long long)report->limit);
		return;
	case CERTS_READ:
	case CERTS_NOT_TRIED:
	case CERTS_STATES:
		break;
	}
	if (report->malformed > 0 && report->certificates == 0)
		snprintf(text, size, "holds no certificate, but %u malformed ones",
			 report->malformed);
	else if (report->certificates == 0)
		snprintf(text, size, "holds no certificate");
	else
		snprintf(text, size,
			 "holds %u certificates, of which %u have expired and %u are not valid yet",
			 report->certificates, report->expired, report->not_yet_valid);
}

static bool
is_absent(const struct certs_report *report)
{
	return report->state == CERTS_CANNOT_OPEN &&
	       (report->error == ENOENT || report->error == ENOTDIR);
}

/* Names the first place that is there and no good; that is the one to mend. */
static int
refuse_places(const struct certs_request *request, const struct certs_answer *answer,
	      struct refusal *why)
{
	char reason[REASON_SIZE];

	for (unsigned i = 0; i < request->places; i++) {
		if (is_absent(&answer->report[i]))
			continue;
		write_reason(&answer->report[i], reason, sizeof(reason));
		return refuse(
			why,
			"no valid CA certificate for uid %u: '%.200s' %s; replace it by a bundle that is valid, or start with --certs warn",
			request->drop.uid, request->path[i].path, reason);
	}
	if (request->places > 0 && request->path[0].known == CERTS_BY_ALL)
		return refuse(
			why,
			"no CA certificates: '%.200s', which SSL_CERT_FILE names, is not there; mend the variable, or mount the file",
			request->path[0].path);
	return refuse(
		why,
		"no CA certificates in any place where TLS clients look; install ca-certificates, or COPY a bundle to /etc/ssl/certs/ca-certificates.crt");
}

static void
warn_of_contents(const char *path, const struct certs_report *report,
		 struct certs_warnings *warnings)
{
	if (report->expired > 0)
		warn(warnings, "'%.200s': %u of %u certificates have expired", path,
		     report->expired, report->certificates);
	if (report->not_yet_valid > 0)
		warn(warnings, "'%.200s': %u of %u certificates are not valid yet", path,
		     report->not_yet_valid, report->certificates);
	if (report->keys > 0)
		warn(warnings, "'%.200s' holds %u private keys, which the service can read", path,
		     report->keys);
}

static void
warn_of_place(const struct certs_request *request, const struct certs_answer *answer,
	      struct certs_warnings *warnings)
{
	const struct certs_report *report = &answer->report[answer->found];
	const char *path = request->path[answer->found].path;
	char reason[REASON_SIZE];

	for (int i = 0; i < answer->found; i++) {
		if (is_absent(&answer->report[i]))
			continue;
		write_reason(&answer->report[i], reason, sizeof(reason));
		warn(warnings, "'%.200s' %s; '%.200s' is used instead", request->path[i].path,
		     reason, path);
	}
	warn_of_contents(path, report, warnings);
	if (report->malformed > 0)
		warn(warnings,
		     "'%.200s': %u blocks are malformed; some clients read nothing behind the first",
		     path, report->malformed);
	if (report->writable != 0)
		warn(warnings,
		     "'%.200s' can be changed or replaced by uid %u, so that the service decides itself whom it trusts",
		     path, request->drop.uid);
}

static const char *
cure_addition(const struct certs_report *report)
{
	const char *says = why_says(WHY_ADDITION, report->error);

	if (report->state == CERTS_CANNOT_OPEN && says)
		return says;
	if (report->openssl_only > 0)
		return "convert it with openssl x509 (TRUSTED CERTIFICATE)";
	return "name a file or directory of certificates, PEM or DER";
}

static int
judge_addition(const struct certs_path *path, const struct certs_report *report, uid_t uid,
	       struct certs_warnings *warnings, struct refusal *why)
{
	char reason[REASON_SIZE];

	if (report->state != CERTS_READ || report->certificates == 0) {
		write_reason(report, reason, sizeof(reason));
		return refuse(why, "--ca-add %.200s %s; %s", path->path, reason,
			      cure_addition(report));
	}
	if (report->malformed > 0)
		return refuse(
			why,
			"--ca-add %.200s holds %u certificates and %u malformed ones; mend or replace it",
			path->path, report->certificates, report->malformed);
	if (report->skipped > 0)
		warn(warnings,
		     "--ca-add %.200s: %u entries were left out: not regular files, or not readable by uid %u",
		     path->path, report->skipped, uid);
	warn_of_contents(path->path, report, warnings);
	return 0;
}

int
certs_judge(const struct certs_request *request, const struct certs_answer *answer,
	    enum certs_demand demand, struct certs_warnings *warnings, struct refusal *why)
{
	warnings->count = 0;
	if (answer->found >= 0 && demand != CERTS_OFF) {
		warn_of_place(request, answer, warnings);
	} else if (answer->found < 0 && (demand != CERTS_OFF || request->additions > 0)) {
		struct refusal reason;

		refuse_places(request, answer, &reason);
		if (demand == CERTS_REQUIRE) {
			*why = reason;
			return -1;
		}
		warn(warnings, "%s", reason.text);
	}
	for (unsigned i = request->places; i < request->places + request->additions; i++) {
		if (judge_addition(&request->path[i], &answer->report[i], request->drop.uid,
				   warnings, why) != 0) {
			warnings->refused = request->path[i].path;
			return -1;
		}
	}
	return 0;
}

void
certs_describe(const struct certs_path *path, const struct certs_report *report,
	       struct refusal *sentence)
{
	char date[DATE_SIZE];

	if (certs_valid(report) == 0) {
		snprintf(sentence->text, sizeof(sentence->text),
			 "%u certificates in '%.200s', none of them valid", report->certificates,
			 path->path);
		return;
	}
	write_date(report->earliest, date, sizeof(date));
	snprintf(
		sentence->text, sizeof(sentence->text),
		"%u certificates in '%.200s', %u expired, %u not valid yet, the first of the others expires on %s",
		report->certificates, path->path, report->expired, report->not_yet_valid, date);
}
