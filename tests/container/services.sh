# SPDX-License-Identifier: MIT
# shellcheck shell=sh
# shellcheck disable=SC2154 # run sets engine, here, probe, scratch, stepdown and top
#
# services.sh - real services of Debian's do their work behind stepdown, and what they are denied is known
#
# Sourced by run. Each runs in a container of its own with the load that services/work puts on it,
# once under each profile with --explain, without the engine's filter, which would hide denials from
# us; and once under strict as people start it, engine's filter and all. README.md has the table.
# SERVICES="nginx git" is for trying some of them alone.

kit=${KIT:-$top/build/stepdown-kit}
services_image='stepdown-services'

# NAME, what default denies, what strict denies; the reasons stand in the profiles' comments. clone3 gets
# ENOSYS on purpose, and libc goes on with clone; ZGC asks for memory nodes with get_mempolicy, which
# Docker denies too, and for a memfd, in place of which it takes a file of /dev/shm.
what_is_denied() {
	cat <<-'END'
		nginx clone3=ENOSYS clone3=ENOSYS
		postgresql clone3=ENOSYS clone3=ENOSYS
		redis clone3=ENOSYS clone3=ENOSYS
		node clone3=ENOSYS clone3=ENOSYS
		python clone3=ENOSYS clone3=ENOSYS
		java clone3=ENOSYS,get_mempolicy=EPERM clone3=ENOSYS,get_mempolicy=EPERM,memfd_create=EPERM
		go - -
		memcached clone3=ENOSYS clone3=ENOSYS
		shell - -
		sqlite - -
		curl clone3=ENOSYS clone3=ENOSYS
		git clone3=ENOSYS clone3=ENOSYS
	END
}

build_services() {
	base=$(sed -n 's/^ARG DEBIAN=//p' "$top/Dockerfile.example")
	"$here/engine.sh" image "$engine" "$base" || return 1
	docker build --network host --build-arg http_proxy --build-arg https_proxy \
		--build-arg no_proxy --build-arg BASE="$base" --tag "$services_image" "$here/services" || return 1
	mkdir -p "$scratch/services/out"
	chmod 0755 "$scratch/services"
	# The Go program answers for names itself.
	echo 'nameserver 127.0.0.1' >"$scratch/services/resolv.conf"
	GO111MODULE=off CGO_ENABLED=0 go build -o "$scratch/services/service" "$here/services/service.go"
}

in_services() { # ENGINE_OPTION PROGRAM ARGUMENT...
	services_option=$1
	services_program=$2
	shift 2
	# shellcheck disable=SC2086 # nothing, or one word
	docker run --rm --network none --tmpfs /tmp:exec,mode=1777 $services_option \
		--volume "$stepdown:/sbin/stepdown:ro" --volume "$kit:/bin/stepdown-kit:ro" \
		--volume "$scratch/services/service:/go/service:ro" \
		--volume "$scratch/services/resolv.conf:/etc/resolv.conf:ro" \
		--volume "$scratch/services/out:/out" --entrypoint "$services_program" "$services_image" \
		"$@" >"$scratch/services/said" 2>&1
}

# CALL=ERRNO of each kind, sorted, with commas between; "-" if there was none.
denials() {
	sed -n 's/^stepdown: denied: [^ ]* pid [0-9]* (.*) \([a-z0-9_]*\)(.*) = \([A-Z0-9]*\); profile .*/\1=\2/p' \
		"$scratch/services/said" | sort -u | paste -sd, | sed 's/^$/-/'
}

explained() { # NAME PROFILE DENIALS
	in_services --security-opt=seccomp=unconfined /sbin/stepdown --user app --seccomp "$2" --explain -- \
		/services/work "$1"
	services_status=$?
	contains "$1, $2: its work is done" "$(cat "$scratch/services/said")" "$1: done"
	same "$1, $2: exit status" 0 $services_status
	same "$1, $2: what was denied" "$3" "$(denials)"
	contains "$1, $2: every denial was seen" "$(cat "$scratch/services/said")" \
		'calls without a line for their kind 0, lines that the log had no room for 0;'
}

as_people_do() { # NAME
	in_services '' /sbin/stepdown --user app --seccomp strict -- /services/work "$1"
	services_status=$?
	contains "$1, strict and the engine's filter: its work is done" \
		"$(cat "$scratch/services/said")" "$1: done"
	same "$1, strict and the engine's filter: exit status" 0 $services_status
}

