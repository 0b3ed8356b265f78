#!/bin/bash
# P6: writers that write B only after A is complete, eras closed under them at
# random; no view holds B without A, and two reads of a view agree.
# runs: uml vm smp
# timeout: 300
. "$(dirname "$0")/lib.sh"
. "$(dirname "$0")/track.sh"
helper ordered-writes
requires target delay

views=0

# closed_under WRITERS SECONDS PAUSE: views of "vol" while it is written; PAUSE is
# between two reads of a view.
closed_under() {
	local pid era
	ordered-writes write "$vol" "$1" "$2" &
	pid=$!
	undo kill "$pid"
	while kill -0 "$pid" 2>/dev/null; do
		era=$(message close whole 0)
		show "$era"
		ordered-writes check "/dev/mapper/view-$era" "$1" >"$LAB_DIR/first" ||
			fail "$(tail -n 1 "$LAB_DIR/first")"
		sleep "$3"
		ordered-writes check "/dev/mapper/view-$era" "$1" >"$LAB_DIR/second" ||
			fail "$(tail -n 1 "$LAB_DIR/second")"
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
}

for writers in 1 4 8; do
	tracked 16 32 8
	closed_under "$writers" 10 0
done

# Writes that take long are in flight at every close, and land between two
# reads of a view that did not wait for them.
disk=$(disk origin 16)
meta=$(disk meta 32)
size=$(sectors "$disk")
dm_create slow "0 $size delay $disk 0 0 $disk 0 1000"
dm_create vol "0 $size braid-track $meta /dev/mapper/slow 8"
closed_under 8 15 1.5
echo "$views views were consistent"
