#!/bin/bash
# P1, P2, P3, again and again: a member dies under load, at any moment; then the power
# fails; then the member is back. It isn't used for what it lacks, all that was
# acknowledged is there, and brought up to date it is like the others. CUTS says how often.
# runs: uml
# timeout: 3000
# shellcheck disable=SC2119 # health takes a name or none
. "$(dirname "$0")/lib.sh"
. "$(dirname "$0")/braidctl.sh"
. "$(dirname "$0")/super.sh"
. "$(dirname "$0")/sync.sh"

cuts=${CUTS:-1}
array=/dev/mapper/array

# Block n, filled with its number; and its place, in 4 KiB: each in a row of its own, in
# another stripe than the one before.
block() {
	printf '%-4095s\n' "$level round $round block $1"
}

place() {
	echo $(($1 * 67 % 3000))
}

# writer: block after block, with FUA; notes what was acknowledged.
writer() {
	local n
	for ((n = 1; n <= 2000; n++)); do
		block "$n" | dd of="$array" bs=4k seek="$(place "$n")" oflag=direct,dsync \
			iflag=fullblock status=none 2>/dev/null || return 0
		echo "$n" >>"$LAB_DIR/acknowledged"
	done
}

has_written() {
	[ "$(wc -l <"$LAB_DIR/acknowledged")" -ge "$1" ]
}

# holds WHEN: the array has all that was acknowledged.
holds() {
	local n
	while read -r n; do
		dd if="$array" bs=4k skip="$(place "$n")" count=1 iflag=direct status=none | cmp -s - <(block "$n") ||
			fail "$level, round $round: block $n was acknowledged and isn't there $1"
	done <"$LAB_DIR/acknowledged"
}

# assemble: what is there. Without one that was lost it may have to be told so.
assemble() {
	braidctl array assemble array >"$LAB_DIR/out" 2>"$LAB_DIR/err" && return
	takes array assemble array --force >"$LAB_DIR/out"
	forced=$((forced + 1))
}

# round VICTIM: the slot that dies.
round() {
	local i victim=$1 acknowledged
	: >"$LAB_DIR/acknowledged"
	writer &
	writer=$!
	wait_for 30 has_written $((RANDOM % 30 + 1)) || fail "$level, round $round: nothing could be written"
	power_cut "d$victim"
	if [ $((RANDOM % 4)) != 0 ]; then
		acknowledged=$(wc -l <"$LAB_DIR/acknowledged")
		wait_for 30 has_written $((acknowledged + RANDOM % 20 + 1)) ||
			fail "$level, round $round: nothing is written without slot $victim"
	fi
	for i in "${!paths[@]}"; do
		[ "$i" = "$victim" ] || power_cut "d$i"
	done
	wait "$writer"
	dm_remove array
	for i in "${!paths[@]}"; do
		paths[i]=$(power_on "d$i")
	done
	assemble
	holds "after the power failed"
	if [ "$(health array | cut -c $((victim + 1)))" = - ]; then
		lost=$((lost + 1))
		takes array add array "${paths[victim]}" >"$LAB_DIR/out"
	fi
	synced array
	case $(health array) in
	*[!A]*) fail "$level, round $round: the health is $(health array) in the end" ;;
	esac
	holds "when all are back"
	takes array scrub array check
	synced array
	[ "$(mismatches array)" = 0 ] || fail "$level, round $round: $(mismatches array) sectors don't agree"
}

undo drop_arrays
for i in 0 1 2; do
	disk "d$i" 16 cache >/dev/null
done
for level in raid1 raid5; do
	paths=("$(disk_path d0)" "$(disk_path d1)" "$(disk_path d2)")
	takes array create array --level "$level" --force "${paths[@]}" >"$LAB_DIR/out"
	synced array
	lost=0 forced=0
	for ((round = 1; round <= cuts; round++)); do
		round $((RANDOM % 3))
	done
	[ "$lost" -gt 0 ] || [ "$cuts" -lt 4 ] || fail "$level: nobody was ever lost"
	takes array stop array
	echo "$level: in $lost of $cuts rounds the member lacked something, $forced times --force was needed"
done
