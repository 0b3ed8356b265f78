#!/bin/bash
# A view that becomes invalid while its close is still waiting for a write can't
# be dropped or shown under the close, and can be afterwards.
# runs: uml vm
# timeout: 60
. "$(dirname "$0")/lib.sh"
. "$(dirname "$0")/track.sh"
requires target delay

disk=$(disk origin 8)
size=$(sectors "$disk")
dm_create slow "0 $size delay $disk 0 0 $disk 0 12000"
meta=$(disk meta 2)
vol=/dev/mapper/vol
dm_create vol "0 $size braid-track $meta /dev/mapper/slow 128"

draining() {
	[ "$(view_state 1)" = draining ]
}
invalid() {
	[ "$(view_state 1)" = invalid ]
}

random "$vol" 0 1 &
slow=$!
sleep 0.5
message close whole 0 >"$LAB_DIR/era" &
close=$!
wait_for 5 draining || fail "the close did not wait for the write"
# The store has room for 16 blocks.
for block in $(seq 20 45); do
	random "$vol" $((block * 16)) 1 &
done
wait_for 5 invalid || fail "the view is $(view_state 1), not invalid"
kill -0 "$close" || fail "the close has ended too early for this test"
refused_with "in use by a close" drop 1
dm_refuses "0 $size braid-view $vol 1" | grep -q "being drained" ||
	fail "a view whose close is not done was shown"
wait "$slow"
wait "$close" || fail "the close failed"
[ "$(cat "$LAB_DIR/era")" = 1 ] || fail "the close answered $(cat "$LAB_DIR/era")"
invalid || fail "an invalid view became $(view_state 1)"
message drop 1
wait
[ "$(store_used)" = 0 ] || fail "the store still holds $(store_used) blocks"
