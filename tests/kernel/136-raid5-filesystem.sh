#!/bin/bash
# ext4 on raid5 outlives the loss of a member while files are written, and is
# whole without it.
# runs: uml vm smp
# timeout: 240
. "$(dirname "$0")/lib.sh"
. "$(dirname "$0")/raid5.sh"

requires program mkfs.ext4
grep -qw ext4 /proc/filesystems || requires module ext4
members 4 48
array
mkfs.ext4 -q "$dev"
mkdir "$LAB_DIR/mount"
mount "$dev" "$LAB_DIR/mount"
undo umount "$LAB_DIR/mount"

for i in $(seq 60); do
	head -c $((RANDOM * 16)) /dev/urandom >"$LAB_DIR/mount/$i"
	[ $((i % 10)) != 0 ] || sync
	[ "$i" != 30 ] || power_cut m1
done
(cd "$LAB_DIR/mount" && sha256sum ./* 2>/dev/null | grep -v lost+found) >"$LAB_DIR/sums" || true
umount "$LAB_DIR/mount"
is_health ADAA || fail "the member that went away was not dropped"
dm_remove r5

use[1]=-
array
e2fsck -fn "$dev" >"$LAB_DIR/fsck" || fail "the filesystem is damaged without slot 1"
mount "$dev" "$LAB_DIR/mount"
[ "$(wc -l <"$LAB_DIR/sums")" = 60 ] || fail "files are missing"
(cd "$LAB_DIR/mount" && sha256sum --quiet -c "$LAB_DIR/sums") || fail "a file is not what was written"
umount "$LAB_DIR/mount"
power_on m1 >/dev/null
