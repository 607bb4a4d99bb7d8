# SPDX-License-Identifier: MIT
# shellcheck shell=sh
# shellcheck disable=SC2154 # run sets engine, here, scratch and top
#
# release.sh - make dist, release, push and pin, against a registry of the tests' own
#
# Sourced by run, which stops the registry at its end if this does not get to it.

release_make() { # ARGUMENT...
	env -u MAKEFLAGS -u MAKELEVEL make --no-print-directory -C "$top" \
		DOCKER="$here/engine.sh docker $engine" SOURCE_URL=somewhere SOURCE_DATE_EPOCH=1700000000 "$@"
}

# A release as its readers make it, in a clone that is made from FROM under MASK. Each clone has a folder,
# an origin and a mask of its own.
release_of_clone() { # CLONE FROM MASK
	(
		umask "$3"
		mkdir -p "${1%/*}" && git clone --quiet --no-hardlinks "$2" "$1" || exit
		if [ "$2" = "$top" ]; then
			mkdir -p "$1/build/deps"
			cp -r "$top/build/deps/$(uname -m)" "$top/build/deps/aarch64" "$1/build/deps"
		else
			clone_make "$1" deps && clone_make "$1" deps ARCH=aarch64 || exit
		fi
		clone_make "$1" -j2 release
	)
}

clone_make() { # CLONE ARGUMENT...
	clone=$1
	shift
	env -u MAKEFLAGS -u MAKELEVEL -u SOURCE_DATE_EPOCH make --no-print-directory -C "$clone" "$@"
}

# Prints the label of the source that images of a clone with this origin have.
source_label() { # URL
	git -C "$first" config remote.origin.url "$1"
	clone_make "$first" --dry-run docker.stepdown | sed -n "s/.*'org.opencontainers.image.source=\([^']*\)'.*/\1/p"
}

releases_are_the_same() {
	for clone in "$first:$top:022" "$second:$first:077"; do
		IFS=: read -r clone from mask <<-END
			$clone
		END
		if ! release_of_clone "$clone" "$from" "$mask" >"$scratch/release.log" 2>&1; then
			fail 'release: make release' "$(tail -n 20 "$scratch/release.log")"
			return 1
		fi
	done
	pass 'release: make release'
	same 'release: the same sums from two clones' "$(cat "$first/build/release/SHA256SUMS")" \
		"$(cat "$second/build/release/SHA256SUMS")"
	verify 'release: both programs installed are the same from two clones' sh -c \
		"cmp $first/build/stepdown $second/build/stepdown && cmp $first/build/stepdown-kit $second/build/stepdown-kit"
}

dist_is_what_is_committed() {
	archive=$(cd "$first/build/release" && echo stepdown-*.tar.gz)
	same 'dist: has what is committed and nothing else' "$(git -C "$first" ls-tree -r --name-only HEAD | sort)" \
		"$(tar --list --gzip --file "$first/build/release/$archive" | grep -v '/$' | cut -d / -f 2- | sort)"
	same 'dist: everything is below one directory of the version' "${archive%.tar.gz}" \
		"$(tar --list --gzip --file "$first/build/release/$archive" | cut -d / -f 1 | sort -u)"
	echo 'left out' >>"$second/README.md"
	contains 'dist: says that something is not committed' "$(clone_make "$second" dist 2>&1)" \
		'what is not committed is left out'
	rm -rf "$second/.git"
	# shellcheck disable=SC2016 # the inner shell expands it
	verify 'dist: is refused where there is no commit' sh -c '! env -u MAKEFLAGS GIT_DIR=/none make -C "$1" dist' sh \
		"$second"
}

sources_are_named() {
	same 'release: the label has no path of this machine' '' "$(source_label "$top")"
	same 'release: nor as a URL' '' "$(source_label "file://$top")"
	same 'release: nor a relative one' '' "$(source_label ../stepdown)"
	same 'release: nor a password' https://host/team/stepdown "$(source_label https://me:secret@host/team/stepdown)"
	same 'release: it has what others can clone' git@host:stepdown "$(source_label git@host:stepdown)"
}

release_has() { # FILE...
	for file; do
		verify "release: has $file" test -s "$first/build/release/$file"
	done
}

machine_is() { # PROGRAM WHAT
	contains "release: $1 is for $2" "$(readelf --file-header "$first/build/release/$1" | grep Machine)" "$2"
	same "release: $1 needs no other file" '' \
		"$(readelf --program-headers --dynamic "$first/build/release/$1" 2>&1 | grep -E 'INTERP|NEEDED')"
}

