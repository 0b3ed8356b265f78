# shellcheck shell=bash
# SPDX-License-Identifier: GPL-2.0-only
#
# What tests/vm scripts share. They run on the host, as any user, and drive
# machines with tools/vm. They start with
#
#	#!/bin/bash
#	# What is tested, in a sentence.
#	# timeout: 300
#	. "$(dirname "$0")/lib.sh"
#
# A command that fails ends the test as failed; the last line of output is its
# reason. Exit status: 0 passed, 77 skipped. KERNEL is the one under test.
set -eEu -o pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/../.."
# shellcheck disable=SC2034 # for the scripts
KERNEL=${BRAID_KERNEL:-6.1}
BRAID_VMS=${BRAID_VMS:-$PWD/build/vm-by-hand}
export BRAID_VMS

fail() {
	trap - ERR
	echo "$*"
	exit 1
}

skip() {
	trap - ERR
	echo "$*"
	exit 77
}

# boot NAME [OPTION OF tools/vm boot...]
boot() {
	local name=$1
	shift
	tools/vm boot "$name" --kernel "$KERNEL" "$@"
}

# inside NAME SCRIPT [SECONDS]: run it there; output and status are ours.
inside() {
	tools/vm exec "$1" --timeout "${3:-60}" "$2"
}

# eventually SECONDS COMMAND...: until it succeeds.
eventually() {
	local limit=$((SECONDS + $1))
	shift
	until "$@" >/dev/null 2>&1; do
		[ "$SECONDS" -lt "$limit" ] || return 1
		sleep 0.2
	done
}

# healthy NAME: its kernel has nothing to complain of. To be asked last.
healthy() {
	local word
	word=$(inside "$1" "dmesg | grep -E -m 1 'BUG:|WARNING: |Oops|possible (circular|recursive) locking|INFO: task .* blocked|soft lockup|rcu.*stall' || true")
	[ -z "$word" ] || fail "the kernel of $1 said: $word"
}

at_error() {
	echo "$(basename "${BASH_SOURCE[1]:-$0}"):${BASH_LINENO[0]}: ${BASH_COMMAND%%$'\n'*}"
}

# The suite keeps the machines' logs before it forgets them.
at_exit() {
	local status=$?
	trap - EXIT ERR
	[ -n "${BRAID_KERNEL:-}" ] || tools/vm forget
	exit "$status"
}

trap at_error ERR
trap at_exit EXIT
