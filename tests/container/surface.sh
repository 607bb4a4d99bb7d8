# SPDX-License-Identifier: MIT
# shellcheck shell=sh
# shellcheck disable=SC2154 # run sets engine, here, image, scratch and top
#
# surface.sh - what is left of the entries that kernel exploits begin with, each tried for real
#
# Sourced by run. As an ordinary user of one container: without any filter, under Docker's default
# alone, under our default alone and under our strict alone. An errno does not tell whether a filter
# or the kernel said no, so each profile is tried once more with errnos that no kernel returns; the
# shipped one has to say no to the same entries, and to let the others get as far as without a filter.
# The table in SECURITY.md and the sums in README.md must be what is found.

surface=${SURFACE:-$top/build/tests/helpers/surface}
kit=${KIT:-$top/build/stepdown-kit}
docker_profile=$top/build/deps/engine-profiles/docker.json

# Docker has allowed these since 23.0; the engine of Debian 12 is a 20.10.
allowed_since='name_to_handle_at process_vm_readv process_vm_writev'

surface_run() { # ENGINE_OPTION FILE STEPDOWN_OPTION...
	surface_option=$1
	surface_file=$2
	shift 2
	# shellcheck disable=SC2086 # nothing, or one word
	docker run --rm --network none $surface_option --volume "$surface:/surface:ro" \
		--volume "$scratch/surface:/profiles:ro" --entrypoint /sbin/stepdown "$image" \
		--user app "$@" -- /surface >"$scratch/surface/$surface_file" 2>"$scratch/surface/$surface_file.err"
}

# The same profile but for its errnos: 3001 where it says EPERM, 3002 where it says ENOSYS.
mark() { # PROFILE NAME [CAP_OF_THE_CONTAINER]
	sed -e 's/"defaultErrnoRet": *[0-9]*,//' -e 's/"errnoRet": *38/"errnoRet": 3002/' \
		-e 's/"defaultAction": *"SCMP_ACT_ERRNO",/&"defaultErrnoRet": 3001,/' "$1" >"$scratch/surface/$2.json" &&
		"$kit" compile "$scratch/surface/$2.json" -q ${3:+--cap "$3"} -o "$scratch/surface/$2.seccomp" &&
		chmod 0444 "$scratch/surface/$2.seccomp"
}

run_surface() {
	unfiltered='--security-opt=seccomp=unconfined'
	mkdir -p "$scratch/surface"
	chmod 0755 "$scratch/surface"
	# An engine chooses by the capabilities of the container, which the service behind us has not got.
	mark "$docker_profile" docker CAP_SYS_CHROOT && mark "$top/src/profiles/default.json" default &&
		mark "$top/src/profiles/strict.json" strict &&
		surface_run $unfiltered none --seccomp off &&
		surface_run '' docker.shipped --seccomp off &&
		surface_run $unfiltered default.shipped --seccomp default &&
		surface_run $unfiltered strict.shipped --seccomp strict || return 1
	for profile in docker default strict; do
		surface_run $unfiltered $profile.marked --seccomp /profiles/$profile.seccomp || return 1
	done
}

# One row an entry: "GROUP<tab>ENTRY<tab>KERNEL docker default strict", the kernel's own answer and then
# "denied" or "-" each; and a word on standard error for what the shipped profile does otherwise than the
# marked one. A number that a profile has never heard of gets ENOSYS from every compiler.
judge() {
	awk -F '\t' '
		FNR == 1 { split(FILENAME, path, "/"); file = path[length(path)] }
		{ errno[file, $2] = $3; if (file == "none") { group[++count] = $1; entry[count] = $2 } }
		END {
			split("docker default strict", profiles, " ")
			split("0 done 1 EPERM 3 ESRCH 9 EBADF 14 EFAULT 22 EINVAL 38 ENOSYS 95 EOPNOTSUPP", words, " ")
			for (i = 1; words[i] != ""; i += 2)
				word[words[i]] = words[i + 1]
			for (i = 1; i <= count; i++) {
				free = errno["none", entry[i]]
				row = group[i] "\t" entry[i] "\t" (free in word ? word[free] : free)
				for (p = 1; p <= 3; p++) {
					marked = errno[profiles[p] ".marked", entry[i]]
					shipped = errno[profiles[p] ".shipped", entry[i]]
					denied = marked == 3001 || marked == 3002 || marked == 38 && free != 38
					if (denied ? shipped != 1 && shipped != 38 : shipped != free || marked != free)
						print profiles[p], entry[i], "free", free, "marked", marked, "shipped", \
							shipped >"/dev/stderr"
					row = row " " (denied ? "denied" : "-")
				}
				print row
			}
		}' "$scratch/surface/none" "$scratch/surface"/*.shipped "$scratch/surface"/*.marked
}

