/* SPDX-License-Identifier: MIT */
#include "setup/certs_verdict.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

enum { REASON_SIZE = 256 };

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

static void
write_date(int64_t seconds, char *text, size_t size)
{
	time_t time = (time_t)seconds;
	struct tm parts;

	if (gmtime_r(&time, &parts) == NULL || strftime(text, size, "%Y-%m-%d", &parts) == 0)
		snprintf(text, size, "an unknown day");
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
		snprintf(text, size,
			 "holds more than the %d certificates and %llu bytes that can be "
			 "added up in one bundle",
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
			 "holds %u certificates, of which %u have expired and %u are not "
			 "valid yet",
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
		return refuse(why, "no valid CA certificate for uid %u: '%s' %s", request->uid,
			      request->path[i].path, reason);
	}
	if (request->places > 0 && request->path[0].known == CERTS_BY_ALL)
		return refuse(why,
			      "no CA certificates: '%s', which SSL_CERT_FILE names, is not "
			      "there",
			      request->path[0].path);
	return refuse(why,
		      "no CA certificates in any place where TLS clients look; install "
		      "ca-certificates, or COPY a bundle to /etc/ssl/certs/ca-certificates.crt");
}

static void
warn_of_contents(const char *path, const struct certs_report *report,
		 struct certs_warnings *warnings)
{
	if (report->expired > 0)
		warn(warnings, "'%s': %u of %u certificates have expired", path, report->expired,
		     report->certificates);
	if (report->not_yet_valid > 0)
		warn(warnings, "'%s': %u of %u certificates are not valid yet", path,
		     report->not_yet_valid, report->certificates);
	if (report->keys > 0)
		warn(warnings, "'%s' holds %u private keys, which the service can read", path,
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
		warn(warnings, "'%s' %s; '%s' is used instead", request->path[i].path, reason,
		     path);
	}
	warn_of_contents(path, report, warnings);
	if (report->malformed > 0)
		warn(warnings,
		     "'%s': %u blocks are malformed; some clients read nothing behind "
		     "the first",
		     path, report->malformed);
	if (report->writable != 0)
		warn(warnings,
		     "'%s' can be changed or replaced by uid %u, so that the service "
		     "decides itself whom it trusts",
		     path, request->uid);
}

static int
judge_addition(const struct certs_path *path, const struct certs_report *report, uid_t uid,
	       struct certs_warnings *warnings, struct refusal *why)
{
	char reason[REASON_SIZE];

	if (report->state != CERTS_READ || report->certificates == 0) {
		write_reason(report, reason, sizeof(reason));
		return refuse(why, "--ca-add: '%s' %s%s", path->path, reason,
			      report->state == CERTS_CANNOT_OPEN && report->error == EACCES
				      ? "; it is read as the service's user"
			      : report->openssl_only > 0
				      ? "; convert it with openssl x509 (TRUSTED CERTIFICATE)"
				      : "");
	}
	if (report->malformed > 0)
		return refuse(why, "--ca-add: '%s' holds %u certificates and %u malformed ones",
			      path->path, report->certificates, report->malformed);
	if (report->skipped > 0)
		warn(warnings,
		     "--ca-add: %u entries of '%s' were left out: not regular files, or not "
		     "readable by uid %u",
		     report->skipped, path->path, uid);
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
		if (judge_addition(&request->path[i], &answer->report[i], request->uid, warnings,
				   why) != 0)
			return -1;
	}
	return 0;
}

void
certs_describe(const struct certs_path *path, const struct certs_report *report,
	       struct refusal *sentence)
{
	char date[sizeof("-2147481748-12-31")];

	if (certs_valid(report) == 0) {
		snprintf(sentence->text, sizeof(sentence->text),
			 "%u certificates in '%s', none of them valid", report->certificates,
			 path->path);
		return;
	}
	write_date(report->earliest, date, sizeof(date));
	snprintf(sentence->text, sizeof(sentence->text),
		 "%u certificates in '%s', %u expired, %u not valid yet, the first of the others "
		 "expires on %s",
		 report->certificates, path->path, report->expired, report->not_yet_valid, date);
}
