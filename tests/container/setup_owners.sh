# SPDX-License-Identifier: MIT
# shellcheck shell=sh
# shellcheck disable=SC2154 # run sets engine, here, image, scratch, stepdown and top
#
# setup_owners.sh - --mkdir, --chown and --chown-once in containers and on volumes
#
# Sourced by run. Volumes are folders of this machine, so that they can be looked at from outside.

volume=$scratch/volume
owners_image=$image

# A volume as another service has left it, with what must not be given away in it.
make_volume() {
	rm -rf "$volume"
	mkdir -p "$volume/sub/deep" "$scratch/other"
	touch "$volume/file" "$volume/sub/deep/file" "$scratch/other/secret"
	ln -f "$scratch/other/secret" "$volume/hard"
	ln -s /etc/passwd "$volume/link"
	mknod "$volume/device" c 1 3
	chown -hR 4321:4321 "$volume"
	chown 0:0 "$scratch/other/secret" "$volume/device"
}

owned() { # PATH
	stat -c %u:%g "$volume/$1"
}

# owners_run ENGINE_OPTIONS STEPDOWN_OPTIONS COMMAND...
owners_run() {
	owners_engine=$1
	owners_options=$2
	shift 2
	# shellcheck disable=SC2086 # words
	docker run --rm --network none $owners_engine --entrypoint /sbin/stepdown "$owners_image" \
		$owners_options -- "$@" >"$scratch/seen" 2>"$scratch/seen.err"
}

# In $owners_image, whose user it is said by number, with the engine's options.
on_a_volume() { # NAME ENGINE_OPTIONS
	make_volume
	owners_run "$2 --volume $volume:/data" '--user 10001:10002 --chown /data' /probe powerless
	same "$1: exit status" 0 $?
	for path in . file link sub sub/deep/file; do
		same "$1: $path" 10001:10002 "$(owned $path)"
	done
	same "$1: another name of a file elsewhere" 0:0 "$(owned hard)"
	same "$1: a device" 0:0 "$(owned device)"
	same "$1: what was left alone is counted" \
		'stepdown: warning: /data: left alone: 1 files with several links, 1 devices, 0 mounts' \
		"$(cat "$scratch/seen.err")"
}

on_volumes() {
	for options in '' --read-only '--read-only --tmpfs /run' \
		'--cap-drop ALL --cap-add CHOWN --cap-add SETUID --cap-add SETGID --cap-add DAC_OVERRIDE'; do
		on_a_volume "owners: ${options:-default}" "$options"
	done
	make_volume
	owners_run "--volume $volume:/data" '--user app --chown-once /data' /probe powerless
	chown 4321:4321 "$volume/file"
	owners_run "--volume $volume:/data" '--user app --chown-once /data' /probe powerless
	same 'owners: once: a second start leaves it alone' 4321:4321 "$(owned file)"
	owners_run "--cap-drop ALL --cap-add SETUID --cap-add SETGID --volume $volume:/data" \
		'--user app --chown-once /data' /probe powerless
	same 'owners: once: a right volume needs no power' 0 $?
	make_volume
	owners_run "--user 10001:10002 --volume $volume:/data" '--chown /data' /probe powerless
	same 'owners: as a user: a service all the same' 0 $?
	same 'owners: as a user: nothing is given away' 4321:4321 "$(owned .)"
	owners_run "--user 10001:10002 --volume $volume:/data" '--dry-run --chown /data' /probe
	contains 'owners: as a user: it is left out' "$(value "$scratch/seen" left_out)" \
		'chown: --chown /data needs a start as root'
}