# Rows for Markdown, one an entry or one a group.
as_rows() {
	awk -F '\t' '{ gsub("[|]", "\\|", $2); gsub(" ", " | ", $3); print "| " $1 " | `" $2 "` | " $3 " |" }'
}

as_sums() {
	awk -F '\t' '
		$1 == "needed" { next }
		!($1 in entries) { order[++groups] = $1 }
		{
			entries[$1]++; all++
			split($3, said, " ")
			for (p = 1; p <= 4; p++)
				if (said[p] ~ /^(denied|EPERM|ENOSYS)$/) { denied[$1, p]++; sum[p]++ }
		}
		END {
			for (g = 1; g <= groups; g++)
				printf "| %s | %d | %d | %d | %d | %d |\n", order[g], entries[order[g]],
					denied[order[g], 1], denied[order[g], 2], denied[order[g], 3], denied[order[g], 4]
			printf "| **together** | **%d** | **%d** | **%d** | **%d** | **%d** |\n", all, sum[1], sum[2],
				sum[3], sum[4]
		}'
}

# What one profile denies and another lets pass.
lets_pass() { # COLUMN_OF_THE_FIRST COLUMN_OF_THE_OTHER: 2 Docker, 3 default, 4 strict
	awk -F '\t' -v one="$1" -v other="$2" '
		{ split($3, said, " ") } said[one] == "denied" && said[other] == "-" { print $2 }' "$scratch/surface/table" |
		sort | tr '\n' ' ' | sed 's/ $//'
}

# What a document says otherwise. The kernel's column, the third, is that of one kernel, and Docker's, the
# fourth, that of one version.
documented() { # FILE ROWS PATTERN
	case $(docker version --format '{{.Server.Version}}') in
	20.10.*) known=yes ;;
	*) known=no ;;
	esac
	for surface_list in "$1" "$2"; do
		grep "$3" "$surface_list" | awk -F ' [|] ' -v OFS=' | ' -v known=$known \
			'{ $3 = "" } known == "no" { $4 = "" } 1' \
			>"$scratch/surface/$(basename "$surface_list").compared"
	done
	diff "$scratch/surface/$(basename "$1").compared" "$scratch/surface/$(basename "$2").compared"
}

surface_is_as_said() {
	judge >"$scratch/surface/table" 2>"$scratch/surface/differs"
	same 'surface: the shipped profiles deny what the marked ones do, and nothing else' '' \
		"$(cat "$scratch/surface/differs")"
	verify 'surface: more than a hundred entries were tried' \
		test "$(grep -vc '^needed' "$scratch/surface/table")" -gt 100
	same 'surface: what services need gets through everywhere' '- - -' \
		"$(sed -n 's/^needed\t.*\t[^ ]* //p' "$scratch/surface/table" | sort -u)"
	same "surface: default denies all that Docker's default does, but for what newer ones allow" \
		"$allowed_since" "$(lets_pass 2 3)"
	same "surface: strict denies all that Docker's default does" '' "$(lets_pass 2 4)"
	same 'surface: strict denies all that default does' '' "$(lets_pass 3 4)"
	as_rows <"$scratch/surface/table" >"$scratch/surface/rows"
	as_sums <"$scratch/surface/table" >"$scratch/surface/sums"
	# To renew the documents with.
	cp "$scratch/surface/rows" "$scratch/surface/sums" "$top/build/tests/"
	same "surface: SECURITY.md's table has each entry as it is" '' \
		"$(documented "$top/SECURITY.md" "$scratch/surface/rows" '^| [a-z][a-z ]* | `')"
	same "surface: README.md's sums are right" '' \
		"$(documented "$top/README.md" "$scratch/surface/sums" '^| [a-z* ]* | [*0-9]* | [*0-9]* | [*0-9]* | [*0-9]* | [*0-9]* |$')"
}

if needs_engine 'the attack surface'; then
	if [ ! -e "$docker_profile" ]; then
		skip 'the attack surface' "$docker_profile is missing: make tests"
	elif run_surface >"$scratch/surface.log" 2>&1; then
		surface_is_as_said
	else
		fail 'surface: each entry can be tried under each filter' "$(cat "$scratch/surface.log" \
			"$scratch/surface"/*.err)"
	fi
fi
