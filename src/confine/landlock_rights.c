/* SPDX-License-Identifier: MIT */
#include "confine/landlock_rights.h"

#include <stddef.h>

enum {
	FIRST = (1 << 13) - 1, /* the rights of ABI 1 */
	READ = LANDLOCK_READ_FILE | LANDLOCK_READ_DIR,
	/* Nothing but rights that a file, a device or a socket can have. */
	OF_FILES = LANDLOCK_EXECUTE | LANDLOCK_WRITE_FILE | LANDLOCK_READ_FILE | LANDLOCK_TRUNCATE |
		   LANDLOCK_IOCTL_DEV | LANDLOCK_RESOLVE_UNIX,
	/* Denied along with execution. Every ruleset that handles files denies REFER, so that it
	 * has to be handled in order to be given back. Device nodes are root's to make; that none
	 * can be is what landlock_check() sees. */
	WITH_EXECUTION = LANDLOCK_EXECUTE | LANDLOCK_REFER | LANDLOCK_MAKE_CHAR,
	/* Of landlock_restrict_self(2), ABI 7: what this program is refused before its exec is the
	 * proof, and nothing for the audit log. */
	NO_LOG_OF_OURSELVES = 1 << 0,
};

/* Device nodes are given to nobody. */
static const uint32_t uses[LANDLOCK_USES] = {
	[LANDLOCK_FOR_READING] = READ,
	[LANDLOCK_FOR_WRITING] = READ | LANDLOCK_WRITE_FILE | LANDLOCK_REMOVE_DIR |
				 LANDLOCK_REMOVE_FILE | LANDLOCK_MAKE_DIR | LANDLOCK_MAKE_REG |
				 LANDLOCK_MAKE_SOCK | LANDLOCK_MAKE_FIFO | LANDLOCK_MAKE_SYM |
				 LANDLOCK_REFER | LANDLOCK_TRUNCATE | LANDLOCK_IOCTL_DEV |
				 LANDLOCK_RESOLVE_UNIX,
	[LANDLOCK_FOR_RUNNING] = READ | LANDLOCK_EXECUTE,
	[LANDLOCK_FOR_EXCHANGE] = LANDLOCK_REFER,
};

enum loss {
	LOSS_FILES,
	LOSS_TRUNCATE,
	LOSS_PORTS,
	LOSS_DEVICES,
	LOSS_SCOPES,
	LOSS_SOCKETS,
	LOSSES
};

static const struct landlock_loss losses[LOSSES] = {
	/* Before REFER, names could not go from one directory to another at all. */
	[LOSS_FILES] = {2, "5.19", true, "landlock.files",
			"files and programs are not restricted at all"},
	[LOSS_TRUNCATE] = {3, "6.2", true, "landlock.truncate",
			   "files that may only be read can still be truncated"},
	[LOSS_PORTS] = {4, "6.7", true, "landlock.ports", "TCP ports are not restricted"},
	[LOSS_DEVICES] = {5, "6.10", false, "landlock.ioctl",
			  "ioctl(2) on devices that can be opened is not restricted"},
	[LOSS_SCOPES] = {6, "6.12", false, "landlock.scopes",
			 "signals and abstract sockets reach outside of the service"},
	[LOSS_SOCKETS] = {9, "7.1", false, "landlock.sockets",
			  "sockets that have a path can be connected to at any path"},
};

int
landlock_abi(int version, unsigned errata)
{
	if (version >= 6 && !(errata & LANDLOCK_ERRATUM_SIGNALS))
		return 5;
	return version > LANDLOCK_NEWEST ? LANDLOCK_NEWEST : version;
}

static uint64_t
known_files(int abi)
{
	uint64_t known = FIRST | LANDLOCK_REFER;

	if (abi >= 3)
		known |= LANDLOCK_TRUNCATE;
	if (abi >= 5)
		known |= LANDLOCK_IOCTL_DEV;
	if (abi >= 9)
		known |= LANDLOCK_RESOLVE_UNIX;
	return known;
}

struct landlock_handled
landlock_handle(const struct landlock_wish *wish, int abi)
{
	struct landlock_handled handled = {0, 0, 0, 0};

	if (abi >= 2 && (wish->files || wish->execute))
		handled.files = wish->files ? known_files(abi) : WITH_EXECUTION;
	if (abi >= 4)
		handled.ports =
			(wish->bind ? LANDLOCK_BIND : 0U) | (wish->connect ? LANDLOCK_CONNECT : 0U);
	if (!handled.files && !handled.ports)
		return handled;
	if (abi >= 6)
		handled.scopes = LANDLOCK_ABSTRACT_SOCKETS | LANDLOCK_SIGNALS;
	if (abi >= 7)
		handled.flags = NO_LOG_OF_OURSELVES;
	return handled;
}

uint64_t
landlock_rights(enum landlock_use use, const struct landlock_handled *handled, bool is_directory)
{
	return uses[use] & handled->files & (is_directory ? UINT64_MAX : OF_FILES);
}

const char *
landlock_option(enum landlock_use use)
{
	switch (use) {
	case LANDLOCK_FOR_READING:
		return "--fs-ro";
	case LANDLOCK_FOR_WRITING:
		return "--fs-rw";
	default:
		return "--fs-exec";
	}
}

static bool
concerns(enum loss loss, const struct landlock_wish *wish)
{
	switch (loss) {
	case LOSS_FILES:
		return wish->files || wish->execute;
	case LOSS_PORTS:
		return wish->bind || wish->connect;
	case LOSS_TRUNCATE:
	case LOSS_DEVICES:
	case LOSS_SOCKETS:
		return wish->files;
	default:
		return true;
	}
}

const struct landlock_loss *
landlock_next_loss(const struct landlock_wish *wish, int abi, unsigned *cursor)
{
	while (*cursor < LOSSES) {
		unsigned loss = (*cursor)++;

		if (abi < losses[loss].abi && concerns((enum loss)loss, wish))
			return &losses[loss];
	}
	return NULL;
}
