#!/bin/sh
# SPDX-License-Identifier: MIT
#
# image.sh - an image FROM scratch of a few files of root's, as an archive for `docker load`
#
# Usage: image.sh -o ARCHIVE -t NAME:TAG -a GOARCH -d SECONDS [--label NAME=VALUE]... FILE...
#
# Programs keep their x bits, everything is readable, nothing can be written by anyone but root. The
# same files, labels and time give the same bytes. No entry point: the image is for COPY --from.
# Needs GNU tar. The format is that of the Docker Image Specification, version 1.2.
set -eu

labels=
quoted() { # a JSON string; control characters have no business in a label
	printf '%s' "$1" | tr -d '\000-\037\177' | sed 's/[\\"]/\\&/g; s/.*/"&"/'
}

while [ $# -gt 0 ]; do
	case $1 in
	-o) archive=$2 ;;
	-t) name=$2 ;;
	-a) arch=$2 ;;
	-d) seconds=$2 ;;
	--label) labels=$labels${labels:+,}$(quoted "${2%%=*}"):$(quoted "${2#*=}") ;;
	*) break ;;
	esac
	shift 2
done
: "${archive:?-o is missing}" "${name:?-t is missing}" "${arch:?-a is missing}" "${seconds:?-d is missing}"

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
trap 'exit 1' HUP INT TERM
same_each_time="--sort=name --owner=0 --group=0 --numeric-owner --mtime=@$seconds --format=ustar"

mkdir "$work/files" "$work/image"
for file; do
	install -m "$([ -x "$file" ] && echo 0755 || echo 0644)" "$file" "$work/files"
done
# Names without "./", or the image would have an entry for its own root.
(
	cd "$work/files"
	# shellcheck disable=SC2086 # words
	tar $same_each_time --create --file "$work/layer.tar" -- *
)
digest() {
	sha256sum "$1" | cut -d ' ' -f 1
}
layer=$(digest "$work/layer.tar")
mv "$work/layer.tar" "$work/image/$layer.tar"
created=$(date -u -d "@$seconds" +%Y-%m-%dT%H:%M:%SZ)
printf '{"architecture":"%s","os":"linux","created":"%s","config":{"Labels":{%s}},"rootfs":{"type":"layers","diff_ids":["sha256:%s"]},"history":[{"created":"%s"}]}' \
	"$arch" "$created" "$labels" "$layer" "$created" >"$work/config.json"
config=$(digest "$work/config.json")
mv "$work/config.json" "$work/image/$config.json"
printf '[{"Config":"%s.json","RepoTags":[%s],"Layers":["%s.tar"]}]' \
	"$config" "$(quoted "$name")" "$layer" >"$work/image/manifest.json"
chmod 0644 "$work/image"/*
(
	cd "$work/image"
	# shellcheck disable=SC2086 # words
	tar $same_each_time --create --file "$work/archive" -- *
)
mv "$work/archive" "$archive"
