#!/bin/sh
# SPDX-License-Identifier: MIT
#
# pins.sh - the images that Dockerfiles start from, by digest: a tag can be moved, a digest cannot
#
#   pins.sh arguments FILE   prints --build-arg NAME=IMAGE:TAG@DIGEST for each line of FILE
#   pins.sh resolve FILE     asks the registry what each tag leads to today, and writes it into FILE
#
# A line is "IMAGE:TAG DIGEST"; without DIGEST it is not pinned yet, which is said. NAME is the last
# part of IMAGE in capitals: debian:12 is the argument DEBIAN. Comments begin with "#".
# The engine verifies what it gets against the digest; here only the form is looked at.
set -eu

: "${DOCKER:=docker}"
file=$2

die() {
	printf 'pins: %s\n' "$*" >&2
	exit 1
}

is_digest() {
	printf '%s\n' "$1" | grep -qxE 'sha256:[0-9a-f]{64}'
}

check() { # IMAGE DIGEST REST
	printf '%s\n' "$1" | grep -qxE '[a-zA-Z0-9._:/-]+:[A-Za-z0-9_][A-Za-z0-9_.-]*' ||
		die "$file: \"$1\" is not the form NAME:TAG"
	[ -z "$3" ] || die "$file: more than an image and a digest: $*"
	[ -z "$2" ] || is_digest "$2" || die "$file: \"$2\" is not the form sha256: and 64 hexadecimal digits"
}

argument_of() { # IMAGE
	name=${1%:*}
	printf '%s' "${name##*/}" | tr 'a-z.-' 'A-Z__'
}

arguments() {
	while read -r image digest rest; do
		case $image in '' | '#'*) continue ;; esac
		check "$image" "$digest" "$rest"
		[ -n "$digest" ] || printf 'pins: %s is not pinned; make pin\n' "$image" >&2
		printf '%s %s\n' --build-arg "$(argument_of "$image")=$image${digest:+@$digest}"
	done <"$file"
}

# The pull checks what it gets against the digest that it prints.
resolve() {
	: >"$file.new"
	while IFS= read -r line; do
		case $line in '' | '#'*)
			printf '%s\n' "$line" >>"$file.new"
			continue
			;;
		esac
		image=${line%% *}
		check "$image" '' ''
		digest=$($DOCKER pull "$image" </dev/null | sed -n 's/^Digest: //p')
		is_digest "$digest" || die "no digest for $image; $file is as it was"
		printf '%s %s\n' "$image" "$digest" >>"$file.new"
		[ "$line" = "$image $digest" ] || printf 'pins: %s is %s now\n' "$image" "$digest" >&2
	done <"$file"
	mv "$file.new" "$file"
}

trap 'rm -f "$file.new"' EXIT
trap 'exit 1' HUP INT TERM
case $1 in
arguments) arguments ;;
resolve) resolve ;;
*) die "there is no command $1" ;;
esac
