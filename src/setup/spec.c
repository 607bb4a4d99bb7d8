/* SPDX-License-Identifier: MIT */
#include "setup/spec.h"

#include "value.h"

#include <string.h>

int
mode_parse(const char *text, mode_t most, mode_t *mode, struct refusal *why)
{
	if (!value_octal(text, strlen(text), most, mode))
		return refuse(
			why,
			"the mode is not an octal number from 0 to %04o; write one such as 0750",
			(unsigned)most);
	return 0;
}

/* Copies the first `length` bytes of `text`, an absolute path, without slashes at its end. */
static int
copy_path(const char *text, size_t length, char path[static PATH_MAX], struct refusal *why)
{
	if (text[0] != '/')
		return refuse(why, "the path is not absolute; begin it with /");
	while (length > 1 && text[length - 1] == '/')
		length--;
	if (length == 1)
		return refuse(why, "/ cannot be given away; name a directory below it");
	if (length >= PATH_MAX)
		return refuse(why, "the path is longer than %d bytes; name a shorter one",
			      PATH_MAX - 1);
	memcpy(path, text, length);
	path[length] = '\0';

	const char *last = strrchr(path, '/') + 1;

	if (strcmp(last, ".") == 0 || strcmp(last, "..") == 0)
		return refuse(why, "the path ends in . or ..; name the directory itself");
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
		return refuse(why, "there is no user after the last =; write USER or USER:GROUP");
	if (strlen(owner) >= sizeof(spec->owner))
		return refuse(why, "the owner is longer than %d bytes; use numbers",
			      SPEC_OWNER_SIZE - 1);
	memcpy(spec->owner, owner, strlen(owner) + 1);
	return copy_path(text, length, spec->path, why);
}
