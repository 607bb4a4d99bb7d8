/* SPDX-License-Identifier: MIT */
#include "kit/needs.h"

#include "kit/action.h"

#include <linux/capability.h>
#include <string.h>

static const struct {
	int capability;
	const char *calls; /* separated by blanks */
} needs[] = {
	{CAP_BPF, "bpf"},
	{CAP_CHECKPOINT_RESTORE, "kcmp"},
	{CAP_DAC_READ_SEARCH, "open_by_handle_at"},
	{CAP_PERFMON, "perf_event_open"},
	{CAP_SYS_ADMIN,
	 "bpf fanotify_init fsconfig fsmount fsopen fspick mount mount_setattr move_mount "
	 "open_tree "
	 "perf_event_open pivot_root quotactl quotactl_fd setdomainname sethostname setns swapoff "
	 "swapon umount2 unshare"},
	{CAP_SYS_BOOT, "kexec_file_load kexec_load reboot"},
	{CAP_SYS_CHROOT, "chroot"},
	{CAP_SYS_MODULE, "delete_module finit_module init_module"},
	{CAP_SYS_NICE, "mbind migrate_pages move_pages set_mempolicy"},
	{CAP_SYS_PACCT, "acct"},
	{CAP_SYS_PTRACE,
	 "kcmp pidfd_getfd process_madvise process_vm_readv process_vm_writev ptrace"},
	{CAP_SYS_RAWIO, "ioperm iopl"},
	{CAP_SYS_TIME, "adjtimex clock_adjtime clock_settime settimeofday"},
	{CAP_SYS_TTY_CONFIG, "vhangup"},
	{CAP_SYSLOG, "syslog"},
};

static bool
denies(const struct policy *policy, uint32_t number)
{
	for (size_t i = 0; i < policy->call_count; i++)
		if (policy->calls[i].number == number)
			return policy->calls[i].rule_count == 0 &&
			       !action_lets_pass(policy->calls[i].action);
	return !action_lets_pass(policy->default_action);
}

/* Adds `call` to `text` where the architecture has it and the policy denies it. */
static size_t
add_denied(const struct policy *policy, const char *call, char *text)
{
	int number = call_number(policy->arch, call);
	size_t length = strlen(text);

	if (number == CALL_UNKNOWN || !denies(policy, (uint32_t)number) ||
	    length + strlen(call) + 2 > NEEDS_TEXT)
		return 0;
	if (length > 0)
		strcat(text, " ");
	strcat(text, call);
	return 1;
}

/* Of `calls`, separated by blanks, those that are denied, into `text`. */
static size_t
add_all(const struct policy *policy, const char *calls, char *text)
{
	char copy[NEEDS_TEXT], *rest = NULL;
	size_t count = 0;

	strcpy(copy, calls);
	for (char *call = strtok_r(copy, " ", &rest); call; call = strtok_r(NULL, " ", &rest))
		count += add_denied(policy, call, text);
	return count;
}

size_t
needs_denied(const struct policy *policy, int capability, char *text)
{
	*text = '\0';
	for (size_t i = 0; i < sizeof(needs) / sizeof(needs[0]); i++)
		if (needs[i].capability == capability)
			return add_all(policy, needs[i].calls, text);
	return 0;
}

size_t
needs_loader(const struct policy *policy, char *text)
{
	*text = '\0';
	return add_all(policy, "brk close mmap mprotect openat read", text);
}
