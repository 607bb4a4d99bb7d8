# SPDX-License-Identifier: MIT
# shellcheck shell=sh
# shellcheck disable=SC2154 # run sets engine, here, image, scratch, stepdown and top
#
# setup_tz.sh - --tz in containers: what C, Go, Python and Java show as the local time
#
# Sourced by run. Static programs come from this machine's compilers, in a scratch image that has
# two zones; Python and Java are installed once in a Debian image, which stays with the engine.

tz_image='stepdown-tz'
tz_runtimes='stepdown-tz-runtimes'
tz_summer='2026-07-01 12:00 CEST'
tz_utc='2026-07-01 10:00 UTC'

make_programs() { # DIR
	mkdir -p "$1" &&
		musl-gcc -static -Os -o "$1/musl" "$here/localtime.c" &&
		cc -static -Os -o "$1/glibc" "$here/localtime.c" &&
		GO111MODULE=off GOCACHE="$scratch/go" CGO_ENABLED=0 go build -o "$1/go" "$here/localtime.go" &&
		cp "$here/localtime.py" "$here/LocalTime.java" "$1" && chmod -R a+rX "$1"
}

# A scratch image: stepdown, the programs, two zones.
make_tz_image() {
	mkdir -p "$scratch/tz/bin" "$scratch/tz/usr/share/zoneinfo/Europe"
	cp -a "$scratch/root/." "$scratch/tz"
	make_programs "$scratch/tz/bin" || return 1
	cp -L /usr/share/zoneinfo/Europe/Ljubljana "$scratch/tz/usr/share/zoneinfo/Europe"
	cp -L /usr/share/zoneinfo/UTC "$scratch/tz/usr/share/zoneinfo"
	tar --directory "$scratch/tz" --numeric-owner --create --file - . | docker import - $tz_image
}

# The base that Dockerfile.example names, and as the tag that stepdown's warnings name.
make_debian() {
	tag=$(sed -n 's/^ARG DEBIAN=//p' "$top/Dockerfile.example")
	"$here/engine.sh" image "$engine" "$tag" && docker tag "$tag" debian:12
}

make_runtimes() {
	docker image inspect $tz_runtimes && return
	printf '%s\n' "FROM debian:12" \
		"RUN mkdir -p /usr/share/man/man1 && apt-get update && apt-get install --yes --no-install-recommends python3-minimal openjdk-17-jdk-headless tzdata && rm -rf /var/lib/apt/lists" |
		docker build --network host --build-arg http_proxy --build-arg https_proxy \
			--build-arg no_proxy --tag $tz_runtimes -
}

# tz_run ENGINE_OPTIONS STEPDOWN_OPTIONS COMMAND...: in $tz_from; prints standard output
tz_run() {
	tz_engine=$1
	tz_options=$2
	shift 2
	# shellcheck disable=SC2086 # words
	docker run --rm --network none $tz_engine --entrypoint /sbin/stepdown "$tz_from" $tz_options \
		-- "$@" 2>"$scratch/tz.err"
}

# tz_shows NAME WANTED ENGINE_OPTIONS STEPDOWN_OPTIONS COMMAND...
tz_shows() {
	tz_name=$1
	tz_wanted=$2
	shift 2
	same "tz: $tz_name" "$tz_wanted" "$(tz_run "$@"; cat "$scratch/tz.err")"
}

tz_says() { # NAME PART
	contains "tz: $1: says $2" "$(cat "$scratch/tz.err")" "$2"
}

city='--user app --tz Europe/Ljubljana'

