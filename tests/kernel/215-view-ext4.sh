#!/bin/bash
# ext4 on a tracked device under load: every view passes fsck, and files that
# were synced before the close are in it.
# runs: uml vm
# timeout: 300
. "$(dirname "$0")/lib.sh"
. "$(dirname "$0")/track.sh"
requires program mkfs.ext4
requires program e2fsck
requires program fio
modprobe -q ext4 || grep -qw ext4 /proc/filesystems || skip "no ext4 in this kernel"

tracked 64 64 128
copy=$(disk copy 64)
mkfs.ext4 -q -F "$vol"
mkdir -p "$LAB_DIR/fs" "$LAB_DIR/view"
mount "$vol" "$LAB_DIR/fs"
undo umount "$LAB_DIR/fs"
fio --name=files --directory="$LAB_DIR/fs" --rw=randwrite --bs=8k --size=4M \
	--numjobs=2 --nrfiles=20 --time_based --runtime=600 --fsync=32 \
	--output="$LAB_DIR/fio.log" >/dev/null 2>&1 &
pid=$!
undo kill "$pid"
sleep 2
for n in 1 2 3; do
	head -c 100000 /dev/urandom >"$LAB_DIR/fs/kept-$n"
	sync -f "$LAB_DIR/fs/kept-$n"
	want=$(checksum "$LAB_DIR/fs/kept-$n")
	era=$(message close whole 0)
	show "$era"
	sleep 1
	# The journal is replayed on a copy: the view itself is read-only.
	dd if="/dev/mapper/view-$era" of="$copy" bs=1M iflag=direct oflag=direct status=none
	e2fsck -fp "$copy" >"$LAB_DIR/fsck" 2>&1 || [ "$?" -le 1 ] ||
		fail "fsck of the view of era $era: $(tail -n 2 "$LAB_DIR/fsck")"
	mount -o ro,noload "$copy" "$LAB_DIR/view"
	undo umount "$LAB_DIR/view"
	[ "$(checksum "$LAB_DIR/view/kept-$n")" = "$want" ] ||
		fail "a file that was synced before era $era was closed is not in its view"
	umount "$LAB_DIR/view"

	# With the filesystem frozen there is nothing to replay: mount the view.
	end_view "$era"
	fsfreeze -f "$LAB_DIR/fs"
	era=$(message close whole 0)
	fsfreeze -u "$LAB_DIR/fs"
	show "$era"
	mount -o ro,noload "/dev/mapper/view-$era" "$LAB_DIR/view"
	undo umount "$LAB_DIR/view"
	[ "$(checksum "$LAB_DIR/view/kept-$n")" = "$want" ] ||
		fail "the mounted view of era $era lacks a file that was synced before"
	umount "$LAB_DIR/view"
	end_view "$era"
done
kill "$pid"
wait "$pid" 2>/dev/null || true
