/* SPDX-License-Identifier: MIT */
#include "setup/spec.h"

#include "value.h"

#include <string.h>

int
mode_parse(const char *text, mode_t most, mode_t *mode, struct refusal *why)
{
	if (*text == '\0')
		return refuse(why, "the mode is empty: say an octal number such as 0750");
	if (strspn(text, "01234567") != strlen(text))
		return refuse(why, "mode \"%.160s\" is not octal: say a number such as 0750", text);
	if (!value_octal(text, strlen(text), most, mode))
		return refuse(why, "mode \"%.160s\" is above %04o: say one such as 0750", text,
			      (unsigned)most);
	return 0;
}

/* Copies the first `length` bytes of `text`, an absolute path, without slashes at its end. */
static int
copy_path(const char *text, size_t length, char path[static PATH_MAX], struct refusal *why)
{
	int shown = length > 160 ? 160 : (int)length;

	if (length == 0)
		return refuse(why, "\"%.160s\": the path is empty: say one such as /data", text);
	if (text[0] != '/')
		return refuse(why, "path \"%.*s\" is not absolute: it has to begin with /", shown,
			      text);
	while (length > 1 && text[length - 1] == '/')
		length--;
	if (length == 1)
		return refuse(why, "path \"/\" cannot be given away: name a directory below it");
	if (length >= PATH_MAX)
		return refuse(why, "path \"%.*s\" is longer than %d bytes: name a shorter one",
			      shown, text, PATH_MAX - 1);
	memcpy(path, text, length);
	path[length] = '\0';

	const char *last = strrchr(path, '/') + 1;

	if (strcmp(last, ".") == 0 || strcmp(last, "..") == 0)
		return refuse(why, "path \"%.160s\" ends in \"%.160s\": name the directory itself",
			      path, last);
	return 0;
}

int
directory_spec_parse(const char *text, struct directory_spec *spec, struct refusal *why)
{
	const char *colon = strrchr(text, ':');
	size_t length = colon ? (size_t)(colon - text) : strlen(text);

	spec->has_mode = colon != NULL;
	spec->mode = 0;
	if (colon && mode_parse(colon + 1, 07777, &spec->mode, why) != 0)
		return -1;
	return copy_path(text, length, spec->path, why);
}

int
owner_spec_parse(const char *text, struct owner_spec *spec, struct refusal *why)
{
	const char *equals = strrchr(text, '=');
	size_t length = equals ? (size_t)(equals - text) : strlen(text);
	const char *owner = equals ? equals + 1 : "";

	spec->has_owner = equals != NULL;
	if (equals && *owner == '\0')
		return refuse(
			why,
			"\"%.160s\": there is no user after the last =: say USER or USER:GROUP",
			text);
	if (strlen(owner) >= sizeof(spec->owner))
		return refuse(why, "owner \"%.160s\" is longer than %d bytes: use numbers", owner,
			      SPEC_OWNER_SIZE - 1);
	memcpy(spec->owner, owner, strlen(owner) + 1);
	return copy_path(text, length, spec->path, why);
}
