# shellcheck shell=bash
# SPDX-License-Identifier: GPL-2.0-only
#
# What the tests with writers that depend on one another share; read after
# track.sh.
helper chained-writes

vol=/dev/mapper/vol
views=0
whole=0
shipped=0

# check IMAGE ERA FILE: what it said, a digest if all is well, is in FILE.
check() {
	chained-writes check "$1" "$writers" "$LAB_DIR/before-$2" "$LAB_DIR/after-$2" >"$3" ||
		fail "$(tail -n 1 "$3")"
}

# close_era MODE SINCE: sets era.
close_era() {
	cp "$LAB_DIR/state" "$LAB_DIR/before"
	era=$(message close "$1" "$2")
	cp "$LAB_DIR/state" "$LAB_DIR/after-$era"
	mv "$LAB_DIR/before" "$LAB_DIR/before-$era"
	show "$era"
	views=$((views + 1))
}

forget_era() {
	view_is "$1" open || fail "the view of era $1 is $(view_state "$1")"
	end_view "$1"
	rm -f "$LAB_DIR/before-$1" "$LAB_DIR/after-$1" "$LAB_DIR/digest-$1"
}

# A whole view is read now, and again when some others were opened.
open_whole() {
	close_era whole 0
	check "/dev/mapper/view-$era" "$era" "$LAB_DIR/digest-$era"
	open_eras+=("$era")
	whole=$((whole + 1))
}

end_oldest() {
	local oldest=${open_eras[0]}
	open_eras=("${open_eras[@]:1}")
	check "/dev/mapper/view-$oldest" "$oldest" "$LAB_DIR/again"
	cmp -s "$LAB_DIR/again" "$LAB_DIR/digest-$oldest" ||
		fail "two reads of the view of era $oldest differ"
	forget_era "$oldest"
}

# What changed since the last one is brought to the replica.
ship() {
	close_era shipped "$replica_era"
	changed "$replica_era" "$era" >"$LAB_DIR/extents"
	chained-writes ship "/dev/mapper/view-$era" "$(field 1)" "$LAB_DIR/replica" \
		$((RANDOM % ${pause:-100})) <"$LAB_DIR/extents" >"$LAB_DIR/ship" ||
		fail "$(tail -n 1 "$LAB_DIR/ship")"
	check "$LAB_DIR/replica" "$era" "$LAB_DIR/checked"
	forget_era "$era"
	replica_era=$era
	shipped=$((shipped + 1))
}

# chained WRITERS VIEWS: "vol", which holds zeros, is written, and its eras are
# closed, until so many views were seen. The writers leave the rest room to run.
chained() {
	local pid last=$((views + $2))
	writers=$1
	open_eras=()
	replica_era=0
	truncate -s 0 "$LAB_DIR/state" "$LAB_DIR/replica"
	truncate -s "$(blockdev --getsize64 "$vol")" "$LAB_DIR/replica"
	nice -n 10 chained-writes write "$vol" "$LAB_DIR/state" "$writers" 3600 &
	pid=$!
	undo kill "$pid"
	wait_for 10 test -s "$LAB_DIR/state"
	while [ "$views" -lt "$last" ]; do
		if ((RANDOM % 2)); then open_whole; else ship; fi
		((${#open_eras[@]} < 4 && RANDOM % 3)) || [ -z "${open_eras[*]}" ] || end_oldest
	done
	kill "$pid"
	wait "$pid" || fail "a writer failed"
	while [ -n "${open_eras[*]}" ]; do end_oldest; done
	[ "$(store_used)" = 0 ] || fail "the store still holds $(store_used) blocks"
}
