#!/bin/bash
# raid5 with superblocks on disks that were not blank, so that no parity is right:
# what is written, however little, outlives the loss of any member (P1).
# runs: uml
# shellcheck disable=SC2119 # health is raid5.sh's, not super.sh's
. "$(dirname "$0")/lib.sh"
. "$(dirname "$0")/braidctl.sh"
. "$(dirname "$0")/super.sh"
. "$(dirname "$0")/raid5.sh"

undo drop_arrays
members 6 16
for path in "${paths[@]}"; do
	dd if=/dev/urandom of="$path" bs=1M count=16 oflag=direct status=none
done
takes array create r5 --level raid5 --chunk 64K "${paths[@]}" >"$LAB_DIR/out"

# A block in each of some stripes, in other rows and on other disks.
put() {
	dd if=/dev/urandom of="$LAB_DIR/data" bs=4k count=40 status=none
	for ((at = 0; at < 40; at++)); do
		dd if="$LAB_DIR/data" of="$dev" bs=4k count=1 skip="$at" seek=$((at * 83 + $1)) oflag=direct status=none
	done
}

survived() {
	for ((at = 0; at < 40; at++)); do
		dd if="$dev" bs=4k count=1 skip=$((at * 83 + $1)) iflag=direct status=none
	done | cmp -s - "$LAB_DIR/data" || fail "what was written is lost with slot $2"
}

for slot in 0 3 5; do
	put $((slot * 7))
	takes array fail r5 "$slot"
	survived $((slot * 7)) "$slot"
	takes array stop r5
	takes array create r5 --force --level raid5 --chunk 64K "${paths[@]}" >"$LAB_DIR/out"
done
