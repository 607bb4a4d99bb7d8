# SPDX-License-Identifier: MIT
# shellcheck shell=sh
# shellcheck disable=SC2154 # run sets engine, here, scratch and top
#
# documents.sh - what README, manuals and examples tell their reader to do, done as it stands
#
# Sourced by run. tests/fences says which blocks there are and which of them are run. They run at the top of
# a clone of HEAD, each document's in its order, in a shell of their own that stops at the first failure. The
# root is an overlay of this machine's, in a mount namespace: what they write or install is gone afterwards.
# In it are the programs as `make install` puts them, documents-docker as docker, and what the documents take
# for granted: files of the reader's, and the images stepdown, stepdown-base and app.

place=$scratch/place # the root
room=$scratch/room   # what is the same on both sides
clone=$room/stepdown

# Mounts it, and keeps it for as long as `run` lives.
# shellcheck disable=SC2016 # the inner shell expands it
readonly MOUNT_PLACE='
	place=$1 engine=$2 room=$3 run=$4
	set -e
	mkdir "$place"
	mount -t tmpfs none "$place"
	mkdir "$place/upper" "$place/work" "$place/root"
	mount -t overlay -o "lowerdir=/,upperdir=$place/upper,workdir=$place/work" none "$place/root"
	for directory in /proc /sys /dev "$engine" "$room"; do
		mkdir -p "$place/root$directory"
		mount --rbind "$directory" "$place/root$directory"
	done
	echo mounted >"$room/mounted"
	exec tail --pid="$run" -f /dev/null
'

# in_place COMMAND...: there, with the environment of somebody who has just logged in.
# shellcheck disable=SC2016 # the inner shell expands it
in_place() {
	nsenter --mount="/proc/$place_holder/ns/mnt" env -i ${http_proxy:+http_proxy="$http_proxy"} \
		${https_proxy:+https_proxy="$https_proxy"} ${no_proxy:+no_proxy="$no_proxy"} HOME=/root \
		PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin DEBIAN_FRONTEND=noninteractive \
		DOCUMENTS_ENGINE="$engine" DOCUMENTS_ROOM="$room" \
		chroot "$place/root" sh -c 'cd "$1" && shift && exec "$@"' sh "$clone" "$@" </dev/null
}

# shellcheck disable=SC2016 # the inner shell expands it
make_place() {
	mkdir "$room" && git clone --quiet --no-hardlinks "$top" "$clone" && already_built || return
	unshare --mount --propagation private sh -c "$MOUNT_PLACE" sh "$place" "$engine" "$room" $$ &
	place_holder=$!
	until_true 30 test -e "$room/mounted" || return
	readers_own || return
	install -m 0755 "$here/documents-docker" "$room/docker"
	in_place sh -ec '
		cp "$DOCUMENTS_ROOM/docker" /usr/local/bin/docker
		[ -x /usr/bin/sudo ] || { printf "#!/bin/sh\nexec \"\$@\"\n" >/usr/local/bin/sudo; chmod 0755 /usr/local/bin/sudo; }
		install -D -m 0755 service /app/web
		make install docker.stepdown docker.base
		docker build --quiet --tag app --tag app:1.2 "$DOCUMENTS_ROOM/app"
	'
}

# What is built here need not be built again there: the sources are made older than it.
already_built() {
	find "$clone" -type f ! -path '*/.git/*' -exec touch --date @0 {} + && mkdir -p "$clone/build/deps" &&
		cp -a "$top/build/deps/$(uname -m)" "$top/build/deps/aarch64" "$clone/build/deps" || return
	for one in musl kit generated aarch64 manual-maker stepdown stepdown-kit stepdown.8 stepdown.bash; do
		[ ! -e "$top/build/$one" ] || cp -a "$top/build/$one" "$clone/build" || return
	done
}

# The reader's service, which serves until it is asked to end, and checks itself; profiles; a CA; and an
# image with all of it.
readers_own() {
	printf '%s\n' '#include <string.h>' '#include <unistd.h>' 'int main(int count, char **words)' \
		'{ return count > 1 && !strcmp(words[1], "--self-test") ? 0 : pause(); }' |
		cc -static -O -x c -o "$clone/service" - || return
	cp "$top/src/profiles/strict.json" "$clone/web.json"
	cp "$top/src/profiles/strict.json" "$clone/strict.json"
	openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -days 2 -subj '/CN=A company' \
		-addext keyUsage=critical,keyCertSign -keyout "$scratch/ca.key" -out "$clone/our-ca.pem" 2>/dev/null
	mkdir -p "$room/app/root/data" "$room/app/root/srv"
	cp "$clone/service" "$room/app/root/service"
	printf 'app:x:10001:10001:An app:/:/\n' >"$room/app/root/passwd"
	printf 'app:x:10001:\n' >"$room/app/root/group"
	printf '%s\n' 'FROM scratch' 'COPY --from=stepdown /stepdown /sbin/stepdown' 'COPY root/service /app/service' \
		'COPY root/passwd root/group /etc/' 'COPY root/data /data/' 'COPY root/srv /srv/' \
		'ENTRYPOINT ["/sbin/stepdown", "--user", "app", "--"]' 'CMD ["/app/service"]' >"$room/app/Dockerfile"
}

