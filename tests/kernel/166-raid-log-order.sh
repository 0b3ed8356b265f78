#!/bin/bash
# A mark is on the disks before the write that it is for. The log is slow here, and
# so is one leg's data: whenever the power fails, what differs is marked.
# runs: uml
# timeout: 3000
. "$(dirname "$0")/lib.sh"
. "$(dirname "$0")/braidctl.sh"
. "$(dirname "$0")/super.sh"
. "$(dirname "$0")/sync.sh"

rounds=${CUTS:-5}

# leg NAME DISK LOG_MS DATA_MS: a disk that is so slow to write.
leg() {
	local rest=$(($(sectors "$2") - 2048))
	dm_create "$1" "$(printf '0 32 linear %s 0\n32 2016 delay %s 32 0 %s 32 %s\n2048 %s delay %s 2048 0 %s 2048 %s' \
		"$2" "$2" "$2" "$3" "$rest" "$2" "$2" "$4")"
}

helper log-marks
requires target delay
disk a 32 cache >/dev/null
disk b 32 cache >/dev/null
undo drop_arrays
takes array create mirror --level raid1 "$(disk_path a)" "$(disk_path b)" >"$LAB_DIR/out"
synced mirror
# Pages that the disks have for good are overwritten in place: no write is lost for
# being in a cache, so whatever was sent too early is there.
dd if=/dev/urandom of=/dev/mapper/mirror bs=1M count=31 oflag=direct conv=fsync status=none
size=$(sectors /dev/mapper/mirror)
takes array stop mirror
uuid=$(uuid_of "$(disk_path a)")

differed=0
for round in $(seq 1 "$rounds"); do
	leg lega "$(disk_path a)" 150 300
	leg legb "$(disk_path b)" 150 0
	dm_create mirror "$(mirror_line "$size" "$uuid" "" /dev/mapper/lega /dev/mapper/legb)"
	synced mirror
	for at in 1 2 3; do
		dd if=/dev/urandom of=/dev/mapper/mirror bs=4k count=1 seek=$((32 * (round * 10 + at) + at)) \
			oflag=direct status=none 2>/dev/null &
	done
	sleep "0.$((round * 37 % 40 + 10))"
	power_cut a
	power_cut b
	wait
	dmsetup remove --noudevsync --retry mirror
	dmsetup remove --noudevsync --retry lega
	dmsetup remove --noudevsync --retry legb
	read -r marked differing unmarked < <(log-marks "$(power_on a)" "$(power_on b)")
	[ "$unmarked" = 0 ] || fail "round $round: $differing regions differ, $unmarked of them are not marked (and $marked are)"
	[ "$differing" = 0 ] || differed=$((differed + 1))
	# Whoever was called lost in the last moment comes back.
	a=$(disk_path a)
	b=$(disk_path b)
	words=
	[ "$(slot_state "$b" 0)" != lost ] || words="readd 0"
	[ "$(slot_state "$a" 1)" != lost ] || words="readd 1"
	dm_create mirror "$(mirror_line "$size" "$uuid" "$words" "$a" "$b")"
	synced mirror
	alike "$a" "$b"
	takes array stop mirror
done
[ "$differed" -gt 0 ] || skip "the legs differed in no round, on a machine this slow nothing was tested"
echo "the legs differed in $differed of $rounds rounds"
