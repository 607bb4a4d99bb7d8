# shellcheck shell=sh
# SPDX-License-Identifier: MIT
#
# packages - the distribution's packages, its sources and those of other architectures among them,
# by the system's own apt-get in a folder of ours: the system's lists and its set of architectures
# are left alone. The package manager checks the signatures. To be read with `.`, not run.

# aarch64 is arm64 to Debian.
packages_arch() {
	case $1 in
	x86_64) echo amd64 ;;
	aarch64) echo arm64 ;;
	*) echo "$1" ;;
	esac
}

# The system's own sources, as "deb" or "deb-src" alone, in files of our own.
packages_lists() {
	mkdir -p "$1/parts" "$1/lists/partial"
	: >"$1/parts/system.list"
	for list in /etc/apt/sources.list /etc/apt/sources.list.d/*.list; do
		[ -f "$list" ] || continue
		sed -n "s/^deb[[:space:]]/$2 /p" "$list" >>"$1/parts/system.list"
	done
	for list in /etc/apt/sources.list.d/*.sources; do
		[ -f "$list" ] || continue
		sed "s/^Types:.*/Types: $2/" "$list" >"$1/parts/${list##*/}"
	done
}

# packages_apt FOLDER ARCH TOOL WORD...: apt-get or apt-cache for the machine ARCH and this one.
packages_apt() {
	(
		packages_folder=$1 packages_machine=$(packages_arch "$2") packages_tool=$3
		shift 3
		cd "$packages_folder" || exit
		"$packages_tool" -q -o Dir::Etc::sourcelist=/dev/null \
			-o "Dir::Etc::sourceparts=$packages_folder/parts" \
			-o "Dir::State::lists=$packages_folder/lists" -o Dir::Cache::pkgcache= \
			-o Dir::Cache::srcpkgcache= -o APT::Sandbox::User=root \
			-o "APT::Architectures::=$(dpkg --print-architecture)" \
			-o "APT::Architectures::=$packages_machine" "$@"
	)
}

# packages_open FOLDER ARCH: prints the whole path of FOLDER, in which the lists of packages are
# ready, and not older than an hour.
packages_open() {
	mkdir -p "$1"
	packages_opened=$(cd "$1" && pwd)
	if [ -z "$(find "$packages_opened/ready" -mmin -60 2>/dev/null)" ]; then
		packages_lists "$packages_opened" deb
		packages_apt "$packages_opened" "$2" apt-get update >&2
		touch "$packages_opened/ready"
	fi
	echo "$packages_opened"
}

# packages_unpack FOLDER ARCH ROOT PACKAGE...: these packages alone, without what they need.
packages_unpack() {
	packages_work=$1 packages_for=$2 packages_root=$3
	shift 3
	rm -f "$packages_work"/*.deb
	for package; do
		set -- "$@" "$package:$(packages_arch "$packages_for")"
		shift
	done
	packages_apt "$packages_work" "$packages_for" apt-get download "$@" >&2
	mkdir -p "$packages_root"
	for package in "$packages_work"/*.deb; do
		dpkg -x "$package" "$packages_root"
	done
	rm -f "$packages_work"/*.deb
}

# packages_fetch_all FOLDER ARCH PACKAGE...: these and all that they need, for an empty machine, as
# FOLDER/archives/*.deb.
packages_fetch_all() {
	packages_work=$1 packages_for=$2
	shift 2
	rm -rf "$packages_work/archives"
	mkdir -p "$packages_work/archives/partial"
	: >"$packages_work/status"
	packages_apt "$packages_work" "$packages_for" apt-get \
		-o "APT::Architecture=$(packages_arch "$packages_for")" \
		-o "Dir::State::status=$packages_work/status" \
		-o "Dir::Cache::archives=$packages_work/archives" -o Debug::NoLocking=1 \
		install -y --download-only --no-install-recommends "$@" >&2
}
