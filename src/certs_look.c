/* SPDX-License-Identifier: MIT */
#include "certs_look.h"

#include "setup/certs_reader.h"

static void
say_found(const struct plan_certs *certs, const struct report *report)
{
	const struct certs_request *request = &certs->request;
	struct refusal sentence;

	for (unsigned i = 0; i < request->places + request->additions; i++) {
		if ((int)i != certs->answer.found && i < request->places)
			continue;
		certs_describe(&request->path[i], &certs->answer.report[i], &sentence);
		report_say(report, REPORT_STEP, "%s", sentence.text);
	}
}

static int
read_and_judge(struct plan *plan, const struct options *options, const struct report *report,
	       struct refusal *why)
{
	struct plan_certs *certs = &plan->certs;

	if (certs_read(&certs->request, &certs->answer, why)) {
		if (certs->writes || certs->demand == CERTS_REQUIRE)
			return -1;
		/* Nothing is known then, and nothing was found. */
		certs->answer.found = -1;
		plan_note(&plan->warnings, "the CA certificates could not be checked: %s",
			  why->text);
		return 0;
	}
	if (certs_judge(&certs->request, &certs->answer, certs->demand, &certs->warnings, why))
		return options_blame(why, options_of(options, certs->warnings.refused));
	for (unsigned i = 0; i < certs->warnings.count; i++)
		plan_note(&plan->warnings, "%s", certs->warnings.warning[i].text);
	if (report->verbose)
		say_found(certs, report);
	return 0;
}

int
certs_look(struct plan *plan, const struct options *options, const struct facts *facts,
	   const struct report *report, struct refusal *why)
{
	if (plan->certs.looks && read_and_judge(plan, options, report, why))
		return -1;
	plan_certs_export(plan, options, facts);
	return 0;
}
