/* SPDX-License-Identifier: MIT */
#include "kit/profile_value.h"

#include "confine/filter.h"
#include "kit/action.h"
#include "kit/errnos.h"
#include "kit/heap.h"
#include "kit/json.h"

#include <errno.h>
#include <json-c/linkhash.h>
#include <linux/seccomp.h>
#include <string.h>
#include <strings.h>

enum { LARGEST_ERRNO = 4095 };

bool
value_in_list(const char *const *list, const char *text)
{
	for (; *list; list++)
		if (strcmp(*list, text) == 0)
			return true;
	return false;
}

int
value_keys(struct reader *reader, struct json_object *object, const char *const *known,
	   const char *where)
{
	json_object_object_foreach(object, key, value)
	{
		(void)value;
		if (value_in_list(known, key))
			continue;
		for (const char *const *other = known; *other; other++)
			if (strcasecmp(*other, key) == 0)
				return refuse(reader->why, "%s%s%s: write it as %s", where,
					      *where ? "." : "", key, *other);
		notes_add(reader->notes, "%s%s%s: not a key of a seccomp profile, ignored", where,
			  *where ? "." : "", key);
	}
	return 0;
}

int
value_strings(struct reader *reader, struct json_object *object, const char *key, const char *where,
	      struct profile_strings *out)
{
	struct json_object *array;
	int found = json_array(object, key, where, &array, reader->why);

	if (found <= 0)
		return found;
	size_t count = json_object_array_length(array);
	out->texts = memory_new(count, sizeof(*out->texts));
	for (size_t i = 0; i < count; i++) {
		struct json_object *item = json_object_array_get_idx(array, i);
		const char *text = json_object_get_string(item);

		if (!json_object_is_type(item, json_type_string) || !*text ||
		    strlen(text) != (size_t)json_object_get_string_len(item))
			return refuse(reader->why,
				      "%s%s%s[%zu]: must be a string that is not empty, not %s",
				      where, *where ? "." : "", key, i,
				      json_object_to_json_string(item));
		out->texts[out->count++] = text;
	}
	return 1;
}

int
value_errno(struct reader *reader, struct json_object *object, const char *number_key,
	    const char *name_key, const char *where, unsigned *out)
{
	uint64_t number = 0;
	const char *name = NULL;
	int found = json_number(object, number_key, where, &number, reader->why);
	int named = json_text(object, name_key, where, &name, reader->why);

	if (found < 0 || named < 0)
		return -1;
	if (number > LARGEST_ERRNO)
		return refuse(reader->why, "%s%s%s: %llu is not an errno: at most %d", where,
			      *where ? "." : "", number_key, (unsigned long long)number,
			      LARGEST_ERRNO);
	if (named > 0) {
		int value = errno_number(name);

		if (value < 0)
			return refuse(reader->why, "%s%s%s: \"%s\" is not the name of an errno",
				      where, *where ? "." : "", name_key, name);
		if (found > 0 && number != (unsigned)value)
			return refuse(reader->why, "%s%s%s: %s is %d, but %s says %llu: keep one",
				      where, *where ? "." : "", name_key, name, value, number_key,
				      (unsigned long long)number);
		number = (unsigned)value;
	}
	if (number == FILTER_CANARY_ERRNO)
		return refuse(reader->why, "%s: errno %d is what stepdown's own proof answers with",
			      where, FILTER_CANARY_ERRNO);
	*out = (unsigned)number;
	return found > 0 || named > 0;
}

int
value_action(struct reader *reader, const char *name, const char *where, int has_number,
	     unsigned number, uint32_t *out)
{
	bool takes_errno;

	if (!action_find(name, out, &takes_errno))
		return refuse(
			reader->why,
			"%s: \"%s\" is not an action: SCMP_ACT_ALLOW, _ERRNO, _LOG, _TRAP, _TRACE, _KILL_THREAD or _KILL_PROCESS",
			where, name);
	if (*out == SECCOMP_RET_USER_NOTIF)
		return refuse(
			reader->why,
			"%s: SCMP_ACT_NOTIFY needs a listener, and the service of stepdown has none: use SCMP_ACT_ERRNO",
			where);
	if (takes_errno)
		*out |= has_number ? number : EPERM;
	else if (has_number && number != 0)
		notes_add(reader->notes, "%s: the errno means nothing with %s", where, name);
	return 0;
}
