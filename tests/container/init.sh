# SPDX-License-Identifier: MIT
# shellcheck shell=sh
# shellcheck disable=SC2016 # the services' shells expand
# shellcheck disable=SC2034 # lifecycle.sh uses options and engine_options
# shellcheck disable=SC2154 # lifecycle.sh sets life
#
# init.sh - what stays behind as PID 1, seen by the engine, by the host and by the service
#
# Sourced by run, after lifecycle.sh, whose containers it uses.

# The lines of a status file that say what a process can do; pid is the host's.
powers_of() { # PID
	sed -n 's/^\(Name\|Uid\|Gid\|CapInh\|CapPrm\|CapEff\|CapBnd\|CapAmb\|NoNewPrivs\|Seccomp\):[[:space:]]*/\1 /p' \
		"/proc/$1/status" | tr '\t\n' '  '
}

ready() {
	verify "$1: the service is ready" until_true 60 life_says ready
}

no_power() {
	engine_options='--workdir /tmp'
	start_life sh -c 'echo ready; while :; do sleep 0.1; done'
	engine_options=
	ready 'init'
	init_pid=$(docker inspect --format '{{.State.Pid}}' "$life")
	none=0000000000000000
	powerless="CapInh $none CapPrm $none CapEff $none CapBnd $none CapAmb $none NoNewPrivs 1 Seccomp 2 "
	same 'init: PID 1, from outside' \
		"Name stepdown Uid 10001 10001 10001 10001 Gid 65534 65534 65534 65534 $powerless" \
		"$(powers_of "$init_pid")"
	service_pid=$(cat "/proc/$init_pid/task/$init_pid/children")
	same 'init: the service, from outside' \
		"Name sh Uid 10001 10001 10001 10001 Gid 10001 10001 10001 10001 $powerless" \
		"$(powers_of "${service_pid% }")"
	same 'init: PID 1 stands in /' / "$(readlink "/proc/$init_pid/cwd")"
	same 'init: the service stands where the engine put it' /tmp \
		"$(readlink "/proc/${service_pid% }/cwd")"
}

# Without a handler a signal ends the service, which PID 1 itself would not have noticed.
signals() {
	for row in USR1:138 QUIT:131 RTMIN+3:165; do
		start_life sh -c 'echo ready; exec sleep 1000'
		ready "init, ${row%:*}"
		docker kill --signal "${row%:*}" "$life" >/dev/null
		same "init: ${row%:*} reaches the service" "${row#*:}" "$(life_status)"
	done
	options='--map-signal TERM=INT'
	start_life sh -c 'trap "exit 4" INT; trap "exit 5" TERM; echo ready; while :; do sleep 0.1; done'
	ready 'init, a mapped signal'
	docker stop --time 60 "$life" >/dev/null
	same 'init: TERM arrives as INT' 4 "$(life_status)"
	options='--map-exit 143=0'
	start_life sh -c 'echo ready; exec sleep 1000'
	ready 'init, a mapped status'
	docker stop --time 60 "$life" >/dev/null
	same 'init: 143 is reported as 0' 0 "$(life_status)"
	options=
}

orphans() {
	# The pattern is of the State line, so that the loop does not wait for itself.
	start_life sh -c 'i=0; while [ $i -lt 200 ]; do (sleep 0.01 &); i=$((i + 1)); done
		while cat /proc/[0-9]*/stat 2>/dev/null | grep -qE "^[0-9]+ \((sleep|sh)\) Z|^[0-9]+ \(sleep\)"; do
			echo still there; done; echo all reaped'
	same 'init: orphans end' 0 "$(life_status)"
	verify 'init: no orphan stays a zombie' life_says 'all reaped'
}

leftovers() {
	options='--leftover-timeout 1000'
	start_life sh -c 'sh -c "trap \"echo last write; exit\" TERM; : >/tmp/up; while :; do sleep 0.1; done" &
		while [ ! -e /tmp/up ]; do sleep 0.1; done; exit 5'
	same 'init: the status is the service'"'"'s, not the leftover'"'"'s' 5 "$(life_status)"
	verify 'init: a leftover finishes its work' life_says 'last write'
	options='--leftover-timeout 1'
	start_life sh -c 'sh -c "trap \"\" TERM; : >/tmp/up; while :; do sleep 0.1; done" &
		while [ ! -e /tmp/up ]; do sleep 0.1; done; exit 6'
	same 'init: a leftover that ignores TERM is not waited for' 6 "$(life_status)"
	options=
}

stop_timeout() {
	options='--stop-timeout 1'
	start_life sh -c 'trap "" TERM; echo ready; while :; do sleep 0.1; done'
	ready 'init, --stop-timeout'
	stop_began=$(date +%s)
	docker stop --time 300 "$life" >/dev/null
	same 'init: --stop-timeout kills' 137 "$(life_status)"
	verify 'init: --stop-timeout comes before the engine'"'"'s' [ $(($(date +%s) - stop_began)) -lt 120 ]
	contains 'init: the log says who had to be killed' "$(docker logs "$life" 2>&1)" kill
	options=
}

# Beside an init of the engine's stepdown is not PID 1, and says so once if it is to stay.
beside_another_init() {
	engine_options=--init
	options='--init always'
	start_life sh -c 'echo ready; exit 9'
	same 'init: below another init' 9 "$(life_status)"
	contains 'init: below another init it says what it cannot do' "$(docker logs "$life" 2>&1)" subreaper
	options='--init always --subreaper'
	start_life sh -c 'echo ready; exit 9'
	same 'init: as a subreaper' 9 "$(life_status)"
	same 'init: as a subreaper nothing is complained of' ready "$(docker logs "$life" 2>&1)"
	engine_options=
	options=
}

if needs_engine 'the init'; then
	engine_options=
	options=
	no_power
	signals
	orphans
	leftovers
	stop_timeout
	beside_another_init
	docker rm --force "$life" >/dev/null
fi
