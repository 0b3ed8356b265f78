#!/bin/bash
# raid1 writes to every leg and does with legs that are missing.
# runs: uml vm smp
# timeout: 180
. "$(dirname "$0")/lib.sh"

work() {
	fio --name=verify --filename=/dev/mapper/mirror --rw=randrw \
		--bsrange=4k-300k --ioengine=libaio --iodepth=8 --direct=1 \
		--size=24M --fsync=32 --verify=crc32c --verify_fatal=1 --minimal \
		>"$LAB_DIR/fio" || fail "fio found wrong data on $*"
}

expect_status() {
	local status
	status=$(dmsetup status mirror)
	[ "$status" = "0 $size braid-raid $1 $size/$size idle 0 0 -" ] ||
		fail "the status is '$status', $1 was expected"
}

requires program fio
a=$(disk a 32)
b=$(disk b 32)
c=$(disk c 32)
size=$(sectors "$a")

dm_create mirror "0 $size braid-raid raid1 128 0 3 $a $b $c"
expect_status "raid1 3 AAA"
work "three legs"
cmp "$a" "$b" || fail "legs 0 and 1 differ"
cmp "$a" "$c" || fail "legs 0 and 2 differ"
cmp "$a" /dev/mapper/mirror || fail "the mirror differs from its leg"
dm_remove mirror

dm_create mirror "0 $size braid-raid raid1 0 0 3 - $b -"
expect_status "raid1 3 -A-"
work "one leg of three"
cmp "$b" /dev/mapper/mirror || fail "the mirror differs from its leg"
dm_remove mirror

# A smaller target leaves the rest of the legs alone.
dd if=/dev/zero of="$a" bs=1M count=32 status=none
dd if=/dev/zero of="$b" bs=1M count=32 status=none
dm_create mirror "0 2048 braid-raid raid1 0 0 2 $a $b"
head -c 1M /dev/zero | tr '\0' x >"$LAB_DIR/data"
dd if="$LAB_DIR/data" of=/dev/mapper/mirror bs=1M status=none
[ "$(tr -d '\0' <"$a" | wc -c)" = 1048576 ] || fail "leg 0 does not hold what was written"
[ "$(tr -d '\0' <"$b" | wc -c)" = 1048576 ] || fail "leg 1 does not hold what was written"
dm_remove mirror

# Two targets in one table: sectors count from each target's start.
dmsetup create --noudevsync mirror <<EOF
0 2048 braid-raid raid1 0 0 2 $a $b
2048 16384 braid-raid raid0 8 0 2 $a $b
EOF
undo dmsetup remove mirror
head -c 4096 /dev/urandom >"$LAB_DIR/block"
dd if="$LAB_DIR/block" of=/dev/mapper/mirror bs=4k seek=257 oflag=direct status=none
cmp -n 4096 "$LAB_DIR/block" "$b" || fail "the second target does not count from its own start"
