#!/bin/bash
# A close waits for the writes in flight and stops no others: new ones are of the
# next era at once; one to a block whose write is in flight waits, and is not
# in the view; the view holds what was in flight, whole, when the close returns.
# runs: uml vm smp
# timeout: 120
. "$(dirname "$0")/lib.sh"
. "$(dirname "$0")/track.sh"
requires target delay

write_ms=8000
disk=$(disk origin 16)
fill "$disk"
meta=$(disk meta 8)
vol=/dev/mapper/vol
dm_create slow "0 32768 delay $disk 0 0 $disk 0 $write_ms"
dm_create vol "0 32768 braid-track $meta /dev/mapper/slow 128"

# place DEVICE OFFSET: a digest of 4 KiB
place() {
	dd if="$1" bs=4k skip="$2" count=1 iflag=direct status=none | md5sum
}

# put OFFSET: 4 KiB of random bytes, kept in the file put-OFFSET
put() {
	head -c 4096 /dev/urandom >"$LAB_DIR/put-$1"
	dd if="$LAB_DIR/put-$1" of="$vol" bs=4k seek="$1" oflag=direct \
		conv=notrunc status=none
}

era_is() {
	[ "$(field 4)" = "$1" ]
}

sum() {
	md5sum <"$LAB_DIR/put-$1"
}

old1=$(place "$disk" 1)
old100=$(place "$disk" 100)
put 0 &
first=$!
sleep 1
message close whole 0 >"$LAB_DIR/closed" &
close=$!
wait_for 4 era_is 2 || fail "the next era did not begin while a write was in flight"
[ "$(view_state 1)" = draining ] || fail "the view is not draining"
if dmsetup create --noudevsync early --table "0 32768 braid-view $vol 1" 2>/dev/null; then
	dm_remove early
	fail "a view was shown before its era was drained"
fi
put 1 & # of the next era, to the block that is being written
second=$!
put 100 & # and to another one
third=$!

wait "$close" || fail "the close failed"
show 1
[ "$(place /dev/mapper/view-1 0)" = "$(sum 0)" ] ||
	fail "the close returned, and a write of its era is not in the view"
[ "$(place /dev/mapper/view-1 1)" = "$old1" ] || fail "a write of the next era is in the view"
[ "$(place /dev/mapper/view-1 100)" = "$old100" ] || fail "a write of the next era is in the view"
wait "$first" "$second" "$third" || fail "a write failed"
for n in 0 1 100; do
	[ "$(place "$vol" "$n")" = "$(sum "$n")" ] || fail "the write to place $n was lost"
done
[ "$(place /dev/mapper/view-1 0)" = "$(sum 0)" ] || fail "the view has changed"
[ "$(place /dev/mapper/view-1 1)" = "$old1" ] || fail "the view has changed"
[ "$(place /dev/mapper/view-1 100)" = "$old100" ] || fail "the view has changed"
[ "$(changed 0 1)" = '0 1' ] || fail "the view reports $(changed 0 1)"
[ "$(changed 1 now)" = $'0 1\n6 1' ] || fail "the live map reports $(changed 1 now)"

# A close that is interrupted ends without a view; the era is longer, that's all.
put 200 &
first=$!
sleep 1
timeout 1 dmsetup message vol 0 close whole 0 >/dev/null 2>&1 &&
	fail "the close did not wait for a write in flight"
[ -z "$(view_state 2)" ] || fail "a close that was interrupted left a view"
[ "$(message close)" = 3 ] || fail "the era after an interrupted close is not the next one"
wait "$first"
[ "$(changed 1 now | tail -n 1)" = '12 1' ] || fail "a change was lost by an interrupted close"
end_view 1
[ "$(store_used)" = 0 ] || fail "the store still holds $(store_used) blocks"
