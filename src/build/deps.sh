#!/bin/sh
# SPDX-License-Identifier: MIT
#
# Installs what a build and the tests need, through the system's package manager, and builds
# libcap-ng for musl, which Debian and Ubuntu do not package, from the distribution's own source
# package. The package manager checks its signature; the system's own lists are left alone.
#
# Usage: ARCH=x86_64 LIBC=musl CC=cc deps.sh FOLDER [tests]
#
# CC is asked for its package only. A compiler, flags or -j that somebody gave to make are for stepdown;
# libcap-ng is always built the same way.
set -eu

# shellcheck source=packages.sh
. "${0%/*}/packages.sh"

folder=$1
purpose=${2:-build}
: "${ARCH:=$(uname -m)}" "${LIBC:=musl}" "${CC:=cc}"
# Another machine's program: its compiler from the distribution, its headers and musl in FOLDER.
cross=
sysroot=
[ "$ARCH" = "$(uname -m)" ] || {
	cross=$ARCH-linux-gnu-
	sysroot=$folder/sysroot
}

debian_packages="gcc libc6-dev make dpkg-dev musl-tools linux-libc-dev libcap-ng-dev libseccomp-dev
	libjson-c-dev zlib1g-dev util-linux"
alpine_packages="gcc musl-dev make linux-headers libcap-ng-dev libcap-ng-static libseccomp-dev
	libseccomp-static json-c-dev zlib-dev zlib-static util-linux"
# stepdown-kit is linked with glibc, and so are the test programs.
[ -z "$cross" ] || debian_packages="$debian_packages gcc-$(echo "$ARCH" | tr _ -)-linux-gnu
	libc6-dev-$(packages_arch "$ARCH")-cross"
# The compiler that was chosen: clang-14 is a package of that name.
for word in $CC; do
	case ${word##*/} in
	clang | clang-[0-9]*)
		debian_packages="$debian_packages ${word##*/}"
		alpine_packages="$alpine_packages clang"
		;;
	esac
done
# For the demo; whichever package it came from will do.
command -v busybox >/dev/null || debian_packages="$debian_packages busybox-static"
if [ "$purpose" = tests ]; then
	debian_packages="$debian_packages libcmocka-dev strace binutils man-db iproute2 docker.io debootstrap
		runc crun ca-certificates openssl debian-archive-keyring docker-compose git openssh-client
		python3-yaml tini dumb-init gosu catatonit bash procps cpio qemu-system-x86 qemu-system-arm qemu-user-static
		curl python3 nodejs golang-go tzdata valgrind clang libclang-rt-dev"
	alpine_packages="$alpine_packages cmocka-dev strace binutils mandoc iproute2 docker runc crun openssl"
fi

say() {
	echo "deps: $*" >&2
}

as_root() {
	[ "$(id -u)" = 0 ] || {
		say "root is needed to install: $*"
		exit 1
	}
	"$@"
}

install_debian() {
	missing=
	for package in $debian_packages; do
		dpkg-query -W -f '${Status}' "$package" 2>/dev/null | grep -q 'ok installed' ||
			missing="$missing $package"
	done
	[ -n "$missing" ] || return 0
	say "installing$missing"
	as_root apt-get update -qq
	# shellcheck disable=SC2086 # a list of words
	say_how_much $missing
	mkdir -p "$folder"
	# shellcheck disable=SC2086 # a list of words
	DEBIAN_FRONTEND=noninteractive as_root apt-get install -y -qq --no-install-recommends $missing \
		>"$folder/install.log" 2>&1 || {
		tail -n 20 "$folder/install.log" >&2
		exit 1
	}
	rm "$folder/install.log"
}

# apt-get's own words: "Need to get 1,234 kB of archives", "5,678 kB of additional disk space will be used".
# What is unpacked is what takes the time; a usual machine unpacks 10 MB a second and fetches as much.
say_how_much() { # PACKAGE...
	LC_ALL=C apt-get install --assume-no --no-install-recommends "$@" 2>/dev/null |
		awk '/newly installed/ { packages = $3 }
			/^Need to get/ { fetched = $4 " " $5; sub(/^[0-9.,]+ [kM]?B\//, "", fetched) }
			/additional disk space/ { used = $4 " " $5 }
			END {
				split(used, size)
				gsub(",", "", size[1])
				minutes = int(size[1] * (size[2] == "GB" ? 1000 : size[2] == "MB" ? 1 : 0.001) / 600) + 1
				print "deps: that is " packages " packages with what they need, " fetched " to fetch, " used " on the disk: about " minutes (minutes == 1 ? " minute" : " minutes")
			}' >&2
}

fetch_source() {
	work=$(cd "$1" && pwd)
	packages_lists "$work" deb-src
	packages_apt "$work" "$ARCH" apt-get update
	packages_apt "$work" "$ARCH" apt-get source libcap-ng
}

# Another architecture's files are unpacked beside the system's own: musl, the kernel's headers and the
# libraries of stepdown-kit to build with, and what the test programs are linked with.
sysroot_packages="musl-dev linux-libc-dev libseccomp-dev libjson-c-dev zlib1g-dev"
[ "$purpose" != tests ] || sysroot_packages="$sysroot_packages libcmocka0 libcmocka-dev libcap-ng-dev
	libcap-ng0 libseccomp2 libjson-c5 zlib1g"

fetch_sysroot() {
	has=
	[ ! -e "$sysroot/has" ] || has=$(cat "$sysroot/has")
	missing=
	for package in $sysroot_packages; do
		case " $has " in
		*" $package "*) ;;
		*) missing="$missing $package" ;;
		esac
	done
	[ -n "$missing" ] || return 0
	say "fetching for $ARCH:$missing"
	work=$(packages_open "$folder/lists" "$ARCH")
	# shellcheck disable=SC2086 # a list of words
	packages_unpack "$work" "$ARCH" "$sysroot" $missing
	printf '%s\n' "$has$missing" >"$sysroot/has"
}

