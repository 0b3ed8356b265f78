#!/bin/bash
# A read that fails on one leg is served from another. A leg that can be
# rewritten in place is kept, one that can't is dropped.
# runs: uml vm
# timeout: 180
. "$(dirname "$0")/lib.sh"

health() {
	dmsetup status mirror | cut -d ' ' -f 6
}

is_health() {
	[ "$(health)" = "$1" ]
}

read_all() {
	for _ in 1 2 3; do
		dd if=/dev/mapper/mirror bs="$1" iflag=direct status=none |
			cmp - "$LAB_DIR/data" ||
			fail "a read error of a leg reached the reader (blocks of $1)"
	done
}

a=$(disk a 8)
b=$(disk b 8)
size=$(sectors "$a")
dd if=/dev/urandom of="$LAB_DIR/data" bs=512 count="$size" status=none
dd if="$LAB_DIR/data" of="$a" bs=1M oflag=direct status=none
dd if="$LAB_DIR/data" of="$b" bs=1M oflag=direct status=none

# Neither readable nor writable in the middle of leg 0.
dmsetup create --noudevsync leg <<EOF
0 8192 linear $a 0
8192 8 error
8200 $((size - 8200)) linear $a 8200
EOF
undo dmsetup remove --noudevsync --retry leg
dm_create mirror "0 $size braid-raid raid1 0 0 2 /dev/mapper/leg $b"
read_all 64k
read_all 4k
wait_for 10 is_health DA || fail "the health is $(health) after an error that can't be mended"
read_all 1M
dm_remove mirror

# Errors of both legs, in different places: none is lost, none is dropped
# until it is proved that it can't be mended, and one always stays.
dmsetup create --noudevsync other <<EOF
0 4096 linear $b 0
4096 8 error
4104 $((size - 4104)) linear $b 4104
EOF
undo dmsetup remove --noudevsync --retry other
dm_create mirror "0 $size braid-raid raid1 0 0 2 /dev/mapper/leg /dev/mapper/other"
dd if=/dev/mapper/mirror of=/dev/null bs=4k skip=512 count=1 iflag=direct status=none ||
	fail "a block that leg 0 can read was not read"
dm_remove mirror
dm_remove other

# dm-dust gives a sector a new place when it is written, as disks do.
if ! dmsetup targets | grep -q '^dust ' && ! modprobe -q dm-dust; then
	exit 0
fi
dm_create dust "0 $size dust $a 0 512"
for block in 100 101 5000 16383; do
	dmsetup message dust 0 addbadblock "$block" >/dev/null
done
dmsetup message dust 0 enable >/dev/null
dm_create mirror "0 $size braid-raid raid1 0 0 2 /dev/mapper/dust $b"
none_bad() {
	dmsetup message dust 0 countbadblocks | grep -q ': 0 bad' ||
		dmsetup message dust 0 countbadblocks | grep -q 'countbadblocks: 0'
}
for turn in $(seq 40); do
	dd if=/dev/mapper/mirror bs=4k iflag=direct status=none | cmp - "$LAB_DIR/data" ||
		fail "a bad block of a leg reached the reader in turn $turn"
	# The leg that a reader takes is not ours to choose: read it in turns.
	dd if=/dev/mapper/mirror of=/dev/null bs=4k skip=$((turn % 2 ? 12 : 2047)) count=1 iflag=direct status=none
	none_bad && break
done
dmsetup message dust 0 countbadblocks
wait_for 10 none_bad || fail "bad blocks were not rewritten"
[ "$(health)" = AA ] || fail "the health is $(health) after all was mended"
cmp "$a" "$b" || fail "the mended leg differs from the good one"
