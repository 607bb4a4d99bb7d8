/* SPDX-License-Identifier: MIT */
#include "confine/profile_file.h"
#include "kit/commands.h"
#include "kit/compile.h"
#include "kit/files.h"
#include "kit/heap.h"
#include "kit/needs.h"
#include "kit/request.h"
#include "kit/sha256.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { SECTIONS = 2 * REQUEST_ARCHES };

/* What one run of the command collects before anything is written. */
struct bundle {
	char name[PROFILE_FILE_NAME];
	unsigned char digest[SHA256_SIZE];
	struct compiled sections[SECTIONS];
	size_t count;
};

static unsigned char *
put_16(unsigned char *at, uint32_t value)
{
	at[0] = (unsigned char)value;
	at[1] = (unsigned char)(value >> 8);
	return at + 2;
}

static unsigned char *
put_32(unsigned char *at, uint32_t value)
{
	return put_16(put_16(at, value), value >> 16);
}

/* The file as include/confine/profile_file.h describes it; the caller frees it. */
static unsigned char *
bundle_bytes(const struct bundle *bundle, size_t *length)
{
	size_t start = PROFILE_FILE_HEADER + bundle->count * PROFILE_FILE_SECTION;

	*length = start + 4;
	for (size_t i = 0; i < bundle->count; i++)
		*length += (size_t)bundle->sections[i].program.length * 8;
	unsigned char *bytes = memory_new(*length, 1), *at = bytes;
	memcpy(at, PROFILE_FILE_MAGIC, strlen(PROFILE_FILE_MAGIC));
	at = put_16(at + strlen(PROFILE_FILE_MAGIC), PROFILE_FILE_VERSION);
	at = put_16(at, (uint32_t)bundle->count);
	at = put_32(at, (uint32_t)*length);
	memcpy(at, bundle->digest, sizeof(bundle->digest));
	memcpy(at + PROFILE_FILE_DIGEST, bundle->name, sizeof(bundle->name));
	at = bytes + PROFILE_FILE_HEADER;
	for (size_t i = 0; i < bundle->count; i++) {
		const struct compiled *section = &bundle->sections[i];

		at = put_32(at, section->arch->audit);
		at = put_32(at, section->compat);
		at = put_32(at, section->newest);
		at = put_32(at, (uint32_t)start);
		at = put_32(at, section->program.length);
		start += (size_t)section->program.length * 8;
	}
	for (size_t i = 0; i < bundle->count; i++)
		for (size_t n = 0; n < bundle->sections[i].program.length; n++) {
			const struct sock_filter *code = &bundle->sections[i].program.code[n];

			at = put_16(at, code->code);
			*at++ = code->jt;
			*at++ = code->jf;
			at = put_32(at, code->k);
		}
	put_32(at, profile_file_checksum(bytes, *length - 4));
	return bytes;
}

/* Reads back what stepdown will read: each section must come out as it went in. */
static int
bundle_check(const struct bundle *bundle, const unsigned char *bytes, size_t length,
	     struct refusal *why)
{
	struct profile_file *file = memory_new(1, sizeof(*file));
	int result = 0;

	for (size_t i = 0; result == 0 && i < bundle->count; i++) {
		const struct compiled *section = &bundle->sections[i];

		result = profile_file_read(bytes, length, section->arch->audit, section->compat,
					   file, why);
		if (result == 0 && (file->program.length != section->program.length ||
				    file->program.newest != section->newest ||
				    memcmp(file->code, section->program.code,
					   section->program.length * sizeof(file->code[0])) != 0))
			result = refuse(why, "the compiled file does not read as it was written");
	}
	free(file);
	return result;
}

/* "web" for "profiles/web.json"; what a name may not contain becomes "-". */
static void
bundle_name(struct bundle *bundle, const char *path)
{
	const char *base = strrchr(path, '/') ? strrchr(path, '/') + 1 : path;
	size_t length = strlen(base);

	if (length > 5 && strcmp(base + length - 5, ".json") == 0)
		length -= 5;
	if (length >= sizeof(bundle->name))
		length = sizeof(bundle->name) - 1;
	for (size_t i = 0; i < length; i++) {
		bool fits = (base[i] >= 'a' && base[i] <= 'z') ||
			    (base[i] >= 'A' && base[i] <= 'Z') ||
			    (base[i] >= '0' && base[i] <= '9') || base[i] == '.' || base[i] == '_';

		bundle->name[i] = fits ? base[i] : '-';
	}
	if (length == 0)
		strcpy(bundle->name, "profile");
}

