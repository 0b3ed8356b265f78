#!/bin/bash
# A member that failed is let go of while the array is mounted and written to;
# what is in use is not, and spares are made and unmade.
# runs: uml
# timeout: 150
. "$(dirname "$0")/lib.sh"
. "$(dirname "$0")/braidctl.sh"
. "$(dirname "$0")/super.sh"

requires program mkfs.ext4
a=$(disk a 64)
b=$(disk b 64)
c=$(disk c 64)
small=$(disk small 32)
undo drop_arrays
takes array create mirror --level raid1 "$a" "$b" >"$LAB_DIR/out"
mkfs.ext4 -q /dev/mapper/mirror
mkdir "$LAB_DIR/mnt"
mount /dev/mapper/mirror "$LAB_DIR/mnt"
undo umount "$LAB_DIR/mnt"

# What makes no sense is refused.
refused 1 'slot 1 of mirror is in use: array fail' array remove mirror 1
refused 1 'slot 0 of mirror is in use: array fail' array remove mirror "$a"
refused 1 "$c is not a member of mirror" array remove mirror "$c"
refused 1 'no slot 2' array remove mirror 2
refused 1 'cannot find /dev/none: .*its slot' array remove mirror /dev/none
refused 1 'no device-mapper device.* nemo' array remove nemo 0
refused 1 'mirror lacks no device\|the array lacks no device' array add mirror "$c"
refused 1 "$a is in use in slot 0 of mirror" array add mirror "$a"
refused 2 "'chekc' is no way to scrub" array scrub mirror chekc
refused 1 'neither being checked nor repaired' array scrub mirror stop
takes array wait mirror

# While a file is written, with the device gone or not.
writer() {
	local i
	for i in $(seq 60); do
		dd if=/dev/urandom of="$LAB_DIR/mnt/file$i" bs=64k count=2 conv=fsync status=none || return 1
	done
}
writer &
writer=$!
takes array fail mirror "$b"
refused 1 "$b is the dead device of slot 1 of mirror: array remove" array add mirror "$b"
[ "$(health mirror)" = AD ] || fail "the health is $(health mirror)"
takes array remove mirror "$b"
[ "$(health mirror)" = A- ] || fail "the health is $(health mirror) after the device was removed"
dmsetup table mirror | grep -q 'superblock [0-9a-f-]* 2 [0-9:]* -$' ||
	fail "the table is $(dmsetup table mirror)"
refused 1 'no device in slot 1 of mirror' array remove mirror 1
wait "$writer" || fail "a write was lost while the table was exchanged"

# Nobody holds the device any more.
blockdev --rereadpt "$b" 2>/dev/null || dd if="$b" of=/dev/null bs=4k count=1 status=none
expect true '.arrays[0].degraded' array status mirror
[ "$(slot_state "$a" 1)" = lost ] || fail "slot 1 is '$(slot_state "$a" 1)'"

# Spares.
takes array add mirror "$c" --spare | grep -qx "$c: a spare of mirror" || fail "add --spare does not say it"
expect spare .state array examine "$c"
refused 1 "spare of the array mirror" array create other --level raid1 "$c" missing
refused 1 'it is a spare' array assemble "$c"
refused 1 'too small for mirror' array add mirror "$small" --spare
mkfs.ext4 -q "$small"
refused 1 'too small for mirror' array add mirror "$small" --force
takes array remove mirror "$c"
refused 1 'it has no superblock' array examine "$c"

# What one holds is not lost without a word.
mkfs.ext4 -q "$c"
sum=$(checksum "$c")
refused 1 "$c has a signature (ext4)" array add mirror "$c"
refused 1 "$c has a signature (ext4)" array add mirror "$c" --spare
[ "$(checksum "$c")" = "$sum" ] || fail "a refused command wrote to $c"

# It assembles without the device, and the device is stale.
umount "$LAB_DIR/mnt"
takes array stop mirror
says "$b is not used for mirror: it is stale" array assemble mirror
[ "$(health mirror)" = A- ] || fail "the health is $(health mirror) when assembled"
mount /dev/mapper/mirror "$LAB_DIR/mnt"
[ "$(find "$LAB_DIR/mnt" -name 'file*' -size 128k | wc -l)" = 60 ] || fail "files are missing"
umount "$LAB_DIR/mnt"
e2fsck -fn /dev/mapper/mirror >"$LAB_DIR/out" 2>&1 || fail "the filesystem is damaged: $(cat "$LAB_DIR/out")"
