#!/bin/bash
# SPDX-License-Identifier: MIT
#
# Measures whole starts with --chown and --chown-once beside `chown -R` and `find -exec chown` on a
# tree of 100,000 entries: one that is right already and one that is wrong, in turn, and prints
# medians and ratios; appends them with their spread to the file that BENCH_SAMPLES names.
#
# Usage: tests/bench/owners.sh STEPDOWN SERVICE [ROUNDS [DIRECTORY]]
#   SERVICE does nothing; DIRECTORY is where the tree is made, on the file system that is to be
#   measured.
set -eu

stepdown=$(realpath "$1")
service=$(realpath "$2")
rounds=${3:-11}
place=$(mktemp -d "${4:-${TMPDIR:-/tmp}}/stepdown-bench-XXXXXX")
trap 'rm -rf "$place"' EXIT
trap 'exit 1' HUP INT TERM
tree=$place/tree

# 10 * 100 directories of 99 files: 100,000 entries but for those that hold them.
mkdir "$tree"
for outer in {0..9}; do
	for inner in {0..99}; do
		mkdir -p "$tree/$outer/$inner"
		(cd "$tree/$outer/$inner" && touch file-{01..99})
	done
done
sync

# Prints the microseconds that a command took.
time_of() {
	local start=${EPOCHREALTIME/./}
	"$@" >/dev/null
	echo $((${EPOCHREALTIME/./} - start))
}

run() {
	case $1 in
	stepdown) time_of "$stepdown" --user "$2:$2" --init never --chown "$tree" -- "$service" ;;
	once) time_of "$stepdown" --user "$2:$2" --init never --chown-once "$tree" -- "$service" ;;
	chown) time_of chown -R "$2:$2" "$tree" ;;
	find) time_of find "$tree" -exec chown -h "$2:$2" {} + ;;
	esac
}

# Every command meets the tree as the one before left it: a new owner makes it wrong.
owner=1000
for ((round = 0; round < rounds; round++)); do
	for peer in stepdown chown find; do
		owner=$((owner + 1))
		run "$peer" "$owner" >>"$place/$peer.wrong"
		run "$peer" "$owner" >>"$place/$peer.right"
	done
	run once "$owner" >>"$place/once.right"
done

median() {
	quantile "$1" $((rounds / 2))
}

# FILE COUNT: the value that COUNT others are not above.
quantile() {
	sort -n "$1" | sed -n "$(($2 + 1))p"
}

say() { # WHAT SUBJECT FILE
	[ -z "${BENCH_SAMPLES:-}" ] || printf 'chown\t%s\t%s\t%s\t%s\t%s\tms\n' "$1" "$2" \
		"$(of_thousand "$(median "$3")")" "$(of_thousand "$(quantile "$3" $((rounds / 10)))")" \
		"$(of_thousand "$(quantile "$3" $((rounds - 1 - rounds / 10)))")" >>"$BENCH_SAMPLES"
}

of_thousand() {
	awk -v value="$1" 'BEGIN { printf "%.4f", value / 1000 }'
}

echo "--chown of $(find "$tree" | wc -l) entries, medians of $rounds rounds in turn"
for case in right wrong; do
	base=$(median "$place/chown.$case")
	for peer in stepdown chown find; do
		took=$(median "$place/$peer.$case")
		awk -v tree="$case" -v peer="$peer" -v took="$took" -v base="$base" 'BEGIN {
			printf "  %-6s %-13s %8.1f ms   %5.2f x chown -R\n", tree, peer, took / 1000,
				took / base }'
	done
	what="100000 entries, wrong"
	[ "$case" = wrong ] || what="100000 entries, right already"
	say "$what" "stepdown --chown" "$place/stepdown.$case"
	[ "$case" = wrong ] || say "$what" "stepdown --chown-once" "$place/once.right"
	say "$what" "chown -R" "$place/chown.$case"
	say "$what" "find -exec chown" "$place/find.$case"
done
awk -v took="$(median "$place/once.right")" 'BEGIN {
	printf "  %-6s %-13s %8.1f ms   whatever the size of the tree\n", "right", "--chown-once", took / 1000 }'
