# shellcheck shell=bash
# SPDX-License-Identifier: GPL-2.0-only
#
# What the suites share: the results' format, and running one script as one
# test. tools/test gives RESULTS, the file of results, and ARTEFACTS, a folder.
set -u
cd "$(dirname "${BASH_SOURCE[0]}")/../.." || exit 1
results=${RESULTS:-/dev/null}
artefacts=${ARTEFACTS:-build/artefacts/by-hand}
mkdir -p "$artefacts"

# Tests say how long they take on a machine of their own; ours may be busy.
export LAB_SLOW=${LAB_SLOW:-2}

# bounded SECONDS COMMAND...: timeout has a process group of its own, so that
# who ends us must be told to end it.
bounded() {
	local status
	timeout -k 30 "$@" &
	child=$!
	wait "$child"
	status=$?
	child=
	return "$status"
}

child=
trap '[ -z "$child" ] || { kill "$child"; wait "$child"; }; exit 143' INT TERM

# What is on the terminal says how long the test took as well, if "took" does.
pass() {
	echo "ok $1" >>"$results"
	echo "ok $1${took:+ ($took s)}"
}

fails() {
	echo "not ok $1 - $2" >>"$results"
	echo "not ok $1 - $2${took:+ ($took s)}"
}

skips() {
	echo "skip $1 - $2" | tee -a "$results"
}

# verdict NAME STATUS REASON
verdict() {
	local reason=${3//[[:cntrl:]]/}
	case $2 in
	0) pass "$1" ;;
	77) skips "$1" "${reason:-no reason given}" ;;
	124 | 137) fails "$1" "took too long" ;;
	*) fails "$1" "${reason:-exit status $2}" ;;
	esac
}

suite_end() {
	echo end >>"$results"
}

# tests_in FOLDER: its numbered scripts, those that TESTS="glob ..." selects.
tests_in() {
	local path name glob globs
	read -ra globs <<<"${TESTS:-*}"
	for path in "$1"/[0-9]*.sh; do
		[ -e "$path" ] || continue
		name=$(basename "$path" .sh)
		for glob in "${globs[@]}"; do
			# shellcheck disable=SC2053 # it is a glob
			[[ $name == $glob ]] || continue
			echo "$path"
			break
		done
	done
}

# header SCRIPT WORD: what the script's head says after "# WORD:".
header() {
	sed -n "s/^# $2: *//p" "$1" | head -n 1
}

# run_script NAME COMMAND...: one test; its last line of output is the reason
# for a failure or a skip.
run_script() {
	local name=$1 log status took started=$SECONDS
	shift
	log=$artefacts/${name//[ \/]/-}.log
	bounded $((${limit:-300} * LAB_SLOW)) "$@" </dev/null >"$log" 2>&1
	status=$?
	took=$((SECONDS - started))
	verdict "$name" "$status" "$(tail -n 1 "$log" | cut -c1-200)"
	case $status in
	0 | 77) rm "$log" ;;
	esac
}
