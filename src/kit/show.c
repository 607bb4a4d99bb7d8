/* SPDX-License-Identifier: MIT */
#include "confine/evaluate.h"
#include "confine/profile_file.h"
#include "kit/action.h"
#include "kit/answers.h"
#include "kit/commands.h"
#include "kit/compile.h"
#include "kit/files.h"
#include "kit/heap.h"
#include "kit/request.h"
#include "kit/walks.h"

#include <json-c/json_object.h>
#include <linux/seccomp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { WIDTH = 96 };

/* A profile, compiled, or what was compiled from one. */
struct subject {
	const char *path;
	const struct architecture *arch; /* the native one */
	struct program program;
	uint32_t newest;
	bool compat;
};

/* ---- for people ---- */

static void
print_names(const struct answers *answers, const char *text)
{
	size_t column = 0, count = 0;

	for (size_t i = 0; i < answers->count; i++)
		count += strcmp(answers->list[i].text, text) == 0;
	printf("%s: %zu\n", text, count);
	for (size_t i = 0; i < answers->count; i++) {
		const struct answer *answer = &answers->list[i];

		if (strcmp(answer->text, text) != 0)
			continue;
		if (column == 0 || column + strlen(answer->name) + 1 > WIDTH) {
			printf("%s    %s", column ? "\n" : "", answer->name);
			column = 4 + strlen(answer->name);
		} else {
			column += (size_t)printf(" %s", answer->name);
		}
	}
	puts("\n");
}

static bool
seen_before(const struct answers *answers, size_t index)
{
	for (size_t i = 0; i < index; i++)
		if (strcmp(answers->list[i].text, answers->list[index].text) == 0)
			return true;
	return false;
}

static void
print_lines(const char *prefix, const char *text)
{
	while (text) {
		const char *end = strchr(text, '\n');
		int length = end ? (int)(end - text) : (int)strlen(text);

		printf("%s%.*s\n", prefix, length, text);
		text = end ? end + 1 : NULL;
	}
}

static void
print_answers(const struct answers *answers)
{
	size_t conditional = 0;

	for (size_t i = 0; i < answers->count; i++) {
		if (answers->list[i].paths.count > 1)
			conditional++;
		else if (!seen_before(answers, i))
			print_names(answers, answers->list[i].text);
	}
	if (conditional > 0)
		printf("by argument: %zu\n", conditional);
	for (size_t i = 0; i < answers->count; i++)
		if (answers->list[i].paths.count > 1) {
			printf("    %s\n", answers->list[i].name);
			print_lines("        ", answers->list[i].text);
		}
	if (conditional > 0)
		puts("");
}

static void
print_head(const struct subject *subject)
{
	const char *newest = call_name(subject->arch, subject->newest);

	printf("%s for %s: %u instructions; the newest call it knows is %s (%u)\n\n", subject->path,
	       subject->arch->name, subject->program.length, newest ? newest : "nameless",
	       subject->newest);
}

static void
print_tail(const struct subject *subject, bool canary)
{
	struct seccomp_data data = {.nr = (int)subject->newest + 1, .arch = subject->arch->audit};
	struct verdict verdict;
	char text[ACTION_TEXT];

	if (evaluate(subject->program.code, subject->program.length, &data, &verdict) == 0)
		printf("newer calls: %s\n", answer_action(verdict.action, text, sizeof(text)));
	if (subject->arch->has_x32)
		puts("x32 calls: ERRNO(ENOSYS)");
	if (subject->compat)
		printf("32-bit programs (%s): judged by the same profile, see below\n",
		       subject->arch->compat);
	else
		printf("32-bit programs (%s): killed at their first call; a 32-bit service needs --seccomp-compat\n",
		       subject->arch->compat);
	puts("other architectures: KILL_PROCESS");
	if (canary)
		printf("seccomp(0x%x), by which stepdown proves its filter: ERRNO(%d)\n",
		       FILTER_CANARY_OPERATION, FILTER_CANARY_ERRNO);
}

/* ---- as JSON ---- */

