/* SPDX-License-Identifier: MIT */
/* Words as the command line of tini, dumb-init, gosu and su-exec; behind a "%" their environment.
 */
#include "fuzz.h"

#include "dropin.h"
#include "init/signals.h"

/* As the name that the program was called by: a peer's only where its last part is the peer's. */
static void
read_name(const char *called)
{
	static const char *const names[] = {"", "tini", "dumb-init", "gosu", "su-exec"};
	const char *slash = strrchr(called, '/');
	enum dropin_kind kind = dropin_kind(called);

	must(kind <= DROPIN_SU_EXEC);
	must(kind == DROPIN_NONE ||
	     !strncmp(slash ? slash + 1 : called, names[kind], strlen(names[kind])));
}

static void
check(const struct dropin *dropin, char *const *argv, int argc)
{
	if (dropin->answer != DROPIN_RUN)
		return;
	must(dropin->command > argv && dropin->command < argv + argc && *dropin->command);
	if (dropin->kind == DROPIN_GOSU || dropin->kind == DROPIN_SU_EXEC) {
		must(dropin->user);
		return;
	}
	must(dropin->parent_death_signal >= 0 && dropin->parent_death_signal <= SIGNALS_LAST);
	for (unsigned i = 0; i <= SIGNALS_LAST; i++)
		must(dropin->settings.signal_map[i] <= SIGNALS_LAST);
	must(dropin->settings.end_signal >= 0 && dropin->settings.end_signal <= SIGNALS_LAST);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static struct dropin dropin;
	const uint8_t *from = data;
	size_t length = fuzz_part(&data, &size);
	struct fuzz_strings environment;

	fuzz_split(data, size, &environment);
	for (enum dropin_kind kind = DROPIN_TINI; kind <= DROPIN_SU_EXEC; kind++) {
		struct fuzz_strings words;
		struct refusal why = {.text = ""};
		/* tini's options are taken out of argv: the strings are released from here. */
		char *argv[FUZZ_STRINGS + 1];

		fuzz_split(from, length, &words);
		memcpy(argv, words.list, ((size_t)words.count + 1) * sizeof(*argv));
		memset(&dropin, 0, sizeof(dropin));
		dropin.kind = kind;
		if (words.count > 0)
			read_name(words.list[0]);
		if (words.count > 0 &&
		    fuzz_said(dropin_parse(&dropin, words.count, argv, environment.list, &why),
			      &why) == 0)
			check(&dropin, argv, words.count);
		must(words.count == 0 || dropin.failed > 0);
		fuzz_release(&words);
	}
	fuzz_release(&environment);
	return 0;
}
