# SPDX-License-Identifier: MIT
# shellcheck shell=sh
# shellcheck disable=SC2154 # run sets engine, here, probe, scratch, stepdown and top
#
# example.sh - Dockerfile.example, built as its readers build it, and its service used for real
#
# Sourced by run. The service has no network: it is asked from inside its own container.

example_image='stepdown-example'
service='service'

# Proxies of the machine, where it has any, reach the build and stay out of the image.
build_example() {
	tag=$(sed -n 's/^ARG DEBIAN=//p' "$top/Dockerfile.example")
	"$here/engine.sh" image "$engine" "$tag" || return 1
	docker build --network host --build-arg http_proxy --build-arg https_proxy --build-arg no_proxy \
		--build-arg SOURCE=somewhere --build-arg REVISION=abc123 --build-arg VERSION=1.2.3 \
		--file "$top/Dockerfile.example" --tag "$example_image" "$top"
}

inspect() { # FORMAT [WHAT]
	docker inspect --format "$1" "${2:-$example_image}"
}

# A certificate authority of ours, a certificate for localhost, and the image's bundle with ours in it.
make_certificates() { # DIR
	mkdir -p "$1"
	openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -days 2 \
		-subj '/CN=The tests authority' -keyout "$1/ca.key" -out "$1/ca.pem" &&
		openssl req -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -subj /CN=localhost \
			-keyout "$1/service.key" -out "$1/service.csr" &&
		printf 'subjectAltName=DNS:localhost\n' >"$1/names" &&
		openssl x509 -req -in "$1/service.csr" -CA "$1/ca.pem" -CAkey "$1/ca.key" -CAcreateserial \
			-days 2 -extfile "$1/names" -out "$1/service.pem" &&
		docker create --network none --name bundle "$example_image" &&
		docker cp bundle:/etc/ssl/certs/ca-certificates.crt "$1/image.pem" &&
		docker rm bundle &&
		cat "$1/image.pem" "$1/ca.pem" >"$1/bundle.pem" &&
		chown -R 10001:10001 "$1/service.key" && chmod 0755 "$1" && chmod 0644 "$1"/*.pem
}

# The settings of the service alone differ from what a reader would start.
run_service() { # OPTION...
	docker rm --force $service >/dev/null 2>&1
	docker run --detach --name $service --network none --read-only --env TZ=Europe/Berlin \
		--health-interval 1s --volume "$scratch/tls:/run/tls:ro" \
		--env TLS_CERT=/run/tls/service.pem --env TLS_KEY=/run/tls/service.key \
		--env UPSTREAM=https://localhost:8443/healthz "$@" "$example_image" >/dev/null
}

ask() { # PATH
	docker exec $service /sbin/stepdown --no-setup --user 10001:10001 -- \
		/app/service get "https://localhost:8443$1" 2>&1
}

is_healthy() {
	[ "$(inspect '{{.State.Health.Status}}' $service)" = healthy ]
}

# What the host's kernel says of the service, and of whatever stays above it.
from_outside() {
	first=$(inspect '{{.State.Pid}}' $service)
	for pid in $first $(cat "/proc/$first/task/$first/children"); do
		sed -n 's/^\(Uid\|CapInh\|CapPrm\|CapEff\|CapBnd\|CapAmb\|NoNewPrivs\|Seccomp\):[[:space:]]*/\1 /p' \
			"/proc/$pid/status" | tr '\t\n' '  '
	done
}