# What the README tells whoever trusts no signature.
builds_from_the_archive() { # VERSION
	tar --extract --gzip --directory "$scratch" --file "$first/build/release/stepdown-$1.tar.gz"
	mkdir -p "$scratch/stepdown-$1/build/deps"
	cp -r "$top/build/deps/$(uname -m)" "$scratch/stepdown-$1/build/deps"
	env -u MAKEFLAGS make -j2 -C "$scratch/stepdown-$1" build/stepdown >"$scratch/again.log" 2>&1 ||
		tail -n 5 "$scratch/again.log"
	verify 'release: its archive builds to the same bytes' cmp "$scratch/stepdown-$1/build/stepdown" \
		"$first/build/programs/$(uname -m)/stepdown"
}

signatures() {
	ssh-keygen -q -t ed25519 -N '' -C tester -f "$scratch/key"
	ssh-keygen -q -t ed25519 -N '' -C other -f "$scratch/other-release"
	clone_make "$first" release SIGN="$scratch/key" >"$scratch/release.log" 2>&1
	for who in key other-release; do
		printf 'release@stepdown %s\n' "$(cut -d ' ' -f 1,2 "$scratch/$who.pub")" >"$scratch/$who.allowed"
	done
	# shellcheck disable=SC2016 # the inner shell expands it
	checks='ssh-keygen -Y verify -n stepdown-release -I release@stepdown -f "$1" -s SHA256SUMS.sig <SHA256SUMS'
	verify 'release: the signature is that of the key' sh -c "cd $first/build/release && $checks" sh "$scratch/key.allowed"
	verify 'release: another key does not do' sh -c "cd $first/build/release && ! $checks" sh "$scratch/other-release.allowed"
	echo >>"$first/build/release/SHA256SUMS"
	verify 'release: nor do other sums' sh -c "cd $first/build/release && ! $checks" sh "$scratch/key.allowed"
}

release_is_whole() {
	cp "$first/build/release/SHA256SUMS" "$scratch/sums"
	version=$("$first/build/stepdown" --version | sed 's/.* //')
	release_has stepdown-linux-amd64 stepdown-linux-arm64 stepdown-kit-linux-amd64 stepdown-kit-linux-arm64 \
		"stepdown-$version.tar.gz" "stepdown-$version.spdx.json" "stepdown-$version-image-amd64.tar" \
		"stepdown-$version-image-arm64.tar" stepdown.8 stepdown-kit.1 stepdown.bash
	contains 'release: the list of parts is SPDX' "$(cat "$first/build/release/stepdown-$version.spdx.json")" SPDX-2.3
	for program in stepdown stepdown-kit; do
		machine_is $program-linux-amd64 X86-64
		machine_is $program-linux-arm64 AArch64
	done
	same 'release: a sum for each file' "$(cd "$first/build/release" && ls -I SHA256SUMS)" \
		"$(sed 's/^[0-9a-f]\{64\}  //' "$scratch/sums")"
	verify 'release: the sums are right' sh -c "cd $first/build/release && sha256sum --check --strict SHA256SUMS"
	for arch in amd64 arm64; do
		docker load --quiet --input "$first/build/release/stepdown-$version-image-$arch.tar" >/dev/null
		same "release: the image for $arch" "linux/$arch $version " "$(docker inspect --format \
			'{{.Os}}/{{.Architecture}} {{index .Config.Labels "org.opencontainers.image.version"}} {{index .Config.Labels "org.opencontainers.image.source"}}' \
			"stepdown:$version")"
	done
	release_make docker.stepdown PLATFORM=linux/arm64 TAG=other >/dev/null 2>&1
	same 'docker.stepdown: PLATFORM' linux/arm64 "$(docker inspect --format '{{.Os}}/{{.Architecture}}' stepdown:other)"
	builds_from_the_archive "$version"
	signatures
	verify 'release: comes out the same again' sh -c "grep -v '^$' $first/build/release/SHA256SUMS | cmp - $scratch/sums"
}

