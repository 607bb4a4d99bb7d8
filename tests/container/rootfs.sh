# SPDX-License-Identifier: MIT
# shellcheck shell=sh
# shellcheck disable=SC2154 # run sets engine, here, scratch, stepdown and top
#
# rootfs.sh - six programs of Debian's, each collected by stepdown-kit rootfs into a scratch image
#
# Sourced by run. The images have no shell: what is asked of them is asked by their own programs,
# or from outside.

kit=${STEPDOWN_KIT:-$top/build/stepdown-kit}
rootfs_builder='stepdown-rootfs-builder'
rootfs_files="$here/rootfs"

build_rootfs_builder() {
	tag=$(sed -n 's/^ARG DEBIAN=//p' "$top/Dockerfile.example")
	"$here/engine.sh" image "$engine" "$tag" || return 1
	docker build --network host --build-arg http_proxy --build-arg https_proxy --build-arg no_proxy \
		--build-arg DEBIAN="$tag" --file "$rootfs_files/builder.Dockerfile" \
		--tag $rootfs_builder "$rootfs_files"
}

# A scratch image of one program, behind stepdown. The options are words for a shell.
rootfs_image() { # NAME OPTIONS...
	rootfs_name=$1
	shift
	mkdir -p "$scratch/rootfs-$rootfs_name"
	cp "$kit" "$stepdown" "$rootfs_files"/* "$scratch/rootfs-$rootfs_name"
	cat >"$scratch/rootfs-$rootfs_name/Dockerfile" <<END
FROM $rootfs_builder AS build
COPY stepdown-kit /usr/local/bin/
COPY nginx.conf /etc/nginx/nginx.conf
COPY stdlib.py serve.js /app/
RUN SOURCE_DATE_EPOCH=1767225600 stepdown-kit rootfs -o /rootfs --sbom /sbom.json --user app:10001:10001 $*
FROM scratch
COPY --from=build /rootfs /
COPY --from=build /sbom.json /sbom.json
COPY stepdown /sbin/stepdown
ENTRYPOINT ["/sbin/stepdown", "--user", "app", "--keep-cap", "net_bind_service", "--"]
END
	docker build --tag "rootfs-$rootfs_name" "$scratch/rootfs-$rootfs_name" \
		>"$scratch/rootfs-$rootfs_name.log" 2>&1 && return
	fail "rootfs: $rootfs_name is collected" "$(tail -n 5 "$scratch/rootfs-$rootfs_name.log")"
	return 1
}

# Runs a program of an image to its end; standard output and error.
rootfs_run() { # NAME COMMAND...
	rootfs_name=$1
	shift
	docker run --rm --network none --read-only --tmpfs /tmp "rootfs-$rootfs_name" "$@" 2>&1
}

rootfs_start() { # NAME COMMAND...
	rootfs_name=$1
	shift
	docker rm --force rootfs >/dev/null 2>&1
	docker run --detach --name rootfs --network none --read-only --tmpfs /tmp:mode=1777 \
		"rootfs-$rootfs_name" "$@" >/dev/null
}

# What scanners read, and what nobody must find.
rootfs_contents() { # NAME PACKAGE
	docker create --network none --name rootfs-look "rootfs-$1" >/dev/null
	docker export rootfs-look >"$scratch/export.tar"
	docker rm rootfs-look >/dev/null
	contains "rootfs: $1: the record of $2" \
		"$(tar --extract --to-stdout --file "$scratch/export.tar" "var/lib/dpkg/status.d/$2" 2>&1)" \
		"Package: $2"
	contains "rootfs: $1: the licence of $2" "$(tar --list --file "$scratch/export.tar" | grep "^usr/share/doc/$2/")" \
		"usr/share/doc/$2/copyright"
	contains "rootfs: $1: the distribution" \
		"$(tar --extract --to-stdout --file "$scratch/export.tar" usr/lib/os-release 2>&1)" \
		'VERSION_ID="12"'
	contains "rootfs: $1: $2 in the SBOM" \
		"$(tar --extract --to-stdout --file "$scratch/export.tar" sbom.json)" "pkg:deb/debian/$2@"
	same "rootfs: $1: no shell, no set-uid file, nothing for everyone to write but /tmp" '' \
		"$(tar --list --verbose --file "$scratch/export.tar" |
			awk '!/^l/ && $6 != "tmp/" && (/^...s|^......s/ || $1 ~ /^........w/ || $6 ~ /bin\/(da|ba)?sh$/)')"
	printf '        %s: %s bytes, %s files, %s executables\n' "$1" \
		"$(docker image inspect --format '{{.Size}}' "rootfs-$1")" \
		"$(tar --list --verbose --file "$scratch/export.tar" | grep -c '^-')" \
		"$(tar --list --verbose --file "$scratch/export.tar" | grep -c '^-..x.*bin/')"
}

rootfs_nginx() {
	rootfs_image nginx --with /etc/nginx/nginx.conf --with /etc/nginx/mime.types \
		--with /usr/share/nginx/html nginx || return
	rootfs_start nginx /usr/sbin/nginx
	rootfs_pid=$(docker inspect --format '{{.State.Pid}}' rootfs)
	until_true 30 nsenter --target "$rootfs_pid" --net curl -sf http://127.0.0.1/
	contains 'rootfs: nginx serves a page on port 80' \
		"$(nsenter --target "$rootfs_pid" --net curl -s http://127.0.0.1/; docker logs rootfs 2>&1)" \
		'Welcome to nginx'
	docker stop rootfs >/dev/null
	same 'rootfs: nginx ends in order' 0 "$(docker inspect --format '{{.State.ExitCode}}' rootfs)"
	rootfs_contents nginx libssl3
}

rootfs_redis() {
	rootfs_image redis redis-server redis-cli || return
	rootfs_start redis /usr/bin/redis-server --save '' --bind 127.0.0.1
	until_true 30 docker exec rootfs /sbin/stepdown --no-setup -u app -- /usr/bin/redis-cli ping
	same 'rootfs: Redis keeps a value' 'OK kept' "$(for words in 'set key kept' 'get key'; do
		# shellcheck disable=SC2086 # two words and three
		docker exec rootfs /sbin/stepdown --no-setup -u app -- /usr/bin/redis-cli -h localhost $words 2>&1
	done | tr '\n' ' ' | sed 's/ $//')"
	docker stop rootfs >/dev/null
	rootfs_contents redis libssl3
}

rootfs_psql() {
	# shellcheck disable=SC2016 # the shell of the build stage expands it
	rootfs_image psql '$(ls -d /usr/lib/postgresql/*/bin/psql)' || return
	docker create --network none --name rootfs rootfs-psql >/dev/null
	rootfs_psql=$(docker export rootfs | tar --list | grep 'bin/psql$')
	contains 'rootfs: psql knows its version' "$(rootfs_run psql "/$rootfs_psql" --version)" \
		'psql (PostgreSQL) 15'
	contains 'rootfs: psql finds localhost by its name, and nobody there' \
		"$(rootfs_run psql "/$rootfs_psql" --host localhost --command 'select 1')" \
		'connection to server at "localhost" (127.0.0.1), port 5432 failed: Connection refused'
	rootfs_contents psql libpq5
}

