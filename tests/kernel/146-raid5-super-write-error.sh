#!/bin/bash
# raid5 with superblocks, and writes that are on some members only. Two members
# fail in one round: neither is recorded as lost, so when both are back nothing is
# lost that nobody was writing. One fails, and nobody can record it: the parity of
# the row is wrong, so the array is not called clean when it is stopped.
# runs: uml
# shellcheck disable=SC2119 # health is raid5.sh's, not super.sh's
. "$(dirname "$0")/lib.sh"
. "$(dirname "$0")/braidctl.sh"
. "$(dirname "$0")/super.sh"
. "$(dirname "$0")/raid5.sh"
. "$(dirname "$0")/sync.sh"

# Tables for a leg over a disk: all good, data that can't be written, superblocks
# that can't be.
good() {
	echo "0 32768 linear $1 0"
}

bad_data() {
	printf '0 2048 linear %s 0\n2048 30720 flakey %s 2048 0 60 1 error_writes' "$1" "$1"
}

bad_super() {
	printf '0 8 linear %s 0\n8 16 flakey %s 8 0 60 1 error_writes\n24 32744 linear %s 24' "$1" "$1" "$1"
}

# legs KIND SLOT...: these become so.
legs() {
	local kind=$1 slot
	shift
	for slot in "$@"; do
		swap "leg$slot" "$("$kind" "${paths[slot]}")"
	done
}

# states: what each of the members says of them all.
states() {
	local of slot
	for of in "${paths[@]}"; do
		for slot in "${!paths[@]}"; do
			slot_state "$of" "$slot"
		done
	done | sort -u
}

requires target flakey
undo drop_arrays
members 4 16
for slot in 0 1 2 3; do
	dm_create "leg$slot" "$(good "${paths[slot]}")"
done
takes array create r5 --level raid5 --chunk 64K /dev/mapper/leg{0,1,2,3} >"$LAB_DIR/out"
synced r5
head -c $(($(sectors "$dev") * 512)) /dev/urandom >"$model"
dd if="$model" of="$dev" bs=192k oflag=direct status=none

# All of chunk 0 (slot 0) but the first sector, and a row of chunk 1 (slot 1): the
# parity (slot 3) is that of both, and both are as they were.
legs bad_data 0 1
dd if=/dev/zero of="$dev" bs=69120 count=1 seek=512 oflag=direct,seek_bytes status=none 2>/dev/null &&
	fail "a write was acknowledged that two members failed"
is_health DDAA || fail "the health is $(health) after two members failed at once"
[ "$(states)" = used ] || fail "of two that failed at once one is called lost: the array can't do with the other"
takes array stop r5
legs good 0 1
says 'was not stopped as it should be' array assemble r5
is_health AAAA || fail "the health is $(health) after both came back"
cmp -n 512 "$dev" "$model" || fail "a sector that nobody wrote is lost"
cmp -i 69632 "$dev" "$model" || fail "what nobody wrote is lost"

# Chunk 2 fails on slot 2, the parity is written, and nobody can say so.
dd if="$model" of="$dev" bs=192k oflag=direct status=none
takes array stop r5
takes array assemble r5 >"$LAB_DIR/out"
legs bad_super 0 1 3
legs bad_data 2
dd if=/dev/zero of="$dev" bs=4k count=1 seek=32 oflag=direct status=none 2>/dev/null &&
	fail "a write was acknowledged although nobody could record who lacks it"
is_health AAAA || fail "the health is $(health) after a loss that could not be recorded"
legs good 0 1 2 3
takes array stop r5
expect 'in use' .state array examine "${paths[0]}"
says 'was not stopped as it should be' array assemble r5
takes array stop r5
