# SPDX-License-Identifier: MIT
# shellcheck shell=sh
# shellcheck disable=SC2154 # run sets engine, here, scratch, stepdown and top
#
# learn.sh - stepdown-kit learn and check under a plain `docker run`, and what comes of it
#
# Sourced by run. The image has no C library of the host's in it: busybox, stepdown and the kit.

kit=${KIT:-$top/build/stepdown-kit}
learn_image='stepdown-learn'
# Several processes, pipes, a directory, a signal handler.
# shellcheck disable=SC2016 # the shell in the container expands it
service='trap "echo handled" USR1; ls / >/dev/null; cat /etc/passwd | wc -l; kill -USR1 $$; sleep 0.1; echo served'

make_learn_image() {
	root=$scratch/learn-root
	mkdir -p "$root/bin" "$root/sbin" "$root/etc" "$root/tmp" "$root/proc" "$root/dev" "$root/sys"
	cp "$(command -v busybox)" "$root/bin/busybox"
	for name in sh ls cat wc kill sleep mkfifo mkdir; do
		ln -s busybox "$root/bin/$name"
	done
	cp "$stepdown" "$root/sbin/stepdown"
	cp "$kit" "$root/bin/stepdown-kit"
	printf 'root:x:0:0:root:/:/bin/sh\napp:x:10001:10001:app:/:/bin/sh\n' >"$root/etc/passwd"
	printf 'root:x:0:\napp:x:10001:\n' >"$root/etc/group"
	chown -R 0:0 "$root"
	chmod 1777 "$root/tmp"
	tar --directory "$root" --numeric-owner --create --file - . |
		docker import - "$learn_image" >/dev/null
	mkdir -p "$scratch/learned" "$scratch/learned/user"
	chmod 0755 "$scratch/learned"
	chown 10001:10001 "$scratch/learned/user"
}

in_learn() { # ENGINE_OPTIONS COMMAND...
	options=$1
	shift
	# shellcheck disable=SC2086 # words
	docker run --rm --network none --volume "$scratch/learned:/out" $options "$learn_image" "$@" \
		>"$scratch/said" 2>"$scratch/said.err"
}

# The service did all of its work.
served() {
	same "$1" '2
handled
served' "$(cat "$scratch/said")"
}

learns_as_root() {
	in_learn '' stepdown-kit learn -o /out/web.json --record /out/web.rec --user app -- sh -c "$service"
	same 'learn, root in a plain container: exit status' 0 $?
	served 'learn, root in a plain container: the service works'
	verify 'learn, root in a plain container: what it found' grep -q getdents64 "$scratch/learned/web.json"
	verify 'learn, root in a plain container: every path was read' grep -qx 'unread 0' "$scratch/learned/web.rec"
	verify 'learn, root in a plain container: files' grep -qx 'file read /etc/passwd' "$scratch/learned/web.rec"
}

learns_as_user() {
	in_learn '--user 10001:10001' stepdown-kit learn -o /out/user/web.json --record /out/user/web.rec \
		-- sh -c "$service"
	same 'learn, an ordinary user in a plain container: exit status' 0 $?
	served 'learn, an ordinary user in a plain container: the service works'
	same 'learn: root and the user find the same' "$(calls_of "$scratch/learned/web.rec")" \
		"$(calls_of "$scratch/learned/user/web.rec")"
}

calls_of() { # RECORDING
	sed -n 's/^call [^ ]* \([^ ]*\) .*/\1/p' "$1" | sort -u | grep -vx -e getgroups -e setgroups
}

# The profile as the engine's own filter, in the settings that people use.
works_under_docker() {
	profile="--security-opt seccomp=$scratch/learned/web.json"
	in_learn "$profile --user 10001:10001" sh -c "$service"
	served 'docker run --security-opt seccomp=LEARNED: the service works'
	in_learn "$profile --user 10001:10001 --security-opt no-new-privileges" sh -c "$service"
	served 'docker run seccomp=LEARNED no-new-privileges: the service works'
	in_learn "$profile" stepdown --user app --seccomp off -- sh -c "$service"
	served 'docker run seccomp=LEARNED, stepdown as the entry: the service works'
	in_learn "$profile --user 10001:10001" mkfifo /tmp/pipe
	contains 'docker run seccomp=LEARNED: what was not learned is denied' "$(cat "$scratch/said.err")" \
		'Operation not permitted'
}

# With no capability the container does not get the rules for the engine, unless they were asked for.
works_without_capabilities() {
	in_learn '' stepdown-kit learn --engine -o /out/engine.json --user app -- sh -c "$service"
	profile="--security-opt seccomp=$scratch/learned/engine.json --user 10001:10001 --cap-drop ALL"
	in_learn "$profile" sh -c "$service"
	served 'docker run seccomp=LEARNED --cap-drop ALL, learnt with --engine: the service works'
	in_learn "$profile --security-opt no-new-privileges" sh -c "$service"
	served 'docker run seccomp=LEARNED --cap-drop ALL no-new-privileges, the same'
}

works_compiled() {
	in_learn '' stepdown-kit compile /out/web.json -o /out/web.seccomp
	same 'compile LEARNED: exit status' 0 $?
	in_learn '' stepdown --user app --seccomp /out/web.seccomp -- sh -c "$service"
	served 'stepdown --seccomp LEARNED: the service works'
	in_learn '' stepdown --user app --seccomp /out/web.seccomp -- mkdir /tmp/folder
	contains 'stepdown --seccomp LEARNED: the calls of an engine are not in it' \
		"$(cat "$scratch/said.err")" 'Operation not permitted'
}

stops_with_the_container() {
	docker rm --force learner >/dev/null 2>&1
	rm -f "$scratch/learned/stopped.json"
	docker run --detach --name learner --network none --volume "$scratch/learned:/out" "$learn_image" \
		stepdown-kit learn -o /out/stopped.json --user app -- \
		sh -c 'trap "echo stopping; exit 3" TERM; echo ready; while :; do sleep 0.1; done' >/dev/null
	verify 'learn until docker stop: the service is ready' until_true 60 learner_says ready
	docker stop --time 60 learner >/dev/null
	same 'learn until docker stop: exit status' 0 "$(docker wait learner)"
	verify 'learn until docker stop: the service was asked' learner_says stopping
	verify 'learn until docker stop: there is a profile' grep -q wait4 "$scratch/learned/stopped.json"
	docker rm --force learner >/dev/null 2>&1
}

learner_says() {
	docker logs learner 2>&1 | grep -qF -e "$1"
}

checks() {
	in_learn '' stepdown-kit check /out/web.json --user app -- sh -c "$service"
	same 'check LEARNED with the same service: exit status' 0 $?
	in_learn '' stepdown-kit check /out/web.json --user app -- sh -c "$service; mkfifo /tmp/pipe"
	same 'check LEARNED with another: exit status' 1 $?
	contains 'check LEARNED with another: says the call' "$(cat "$scratch/said.err")" 'mknod'
}

if [ ! -x "$kit" ]; then
	fail "there is a $kit" "build it first: make"
elif needs_engine 'learning in containers'; then
	verify 'the image to learn in' make_learn_image
	learns_as_root
	learns_as_user
	works_under_docker
	works_without_capabilities
	works_compiled
	stops_with_the_container
	checks
fi