push_works() {
	prefix=$registry/team/
	verify 'push: make push.stepdown' release_make push.stepdown IMAGE_PREFIX="$prefix" TAG=1
	pushed=$(docker inspect --format '{{.Id}}' "${prefix}stepdown:1")
	docker rmi --force "${prefix}stepdown:1" >/dev/null
	verify 'push: the registry has it' docker pull --quiet "${prefix}stepdown:1"
	same 'push: and it is the same image' "$pushed" "$(docker inspect --format '{{.Id}}' "${prefix}stepdown:1")"
	wanted=$(cd "$top/examples" && for file in */Dockerfile; do echo "stepdown-${file%/*}:1"; done)
	same 'push: make push is about the release image and every example' "$(printf '%s\n' stepdown:1 "$wanted" | sort)" \
		"$(release_make --dry-run push IMAGE_PREFIX="$prefix" TAG=1 2>&1 |
			sed -n "s,.* push '$prefix\(.*\)'.*,\1,p" | sort)"
}

# The base image is put into the registry, pinned, and then moved under its tag.
pin_works() {
	tag=$(sed -n 's/^ARG DEBIAN=//p' "$top/Dockerfile.example")
	"$here/engine.sh" image "$engine" "$tag"
	base=$registry/debian:12
	docker tag "$tag" "$base" && docker push --quiet "$base" >/dev/null
	layer=$(docker inspect --format '{{index .RootFS.Layers 0}}' "$base")
	printf '# a comment\n%s\n' "$base" >"$scratch/pins"
	contains 'pin: a build says that there is no pin' \
		"$(release_make docker.puid PINS="$scratch/pins" TAG=pinned 2>&1)" "$base is not pinned"
	verify 'pin: make pin' release_make pin PINS="$scratch/pins"
	digest=$(sed -n "s,^$base \(sha256:[0-9a-f]\{64\}\)$,\1,p" "$scratch/pins")
	same 'pin: the digest is the one that the registry has' "$base@$digest" "$registry/debian:12@$(docker inspect \
		--format '{{range .RepoDigests}}{{println .}}{{end}}' "$base" | sed -n "s,^$registry/debian@,,p")"
	same 'pin: comments stay' '# a comment' "$(head -n 1 "$scratch/pins")"
	docker tag "stepdown-puid:pinned" "$base" && docker push --quiet "$base" >/dev/null
	# What the tag leads to now has the user already that the build makes.
	verify 'pin: the build starts from the digest' release_make docker.puid PINS="$scratch/pins" TAG=pinned \
		DOCKER_BUILD_FLAGS=--no-cache
	same 'pin: though the tag has moved' "$layer" "$(docker inspect --format '{{index .RootFS.Layers 0}}' stepdown-puid:pinned)"
	same 'pin: and nothing of what it leads to now is in the image' 4 \
		"$(docker inspect --format '{{len .RootFS.Layers}}' stepdown-puid:pinned)"
	sed 's/sha256:./sha256:0/; t' "$scratch/pins" | sed 's/sha256:0\(.*\)./sha256:0\10/' >"$scratch/other-release"
	contains 'pin: a digest that nothing has is a build that fails' \
		"$(release_make docker.puid PINS="$scratch/other-release" TAG=pinned 2>&1)" 'manifest unknown'
	# shellcheck disable=SC2016 # nobody is to expand this one
	for line in "$base sha256:12" "$base md5:0" "$base $digest more" 'debian' '$(id):12'; do
		printf '%s\n' "$line" >"$scratch/other-release"
		contains "pin: \"${line#"$registry"/}\" is refused" \
			"$(release_make docker.puid PINS="$scratch/other-release" TAG=pinned 2>&1)" "pins: $scratch/other-release: "
	done
	printf '%s/nothing:1\n' "$registry" >"$scratch/other-release"
	verify 'pin: what the registry does not have is an error' sh -c '! "$@"' sh \
		env DOCKER="$here/engine.sh docker $engine" "$top/src/build/pins.sh" resolve "$scratch/other-release"
	same 'pin: and the file stays as it was' "$registry/nothing:1" "$(cat "$scratch/other-release")"
}

if needs_engine 'the release'; then
	first=$scratch/clone second=$scratch/in/another/folder
	if ! git -C "$top" rev-parse --quiet --verify HEAD >/dev/null 2>&1; then
		skip 'make release' 'this is no checkout of git'
	elif [ ! -d "$top/build/deps/aarch64/lib" ]; then
		skip 'make release' 'the libraries for arm64 are not there: make deps ARCH=aarch64'
	elif releases_are_the_same; then
		dist_is_what_is_committed
		release_is_whole
		sources_are_named
	fi
	if registry=$("$here/registry.sh" start "$scratch/registry" "$top/build/deps/registry" 2>"$scratch/why"); then
		push_works
		pin_works
		"$here/registry.sh" stop "$scratch/registry"
	else
		skip 'push and pin' "$(tail -n 1 "$scratch/why")"
	fi
fi
