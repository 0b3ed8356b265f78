#!/bin/bash
# P9: the metadata device doesn't answer. The write that waits for a copy goes on
# without the view, later views give way at once, the device can be suspended, and
# when the metadata device answers again all is as before.
# runs: uml vm
# timeout: 240
. "$(dirname "$0")/lib.sh"
. "$(dirname "$0")/track.sh"
patience default

origin=$(disk origin 16)
fill "$origin"
meta=$(disk meta 16)
vol=/dev/mapper/vol
dm_create store "0 $(sectors "$meta") linear $meta 0"
dm_create vol "0 $(sectors "$origin") braid-track /dev/mapper/store $origin 128"
undo dmsetup resume --noudevsync store

store_empty() {
	[ "$(store_used)" = 0 ]
}

# put OFFSET: 4 KiB that can be found again.
put() {
	head -c 4096 /dev/urandom >"$LAB_DIR/put-$1"
	dd if="$LAB_DIR/put-$1" of="$vol" bs=4k seek="$1" oflag=direct \
		conv=notrunc status=none
}

[ "$(message close whole 0)" = 1 ]
show 1
random "$vol" 0 1
[ "$(store_used)" = 1 ] || fail "nothing was copied"
dmsetup suspend --noudevsync --noflush store
dd if=/dev/mapper/view-1 of=/dev/null bs=4k count=1 iflag=direct status=none 2>"$LAB_DIR/dd" &
reader=$!
wait_for 10 in_flight reads 1 view-1 || fail "the view's read is not in flight"
put 16 &
first=$!
sleep 0.5
put 17 & # the same block
second=$!
ends "$first" "a write whose copy hangs"
ends "$second" "a write to a block whose copy hangs"
view_is 1 invalid || fail "the view of era 1 is $(view_state 1)"
put 32
[ "$(message close whole 1)" = 2 ]
put 48 &
ends $! "a write while an earlier copy hangs"
view_is 2 invalid || fail "the view of era 2 is $(view_state 2)"
message drop 2
dmsetup suspend --noudevsync vol &
ends $! "a suspend while a copy and a read of a view hang"
dmsetup resume --noudevsync vol
put 64 &
ends $! "a write after that"
kill -0 "$reader" || fail "the view's read has ended too early for this test"

dmsetup resume --noudevsync store
wait_for 20 store_empty || fail "a copy that was given up still takes $(store_used) blocks"
if wait "$reader"; then
	fail "a read of an invalid view succeeded"
fi
end_view 1
for n in 16 17 32 48 64; do
	dd if="$vol" bs=4k skip="$n" count=1 iflag=direct status=none |
		cmp -s - "$LAB_DIR/put-$n" || fail "the write to place $n was lost"
done
want=$(digest "$vol")
[ "$(message close whole 2)" = 3 ]
show 3
random "$vol" 0 256
[ "$(digest /dev/mapper/view-3)" = "$want" ] || fail "a view after that is wrong"
view_is 3 open || fail "a view after that is $(view_state 3)"
[ "$(store_used)" = 16 ] || fail "$(store_used) blocks were kept, not 16"
