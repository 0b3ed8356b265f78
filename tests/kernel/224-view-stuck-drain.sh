#!/bin/bash
# P9: a write of the closed era doesn't land. Another one that waits for it because
# of the view goes on all the same, without the view; an older view is not harmed,
# nothing is lost, and the next close works.
# runs: uml vm
# timeout: 240
. "$(dirname "$0")/lib.sh"
. "$(dirname "$0")/track.sh"
patience default

disk=$(disk origin 16)
fill "$disk"
meta=$(disk meta 16)
half=16384
vol=/dev/mapper/vol
dm_create held "0 $half linear $disk $half"
dm_create below "$(printf '0 %s linear %s 0\n%s %s linear /dev/mapper/held 0' \
	"$half" "$disk" "$half" "$half")"
dm_create vol "0 $((2 * half)) braid-track $meta /dev/mapper/below 128"
undo dmsetup resume --noudevsync held

era_is() {
	[ "$(field 4)" = "$1" ]
}

# stick: a write to block 160 that does not land, and a close that waits for it.
stick() {
	local era
	era=$(field 4)
	dmsetup suspend --noudevsync --noflush held
	random "$vol" 2561 1 &
	stuck=$!
	wait_for 10 in_flight writes 1 vol || fail "the write to the held part is not in flight"
	message close whole "$((era - 1))" >"$LAB_DIR/closed" &
	close=$!
	wait_for 10 era_is $((era + 1)) || fail "the close of era $era did not begin"
	view_is "$era" draining || fail "the view of era $era is $(view_state "$era")"
}

want=$(digest "$vol")
[ "$(message close whole 0)" = 1 ]
random "$vol" 80 1 # block 5
random "$vol" 2560 1
stick
random "$vol" 81 1 &
ends $! "a write that waited for the drain"
view_is 2 invalid || fail "the view of era 2 is $(view_state 2)"
view_is 1 open || fail "the view of era 1 is $(view_state 1)"
kill -0 "$close" || fail "the close did not wait for the write that is held"
random "$vol" 82 1 &
ends $! "a write after the view became invalid"

dmsetup resume --noudevsync held
wait "$stuck" || fail "the write that was held has failed"
wait "$close" || fail "the close has failed"
[ "$(cat "$LAB_DIR/closed")" = 2 ] || fail "the close answered $(cat "$LAB_DIR/closed")"
view_is 2 invalid || fail "the view of era 2 has become $(view_state 2)"
show 1
[ "$(digest /dev/mapper/view-1)" = "$want" ] || fail "the older view has changed"
message drop 2
now=$(digest "$vol")
[ "$(message close whole 1)" = 3 ]
show 3
random "$vol" 0 512
[ "$(digest /dev/mapper/view-3)" = "$now" ] || fail "the next view is wrong"
view_is 3 open || fail "the next view is $(view_state 3)"
[ "$(changed 1 3)" = $'5 1\n160 1' ] || fail "the next view reports $(changed 1 3)"

# A suspend that begins meanwhile waits for both writes, and ends.
random "$vol" 2560 1
stick
random "$vol" 81 1 &
second=$!
wait_for 10 in_flight writes 2 vol || fail "the second write is not in flight"
dmsetup suspend --noudevsync vol &
suspend=$!
ends "$second" "a write under a suspend"
dmsetup resume --noudevsync held
ends "$suspend" "the suspend"
wait "$stuck"
ends "$close" "the close"
dmsetup resume --noudevsync vol
view_is 4 invalid || fail "the view of era 4 is $(view_state 4)"
message drop 4
end_view 3
end_view 1
[ "$(store_used)" = 0 ] || fail "the store still holds $(store_used) blocks"
