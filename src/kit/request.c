/* SPDX-License-Identifier: MIT */
#include "kit/request.h"

#include <stdio.h>
#include <string.h>
#include <strings.h>
#include <sys/utsname.h>

static const char *const capabilities[REQUEST_CAPS] = {"CAP_CHOWN",
						       "CAP_DAC_OVERRIDE",
						       "CAP_DAC_READ_SEARCH",
						       "CAP_FOWNER",
						       "CAP_FSETID",
						       "CAP_KILL",
						       "CAP_SETGID",
						       "CAP_SETUID",
						       "CAP_SETPCAP",
						       "CAP_LINUX_IMMUTABLE",
						       "CAP_NET_BIND_SERVICE",
						       "CAP_NET_BROADCAST",
						       "CAP_NET_ADMIN",
						       "CAP_NET_RAW",
						       "CAP_IPC_LOCK",
						       "CAP_IPC_OWNER",
						       "CAP_SYS_MODULE",
						       "CAP_SYS_RAWIO",
						       "CAP_SYS_CHROOT",
						       "CAP_SYS_PTRACE",
						       "CAP_SYS_PACCT",
						       "CAP_SYS_ADMIN",
						       "CAP_SYS_BOOT",
						       "CAP_SYS_NICE",
						       "CAP_SYS_RESOURCE",
						       "CAP_SYS_TIME",
						       "CAP_SYS_TTY_CONFIG",
						       "CAP_MKNOD",
						       "CAP_LEASE",
						       "CAP_AUDIT_WRITE",
						       "CAP_AUDIT_CONTROL",
						       "CAP_SETFCAP",
						       "CAP_MAC_OVERRIDE",
						       "CAP_MAC_ADMIN",
						       "CAP_SYSLOG",
						       "CAP_WAKE_ALARM",
						       "CAP_BLOCK_SUSPEND",
						       "CAP_AUDIT_READ",
						       "CAP_PERFMON",
						       "CAP_BPF",
						       "CAP_CHECKPOINT_RESTORE"};

const char *
capability_name(const char *text)
{
	static const char prefix[] = "CAP_";
	size_t skip = strlen(prefix);

	for (size_t i = 0; i < REQUEST_CAPS; i++)
		if (strcasecmp(capabilities[i], text) == 0 ||
		    strcasecmp(capabilities[i] + skip, text) == 0)
			return capabilities[i];
	return NULL;
}

/* Sets what may be given once. */
static int
set_text(const char **field, const char *option, const char *value, struct refusal *why)
{
	if (*field)
		return refuse(why, "%s is given twice: %s and %s", option, *field, value);
	*field = value;
	return 0;
}

static int
add_arch(struct request *request, const char *value, struct refusal *why)
{
	const struct architecture *arch = architecture_find(value);

	if (!arch || !arch->compat)
		return refuse(why, "--arch %s: must be x86_64 or aarch64", value);
	for (size_t i = 0; i < request->arch_count; i++)
		if (request->arches[i] == arch)
			return refuse(why, "--arch %s is given twice", value);
	request->arches[request->arch_count++] = arch;
	return 0;
}

static int
add_cap(struct request *request, const char *value, struct refusal *why)
{
	const char *name = capability_name(value);

	if (!name)
		return refuse(why, "--cap %s: not a capability, see capabilities(7)", value);
	for (size_t i = 0; i < request->cap_count; i++)
		if (request->caps[i] == name)
			return 0;
	request->caps[request->cap_count++] = name;
	return 0;
}

static int
set_kernel(struct request *request, const char *value, struct refusal *why)
{
	char rest;

	if (request->kernel[0])
		return refuse(why, "--kernel is given twice");
	if (strspn(value, "0123456789.") != strlen(value) ||
	    sscanf(value, "%3u.%3u%c", &request->kernel[0], &request->kernel[1], &rest) != 2 ||
	    request->kernel[0] == 0)
		return refuse(why, "--kernel %s: must be two numbers, like 6.1", value);
	return 0;
}