static struct json_object *
answer_json(const struct answer *answer)
{
	struct json_object *object = json_object_new_object();
	char text[ACTION_TEXT];

	json_object_object_add(object, "name", json_object_new_string(answer->name));
	json_object_object_add(object, "number", json_object_new_int64(answer->number));
	if (answer->paths.count == 1) {
		json_object_object_add(object, "action", json_object_new_string(answer->text));
		return object;
	}
	struct json_object *list = json_object_new_array();
	for (size_t i = 0; i < answer->paths.count; i++) {
		struct json_object *way = json_object_new_object();
		char *where = path_text(&answer->paths.list[i]);

		json_object_object_add(way, "where", json_object_new_string(where));
		json_object_object_add(way, "action",
				       json_object_new_string(answer_action(
					       answer->paths.list[i].action, text, sizeof(text))));
		json_object_array_add(list, way);
		free(where);
	}
	json_object_object_add(object, "conditions", list);
	return object;
}

static struct json_object *
answers_json(const struct answers *answers)
{
	struct json_object *list = json_object_new_array();

	for (size_t i = 0; i < answers->count; i++)
		json_object_array_add(list, answer_json(&answers->list[i]));
	return list;
}

static struct json_object *
subject_json(const struct subject *subject)
{
	struct json_object *object = json_object_new_object();

	json_object_object_add(object, "profile", json_object_new_string(subject->path));
	json_object_object_add(object, "arch", json_object_new_string(subject->arch->name));
	json_object_object_add(object, "compat", json_object_new_boolean(subject->compat));
	json_object_object_add(object, "instructions",
			       json_object_new_int(subject->program.length));
	json_object_object_add(object, "newest", json_object_new_int64(subject->newest));
	return object;
}

static void
print_json(struct json_object *object)
{
	puts(json_object_to_json_string_ext(object, JSON_C_TO_STRING_PRETTY |
							    JSON_C_TO_STRING_NOSLASHESCAPE));
	json_object_put(object);
}

/* ---- one subject ---- */

static int
show_one(const struct subject *subject, bool json, struct refusal *why)
{
	struct answers native = {0}, compat = {0};
	int result = answers_make(&subject->program, subject->arch, &native, why);

	if (result == 0 && subject->compat)
		result = answers_make(&subject->program, architecture_find(subject->arch->compat),
				      &compat, why);
	if (result == 0 && json) {
		struct json_object *object = subject_json(subject);

		json_object_object_add(object, "calls", answers_json(&native));
		if (subject->compat)
			json_object_object_add(object, "compat_calls", answers_json(&compat));
		print_json(object);
	} else if (result == 0) {
		print_head(subject);
		print_answers(&native);
		print_tail(subject, native.canary);
		if (subject->compat) {
			printf("\n32-bit calls (%s):\n\n", subject->arch->compat);
			print_answers(&compat);
		}
	}
	answers_free(&native);
	answers_free(&compat);
	return result < 0 ? STATUS_FAILED : STATUS_FINE;
}

/* ---- the difference of two ---- */

static void
difference(const struct answer *one, const struct answer *other, const char *arch,
	   struct json_object *list)
{
	if (list) {
		struct json_object *object = json_object_new_object();

		json_object_object_add(object, "arch", json_object_new_string(arch));
		json_object_object_add(object, "first", answer_json(one));
		json_object_object_add(object, "second", answer_json(other));
		json_object_array_add(list, object);
	} else if (one->paths.count == 1 && other->paths.count == 1) {
		printf("%s: %s -> %s\n", one->name, one->text, other->text);
	} else {
		printf("%s:\n", one->name);
		print_lines("  - ", one->text);
		print_lines("  + ", other->text);
	}
}

