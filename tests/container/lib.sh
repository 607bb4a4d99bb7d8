# SPDX-License-Identifier: MIT
# shellcheck shell=sh
# shellcheck disable=SC2154 # run sets scratch
#
# lib.sh - what the container tests share: counting, and saying what went wrong
#
# To be sourced. A test is a name and a condition; the name says what is true.

passed=0
failed=0
skipped=0

# pass NAME / fail NAME [DETAIL]
pass() {
	passed=$((passed + 1))
	printf '  ok    %s\n' "$1"
}

fail() {
	failed=$((failed + 1))
	printf '  FAIL  %s\n' "$1"
	shift
	[ $# -eq 0 ] || printf '%s\n' "$*" | sed 's/^/        /'
}

# verify NAME COMMAND...: the command must succeed; what it printed is shown if not.
verify() {
	verify_name=$1
	shift
	if verify_said=$("$@" 2>&1); then
		pass "$verify_name"
	else
		fail "$verify_name" "$verify_said"
	fi
}

# same NAME WANTED GOT
same() {
	if [ "$2" = "$3" ]; then
		pass "$1"
	else
		fail "$1" "wanted: $2
got:    $3"
	fi
}

# contains NAME TEXT PART
contains() {
	case $2 in
	*"$3"*) pass "$1" ;;
	*) fail "$1" "this text does not have \"$3\":
$2" ;;
	esac
}

# skip NAME REASON: never in silence, and a failure where every test has to run.
skip() {
	if [ "${STEPDOWN_TESTS_MUST_RUN:-}" = 1 ]; then
		fail "$1" "cannot run: $2"
	else
		skipped=$((skipped + 1))
		printf '  SKIP  %s: %s\n' "$1" "$2"
	fi
}

# value FILE KEY: the value of a key in what --dry-run or the probe printed.
value() {
	sed -n "s/^$(printf '%s' "$2" | sed 's/[.]/[.]/g')=//p" "$1"
}

# until_true SECONDS COMMAND...: retries until it succeeds.
until_true() {
	until_end=$(($(date +%s) + $1))
	shift
	until "$@" >/dev/null 2>&1; do
		[ "$(date +%s)" -lt "$until_end" ] || return 1
		sleep 0.1
	done
}

# expect NAME EXPECTATION...: what the probe saw last. An expectation is KEY=VALUE, !KEY (is not there), or ~TEXT (a left_out line with it).
expect() { # NAME EXPECTATION...
	expect_name=$1
	shift
	for expectation in "$@"; do
		case $expectation in
		!*) same "$expect_name: no ${expectation#!}" "" "$(value "$scratch/seen" "${expectation#!}")" ;;
		~*) contains "$expect_name: left_out says ${expectation#\~}" \
			"$(value "$scratch/dry" left_out)" "${expectation#\~}" ;;
		*) same "$expect_name: $expectation" "${expectation#*=}" \
			"$(value "$scratch/seen" "${expectation%%=*}")" ;;
		esac
	done
}

# The last line of a run, and its exit status. A run in which nothing happened has not succeeded.
summary() {
	printf '%d passed, %d failed\n' "$passed" "$failed"
	[ "$failed" -eq 0 ] && [ $((passed + skipped)) -gt 0 ]
}
