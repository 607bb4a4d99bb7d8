/* SPDX-License-Identifier: MIT */
#include "reader_filter.h"

#include <err.h>
#include <errno.h>
#include <fcntl.h>
#include <json-c/json.h>
#include <seccomp.h>
#include <stdint.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

static struct json_object *
field(struct json_object *of, const char *name)
{
	struct json_object *value = json_object_object_get(of, name);

	if (value == NULL)
		errx(1, "the reader's profile has no '%s' where one belongs", name);
	return value;
}

static struct scmp_arg_cmp
read_condition(struct json_object *json)
{
	const char *op = json_object_get_string(field(json, "op"));
	struct scmp_arg_cmp condition = {
		.arg = (unsigned)json_object_get_int(field(json, "index"))};
	uint64_t value = json_object_get_uint64(field(json, "value"));

	if (strcmp(op, "SCMP_CMP_EQ") == 0) {
		condition.op = SCMP_CMP_EQ;
		condition.datum_a = value;
	} else if (strcmp(op, "SCMP_CMP_MASKED_EQ") == 0) {
		condition.op = SCMP_CMP_MASKED_EQ;
		condition.datum_a = value;
		condition.datum_b = json_object_get_uint64(field(json, "valueTwo"));
	} else {
		errx(1, "the reader's profile compares by '%s'", op);
	}
	return condition;
}

static void
add_rule(scmp_filter_ctx filter, struct json_object *rule)
{
	struct json_object *names = field(rule, "names");
	struct json_object *args = json_object_object_get(rule, "args");
	struct scmp_arg_cmp condition[6];
	unsigned conditions = 0;

	for (; args != NULL && conditions < json_object_array_length(args); conditions++)
		condition[conditions] = read_condition(json_object_array_get_idx(args, conditions));
	for (size_t i = 0; i < json_object_array_length(names); i++) {
		const char *name = json_object_get_string(json_object_array_get_idx(names, i));
		int call = seccomp_syscall_resolve_name(name);

		if (call == __NR_SCMP_ERROR)
			errx(1, "the reader's profile names '%s', which is no system call", name);
		int error =
			seccomp_rule_add_array(filter, SCMP_ACT_ALLOW, call, conditions, condition);
		if (error != 0)
			errx(1, "%s: %s", name, strerror(-error));
	}
}

static const struct filter_program *
export_program(scmp_filter_ctx filter)
{
	static struct sock_filter instructions[BPF_MAXINSNS];
	static struct filter_program program = {.name = "reader", .instructions = instructions};
	int file = memfd_create("reader", MFD_CLOEXEC);

	if (file < 0 || seccomp_export_bpf(filter, file) != 0)
		err(1, "cannot export the reader's filter");
	ssize_t size = pread(file, instructions, sizeof(instructions), 0);
	if (size <= 0 || (size_t)size % sizeof(instructions[0]) != 0)
		errx(1, "the reader's filter has %zd bytes", size);
	close(file);
	program.length = (unsigned short)((size_t)size / sizeof(instructions[0]));
	return &program;
}

const struct filter_program *
reader_filter_make(const char *profile)
{
	struct json_object *json = json_object_from_file(profile);
	scmp_filter_ctx filter = seccomp_init(SCMP_ACT_ERRNO(EPERM));

	if (json == NULL)
		errx(1, "cannot read %s: %s", profile, json_util_get_last_err());
	if (filter == NULL)
		errx(1, "libseccomp makes no filter");
	struct json_object *rules = field(json, "syscalls");
	for (size_t i = 0; i < json_object_array_length(rules); i++)
		add_rule(filter, json_object_array_get_idx(rules, i));
	if (seccomp_rule_add(filter, SCMP_ACT_ERRNO(FILTER_CANARY_ERRNO), (int)FILTER_CANARY_NUMBER,
			     0) != 0)
		errx(1, "libseccomp takes no canary");
	const struct filter_program *program = export_program(filter);
	seccomp_release(filter);
	json_object_put(json);
	return program;
}