in_scratch() {
	tz_from=$tz_image
	for program in musl glibc go; do
		tz_shows "$program, no zone" "$tz_utc" '' '--user app' /bin/$program
		tz_shows "$program, --tz" "$tz_summer" '' "$city" /bin/$program
		tz_shows "$program, TZ" "$tz_summer" '--env TZ=Europe/Ljubljana' '--user app' /bin/$program
		tz_shows "$program, /etc/localtime" "$tz_summer" '' "$city" /bin/musl without /bin/$program
		tz_shows "$program, as a user, TZ" "$tz_summer" '--user 10001 --env TZ=:Europe/Ljubljana' '' \
			/bin/$program
	done
	tz_shows 'musl, a rule' "$tz_summer" '' '--user app --tz CET-1CEST,M3.5.0,M10.5.0/3' /bin/musl
	tz_shows 'glibc, a rule' "$tz_summer" '' '--user app --tz CET-1CEST,M3.5.0,M10.5.0/3' /bin/glibc
	for options in --read-only '--read-only --tmpfs /run'; do
		same "tz: $options: TZ alone" "$tz_summer" "$(tz_run "$options" "$city" /bin/glibc)"
		tz_says "$options" 'COPY --from=debian:12 /usr/share/zoneinfo/Europe/Ljubljana /etc/localtime'
		tz_shows "$options, --no-setup says nothing" "$tz_summer" "$options" "$city --no-setup" /bin/glibc
	done
	same 'tz: a mount over localtime: TZ alone' "$tz_summer" "$(tz_run \
		"--volume $scratch/tz/usr/share/zoneinfo/UTC:/etc/localtime:ro" "$city" /bin/go)"
	tz_says 'a mount over localtime' 'start without that mount'
	tz_shows 'a mount of the same zone' "$tz_summer" \
		"--volume $scratch/tz/usr/share/zoneinfo/Europe/Ljubljana:/etc/localtime:ro" "$city" /bin/go
	tz_shows 'a mount over timezone' "$tz_summer" \
		"--volume $scratch/tz/etc/passwd:/etc/timezone:ro" "$city" /bin/musl without /bin/go
	same 'tz: no such zone: no service' '' "$(tz_run '' '--user app --tz Europe/Vienna' /bin/go)"
	tz_says 'no such zone' 'there is no time zone Europe/Vienna'
	same 'tz: no such zone in TZ: a service' "$tz_utc" "$(tz_run '--env TZ=Europe/Vienna' '--user app' \
		/bin/go)"
	tz_says 'no such zone in TZ' 'warning: TZ: there is no time zone Europe/Vienna'
}

# The line of the Dockerfile that a warning names, put into one: the warning must be gone.
tz_mends() { # NAME ENGINE_OPTIONS
	tz_from=$3
	same "tz: $1: the service starts" 10001 "$(tz_run "$2" "$city" /probe | sed -n 's/^uid=//p')"
	line=$(sed -n 's/.*mends it: //p' "$scratch/tz.err")
	contains "tz: $1: a line mends it" "$line" 'COPY --from=debian:12 /usr/share/zoneinfo'
	verify "tz: $1: the line is one of a Dockerfile" sh -c "printf '%s\n' 'FROM $tz_from' '$line' |
		'$here/engine.sh' docker '$engine' build --network none --tag stepdown-tz-mended -"
	tz_from=stepdown-tz-mended
	same "tz: $1: mended" 10001 "$(tz_run "$2" "$city" /probe | sed -n 's/^uid=//p')"
	same "tz: $1: nothing is said any more" '' "$(cat "$scratch/tz.err")"
}

in_debian() {
	tz_from=$tz_runtimes
	volumes="--volume $stepdown:/sbin/stepdown:ro --volume $scratch/tz/bin:/programs:ro"
	for program in '/usr/bin/python3 /programs/localtime.py' '/usr/bin/java /programs/LocalTime.java'; do
		# shellcheck disable=SC2086 # words
		{
			tz_shows "$program, --tz" "$tz_summer" "$volumes" \
				'--user 10001 --tz Europe/Ljubljana' $program
			tz_shows "$program, TZ" "$tz_summer" "$volumes --env TZ=:Europe/Ljubljana" \
				'--user 10001' $program
			tz_shows "$program, /etc/localtime" "$tz_summer" "$volumes" \
				'--user 10001 --tz Europe/Ljubljana' /programs/musl without $program
		}
	done
}

needs_compilers() {
	for tool in musl-gcc cc go; do
		command -v $tool >/dev/null && continue
		skip 'the time zone in containers' "$tool is not installed"
		return 1
	done
}

if needs_engine 'the time zone in containers' && needs_compilers; then
	verify 'tz: an image from scratch' make_tz_image
	in_scratch
	if verify_said=$(make_debian 2>&1); then
		tz_mends 'an image without zones' '' "$image"
		tz_mends 'a read-only root' '--read-only' $tz_image
		verify 'tz: an image with Python and Java' make_runtimes
		in_debian
	else
		skip 'the time zone in Debian images' "$verify_said"
	fi
fi
