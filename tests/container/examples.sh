# SPDX-License-Identifier: MIT
# shellcheck shell=sh
# shellcheck disable=SC2154 # run sets engine, here, scratch and top
#
# examples.sh - each example built by `make docker` and used for what it is an example of
#
# Sourced by run. Containers have no network; they are asked from inside, through stepdown, as
# `docker exec` and HEALTHCHECK should. What the kernel says of them is read from outside.

example_tag=tests

make_here() { # TARGET...
	http='--network host --build-arg http_proxy --build-arg https_proxy --build-arg no_proxy'
	make --no-print-directory -C "$top" DOCKER="$here/engine.sh docker $engine" TAG=$example_tag \
		IMAGE_PREFIX= DOCKER_BUILD_FLAGS="$http" SOURCE_URL=somewhere REVISION=abc123 \
		SOURCE_DATE_EPOCH=1700000000 "$@"
}

build_examples() {
	tag=$(sed -n 's/^ARG DEBIAN=//p' "$top/Dockerfile.example")
	"$here/engine.sh" image "$engine" "$tag" || return 1
	make_here -j2 docker
}

image_of() { # EXAMPLE
	printf 'stepdown-%s:%s' "$1" $example_tag
}

# up NAME [OPTION...] IMAGE [COMMAND...]: started, and well by its own health check if it has one.
up() {
	up_name=$1
	shift
	docker rm --force --volumes "$up_name" >/dev/null 2>&1
	docker run --detach --name "$up_name" --network "${up_network:-none}" --health-interval 1s "$@" >/dev/null &&
		until_true 120 is_up "$up_name" && return
	docker logs "$up_name" 2>&1 | tail -n 12
	docker inspect --format '{{json .State}}' "$up_name"
	return 1
}

is_up() { # NAME
	case $(docker inspect --format '{{.State.Status}} {{if .State.Health}}{{.State.Health.Status}}{{end}}' "$1") in
	'running healthy' | 'running ') return 0 ;;
	esac
	return 1
}

down() { # NAME...
	docker rm --force --volumes "$@" >/dev/null 2>&1
}

# inside NAME USER COMMAND...: as a person would look into a running container.
inside() {
	inside_name=$1
	inside_user=$2
	shift 2
	docker exec "$inside_name" /sbin/stepdown --no-setup --user "$inside_user" -- "$@" 2>&1
}

# The children of PID 1, which is the service.
services() { # NAME
	first=$(docker inspect --format '{{.State.Pid}}' "$1")
	cat "/proc/$first/task/$first/children"
}

# As the kernel sees it: uid, effective and bounding capabilities, no_new_privs, seccomp.
powers() { # NAME
	for pid in $(services "$1"); do
		sed -n 's/^\(Uid\|CapEff\|CapBnd\|NoNewPrivs\|Seccomp\):[[:space:]]*\([^[:space:]]*\).*/\2/p' \
			"/proc/$pid/status" | tr '\n' ' '
	done
}

powerless() { # NAME CONTAINER UID [CAPABILITIES]
	caps=${4:-0000000000000000}
	same "$1: an ordinary user, without power, under a filter" "$3 $caps $caps 1 2 " "$(powers "$2")"
}