link_headers() {
	mkdir -p "$folder/include"
	for name in linux asm-generic "$ARCH-linux-gnu/asm"; do
		ln -sfn "${sysroot:+../sysroot}/usr/include/$name" "$folder/include/${name##*/}"
	done
}

# A compiler for programs with musl: the wrapper of the package, or the same by hand.
musl_compiler() {
	if [ -z "$cross" ]; then
		echo "musl-gcc -idirafter $headers"
		return
	fi
	libc=$(cd "$sysroot/usr/lib/$ARCH-linux-musl" && pwd)
	echo "${cross}gcc -nostdinc -isystem $(cd "$sysroot/usr/include/$ARCH-linux-musl" && pwd)" \
		"-isystem $("${cross}gcc" -print-file-name=include) -idirafter $headers" \
		"-static -nostdlib -nostartfiles -L$libc $libc/crt1.o $libc/crti.o $libc/crtn.o" \
		"-Wl,--start-group -lc -lgcc -Wl,--end-group"
}

# Nothing of the caller's environment: CC= on make's command line would travel in MAKEFLAGS and replace
# the compiler, and CFLAGS, CPATH or CONFIG_SITE would change what it makes.
isolated() { # [NAME=VALUE...] COMMAND...
	env -i "PATH=$PATH" REALGCC=gcc LC_ALL=C "$@"
}

build_libcapng() {
	[ ! -f "$folder/lib/libcap-ng.a" ] || return 0
	say "building libcap-ng for musl on $ARCH"
	rm -rf "$folder/source"
	mkdir -p "$folder/source" "$folder/lib"
	fetch_source "$folder/source"
	headers=$(cd "$folder/include" && pwd)
	prefix=$(cd "$folder/source" && pwd)
	compiler=$(musl_compiler)
	for source in "$folder"/source/libcap-ng-*/; do
		(
			cd "$source"
			# Without pthreads: it would allocate memory for a handler of fork before main.
			isolated ac_cv_header_pthread_h=no ./configure -q --host="$ARCH-linux-musl" --disable-shared \
				--enable-static --without-python --without-python3 --disable-cap-audit \
				CC="$compiler" CC_FOR_BUILD=gcc \
				CFLAGS="-O2 -fPIE -fstack-protector-strong -ffunction-sections -ffile-prefix-map=$prefix=."
			isolated make -s -C src libcap-ng.la
		) >"$folder/build.log" 2>&1 || {
			cat "$folder/build.log" >&2
			exit 1
		}
		# Its constructor reads /proc/sys/kernel/cap_last_cap, a tenth of stepdown's start; where
		# that cannot be opened it asks the kernel by prctl(2). See src/who/silence.c.
		"${cross}objcopy" --redefine-sym open=stepdown_no_open --redefine-sym fopen=stepdown_no_fopen \
			--redefine-sym sscanf=stepdown_no_sscanf "$source/src/.libs/libcap-ng.a" \
			"$folder/lib/libcap-ng.a"
		cp "$source/src/cap-ng.h" "$folder/include/cap-ng.h"
	done
	rm -rf "$folder/source" "$folder/build.log"
	[ -f "$folder/lib/libcap-ng.a" ]
}

say_what_is_needed() {
	cat >&2 <<-END
		deps: neither apt-get nor apk is here. A build needs
		  a C compiler for Linux (gcc or clang), its binutils, and make
		  musl with its headers, and the headers of Linux
		  libcap-ng, built for musl as a static library, as $folder/lib/libcap-ng.a and
		    $folder/include/cap-ng.h (${0##*/} shows how; 'make LIBC=glibc build/glibc/stepdown' does without)
		  the headers and static libraries of libcap-ng, libseccomp, json-c and zlib, for the system's own libc
		  unshare of util-linux, and busybox for the demo
		The tests want cmocka, strace, openssl, Docker Engine, runc, crun, QEMU and more, and a Debian or Ubuntu.
		What always works, with an engine alone, is the builder stage of Dockerfile.example:
		  docker build -f Dockerfile.example --target stepdown -t stepdown-builder .
		leaves both programs in /src/build of that image.
	END
}

if command -v apt-get >/dev/null; then
	install_debian
	if [ "$LIBC" = musl ]; then
		[ -z "$cross" ] || fetch_sysroot
		link_headers
		build_libcapng
	fi
elif command -v apk >/dev/null; then
	# shellcheck disable=SC2086 # a list of words
	as_root apk add --no-progress $alpine_packages
else
	say_what_is_needed
	exit 1
fi
say "ready"
