# SPDX-License-Identifier: MIT
# shellcheck shell=sh
# shellcheck disable=SC2016 # the inner shells expand
# shellcheck disable=SC2154 # run sets here, scratch and top
#
# untouched.sh - that the tests leave the machine as it was is noticed if it is not so, and is so
# after an interrupt
#
# Sourced by run.

untouched=$top/tests/untouched

# A runner that touches all that it can, on a machine that looks like this one and is not: /dev, /etc
# and the mounts are those of a mount namespace.
touch_all='
	mount -t tmpfs -o mode=755 dev /dev && mknod /dev/null c 1 3 && chmod 666 /dev/null || exit 9
	mount -t tmpfs etc /etc && cp -a "$1/etc/." /etc || exit 9
	STEPDOWN_TESTS_WHILE=1 "$2" sh -c "
		chown 1000 /dev/null
		echo other >/etc/passwd
		mount -t tmpfs left /mnt
		mkdir \"$3\"
		(setsid sleep 98765 &)
		$2"
	status=$?
	rmdir "$3"
	exit $status
'

# What it says of a runner that has touched everything.
everything_is_seen() {
	mkdir -p "$scratch/etc"
	cp -a /etc/passwd /etc/group /etc/ld.so.cache /etc/alternatives "$scratch/etc"
	# The folder of a controller, or of the one hierarchy.
	left=$(find /sys/fs/cgroup -name cgroup.procs | head -n 1)
	left=${left%/*}/stepdown-left-$$
	unshare --mount --propagation private sh -c "$touch_all" sh "$scratch" "$untouched" "$left" >"$scratch/said" 2>&1
	same 'untouched: what touches the machine fails' 1 $?
	for line in 'changed: /dev/null c 1000:0 666' 'changed: /etc/passwd (contents) ' 'new: /mnt / rw' "new: $left there" \
		'0 passed, 5 failed'; do
		contains "untouched: it says \"$line\"" "$(cat "$scratch/said")" "$line"
	done
	# It has returned to whoever is above.
	left=$(sed -n 's/.*new: \([0-9]*\) sleep 98765.*/\1/p' "$scratch/said")
	verify 'untouched: it names the process' kill "${left:-nobody}"
}

container_runs() { # ENGINE
	[ -n "$("$here/engine.sh" docker "$1" ps --quiet)" ]
}

# interrupted SIGNAL STATUS: the runner, with an engine, a container and a process that nobody waits for.
interrupted() {
	printf '#!/bin/sh\nsetsid sleep 98765 &\nENGINE=%s exec %s settings\n' "$scratch/$1" "$here/run" >"$scratch/program-$1"
	chmod 0755 "$scratch/program-$1"
	# Asynchronous, it would ignore INT; timeout gives it back.
	timeout 0 "$untouched" "$top/tests/run" "$scratch/program-$1" >"$scratch/said-$1" 2>&1 &
	interrupted_runner=$!
	verify "untouched, $1: a container runs" until_true 120 container_runs "$scratch/$1"
	kill -s "$1" "$(cat "/proc/$interrupted_runner/task/$interrupted_runner/children")"
	wait $interrupted_runner
	same "untouched, $1: exit status" "$2" $?
	contains "untouched, $1: nothing is left" "$(cat "$scratch/said-$1")" '5 passed, 0 failed'
	same "untouched, $1: no engine" '' "$(ls "$scratch/$1/run" 2>/dev/null)"
}

everything_is_seen
if needs_engine 'the interrupts'; then
	interrupted TERM 143
	interrupted INT 130
fi
