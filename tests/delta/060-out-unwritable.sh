#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# Where OUT can't be written, a sentence says so and nothing changes.
. "$(dirname "$0")/lib.sh"

a_pair
braid signature old sig
braid delta sig new delta
mkdir folder
refuses 'folder: Is a directory' braid patch old delta folder
refuses 'No such file or directory' braid patch old delta missing/out
refuses 'Not a directory' braid patch old delta old/out
refuses 'No space left' braid patch old delta /dev/full
refuses 'No space left' braid signature old /dev/full
refuses 'No space left' braid delta sig new /dev/full

# a limit of 128 KiB on files, where the file wants 300
echo precious >out
status=0
(
	trap '' XFSZ
	ulimit -f 128
	braid patch old delta out
) 2>stderr || status=$?
[ "$status" -eq 1 ] || fail "file too large: exit status $status"
grep -q 'out: File too large' stderr || fail "file too large: said '$(cat stderr)'"
[ "$(cat out)" = precious ] || fail "OUT was changed"

if [ "$(id -u)" -eq 0 ] && mkdir small && unshare -m true 2>/dev/null; then
	# shellcheck disable=SC2016
	unshare -m bash -c '
		mount -t tmpfs -o size=200k tmpfs small || exit 77
		echo precious >small/out
		"$1" patch old delta small/out 2>stderr && exit 1
		[ "$(cat small/out)" = precious ] && [ "$(ls -A small)" = out ]
	' bash "$braid_delta" || fail "a full filesystem: $(cat stderr)"
	grep -q 'small/out: No space left on device' stderr ||
		fail "a full filesystem: said '$(cat stderr)'"
fi

# what can't be read
refuses 'No such file' braid signature missing x
refuses 'Is a directory' braid signature folder x
[ ! -e x ] || fail "a signature was made of nothing"
