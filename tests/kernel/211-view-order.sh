#!/bin/bash
# P6: writers that write B only after A is complete, eras closed under them at
# random; no view holds B without A, and two reads of a view agree.
# runs: uml vm
# timeout: 300
. "$(dirname "$0")/lib.sh"
. "$(dirname "$0")/track.sh"
helper ordered-writes

views=0
for writers in 1 4 8; do
	tracked 16 32 8
	ordered-writes write "$vol" "$writers" 12 &
	pid=$!
	undo kill "$pid"
	while kill -0 "$pid" 2>/dev/null; do
		era=$(message close whole 0)
		show "$era"
		ordered-writes check "/dev/mapper/view-$era" "$writers" >"$LAB_DIR/first" ||
			fail "$(cat "$LAB_DIR/first")"
		ordered-writes check "/dev/mapper/view-$era" "$writers" >"$LAB_DIR/second" ||
			fail "$(cat "$LAB_DIR/second")"
		cmp -s "$LAB_DIR/first" "$LAB_DIR/second" ||
			fail "two reads of the view of era $era differ"
		[ "$(view_state "$era")" = open ] ||
			fail "the view of era $era is $(view_state "$era")"
		end_view "$era"
		views=$((views + 1))
	done
	wait "$pid" || fail "a writer failed"
	[ "$(store_used)" = 0 ] || fail "the store still holds $(store_used) blocks"
	cleanup
done
echo "$views views were consistent"