/* Returns how many calls differ, or -1. */
static int
compare_arch(const struct subject *one, const struct subject *other,
	     const struct architecture *arch, struct json_object *list, struct refusal *why)
{
	struct answers first = {0}, second = {0};
	int differing = 0;

	if (answers_make(&one->program, arch, &first, why) < 0 ||
	    answers_make(&other->program, arch, &second, why) < 0)
		differing = -1;
	for (size_t i = 0; differing >= 0 && i < first.count; i++)
		if (strcmp(first.list[i].text, second.list[i].text) != 0) {
			difference(&first.list[i], &second.list[i], arch->name, list);
			differing++;
		}
	answers_free(&first);
	answers_free(&second);
	return differing;
}

static int
show_two(const struct subject *one, const struct subject *other, bool json, struct refusal *why)
{
	struct json_object *list = json ? json_object_new_array() : NULL;
	int native = compare_arch(one, other, one->arch, list, why);
	int compat = 0;

	if (native >= 0 && one->compat)
		compat = compare_arch(one, other, architecture_find(one->arch->compat), list, why);
	if (native < 0 || compat < 0) {
		json_object_put(list);
		return STATUS_FAILED;
	}
	if (json)
		print_json(list);
	else if (native + compat == 0)
		printf("%s and %s answer every call alike\n", one->path, other->path);
	return native + compat > 0 ? STATUS_DIFFERS : STATUS_FINE;
}

/* ---- reading ---- */

static int
subject_compiled(const char *bytes, size_t length, struct subject *out, struct refusal *why)
{
	struct profile_file *file = memory_new(1, sizeof(*file));
	int result = profile_file_read(bytes, length, out->arch->audit, out->compat, file, why);

	if (result == 0) {
		memcpy(out->program.code, file->code, sizeof(file->code));
		out->program.length = file->program.length;
		out->newest = file->program.newest;
	}
	free(file);
	return result;
}

static int
subject_profile(const char *bytes, size_t length, const struct request *request,
		struct subject *out, struct refusal *why)
{
	struct profile profile;
	struct notes notes = {0};
	struct service service = request_service(request, 0);
	struct compiled *compiled = memory_new(1, sizeof(*compiled));
	int result = profile_parse(bytes, length, &profile, &notes, why);

	if (result == 0) {
		result = compile_program(&profile, &service, out->compat, compiled, &notes, why);
		out->program = compiled->program;
		out->newest = compiled->newest;
		profile_free(&profile);
	}
	command_notes(out->path, &notes);
	free(compiled);
	return result;
}

static int
subject_read(const struct request *request, size_t index, struct subject *out, struct refusal *why)
{
	size_t length, magic = strlen(PROFILE_FILE_MAGIC);
	char *bytes;

	*out = (struct subject){.path = request->files[index],
				.arch = request->arches[0],
				.compat = request->compat};
	if (file_read(out->path, &bytes, &length, why) < 0)
		return -1;
	int result = length >= magic && memcmp(bytes, PROFILE_FILE_MAGIC, magic) == 0
			     ? subject_compiled(bytes, length, out, why)
			     : subject_profile(bytes, length, request, out, why);
	free(bytes);
	return result;
}

int
command_show(int argc, char **argv)
{
	struct request request;
	struct refusal why;
	struct subject *subjects = memory_new(REQUEST_FILES, sizeof(*subjects));
	int status = STATUS_FINE;

	if (request_parse(argc, argv,
			  TAKES_ARCH | TAKES_CAP | TAKES_KERNEL | TAKES_COMPAT | TAKES_JSON,
			  REQUEST_FILES, &request, &why) < 0) {
		status = command_failed(NULL, &why);
	} else if (request.file_count == 0 || request.arch_count != 1) {
		refuse(&why, "show needs one profile or compiled file, or two, and one --arch");
		status = command_failed(NULL, &why);
	}
	for (size_t i = 0; status == STATUS_FINE && i < request.file_count; i++)
		if (subject_read(&request, i, &subjects[i], &why) < 0)
			status = command_failed(request.files[i], &why);
	if (status == STATUS_FINE) {
		status = request.file_count == 1
				 ? show_one(&subjects[0], request.json, &why)
				 : show_two(&subjects[0], &subjects[1], request.json, &why);
		if (status == STATUS_FAILED)
			command_failed(request.files[0], &why);
	}
	free(subjects);
	return status;
}
