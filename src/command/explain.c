/* SPDX-License-Identifier: MIT */
#include "command/explain.h"

#include "command/chain.h"
#include "command/contents.h"
#include "command/file_caps.h"
#include "command/reach.h"
#include "why.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/xattr.h>

static int
explain_by_errno(const char *path, int error, struct refusal *why)
{
	const char *says = why_says(WHY_EXECUTE, error);

	refuse(why, "cannot run \"%.160s\": %s", path, says ? says : strerror(error));
	return error == ENOENT || error == ENOTDIR ? 127 : 126;
}

/* Nothing was found in the way: who else can say EACCES? */
static int
explain_denied(const char *path, const struct explain_facts *facts, struct refusal *why)
{
	struct stat status;

	if (stat(path, &status) == 0)
		refuse(why,
		       "cannot run \"%.160s\": permission denied, though nothing in its path, mode or mount forbids it to uid %u; Landlock (--exec-only, --fs-exec) or a security module (AppArmor, SELinux) does: allow it there",
		       path, (unsigned)facts->uid);
	else
		refuse(why,
		       "cannot run \"%.160s\": permission denied to uid %u: by its mode, a directory on the way, its interpreter, a noexec mount, Landlock (--exec-only, --fs-exec) or a security module; chmod a+rx it, or allow it there",
		       path, (unsigned)facts->uid);
	return 126;
}

/* EPERM: the file that is loaded in the end, not the script, is the one with the capabilities. */
static int
explain_not_permitted(const char *path, const struct explain_facts *facts, struct refusal *why)
{
	uint8_t value[FILE_CAPS_SIZE];
	char names[FILE_CAPS_NAMES_SIZE];
	char options[FILE_CAPS_NAMES_SIZE * 2];
	char last[PATH_MAX];
	struct file_caps caps;

	chain_find_end(path, last);

	ssize_t size = getxattr(last, FILE_CAPS_ATTRIBUTE, value, sizeof(value));

	if (size < 0 || file_caps_read(value, (size_t)size, &caps) != 0 ||
	    file_caps_forbidden(&caps, facts->bounding) == 0) {
		refuse(why,
		       "cannot run \"%.160s\": the kernel does not permit it (EPERM): it has file capabilities outside the bounding set (see getcap; keep them with --keep-cap, or remove them with setcap -r), or a seccomp filter or a security module forbids execve",
		       path);
		return 126;
	}
	file_caps_names(file_caps_forbidden(&caps, facts->bounding), ", ", names);
	file_caps_names(file_caps_forbidden(&caps, facts->bounding), " --keep-cap ", options);
	refuse(why,
	       "cannot run \"%.160s\": the file \"%.160s\" has capabilities that are outside the bounding set of the service (%s); keep them with --keep-cap %s, or remove them from the file with setcap -r",
	       path, last, names, options);
	return 126;
}

static int
explain_no_process(const char *path, const struct explain_facts *facts, struct refusal *why)
{
	struct rlimit limit = {RLIM_INFINITY, RLIM_INFINITY};

	if (getrlimit(RLIMIT_NPROC, &limit) == 0 && limit.rlim_cur != RLIM_INFINITY)
		refuse(why,
		       "cannot run \"%.160s\": uid %u has more processes than its limit of %" PRIu64
		       " (RLIMIT_NPROC), which all processes of that uid on the host share; give the service a uid of its own, or raise --ulimit nproc",
		       path, (unsigned)facts->uid, (uint64_t)limit.rlim_cur);
	else
		refuse(why,
		       "cannot run \"%.160s\": the kernel has no resources for it now (EAGAIN), as when uid %u has more processes than RLIMIT_NPROC, which all processes of that uid on the host share; give the service a uid of its own, or raise --ulimit nproc",
		       path, (unsigned)facts->uid);
	return 126;
}

int
explain_beforehand(const char *path, const struct explain_facts *facts, struct refusal *why)
{
	return chain_refuse(path, facts, CHAIN_QUICK, why);
}

int
explain_failure(const char *path, int error, const struct explain_facts *facts, struct refusal *why)
{
	struct refusal reason;
	int status = 0;

	switch (error) {
	case EPERM:
		return explain_not_permitted(path, facts, why);
	case EAGAIN:
		return explain_no_process(path, facts, why);
	case ENOENT:
	case ENOTDIR:
	case ELOOP:
	case ENAMETOOLONG:
	case EACCES:
		status = reach_explain(path, facts->uid, &reason);
		if (status != 0)
			refuse(why, "cannot run \"%.160s\": it %s", path, reason.text);
		else
			status = chain_refuse(path, facts, CHAIN_THOROUGH, why);
		if (status == 0 && error == EACCES)
			status = explain_denied(path, facts, why);
		break;
	case ENOEXEC:
	case ELIBBAD:
	case EINVAL:
		status = contents_explain(path, facts, why);
		break;
	}
	return status != 0 ? status : explain_by_errno(path, error, why);
}
