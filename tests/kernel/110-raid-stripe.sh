#!/bin/bash
# raid0 puts every chunk where the layout says, and gives back what was written.
# runs: uml vm smp
# timeout: 180
. "$(dirname "$0")/lib.sh"

mb=16

# expect_layout CHUNK_SECTORS MEMBER...: the members, read directly, hold the
# array's chunks in turn.
expect_layout() {
	local chunk=$1 count row slot part
	shift
	count=$(($(sectors "/dev/mapper/stripe") / chunk / $#))
	part=$((count / 4))
	for row in 0 1 "$part" $((count - 1)); do
		for slot in $(seq 0 $(($# - 1))); do
			cmp <(dd if=/dev/mapper/stripe bs=$((chunk * 512)) count=1 \
				skip=$((row * $# + slot)) status=none) \
				<(dd if="${*:slot+1:1}" bs=$((chunk * 512)) count=1 \
					skip="$row" status=none) ||
				fail "chunk $((row * $# + slot)) of $# x $chunk is not row $row of member $slot"
		done
	done
}

try() {
	local chunk=$1 members=("${@:2}")
	local size=$((mb * 2048 / chunk * chunk * ${#members[@]}))
	dm_create stripe "0 $size braid-raid raid0 $chunk 0 ${#members[@]} ${members[*]}"
	dd if=/dev/urandom of="$LAB_DIR/data" bs=512 count="$size" status=none
	dd if="$LAB_DIR/data" of=/dev/mapper/stripe bs=1M oflag=direct status=none
	cmp "$LAB_DIR/data" /dev/mapper/stripe || fail "raid0 of ${#members[@]}: what was read is not what was written"
	sync
	expect_layout "$chunk" "${members[@]}"
	fio --name=verify --filename=/dev/mapper/stripe --rw=randwrite \
		--bsrange=4k-300k --ioengine=libaio --iodepth=8 \
		--direct=1 --size=$((size / 4))k --verify=crc32c --verify_fatal=1 \
		--minimal >"$LAB_DIR/fio" ||
		fail "fio found wrong data on raid0 of ${#members[@]}, chunk $chunk"
	dm_remove stripe
}

requires program fio
disks=()
for name in a b c d; do
	disks+=("$(disk "$name" "$mb")")
done
try 128 "${disks[@]:0:2}"
try 8 "${disks[@]:0:3}"
try 2048 "${disks[@]}"
try 64 "${disks[@]:0:1}"
