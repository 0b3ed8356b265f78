#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# What the demonstration does on the replica, a step a word.
set -eu

show() {
	echo "+ $*"
	"$@"
}

image=/dev/mapper/image

case $1 in
disk)
	# One disk in two parts: the image, and what braidd keeps about it.
	size=$2
	rest=$(($(blockdev --getsz /dev/disk/0) - size))
	show dmsetup create image --table "0 $size linear /dev/disk/0 0"
	show dmsetup create state --table "0 $rest linear /dev/disk/0 $size"
	show mkfs.ext4 -q /dev/mapper/state
	mkdir -p /var/lib/braid
	show mount /dev/mapper/state /var/lib/braid
	;;
fsck)
	# 1: a journal was replayed, as after any power cut
	show e2fsck -fp "$image" || [ $? = 1 ]
	;;
mount)
	show mount "$image" /mnt
	;;
sums)
	cd /mnt/files
	find . -type f -exec sha256sum {} + | sed 's, \./, ,'
	;;
*)
	exit 2
	;;
esac