rootfs_python() {
	rootfs_image python --certs --tz Europe/Berlin --with /usr/lib/python3.11 --with /app/stdlib.py \
		python3 || return
	same 'rootfs: Python imports its standard library' \
		'modules True zone CEST uid 10001 authorities True' \
		"$(rootfs_run python /usr/bin/python3 /app/stdlib.py)"
	rootfs_contents python libpython3.11-minimal
}

rootfs_node() {
	rootfs_image node --certs --with /usr/share/nodejs --with /app/serve.js node || return
	same 'rootfs: Node serves itself a page' 'hello 2cf24dba Januar 10001' \
		"$(rootfs_run node /usr/bin/node /app/serve.js)"
	rootfs_contents node libnode108
}

# The runtime has no compiler; keytool is a program in Java, and reads the authorities.
rootfs_java() {
	rootfs_image java --certs --with /usr/lib/jvm/java-17-openjdk-amd64 --with /etc/java-17-openjdk \
		--with /etc/ssl/certs/java java || return
	contains 'rootfs: Java runs' "$(rootfs_run java /usr/bin/java -Xshare:auto -version)" \
		'OpenJDK 64-Bit Server VM'
	contains 'rootfs: a program in Java reads the authorities' \
		"$(rootfs_run java /usr/bin/java -m java.base/sun.security.tools.keytool.Main -list \
			-cacerts -storepass changeit)" 'trustedCertEntry'
	rootfs_contents java openjdk-17-jre-headless
}

if needs_engine 'rootfs'; then
	if build_rootfs_builder >"$scratch/builder.log" 2>&1; then
		for rootfs_program in ${ROOTFS_PROGRAMS:-nginx redis psql python node java}; do
			"rootfs_$rootfs_program"
			docker rm --force rootfs >/dev/null 2>&1 || :
		done
	else
		fail 'rootfs: the stage with the programs builds' "$(tail -n 20 "$scratch/builder.log")"
	fi
fi
