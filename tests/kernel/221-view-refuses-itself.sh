#!/bin/bash
# A tracked device is not made to show a view of itself.
# runs: uml vm
# timeout: 30
. "$(dirname "$0")/lib.sh"
. "$(dirname "$0")/track.sh"

tracked 8 16
era=$(message close whole 0)
if dmsetup load vol --table "0 $(sectors "$vol") braid-view $vol $era" 2>/dev/null; then
	fail "$vol was made to show a view of itself"
fi
dmesg | tail -n 5 | grep "can't show a view of itself" >/dev/null || fail "the refusal has no sentence"
random "$vol" 0 1
message drop "$era"
