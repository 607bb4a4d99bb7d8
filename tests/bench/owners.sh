#!/bin/bash
# SPDX-License-Identifier: MIT
#
# Measures whole starts with --chown and --chown-once beside `chown -R` and `find -exec chown` on a
# tree of 100,000 entries: one that is right already and one that is wrong, in turn, and prints
# medians and ratios.
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
	sort -n "$1" | sed -n "$((rounds / 2 + 1))p"
}

echo "--chown of $(find "$tree" | wc -l) entries, medians of $rounds rounds in turn"
for case in right wrong; do
	base=$(median "$place/chown.$case")
	for peer in stepdown chown find; do
		took=$(median "$place/$peer.$case")
		awk -v tree="$case" -v peer="$peer" -v took="$took" -v base="$base" 'BEGIN {
			goal = peer != "stepdown" ? "" : tree == "right" ? 0.8 : 1.6
			verdict = took / base <= goal ? "met" : "missed"
			printf "  %-6s %-13s %8.1f ms   %5.2f x chown -R%s\n", tree, peer, took / 1000,
				took / base, goal ? "   at most " goal ": " verdict : "" }'
	done
done
awk -v took="$(median "$place/once.right")" 'BEGIN {
	printf "  %-6s %-13s %8.1f ms   whatever the size of the tree\n", "right", "--chown-once", took / 1000 }'
