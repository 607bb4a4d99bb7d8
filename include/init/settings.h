/* SPDX-License-Identifier: MIT */
/*
 * settings - the values of the init's options, read into struct init_settings
 *
 * Pure. Each function returns 0, or -1 with a refusal that names the value and what would be right.
 */
#ifndef STEPDOWN_INIT_SETTINGS_H
#define STEPDOWN_INIT_SETTINGS_H

#include "init/decide.h"
#include "refusal.h"

enum init_wish {
	INIT_WISH_AUTO, /* stay behind when PID 1 */
	INIT_WISH_ALWAYS,
	INIT_WISH_NEVER,
};

/* --init auto|always|never */
int settings_init(enum init_wish *wish, const char *text, struct refusal *why);

/* A signal that can be sent, by name or number, as signals_parse; `option` is named in a refusal.
 */
int settings_signal(int *signal, const char *option, const char *text, struct refusal *why);

/* --stop-signal: one more request to stop. KILL and STOP never arrive and are refused. */
int settings_stop_signal(struct init_settings *settings, const char *text, struct refusal *why);

/* SECONDS, up to 9 digits and, after a point, 3 more; in milliseconds. */
int settings_seconds(uint64_t *milliseconds, const char *option, const char *text,
		     struct refusal *why);

/*
 * --map-signal FROM=TO; TO may be "none". A FROM that was mapped to another before is refused; a
 * FROM=FROM changes nothing.
 */
int settings_map_signal(struct init_settings *settings, const char *text, struct refusal *why);

/* --map-exit CODE=CODE, each 0 to 255; the same about a CODE that was mapped before. */
int settings_map_exit(struct init_settings *settings, const char *text, struct refusal *why);

#endif
