# SPDX-License-Identifier: MIT
# shellcheck shell=sh
# shellcheck disable=SC2154 # run sets engine, here, pty, scratch, stepdown and top
#
# lifecycle.sh - start, terminal, signals and end of a service, as the engine sees them
#
# Sourced by run. The services are shell scripts, in the base image that the example names.

life='life'

# --init and others come in $engine_options, stepdown's own options before the "--" in $options.
start_life() { # COMMAND...
	docker rm --force "$life" >/dev/null 2>&1
	# shellcheck disable=SC2086 # words
	docker run --detach --name "$life" --network none --volume "$stepdown:/sbin/stepdown:ro" \
		$engine_options --entrypoint /sbin/stepdown "$base" --user 10001:10001 $options -- "$@" \
		>/dev/null
}

life_says() { # TEXT
	docker logs "$life" 2>&1 | grep -qF -e "$1"
}

life_status() {
	docker wait "$life"
}

# The exit status of a service that runs to its end.
status_of() { # COMMAND...
	start_life "$@"
	life_status
}

exit_statuses() {
	same "$1: the service's own status" 42 "$(status_of sh -c 'exit 42')"
	same "$1: success" 0 "$(status_of true)"
	same "$1: no such command" 127 "$(status_of no-such-command)"
	contains "$1: no such command is explained" "$(docker logs "$life" 2>&1)" no-such-command
	same "$1: not executable" 126 "$(status_of /etc/passwd)"
	same "$1: refused" 125 "$(options='--user 0:0:0' status_of true)"
}

stop_reaches() {
	start_life sh -c 'trap "echo stopping; exit 3" TERM; echo ready; while :; do sleep 0.1; done'
	verify "$1: the service is ready" until_true 60 life_says ready
	docker stop --time 60 "$life" >/dev/null
	same "$1: docker stop reaches the service" 3 "$(life_status)"
	verify "$1: it could say so" life_says stopping
}

# Runs a script of the terminal (see pty.c) against an interactive shell in a container.
at_terminal() { # NAME STATUS
	docker rm --force "$life" >/dev/null 2>&1
	# The client itself needs the terminal, so it cannot be the function.
	# shellcheck disable=SC2086 # words
	terminal_said=$("$pty" "$here/engine.sh" docker "$engine" run --interactive --tty --name "$life" \
		--network none --volume "$stepdown:/sbin/stepdown:ro" $engine_options --env 'PS1=> ' \
		--entrypoint /sbin/stepdown "$base" --user 10001:10001 $options -- sh -i 2>&1)
	terminal_status=$?
	if [ $terminal_status -eq "$2" ]; then
		pass "$1"
	else
		fail "$1" "exit status $terminal_status, not $2
$terminal_said"
	fi
}

# What is typed is shown too, so an expected word is put together by the shell and never typed whole;
# and nothing is interrupted before cat has answered: it runs then, and no shell is in between.
terminal() { # NAME [WHAT /dev/stdout SAYS]
	at_terminal "$1: Ctrl-C ends the job and not the shell" 7 <<-'END'
		expect >
		send cat\r
		send one\r
		expect one
		expect one
		send \x03
		expect >
		send echo sur""vived\r
		expect survived
		send exit 7\r
	END
	at_terminal "$1: Ctrl-Z stops a job, fg goes on with it" 0 <<-'END'
		expect >
		send cat\r
		send one\r
		expect one
		expect one
		send \x1a
		expect Stopped
		expect >
		send echo at the pro""mpt\r
		expect at the prompt
		send fg\r
		expect cat
		send two\r
		expect two
		expect two
		send \x04
		expect >
		send exit\r
	END
	at_terminal "$1: the size of the window, and its changes" 0 <<-'END'
		expect >
		send trap 'echo chan""ged' WINCH\r
		expect >
		send while [ "$(stty size)" != "40 132" ]; do sleep 0.1; done; echo it is ri""ght\r
		size 40 132 changed
		size 40 132 it is right
		send exit\r
	END
	# Given away for good only where it ends with the container: as PID 1.
	at_terminal "$1: the terminal can be opened as /dev/tty, as /dev/stdout by PID 1's service" 0 <<-END
		expect >
		send echo opened""-by-name >/dev/tty; echo stdout""-too >/dev/stdout\r
		expect opened-by-name
		expect ${2:-stdout-too}
		send exit 0\r
	END
}

lifecycle_under() { # NAME [WHAT /dev/stdout SAYS]
	exit_statuses "$1"
	stop_reaches "$1"
	terminal "$@"
}

if needs_engine 'the life of a service'; then
	base=$(sed -n 's/^ARG DEBIAN=//p' "$top/Dockerfile.example")
	if "$here/engine.sh" image "$engine" "$base"; then
		options=
		engine_options=
		lifecycle_under plain
		engine_options=--init
		lifecycle_under 'docker --init' 'Permission denied'
		docker rm --force "$life" >/dev/null
	else
		skip 'the life of a service' "there is no base image"
	fi
fi
