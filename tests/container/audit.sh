# SPDX-License-Identifier: MIT
# shellcheck shell=sh
# shellcheck disable=SC2154 # run sets image, scratch and top
#
# audit.sh - stepdown-kit audit on what a real engine saves and exports
#
# Sourced by run. The image has a key that a later layer removes, and the set-uid bait of make_root.

kit=${KIT:-$top/build/stepdown-kit}
audited='stepdown-audited'

build_audited() {
	mkdir -p "$scratch/audit" &&
		cp "$(command -v busybox)" "$scratch/audit/busybox" &&
		openssl genrsa -out "$scratch/audit/secret.key" 2048 &&
		cat >"$scratch/audit/Dockerfile" <<-END &&
			FROM $image
			COPY busybox /bin/busybox
			COPY secret.key /build/secret.key
			RUN ["/bin/busybox", "rm", "/build/secret.key"]
			LABEL org.opencontainers.image.source=here
			HEALTHCHECK CMD ["/probe"]
			ENTRYPOINT ["/sbin/stepdown", "--user", "app"]
			CMD ["/probe"]
		END
		docker build --network host --tag $audited:1.2 "$scratch/audit"
}

# The key's layer is the third: the imported root is the first.
saved_image() {
	docker save --output "$scratch/saved.tar" $audited:1.2
	said=$("$kit" audit "$scratch/saved.tar" 2>&1)
	same 'audit: a saved image with findings ends with 1' 1 $?
	contains 'audit: the bait is found, and its layer' "$said" '/setuid-probe: mode 4755, owner 0  [layer 1'
	contains 'audit: a key that is removed is found' "$said" \
		'/build/secret.key: hidden by layer 4, but still in the image  [layer 3'
	contains 'audit: its ENTRYPOINT is open' "$said" "ENTRYPOINT: it ends in 'app'"
	contains 'audit: its HEALTHCHECK does not step down' "$said" 'HEALTHCHECK: /probe'
	contains 'audit: a label that is missing' "$said" 'org.opencontainers.image.revision'
	case $said in
	*image.source*) fail 'audit: a label that is there is not missed' "$said" ;;
	*) pass 'audit: a label that is there is not missed' ;;
	esac
	gzip -k "$scratch/saved.tar"
	same 'audit: compressed it says the same' "$said" "$("$kit" audit "$scratch/saved.tar.gz" 2>&1)"
}

exported_container() {
	docker create --network none --name audited $audited:1.2 >/dev/null
	docker export --output "$scratch/exported.tar" audited
	docker inspect $audited:1.2 >"$scratch/inspect.json"
	docker rm audited >/dev/null
	said=$("$kit" audit "$scratch/exported.tar" 2>&1)
	contains 'audit: an export has the bait' "$said" '/setuid-probe: mode 4755, owner 0'
	contains 'audit: an export does not say how it starts' "$said" 'unknown: user, ENTRYPOINT'
	said=$("$kit" audit --config "$scratch/inspect.json" "$scratch/exported.tar" 2>&1)
	contains 'audit: docker inspect says it' "$said" "ENTRYPOINT: it ends in 'app'"
	mkdir "$scratch/unpacked" && tar --extract --directory "$scratch/unpacked" --file "$scratch/exported.tar"
	same 'audit: unpacked it says the same' "$said" \
		"$("$kit" audit --config "$scratch/inspect.json" "$scratch/unpacked" 2>&1)"
}

if needs_engine 'the audit'; then
	if build_audited >"$scratch/build.log" 2>&1; then
		saved_image
		exported_container
	else
		fail 'audit: an image for it' "$(tail -n 20 "$scratch/build.log")"
	fi
fi
