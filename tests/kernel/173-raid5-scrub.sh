#!/bin/bash
# check finds parity that is not the sum of the data, to the sector, and changes
# nothing; repair makes it right from the data. Chunks of several sizes.
# runs: uml
# timeout: 120
. "$(dirname "$0")/lib.sh"
. "$(dirname "$0")/braidctl.sh"
. "$(dirname "$0")/super.sh"
. "$(dirname "$0")/raid5.sh"
. "$(dirname "$0")/sync.sh"
. "$(dirname "$0")/sync5.sh"

helper raid5-image

plant() {
	dd if=/dev/urandom of="$1" bs=512 seek=$((data + $2)) count="$3" oflag=direct status=none
}

sums() {
	for path in "${paths[@]}"; do
		data_of "$path"
	done | sha256sum
}

run() {
	dmsetup message r5 0 "$1" || fail "the message '$1' was refused"
	synced r5
	[ "$(mismatches r5)" = "$2" ] || fail "chunk $chunk: $1 found $(mismatches r5) sectors, not $2"
}

members 6 16
all=("${paths[@]}")
undo drop_arrays
# Of the last, a stripe is two bands.
for shape in "8 4" "128 4" "2048 6"; do
	chunk=${shape% *}
	paths=("${all[@]:0:${shape#* }}")
	create --force
	synced r5
	dd if=/dev/urandom of="$dev" bs=1M count=40 oflag=direct status=none
	run check 0
	# Nine sectors; two of them on two members, one the very last.
	plant "${paths[1]}" 100 3
	plant "${paths[2]}" 101 2
	plant "${paths[0]}" 4095 4
	plant "${paths[3]}" 9000 1
	plant "${paths[2]}" $((per_member - 1)) 1
	model_as_is
	bad=$(sums)
	run check 9
	[ "$(sums)" = "$bad" ] || fail "check changed something"
	run repair 9
	run check 0
	same
	takes array stop r5
	same_data
done
