/* SPDX-License-Identifier: MIT */
#include "why.h"

#include "idmap.h"

#include <errno.h>
#include <stddef.h>

enum { SHOWN_UNMAPPED = 65534 /* kernel.overflowuid */, MAP_TEXT = 200 };
enum { ANY = 0 /* all that have no row */, NO_JIT_MEMORY = 524 /* the kernel's own ENOTSUPP */ };

#define KEY(what, error) ((unsigned)(what) << 12 | (unsigned)(error))
#define ON(what, error) case KEY(WHY_##what, error)
#define NO_SUCH_ID                                                                                 \
	"the id does not exist in this user namespace; see /proc/self/uid_map and gid_map"
#define CLOSED_IDS "is the engine's seccomp profile or security module in the way?"
#define KEYRING_CURE                                                                               \
	"deny keyctl, add_key and request_key in the profile, or let the engine's filter allow keyctl(2)"

/* A switch, since a table of pointers would cost every start a page. One row a line. */
static const char *
find(enum why what, int error)
{
	/* clang-format off */
	switch (KEY(what, error)) {
	ON(RESET, EPERM): return "the engine's profile has to allow personality(2) with that value; or start the container without setarch";
	ON(ZONE, ENOSPC): ON(ZONE, EDQUOT): return "the container's disk is full";
	ON(ZONE, ANY): return "--no-setup leaves /etc as it is";
	ON(CERTS, ENOSPC): ON(CERTS, EDQUOT): ON(CERTS, EROFS): return "mount a tmpfs with room on /run";
	ON(CERTS, EPERM): ON(CERTS, EACCES): return "a directory on the way to it has changed, or a security module is in the way";
	ON(OWNERS, EEXIST): return "it is a third user's, and a directory above it is not root's alone, so that it may have been moved there; chown it in the image or on the volume";
	ON(OWNERS, EBUSY): return "it holds the system, stepdown or its configuration, which are not given away";
	ON(OWNERS, EPERM): ON(OWNERS, EOVERFLOW): return "it is immutable, or its file system (such as NFS with root_squash) does not let this root do it; export it with no_root_squash, or set its owner where it is kept and leave the option out";
	ON(OWNERS, EPROTO): return "its file system keeps no owners; set them where it is mounted and leave the option out";
	ON(OWNERS, EACCES): return "its file system (such as NFS with root_squash) keeps this root out, or root lacks the power: --cap-add DAC_OVERRIDE";
	ON(OWNERS, EROFS): return "mount a volume or a tmpfs there, or mount it writable";
	ON(OWNERS, ENOSPC): ON(OWNERS, EDQUOT): return "the disk is full";
	ON(OWNERS, ECANCELED): return "it was asked to stop; the next start does the rest";
	ON(OWNERS, ESTALE): return "something moves directories meanwhile; start again";
	ON(OWNERS, ELOOP): return "links in it are not followed; name what they lead to";
	ON(LIMITS, EPERM): return "start the container with --ulimit, or with --cap-add SYS_RESOURCE";
	ON(KEYRING, EDQUOT): return "root has as many keys as it may; raise kernel.keys.root_maxkeys on the host (in a user namespace kernel.keys.maxkeys), or " KEYRING_CURE;
	ON(KEYRING, EPERM): ON(KEYRING, ENOSYS): ON(KEYRING, EACCES): return KEYRING_CURE;
	ON(GROUPS, EPERM): ON(GROUPS, ENOSYS): return "setgroups(2) is denied by the engine's filter, or by a user namespace whose /proc/self/setgroups says deny; allow it there, or start as the user at once";
	ON(GROUPS, EINVAL): return NO_SUCH_ID;
	ON(IDS, EINVAL): return NO_SUCH_ID;
	ON(IDS, EPERM): return CLOSED_IDS;
	ON(ENTER, ENOENT): return "make it with --mkdir, or in the image";
	ON(ENTER, EACCES): return "let that user in, with --mkdir or --chown, or by the mode of each directory on the way";
	ON(ENTER, ENOTDIR): return "name a directory";
	ON(ENTER, EXDEV): return "it lies outside of this container's root (the leak of CVE-2024-21626)";
	ON(PARENT, ESRCH): return "the parent has died, and its death is to end this process";
	ON(RESTRICT, EPROTO): ON(RESTRICT, EPERM): return "";
	ON(RESTRICT, ANY): return "the proof needs a device node that is no mount, on a file system that can be written (/dev/null, /dev/pts/ptmx), or a directory that the user may write; mount a tmpfs at /tmp";
	ON(FILTER, NO_JIT_MEMORY): return "the host has no memory left for BPF programs; raise net.core.bpf_jit_limit there";
	ON(FILTER, EINVAL): ON(FILTER, ENOSYS): ON(FILTER, EPERM): return "seccomp(2) is denied by the engine's filter, or this kernel or emulator has no filters; allow it in the engine's profile, or go without: --seccomp off";
	ON(PROCESS, EAGAIN): return "there are as many processes as the container (pids.max) or, on the whole host, this uid (RLIMIT_NPROC) may have; raise --pids-limit or --ulimit nproc";
	ON(PROCESS, EPERM): ON(PROCESS, ENOSYS): return "clone(2) is denied by the engine's filter; allow it in the engine's profile";

	ON(SECRET, EINVAL): return "is not the absolute path of a file; write one like /run/secrets/NAME";
	ON(SECRET, ELOOP): return "is a link, or there is one on its way, that is not root's own or lies where others may write; name the file itself, or mount the volume read-only";
	ON(SECRET, EMLINK): return "has other names, and lies where others than root may write; copy it to a file of its own";
	ON(SECRET, EBADF): return "is not a regular file; name one";
	ON(SECRET, EFBIG): return "has more than 1 MiB, which is too much for a variable; let the service read the file";
	ON(SECRET, EILSEQ): return "has a NUL in it, which no variable can hold; encode it";
	ON(SECRET, ESTALE): return "changed while it was read; try again";
	ON(SECRET, ENOENT): ON(SECRET, ENOTDIR): return "does not exist; is the secret mounted there?";
	ON(SECRET, EACCES): return "may not be read; start as root, or let this user read it";
	ON(ROOTS_SECRET, EACCES): return "may not be read by this container's root; --cap-add DAC_OVERRIDE, or let root read it where it is kept";
	ON(ROOTS_FILE, EBADF): return "is not a regular file; name one";
	ON(ROOTS_FILE, EMLINK): return "has other names, where others than root may write; copy it";
	ON(ROOTS_FILE, ESTALE): return "changed while it was opened; try again";
	ON(PLACE, EBUSY): return "it holds the system, stepdown or its configuration, which are not given away; name a directory of the service's own";
	ON(PLACE, ELOOP): return "it is a link, or a link above it is not root's own; name what it leads to";
	ON(PLACE, ENOENT): return "it does not exist; make it in the image, mount it, or add --mkdir";
	ON(PLACE, ENOTDIR): return "what is above it is no directory; correct the path";
	ON(LANDLOCK, EOPNOTSUPP): return "the kernel has Landlock, but was started without it; add landlock to lsm= on its command line";
	ON(OPEN, EPERM): ON(OPEN, ENOSYS): return "";
	ON(OPEN, ANY): return "is it in the image?";
	ON(OPEN, EACCES): return "may this uid read it, and search the directories above it?";
	ON(DIRECTORY, ANY): return "set WORKDIR to a directory that exists";
	ON(PROTECT, ANY): return "mend the image";
	ON(LANDLOCK, EPERM): ON(LANDLOCK, EACCES): return "the engine's filter denies landlock_create_ruleset(2) or its like; Docker 20.10.18 and 23.0 and later allow them";
	ON(LANDLOCK, E2BIG): return "this process is under as many layers of it as the kernel has (16); start it under fewer";
	ON(LANDLOCK, ANY): return "the kernel has none (CONFIG_SECURITY_LANDLOCK, Linux 5.13), or the engine's filter hides landlock_create_ruleset(2) or its like";
	ON(LANDLOCK_PATH, ENOENT): return "does not exist; create it in the image, mount it, or correct the path";
	ON(LANDLOCK_PATH, ENOTDIR): return "goes through a file as if it were a directory; correct the path";
	ON(LANDLOCK_PATH, ELOOP): return "goes through a symbolic link that is not root's alone, so that another user could choose where it leads; name its target";
	ON(ADDITION, ENOENT): ON(ADDITION, ENOTDIR): return "is it in the image, or mounted?";
	ON(ADDITION, EACCES): return "it is read as the service's user, who has to be able to";
	ON(ADDITION, ELOOP): ON(ADDITION, EMLINK): return "where others than root may put names, no link is followed and no second name taken; name the file itself, or copy it";

	ON(EXECUTE, ENOENT): return "the file, or the interpreter that its first line or its ELF header names, does not exist; check the path, and what the image lacks";
	ON(EXECUTE, ENOTDIR): return "a part of its path, or of its interpreter's, is not a directory";
	ON(EXECUTE, ENAMETOOLONG): return "its path, or its interpreter's, is too long; shorten it";
	ON(EXECUTE, ELOOP): return "too many symbolic links or nested script interpreters lead to it; name the program itself";
	ON(EXECUTE, ENOEXEC): return "the kernel has no loader for this kind of file: another machine's program, a damaged one, or a script without a #! line; build it for this machine, or name its interpreter";
	ON(EXECUTE, ELIBBAD): return "its ELF interpreter is not a loader for this machine; copy loader and libraries from an image of the same machine as the program";
	ON(EXECUTE, EINVAL): return "it is a malformed ELF program; build or copy it again";
	ON(EXECUTE, EIO): return "it could not be read whole (I/O error); copy it again, check the storage";
	ON(EXECUTE, ETXTBSY): return "the file is open for writing (text file busy); start it when whoever writes it has closed it, or replace it by renaming a finished copy";
	ON(EXECUTE, E2BIG): return "its arguments and environment are too long together (a quarter of the stack limit), or one string is longer than 128 KiB; shorten them, put large values into files, or raise the limit with --ulimit stack";
	ON(EXECUTE, ENOMEM): return "there is not enough memory to load it; raise the memory limit of the container, or --ulimit as";
	ON(EXECUTE, EMFILE): return "too many open files in this process; raise --ulimit nofile";
	ON(EXECUTE, ENFILE): return "the host has no more room for open files; raise fs.file-max there";
	ON(EXECUTE, ENOSYS): return "execve itself was denied by a seccomp filter, perhaps the engine's; allow it there";
	default: return NULL;
	}
	/* clang-format on */
}

const char *
why_says(enum why what, int error)
{
	const char *says = error ? find(what, error) : NULL;

	return error && !says ? find(what, ANY) : says && *says ? says : NULL;
}

bool
why_unmapped(const struct ids_file *map, uint32_t id, bool refused, const char *whose,
	     struct refusal *why)
{
	char ranges[MAP_TEXT];

	if (idmap_holds(map, id) &&
	    (!refused || id != SHOWN_UNMAPPED || idmap_holds(map, IDS_HIGHEST)))
		return false;
	idmap_describe(map, ranges, sizeof(ranges));
	refuse(why,
	       "its %s is not mapped in this user namespace, which shows it as %u: %s has %s; map it there, or change it from outside",
	       whose, id, map->path, ranges);
	return true;
}
