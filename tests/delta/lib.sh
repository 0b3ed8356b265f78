# shellcheck shell=bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# What the tests of braid-delta share. Each runs in a folder of its own.
set -eu
top=$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd)
braid_delta=${BRAID_DELTA:-$top/build/bin/braid-delta}
export LC_ALL=C.UTF-8 PATH=$PATH:/usr/sbin:/sbin
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"

fail() {
	echo "$*"
	exit 1
}

# requires program NAME
requires() {
	command -v "$2" >/dev/null && return
	echo "$2 is not installed"
	exit 77
}

braid() {
	"$braid_delta" "$@"
}

# piped FILE: its bytes, by a pipe, which can't be sought in
piped() {
	cat "$1"
}

# random_bytes SEED COUNT: the same ones every time
random_bytes() {
	openssl enc -aes-128-ctr -nosalt -K "$(printf %032x "$1")" \
		-iv 00000000000000000000000000000000 -in /dev/zero 2>/dev/null |
		head -c "$2"
}

# a_pair: files old and new that differ in every manner
a_pair() {
	random_bytes 1 300000 >old
	{
		head -c 100000 old
		random_bytes 2 333
		tail -c +150001 old | head -c 100000
		head -c 50000 /dev/zero
		head -c 77777 old
		tail -c 20000 old
	} >new
}

# refuses PATTERN COMMAND...: exit status 1, and one line that matches
refuses() {
	local pattern=$1 status=0
	shift
	"$@" >stdout 2>stderr || status=$?
	[ "$status" -eq 1 ] || fail "$*: exit status $status, not 1"
	[ "$(wc -l <stderr)" -eq 1 ] || fail "$*: $(wc -l <stderr) lines of error"
	grep -q -e "$pattern" stderr || fail "$*: said '$(cat stderr)', not '$pattern'"
}

# flip FILE AT: change one byte
flip() {
	local byte
	byte=$(od -An -tu1 -j "$2" -N 1 "$1")
	printf '%b' "\\0$(printf %o $((byte ^ 0x41)))" |
		dd of="$1" bs=1 seek="$2" conv=notrunc status=none
}
