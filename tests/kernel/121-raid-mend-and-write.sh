#!/bin/bash
# While a bad block is mended from another leg, writes to it neither overtake the
# copy nor are overwritten by it: the legs are equal in the end.
# runs: uml
# timeout: 180
. "$(dirname "$0")/lib.sh"

# A write reaches leg 0 at once and leg 1 five seconds later:
#
#	first write	leg 0 new, leg 1 still old
#	block goes bad	leg 0 unreadable
#	read		served by leg 1; leg 0 is to be mended: not before leg 1
#			has the first write
#	second write	(in every other round) must not run before leg 0 is
#			mended, or the copy of the first would end up on top
write() {
	head -c 4096 /dev/urandom >"$LAB_DIR/last"
	cp "$LAB_DIR/last" "$LAB_DIR/data$2"
	dd if="$LAB_DIR/data$2" of=/dev/mapper/mirror bs=4k count=1 seek="$1" oflag=direct status=none &
	wait_for 10 under_way "$2" || fail "write $2 did not start"
}

under_way() {
	[ "$(awk '{print $2}' "/sys/block/$mirror/inflight")" -ge "$1" ]
}

mended() {
	dmesg | grep -c 'could not be read and was rewritten' || true
}

mended_more() {
	[ "$(mended)" -gt "$1" ]
}

# round BLOCK [second]
round() {
	local at=$1 before leg
	before=$(mended)
	write "$at" 1
	dmsetup message dust 0 addbadblock $((at * 8)) >/dev/null
	dd if=/dev/mapper/mirror of="$LAB_DIR/read" bs=4k count=1 skip="$at" iflag=direct status=none ||
		fail "a bad block of a leg reached the reader"
	sleep 0.1
	[ -z "${2:-}" ] || write "$at" 2
	wait
	wait_for 10 mended_more "$before" || fail "block $at was not mended by a copy: the test proves nothing"
	for leg in "$a" "$b"; do
		dd if="$leg" bs=4k count=1 skip="$at" iflag=direct status=none |
			cmp - "$LAB_DIR/last" || fail "$leg does not hold the last write to block $at"
	done
}

requires target dust
requires target delay
a=$(disk a 8)
b=$(disk b 8)
size=$(sectors "$a")
dm_create dust "0 $size dust $a 0 512"
dmsetup message dust 0 enable >/dev/null
dm_create slow "0 $size delay $b 0 0 $b 0 5000"
dm_create mirror "0 $size braid-raid raid1 0 0 2 /dev/mapper/dust /dev/mapper/slow"
mirror=dm-$(dmsetup info -c --noheadings -o minor mirror)
for at in 7 2047; do
	round "$at"
	round "$at" second
done
[ "$(dmsetup status mirror | cut -d ' ' -f 6)" = AA ] || fail "a leg was dropped that could be mended"
cmp "$a" "$b" || fail "the legs differ"
