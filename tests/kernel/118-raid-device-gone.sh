#!/bin/bash
# A disk that goes away under load costs raid1 a leg, and raid0 its data with a
# clear status; removing the arrays still works.
# runs: uml vm
# timeout: 180
. "$(dirname "$0")/lib.sh"

health() {
	dmsetup status array | cut -d ' ' -f 6
}

is_open() {
	[ "$(dmsetup info -c --noheadings -o open array)" -gt 0 ]
}

requires program fio
a=$(disk a 64)
b=$(disk b 64)
size=$(sectors "$a")

dm_create array "0 $size braid-raid raid1 0 0 2 $a $b"
fio --name=verify --filename=/dev/mapper/array --rw=randrw --bs=16k \
	--ioengine=libaio --iodepth=16 --direct=1 --size=16M --rate=8m,8m \
	--verify=crc32c --verify_fatal=1 --minimal >"$LAB_DIR/fio" &
fio=$!
wait_for 60 is_open || fail "fio did not start"
sleep 0.5
power_cut a
wait "$fio" || fail "fio noticed that a disk of the mirror is gone"
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
