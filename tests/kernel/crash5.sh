# shellcheck shell=bash
# shellcheck disable=SC2034,SC2154 # what the tests use, and what raid5.sh has
# SPDX-License-Identifier: GPL-2.0-or-later
#
# What the tests share that cut the power of a raid5 with superblocks; read after
# lib.sh, braidctl.sh, super.sh, raid5.sh and sync.sh.
#
#	legs N MB		disks with volatile caches, m0, m1, ..., and a device
#				on top of each, which is what the array is made of
#	start_blank		a new array of blank disks; its model is blank, too
#	run_for SEED SECONDS THREADS SLICE_BYTES [sync]
#				writes; when they are under way, the power fails
#
# The power of all members fails at one instant: first each device is suspended,
# so that what has not reached it never does, and nothing that waits for it
# happens. One is first: writes get to all but that one, which tears rows. What has arrived by then and was not flushed is dropped.

marks=$LAB_DIR/marks
level=raid5
chunk_size=64K

legs() {
	local i
	members "$1" "$2" cache
	for i in "${!paths[@]}"; do
		dm_create "leg$i" "0 $(sectors "${paths[i]}") linear ${paths[i]} 0"
		use[i]=/dev/mapper/leg$i
	done
	leg_sectors=$(sectors "${paths[0]}")
}

# Blank disks have never stored a page for good: all of it is at risk.
start_blank() {
	local path
	for path in "${paths[@]}"; do
		blkdiscard -f "$path"
	done
	takes array create r5 --level "$level" --chunk "$chunk_size" --assume-clean "${use[@]}" >"$LAB_DIR/out"
	uuid=$(uuid_of "${use[0]}")
	model_of_array
}

model_of_array() {
	truncate -s 0 "$model" "$marks"
	truncate -s $(($(sectors "$dev") * 512)) "$model"
	truncate -s "$(sectors "$dev")" "$marks"
}

cut_all() {
	local i names
	mapfile -t names < <(shuf -e -- "${use[@]##*/}")
	dmsetup suspend --noudevsync --noflush --nolockfs "${names[0]}"
	sleep 0.1 # until everybody waits for this one
	dmsetup suspend --noudevsync --noflush --nolockfs "${names[@]:1}"
	for i in "${!paths[@]}"; do
		power_cut "m$i"
	done
	dmsetup wipe_table --noudevsync --noflush --nolockfs "${names[@]}"
}

# All members come back, with what they have kept.
crash() {
	local i
	cut_all
	[ -z "${writer:-}" ] || wait "$writer" || fail "the writer failed: see above"
	writer=
	dmsetup remove --noudevsync --retry r5
	for i in "${!paths[@]}"; do
		paths[i]=$(power_on "m$i")
		dmsetup load "leg$i" --table "0 $leg_sectors linear ${paths[i]} 0"
	done
	dmsetup resume --noudevsync "${use[@]##*/}"
}

has_written() {
	[ "$(awk '{print $5}' "/sys/block/$1/stat")" -gt "$2" ]
}

run_for() {
	torn-writes "$dev" "$model" "$marks" "$1" "$3" "$4" "${@:5}" &
	writer=$!
	wait_for 30 has_written "dm-$(dmsetup info -c --noheadings -o minor r5)" 200 ||
		fail "nothing is written"
	sleep "$2"
	crash
}

# intact: what nobody was writing is as it was.
intact() {
	local status=0
	torn-writes "$dev" "$model" "$marks" >"$LAB_DIR/differs" || status=$?
	[ "$status" = 0 ] || [ "$status" = 2 ] || fail "nothing can be compared: see above"
	return "$status"
}

# intact_without SLOT...: the array that was stopped is intact without any one of these
# members. Its superblocks are left out: they don't notice.
intact_without() {
	local i slot table status=0
	for i in "${!use[@]}"; do
		dm_create "data$i" "0 $((leg_sectors - 2048)) linear ${use[i]} 2048"
	done
	for slot; do
		table=("${use[@]/#*leg//dev/mapper/data}")
		table[slot]=-
		dm_create r5 "0 $(($(stat -c %s "$model") / 512)) braid-raid $type $chunk 0 ${#table[@]} ${table[*]}"
		intact || status=1
		dm_remove r5
		[ "$status" = 0 ] || break
	done
	for i in "${!use[@]}"; do
		dm_remove "data$i"
	done
	return "$status"
}
