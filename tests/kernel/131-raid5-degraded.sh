#!/bin/bash
# raid5 with any one member missing reads what was written, takes writes, and
# what it wrote can be read with the same member missing, from the members alone.
# runs: uml vm slow
# timeout: 240
. "$(dirname "$0")/lib.sh"
. "$(dirname "$0")/raid5.sh"

helper model-writes
helper raid5-image
chunk=32

# The content of the missing member is what is left of before: it must not
# come to light.
spoil() {
	dd if=/dev/urandom of="$1" bs=1M oflag=direct status=none 2>/dev/null || true
}

members 4 8
model_zero
array
exercise 1 8 2560 200
exercise 2 8 19968 200
dm_remove r5
same_members "${paths[@]}"

for slot in 0 1 2 3; do
	use=("${paths[@]}")
	use[slot]=-
	array
	want=AAAA
	is_health "${want:0:slot}-${want:slot+1}" || fail "the health is $(health) with slot $slot missing"
	same_in 4k
	same_in 1M
	exercise $((slot + 3)) 8 2560 200
	exercise $((slot + 7)) 8 19968 200
	exercise $((slot + 11)) 2 98304 50
	same
	dm_remove r5
	same_members "${use[@]}"

	# Put the member back by writing all of the array, then there is another
	# one to lose. "failed" says that it is there, but stale.
	spoil "${paths[slot]}"
	use=("${paths[@]}")
	features=(failed "$slot")
	array
	features=()
	is_health "${want:0:slot}D${want:slot+1}" || fail "the health is $(health) with slot $slot failed"
	same
	dm_remove r5
	array
	dd if="$model" of="$dev" bs=$((chunk * 512 * 3)) oflag=direct status=none
	dm_remove r5
	same_members "${paths[@]}"
done