forget_containers() {
	containers=$(docker ps --quiet --all)
	# shellcheck disable=SC2086 # one word for each
	[ -z "$containers" ] || docker rm --force --volumes $containers >/dev/null
	docker volume prune --force >/dev/null
}

run_commands() {
	in_place timeout 1800 sh -e "$room/block"
}

# Lines without a FROM go on from the reader's image. An ENTRYPOINT with stepdown has to be one that it takes.
# shellcheck disable=SC2016 # the inner shell expands it
build_dockerfile() {
	grep -q '^FROM ' "$room/block" || sed -i '1s/^/FROM app\n/' "$room/block"
	in_place sh -c 'docker build --tag block --file "$DOCUMENTS_ROOM/block" .' || return
	options=$(docker inspect --format '{{json .Config.Entrypoint}}' block |
		sed -n 's/^\["\/sbin\/stepdown",\(.*\),"--"\]$/\1/p' | sed 's/","/\n/g; s/"//g')
	[ -n "$options" ] || ! grep -q '^ENTRYPOINT' "$room/block" || return
	# shellcheck disable=SC2046,SC2086 # no option of the documents has a blank in it
	docker run --rm --network none --entrypoint /sbin/stepdown block $options --dry-run -- \
		$(docker inspect --format '{{with .Config.Cmd}}{{join . " "}}{{else}}/app/service{{end}}' block)
}

# The end of what is said, if it fails.
in_short() { # COMMAND...
	"$@" >"$scratch/said" 2>&1 || {
		tail -n 15 "$scratch/said"
		return 1
	}
}

try_block() { # FILE LINE MARK
	"$top/tests/fences" text "$1" "$2" >"$room/block"
	case $3 in
	'sh run') verify "$1:$2: the commands do" in_short run_commands ;;
	'dockerfile run') verify "$1:$2: the Dockerfile builds" in_short build_dockerfile ;;
	*' not-run='*) printf '  ----  %s:%s: %s\n' "$1" "$2" "$3" && not_run=$((not_run + 1)) ;;
	esac
	forget_containers
}

notices() { # WHAT FUNCTION TEXT
	printf '%s\n' "$3" >"$room/block"
	if in_short "$2" >/dev/null; then
		fail "documents: notices $1" "$(cat "$scratch/said")"
	else
		pass "documents: notices $1"
	fi
}

try_documents() { # FILE...
	notices 'a command that fails' run_commands 'false
true'
	notices 'a service that does not start' run_commands 'docker run --rm --entrypoint /sbin/stepdown app -- /no/such'
	notices 'a Dockerfile that does not build' build_dockerfile 'COPY no-such /'
	notices 'an option that is not there' build_dockerfile 'ENTRYPOINT ["/sbin/stepdown", "--no-such", "--"]'
	verify 'documents: no block without a mark' "$top/tests/fences" check "$@"
	not_run=0
	"$top/tests/fences" list "$@" >"$scratch/blocks"
	while read -r document line mark; do
		try_block "$document" "$line" "$mark"
	done <"$scratch/blocks"
	printf '  ----  %d blocks are not run\n' $not_run
}

if needs_engine 'the documents'; then
	cd "$top" || exit
	tag=$(sed -n 's/^ARG DEBIAN=//p' Dockerfile.example)
	verify 'documents: the images to start from' "$here/engine.sh" image "$engine" "$tag"
	docker tag "$tag" debian:12
	if make_place >"$scratch/place.log" 2>&1; then
		pass 'documents: a place where the programs are installed'
		# shellcheck disable=SC2086 # words
		try_documents ${DOCUMENTS:-README.md examples/*/README.md src/manual/*.in src/manual/*.1}
	else
		fail 'documents: a place where the programs are installed' "$(tail -n 20 "$scratch/place.log")"
	fi
	docker rmi --force block app app:1.2 >/dev/null 2>&1
	[ -z "${place_holder:-}" ] || kill "$place_holder" && wait "$place_holder" 2>/dev/null
fi
