# SPDX-License-Identifier: MIT
# shellcheck shell=sh
# shellcheck disable=SC2154 # run sets engine, here, scratch and top
#
# examples_many.sh - the examples of more than one container: compose, Kubernetes, OpenShift
#
# Sourced by examples.sh, whose functions it uses.

compose() {
	DOCKER_HOST=unix://$engine/run/docker.sock DOCKER_CONFIG=$engine/config TAG=$example_tag \
		docker-compose --no-ansi --project-name tests --file "$@"
}

# The engine of the tests has no bridge, and so no network between containers: everything of the
# file is used as it stands, but each service is by itself.
compose_works() {
	file=$top/examples/compose/docker-compose.yaml
	if ! command -v docker-compose >/dev/null; then
		skip 'compose' 'docker-compose is not installed'
		return
	fi
	verify 'compose: the file is valid' compose "$file" config --quiet
	printf 'version: "3.8"\nservices:\n  web: {network_mode: none}\n  redis: {network_mode: none}\n' >"$scratch/alone.yaml"
	# Ports cannot be published without a network.
	sed '/^    ports:$/,/^      - /d' "$file" >"$scratch/compose.yaml"
	verify 'compose: up' compose "$scratch/compose.yaml" --file "$scratch/alone.yaml" up --detach
	for one in web redis; do
		verify "compose: $one is well" until_true 120 is_up "tests_${one}_1"
		same "compose: $one is read-only" true \
			"$(docker inspect --format '{{.HostConfig.ReadonlyRootfs}}' "tests_${one}_1")"
		same "compose: $one has lost the capabilities of the engine" '[ALL]' \
			"$(docker inspect --format '{{.HostConfig.CapDrop}}' "tests_${one}_1")"
	done
	powerless 'compose: web' tests_web_1 33 0000000000000400
	powerless 'compose: redis' tests_redis_1 "$(docker exec tests_redis_1 id --user redis)"
	inside tests_redis_1 redis redis-cli set key kept >/dev/null
	compose "$scratch/compose.yaml" --file "$scratch/alone.yaml" down >/dev/null 2>&1
	compose "$scratch/compose.yaml" --file "$scratch/alone.yaml" up --detach >/dev/null 2>&1
	until_true 120 is_up tests_redis_1
	same 'compose: the volume keeps what was written' kept "$(inside tests_redis_1 redis redis-cli get key)"
	verify 'compose: down' compose "$scratch/compose.yaml" --file "$scratch/alone.yaml" down --volumes
}

pods() {
	"$here/pod_security.py" "$@"
}

# Started with what the kubelet would ask for; the image is that of these tests.
up_as_pod() { # NAME FILE [OPTION...]
	pod_name=$1
	pod_file=$2
	shift 2
	# shellcheck disable=SC2046 # one word a line, none with blanks
	up "$pod_name" "$@" $(pods options "$pod_file" | sed "\$s/:[^:]*\$/:$example_tag/")
}

kubernetes() {
	if ! pods mutants >"$scratch/said" 2>&1; then
		case $(cat "$scratch/said") in
		*"No module named 'yaml'"*) skip 'kubernetes' 'python3-yaml is not installed' && return ;;
		esac
	fi
	same 'kubernetes: each rule of the standards refuses what it is for' '' "$(cat "$scratch/said")"
	file=$top/examples/kubernetes/restricted.yaml
	verify 'kubernetes: restricted.yaml passes the restricted standard' pods check restricted "$file"
	verify 'kubernetes: restricted.yaml runs' up_as_pod pod "$file"
	powerless 'kubernetes: restricted' pod 10001
	file=$top/examples/kubernetes/volume.yaml
	verify 'kubernetes: volume.yaml passes the baseline standard' pods check baseline "$file"
	contains 'kubernetes: and not the restricted one' "$(pods check restricted "$file")" 'runAsNonRoot is not true'
	foreign_volume pod-data
	verify 'kubernetes: volume.yaml runs' up_as_pod pod "$file" --volume pod-data:/data
	powerless 'kubernetes: volume' pod "$(docker exec pod id --user redis)"
	same 'kubernetes: the volume is its own' "$(docker exec pod id --user redis)" \
		"$(stat --format %u "$directory/left-behind")"
	down pod
	docker volume rm pod-data >/dev/null
}

openshift() {
	verify 'openshift: a random uid' up random --user 1000680000:0 --cap-drop ALL --read-only \
		--security-opt no-new-privileges --health-cmd true "$(image_of python)"
	powerless 'openshift' random 1000680000
	contains 'openshift: the user of ENTRYPOINT is a warning' "$(docker logs random 2>&1)" 1000680000
	verify 'openshift: its probe' docker exec random /sbin/stepdown --no-setup -- python3 /app/server.py healthy
	down random
}

compose_works
kubernetes
openshift
