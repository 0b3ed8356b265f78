#!/bin/bash
# A leg that fails writes under load is dropped, with an event, and nobody else
# notices; a table made from the old one does not trust it again.
# runs: uml vm smp
# timeout: 180
. "$(dirname "$0")/lib.sh"

# swap NAME TABLE: another table under whoever uses the device.
swap() {
	dmsetup suspend --noudevsync --noflush --nolockfs "$1"
	dmsetup load "$1" --table "$2"
	dmsetup resume --noudevsync "$1"
}

health() {
	dmsetup status mirror | cut -d ' ' -f 6
}

# Is the load well under way?
is_writing() {
	[ "$(awk '{print $5}' "/sys/block/$mirror/stat")" -gt 100 ]
}

# load [ARGUMENT...]
load() {
	fio --name=verify --filename=/dev/mapper/mirror --rw=randwrite --bsrange=4k-64k \
		--ioengine=libaio --iodepth=16 --direct=1 --size=32M --allow_file_create=0 \
		--verify=crc32c --verify_fatal=1 --fsync=64 --minimal "$@" >"$LAB_DIR/fio"
}

requires program fio
requires target linear
a=$(disk a 64)
b=$(disk b 64)
size=$(sectors "$a")
dm_create leg "0 $size linear $b 0"
dm_create mirror "0 $size braid-raid raid1 0 0 2 $a /dev/mapper/leg"

mirror=dm-$(dmsetup info -c --noheadings -o minor mirror)

load --do_verify=0 --rate=8m &
fio=$!
event=$(dmsetup status -v mirror | sed -n 's/^Event number: *//p')
timeout 30 dmsetup wait --noudevsync mirror "$event" >"$LAB_DIR/event" &
waiter=$!
wait_for 60 is_writing || fail "fio did not start"
[ "$(health)" = AA ] || fail "the health is $(health) before anything failed"
swap leg "0 $size error"
wait "$waiter" || fail "no event was raised when the leg failed"
[ "$(health)" = AD ] || fail "the health is $(health) after slot 1 failed"
wait "$fio" || fail "the failure of a leg was noticed above"
load --verify_only || fail "a write was lost with the leg"

cmp "$a" /dev/mapper/mirror || fail "the mirror is not what its good leg is"
dmesg | tail -n 50 | grep "slot 1 (.*): a write failed" >/dev/null || fail "the log does not name the leg"

# The stale leg works again, and isn't trusted.
swap leg "0 $size linear $b 0"
table=$(dmsetup table mirror)
case $table in
*" raid1 0 2 failed 1 2 "*) ;;
*) fail "the table forgets the failed leg: $table" ;;
esac
dmsetup suspend --noudevsync mirror
dmsetup load mirror --table "$table"
dmsetup resume --noudevsync mirror
[ "$(health)" = AD ] || fail "the health is $(health) after the table was loaded again"
cmp "$a" /dev/mapper/mirror || fail "stale data was read"
cmp -s "$a" "$b" && fail "the leg that was dropped is not stale: the test proves nothing"

# With dm-flakey: only writes fail.
dm_remove mirror
dd if="$a" of="$b" bs=1M oflag=direct status=none
requires target flakey
swap leg "0 $size flakey $b 0 0 1000 1 error_writes"
dm_create mirror "0 $size braid-raid raid1 0 0 2 /dev/mapper/leg $a"
dd if=/dev/mapper/mirror of=/dev/null bs=1M iflag=direct status=none
[ "$(health)" = AA ] || fail "the health is $(health) after reads that worked"
dd if=/dev/urandom of=/dev/mapper/mirror bs=4k count=1 oflag=direct status=none
[ "$(health)" = DA ] || fail "the health is $(health) after slot 0 failed a write"
