/* SPDX-License-Identifier: MIT */
#include "kit/learn_judge.h"

#include "kit/heap.h"
#include "kit/learned.h"
#include "kit/reading.h"
#include "kit/sightings.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

struct known {
	bool looked_up;
	bool conditional;         /* else `answer` is all that there is to say */
	struct reading_call call; /* where conditional */
	uint32_t answer;
};

struct learn_judge_arch {
	struct reading reading;
	int clone3;
	struct known calls[FINDINGS_NUMBERS];
};

int
learn_judge_make(struct json_object *document, const struct service *service,
		 struct learn_judge *out, struct refusal *why)
{
	size_t count;
	const struct architecture *all = architecture_all(&count);

	*out = (struct learn_judge){.service = *service};
	if (learned_parse(document, &out->profile, why) < 0)
		return -1;
	out->arches = memory_new(count, sizeof(*out->arches));
	for (size_t i = 0; i < count; i++) {
		reading_make(&out->profile, &out->service, &all[i], &out->arches[i].reading);
		out->arches[i].clone3 = call_number(&all[i], "clone3");
	}
	return 0;
}

void
learn_judge_free(struct learn_judge *judge)
{
	size_t count;

	architecture_all(&count);
	for (size_t i = 0; judge->arches && i < count; i++)
		for (size_t n = 0; n < FINDINGS_NUMBERS; n++)
			if (judge->arches[i].calls[n].conditional)
				reading_call_free(&judge->arches[i].calls[n].call);
	if (judge->arches)
		profile_free(&judge->profile);
	free(judge->arches);
	*judge = (struct learn_judge){0};
}

static void
look_up(const struct reading *reading, uint32_t number, struct known *known)
{
	static const uint64_t none[CALL_ARGUMENTS];

	reading_call(reading, number, &known->call);
	known->looked_up = true;
	known->conditional = reading_conditional(&known->call);
	if (known->conditional)
		return;
	known->answer = reading_answer(&known->call, none);
	reading_call_free(&known->call);
}

static uint32_t
answer(const struct known *known, const struct seccomp_data *data)
{
	uint64_t arguments[CALL_ARGUMENTS];

	if (!known->conditional)
		return known->answer;
	memcpy(arguments, data->args, sizeof(arguments));
	return reading_answer(&known->call, arguments);
}

/* A number beyond the tables is one that few calls have, if any. */
static uint32_t
answer_rare(const struct reading *reading, const struct seccomp_data *data)
{
	struct known known = {0};

	look_up(reading, (uint32_t)data->nr, &known);
	uint32_t result = answer(&known, data);

	if (known.conditional)
		reading_call_free(&known.call);
	return result;
}

uint32_t
learn_judge_ask(void *context, const struct seccomp_data *data, int *error)
{
	struct learn_judge *judge = context;
	size_t count;
	const struct architecture *all = architecture_all(&count);
	const struct architecture *arch = sightings_arch(data->arch);

	if (!arch)
		return 0;
	struct learn_judge_arch *own = &judge->arches[arch - all];

	if (data->nr == own->clone3)
		*error = ENOSYS;
	if ((uint32_t)data->nr >= FINDINGS_NUMBERS)
		return answer_rare(&own->reading, data);
	struct known *known = &own->calls[data->nr];

	if (!known->looked_up)
		look_up(&own->reading, (uint32_t)data->nr, known);
	return answer(known, data);
}