image_says() {
	same 'example: labels' 'somewhere abc123 1.2.3 MIT' "$(inspect \
		'{{with .Config.Labels}}{{index . "org.opencontainers.image.source"}} {{index . "org.opencontainers.image.revision"}} {{index . "org.opencontainers.image.version"}} {{index . "org.opencontainers.image.licenses"}}{{end}}')"
	same 'example: ENTRYPOINT ends in --' '["/sbin/stepdown","--user","10001:10001","--"]' \
		"$(inspect '{{json .Config.Entrypoint}}')"
	contains 'example: HEALTHCHECK steps down' "$(inspect '{{json .Config.Healthcheck.Test}}')" \
		'["CMD","/sbin/stepdown","--no-setup"'
	docker create --network none --name bundle "$example_image" >/dev/null
	# The names of owners depend on what the engine finds on the host: root/0 or root/root.
	docker export bundle | tar --list --verbose --numeric-owner >"$scratch/files"
	docker rm bundle >/dev/null
	same 'example: no file of the image is writable by the service or set-uid' '' \
		"$(awk '!/^l/ && ($1 ~ /^........w/ || $1 ~ /s/ || $2 != "0/0")' \
			"$scratch/files")"
	same 'example: two programs are all that can be executed' './app/service ./sbin/stepdown' \
		"$(awk '/^-..x/ && $3 > 0 { sub("^[.]?/?", "./", $6); print $6 }' "$scratch/files" | sort | tr '\n' ' ' |
			sed 's/ $//')"
}

dry_run_says() {
	docker run --rm --network none --entrypoint /sbin/stepdown "$example_image" \
		--user 10001:10001 --dry-run -- /app/service >"$scratch/dry" 2>&1
	for line in uid=10001 gid=10001 groups=10001 cap.effective=none cap.bounding=none cap.ambient=none \
		no_new_privs=1 seccomp=default command=/app/service; do
		same "example: --dry-run says $line" "${line#*=}" "$(value "$scratch/dry" "${line%%=*}")"
	done
}

confined_from_outside() {
	outside=$(from_outside)
	none=0000000000000000
	wanted="CapInh $none CapPrm $none CapEff $none CapBnd $none CapAmb $none NoNewPrivs 1 Seccomp 2"
	same 'example: from outside, nothing has power' '' "$(printf '%s' "$outside" |
		sed -e "s/Uid 10001 10001 10001 10001 $wanted *//g")"
	contains 'example: from outside, the service is there' "$outside" "$wanted"
}

service_works() {
	run_service --volume "$scratch/tls/bundle.pem:/etc/ssl/certs/ca-certificates.crt:ro"
	if ! until_true 60 is_healthy; then
		fail 'example: the health check finds it well' "$(docker logs $service 2>&1)
$(inspect '{{json .State.Health}}' $service)"
		return
	fi
	pass 'example: the health check finds it well'
	confined_from_outside
	contains 'example: serves HTTPS as 10001' "$(ask /)" '"uid":10001,"gid":10001'
	contains 'example: knows its time zone' "$(ask /)" '"zone":"Europe/Berlin"'
	contains 'example: has the rules of summer' "$(ask '/time?at=2026-07-01T12:00:00Z')" \
		'2026-07-01 14:00:00 CEST'
	contains 'example: has the rules of winter' "$(ask '/time?at=2026-01-01T12:00:00Z')" \
		'2026-01-01 13:00:00 CET'
	contains 'example: its client trusts the bundle' "$(ask /upstream)" \
		'200 OK, vouched for by CN=The tests authority'
	docker stop --time 30 $service >/dev/null
	contains 'example: docker stop reaches it' "$(docker logs $service 2>&1)" stopping
	same 'example: it ends in order' 0 "$(inspect '{{.State.ExitCode}}' $service)"
}

# Trust comes from the bundle alone: without our authority in it the same request is refused.
trust_is_real() {
	run_service --env SSL_CERT_FILE=/run/tls/ca.pem --env TZ=America/New_York
	until_true 60 is_healthy
	contains 'example: SSL_CERT_FILE is followed' "$(ask /upstream)" '200 OK'
	contains 'example: another zone' "$(ask '/time?at=2026-07-01T12:00:00Z')" '08:00:00 EDT'
	run_service
	until_true 60 is_healthy
	contains 'example: what the bundle does not know is refused' "$(ask /)" \
		'certificate signed by unknown authority'
	docker rm --force $service >/dev/null
}

if needs_engine 'the example'; then
	if build_example >"$scratch/build.log" 2>&1; then
		pass 'example: Dockerfile.example builds'
		image_says
		dry_run_says
		verify 'example: certificates for the tests' make_certificates "$scratch/tls"
		service_works
		trust_is_real
	else
		fail 'example: Dockerfile.example builds' "$(tail -n 20 "$scratch/build.log")"
	fi
fi
