/* SPDX-License-Identifier: MIT */
/* Any words as the command line of one of the kit's filter commands; the first letter chooses. */
#include "fuzz.h"

#include "kit/request.h"

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct fuzz_strings words;
	struct request request;
	struct refusal why = {""};

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
	fuzz_release(&words);
	return 0;
}
