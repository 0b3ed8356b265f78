# shellcheck shell=bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# What the tests of braidd share. They run on the host as any user, each with
# ports and a folder of its own, and start with
#
#	#!/bin/bash
#	# What is tested, in a sentence.
#	# timeout: 60
#	. "$(dirname "$0")/lib.sh"
#
# A command that fails ends the test as failed; the last line of output is its
# reason. Exit status: 0 passed, 77 skipped. BRAID_BIN is where the programs
# are; those of a build with FAILPOINTS=1 stand in fp/bin beside it.
set -eEu -o pipefail
top=$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd)
bin=${BRAID_BIN:-$top/build/bin}
# The helpers, and the programs that can be told where to die.
helpers=$top/build/agent
# shellcheck disable=SC2034 # for the scripts
fp_bin=$top/build/fp/bin
dir=$(mktemp -d)
port=$((5000 + $$ % 10000)) # below what the kernel gives to clients
declare -A pids=()
export LC_ALL=C.UTF-8

fail() {
	trap - ERR
	tail -n 15 "$dir"/*.log >&2 2>/dev/null || true
	echo "$*" >&2
	exit 1
}

skip() {
	trap - ERR
	echo "$*" >&2
	exit 77
}

at_exit() {
	local status=$? pid
	trap - EXIT ERR
	set +e
	for pid in "${pids[@]}"; do
		kill -CONT "$pid"
		kill "$pid"
	done 2>/dev/null
	wait
	if grep -hE -m 1 'Sanitizer|runtime error' "$dir"/*.log >&2; then
		status=1
	fi
	rm -rf "$dir"
	exit "$status"
}
trap at_exit EXIT
trap 'fail "$(basename "${BASH_SOURCE[0]}"):$LINENO: $BASH_COMMAND"' ERR

[ -x "$bin/braidd" ] || skip "no program braidd in $bin"
[ -x "$helpers/peer" ] || skip "no program peer in $helpers"

# ---- the two sides: src with $dir/src.img, rep with $dir/rep.img

key() {
	[ -e "$dir/key" ] || "$bin/braidctl" keygen "$dir/key"
}

# source_config [INTERVAL [PORT]]
source_config() {
	key
	cat >"$dir/src.conf" <<-X
		[volume]
		name = src
		role = source
		state = $dir/src
		key = $dir/key
		control = $dir/src.sock
		[source]
		device = $dir/src.img
		mode = scan
		verify = sha256
		peer = 127.0.0.1:${2:-$port}
		interval = ${1:-0}
	X
}

replica_config() {
	key
	cat >"$dir/rep.conf" <<-X
		[volume]
		name = rep
		role = replica
		state = $dir/rep
		key = $dir/key
		control = $dir/rep.sock
		[replica]
		listen = 127.0.0.1:$port
		image = $dir/rep.img
	X
}

# launch NAME [PROGRAM ARGUMENT...]: without waiting.
launch() {
	local name=$1 program=${2:-$bin/braidd}
	shift
	[ "$#" = 0 ] || shift
	rm -f "$dir/$name.sock"
	"$program" -c "$dir/$name.conf" "$@" >>"$dir/$name.log" 2>&1 &
	pids[$name]=$!
}

# start NAME [PROGRAM ARGUMENT...]: until its control socket is there.
start() {
	launch "$@"
	wait_for 10 answers "$1" || fail "braidd did not start: $(tail -n 1 "$dir/$1.log")"
}

answers() {
	[ -S "$dir/$1.sock" ] && ask "$1" status >/dev/null
}

# stop NAME [SIGNAL]: and wait for its end; prints nothing.
stop() {
	kill "-${2:-TERM}" "${pids[$1]}" 2>/dev/null || true
	wait "${pids[$1]}" 2>/dev/null || true
	unset "pids[$1]"
}

# helper NAME ARGUMENT...: one of the test programs, in the background.
helper() {
	"$helpers/$1" "${@:2}" >>"$dir/$1.log" 2>&1 &
	pids[$1]=$!
}

# ---- questions

# ask NAME COMMAND: the answer, a line of JSON; fails if it isn't ok.
ask() {
	local words=(replica "$2")
	[ "$2" != promote ] || words=(promote --force)
	[ "$2" != status ] || words+=(--json)
	"$bin/braidctl" "${words[@]}" --control "$dir/$1.sock" 2>&1
}

# field NAME KEY: of the status; a scalar.
field() {
	ask "$1" status | sed 's|[,{}]|\n|g' |
		sed -n "s/^ *\"$2\": *\"\{0,1\}\([^\"]*\)\"\{0,1\} *$/\1/p" | head -n 1
}

is() {
	[ "$(field "$1" "$2")" = "$3" ]
}

# settled: the replica has applied what it committed.
settled() {
	wait_for 20 not_applying || fail "the replica is applying for too long"
}

not_applying() {
	! is rep state applying
}

# ship: an era now; prints its number.
ship() {
	ask src ship | grep -o '[0-9]*' | tail -n 1
}

same() {
	settled
	cmp "$dir/src.img" "$dir/rep.img" >&2 || fail "the image differs from the device: $*"
}

# ---- things

hash_of() {
	sha256sum "$1" | cut -d ' ' -f 1
}

# device MB: random for a third, holes for the rest.
device() {
	rm -f "$dir/src.img"
	dd if=/dev/urandom of="$dir/src.img" bs=1M count=$((($1 + 2) / 3)) status=none
	truncate -s "$1M" "$dir/src.img"
}

# scribble COUNT: change that many runs of random blocks, some to zeros.
scribble() {
	local i blocks from
	blocks=$(($(stat -c %s "$dir/src.img") / 4096))
	for ((i = 0; i < $1; i++)); do
		from=/dev/urandom
		[ $((RANDOM % 4)) != 0 ] || from=/dev/zero
		dd if=$from of="$dir/src.img" bs=4k count=$((RANDOM % 40 + 1)) \
			seek=$(((RANDOM * 32768 + RANDOM) % (blocks - 40))) \
			conv=notrunc status=none
	done
}

# wait_for SECONDS COMMAND...: until it succeeds.
wait_for() {
	local limit=$((SECONDS + $1))
	shift
	until "$@" >/dev/null 2>&1; do
		[ "$SECONDS" -lt "$limit" ] || return 1
		sleep 0.05
	done
}
