/* SPDX-License-Identifier: MIT */
/* A line of text as the value of each option that has a form of its own. */
#include "fuzz.h"

#include "confine/rlimits.h"
#include "init/decide.h"
#include "init/settings.h"
#include "setup/spec.h"

static void
read_paths(const char *text)
{
	static struct directory_spec directory;
	static struct owner_spec owner;
	struct refusal why = {""};
	mode_t mode = 0;

	if (fuzz_said(directory_spec_parse(text, &directory, &why), &why) == 0) {
		must(directory.path[0] == '/' && strlen(directory.path) < sizeof(directory.path));
		must(!directory.has_mode || directory.mode <= 07777);
	}
	if (fuzz_said(owner_spec_parse(text, &owner, &why), &why) == 0) {
		must(owner.path[0] == '/' && strlen(owner.path) < sizeof(owner.path));
		must(!owner.has_owner ||
		     (owner.owner[0] && strlen(owner.owner) < sizeof(owner.owner)));
	}
	if (fuzz_said(mode_parse(text, 0777, &mode, &why), &why) == 0)
		must(mode <= 0777 && strtoul(text, NULL, 8) == mode);
	if (fuzz_said(mode_parse(text, 07777, &mode, &why), &why) == 0)
		must(mode <= 07777);
}

static void
read_limit(const char *text)
{
	struct rlimit_setting setting;
	struct refusal why = {""};

	if (fuzz_said(rlimit_parse(text, &setting, &why), &why) != 0)
		return;
	must(setting.soft <= setting.hard);
	const char *name = rlimit_name(setting.resource);
	must(name && !strncmp(text, name, strlen(name)) && text[strlen(name)] == '=');
}

static void
read_init(const char *text)
{
	static struct init_settings settings;
	enum init_wish wish = INIT_WISH_AUTO;
	uint64_t milliseconds = 0;
	struct refusal why = {""};
	int signal = 0;

	decide_defaults(&settings);
	fuzz_said(settings_init(&wish, text, &why), &why);
	if (fuzz_said(settings_signal(&signal, "--parent-death", text, &why), &why) == 0)
		must(signal >= 1 && signal <= SIGNALS_LAST);
	if (fuzz_said(settings_seconds(&milliseconds, "--stop-timeout", text, &why), &why) == 0)
		must(milliseconds < UINT64_C(1000000000000));
	fuzz_said(settings_stop_signal(&settings, text, &why), &why);
	if (fuzz_said(settings_map_signal(&settings, text, &why), &why) == 0) {
		unsigned mapped = 0;

		for (unsigned i = 0; i <= SIGNALS_LAST; i++)
			mapped += settings.signal_map[i] != i;
		must(mapped <= 1);
		/* Once more is once too often, unless it has changed nothing. */
		must(fuzz_said(settings_map_signal(&settings, text, &why), &why) == -(int)mapped);
	}
	if (fuzz_said(settings_map_exit(&settings, text, &why), &why) == 0)
		must(decide_status(&settings, 0) <= 255);
	for (unsigned i = 0; i <= SIGNALS_LAST; i++)
		must(settings.signal_map[i] <= SIGNALS_LAST);
	/* KILL and STOP cannot be waited for. */
	must(!(settings.stop_signals & (UINT64_C(1) << (SIGKILL - 1))));
	must(!(settings.stop_signals & (UINT64_C(1) << (SIGSTOP - 1))));
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	char *text = fuzz_text(data, size);

	read_paths(text);
	read_limit(text);
	read_init(text);
	free(text);
	return 0;
}
