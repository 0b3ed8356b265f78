#!/bin/bash
# An array whose members were replaced by larger ones grows while a filesystem is on it,
# and the filesystem with it; what is added is synchronised. A crash leaves the old
# size, or the new one. What can't be is refused.
# runs: uml
# timeout: 240
. "$(dirname "$0")/lib.sh"
. "$(dirname "$0")/braidctl.sh"
. "$(dirname "$0")/super.sh"
. "$(dirname "$0")/sync.sh"

requires program mkfs.ext4
requires program resize2fs
a=$(disk a 16 cache)
b=$(disk b 16 cache)
c=$(disk c 16 cache)
d=$(disk d 24 cache)
e=$(disk e 26 cache)
f=$(disk f 28 cache)
undo drop_arrays
takes array create five --level raid5 "$a" "$b" "$c" >"$LAB_DIR/out"
synced five
before=$(sectors /dev/mapper/five)
mkfs.ext4 -q /dev/mapper/five
mkdir "$LAB_DIR/mnt"
mount /dev/mapper/five "$LAB_DIR/mnt"
undo umount "$LAB_DIR/mnt"
dd if=/dev/urandom of="$LAB_DIR/mnt/one" bs=1M count=8 conv=fsync status=none
one=$(checksum "$LAB_DIR/mnt/one")

refused 1 'has no more' array grow five
takes array replace five 0 "$d" >"$LAB_DIR/out"
takes array replace five 1 "$e" >"$LAB_DIR/out"
refused 1 "$c has no more" array grow five
takes array replace five 2 "$f" >"$LAB_DIR/out"
# What was there is not zeroes: parity is wrong until it is synchronised.
for path in "$d" "$e" "$f"; do
	dd if=/dev/urandom of="$path" bs=1M seek=16 count=8 oflag=direct status=none
done
grown() {
	local size
	size=$(sectors /dev/mapper/five)
	[ "$size" -gt "$before" ] || fail "$1: it has $size sectors, and had $before"
}
takes array grow five | grep -q '^five: .* MiB, was .* MiB$' || fail "grow does not say what it did"
grown "grow"
resize2fs /dev/mapper/five >"$LAB_DIR/resize" 2>&1 || fail "the filesystem can't be grown: $(cat "$LAB_DIR/resize")"
dd if=/dev/urandom of="$LAB_DIR/mnt/two" bs=1M count=14 conv=fsync status=none
two=$(checksum "$LAB_DIR/mnt/two")
takes array wait five --timeout 100
umount "$LAB_DIR/mnt"
dmsetup message five 0 check
synced five
[ "$(mismatches five)" = 0 ] || fail "$(mismatches five) sectors differ after it has grown"
takes array stop five
says "is not used for five" array assemble five
grown "assembled"
takes array fail five 1
mount /dev/mapper/five "$LAB_DIR/mnt"
[ "$(checksum "$LAB_DIR/mnt/one")$(checksum "$LAB_DIR/mnt/two")" = "$one$two" ] ||
	fail "a file has another content without slot 1"
umount "$LAB_DIR/mnt"
refused 1 'lacks a device' array grow five
takes array stop five
for path in "$a" "$b" "$c" "$d" "$e" "$f"; do
	takes array erase "$path" --force
done

# The power fails before, in and after it, on a mirror of which the half is used.
lines() {
	dmsetup create --noudevsync "$1" --table "0 $3 linear $2 0"
}
cuts=${CUTS:-3}
for i in $(seq "$cuts"); do
	lines x "$d" 32768
	lines y "$e" 32768
	takes array create mirror --level raid1 --force /dev/mapper/x /dev/mapper/y >"$LAB_DIR/out"
	synced mirror
	dd if=/dev/urandom of=/dev/mapper/mirror bs=1M count=15 oflag=direct status=none 2>/dev/null || true
	sync -d /dev/mapper/mirror
	sum=$(checksum /dev/mapper/mirror)
	before=$(sectors /dev/mapper/mirror)
	for name in x y; do
		[ $name = x ] && path=$d || path=$e
		dmsetup load $name --table "0 49152 linear $path 0"
		dmsetup suspend --noudevsync --noflush --nolockfs $name
		dmsetup resume --noudevsync $name
	done
	braidctl array grow mirror >"$LAB_DIR/grow" 2>&1 &
	pid=$!
	if [ "$i" -lt "$cuts" ]; then
		sleep "0.0$((i * 9 / cuts))"
	else
		wait "$pid" || fail "grow failed: $(cat "$LAB_DIR/grow")"
	fi
	power_cut d
	power_cut e
	wait "$pid" || true
	dmsetup resume --noudevsync mirror 2>/dev/null || true
	dm_remove mirror
	dm_remove x
	dm_remove y
	d=$(power_on d) e=$(power_on e)
	lines x "$d" 49152
	lines y "$e" 49152
	takes array assemble mirror >"$LAB_DIR/out"
	[ "$(health mirror)" = AA ] || fail "cut $i: the health is $(health mirror)"
	size=$(sectors /dev/mapper/mirror)
	[ "$i" -lt "$cuts" ] || [ "$size" -gt "$before" ] || fail "cut $i: the new size was forgotten"
	cmp <(dd if=/dev/mapper/mirror bs=512 count="$before" status=none | sha256sum) <(echo "$sum  -") ||
		fail "cut $i: the content is another"
	synced mirror
	[ "$size" -gt "$before" ] || takes array grow mirror >"$LAB_DIR/out"
	synced mirror
	dmsetup message mirror 0 check
	synced mirror
	[ "$(mismatches mirror)" = 0 ] || fail "cut $i: $(mismatches mirror) sectors differ"
	takes array stop mirror
	dm_remove x
	dm_remove y
done
