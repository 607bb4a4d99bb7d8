/* SPDX-License-Identifier: MIT */
/*
 * peek - what another process is and has in its memory, as far as the kernel lets us look
 *
 * It lets a process of the same user, and root with CAP_SYS_PTRACE, which a container does not
 * have. So root takes the service's user for its file accesses alone (setfsuid), which /proc
 * asks for, while the ids that signals ask for stay root's: the service can neither kill nor trace
 * it. Source: ptrace(2) "access mode checking", process_vm_readv(2), proc(5).
 */
#ifndef STEPDOWN_KIT_PEEK_H
#define STEPDOWN_KIT_PEEK_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

/* Looks with the ids of `process` from now on; root alone needs to. 0, or -1 with errno. */
int peek_become(pid_t process);

/* Looks, and writes files, as before. */
void peek_return(void);

/*
 * Reads the string at `address` into `text`, of `size` bytes. Returns its length, or -1: no access,
 * no memory there, or no end within `size`.
 */
ssize_t peek_string(pid_t thread, uint64_t address, char *text, size_t size);

/* Reads `size` bytes at `address`. 0 or -1. */
int peek_bytes(pid_t thread, uint64_t address, void *bytes, size_t size);

/* Where /proc/THREAD/`name` points to. Returns false if that cannot be read. */
bool peek_link(pid_t thread, const char *name, char *text, size_t size);

/* The name that a process has since its exec, at most 15 bytes. Returns false if it has gone. */
bool peek_comm(pid_t thread, char *text, size_t size);

/* The process that a thread belongs to, or 0 if it has gone. */
pid_t peek_process(pid_t thread);

#endif
