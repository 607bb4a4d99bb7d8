#!/bin/sh
# SPDX-License-Identifier: MIT
#
# Says what a build lacks, and which command installs it, before a compiler says it in its own way.
#
# Usage: needs.sh CURE COMPILER HEADER...; COMPILER may have flags, and must be able to link with them.
set -eu

cure=$1
compiler=$2
shift 2

lacks() {
	echo "$*: run '$cure' first" >&2
	exit 1
}

room=$(mktemp -d)
trap 'rm -rf "$room"' EXIT
trap 'exit 1' HUP INT TERM
command -v "${compiler%% *}" >/dev/null || lacks "the compiler ${compiler%% *} is not here"
echo 'int main(void) { return 0; }' >"$room/empty.c"
# shellcheck disable=SC2086 # the compiler and its flags
$compiler -o "$room/empty" "$room/empty.c" 2>"$room/log" ||
	lacks "$compiler cannot make a program here"
for header; do
	echo "#include <$header>" >"$room/header.c"
	# shellcheck disable=SC2086 # the compiler and its flags
	$compiler -E -o "$room/header.i" "$room/header.c" 2>"$room/log" || lacks "the header $header is not here"
done
