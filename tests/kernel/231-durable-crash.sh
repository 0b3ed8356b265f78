#!/bin/bash
# P5: the power fails. Whatever was written since an era is reported afterwards, and
# no more besides than the activity log has room for; again and again.
# runs: uml vm
# timeout: 240
. "$(dirname "$0")/lib.sh"
. "$(dirname "$0")/track.sh"
. "$(dirname "$0")/durable.sh"
requires program fio

durable 64 8 16 8 16
since=0
written=()
for round in $(seq 8); do
	mapfile -t now < <(some 20 4096)
	put "${now[@]}"
	written+=("${now[@]}")
	if [ $((round % 3)) = 0 ]; then
		since=$(message close)
		mapfile -t written < <(some 6 4096)
		put "${written[@]}"
	fi
	era=$(field 4)
	crash
	up
	[ "$(field 4)" -ge "$era" ] || fail "round $round: era $era fell to $(field 4)"
	[ "$(map_field 1)" = durable ] || fail "round $round: the map is $(map_field 1)"
	[ "$(map_field 4)" -le $((extent * slots)) ] || fail "round $round: $(map_field 4) blocks are suspect"
	includes "$since" "${written[@]}"
	# what was suspect once is in the map now
	since=$(message close)
	written=()
done

# All at once, with a load that is cut off.
has_written() {
	[ "$(blocks "$since" | wc -l)" -gt "$1" ]
}

since=$(message close)
load 300 --bs=8k --iodepth=32 --thread
wait_for 120 has_written 100 || fail "the load wrote $(blocks "$since" | wc -l) blocks only"
kill -KILL "$load_pid"
wait "$load_pid" 2>/dev/null || true
blocks "$since" >"$LAB_DIR/before"
crash
up
mapfile -t written <"$LAB_DIR/before"
includes "$since" "${written[@]}"
