# SPDX-License-Identifier: MIT
# shellcheck shell=sh
# shellcheck disable=SC2154 # run sets engine, here, scratch, stepdown and top
#
# daemons.sh - daemons of Debian's that drop privileges themselves do their work behind stepdown
#
# Sourced by run. Each is the service of a container of its own, under `default` and the engine's filter, as
# an ordinary user: what it does in order to drop what it has not must not end it. DAEMONS="named squid" is
# for trying some of them alone.

daemons_image='stepdown-daemons'

build_daemons() {
	base=$(sed -n 's/^ARG DEBIAN=//p' "$top/Dockerfile.example")
	"$here/engine.sh" image "$engine" "$base" || return 1
	docker build --network host --build-arg http_proxy --build-arg https_proxy \
		--build-arg no_proxy --build-arg BASE="$base" --tag "$daemons_image" "$here/daemons"
}

daemon_works() { # NAME
	docker run --rm --network none --tmpfs /tmp:exec,mode=1777 --volume "$stepdown:/sbin/stepdown:ro" \
		--entrypoint /sbin/stepdown "$daemons_image" --user app -- /daemons/work "$1" \
		>"$scratch/daemons.said" 2>&1
	daemon_status=$?
	contains "$1: it answers, and ends in order" "$(cat "$scratch/daemons.said")" "$1: done"
	same "$1: exit status" 0 $daemon_status
}

if needs_engine 'daemons that drop privileges'; then
	if build_daemons >"$scratch/daemons.log" 2>&1; then
		for daemon in ${DAEMONS:-named chrony dnsmasq unbound haproxy apache2 rsyslog squid memcached sshd}; do
			daemon_works "$daemon"
		done
	else
		fail 'daemons that drop privileges: the image is built' "$(tail -n 20 "$scratch/daemons.log")"
	fi
fi
