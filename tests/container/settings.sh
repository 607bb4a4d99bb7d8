# SPDX-License-Identifier: MIT
# shellcheck shell=sh
# shellcheck disable=SC2154 # run sets engine, here, image and scratch
#
# settings.sh - every setting of the engine, the probe against --dry-run in each
#
# Sourced by run. The question of each row: does the service get what was said, and can it get more?

# Runs the image with the engine's options ($engine_options), which are words.
in_container() { # COMMAND...
	entrypoint=$1
	shift
	# shellcheck disable=SC2086 # words
	docker run --rm --network none --hostname container $engine_options --entrypoint "$entrypoint" \
		"$image" "$@"
}

# The three looks at one setting: what is promised, what is got, what there was without us.
look() { # STEPDOWN_OPTIONS
	# shellcheck disable=SC2086 # words
	{
		in_container /sbin/stepdown --dry-run $1 -- /probe one two >"$scratch/dry" 2>"$scratch/dry.err"
		in_container /sbin/stepdown $1 -- /probe one two >"$scratch/seen" 2>"$scratch/seen.err"
		in_container /probe >"$scratch/bare" 2>"$scratch/bare.err"
	}
}

one_filter_more() {
	same "$1: one filter more than the engine's own" \
		$(($(value "$scratch/bare" seccomp.filters) + 1)) "$(value "$scratch/seen" seccomp.filters)"
}

# setting NAME ENGINE_OPTIONS STEPDOWN_OPTIONS EXPECTATION...
setting() {
	name=$1
	engine_options=$2
	stepdown_options=$3
	shift 3
	look "$stepdown_options"
	verify "$name: what was said is what is got" "$here/compare" "$scratch/dry" "$scratch/seen"
	expect "$name" no_new_privs=1 seccomp=confined cap.effective=none cap.permitted=none \
		cap.inheritable=none cap.ambient=none descriptors=0,1,2 'command=/probe one two' "$@"
	one_filter_more "$name"
	# shellcheck disable=SC2086 # words
	verify "$name: nothing can be got back" \
		in_container /sbin/stepdown $stepdown_options -- /probe regain /setuid-probe
}

# refused NAME ENGINE_OPTIONS STEPDOWN_OPTIONS PART_OF_THE_SENTENCE...
refused() {
	name=$1
	engine_options=$2
	# shellcheck disable=SC2086 # words
	in_container /sbin/stepdown $3 -- /probe >"$scratch/seen" 2>"$scratch/seen.err"
	same "$name: exit status" 125 $?
	same "$name: no service" "" "$(cat "$scratch/seen")"
	same "$name: one line" 1 "$(wc -l <"$scratch/seen.err")"
	shift 3
	for part in "$@"; do
		contains "$name: says $part" "$(cat "$scratch/seen.err")" "$part"
	done
}

app='uid=10001 gid=10002 groups=10002,10003 home=/home/app env.USER=app'
locked='securebits=0xcf cap.bounding=none'

settings_of_the_engine() {
	# shellcheck disable=SC2086 # words
	{
		setting default '' '--user app' $app $locked descriptor.1=pipe:10001 stdout.opens=yes
		setting 'numeric user' '' '--user 10001:10002' uid=10001 gid=10002 groups=10002 $locked
		setting 'unknown number' '' '--user 4321' uid=4321 gid=4321 groups=4321 home=/ $locked
		setting read-only --read-only '--user app' $app $locked
		setting 'cap-drop ALL, SETUID and SETGID' '--cap-drop ALL --cap-add SETUID --cap-add SETGID' \
			'--user app' $app cap.bounding=setgid,setuid securebits=0x0 ~cap.bounding ~securebits
		setting 'cap-drop ALL, SETUID, SETGID and SETPCAP' \
			'--cap-drop ALL --cap-add SETUID --cap-add SETGID --cap-add SETPCAP' '--user app' $app $locked
		setting 'user 10001' '--user 10001' '' uid=10001 gid=10002
		setting 'user without an entry' '--user 4321' '' uid=4321 gid=0
		setting 'user 10001 with another --user' '--user 10001:10002' '--user 4321' uid=10001 gid=10002
		setting 'user 10001 and group-add' '--user 10001:10002 --group-add 20' '' uid=10001 gid=10002 \
			groups=20,10002
		setting 'group-add as root' '--group-add 999' '--user app' $app $locked
		setting no-new-privileges '--security-opt no-new-privileges' '--user app' $app $locked
		setting 'seccomp=unconfined' '--security-opt seccomp=unconfined' '--user app' $app $locked \
			seccomp.filters=1
		setting privileged '--privileged --runtime trimmed' '--user app' $app $locked seccomp.filters=1
		setting init --init '--user app' $app $locked
		setting 'pid host' '--pid host' '--user app' $app $locked
		setting ulimit '--ulimit nofile=1000:2000 --ulimit core=0' '--user app' $app \
			rlimit.nofile=1000:2000 rlimit.core=0:0
		setting workdir '--workdir /tmp' '--user app' $app workdir=/tmp
		setting environment '--env ODD=a=b\c --env STEPDOWN_USER=root --env HOME=/elsewhere' '--user app' \
			$app 'env.ODD=a=b\c' !env.STEPDOWN_USER
	}
	refused 'cap-drop ALL' '--cap-drop ALL' '--user app' CAP_SETUID CAP_SETGID \
		'--cap-add SETUID --cap-add SETGID' 'USER 10001:10002'
	refused 'cap-drop SETGID' '--cap-drop SETGID' '--user app' CAP_SETGID
	refused 'no user' '' '' '--user'
	refused 'root without --allow-root' '' '--user root' --allow-root
	refused 'a capability that the container lacks' '' '--user app --keep-cap sys_admin' sys_admin \
		'--cap-add'
}

# A capability that is kept is kept, and no other.
kept_capability() {
	engine_options=
	look '--user app --keep-cap net_bind_service'
	verify 'keep-cap: what was said is what is got' "$here/compare" "$scratch/dry" "$scratch/seen"
	for set in effective permitted inheritable bounding ambient; do
		expect keep-cap "cap.$set=net_bind_service"
	done
}

# docker exec is what HEALTHCHECK is: root, beside a running service, without ENTRYPOINT.
beside_a_service() {
	docker rm --force beside >/dev/null 2>&1
	docker run --detach --name beside --network none --entrypoint /sbin/stepdown "$image" \
		--user 4321 -- /probe sleep >/dev/null
	docker exec beside /sbin/stepdown --no-setup --user app --dry-run -- /probe \
		>"$scratch/dry" 2>"$scratch/dry.err"
	docker exec beside /sbin/stepdown --no-setup --user app -- /probe \
		>"$scratch/seen" 2>"$scratch/seen.err"
	verify 'docker exec: what was said is what is got' "$here/compare" "$scratch/dry" "$scratch/seen"
	# shellcheck disable=SC2086 # words
	expect 'docker exec' $app $locked no_new_privs=1 seccomp=confined
	verify 'docker exec: nothing can be got back' \
		docker exec beside /sbin/stepdown --no-setup --user app -- /probe regain /setuid-probe
	docker rm --force beside >/dev/null
}

user_namespace() {
	needs_remapping_engine 'userns-remap' || return
	# shellcheck disable=SC2086 # words
	setting 'userns-remap' '' '--user app' $app $locked
	refused 'userns-remap, an id outside' '' '--user 70000' 70000 '0-65535'
	leave_remapping_engine
}

if needs_engine 'the settings of the engine'; then
	settings_of_the_engine
	kept_capability
	beside_a_service
	user_namespace
fi
