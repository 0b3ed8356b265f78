#!/bin/bash
# A disk that goes away under load costs raid1 a leg, and raid0 its data with a
# clear status; removing the arrays still works.
# runs: uml vm
# timeout: 180
. "$(dirname "$0")/lib.sh"

health() {
	dmsetup status array | cut -d ' ' -f 6
}

# Is the load well under way?
is_writing() {
	[ "$(awk '{print $5}' "/sys/block/$array/stat")" -gt 50 ]
}

# load [ARGUMENT...]
load() {
	fio --name=verify --filename=/dev/mapper/array --rw=randwrite --bs=16k \
		--ioengine=libaio --iodepth=16 --direct=1 --size=32M --allow_file_create=0 \
		--verify=crc32c --verify_fatal=1 --minimal "$@" >"$LAB_DIR/fio"
}

requires program fio
a=$(disk a 64)
b=$(disk b 64)
size=$(sectors "$a")

dm_create array "0 $size braid-raid raid1 0 0 2 $a $b"
array=dm-$(dmsetup info -c --noheadings -o minor array)
load --do_verify=0 --rate=8m &
fio=$!
wait_for 60 is_writing || fail "fio did not start"
power_cut a
wait "$fio" || fail "fio noticed that a disk of the mirror is gone"
load --verify_only || fail "a write was lost with the disk"
[ "$(health)" = DA ] || fail "the health is $(health) after disk 0 went away"
cmp "$b" /dev/mapper/array || fail "the mirror is not what its last leg is"
dm_remove array
a=$(power_on a)

# Reads alone find it out as well.
dd if="$b" of="$a" bs=1M oflag=direct status=none
dm_create array "0 $size braid-raid raid1 0 0 2 $a $b"
power_cut a
for at in 0 500 1000 1500; do
	dd if=/dev/mapper/array bs=4k skip="$at" count=8 iflag=direct status=none |
		cmp - <(dd if="$b" bs=4k skip="$at" count=8 status=none) || fail "wrong data was read"
done
dd if=/dev/mapper/array of=/dev/null bs=1M iflag=direct status=none
[ "$(health)" = DA ] || fail "the health is $(health) after reads from a disk that is gone"
dm_remove array
a=$(power_on a)

dm_create array "0 $((size * 2)) braid-raid raid0 128 0 2 $a $b"
power_cut a
dd if=/dev/urandom of=/dev/mapper/array bs=1M count=1 oflag=direct status=none 2>/dev/null &&
	fail "raid0 wrote to a disk that is gone"
[ "$(health)" = DA ] || fail "the health of raid0 is $(health) without a disk"
dm_remove array
power_on a >/dev/null
