# SPDX-License-Identifier: MIT
# shellcheck shell=sh
# shellcheck disable=SC2154 # run sets engine, here, image and scratch
#
# setup_service.sh - environment, secrets, PUID, directory, umask, limits and oom score in containers
#
# Sourced by run. Each start is compared with its --dry-run; a refusal starts nothing.

service_image=$image

# Runs stepdown in a container with the engine's options ($engine_options), which are words.
service_run() { # STEPDOWN_OPTIONS... -- COMMAND...
	# shellcheck disable=SC2086 # words
	docker run --rm --network none --hostname container $engine_options \
		--entrypoint /sbin/stepdown "$service_image" "$@"
}

# gets NAME ENGINE_OPTIONS STEPDOWN_OPTIONS EXPECTATION...
gets() {
	name=$1
	engine_options=$2
	stepdown_options=$3
	shift 3
	# shellcheck disable=SC2086 # words
	{
		service_run $stepdown_options --dry-run -- /probe one >"$scratch/dry" 2>"$scratch/dry.err"
		service_run $stepdown_options -- /probe one >"$scratch/seen" 2>"$scratch/seen.err"
	}
	same "$name: it starts" 0 $?
	verify "$name: what was said is what is got" "$here/compare" "$scratch/dry" "$scratch/seen"
	expect "$name" cap.effective=none no_new_privs=1 seccomp=confined descriptors=0,1,2 "$@"
}

# is_refused NAME ENGINE_OPTIONS STEPDOWN_OPTIONS PART_OF_THE_SENTENCE...
is_refused() {
	name=$1
	engine_options=$2
	# shellcheck disable=SC2086 # words
	service_run $3 -- /probe >"$scratch/seen" 2>"$scratch/seen.err"
	same "$name: exit status" 125 $?
	same "$name: no service" "" "$(cat "$scratch/seen")"
	same "$name: one line" 1 "$(wc -l <"$scratch/seen.err")"
	shift 3
	for part in "$@"; do
		contains "$name: says $part" "$(cat "$scratch/seen.err")" "$part"
	done
}

# Secrets as a person mounts them and as the kubelet does, and a volume full of another's files.
make_volumes() {
	mkdir -p "$scratch/secrets" "$scratch/kubernetes/..2026_11_22" "$scratch/foreign/inside"
	printf 'sesame\n' >"$scratch/secrets/db"
	printf 'sesame\n' >"$scratch/kubernetes/..2026_11_22/db"
	ln -s ..2026_11_22 "$scratch/kubernetes/..data"
	ln -s ..data/db "$scratch/kubernetes/db"
	chmod 0400 "$scratch/secrets/db" "$scratch/kubernetes/..2026_11_22/db"
	chmod 1777 "$scratch/kubernetes"
	chown -R 5555:5555 "$scratch/foreign"
	chmod 0700 "$scratch/foreign"
}

environment_in_containers() {
	secrets="--volume $scratch/secrets:/run/secrets:ro --env DB_FILE=/run/secrets/db"
	gets 'env' '--env A=0 --env B=0' '--user app --env A=1 --unset-env B --env PATH=/sbin' \
		env.A=1 !env.B env.PATH=/sbin env.HOME=/home/app
	gets 'clear-env' '--env A=0' '--user app --clear-env' !env.A !env.HOSTNAME env.USER=app
	gets 'clear-env, as a user' '--env A=0 --user 10001:10002' '--clear-env' !env.A home=/home/app
	gets 'a secret' "$secrets" '--user app --env-from-file DB' env.DB=sesame !env.DB_FILE
	gets 'a secret, read-only' "--read-only $secrets" '--user app --env-from-file DB' env.DB=sesame
	is_refused 'a secret, as a user' "--user 10001:10002 $secrets" '--env-from-file DB' \
		/run/secrets/db 'may not be read' 'start as root'
	is_refused 'a secret in two places' "$secrets --env DB=other" '--user app --env-from-file DB' \
		'both set' 'take one of them away'
	kubernetes="--volume $scratch/kubernetes:/run/secrets:ro"
	gets 'a secret of Kubernetes' "$kubernetes --env DB_FILE=/run/secrets/db" \
		'--user app --env-from-file DB' env.DB=sesame
	gets 'the same by its directory' "$kubernetes --env DB_FILE=/run/secrets/..data/db" \
		'--user app --env-from-file DB' env.DB=sesame
}