static int
set_option(struct request *request, unsigned option, const char *name, const char *value,
	   struct refusal *why)
{
	switch (option) {
	case TAKES_PROFILE:
		return set_text(&request->profile, name, value, why);
	case TAKES_OUTPUT:
		return set_text(&request->output, name, value, why);
	case TAKES_NAME:
		return set_text(&request->name, name, value, why);
	case TAKES_ARCH:
		return add_arch(request, value, why);
	case TAKES_CAP:
		return add_cap(request, value, why);
	case TAKES_KERNEL:
		return set_kernel(request, value, why);
	case TAKES_COMPAT:
		request->compat = true;
		return 0;
	case TAKES_JSON:
		request->json = true;
		return 0;
	default:
		request->quiet = true;
		return 0;
	}
}

static const struct {
	const char *name;
	const char *letter;
	unsigned option;
	bool has_value;
} options[] = {
	{"--profile", "", TAKES_PROFILE, true}, {"--output", "-o", TAKES_OUTPUT, true},
	{"--name", "", TAKES_NAME, true},       {"--arch", "", TAKES_ARCH, true},
	{"--cap", "", TAKES_CAP, true},         {"--kernel", "", TAKES_KERNEL, true},
	{"--compat", "", TAKES_COMPAT, false},  {"--json", "", TAKES_JSON, false},
	{"--quiet", "-q", TAKES_QUIET, false},
};
enum { OPTIONS = sizeof(options) / sizeof(options[0]) };

/* Takes argv[*at], and its value, which may follow it or stand behind "=". */
static int
parse_option(char **argv, int *at, unsigned takes, struct request *out, struct refusal *why)
{
	const char *text = argv[*at], *value = strchr(text, '=');
	size_t length = value ? (size_t)(value - text) : strlen(text);

	for (size_t i = 0; i < OPTIONS; i++) {
		bool same = (strlen(options[i].name) == length &&
			     strncmp(options[i].name, text, length) == 0) ||
			    strcmp(options[i].letter, text) == 0;

		if (!same || !(takes & options[i].option))
			continue;
		if (!options[i].has_value && value)
			return refuse(why, "%s takes no value", options[i].name);
		if (options[i].has_value && value)
			value++;
		else if (options[i].has_value && !(value = argv[++*at]))
			return refuse(why, "%s needs a value", options[i].name);
		if (options[i].has_value && !*value)
			return refuse(why, "%s has an empty value", options[i].name);
		return set_option(out, options[i].option, options[i].name, value, why);
	}
	return refuse(why, "%s: there is no such option here, see stepdown-kit --help", text);
}

static int
fill_in(struct request *out, struct refusal *why)
{
	struct utsname machine;

	if (out->kernel[0] == 0) {
		out->kernel[0] = 6;
		out->kernel[1] = 1;
	}
	if (out->arch_count > 0)
		return 0;
	if (uname(&machine) < 0)
		return refuse(why, "this machine does not say what it is: use --arch");
	return add_arch(out, machine.machine, why);
}

int
request_parse(int argc, char **argv, unsigned takes, size_t most, struct request *out,
	      struct refusal *why)
{
	bool only_files = false;

	*out = (struct request){0};
	for (int at = 1; at < argc; at++) {
		if (!only_files && strcmp(argv[at], "--") == 0) {
			only_files = true;
		} else if (!only_files && argv[at][0] == '-' && argv[at][1]) {
			if (parse_option(argv, &at, takes, out, why) < 0)
				return -1;
		} else if (out->file_count == most) {
			return refuse(why, "%s: one argument too many", argv[at]);
		} else {
			out->files[out->file_count++] = argv[at];
		}
	}
	return fill_in(out, why);
}

struct service
request_service(const struct request *request, size_t index)
{
	return (struct service){.native = request->arches[index],
				.caps = request->caps,
				.cap_count = request->cap_count,
				.kernel = {request->kernel[0], request->kernel[1]}};
}
