#!/bin/sh
# SPDX-License-Identifier: MIT
#
# engine.sh - a private Docker Engine for the tests, which leaves nothing behind
#
#   engine.sh start DIR [remap]    start it, or find it running already; prints DOCKER_HOST's value;
#                                  with remap every container has a user namespace of its own
#   engine.sh image DIR TAG        make a Debian base image known under TAG, as the Dockerfiles name it
#   engine.sh docker DIR ARG...    the docker client, talking to this engine alone
#   engine.sh stop DIR             stop this engine, its containers and its containerd; idempotent
#
# All that the engine keeps lies in DIR: images (they stay, so that a second run is fast), sockets,
# pid files, log. No bridge, no packet filter rules, no forwarding: containers have no network, and
# `docker build --network=host` uses the host's.
# The daemon runs in a mount namespace of its own. What it mounts is gone when it is gone, even if
# it was killed.
#
# Exit status: 0 done, 77 the engine cannot run here (the reason is on standard error), 1 failure.
set -eu

here=$(cd "$(dirname "$0")" && pwd -P)
readonly here
readonly CANNOT=77
readonly DEADLINE=120 # seconds for the daemon to answer or to end; a loaded machine needs a few

say() {
	printf 'engine: %s\n' "$*" >&2
}

cannot() {
	say "$*"
	exit $CANNOT
}

docker_here() {
	DOCKER_CONFIG=$dir/config DOCKER_BUILDKIT=${DOCKER_BUILDKIT:-0} docker --host "unix://$dir/run/docker.sock" "$@"
}

# Prints the pid in a file if that process lives and is what we think it is.
living_pid() { # FILE NAME
	[ -s "$1" ] || return 1
	pid=$(cat "$1")
	[ "$(cat "/proc/$pid/comm" 2>/dev/null)" = "$2" ] || return 1
	# A pid may have been given to somebody else's daemon since: ours has our folder in its arguments.
	tr '\0' '\n' <"/proc/$pid/cmdline" | grep -qF "$dir/" || return 1
	printf '%s\n' "$pid"
}

# A zombie counts as gone: its parent is not ours to hurry.
is_running() { # PID
	state=$(sed -n 's/^State:[[:space:]]*\(.\).*/\1/p' "/proc/$1/status" 2>/dev/null) || return 1
	[ -n "$state" ] && [ "$state" != Z ]
}

# Retries a command until it succeeds.
retry() { # COMMAND...
	end=$(($(date +%s) + DEADLINE))
	until "$@"; do
		[ "$(date +%s)" -lt "$end" ] || return 1
		sleep 0.1
	done
}

has_gone() { # PID
	! is_running "$1"
}

answers_or_died() {
	docker_here version >"$dir/version" 2>&1 || has_gone "$daemon"
}

# The cgroup that holds this engine's containers, so that it can be removed.
cgroup() {
	printf '%s' "$dir" | cksum | awk '{ print "stepdown-tests-" $1 }'
}