ids_in_containers() {
	gets 'puid' '--env PUID=1234 --env PGID=1235 --env UMASK=0027' '--user app --puid' \
		uid=1234 gid=1235 groups=1235 umask=0027 home=/
	gets 'puid alone' '--env PUID=1234' '--puid' uid=1234 gid=1234 groups=1234
	gets 'puid that is not set' '' '--user app --puid' uid=10001 gid=10002 groups=10002,10003
	gets 'puid that was not allowed' '--env PUID=1234' '--user app' uid=10001
	gets 'puid, as a user' '--user 4321:4321 --env PUID=1234' '--puid' uid=4321 gid=4321
	contains 'puid, as a user: is told' "$(cat "$scratch/seen.err")" 'PUID:PGID 1234:1234'
	is_refused 'puid 0' '--env PUID=0' '--user app --puid --allow-root' 'PUID=0' 'another number'
}

state_in_containers() {
	gets 'workdir' '' '--user app --workdir /tmp' workdir=/tmp
	gets 'workdir, read-only with /run' '--read-only --tmpfs /run' '--user app --workdir /run' \
		workdir=/run
	gets 'workdir, as a user' '--user 10001:10002' '--workdir /tmp' workdir=/tmp
	is_refused 'a workdir that is missing' '' '--user app --workdir /data' /data --mkdir
	is_refused "another's volume as workdir" "--volume $scratch/foreign:/data" \
		'--user app --workdir /data' /data 'Permission denied' --chown
	gets 'umask' '' '--user app --umask 0077' umask=0077
	gets 'limits' '--ulimit nofile=1000:2000' \
		'--user app --ulimit nofile=1500:2000 --ulimit core=0' rlimit.nofile=1500:2000 rlimit.core=0:0
	gets 'limits, as a user' '--user 10001:10002 --ulimit nofile=1000:2000' \
		'--ulimit nofile=99 --ulimit nofile=98:2001' rlimit.nofile=99:99 ~rlimit.nofile
	is_refused 'a limit above the hard one' '--ulimit nofile=1000:2000' \
		'--user app --ulimit nofile=2001' nofile=2001 '--cap-add SYS_RESOURCE'
	gets 'oom score' '--oom-score-adj 500' '--user app --oom-score-adj 600' oom_score_adj=600
	gets 'oom score without set-up' '--oom-score-adj 500' \
		'--user app --no-setup --oom-score-adj 600' oom_score_adj=500
	is_refused 'a lower oom score' '--oom-score-adj 500' '--user app --oom-score-adj 499' \
		499 500 '--cap-add SYS_RESOURCE'
}

# The same in an image that has all that an ordinary one has.
in_a_debian_image() {
	if ! verify_said=$("$here/engine.sh" image "$engine" debian:bookworm-20250520-slim 2>&1); then
		skip 'a Debian image' "$verify_said"
		return
	fi
	printf 'FROM debian:bookworm-20250520-slim\nCOPY sbin/stepdown /sbin/stepdown\nCOPY probe /probe\n' |
		tee "$scratch/root/Dockerfile.debian" >/dev/null
	verify 'a Debian image is built' docker build --quiet --tag stepdown-debian \
		--file "$scratch/root/Dockerfile.debian" "$scratch/root"
	rm "$scratch/root/Dockerfile.debian"
	service_image=stepdown-debian
	gets 'Debian' "$secrets --env A=0 --env PUID=33" \
		'--puid --env-from-file DB --unset-env A --workdir /usr/share --umask 0007 --ulimit core=0' \
		uid=33 gid=33 env.USER=www-data home=/var/www env.DB=sesame !env.A workdir=/usr/share \
		umask=0007 rlimit.core=0:0
	service_image=$image
}

if needs_engine 'environment, ids and limits in containers'; then
	make_volumes
	environment_in_containers
	ids_in_containers
	state_in_containers
	in_a_debian_image
fi
