/* SPDX-License-Identifier: MIT */
/*
 * decide - what the resident init does about each thing that happens
 *
 * Pure: settings, a state and an event in, what to do out. The loop carries it out and decides
 * nothing, so that every rule of the init is a row of a table in its unit test. Time is in
 * milliseconds of a clock that never goes back.
 */
#ifndef STEPDOWN_INIT_DECIDE_H
#define STEPDOWN_INIT_DECIDE_H

#include "init/signals.h"

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

enum { DECIDE_KILL_PATIENCE = 2000 }; /* ms; how long after KILL we still wait for the dead */

/* Whom the init may signal when the service has ended. */
enum init_reach {
	INIT_REACH_NOBODY,   /* neither PID 1 nor a subreaper: the leftovers are not ours */
	INIT_REACH_CHILDREN, /* a subreaper: its own descendants */
	INIT_REACH_ALL,      /* PID 1 of a pid namespace: everything in it */
};

struct init_settings {
	uint8_t signal_map[SIGNALS_LAST + 1]; /* what is sent for what came; 0: dropped */
	uint8_t exit_map[256];                /* what is reported for what the service gave */
	uint64_t stop_signals;                /* mask: what counts as a request to stop */
	bool stop_limited;                    /* --stop-timeout was given */
	uint64_t stop_timeout;                /* ms from the first request to KILL */
	uint64_t leftover_timeout;            /* ms from TERM to KILL; 0: leave at once */
	bool signal_group;                    /* forward to the service's process group */
	int end_signal;  /* to that group when the service has ended; 0: none */
	bool suspend;    /* a job of a shell: stop and go on with the service */
	bool echo;       /* what the service sends us goes back to it */
	bool say_reaped; /* a word for each orphan, as tini -w */
	enum init_reach reach;
};

enum init_phase {
	INIT_RUNNING, /* the service lives */
	INIT_ENDING,  /* it has ended, what is left was sent TERM */
	INIT_KILLING, /* what is left was sent KILL */
	INIT_OVER,    /* nothing to wait for */
};

struct init_state {
	enum init_phase phase;
	bool stop_requested;
	bool timed;        /* `deadline` counts */
	uint64_t deadline; /* ms */
	int stop_signal;   /* that began the stop; only with stop_requested */
	int status;        /* to exit with, once the phase is not INIT_RUNNING */
};

enum init_event_kind {
	INIT_SIGNAL,  /* came to the init */
	INIT_STOPPED, /* the service was stopped */
	INIT_ENDED,   /* the service has been waited for */
	INIT_ALONE,   /* no child is left (ECHILD) */
	INIT_TIME,    /* the deadline has passed */
};

struct init_event {
	enum init_event_kind kind;
	int signal; /* INIT_SIGNAL */
	int code;   /* its si_code: above 0 it is the kernel's own */
	bool from_service;
	bool from_self;  /* by a write to a closed pipe, by giving up a terminal */
	int wait_status; /* INIT_ENDED, as wait(2) gives it */
};

/* To be done in this order. */
enum {
	INIT_FOREGROUND = 1 << 0,   /* the terminal to the service's group, if it is ours to give */
	INIT_FORWARD = 1 << 1,      /* `signal` to the service */
	INIT_SUSPEND = 1 << 2,      /* stop this process; it goes on with SIGCONT */
	INIT_KILL_SERVICE = 1 << 3, /* it has not obeyed */
	INIT_END_GROUP = 1 << 4,    /* `signal` to what is left of the service's group */
	INIT_TERM_LEFT = 1 << 5,    /* TERM to everything in reach */
	INIT_KILL_LEFT = 1 << 6,    /* KILL to everything in reach */
};

struct init_decision {
	unsigned what;
	int signal;
};

/* No maps, TERM alone stops, no stop timeout, five seconds for what is left, nobody in reach. */
void decide_defaults(struct init_settings *settings);

/* What to do about `event` at the time `now`; brings `state` (all zero at first) up to date. */
struct init_decision decide(const struct init_settings *settings, struct init_state *state,
			    const struct init_event *event, uint64_t now);

/* The exit status of a service: its own, or 128 + N, mapped. */
int decide_status(const struct init_settings *settings, int wait_status);

#endif
