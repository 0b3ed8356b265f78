#!/bin/bash
# A write to a block that a view is reading in its old place waits for the read,
# though its copy is made: the read gets the old content. If the read takes too
# long the write goes on, the view is invalid, and the read fails.
# runs: uml vm smp
# timeout: 120
. "$(dirname "$0")/lib.sh"
. "$(dirname "$0")/track.sh"
requires target delay

disk=$(disk origin 8)
fill "$disk"
meta=$(disk meta 8)
size=$(sectors "$disk")
vol=/dev/mapper/vol
dm_create store "0 $(sectors "$meta") linear $meta 0"
dm_create slow "0 $size delay $disk 0 0"
dm_create vol "0 $size braid-track /dev/mapper/store /dev/mapper/slow 128"
undo sh -c 'dmsetup suspend --noudevsync slow; dmsetup resume --noudevsync slow' # lets reads go
undo dmsetup resume --noudevsync store

# reads_take MS: on the origin from now on; those that wait go at once.
reads_take() {
	dmsetup suspend --noudevsync slow
	dmsetup load slow --table "0 $size delay $disk 0 $1 $disk 0 0"
	dmsetup resume --noudevsync slow
}

sectors_read() {
	awk '{ print $3 }' "/sys/block/$(dmsetup info -c --noheadings -o blkdevname slow)/stat"
}

origin_was_read() {
	[ "$(sectors_read)" -ge $((read_before + 128)) ]
}

copied() {
	[ "$(dmsetup status "view-$era" | cut -d ' ' -f 6)" = 1 ]
}

# overlap: a write to block 0, its copy made, and a read of the view in the old
# place which began before that and does not end.
overlap() {
	era=$(message close whole 0)
	show "$era"
	old=$(dd if="$disk" bs=4k count=1 iflag=direct status=none | md5sum)
	dmsetup suspend --noudevsync --noflush store
	read_before=$(sectors_read)
	random "$vol" 0 1 &
	write=$!
	wait_for 20 origin_was_read || fail "the old content was not read"
	reads_take 3600000
	dd if="/dev/mapper/view-$era" bs=4k count=1 iflag=direct status=none >"$LAB_DIR/got" 2>"$LAB_DIR/dd" &
	reader=$!
	wait_for 20 in_flight reads 1 "view-$era" || fail "the view's read is not in flight"
	dmsetup resume --noudevsync store
}

overlap
wait_for 20 copied || fail "the copy was not made"
sleep 1
kill -0 "$write" || fail "a write did not wait for the view's read of its block"
reads_take 0
wait "$reader" || fail "the view's read has failed"
[ "$(md5sum <"$LAB_DIR/got")" = "$old" ] || fail "the view's read has seen a later write"
ends "$write" "the write"
view_is "$era" open || fail "the view is $(view_state "$era")"
[ "$(dd if="/dev/mapper/view-$era" bs=4k count=1 iflag=direct status=none | md5sum)" = "$old" ] ||
	fail "the view has changed"
end_view "$era"

overlap
patience 500
ends "$write" "a write to a block whose read by a view hangs"
view_is "$era" invalid || fail "the view is $(view_state "$era")"
kill -0 "$reader" || fail "the view's read has ended too early for this test"
reads_take 0
if wait "$reader"; then
	fail "a read of an invalid view succeeded"
fi
end_view "$era"
[ "$(store_used)" = 0 ] || fail "the store still holds $(store_used) blocks"
