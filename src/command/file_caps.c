/* SPDX-License-Identifier: MIT */
#include "command/file_caps.h"

#include <linux/capability.h>
#include <stdio.h>

static const char *const names_by_number[] = {
	"chown",
	"dac_override",
	"dac_read_search",
	"fowner",
	"fsetid",
	"kill",
	"setgid",
	"setuid",
	"setpcap",
	"linux_immutable",
	"net_bind_service",
	"net_broadcast",
	"net_admin",
	"net_raw",
	"ipc_lock",
	"ipc_owner",
	"sys_module",
	"sys_rawio",
	"sys_chroot",
	"sys_ptrace",
	"sys_pacct",
	"sys_admin",
	"sys_boot",
	"sys_nice",
	"sys_resource",
	"sys_time",
	"sys_tty_config",
	"mknod",
	"lease",
	"audit_write",
	"audit_control",
	"setfcap",
	"mac_override",
	"mac_admin",
	"syslog",
	"wake_alarm",
	"block_suspend",
	"audit_read",
	"perfmon",
	"bpf",
	"checkpoint_restore",
};

static uint32_t
read_word(const uint8_t *bytes)
{
	return (uint32_t)bytes[0] | (uint32_t)bytes[1] << 8 | (uint32_t)bytes[2] << 16 |
	       (uint32_t)bytes[3] << 24;
}

int
file_caps_read(const uint8_t *value, size_t size, struct file_caps *caps)
{
	if (size < sizeof(uint32_t))
		return -1;

	uint32_t magic = read_word(value);
	size_t expected = 0;

	switch (magic & VFS_CAP_REVISION_MASK) {
	case VFS_CAP_REVISION_1:
		expected = XATTR_CAPS_SZ_1;
		break;
	case VFS_CAP_REVISION_2:
		expected = XATTR_CAPS_SZ_2;
		break;
	case VFS_CAP_REVISION_3:
		expected = XATTR_CAPS_SZ_3;
		break;
	}
	if (expected == 0 || size != expected)
		return -1;
	*caps = (struct file_caps){
		.permitted = read_word(value + 4),
		.inheritable = read_word(value + 8),
		.effective = (magic & VFS_CAP_FLAGS_EFFECTIVE) != 0,
	};
	if (expected != XATTR_CAPS_SZ_1) {
		caps->permitted |= (uint64_t)read_word(value + 12) << 32;
		caps->inheritable |= (uint64_t)read_word(value + 16) << 32;
	}
	return 0;
}

uint64_t
file_caps_forbidden(const struct file_caps *caps, uint64_t bounding)
{
	return caps->effective ? caps->permitted & ~bounding : 0;
}

void
file_caps_names(uint64_t set, const char *separator, char names[static FILE_CAPS_NAMES_SIZE])
{
	size_t used = 0;

	names[0] = '\0';
	for (unsigned number = 0; number < 64 && used < FILE_CAPS_NAMES_SIZE; number++) {
		size_t room = FILE_CAPS_NAMES_SIZE - used;
		const char *between = used > 0 ? separator : "";
		int written = 0;

		if ((set >> number & 1) == 0)
			continue;
		if (number < sizeof(names_by_number) / sizeof(names_by_number[0]))
			written = snprintf(names + used, room, "%s%s", between,
					   names_by_number[number]);
		else
			written = snprintf(names + used, room, "%s%u", between, number);
		if (written < 0 || (size_t)written >= room)
			return;
		used += (size_t)written;
	}
}
