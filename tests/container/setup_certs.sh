# SPDX-License-Identifier: MIT
# shellcheck shell=sh
# shellcheck disable=SC2154 # run sets engine, here, image, scratch and top
#
# setup_certs.sh - a private CA that --ca-add adds, seen by real TLS clients
#
# Sourced by run. The server is in the same container, which has no network: each client trusts it
# with the CA and does not without. In a Debian image with curl, openssl, git, Node and Python, and
# in a scratch image with a Go program.

certs_image='stepdown-certs'
beside_certs='beside-certs'
bundle='/run/stepdown/ca-certificates.crt'

# The authority, a certificate for localhost, and a volume of what others have left there.
make_authority() { # DIR
	mkdir -p "$1/volume"
	openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -days 2 \
		-subj '/CN=The tests authority' -keyout "$1/ca.key" -out "$1/ca.pem" &&
		openssl req -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -subj /CN=localhost \
			-keyout "$1/server.key" -out "$1/server.csr" &&
		printf 'subjectAltName=DNS:localhost,IP:127.0.0.1\n' >"$1/names" &&
		openssl x509 -req -in "$1/server.csr" -CA "$1/ca.pem" -CAkey "$1/ca.key" \
			-CAcreateserial -days 2 -extfile "$1/names" -out "$1/server.pem" &&
		openssl x509 -in "$1/ca.pem" -outform der -out "$1/ca.der" &&
		cp "$1/ca.der" "$1/volume/ours.crt" &&
		cp "$1/ca.key" "$1/volume/secret.pem" && chmod 0600 "$1/volume/secret.pem" &&
		ln -s secret.pem "$1/volume/alias.pem" && ln -s /etc/shadow "$1/volume/shadow.pem" &&
		mkfifo "$1/volume/fifo.pem" &&
		chown -hR 4000:4000 "$1/volume" && chmod 0644 "$1"/*.pem "$1/server.key" "$1/ca.der" &&
		chmod 0755 "$1" "$1/volume"
}

# One line a client: NAME=yes or NAME=no.
write_clients() { # FILE
	cat >"$1" <<-'END'
		#!/bin/sh
		cd /tmp || exit 1
		openssl s_server -www -accept 8443 -cert /tls/server.pem -key /tls/server.key >/dev/null 2>&1 &
		server=$!
		tries=0
		until openssl s_client -connect localhost:8443 </dev/null >/dev/null 2>&1; do
			tries=$((tries + 1))
			[ $tries -lt 300 ] || exit 1
			sleep 0.1
		done
		try() {
			name=$1
			shift
			if said=$("$@" 2>&1 </dev/null); then
				echo "$name=yes"
			else
				echo "$name=no"
				echo "$said" >&2
			fi
		}
		try openssl openssl s_client -verify_return_error -verify_hostname localhost -connect localhost:8443
		try curl curl -sS -o /dev/null https://localhost:8443/
		try python python3 -c 'import urllib.request as u; u.urlopen("https://localhost:8443").read()'
		try requests python3 -c 'import requests; requests.get("https://localhost:8443")'
		try node node -e 'require("https").get("https://localhost:8443", r => r.resume()).on("error", e => { console.error(e); process.exit(1) })'
		git ls-remote https://localhost:8443/x </dev/null 2>&1 | grep -q 'certificate' && echo git=no || echo git=yes
		try go /tls/tls /tls/server.pem /tls/server.key
		kill $server
	END
	chmod 0755 "$1"
}

every_client='openssl=yes curl=yes python=yes requests=yes node=yes git=yes go=yes '
no_client='openssl=no curl=no python=no requests=no node=no git=no go=no '

build_certs_image() {
	base=$(sed -n 's/^ARG DEBIAN=//p' "$top/Dockerfile.example")
	"$here/engine.sh" image "$engine" "$base" || return 1
	mkdir -p "$scratch/certs-image"
	docker build --network host --build-arg http_proxy --build-arg https_proxy \
		--build-arg no_proxy --build-arg BASE="$base" --tag "$certs_image" --file - \
		"$scratch/certs-image" <<-'END'
			ARG BASE
			FROM $BASE
			ARG http_proxy https_proxy no_proxy
			RUN apt-get update -q && DEBIAN_FRONTEND=noninteractive apt-get install -y -q --no-install-recommends \
				ca-certificates curl git nodejs openssl python3-requests
		END
}

# $certs_engine has the engine's options, which are words.
in_certs() { # IMAGE STEPDOWN_OPTIONS COMMAND...
	certs_from=$1
	certs_options=$2
	shift 2
	# shellcheck disable=SC2086 # words
	docker run --rm --network none --hostname container $certs_engine \
		--volume "$stepdown:/sbin/stepdown:ro" --volume "$scratch/authority:/tls:ro" \
		--volume "$probe:/probe:ro" --entrypoint /sbin/stepdown "$certs_from" $certs_options -- "$@"
}

clients() { # OPTIONS: yes and no, client by client
	in_certs "$certs_image" "$1" /tls/clients 2>"$scratch/clients.err" | tr '\n' ' '
}

# What is said and what the probe sees, and what clients make of it.
added() { # NAME ENGINE_OPTIONS [WHERE]
	certs_engine=$2
	added_options='--user 10001:10001 --ca-add /tls/ca.pem'
	in_certs "$certs_image" "--dry-run $added_options" /probe >"$scratch/dry" 2>"$scratch/dry.err"
	in_certs "$certs_image" "$added_options" /probe >"$scratch/seen" 2>"$scratch/seen.err"
	verify "$1: what was said is what is got" "$here/compare" "$scratch/dry" "$scratch/seen"
	expect "$1" "ca.bundle=${3:-$bundle}" "env.SSL_CERT_FILE=${3:-$bundle}" uid=10001
	same "$1: every client trusts the server" "$every_client" "$(clients "$added_options")"
	same "$1: a Go program in a scratch image does" trusted \
		"$(in_certs "$image" "$added_options -q" /tls/tls /tls/server.pem /tls/server.key)"
}

not_added() { # NAME ENGINE_OPTIONS IMAGE PART_OF_THE_SENTENCE...
	certs_engine=$2
	in_certs "$3" '--user 10001:10001 --ca-add /tls/ca.pem' /probe >"$scratch/seen" \
		2>"$scratch/seen.err"
	same "$1: exit status" 125 $?
	same "$1: no service" '' "$(cat "$scratch/seen")"
	not_added_name=$1
	shift 3
	for part in "$@"; do
		contains "$not_added_name: says $part" "$(cat "$scratch/seen.err")" "$part"
	done
}

certs_by_default() {
	certs_engine=
	same 'without --ca-add: no client trusts the server' "$no_client" \
		"$(clients '--user 10001:10001 --certs require')"
	in_certs "$certs_image" '--dry-run --user 10001:10001 --certs require -q' /probe >"$scratch/dry"
	in_certs "$certs_image" '--user 10001:10001 --certs require -q' /probe >"$scratch/seen"
	verify 'Debian, --certs require: what was said is what is got' "$here/compare" "$scratch/dry" \
		"$scratch/seen"
	expect 'Debian, --certs require' ca.bundle=/etc/ssl/certs/ca-certificates.crt
	verify 'Debian, --certs require: more than a hundred certificates' \
		test "$(value "$scratch/seen" ca.certificates)" -gt 100
	in_certs "$image" '--user 10001:10001 --certs require' /probe >"$scratch/seen" 2>"$scratch/seen.err"
	same 'scratch, --certs require: refused' 125 $?
	contains 'scratch, --certs require: the cure' "$(cat "$scratch/seen.err")" \
		'COPY a bundle to /etc/ssl/certs/ca-certificates.crt'
}

# A volume on which others have left a secret of root's, links, and a FIFO.
certs_of_a_volume() {
	certs_engine="--volume $scratch/authority/volume:/volume:ro"
	same 'a volume of foreign files: every client trusts the server' "$every_client" \
		"$(clients '--user 10001:10001 --ca-add /volume')"
	contains 'a volume of foreign files: what was left out is counted' "$(cat "$scratch/clients.err")" \
		"--ca-add /volume: 3 entries were left out"
	in_certs "$image" '--user 10001:10001 -q --ca-add /volume' /probe >"$scratch/seen"
	expect 'a volume of foreign files, scratch' ca.certificates=1 "ca.bundle=$bundle"
	same 'a volume of foreign files: nothing but certificates is handed on' 0 \
		"$(in_certs "$certs_image" '--user 10001:10001 -q --ca-add /volume' \
			grep -cvE '^(-----(BEGIN|END) CERTIFICATE-----|[A-Za-z0-9+/=]+)$' "$bundle")"
	# What is mounted there may outlive the container, or be another's.
	docker volume create certs-volume >/dev/null
	added 'a volume on /run' '--volume certs-volume:/run' /etc/ssl/stepdown/ca-certificates.crt
	docker volume rm certs-volume >/dev/null
}

certs_of_a_user() {
	certs_engine='--user 10001:10001'
	in_certs "$certs_image" '--dry-run --ca-add /tls/ca.pem' /probe >"$scratch/dry"
	in_certs "$certs_image" '--ca-add /tls/ca.pem' /probe >"$scratch/seen"
	verify '--user: what was said is what is got' "$here/compare" "$scratch/dry" "$scratch/seen"
	expect '--user' '~ca.bundle: --ca-add needs a start as root' '!env.SSL_CERT_FILE' uid=10001
	in_certs "$certs_image" '--certs require -q' /probe >"$scratch/seen"
	expect '--user, --certs require' env.SSL_CERT_FILE=/etc/ssl/certs/ca-certificates.crt
}

# HEALTHCHECK and docker exec start beside the service, and a restart finds what was written.
certs_beside_a_service() {
	docker rm --force "$beside_certs" >/dev/null 2>&1
	docker run --detach --name "$beside_certs" --network none \
		--volume "$stepdown:/sbin/stepdown:ro" --volume "$scratch/authority:/tls:ro" \
		--volume "$probe:/probe:ro" --entrypoint /sbin/stepdown "$certs_image" \
		--user 10001:10001 --ca-add /tls/ca.pem -- /probe sleep >/dev/null
	verify 'beside a service: it runs' until_true 60 docker exec "$beside_certs" test -e "$bundle"
	same 'beside a service: every client trusts the server' "$every_client" \
		"$(docker exec "$beside_certs" /sbin/stepdown --no-setup --user 10001:10001 \
			--ca-add /tls/ca.pem -- /tls/clients 2>/dev/null | tr '\n' ' ')"
	certs_before=$(docker exec "$beside_certs" stat -c '%i %s %Y %a %u' "$bundle")
	docker restart --time 1 "$beside_certs" >/dev/null
	verify 'a restart: it runs' until_true 60 docker exec "$beside_certs" true
	same 'a restart writes nothing' "$certs_before" \
		"$(docker exec "$beside_certs" stat -c '%i %s %Y %a %u' "$bundle")"
	docker rm --force "$beside_certs" >/dev/null
}

certs_everywhere() {
	certs_by_default
	added 'default' ''
	added '--read-only --tmpfs /run' '--read-only --tmpfs /run'
	not_added '--read-only' --read-only "$certs_image" 'nowhere to write the bundle' \
		'docker run --tmpfs /run'
	not_added '--read-only, scratch' --read-only "$image" 'nowhere to write the bundle' \
		'docker run --tmpfs /run'
	certs_of_a_volume
	certs_of_a_user
	certs_beside_a_service
}

if needs_engine 'CA certificates'; then
	if ! command -v go >/dev/null; then
		skip 'CA certificates' 'go is not installed'
	elif ! make_authority "$scratch/authority" >"$scratch/authority.log" 2>&1; then
		fail 'CA certificates: an authority can be made' "$(cat "$scratch/authority.log")"
	elif ! GO111MODULE=off CGO_ENABLED=0 go build -o "$scratch/authority/tls" "$here/tls.go"; then
		fail 'CA certificates: tls.go can be compiled'
	elif ! build_certs_image >"$scratch/certs.log" 2>&1; then
		fail 'CA certificates: the clients can be installed' "$(tail -n 20 "$scratch/certs.log")"
	else
		write_clients "$scratch/authority/clients"
		certs_everywhere
	fi
fi
