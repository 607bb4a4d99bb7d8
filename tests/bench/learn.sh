#!/bin/sh
# SPDX-License-Identifier: MIT
#
# How much slower a service is while it is watched: a shell that executes 200 programs, alone, under
# stepdown-kit, and under strace; medians of several rounds in turn, and ratios of them. Appends them
# with their spread to the file that BENCH_SAMPLES names.
#
# Usage: tests/bench/learn.sh BUILD [ROUNDS]
set -eu

build=$1
rounds=${2:-9}
# shellcheck disable=SC2016 # the measured shell expands it
script='i=0; while [ $i -lt 200 ]; do /bin/true; i=$((i + 1)); done'

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
trap 'exit 1' HUP INT TERM
command -v strace >/dev/null || {
	echo "strace is not installed" >&2
	exit 1
}

candidates='alone
stepdown-kit learn
stepdown-kit learn --record
stepdown-kit check default
strace -f -c
strace -f -o FILE'

run_one() { # CANDIDATE
	case $1 in
	alone) set -- "$build/stepdown" ;;
	*--record) set -- "$build/stepdown-kit" learn -q -o "$work/p.json" --record "$work/p.record" ;;
	*learn) set -- "$build/stepdown-kit" learn -q -o "$work/p.json" ;;
	*check*) set -- "$build/stepdown-kit" check -q default ;;
	*-c) set -- strace -f -c "$build/stepdown" ;;
	*) set -- strace -f -o "$work/trace" "$build/stepdown" ;;
	esac
	case $* in
	*stepdown-kit*) ;;
	*) set -- "$@" --seccomp off --init never ;;
	esac
	"$@" --user 10001:10001 -- sh -c "$script" >/dev/null 2>"$work/said" || {
		cat "$work/said" >&2
		exit 1
	}
}

for _ in $(seq "$rounds"); do
	echo "$candidates" | while read -r candidate; do
		before=$(date +%s%N)
		run_one "$candidate"
		after=$(date +%s%N)
		printf '%s\t%s\n' "$candidate" $(((after - before) / 1000))
	done
done >"$work/times"

calls=$("$build/stepdown-kit" learn -o "$work/p.json" --user 10001:10001 -- sh -c "$script" 2>&1 >/dev/null |
	sed -n 's/.* after \([0-9]*\) calls.*/\1/p')
echo "  a shell that executes 200 programs, $calls calls; medians of $rounds rounds in turn"
echo "$candidates" | while read -r candidate; do
	# shellcheck disable=SC2046 # three numbers
	set -- $(awk -F '\t' -v name="$candidate" '$1 == name { print $2 }' "$work/times" | sort -n |
		awk '{ value[NR] = $1 / 1000 } END { print value[int((NR + 1) / 2)],
			value[1 + int(NR / 10)], value[NR - int(NR / 10)] }')
	[ "$candidate" != alone ] || alone=$1
	[ -z "${BENCH_SAMPLES:-}" ] || printf 'learn\t200 programs of a shell\t%s\t%s\t%s\t%s\tms\n' \
		"$candidate" "$1" "$2" "$3" >>"$BENCH_SAMPLES"
	awk -v name="$candidate" -v median="$1" -v alone="$alone" \
		'BEGIN { printf "  %-32s %8.1f ms   x %.2f\n", name, median, median / alone }'
done
