# SPDX-License-Identifier: MIT
# shellcheck shell=sh
# shellcheck disable=SC2154 # run sets scratch, top and image
#
# explain.sh - --explain in a real engine, under the engine's own default profile
#
# Sourced by run. The engine's filter is in front of ours: what it denies never gets here.

# What the service printed into $scratch/out, the log into $scratch/log.
explain() { # ENGINE-OPTIONS STEPDOWN-OPTIONS MODE...
	explain_engine=$1
	explain_ours=$2
	shift 2
	# shellcheck disable=SC2086 # lists of words
	docker run --rm --volume "$top/build/tests/helpers/denied:/denied:ro" \
		--entrypoint /sbin/stepdown $explain_engine "$image" --explain $explain_ours -- \
		/denied "$@" >"$scratch/out" 2>"$scratch/log"
}

explained() { # NAME ENGINE-OPTIONS STEPDOWN-OPTIONS CALL MODE...
	explained_name=$1
	explained_engine=$2
	explained_ours=$3
	explained_call=$4
	shift 4
	explain "$explained_engine" "$explained_ours" "$@"
	same "$explained_name: the service gets EPERM" -1 "$(cat "$scratch/out")"
	contains "$explained_name: the log says why" "$(cat "$scratch/log")" "(denied) $explained_call"
	contains "$explained_name: the log has the count" "$(cat "$scratch/log")" \
		'calls 1, kinds 1, calls without a line for their kind 0, lines that the log had no room for 0;'
}

explain_suite() {
	chroot_said='chroot("/a "path"\x0a") = EPERM; profile default: line '
	explained 'explain' '' '--user app' "$chroot_said" path
	explained 'explain, USER in the image' '--user 10001:10002' '' "$chroot_said" path
	explained 'explain, read-only root' '--read-only' '--user app' "$chroot_said" path
	explained 'explain, no capability' \
		'--cap-drop ALL --cap-add SETUID --cap-add SETGID --cap-add SYS_CHROOT' '--user app' \
		"$chroot_said" path
	explained 'explain, strict' '' '--user app --seccomp strict' \
		'socket(AF_PACKET, 1, 0) = EPERM; profile strict: the rules from line ' socket 17
	explain '' '--user app' one
	same 'explain: what the engine denies is denied' -1 "$(cat "$scratch/out")"
	contains 'explain: and not counted, which is said' "$(cat "$scratch/log")" \
		"calls 0, kinds 0, calls without a line for their kind 0, lines that the log had no room for 0; what the engine's own filter denies is not counted"
	explain '' '--user app --log json' path
	contains 'explain, json' "$(cat "$scratch/log")" '"call":"chroot","arguments":"\"/a \"path\"\\x0a\"","errno":"EPERM","profile":"default","rule":"line '
	explain '' '--user app' threads 64
	same 'explain: 64 threads' 'other=0' "$(cat "$scratch/out")"
}

if needs_engine 'explain'; then
	explain_suite
fi
