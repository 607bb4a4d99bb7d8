/* SPDX-License-Identifier: MIT */
#include "plan_certs.h"

#include "environment.h"
#include "plan.h"
#include "setup/certs_reader.h"

#include <string.h>

/* The first second of 2020: no clock of a machine that runs this can be right and say less. */
#define EARLIEST_CLOCK INT64_C(1577836800)

/*
 * The value of a variable as the service will have it, unless stepdown itself exports it. `*chosen`
 * tells whether options decide over it, so that no export can.
 */
static const char *
value_of(const char *name, const struct options *options, const struct facts *facts, bool *chosen)
{
	size_t length = strlen(name);
	const char *given = environment_value(facts->environment, name);
	const char *entry;
	unsigned cursor = 0;

	*chosen = false;
	if (options_given(options, OPTION_CLEAR_ENV))
		given = NULL;
	while ((entry = options_next(options, OPTION_UNSET_ENV, &cursor)))
		if (!strcmp(entry, name)) {
			given = NULL;
			*chosen = true;
		}
	cursor = 0;
	while ((entry = options_next(options, OPTION_ENV, &cursor)))
		if (!strncmp(entry, name, length) && entry[length] == '=') {
			given = entry + length + 1;
			*chosen = true;
		}
	return given;
}

/* Additions that an earlier start has made are there for those who can make none. */
static void
use_earlier(struct plan_certs *certs, struct plan *plan, const struct facts *facts, bool root)
{
	certs->bundle = facts->certs.earlier;
	if (!certs->bundle)
		plan_note(
			&plan->left_out,
			root ? "ca.bundle: --no-setup adds no CA certificates, and no start before has"
			     : "ca.bundle: --ca-add needs a start as root");
}

static int
fill_request(struct plan *plan, const struct options *options, const struct facts *facts,
	     struct refusal *why)
{
	struct plan_certs *certs = &plan->certs;
	struct certs_request *request = &certs->request;
	const char *file = certs->bundle;
	const struct option_entry *said;
	unsigned cursor = 0;
	bool chosen;

	*request = (struct certs_request){
		.drop = drop_to(&plan->who,
				(plan->drop.parts & (DROP_GROUPS | DROP_GID | DROP_UID)) |
					DROP_SETS | DROP_PRIVS | DROP_DUMPABLE,
				0),
		.now = facts->certs.now,
		.deadline = CERTS_DEADLINE,
		.filter = facts->no_seccomp ? NULL : &filter_reader,
	};
	if (certs->writes || !file)
		file = value_of("SSL_CERT_FILE", options, facts, &chosen);
	if (certs_places_fill(file, value_of("SSL_CERT_DIR", options, facts, &chosen),
			      &certs->names, request, why))
		return -1;
	while (certs->writes && (said = options_entry(options, OPTION_CA_ADD, &cursor)))
		if (certs_places_add(said->value, request, why))
			return options_blame(why, said);
	return 0;
}

int
plan_certs_make(struct plan *plan, const struct options *options, const struct facts *facts,
		struct refusal *why)
{
	struct plan_certs *certs = &plan->certs;
	bool root = facts->effective_uid == 0;
	bool changes = root && !options_given(options, OPTION_NO_SETUP);
	bool adds = options_given(options, OPTION_CA_ADD);

	certs->demand = (enum certs_demand)options_number(options, OPTION_CERTS, CERTS_OFF);
	certs->writes = adds && changes;
	if (certs->writes) {
		certs->bundle = facts->certs.place;
		if (!certs->bundle) {
			*why = facts->certs.no_place;
			return -1;
		}
	} else if (adds) {
		use_earlier(certs, plan, facts, root);
	}
	/* Beside a service whose start has looked there is nothing to look for. */
	certs->looks = certs->writes ||
		       (certs->demand != CERTS_OFF && !options_given(options, OPTION_NO_SETUP));
	if (!certs->looks && !certs->bundle)
		return 0;
	if (fill_request(plan, options, facts, why)) {
		if (certs->writes || certs->demand == CERTS_REQUIRE)
			return -1;
		plan_note(&plan->warnings, "%s", why->text);
		certs->looks = false;
	}
	if (!certs->looks)
		return 0;
	if (facts->certs.now < EARLIEST_CLOCK)
		plan_note(
			&plan->warnings,
			"the clock of this machine stands before 2020; what it says of CA certificates, that they are not valid yet, every client will say too: set the clock");
	return 0;
}

/* Whether a variable says no more than what is in the bundle anyway. */
static bool
is_covered(const struct certs_request *request, const char *value)
{
	for (unsigned i = 0; i < request->places; i++)
		if (!strcmp(request->path[i].path, value))
			return true;
	return false;
}

static void
export_bundle(struct plan *plan, const struct options *options, const struct facts *facts)
{
	const char *bundle = plan->certs.bundle;

	for (unsigned i = 0; certs_bundle_variables[i]; i++) {
		const char *name = certs_bundle_variables[i];
		bool chosen;
		const char *value = value_of(name, options, facts, &chosen);

		if (!value || !*value || chosen || is_covered(&plan->certs.request, value))
			plan_export(plan, name, bundle);
		else if (strcmp(value, bundle))
			plan_note(
				&plan->warnings,
				"%s stays %.160s, as it was set: who follows it does not see what --ca-add adds; unset it, and add that file with --ca-add",
				name, value);
	}
}

void
plan_certs_export(struct plan *plan, const struct options *options, const struct facts *facts)
{
	const struct plan_certs *certs = &plan->certs;

	if (certs->bundle) {
		export_bundle(plan, options, facts);
	} else if (certs->looks) {
		struct certs_export found = certs_places_export(&certs->request, &certs->answer);

		if (found.name)
			plan_export(plan, found.name, found.value);
	}
}

const char *
plan_certs_path(const struct plan *plan)
{
	const struct plan_certs *certs = &plan->certs;

	if (certs->bundle)
		return certs->bundle;
	return certs->answer.found < 0 ? NULL : certs->request.path[certs->answer.found].path;
}

unsigned
plan_certs_count(const struct plan *plan)
{
	const struct certs_answer *answer = &plan->certs.answer;

	if (plan->certs.writes)
		return answer->handed_count;
	return answer->found < 0 ? 0 : answer->report[answer->found].certificates;
}