# How many calls a profile allows an ordinary service, some of them with conditions.
allowed_calls() { # PROFILE.json [OPTION...]
	"$kit" show "$@" | awk '
		/^ALLOW: / { count += $2 }
		/^by argument: / { conditional = 1 }
		conditional && /^    [a-z]/ { allowed = 0 }
		conditional && /^        ALLOW/ && !allowed { allowed = 1; count++ }
		END { print count + 0 }'
}

learned() { # NAME
	in_services '' /bin/stepdown-kit learn -o "/out/$1.json" --user app -- /services/work "$1"
	contains "$1, learning: its work is done" "$(cat "$scratch/services/said")" "$1: done"
	verify "$1, learning: a profile is made" test -s "$scratch/services/out/$1.json" || return
	learned_calls=$(allowed_calls "$scratch/services/out/$1.json")
	verify "$1, learning: $learned_calls calls, fewer than strict's" test "$learned_calls" -lt "$strict_calls"
}

# A cell of README.md's table.
# shellcheck disable=SC2016 # Markdown
cell() { # DENIALS
	printf '%s' "$1" | sed -e 's/^-$/nothing/' -e 's/=[A-Z0-9]*//g' -e 's/[a-z0-9_]*/`&`/g' -e 's/``//g' \
		-e 's/`nothing`/nothing/' -e 's/,/, /g'
}

# A denial is a decision: the profile itself has a word for the call.
has_its_reason() { # NAME PROFILE DENIALS
	for call in $(printf '%s' "$3" | sed -e 's/^-$//' -e 's/=[A-Z0-9]*,*/ /g'); do
		verify "$1, $2: the profile says why $call is denied" \
			grep -q "\"comment\": .*$call\|\"names\": \[ \"$call\" \]" "$top/src/profiles/$2.json"
	done
}

documented_row() { # NAME DEFAULT STRICT
	contains "$1: README.md's table says so" \
		"$(sed -n "s/^| $1[^|]*|/|/p" "$top/README.md")" "| $(cell "$2") | $(cell "$3") |"
}

# Were a denial never to be seen, everything above would be well, too.
denials_are_seen() {
	in_services --security-opt=seccomp=unconfined /sbin/stepdown --user app --seccomp strict --explain -- \
		sh -c 'unshare --user true; python3 -c "import socket; socket.socket(38, 5, 0)"'
	same 'a service that is denied something: it is seen' 'socket=EPERM,unshare=EPERM' "$(denials)"
}

# Its usual container has this capability, by which the engine chooses rules.
docker_is_counted() {
	docker_profile=$top/build/deps/engine-profiles/docker.json
	if [ ! -e "$docker_profile" ]; then
		skip "the calls that Docker's default allows" "$docker_profile is missing: make tests"
		return
	fi
	docker_calls=$(allowed_calls "$docker_profile" --cap CAP_SYS_CHROOT)
	contains "README.md says that Docker's default allows $docker_calls calls" \
		"$(tr '\n' ' ' <"$top/README.md")" "Docker's (20.10, for its usual container) $docker_calls."
}

services_do_their_work() {
	strict_calls=$(allowed_calls "$top/src/profiles/strict.json")
	default_calls=$(allowed_calls "$top/src/profiles/default.json")
	verify "README.md says that default allows $default_calls calls, strict $strict_calls" \
		grep -qF "\`default\` allows $default_calls calls, \`strict\` $strict_calls" "$top/README.md"
	docker_is_counted
	denials_are_seen
	for name in ${SERVICES:-$(what_is_denied | cut -d ' ' -f 1)}; do
		what_is_denied | grep "^$name "
	done >"$scratch/services/table"
	while read -r name by_default by_strict <&3; do
		explained "$name" default "$by_default"
		explained "$name" strict "$by_strict"
		as_people_do "$name"
		[ $can_learn = no ] || learned "$name"
		has_its_reason "$name" default "$by_default"
		has_its_reason "$name" strict "$by_strict"
		documented_row "$name" "$by_default" "$by_strict"
	done 3<"$scratch/services/table"
}

if needs_engine 'real services'; then
	if ! command -v go >/dev/null; then
		skip 'real services' 'go is not installed (Debian: apt-get install golang-go)'
	elif build_services >"$scratch/services.log" 2>&1; then
		can_learn=yes
		if "$kit" learn 2>&1 | grep -q 'no such command'; then
			can_learn=no
			skip 'the profiles that are learned from real services' 'this stepdown-kit cannot learn'
		fi
		services_do_their_work
	else
		fail 'real services: the image is built' "$(tail -n 20 "$scratch/services.log")"
	fi
fi
