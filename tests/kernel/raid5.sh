# shellcheck shell=bash
# SPDX-License-Identifier: GPL-2.0-only
#
# What the tests of raid5 share; read after lib.sh.
#
#	type=raid5_ls chunk=128		the shape; chunk is in sectors
#	members N MB [cache]		makes disks m0, m1, ...: their paths are
#					in "paths"; MB is the size of each
#	array				the array of them: /dev/mapper/r5
#	model				the file that holds what the array should
#
# "array" takes other paths from "use", where a member is replaced by "-" or by
# a device on top of it.

type=raid5_ls
chunk=128
features=()
model=$LAB_DIR/model
dev=/dev/mapper/r5

members() {
	local i
	paths=()
	for ((i = 0; i < $1; i++)); do
		paths+=("$(disk "m$i" "$2" "${3:-}")")
	done
	use=("${paths[@]}")
}

# The largest array that the disks make, in sectors.
array_sectors() {
	local one
	one=$(sectors "${paths[0]}")
	echo $((one / chunk * chunk * (${#paths[@]} - 1)))
}

# The words of "features" are put into the table.
array() {
	dm_create r5 "0 $(array_sectors) braid-raid $type $chunk ${#features[@]} ${features[*]} ${#use[@]} ${use[*]}"
}

# The model of an array of blank disks.
model_zero() {
	truncate -s 0 "$model"
	truncate -s $(($(array_sectors) * 512)) "$model"
}

# exercise SEED THREADS SLICE_BYTES COUNT: writes and reads, checked; for no
# longer than "seconds".
exercise() {
	model-writes "$dev" "$model" "$1" "$2" "$3" "${seconds:-60}" "$4" || fail "model-writes $*: see above"
}

health() {
	dmsetup status r5 | cut -d ' ' -f 6
}

is_health() {
	[ "$(health)" = "$1" ]
}

# same_in BLOCK_SIZE: the array reads as the model, through the array.
same_in() {
	dd if="$dev" bs="$1" iflag=direct status=none | cmp - "$model" ||
		fail "the array is not what was written to it"
}

same() {
	same_in 1M
}

# same_members PATH|-...: the same, read from the members without the module,
# whose parity is checked.
same_members() {
	raid5-image "$type" $((chunk * 512)) "$@" >"$LAB_DIR/image" ||
		fail "the members $* are not a good array of $type, chunk $chunk"
	# what is behind the last stripe is not the array's
	cmp -n "$(stat -c %s "$model")" "$LAB_DIR/image" "$model" ||
		fail "the members $* do not hold what was written"
}
