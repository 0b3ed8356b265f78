#!/bin/bash
# Reads of a view wait while the tracked device is suspended. They go on when
# it is resumed, and fail when a table of another kind has taken it over: never
# do they see what was written then.
# runs: uml vm
# timeout: 60
. "$(dirname "$0")/lib.sh"
. "$(dirname "$0")/track.sh"

tracked 8 16
fill "$vol"
want=$(digest "$vol")
era=$(message close whole 0)
show "$era"

waits() {
	sleep 1
	kill -0 "$reader" 2>/dev/null || fail "a read did not wait for the suspended device"
}

dmsetup suspend --noudevsync vol
digest "/dev/mapper/view-$era" >"$LAB_DIR/got" &
reader=$!
waits
dmsetup resume --noudevsync vol
wait "$reader" || fail "a read that had waited failed"
[ "$(cat "$LAB_DIR/got")" = "$want" ] || fail "a read that had waited got something else"

dmsetup suspend --noudevsync vol
dd if="/dev/mapper/view-$era" of=/dev/null bs=64k iflag=direct status=none 2>/dev/null &
reader=$!
waits
dmsetup load vol --table "0 $(sectors "$origin") linear $origin 0"
dmsetup resume --noudevsync vol
if wait "$reader"; then
	fail "a view was read under a table that notes no writes"
fi
random "$vol" 0 1
if dd if="/dev/mapper/view-$era" of=/dev/null bs=64k iflag=direct count=1 status=none 2>/dev/null; then
	fail "the view can still be read"
fi
