/* SPDX-License-Identifier: MIT */
/*
 * config_files - find the configuration files, and read those that are root's alone
 *
 * Only looks and reads. Files and the directory are judged by path_open_roots().
 */
#ifndef STEPDOWN_CONFIG_FILES_H
#define STEPDOWN_CONFIG_FILES_H

#include "config.h"
#include "refusal.h"

#define CONFIG_FILE "/etc/stepdown.conf"
#define CONFIG_DIRECTORY "/etc/stepdown.d"

enum { CONFIG_FILES_MOST = 64 }; /* files in the directory */

/*
 * Reads the file `path` and hands its lines to `take`. Returns 0, 1 if there is no such file, or -1
 * with `why`.
 */
int config_file_read(const char *path, config_take *take, void *context, struct refusal *why);

/*
 * Reads each file in the directory `path` whose name ends in ".conf" and does not begin with a dot,
 * in the order of the bytes of their names. Returns 0, also where there is no such directory, or -1
 * with `why`.
 */
int config_directory_read(const char *path, config_take *take, void *context, struct refusal *why);

#endif
