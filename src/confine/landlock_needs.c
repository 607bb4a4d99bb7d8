/* SPDX-License-Identifier: MIT */
#include "confine/landlock_needs.h"

const struct landlock_need landlock_needs[] = {
	/* The loader's configuration, and the libraries that it reads. */
	{"/etc/ld.so.cache", LANDLOCK_FOR_READING},
	{"/etc/ld.so.preload", LANDLOCK_FOR_READING},
	{"/etc/ld-musl-x86_64.path", LANDLOCK_FOR_READING},
	{"/etc/ld-musl-aarch64.path", LANDLOCK_FOR_READING},
	{"/lib", LANDLOCK_FOR_READING},
	{"/lib64", LANDLOCK_FOR_READING},
	{"/usr/lib", LANDLOCK_FOR_READING},
	{"/usr/lib64", LANDLOCK_FOR_READING},
	{"/usr/local/lib", LANDLOCK_FOR_READING},
	{"/dev/null", LANDLOCK_FOR_WRITING},
	{"/dev/zero", LANDLOCK_FOR_WRITING},
	{"/dev/full", LANDLOCK_FOR_WRITING},
	{"/dev/random", LANDLOCK_FOR_WRITING},
	{"/dev/urandom", LANDLOCK_FOR_WRITING},
	{"/dev/tty", LANDLOCK_FOR_WRITING},
	{"/dev/console", LANDLOCK_FOR_WRITING},
	{"/dev/pts", LANDLOCK_FOR_WRITING},
	/* Not /proc/self alone: a rule belongs to one directory, and each process has another. What
	 * is in those of processes outside is closed to a service under Landlock by ptrace(2)'s
	 * rules. */
	{"/proc", LANDLOCK_FOR_READING},
	/* How many processors, how much memory. */
	{"/sys/devices/system/cpu", LANDLOCK_FOR_READING},
	{"/sys/fs/cgroup", LANDLOCK_FOR_READING},
	{"/sys/kernel/mm", LANDLOCK_FOR_READING},
	{"/etc/localtime", LANDLOCK_FOR_READING},
	{"/etc/timezone", LANDLOCK_FOR_READING},
	{"/usr/share/zoneinfo", LANDLOCK_FOR_READING},
	{"/etc/ssl", LANDLOCK_FOR_READING},
	{"/etc/pki", LANDLOCK_FOR_READING},
	{"/etc/ca-certificates", LANDLOCK_FOR_READING},
	{"/usr/share/ca-certificates", LANDLOCK_FOR_READING},
	{"/run/stepdown", LANDLOCK_FOR_READING}, /* the bundle that --ca-add makes */
	/* Names of hosts, services and users. */
	{"/etc/resolv.conf", LANDLOCK_FOR_READING},
	{"/etc/hosts", LANDLOCK_FOR_READING},
	{"/etc/hostname", LANDLOCK_FOR_READING},
	{"/etc/host.conf", LANDLOCK_FOR_READING},
	{"/etc/nsswitch.conf", LANDLOCK_FOR_READING},
	{"/etc/gai.conf", LANDLOCK_FOR_READING},
	{"/etc/services", LANDLOCK_FOR_READING},
	{"/etc/protocols", LANDLOCK_FOR_READING},
	{"/etc/passwd", LANDLOCK_FOR_READING},
	{"/etc/group", LANDLOCK_FOR_READING},
	{"", 0},
};