/* What the service will miss: the calls of a capability that it keeps, and of its own loader. */
static void
note_needs(const struct request *request, size_t arch, const struct profile *profile,
	   struct notes *notes)
{
	struct service service = request_service(request, arch);
	struct policy policy;
	struct notes again = {0};
	struct refusal why;
	char calls[NEEDS_TEXT];

	if (policy_make(profile, &service, service.native, &policy, &again, &why) == 0) {
		for (size_t i = 0; i < request->cap_count; i++)
			if (needs_denied(&policy, capability_number(request->caps[i]), calls) > 0)
				notes_add(notes,
					  "--cap %s: the profile denies calls that it is for: %s",
					  request->caps[i], calls);
		if (needs_loader(&policy, calls) > 0)
			notes_add(
				notes,
				"a dynamically linked service cannot start under it, for want of: %s",
				calls);
		policy_free(&policy);
	}
	notes_free(&again);
}

static int
add_sections(struct bundle *bundle, const struct request *request, size_t arch,
	     const struct profile *profile, struct notes *notes, struct refusal *why)
{
	struct service service = request_service(request, arch);
	const struct architecture *compat = architecture_find(service.native->compat);

	if (compile_program(profile, &service, false, &bundle->sections[bundle->count++], notes,
			    why) < 0)
		return -1;
	if (!policy_covers(profile, service.native, compat))
		return 0;
	return compile_program(profile, &service, true, &bundle->sections[bundle->count++], notes,
			       why);
}

static void
print_result(const struct bundle *bundle, const struct request *request, size_t length)
{
	printf("%s: %s, %zu bytes\n", request->output, bundle->name, length);
	for (size_t i = 0; i < bundle->count; i++) {
		const struct compiled *section = &bundle->sections[i];

		printf("  %s%s: %u instructions, knows calls up to %u (%s); %zu evaluations, %zu calls compared with libseccomp\n",
		       section->arch->name, section->compat ? " and its 32-bit calls" : "",
		       section->program.length, section->newest,
		       call_name(section->arch, section->newest),
		       section->verified.evaluations + section->second.evaluations,
		       section->second.calls);
	}
}

static int
compile(const struct request *request, const char *bytes, size_t length,
	const struct profile *profile, struct notes *notes, struct refusal *why)
{
	struct bundle *bundle = memory_new(1, sizeof(*bundle));
	int result = 0;

	bundle_name(bundle, request->name ? request->name : request->files[0]);
	sha256(bytes, length, bundle->digest);
	for (size_t i = 0; result == 0 && i < request->arch_count; i++)
		result = add_sections(bundle, request, i, profile, notes, why);
	if (result == 0) {
		size_t size;
		unsigned char *out = bundle_bytes(bundle, &size);

		result = bundle_check(bundle, out, size, why);
		if (result == 0)
			result = file_write(request->output, out, size, why);
		if (result == 0 && !request->quiet)
			print_result(bundle, request, size);
		for (size_t i = 0; result == 0 && i < request->arch_count; i++)
			note_needs(request, i, profile, notes);
		free(out);
	}
	free(bundle);
	return result;
}

int
command_compile(int argc, char **argv)
{
	struct request request;
	struct refusal why;
	struct profile profile;
	struct notes notes = {0};
	char *bytes;
	size_t length;

	if (request_parse(argc, argv,
			  TAKES_OUTPUT | TAKES_NAME | TAKES_ARCH | TAKES_CAP | TAKES_KERNEL |
				  TAKES_QUIET,
			  1, &request, &why) < 0)
		return command_failed(NULL, &why);
	if (request.file_count != 1 || !request.output) {
		refuse(&why, "compile needs a profile and -o FILE");
		return command_failed(NULL, &why);
	}
	if (command_profile(request.files[0], &bytes, &length, &profile, &notes, &why) < 0) {
		notes_free(&notes);
		return command_failed(request.files[0], &why);
	}
	int result = compile(&request, bytes, length, &profile, &notes, &why);
	command_notes(request.files[0], &notes);
	profile_free(&profile);
	free(bytes);
	return result < 0 ? command_failed(request.files[0], &why) : STATUS_FINE;
}
