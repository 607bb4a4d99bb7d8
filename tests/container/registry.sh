#!/bin/sh
# SPDX-License-Identifier: MIT
#
# registry.sh - a registry of images for the tests, on a loopback port that the kernel chooses
#
#   registry.sh start DIR FOLDER   prints its address; what it keeps is in DIR. The program is the
#                                  system's, or the package's unpacked in FOLDER, since the package
#                                  would start a service of the system's
#   registry.sh stop DIR           stops this registry; idempotent
#
# Exit status: 0 done, 77 there is none to be had (the reason is on standard error), 1 failure.
set -eu

readonly DEADLINE=60

program_in() { # FOLDER
	command -v docker-registry || {
		[ -x "$1/usr/bin/docker-registry" ] || {
			mkdir -p "$1"
			(cd "$1" && apt-get -q download docker-registry && dpkg -x docker-registry_*.deb . &&
				rm docker-registry_*.deb) >&2
		}
		printf '%s\n' "$1/usr/bin/docker-registry"
	}
}

address() {
	sed -n 's/.*msg="listening on \(127[.]0[.]0[.]1:[0-9]*\)".*/\1/p' "$1/log"
}

start() { # DIR FOLDER
	program=$(program_in "$2") || {
		echo 'registry: no package docker-registry to be had' >&2
		exit 77
	}
	mkdir -p "$1/data"
	printf '%s\n' 'version: 0.1' 'log: {level: info}' "storage: {filesystem: {rootdirectory: $1/data}}" \
		'http: {addr: "127.0.0.1:0"}' >"$1/config.yml"
	"$program" serve "$1/config.yml" >"$1/log" 2>&1 </dev/null &
	echo $! >"$1/pid"
	end=$(($(date +%s) + DEADLINE))
	until [ -n "$(address "$1")" ]; do
		if ! kill -0 "$(cat "$1/pid")" 2>/dev/null || [ "$(date +%s)" -ge "$end" ]; then
			tail -n 3 "$1/log" >&2
			exit 1
		fi
		sleep 0.1
	done
	address "$1"
}

case $1 in
start) start "$2" "$3" ;;
stop)
	[ -s "$2/pid" ] || exit 0
	pid=$(cat "$2/pid")
	end=$(($(date +%s) + DEADLINE))
	# A zombie counts as gone: its parent is not ours to hurry.
	while kill "$pid" 2>/dev/null && ! grep -q '^State:[[:space:]]*Z' "/proc/$pid/status" 2>/dev/null; do
		[ "$(date +%s)" -lt "$end" ] || exit 1
		sleep 0.1
	done
	rm "$2/pid"
	;;
esac
