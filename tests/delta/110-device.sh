#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# Block devices as OLD, NEW and OUT: OUT is written only if it comes out right.
. "$(dirname "$0")/lib.sh"
requires program losetup
[ "$(id -u)" -eq 0 ] || {
	echo "only root makes loop devices"
	exit 77
}

random_bytes 1 1048576 >old
{
	head -c 500000 old
	random_bytes 2 4096
	tail -c 544480 old
} >new
random_bytes 3 1048576 >out
cp out want
devices=()
release() {
	local device
	for device in "${devices[@]}"; do
		losetup -d "$device"
	done
	rm -rf "$work"
}
trap release EXIT
for file in old new out; do
	device=$(losetup --show -f $file 2>/dev/null) || {
		echo "there are no loop devices"
		exit 77
	}
	devices+=("$device")
done
old=${devices[0]} new=${devices[1]} out=${devices[2]}

braid signature "$old" sig
braid delta sig "$new" delta
flip old 1
blockdev --flushbufs "$old"
refuses 'is not the file' braid patch "$old" delta "$out"
cmp "$out" want || fail "OUT was written, and wrong"
flip old 1
blockdev --flushbufs "$old"
refuses 'is OLD itself' braid patch "$old" delta "$old"
piped delta | refuses "then DELTA can't be a pipe" braid patch "$old" - "$out"
cat new old >larger
braid delta sig larger larger.delta
refuses 'has 1048576 bytes, and the result 2097152' braid patch "$old" larger.delta "$out"
blockdev --flushbufs "$out"
cmp out want || fail "OUT was written, and is too small"
braid patch "$old" delta "$out"
cmp "$out" new || fail "another device came out"
