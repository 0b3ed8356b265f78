#!/bin/bash
# A program that changes its buffer while it is written does no harm to the
# parity of raid5: what it wrote reads the same with any member missing.
# runs: uml vm
# timeout: 120
. "$(dirname "$0")/lib.sh"
. "$(dirname "$0")/raid5.sh"

helper scribble
helper raid5-image
members 4 8
array
scribble "$dev" 5 || fail "writing failed"
dd if="$dev" of="$model" bs=1M iflag=direct status=none
dm_remove r5
same_members "${paths[@]}"
for slot in "${!paths[@]}"; do
	use=("${paths[@]}")
	use[slot]=-
	array
	same
	dm_remove r5
done