why_not_here() {
	[ "$(id -u)" = 0 ] || cannot "a Docker Engine needs root"
	for tool in dockerd containerd docker unshare; do
		command -v $tool >/dev/null || cannot "$tool is not installed (Debian: apt-get install docker.io)"
	done
	# The longest socket path below DIR is run/exec/containerd/containerd-debug.sock, and sun_path
	# has room for 107 bytes.
	[ ${#dir} -le 60 ] || cannot "the path $dir is too long for the engine's sockets (60 bytes)"
	unshare --mount true 2>/dev/null || cannot "no mount namespace can be made here"
}

# Ids for the engine's user namespace. It asks /etc/subuid for the user that it is named, and that
# file is the host's; but the daemon sees ours in its place, in its own mount namespace.
readonly REMAP_USER=daemon REMAP_FIRST=1000000000 REMAP_COUNT=65536
# What the daemon sees of /etc is its own: the engine of Debian 12 writes /etc/docker/key.json at its
# first start.
# shellcheck disable=SC2016 # the inner shell expands it
readonly RUN_WITH_OWN_ETC='
	[ ! -d /etc/docker ] || mount -t tmpfs tmpfs /etc/docker || exit 1
	[ -z "$1" ] || { mount --bind "$1" /etc/subuid && mount --bind "$1" /etc/subgid; } || exit 1
	shift
	exec "$@"
'

can_remap() {
	[ -e /etc/subuid ] || cannot "this system has no /etc/subuid"
	[ -e /etc/subgid ] || cannot "this system has no /etc/subgid"
	grep -q "^$REMAP_USER:" /etc/passwd || cannot "this system has no user $REMAP_USER"
	unshare --user true 2>/dev/null || cannot "no user namespace can be made here"
}

start() { # [remap]
	why_not_here
	mkdir -p "$dir/run" "$dir/data" "$dir/config"
	if living_pid "$dir/run/dockerd.pid" dockerd >/dev/null && docker_here version >/dev/null 2>&1; then
		printf 'unix://%s/run/docker.sock\n' "$dir"
		return
	fi
	stop # what a run that was killed may have left
	: >"$dir/nothing" # its standard input: runtimes give theirs to the container's user
	printf '{"runtimes":{"trimmed":{"path":"%s/trimmed-runtime"}}}\n' "$here" >"$dir/daemon.json"
	subids='' remap=''
	if [ "${1:-}" = remap ]; then
		can_remap
		subids=$dir/subids remap="--userns-remap=$REMAP_USER"
		printf '%s:%s:%s\n' $REMAP_USER $REMAP_FIRST $REMAP_COUNT >"$subids"
	fi
	# setsid: Ctrl-C at the tests' terminal is for the tests, which then stop the engine in order.
	setsid unshare --mount --propagation private sh -c "$RUN_WITH_OWN_ETC" sh "$subids" dockerd \
		--config-file "$dir/daemon.json" \
		--data-root "$dir/data" --exec-root "$dir/run/exec" --pidfile "$dir/run/dockerd.pid" \
		--host "unix://$dir/run/docker.sock" \
		--exec-opt native.cgroupdriver=cgroupfs --cgroup-parent "/$(cgroup)" \
		--bridge none --iptables=false --ip-forward=false --ip-masq=false ${remap:+"$remap"} \
		--log-level warn >"$dir/dockerd.log" 2>&1 <"$dir/nothing" &
	daemon=$!
	if ! retry answers_or_died || has_gone "$daemon"; then
		tail -n 5 "$dir/dockerd.log" >&2
		stop
		cannot "the Docker Engine does not run here; its last words are above"
	fi
	printf 'unix://%s/run/docker.sock\n' "$dir"
}

# The shims outlive a daemon that was killed; their arguments name our containerd's socket.
stray_pids() {
	for cmdline in /proc/[0-9]*/cmdline; do
		# A process may end while it is looked at.
		if { tr '\0' '\n' <"$cmdline"; } 2>/dev/null |
			grep -qxF -e "$dir/run/exec/containerd/containerd.sock" \
				-e "$dir/run/exec/containerd/containerd.toml"; then
			pid=${cmdline%/cmdline}
			printf '%s\n' "${pid#/proc/}"
		fi
	done
}

stop_pid() { # PID
	kill -TERM "$1" 2>/dev/null || return 0
	retry has_gone "$1" || kill_pid "$1"
}

kill_pid() { # PID
	kill -KILL "$1" 2>/dev/null || return 0
	retry has_gone "$1" || say "process $1 does not end"
}

# What a daemon leaves that was killed: its containerd, the shims, and their containers.
stop_strays() {
	for pid in $(stray_pids); do
		children=$(cat "/proc/$pid/task/$pid/children" 2>/dev/null) || children=
		for child in $children; do
			kill_pid "$child"
		done
		stop_pid "$pid"
	done
}

stop() {
	[ -d "$dir/run" ] || return 0
	if daemon=$(living_pid "$dir/run/dockerd.pid" dockerd); then
		containers=$(docker_here ps --quiet --all 2>/dev/null) || containers=
		# shellcheck disable=SC2086 # one word for each container
		[ -z "$containers" ] || docker_here rm --force $containers >/dev/null 2>&1 || :
		stop_pid "$daemon"
	fi
	stop_strays
	retry remove_cgroups || say "a cgroup of this engine cannot be removed"
	rm -rf "$dir/run"
}

# EBUSY for a moment after the last process in it has ended.
remove_cgroups() {
	find /sys/fs/cgroup -depth -type d -path "*/$(cgroup)*" -exec rmdir {} + 2>/dev/null || :
	[ -z "$(find /sys/fs/cgroup -type d -path "*/$(cgroup)*" 2>/dev/null)" ]
}

# The mirror is the one that this system uses itself; elsewhere than on Debian debootstrap's own.
mirror_of_the_system() { # SUITE
	command -v apt-get >/dev/null || return 0
	# shellcheck disable=SC2016 # apt-get fills these in
	apt-get indextargets --format '$(RELEASE) $(COMPONENT) $(REPO_URI)' 'Created-By: Packages' 2>/dev/null |
		awk -v suite="$1" '$1 == suite && $2 == "main" { print $3; exit }'
}

# What the published image sets for the layers above it: packages and indexes are not kept, and
# files are not synced one by one, which is most of the time on a busy disk; slim, no documentation.
as_published() { # DIR
	printf '%s\n' 'DPkg::Post-Invoke { "rm -f /var/cache/apt/archives/*.deb /var/cache/apt/*.bin"; };' \
		'Dir::Cache::pkgcache "";' 'Dir::Cache::srcpkgcache "";' 'Acquire::Languages "none";' \
		'Apt::AutoRemove::SuggestsImportant "false";' >"$1/etc/apt/apt.conf.d/layers"
	printf '%s\n' force-unsafe-io 'path-exclude /usr/share/doc/*' 'path-include /usr/share/doc/*/copyright' \
		'path-exclude /usr/share/man/*' 'path-exclude /usr/share/info/*' \
		'path-exclude /usr/share/locale/*' >"$1/etc/dpkg/dpkg.cfg.d/layers"
	find "$1/usr/share/doc" -type f ! -name copyright -delete
	find "$1/usr/share/man" "$1/usr/share/info" "$1/usr/share/locale" -mindepth 1 -delete
}

image() { # TAG
	if docker_here image inspect "$1" >/dev/null 2>&1; then
		return
	fi
	suite=${1#*:}
	suite=${suite%%-*}
	command -v debootstrap >/dev/null || cannot "debootstrap is not installed"
	mirror=$(mirror_of_the_system "$suite")
	say "making the base image $1 with debootstrap (once)"
	rm -rf --one-file-system "$dir/base"
	# In a mount namespace too: debootstrap mounts /proc in what it makes.
	if ! unshare --mount --propagation private debootstrap --variant=minbase "$suite" \
		"$dir/base" ${mirror:+"$mirror"} >"$dir/debootstrap.log" 2>&1; then
		tail -n 5 "$dir/debootstrap.log" >&2
		cannot "debootstrap cannot make a Debian $suite here; its last words are above"
	fi
	as_published "$dir/base"
	tar --directory "$dir/base" --one-file-system --numeric-owner \
		--exclude ./var/cache/apt/archives --exclude ./var/lib/apt/lists --exclude './dev/*' \
		--create --file - . | docker_here import - "$1" >/dev/null
	rm -rf --one-file-system "$dir/base"
}

if [ $# -lt 2 ]; then
	sed -n 's/^#   \(engine.sh\)/usage: \1/p' "$0" >&2
	exit 2
fi
command=$1
mkdir -p "$2"
dir=$(cd "$2" && pwd -P)
shift 2
case $command in
start) start "$@" ;;
stop) stop ;;
image) image "$@" ;;
docker) docker_here "$@" ;;
*)
	say "there is no command $command"
	exit 2
	;;
esac
