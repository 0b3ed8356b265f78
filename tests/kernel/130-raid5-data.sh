#!/bin/bash
# raid5 of every layout and several shapes holds what was written to it, by many
# writers at once, and its parity is right: read from the members without it.
# runs: uml vm smp
# timeout: 240
. "$(dirname "$0")/lib.sh"
. "$(dirname "$0")/raid5.sh"

helper model-writes
helper raid5-image

try() {
	array
	model_zero
	exercise 1 8 2560 "$1"		# many writers in one row
	exercise 2 8 69632 "$1"		# parts of stripes
	exercise 3 4 1052672 $(($1 / 8))	# whole stripes and more
	same
	[ "$(dmsetup status r5 | cut -d ' ' -f 4-)" = \
		"$type ${#paths[@]} $(printf 'A%.0s' "${paths[@]}") $size/$size idle 0 0 -" ] ||
		fail "the status is $(dmsetup status r5)"
	dm_remove r5
	same_members "${paths[@]}"
}

blank() {
	local path
	for path in "${paths[@]}"; do
		blkdiscard "$path"
	done
}

members 4 12
size=$(sectors "${paths[0]}")
for type in raid5_ls raid5_la raid5_rs raid5_ra; do
	blank
	try 300
done
for chunk in 8 2048; do
	blank
	try 300
done

type=raid5_ls
chunk=128
paths=("${paths[@]:0:3}")
use=("${paths[@]}")
blank
try 300

# "raid5" is what dm-raid calls raid5_ls.
type=raid5
array
[ "$(dmsetup table r5 | cut -d ' ' -f 4)" = raid5_ls ] || fail "raid5 is shown as $(dmsetup table r5)"
same
