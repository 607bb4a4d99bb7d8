# SPDX-License-Identifier: MIT
# shellcheck shell=sh
# shellcheck disable=SC2154 # run sets engine, here and scratch
#
# cleanup.sh - the tests' own engine leaves nothing behind, even if it was killed
#
# Sourced by run. Uses an engine of its own, since it kills it.

# Zombies have no command line and no cgroup; they are their parent's business.
processes_of() { # DIR
	for cmdline in /proc/[0-9]*/cmdline; do
		if { tr '\0' '\n' <"$cmdline"; } 2>/dev/null | grep -qF "$1/"; then
			printf '%s ' "${cmdline%/cmdline}"
		fi
	done
}

nothing_is_left() { # NAME
	same "$1: no process" '' "$(processes_of "$doomed/run")"
	same "$1: no container" '' "$({ tr '\0' ' ' <"/proc/$container_pid/cmdline"; } 2>/dev/null)"
	same "$1: no mount" '' "$(grep -F "$doomed" /proc/self/mountinfo)"
	same "$1: no cgroup" '' "$(find /sys/fs/cgroup -type d -path "*$container_id*")"
	same "$1: no socket" '' "$(ls "$doomed/run" 2>/dev/null)"
}

# A container that ignores all that can be ignored, as PID 1 without an init does.
start_doomed() {
	engine=$doomed
	"$here/engine.sh" start "$engine" >/dev/null && import_image
	container_id=$(docker run --detach --network none --entrypoint /probe "$image" sleep)
	container_pid=$(docker inspect --format '{{.State.Pid}}' "$container_id")
	engine=$own_engine
}

if needs_engine 'the cleaning up'; then
	own_engine=$engine
	doomed=$scratch/doomed
	start_doomed
	verify 'stop: succeeds' "$here/engine.sh" stop "$doomed"
	nothing_is_left stop
	start_doomed
	same 'killed: the container ran' sleep "$(tr '\0' '\n' <"/proc/$container_pid/cmdline" | tail -n 1)"
	kill -KILL "$(cat "$doomed/run/dockerd.pid")"
	verify 'killed: stop succeeds' "$here/engine.sh" stop "$doomed"
	nothing_is_left killed
	verify 'stop again: succeeds' "$here/engine.sh" stop "$doomed"
fi
