#!/bin/bash
# Every table line that can't be right is refused, in words that say why.
# runs: uml vm
# timeout: 180
. "$(dirname "$0")/lib.sh"

# refuses WORDS PARAMETERS [START] [LENGTH]
refuses() {
	local said
	said=$(dm_refuses "${3:-0} ${4:-16384} braid-raid $2")
	grep -qF -- "$1" <<<"$said" ||
		fail "'$2' was refused without '$1': $said"
}

requires module null_blk
a=$(disk a 16)
b=$(disk b 16)
small=$(disk small 1)

refuses "the RAID level must be raid0, raid1, raid5" "raid7 128 0 2 $a $b"
refuses "argument 1 'raid7'" "raid7 128 0 2 $a $b"
refuses "the chunk size must be a number of sectors" "raid0 64k 0 2 $a $b"
refuses "the chunk size must be a number of sectors" "raid0"
refuses "the chunk size must be 8 to 2048 sectors" "raid0 4 0 2 $a $b"
refuses "the chunk size must be 8 to 2048 sectors" "raid0 0 0 2 $a $b"
refuses "the chunk size must be 8 to 2048 sectors" "raid1 4096 0 2 $a $b"
refuses "the chunk size must be a power of two" "raid0 24 0 2 $a $b"
refuses "the number of feature words must be a number" "raid1 128 many 2 $a $b"
refuses "fewer feature words are given than announced" "raid1 128 9 2 $a $b"
refuses "fewer feature words are given than announced" "raid1 128 4294967295 2 $a $b"
refuses "unknown feature" "raid1 128 1 fast 2 $a $b"
refuses "argument 4 'fast'" "raid1 128 1 fast 2 $a $b"
refuses "the feature failed needs the number of a slot" "raid1 128 1 failed 2 $a $b"
refuses "the feature failed names a slot that isn't there" "raid1 128 2 failed 2 2 $a $b"
refuses "raid0 can't leave a failed device out" "raid0 128 2 failed 1 2 $a $b"
refuses "a slot can't be both - and failed" "raid1 128 2 failed 1 2 $a -"
refuses "the number of devices must be a number" "raid0 128 0 two $a $b"
refuses "raid0 takes 1 to 64 devices" "raid0 128 0 0"
refuses "raid0 takes 1 to 64 devices" "raid0 128 0 65 $a $b"
refuses "raid1 takes 2 to 8 devices" "raid1 128 0 1 $a"
refuses "raid1 takes 2 to 8 devices" "raid1 128 0 9 $a $b - - - - - - -"
refuses "fewer devices are given than announced" "raid0 128 0 3 $a $b"
refuses "more devices are given than announced" "raid1 128 0 2 $a $b $a"
refuses "raid0 can't do without a device" "raid0 128 0 2 $a -"
refuses "at least one device must be there" "raid1 128 0 2 - -"
refuses "at least one device must be there" "raid1 128 2 failed 0 2 $a -"
refuses "the length of raid0 must be a multiple" "raid0 128 0 2 $a $b" 0 16256
refuses "the device is too small" "raid1 0 0 2 $a $small"
refuses "16384 sectors are needed" "raid1 0 0 2 $a $small"
refuses "the device is listed twice" "raid1 0 0 2 $a $a"
refuses "there is no such device" "raid1 0 0 2 $a /dev/nonesuch"
refuses "device /dev/nonesuch (slot 1)" "raid1 0 0 2 $a /dev/nonesuch"

# In use: a holder that keeps others out.
mkdir "$LAB_DIR/mount"
mkfs.ext4 -q "$b"
mount "$b" "$LAB_DIR/mount"
undo umount "$LAB_DIR/mount"
refuses "the device is in use" "raid1 0 0 2 $a $b"
umount "$LAB_DIR/mount"

# Nothing was kept open by all that.
dm_create good "0 16384 braid-raid raid1 0 0 2 $a $b"
dm_remove good
mount "$b" "$LAB_DIR/mount"
umount "$LAB_DIR/mount"

# A 4 KiB disk makes odd lengths impossible.
mkdir /sys/kernel/config/nullb/big
undo rmdir /sys/kernel/config/nullb/big
echo 16 >/sys/kernel/config/nullb/big/size
echo 4096 >/sys/kernel/config/nullb/big/blocksize
echo 1 >/sys/kernel/config/nullb/big/memory_backed
echo 1 >/sys/kernel/config/nullb/big/power
undo sh -c 'echo 0 >/sys/kernel/config/nullb/big/power'
big=$(disk_path big)
refuses "length is not a multiple of the device's logical block size" "raid1 0 0 2 $a $big" 0 16383
dm_create mixed "0 16384 braid-raid raid1 0 0 2 $a $big"
[ "$(blockdev --getss /dev/mapper/mixed)" = 4096 ] || fail "a mix of 512 and 4096 bytes a block does not give 4096"
