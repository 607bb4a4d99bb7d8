/* SPDX-License-Identifier: MIT */
#include "kit/audit/audit.h"

#include <string.h>

static const char *const shells =
	" sh bash dash ash zsh ksh ksh93 mksh csh tcsh fish rbash busybox "
	"toybox yash posh static-sh bash-static zsh-static pwsh ";

static const char *const managers =
	" apt apt-get apt-cache aptitude dpkg apk yum dnf dnf5 microdnf tdnf zypper rpm pacman "
	"xbps-install emerge opkg swupd nix nix-env snap flatpak brew pip pip3 pipx uv conda mamba "
	"npm npx yarn pnpm corepack gem bundle cargo composer luarocks cpan easy_install ";

static const char *const helpers =
	" curl wget aria2c nc nc.openbsd nc.traditional ncat netcat socat nmap telnet ftp tftp "
	"lftp "
	"ssh scp sftp sshd rsync git svn hg "
	"su sudo doas pkexec runuser newgrp chsh nsenter unshare chroot capsh setcap setpriv mount "
	"umount losetup "
	"gdb lldb strace ltrace perf tcpdump tshark bpftrace bpftool "
	"gcc g++ cc c++ clang tcc ld as make cmake go rustc javac "
	"perl python python2 python3 ruby lua php tclsh node awk gawk mawk expect ed vi vim "
	"vim.tiny "
	"nano "
	"screen tmux script docker ctr runc podman kubectl crictl helm dig nslookup host openssl "
	"xxd "
	"dd iptables nft ip tc insmod modprobe kexec ";

/* "python3.11" and "perl5.36.0" are python and perl. */
static bool
is_in(const char *list, const char *name, size_t length)
{
	char word[32] = " ";

	if (length == 0 || length > sizeof(word) - 3 || memchr(name, ' ', length))
		return false;
	memcpy(word + 1, name, length);
	word[1 + length] = ' ';
	return strstr(list, word) != NULL;
}

static size_t
without_version(const char *name, size_t length)
{
	static const char digits[] = ".-0123456789";
	size_t stem = length;

	while (stem > 0 && strchr(digits, name[stem - 1]))
		stem--;
	return stem < length && stem > 1 ? stem : length;
}

enum check_id
tool_find(const char *name, size_t length)
{
	static const struct {
		const char *const *list;
		enum check_id check;
	} lists[] = {
		{&shells, CHECK_SHELL}, {&managers, CHECK_PACKAGE_MANAGER}, {&helpers, CHECK_TOOL}};
	size_t stem = without_version(name, length);

	for (size_t i = 0; i < sizeof(lists) / sizeof(lists[0]); i++)
		if (is_in(*lists[i].list, name, length) || is_in(*lists[i].list, name, stem))
			return lists[i].check;
	return CHECKS;
}