# A tree that takes long. An engine that is slower than the walk is asked again, for another user.
stopped_meanwhile() {
	rm -rf "$volume"
	mkdir -p "$volume"
	(cd "$volume" && for i in $(seq 400); do mkdir "$i" && (cd "$i" && seq 1000 | xargs touch); done)
	for owners_uid in 20001 20002 20003 20004 20005; do
		chown 4321:4321 "$volume"
		docker run --detach --name owners-stopped --network none --volume "$volume:/data" \
			--entrypoint /sbin/stepdown "$image" --user $owners_uid --chown /data -- /probe \
			sleep >/dev/null
		verify 'owners: stopped: it begins' until_true 60 some_is_owned
		docker stop --time 60 owners-stopped >/dev/null
		docker logs owners-stopped >"$scratch/seen.err" 2>&1
		owners_status=$(docker inspect --format '{{.State.ExitCode}}' owners-stopped)
		docker rm owners-stopped >/dev/null
		[ -s "$scratch/seen.err" ] && break
	done
	same 'owners: stopped: exit status' 143 "$owners_status"
	same 'owners: stopped: says so' \
		'stepdown: cannot finish /data: Operation canceled; it was asked to stop; the next start does the rest' \
		"$(cat "$scratch/seen.err")"
	same 'owners: stopped: the volume is not given away' 4321:4321 "$(owned .)"
	owners_run "--volume $volume:/data" "--user $owners_uid --chown-once /data" /probe powerless
	same 'owners: stopped: the next start is right' 0 $?
	same 'owners: stopped: all is given away then' 0 \
		"$(find "$volume" ! -user "$owners_uid" -o ! -group "$owners_uid" | wc -l)"
	rm -rf "$volume"
}

some_is_owned() {
	stat -c =%u= "$volume"/*/1 | grep -q "=$owners_uid="
}

owners_refused() { # NAME ENGINE_OPTIONS STEPDOWN_OPTIONS PART
	owners_run "$2" "$3" /probe
	same "owners: $1: exit status" 125 $?
	same "owners: $1: no service" '' "$(cat "$scratch/seen")"
	contains "owners: $1: says $4" "$(cat "$scratch/seen.err")" "$4"
}

refusals_of_owners() {
	make_volume
	owners_refused 'cap-drop ALL' \
		"--cap-drop ALL --cap-add SETUID --cap-add SETGID --volume $volume:/data" \
		'--user app --chown /data' '--cap-add CHOWN'
	owners_refused 'a volume mounted read-only' "--volume $volume:/data:ro" \
		'--user app --chown /data' 'mount it writable'
	owners_refused 'mkdir in a read-only root' --read-only '--user app --mkdir /run/app' 'a tmpfs'
	owners_refused 'no volume' '' '--user app --chown /data' 'add --mkdir'
	owners_refused 'stepdown itself' '' '--user app --chown /sbin' 'not given away'
	same 'owners: refusals have changed nothing' 4321:4321 "$(owned file)"
}

# Directories, seen by the user who may write in them.
made_directories() {
	base=$(sed -n 's/^ARG DEBIAN=//p' "$top/Dockerfile.example")
	for options in '' '--read-only --tmpfs /run'; do
		owners_run "$options" '--user app --mkdir /run/app:0750 --mkdir /run/a/b' /probe powerless
		same "owners: ${options:-default}: mkdir in a scratch image" 0 $?
	done
	owners_run '--user 10001' '--mkdir /run/app' /probe powerless
	same 'owners: mkdir as a user: a service all the same' 0 $?
	owners_run '--user 10001' '--dry-run --mkdir /run/app' /probe
	contains 'owners: mkdir as a user is left out' "$(value "$scratch/seen" left_out)" \
		'mkdir: --mkdir /run/app needs a start as root'
	if ! verify_said=$("$here/engine.sh" image "$engine" "$base" 2>&1); then
		skip 'directories in a Debian image' "$verify_said"
		return
	fi
	# shellcheck disable=SC2016 # the container's shell expands it
	same 'owners: mkdir in a Debian image' '10001:10001 750
10001:10001 755
0:0 755' "$(docker run --rm --network none --read-only --tmpfs /run \
		--volume "$stepdown:/sbin/stepdown:ro" --entrypoint /sbin/stepdown "$base" --user 10001 \
		--mkdir /run/app:0750 --mkdir /run/a/b -- sh -c \
		'touch /run/app/x /run/a/b/x && stat -c "%u:%g %a" /run/app /run/a/b /run/a' 2>&1)"
	owners_image=$base
	for options in '' --read-only; do
		on_a_volume "owners: Debian: ${options:-default}" \
			"$options --volume $stepdown:/sbin/stepdown:ro --volume $probe:/probe:ro"
	done
	owners_image=$image
}

if needs_engine 'directories and owners in containers'; then
	on_volumes
	stopped_meanwhile
	refusals_of_owners
	made_directories
fi
