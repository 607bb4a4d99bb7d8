#!/bin/sh
# SPDX-License-Identifier: MIT
# engine-profiles.sh DIRECTORY - put Docker's and Podman's own seccomp profiles there, as docker.json
# and podman.json, out of Debian's packages, without installing these (they would bring a hundred
# others along). The tests compile both.
set -eu

directory=$1
packages='golang-github-docker-docker-dev golang-github-containers-common'

if ! command -v dpkg-deb >/dev/null; then
	echo "engine-profiles.sh: this is no Debian; put docker.json and podman.json into $directory" >&2
	exit 1
fi
mkdir -p "$directory"
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
trap 'exit 1' HUP INT TERM
chmod 755 "$work"
(
	cd "$work"
	for package in $packages; do
		apt-get download "$package" >/dev/null 2>&1 || {
			echo "engine-profiles.sh: cannot download $package; is 'apt-get update' due?" >&2
			exit 1
		}
	done
	for archive in *.deb; do
		dpkg-deb -x "$archive" files
	done
)
cp "$work/files/usr/share/gocode/src/github.com/docker/docker/profiles/seccomp/default.json" \
	"$directory/docker.json"
cp "$work/files/usr/share/containers/seccomp.json" "$directory/podman.json"
