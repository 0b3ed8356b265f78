#!/bin/bash
# Discards and zeroes of any range reach exactly that range of the members.
# runs: uml vm
# timeout: 180
. "$(dirname "$0")/lib.sh"

# ranges SIZE: a few, of all kinds, in sectors: at edges, in a chunk, across.
ranges() {
	local size=$1 i at
	echo 0 1
	echo 0 8
	echo 7 2
	echo 127 130
	echo $((size - 8)) 8
	echo $((size / 2 + 3)) 4099
	for i in $(seq 12); do
		at=$(((RANDOM * 32768 + RANDOM + i) % (size - 9000)))
		echo "$at" $((RANDOM % 9000 + 1))
	done
}

fill() {
	head -c $(($2 * 512)) /dev/zero | tr '\0' x >"$1"
}

# try HOW NAME: "discard" or "zeroes"
try() {
	local size at count
	size=$(sectors "/dev/mapper/$2")
	fill "$LAB_DIR/model" "$size"
	dd if="$LAB_DIR/model" of="/dev/mapper/$2" bs=1M oflag=direct status=none
	while read -r at count; do
		if [ "$1" = discard ]; then
			blkdiscard -o $((at * 512)) -l $((count * 512)) "/dev/mapper/$2"
		else
			blkdiscard -z -o $((at * 512)) -l $((count * 512)) "/dev/mapper/$2"
		fi
		dd if=/dev/zero of="$LAB_DIR/model" bs=512 seek="$at" count="$count" conv=notrunc status=none
	done < <(ranges "$size")
	cmp "$LAB_DIR/model" "/dev/mapper/$2" || fail "$1 on $2 hit other sectors than it should"
	# All of it.
	if [ "$1" = discard ]; then
		blkdiscard "/dev/mapper/$2"
	else
		blkdiscard -z "/dev/mapper/$2"
	fi
	cmp -n $((size * 512)) /dev/zero "/dev/mapper/$2" || fail "$1 of all of $2 left something"
}

requires program blkdiscard
a=$(disk a 16)
b=$(disk b 16)
c=$(disk c 16)
size=$(sectors "$a")

dm_create stripe "0 $((size * 3)) braid-raid raid0 128 0 3 $a $b $c"
queue=/sys/block/dm-$(dmsetup info -c --noheadings -o minor stripe)/queue
[ "$(cat "$queue/discard_max_bytes")" -gt 0 ] ||
	fail "raid0 offers no discard although its members do"
try discard stripe
try zeroes stripe
for d in "$a" "$b" "$c"; do
	cmp -n $((size * 512)) /dev/zero "$d" || fail "$d is not empty"
done
dm_remove stripe

dm_create mirror "0 $size braid-raid raid1 0 0 2 $a $b"
try discard mirror
try zeroes mirror
cmp "$a" "$b" || fail "the legs differ after discards"
[ "$(dmsetup status mirror | cut -d ' ' -f 6)" = AA ] || fail "a discard cost a leg"
