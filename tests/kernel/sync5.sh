# shellcheck shell=bash
# shellcheck disable=SC2034,SC2154 # what the tests use, and what raid5.sh has
# SPDX-License-Identifier: GPL-2.0-or-later
#
# What the tests of resync and rebuild of raid5 share; read after lib.sh,
# braidctl.sh, super.sh, raid5.sh and sync.sh.

data=2048

# create WORDS...: an array of "paths" with superblocks; braidctl gets the words.
create() {
	takes array create r5 --level raid5 --chunk $((chunk / 2))K "$@" "${paths[@]}" >"$LAB_DIR/out"
	uuid=$(uuid_of "${paths[0]}")
	size=$(sectors "$dev")
	per_member=$((size / (${#paths[@]} - 1)))
}

# table FEATURES [DEV...]: of the array, with these members or "paths".
table() {
	local features=$1 words
	shift
	[ $# -gt 0 ] || set -- "${paths[@]}"
	words=$(wc -w <<<"$features")
	echo "0 $size braid-raid $type $chunk $((words + 2)) superblock $uuid $features $# $*"
}

# model_as_is: what the array holds now is what it should.
model_as_is() {
	dd if="$dev" of="$model" bs=1M iflag=direct status=none
}

# same_data: the members hold the model, and their parity is right, byte by byte,
# read without the module. The array is stopped.
same_data() {
	local i parts=()
	for i in "${!paths[@]}"; do
		dmsetup create --noudevsync "data$i" --table "0 $per_member linear ${paths[i]} $data"
		parts+=("/dev/mapper/data$i")
	done
	same_members "${parts[@]}"
	for i in "${!paths[@]}"; do
		dm_remove "data$i"
	done
}

# cut_power: of all members at once. They are back when it returns.
cut_power() {
	local i
	for i in "${!paths[@]}"; do
		power_cut "m$i"
	done
	dm_remove r5
	for i in "${!paths[@]}"; do
		paths[i]=$(power_on "m$i")
	done
}

# randomise DEV...: what was there is gone.
randomise() {
	local path
	for path in "$@"; do
		dd if=/dev/urandom of="$path" bs=1M oflag=direct status=none 2>/dev/null || true
	done
}
