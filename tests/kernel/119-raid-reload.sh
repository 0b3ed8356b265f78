#!/bin/bash
# Suspending, loading another table and removing, with I/O in flight.
# runs: uml vm
# timeout: 180
. "$(dirname "$0")/lib.sh"

requires program fio
requires target delay
a=$(disk a 64)
b=$(disk b 64)
size=$(sectors "$a")
dm_create slow "0 $size delay $a 0 20"
table="0 $size braid-raid raid1 0 0 2 /dev/mapper/slow $b"
dm_create array "$table"

load() {
	fio --name=verify --filename=/dev/mapper/array --rw=randrw --bsrange=4k-64k \
		--ioengine=libaio --iodepth=16 --direct=1 --size=16M \
		--verify=crc32c --verify_fatal=1 --minimal >"$LAB_DIR/fio"
}

load &
fio=$!
for turn in $(seq 20); do
	dmsetup suspend --noudevsync array
	[ $((turn % 2)) = 0 ] || dmsetup load array --table "$table"
	dmsetup resume --noudevsync array
	sleep 0.05
done
wait "$fio" || fail "fio noticed that tables were loaded under it"
cmp "$a" "$b" || fail "the legs differ"

# With no flush: I/O in flight is finished all the same.
load &
fio=$!
for turn in $(seq 20); do
	dmsetup suspend --noudevsync --noflush --nolockfs array
	dmsetup resume --noudevsync array
	sleep 0.05
done
wait "$fio" || fail "fio noticed suspending with --noflush"
cmp "$a" "$b" || fail "the legs differ"

is_open() {
	[ "$(dmsetup info -c --noheadings -o open array)" -gt 0 ]
}

# Forced out under load: the submitter sees errors, the kernel stays well.
fio --name=doomed --filename=/dev/mapper/array --rw=randwrite --bs=4k --ioengine=libaio \
	--iodepth=32 --direct=1 --size=60M --allow_file_create=0 --minimal \
	>"$LAB_DIR/fio" 2>&1 &
fio=$!
wait_for 60 is_open || fail "fio did not start"
sleep 0.2
dmsetup remove --force --noudevsync array 2>/dev/null || true
wait "$fio" && fail "fio did not notice that its device was taken away"
dmsetup remove --noudevsync --retry array 2>/dev/null || true

# raid0, the same way.
dm_create array "0 $((size * 2)) braid-raid raid0 64 0 2 /dev/mapper/slow $b"
load &
fio=$!
for turn in $(seq 10); do
	dmsetup suspend --noudevsync array
	dmsetup resume --noudevsync array
	sleep 0.05
done
wait "$fio" || fail "fio noticed that raid0 was suspended"
