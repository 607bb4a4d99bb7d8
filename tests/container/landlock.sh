# SPDX-License-Identifier: MIT
# shellcheck shell=sh
# shellcheck disable=SC2154 # run sets engine, here, image, scratch, stepdown and top
#
# landlock.sh - Landlock under the engine's default profile, on a whole Debian image
#
# Sourced by run. Each attempt is shown to succeed first without the option that refuses it.

intruder=${INTRUDER:-$top/build/tests/helpers/intruder}
landlock_base=$(sed -n 's/^ARG DEBIAN=//p' "$top/Dockerfile.example")

# Runs a command of the Debian image as a service; what is said is in $scratch/said.
attempt() { # OPTIONS COMMAND...
	attempt_options=$1
	shift
	# shellcheck disable=SC2086 # words
	docker run --rm --network none --volume "$stepdown:/sbin/stepdown:ro" \
		--volume "$intruder:/usr/local/bin/intruder:ro" $engine_options --entrypoint /sbin/stepdown \
		"$landlock_base" --user 10001:10001 $attempt_options -- "$@" >"$scratch/said" 2>&1
	echo $?
}

landlock_execution() {
	shell='exec "/bin/sh", "-c", "echo got a shell" or die "refused: $!\n"'
	same 'without exec-only a service gets a shell' 0 "$(attempt '' perl -e "$shell")"
	contains 'without exec-only: the shell runs' "$(cat "$scratch/said")" 'got a shell'
	attempt --exec-only perl -e "$shell" >/dev/null
	contains 'exec-only: the kernel refuses /bin/sh' "$(cat "$scratch/said")" \
		'refused: Permission denied'
	attempt '--exec-only --fs-exec /usr/bin/dash' perl -e "$shell" >/dev/null
	contains 'exec-only and fs-exec: what is named runs' "$(cat "$scratch/said")" 'got a shell'
	same 'exec-only: a script with its interpreter' 0 "$(attempt --exec-only ldd --version)"
	same 'memory without a name' 0 "$(attempt '' intruder memory /bin/true)"
	for landlock_option in --exec-only '--fs-ro /' '--fs-rw /' '--fs-exec /'; do
		same "$landlock_option: memory without a name is refused" 1 \
			"$(attempt "$landlock_option" intruder memory /bin/true)"
	done
	same 'what remains: the loader runs any program' 0 "$(attempt --exec-only \
		perl -e 'exec "/lib64/ld-linux-x86-64.so.2", "/bin/echo", "ran" or die')"
	same 'and is whole where nothing else can be read' 127 "$(attempt '--exec-only --fs-ro /usr/share' \
		perl -e 'exec "/lib64/ld-linux-x86-64.so.2", "/bin/echo", "ran" or die')"
}

landlock_files() {
	same 'files: a program of the image finds what it needs' 0 \
		"$(attempt '--fs-ro /usr/share' perl -e 'print "fine\n"; defined getpwnam("root") or exit 1')"
	same 'files: elsewhere' 13 "$(attempt '--fs-ro /usr/share' intruder read /etc/debian_version)"
	same 'files: read-only' 13 "$(attempt '--fs-ro /tmp' intruder make /tmp/new)"
	same 'files: writable' 0 "$(attempt '--fs-rw /tmp' intruder make /tmp/new)"
	engine_options='--volume /data --tmpfs /data/below:mode=1777'
	same 'files: a mount below' 0 "$(attempt '--fs-rw /data' intruder make /data/below/new)"
	engine_options='--read-only'
	same 'files: a read-only root' 13 "$(attempt '--fs-ro /usr' intruder read /etc/debian_version)"
	engine_options=
	same 'files: a path that does not exist' 125 "$(attempt '--fs-ro /none' true)"
	contains 'files: it is named' "$(cat "$scratch/said")" '--fs-ro /none does not exist'
}

landlock_ports() {
	same 'ports: one that was named' 0 "$(attempt '--net-bind 8080' intruder bind 8080)"
	same 'ports: another one' 13 "$(attempt '--net-bind 8080' intruder bind 8081)"
	same 'ports: no connection' 13 "$(attempt '--net-connect none' intruder connect 80)"
	same 'ports: multipath TCP becomes TCP' 0 "$(attempt '' intruder connect-mptcp 80)"
	same 'ports: and is closed' 93 "$(attempt '--net-connect none' intruder connect-mptcp 80)"
	same 'ports: TCP Fast Open connects' 0 "$(attempt '' intruder sendto 80)"
	same 'ports: and is closed too' 95 "$(attempt '--net-connect none' intruder sendto 80)"
	same 'scopes: PID 1 can be signalled' 0 "$(attempt '' intruder signal-parent)"
	same 'scopes: PID 1 is outside' 1 "$(attempt '--net-bind none' intruder signal-parent)"
}

# The probe against --dry-run, as in settings.sh.
landlock_said() { # STEPDOWN_OPTIONS
	# shellcheck disable=SC2086 # words
	for words in "--dry-run $1" "$1"; do
		docker run --rm --network none --hostname container --entrypoint /sbin/stepdown "$image" \
			--user app $words -- /probe one two >"$scratch/seen" 2>"$scratch/seen.err"
		[ "$words" = "$1" ] || mv "$scratch/seen" "$scratch/dry"
	done
	verify "what was said is what is got: $1" "$here/compare" "$scratch/dry" "$scratch/seen"
}

landlock_suite() {
	verify 'landlock: a Debian image' "$here/engine.sh" image "$engine" "$landlock_base"
	landlock_execution
	landlock_files
	landlock_ports
	landlock_said '--exec-only'
	landlock_said '--fs-rw /tmp'
	landlock_said '--fs-rw /dev --fs-exec /probe'
	landlock_said '--fs-ro /etc --fs-rw /tmp --net-bind 80'
	landlock_said '--net-connect none'
}

# Where /dev/null is no node in /dev, but mounted over a file.
landlock_mounted_devices() {
	for landlock_option in --exec-only '--fs-rw /' '--fs-rw /dev'; do
		same "a mounted /dev/null: $landlock_option" 0 "$(attempt "$landlock_option" intruder \
			write /dev/null)"
	done
}

engine_options=
if needs_engine 'landlock'; then
	landlock_suite
	engine_options='--volume /dev/null:/dev/null'
	landlock_mounted_devices
	engine_options=
fi
# In a user namespace no node can be made, so that all of them are mounts.
if needs_remapping_engine 'landlock under a user namespace'; then
	landlock_suite
	landlock_mounted_devices
	leave_remapping_engine
fi