# Every image says where it is from, has an ENTRYPOINT that ends in "--", and a HEALTHCHECK that
# steps down. The base has no service, and so no health check.
images_are_in_order() {
	for directory in "$top"/examples/*/Dockerfile; do
		name=$(basename "$(dirname "$directory")")
		same "$name: labels" 'somewhere abc123 2023-11-14T22:13:20Z' "$(docker inspect --format \
			'{{with .Config.Labels}}{{index . "org.opencontainers.image.source"}} {{index . "org.opencontainers.image.revision"}} {{index . "org.opencontainers.image.created"}}{{end}}' \
			"$(image_of "$name")")"
		same "$name: ENTRYPOINT is stepdown and ends in --" 'yes' "$(docker inspect --format \
			'{{json .Config.Entrypoint}}' "$(image_of "$name")" |
			grep -qE '^\["/sbin/stepdown",(.*,)?"--"\]$' && echo yes)"
		[ "$name" = base ] || contains "$name: HEALTHCHECK steps down" "$(docker inspect --format \
			'{{json .Config.Healthcheck}}' "$(image_of "$name")")" \
			'{"Test":["CMD","/sbin/stepdown","--no-setup"'
		verify "$name: has a README" test -s "${directory%/*}/README.md"
	done
}

release_image() {
	docker create --name files "stepdown:$example_tag" none >/dev/null
	same 'release image: the programs and the licence' 'LICENSE stepdown stepdown-kit ' "$(docker export files |
		tar --list --verbose --numeric-owner | awk '$1 ~ /^-/ && $2 == "0/0" { print $6 }' | grep -vE '^(dev|etc)/|^\.dockerenv$' | sort | tr '\n' ' ')"
	docker cp files:/stepdown "$scratch/stepdown"
	same 'release image: stepdown is the one that was built' "$(sha256sum <"$top/build/stepdown")" \
		"$(sha256sum <"$scratch/stepdown")"
	down files
}

example_go_scratch() {
	verify 'go-scratch: is well' up go --read-only --env TZ=Europe/Ljubljana "$(image_of go-scratch)"
	powerless go-scratch go 10001
	same 'go-scratch: answers' ok "$(inside go 10001:10001 /app/service get http://127.0.0.1:8081/healthz)"
	down go
}

web='exec 3<>/dev/tcp/127.0.0.1/80; printf "GET / HTTP/1.0\r\n\r\n" >&3; cat <&3'

example_nginx() {
	privileged='net.ipv4.ip_unprivileged_port_start=1024'
	verify 'nginx: is well, read-only' up web --sysctl $privileged --read-only --tmpfs /run "$(image_of nginx)"
	powerless nginx web 33 0000000000000400
	contains 'nginx: serves its page on port 80' "$(inside web www-data bash -c "$web")" \
		'served by an ordinary user'
	contains 'nginx: its log is the log of the container' "$(docker logs web 2>&1)" '"GET / HTTP/1.0" 200'
	verify 'nginx: with five capabilities' up web --sysctl $privileged --cap-drop ALL --cap-add SETUID \
		--cap-add SETGID --cap-add SETPCAP --cap-add CHOWN --cap-add NET_BIND_SERVICE "$(image_of nginx)"
	powerless 'nginx, with five capabilities' web 33 0000000000000400
	docker rm --force web >/dev/null
	docker run --name web --network none --sysctl $privileged --entrypoint /sbin/stepdown \
		"$(image_of nginx)" --user www-data --mkdir /run/nginx -- nginx >/dev/null 2>&1
	contains 'nginx: without --keep-cap it is refused the port' "$(docker logs web 2>&1)" \
		'bind() to 0.0.0.0:80 failed (13: Permission denied)'
	verify 'nginx: the sysctl makes up for it' up web --sysctl net.ipv4.ip_unprivileged_port_start=80 \
		--entrypoint /sbin/stepdown "$(image_of nginx)" --user www-data --mkdir /run/nginx -- nginx
	powerless 'nginx, by the sysctl' web 33
	down web
}

# A volume of somebody else's, as another container has left it.
foreign_volume() { # NAME
	docker volume rm --force "$1" >/dev/null 2>&1
	docker volume create "$1" >/dev/null
	directory=$(docker volume inspect --format '{{.Mountpoint}}' "$1")
	touch "$directory/left-behind"
	chown -R 5555:5555 "$directory"
}

example_redis() {
	foreign_volume redis-data
	verify 'redis: is well, with a volume that was somebody else'"'"'s' up cache --read-only \
		--volume redis-data:/data --cap-drop ALL --cap-add SETUID --cap-add SETGID --cap-add SETPCAP \
		--cap-add CHOWN --cap-add DAC_OVERRIDE "$(image_of redis)"
	redis_id=$(docker exec cache id --user redis)
	powerless redis cache "$redis_id"
	same 'redis: all of the volume is its own' "$redis_id" "$(stat --format %u "$directory/left-behind")"
	same 'redis: keeps a value' OK "$(inside cache redis redis-cli set key kept)"
	same 'redis: its files are closed to others' 600 \
		"$(stat --format %a "$directory"/appendonlydir/*.incr.aof)"
	docker stop --time 60 cache >/dev/null
	same 'redis: ends in order' 0 "$(docker inspect --format '{{.State.ExitCode}}' cache)"
	verify 'redis: starts again' up cache --read-only --volume redis-data:/data "$(image_of redis)"
	same 'redis: has the value still' kept "$(inside cache redis redis-cli get key)"
	down cache
	docker volume rm redis-data >/dev/null
}

example_postgresql() {
	printf 'sesame\n' >"$scratch/password"
	chmod 0400 "$scratch/password"
	foreign_volume postgres-data
	rm "$directory/left-behind"
	verify 'postgresql: is well, with an empty volume' up db --read-only --tmpfs /run \
		--volume "$scratch/password:/secret:ro" --env POSTGRES_PASSWORD_FILE=/secret \
		--volume postgres-data:/var/lib/postgresql/data "$(image_of postgresql)"
	powerless postgresql db "$(docker exec db id --user postgres)"
	same 'postgresql: makes a table' 'CREATE TABLE' "$(inside db postgres psql -qc 'create table kept(n int)' \
		-c 'select 1' >/dev/null && echo 'CREATE TABLE')"
	same 'postgresql: the password is that of the secret' 1 "$(docker exec --env PGPASSWORD=sesame db \
		/sbin/stepdown --no-setup --user postgres -- psql -h 127.0.0.1 -Atc 'select 1' 2>&1)"
	contains 'postgresql: another password is refused' "$(docker exec --env PGPASSWORD=other db \
		/sbin/stepdown --no-setup --user postgres -- psql -h 127.0.0.1 -Atc 'select 1' 2>&1)" \
		'password authentication failed'
	same 'postgresql: the service does not know the password' '' "$(for pid in $(services db); do
		tr '\0' '\n' <"/proc/$pid/environ"
	done | grep -e sesame -e PASSWORD)"
	docker stop --time 60 db >/dev/null
	contains 'postgresql: docker stop is a fast shutdown' "$(docker logs db 2>&1)" 'received fast shutdown request'
	verify 'postgresql: starts again without a password' up db --volume postgres-data:/var/lib/postgresql/data \
		"$(image_of postgresql)"
	same 'postgresql: has the table still' kept "$(inside db postgres psql -Atc '\dt' | cut -d '|' -f 2)"
	down db
	docker volume rm postgres-data >/dev/null
}

example_node() {
	verify 'node: is well, read-only' up node --read-only --env TZ=Europe/Ljubljana "$(image_of node)"
	powerless node node 10001
	same 'node: says who and when it is' '{"uid":10001,"zone":"Europe/Ljubljana"}' "$(inside node 10001:10001 node -e \
		'fetch("http://127.0.0.1:3000/").then(a => a.text()).then(t => process.stdout.write(t))')"
	docker stop --time 60 node >/dev/null
	same 'node: ends in order' 'stopped in order' "$(docker logs node 2>/dev/null)"
	down node
}

ask_python() { # CONTAINER USER PATH
	inside "$1" "$2" python3 -c "import urllib.request as r, urllib.error as e
try: print(r.urlopen('http://127.0.0.1:8000$3').read().decode(), end='')
except e.HTTPError as error: print(error.read().decode(), end='')"
}

example_python() {
	verify 'python: is well, read-only' up python --read-only --env TZ=Europe/Ljubljana "$(image_of python)"
	powerless python python 10001
	same 'python: says who it is' '{"uid": 10001, "zone": "CET"}' \
		"$(ask_python python 10001:10001 / | sed s/CEST/CET/)"
	down python
}

# The derived image has neither USER nor ENTRYPOINT of its own.
example_base() {
	docker run --rm --network none --entrypoint /sbin/stepdown "$(image_of base)" --dry-run -- sh >"$scratch/dry" 2>&1
	contains 'base: the user is said by a file' "$(value "$scratch/dry" from.user)" '/etc/stepdown.d/10-base.conf'
	same 'base: the profile too' strict "$(value "$scratch/dry" seccomp)"
	docker run --rm --network none "$(image_of base)" id -u >"$scratch/said" 2>&1
	same 'base: nobody has to say an option' 10001 "$(cat "$scratch/said")"
	verify 'base-derived: is well' up derived "$(image_of base-derived)"
	powerless base-derived derived 10001
	contains 'base-derived: has the umask of the base' "$(docker logs derived 2>&1)" 0027
	same 'base-derived: and a directory of its own' '10001 700' \
		"$(docker exec derived stat --format '%u %a' /run/app)"
	docker exec derived /sbin/stepdown --dry-run -- sh >"$scratch/dry" 2>&1
	same 'base-derived: and a profile of its own' default "$(value "$scratch/dry" seccomp)"
	down derived
}

example_puid() {
	mkdir -p "$scratch/config"
	verify 'puid: is well' up puid --read-only --env PUID=1234 --env PGID=2345 --env UMASK=027 \
		--volume "$scratch/config:/config" "$(image_of puid)"
	powerless puid puid 1234
	same 'puid: the files belong to who was named' '1234:2345 640' "$(stat --format '%u:%g %a' "$scratch/config/who")"
	verify 'puid: without the variables it is well' up puid "$(image_of puid)"
	powerless 'puid without the variables' puid 911
	docker run --rm --network none --env PUID=0 "$(image_of puid)" >"$scratch/said" 2>&1
	same 'puid: root is refused' 125 $?
	contains 'puid: and the variable named' "$(cat "$scratch/said")" PUID
	down puid
}

# A CA of ours, and a service whose certificate it has signed: the go-scratch image, in the same
# network.
example_private_ca() {
	mkdir -p "$scratch/ca"
	(
		cd "$scratch/ca" || exit
		openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -days 2 \
			-subj '/CN=A company' -addext keyUsage=critical,keyCertSign -keyout ca.key -out ca.pem &&
			openssl req -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -subj /CN=localhost \
				-keyout service.key -out service.csr &&
			printf 'subjectAltName=DNS:localhost\n' >names &&
			openssl x509 -req -in service.csr -CA ca.pem -CAkey ca.key -CAcreateserial -days 2 \
				-extfile names -out service.pem && chmod 0444 service.key
	) >"$scratch/openssl.log" 2>&1
	up upstream --volume "$scratch/ca:/tls:ro" --env TLS_CERT=/tls/service.pem \
		--env TLS_KEY=/tls/service.key "$(image_of go-scratch)"
	up_network=container:upstream
	verify 'private-ca: is well, read-only' up company --read-only --tmpfs /run \
		--volume "$scratch/ca/ca.pem:/etc/company-ca/ca.pem:ro" --env UPSTREAM=https://localhost:8443/healthz \
		"$(image_of private-ca)"
	powerless private-ca company 10001
	same 'private-ca: trusts the CA that was added' 200 "$(ask_python company 10001:10001 /upstream)"
	up company --env UPSTREAM=https://localhost:8443/healthz "$(image_of python)"
	contains 'private-ca: the same service does not trust it without' \
		"$(ask_python company 10001:10001 /upstream)" CERTIFICATE_VERIFY_FAILED
	docker run --rm --network none "$(image_of private-ca)" >"$scratch/said" 2>&1
	same 'private-ca: without a CA it does not start' 125 $?
	contains 'private-ca: and says where it looked' "$(cat "$scratch/said")" /etc/company-ca
	up_network=
	down company upstream
}

if needs_engine 'the examples'; then
	if build_examples >"$scratch/build.log" 2>&1; then
		pass 'examples: make docker builds them'
		images_are_in_order
		release_image
		example_go_scratch
		example_nginx
		example_redis
		example_postgresql
		example_node
		example_python
		example_base
		example_puid
		example_private_ca
		# shellcheck source=tests/container/examples_many.sh
		. "$here/examples_many.sh"
	else
		fail 'examples: make docker builds them' "$(tail -n 20 "$scratch/build.log")"
	fi
fi
