# SPDX-License-Identifier: MIT
# shellcheck shell=sh
# shellcheck disable=SC2154 # run sets here and scratch
#
# runtimes.sh - the OCI runtimes directly, and a plain chroot without /proc
#
# Sourced by run. No engine is between: the bundle's config.json is ours.

# The capabilities that engines give by default.
engine_capabilities='"CAP_CHOWN","CAP_DAC_OVERRIDE","CAP_FSETID","CAP_FOWNER","CAP_MKNOD","CAP_NET_RAW",
"CAP_SETGID","CAP_SETUID","CAP_SETFCAP","CAP_SETPCAP","CAP_NET_BIND_SERVICE","CAP_SYS_CHROOT","CAP_KILL",
"CAP_AUDIT_WRITE"'

# Writes a bundle's config.json. The user namespace is the JSON of its mappings, or nothing.
write_config() { # FILE USER_NAMESPACE_COUNT ARGUMENT...
	config=$1
	ids=$2
	shift 2
	mappings=
	namespace=
	if [ -n "$ids" ]; then
		namespace=',{"type":"user"}'
		mapping='[{"containerID":0,"hostID":1000000000,"size":'$ids'}]'
		mappings=',"uidMappings":'$mapping',"gidMappings":'$mapping
	fi
	arguments=
	for argument in "$@"; do
		arguments="$arguments${arguments:+,}\"$argument\""
	done
	cat >"$config" <<-END
		{"ociVersion":"1.0.2","hostname":"container","root":{"path":"$scratch/root","readonly":true},
		"process":{"cwd":"/tmp","user":{"uid":0,"gid":0},"args":[$arguments],
		"env":["PATH=/sbin:/","TERM=xterm","ONE=1"],"noNewPrivileges":false,
		"rlimits":[{"type":"RLIMIT_NOFILE","soft":512,"hard":1024}],
		"capabilities":{"bounding":[$engine_capabilities],"effective":[$engine_capabilities],
		"permitted":[$engine_capabilities]}},
		"mounts":[{"destination":"/proc","type":"proc","source":"proc"},
		{"destination":"/dev","type":"tmpfs","source":"tmpfs","options":["nosuid","mode=755"]}],
		"linux":{"namespaces":[{"type":"pid"},{"type":"mount"},{"type":"ipc"},{"type":"uts"},
		{"type":"network"}$namespace]$mappings}}
	END
}

# Runs a bundle under $runtime with $ids ids in its user namespace, if any. A runtime gives its standard
# streams to the container's user, crun even /dev/null, so its input is a file of ours; what calls this
# takes the output into another, or into a pipe.
in_bundle() { # ARGUMENT...
	mkdir -p "$scratch/bundle" "$scratch/state"
	write_config "$scratch/bundle/config.json" "$ids" "$@"
	# crun refuses hosts that have both versions of cgroups, which are not what is tested here: in a
	# mount namespace of its own it does not see the second one.
	# shellcheck disable=SC2016 # the inner shell expands it
	unshare --mount --propagation private \
		sh -c 'umount /sys/fs/cgroup/unified 2>/dev/null; exec "$@"' sh \
		"$runtime" --root "$scratch/state" run --bundle "$scratch/bundle" "stepdown-$$-$runtime" \
		<"$scratch/nothing"
}

# With descriptors that a careless caller left open.
in_chroot() { # ARGUMENT...
	env -i PATH=/sbin:/ TERM=xterm ONE=1 chroot "$scratch/root" "$@" 7</dev/null 9</etc/passwd
}

# straight NAME RUN EXPECTATION...: the straight path through whatever RUN runs it in.
straight() {
	name=$1
	run_in=$2
	shift 2
	"$run_in" /sbin/stepdown --user app --dry-run -- /probe one >"$scratch/dry" 2>"$scratch/dry.err"
	"$run_in" /sbin/stepdown --user app -- /probe one >"$scratch/seen" 2>"$scratch/seen.err"
	same "$name: nothing is complained of" "" "$(cat "$scratch/seen.err")"
	verify "$name: what was said is what is got" "$here/compare" "$scratch/dry" "$scratch/seen"
	expect "$name" uid=10001 gid=10002 groups=10002,10003 home=/home/app no_new_privs=1 \
		seccomp=confined cap.effective=none cap.permitted=none cap.inheritable=none \
		cap.bounding=none cap.ambient=none securebits=0xcf env.ONE=1 descriptors=0,1,2 "$@"
	verify "$name: nothing can be got back" \
		"$run_in" /sbin/stepdown --user app -- /probe regain /setuid-probe
}

runtime_refuses() { # NAME PART
	in_bundle /sbin/stepdown --user app -- /probe >"$scratch/seen" 2>"$scratch/seen.err"
	same "$1: exit status" 125 $?
	same "$1: no service" "" "$(cat "$scratch/seen")"
	contains "$1: says $2" "$(cat "$scratch/seen.err")" "$2"
}

# An image's files belong to the root of the user namespace that an engine makes for it.
image_of() { # HOST_ID
	chown -R "$1:$1" "$scratch/root"
	chmod 4755 "$scratch/root/setuid-probe"
}

null_device() {
	stat --format '%u:%g %a' /dev/null
}

: >"$scratch/nothing"
null_before=$(null_device)
for runtime in runc crun; do
	if ! command -v $runtime >/dev/null; then
		skip $runtime "it is not installed"
		continue
	fi
	ids=
	if ! in_bundle /probe >"$scratch/bare" 2>"$scratch/bare.err"; then
		skip $runtime "it cannot run a container here: $(tail -n 1 "$scratch/bare.err")"
		continue
	fi
	straight $runtime in_bundle workdir=/tmp seccomp.filters=1 rlimit.nofile=512:1024
	image_of 1000000000
	ids=65536
	straight "$runtime, user namespace" in_bundle workdir=/tmp seccomp.filters=1
	ids=1000
	runtime_refuses "$runtime, user namespace of few ids" '0-999'
	image_of 0
done
same 'the runtimes leave /dev/null to its owner' "$null_before" "$(null_device)"
# With nothing mounted the kernel's numbers of filters cannot be read; the canary still answers.
straight 'chroot without /proc' in_chroot workdir=/ seccomp.filters=unknown seccomp.mode=2
