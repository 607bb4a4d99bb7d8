/* SPDX-License-Identifier: MIT */
/*
 * Any words as the command line of the kit's commands: of those that work on filters, of learn and
 * check, of rootfs. The first letter chooses.
 */
#include "fuzz.h"

#include "kit/request.h"
#include "kit/rootfs/wishes.h"
#include "kit/run_request.h"

/* What is stepdown's is handed on as it was written, and what is run is the end of argv. */
static void
read_run(struct fuzz_strings *words, bool check)
{
	static struct run_request request;
	struct refusal why = {.text = ""};
	int at = 1;

	if (fuzz_said(run_request_parse(words->count, words->list, check, &request, &why), &why))
		return;
	must(request.merge_count <= RUN_MERGES && request.option_count <= RUN_OPTIONS);
	must(request.cap_count <= RUN_CAPS && request.command_count > 0);
	must(request.command + request.command_count == words->list + words->count);
	must(!check == !request.profile && (check || request.output || request.record));
	for (size_t i = 0; i < request.cap_count; i++)
		must(capability_number(request.caps[i]) >= 0);
	for (size_t i = 0; i < request.option_count; i++)
		while (words->list[at] != request.options[i])
			must(words->list + ++at < request.command);
}

static void
read_wishes(struct fuzz_strings *words)
{
	struct refusal why = {.text = ""};
	struct wishes wishes;
	const char *epoch = words->count > 1 ? words->list[1] : NULL;

	if (fuzz_said(wishes_parse(words->count, words->list, epoch, &wishes, &why), &why) == 0) {
		must(wishes.output && wishes.newest >= 0);
		must(wishes.programs.count + wishes.with.count + wishes.runs.count > 0);
		must(!wishes.has_user || (wishes.uid > 0 && wishes.uid < UINT32_MAX &&
					  wishes.gid < UINT32_MAX && wishes.user[0]));
		must(!wishes.has_user || !strpbrk(wishes.user, ":/\n"));
		for (size_t i = 0; i < wishes.zones.count; i++)
			must(!strchr("/.", wishes.zones.texts[i][0]) &&
			     !strstr(wishes.zones.texts[i], "/."));
		for (size_t i = 0; i < wishes.with.count; i++)
			must(wishes.with.texts[i][0] == '/');
	}
	wishes_free(&wishes);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct fuzz_strings words;
	struct request request;
	struct refusal why = {.text = ""};

	fuzz_split(data, size, &words);
	if (words.count > 0) {
		unsigned takes = (unsigned char)words.list[0][0] * 2U;
		size_t most = (unsigned char)words.list[0][0] % (REQUEST_FILES + 1);

		if (fuzz_said(request_parse(words.count, words.list, takes, most, &request, &why),
			      &why) == 0) {
			must(request.file_count <= most);
			must(request.arch_count >= 1 && request.arch_count <= REQUEST_ARCHES);
			must(request.cap_count <= REQUEST_CAPS);
			for (size_t i = 0; i < request.cap_count; i++)
				must(capability_number(request.caps[i]) >= 0);
			for (size_t i = 0; i < request.arch_count; i++)
				must(request_service(&request, i).native);
		}
	}
	if (words.count > 0) {
		read_run(&words, (unsigned char)words.list[0][0] & 1);
		read_wishes(&words);
	}
	fuzz_release(&words);
	return 0;
}
