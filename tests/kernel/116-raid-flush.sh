#!/bin/bash
# What was flushed, or written through, outlives a power loss of all members
# (P2); what was not is lost, or this test proves nothing.
# runs: uml vm
# timeout: 180
. "$(dirname "$0")/lib.sh"

members=(a b)
mb=16
at=0

# array LEVEL: over the disks as they are now.
array() {
	local paths=() name size=$((mb * 2048))
	for name in "${members[@]}"; do
		paths+=("$(disk_path "$name")")
	done
	[ "$1" != raid0 ] || size=$((size * ${#members[@]}))
	dmsetup create --noudevsync array --table \
		"0 $size braid-raid $1 8 0 ${#members[@]} ${paths[*]}"
	undo dmsetup remove --noudevsync --retry array
}

# The array is taken down without a flush: the disks are dead first.
crash() {
	local name
	for name in "${members[@]}"; do
		power_cut "$name"
	done
	dmsetup remove --noudevsync --retry array
	for name in "${members[@]}"; do
		power_on "$name" >/dev/null
	done
}

# Every time at another place: null_blk caches only the first write of a page,
# what it overwrites is durable at once.
put() {
	at=$((at + 64))
	head -c 256k /dev/urandom >"$LAB_DIR/data"
	dd if="$LAB_DIR/data" of=/dev/mapper/array bs=4k seek="$at" count=64 oflag=direct status=none "$@"
}

survived() {
	dd if=/dev/mapper/array bs=4k skip="$at" count=64 iflag=direct status=none | cmp -s - "$LAB_DIR/data"
}

try() {
	local level=$1
	array "$level"
	put
	crash
	array "$level"
	survived && fail "$level: data survived that was not flushed: the test proves nothing"

	put conv=fsync
	crash
	array "$level"
	survived || fail "$level: data was flushed and is lost"

	put oflag=direct,dsync
	crash
	array "$level"
	survived || fail "$level: data was written with FUA and is lost"
	dm_remove array
}

for name in "${members[@]}"; do
	disk "$name" "$mb" cache >/dev/null
done
try raid1
at=1000
try raid0

# On every leg, not only on those that are read.
array raid1
at=3000
put conv=fsync
crash
for name in "${members[@]}"; do
	dd if="$(disk_path "$name")" bs=4k skip="$at" count=64 status=none | cmp - "$LAB_DIR/data" || fail "raid1: leg $name lost flushed data"
done
