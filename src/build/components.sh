#!/bin/sh
# SPDX-License-Identifier: MIT
#
# Prints the C file of what stepdown is made of, for `stepdown-kit sbom`: versions as the package
# manager knows them. libcap-ng for musl is built from the distribution's source package, which has
# the version of its libcap-ng-dev.
#
# Usage: components.sh VERSION LIBC
set -eu

# The version of the source: a rebuild of the binary package adds +bN to its own.
version_of() { # DEBIAN-PACKAGE ALPINE-PACKAGE
	if command -v dpkg-query >/dev/null; then
		dpkg-query -W -f '${source:Version}\n' "$1" 2>/dev/null | head -n 1
	elif command -v apk >/dev/null; then
		apk list --installed "$2" 2>/dev/null | sed -n "s/^$2-\([0-9][^ ]*\) .*/\1/p" | head -n 1
	fi
}

row() { # NAME VERSION LICENCE PURPOSE
	case $2 in
	*[!A-Za-z0-9.+:~-]*) echo "components: $1 has an odd version: $2" >&2 && exit 1 ;;
	esac
	printf '\t{"%s", "%s", "%s", "%s"},\n' "$@"
}

case $2 in
glibc) libc=$(version_of libc6-dev none) licence=LGPL-2.1-or-later ;;
*) libc=$(version_of musl-dev musl) licence=MIT ;;
esac
cat <<END
/* SPDX-License-Identifier: MIT */
/* Written by src/build/components.sh. */
#include "kit/components.h"

const struct component components[COMPONENTS] = {
END
row stepdown "$1" MIT APPLICATION
row "$2" "$libc" "$licence" LIBRARY
row libcap-ng "$(version_of libcap-ng-dev libcap-ng)" LGPL-2.1-or-later LIBRARY
echo "};"
