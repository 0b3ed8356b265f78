#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# What the demonstration does on the primary, a step a word.
set -eu

show() {
	echo "+ $*"
	"$@"
}

sectors() {
	blockdev --getsz "$1"
}

case $1 in
arrays)
	modprobe dm-mod
	modprobe -a xor crc32c 2>/dev/null || :
	# emulated disks are slow, and the machine below may be busy
	show insmod /braid/dm-braid.ko view_wait_ms=30000
	show dmsetup create mirror --table \
		"0 $(sectors /dev/disk/0) braid-raid raid1 128 0 2 /dev/disk/0 /dev/disk/1"
	show dmsetup create stripe --table \
		"0 $((2 * $(sectors /dev/disk/2))) braid-raid raid0 128 0 2 /dev/disk/2 /dev/disk/3"
	;;
track)
	show dmsetup create vol --table \
		"0 $(sectors /dev/mapper/mirror) braid-track /dev/mapper/stripe /dev/mapper/mirror 128"
	show mkfs.ext4 -q -m 0 -E lazy_itable_init=0,lazy_journal_init=0 /dev/mapper/vol
	show mount /dev/mapper/vol /mnt
	mkdir /mnt/files
	;;
fio)
	# Random writes, each read back and checked. Ends only by an error.
	exec fio --name=work --filename=/mnt/fio.dat --size=16M --rw=randwrite \
		--bs=4k --direct=1 --ioengine=libaio --iodepth=4 --rate_iops=,40 \
		--verify=crc32c --verify_fatal=1 --verify_backlog=64 \
		--time_based --runtime=900 --status-interval=5 --eta=never \
		>/root/fio.log 2>&1
	;;
files)
	# A line for each file that is complete and synced, and one with the
	# bytes written to the volume so far; both with this machine's time.
	stat=/sys/dev/block/$(dmsetup info -c --noheadings --separator : \
		-o major,minor vol)/stat
	n=0
	while :; do
		n=$((n + 1))
		f=/mnt/files/$(printf %05d $n)
		dd if=/dev/urandom of="$f" bs=4k count=$((8 + n * 13 % 56)) \
			conv=fsync status=none || exit 1
		sum=$(sha256sum <"$f")
		echo "file ${f##*/} ${sum%% *} $(stat -c %s "$f") $(date +%s.%N)"
		read -r _ _ _ _ _ _ written _ <"$stat"
		echo "written $((written * 512)) $(date +%s.%N)"
		sleep 0.3
	done
	;;
*)
	exit 2
	;;
esac
