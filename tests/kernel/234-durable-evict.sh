#!/bin/bash
# A log that is far too small: every write goes on, what leaves the log is in the
# map, and a crash at any time loses nothing.
# runs: uml vm
# timeout: 240
. "$(dirname "$0")/lib.sh"
. "$(dirname "$0")/track.sh"
. "$(dirname "$0")/durable.sh"
requires program fio

for slots in 1 2 9; do
	durable 32 8 8 4 "$slots"
	load 3 --iodepth=16 --bs=4k
	sleep 1
	since=$(message close)
	load_ended
	[ "$(map_field 6)" -gt 0 ] || fail "with $slots slots nothing was ever written to the map"
	mapfile -t now < <(some 25 8192)
	put "${now[@]}"
	blocks "$since" >"$LAB_DIR/before"
	crash
	up
	mapfile -t now <"$LAB_DIR/before"
	[ "${#now[@]}" -gt 20 ] || fail "the load wrote ${#now[@]} blocks only"
	includes "$since" "${now[@]}"

	# views, whose copies hold extents in the log
	fill "$vol"
	want=$(digest "$vol")
	era=$(message close whole 0)
	show "$era"
	load 2 --iodepth=16 --bs=4k --size=8M --io_size=4M
	load_ended
	if [ "$(view_state "$era")" = open ]; then
		[ "$(digest "/dev/mapper/view-$era")" = "$want" ] || fail "the view changed"
	fi
	end_view "$era"
	cleanup
done
