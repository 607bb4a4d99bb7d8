/* SPDX-License-Identifier: MIT */
/*
 * oom - how ready the kernel is to kill this process and its children when memory is short
 *
 * Source: proc(5), /proc/PID/oom_score_adj. Children inherit it.
 */
#ifndef STEPDOWN_SETUP_OOM_H
#define STEPDOWN_SETUP_OOM_H

/*
 * Reads the score of this process, if it can be written too; changes nothing. Returns 0, or -1 with
 * errno: ENOENT there is no /proc; EACCES, EROFS it cannot be written; EPROTO the kernel says yes
 * and does not.
 */
int oom_score_read(int *score);

/*
 * Sets the score, -1000 to 1000. Returns 0, or -1 with errno: EACCES it is lower than it may be
 * without CAP_SYS_RESOURCE; ENOENT there is no /proc; EROFS; EPROTO as above.
 */
int oom_score_set(int score);

#endif
