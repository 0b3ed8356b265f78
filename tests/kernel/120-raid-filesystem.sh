#!/bin/bash
# ext4 on a mirror outlives the loss of a leg while files are written, and is
# whole on the leg that is left.
# runs: uml vm smp
# timeout: 180
. "$(dirname "$0")/lib.sh"

requires program mkfs.ext4
grep -qw ext4 /proc/filesystems || requires module ext4
a=$(disk a 96)
b=$(disk b 96)
size=$(sectors "$a")
dm_create mirror "0 $size braid-raid raid1 0 0 2 $a $b"
mkfs.ext4 -q /dev/mapper/mirror
mkdir "$LAB_DIR/mount"
mount /dev/mapper/mirror "$LAB_DIR/mount"
undo umount "$LAB_DIR/mount"

for i in $(seq 60); do
	head -c $((RANDOM * 16)) /dev/urandom >"$LAB_DIR/mount/$i"
	[ $((i % 10)) != 0 ] || sync
	[ "$i" != 30 ] || power_cut b
done
(cd "$LAB_DIR/mount" && sha256sum ./* 2>/dev/null | grep -v lost+found) >"$LAB_DIR/sums" || true
umount "$LAB_DIR/mount"
[ "$(dmsetup status mirror | cut -d ' ' -f 6)" = AD ] || fail "the leg that went away was not dropped"
dm_remove mirror
e2fsck -fn "$a" >"$LAB_DIR/fsck" || fail "the filesystem on the last leg is damaged"
mount "$a" "$LAB_DIR/mount"
(cd "$LAB_DIR/mount" && sha256sum --quiet -c "$LAB_DIR/sums") || fail "a file is not what was written"
umount "$LAB_DIR/mount"
power_on b >/dev/null
