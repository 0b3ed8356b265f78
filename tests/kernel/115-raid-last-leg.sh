#!/bin/bash
# The last good leg is never dropped: its errors are returned, and when it works
# again so does the mirror.
# runs: uml vm
# timeout: 180
. "$(dirname "$0")/lib.sh"

swap() {
	dmsetup suspend --noudevsync --noflush --nolockfs "$1"
	dmsetup load "$1" --table "$2"
	dmsetup resume --noudevsync "$1"
}

health() {
	dmsetup status mirror | cut -d ' ' -f 6
}

write() {
	dd if="$LAB_DIR/data" of=/dev/mapper/mirror bs=64k count=4 oflag=direct status=none 2>"$LAB_DIR/dd"
}

read_back() {
	dd if=/dev/mapper/mirror bs=64k count=4 iflag=direct status=none 2>"$LAB_DIR/dd"
}

a=$(disk a 8)
b=$(disk b 8)
size=$(sectors "$a")
dd if=/dev/urandom of="$LAB_DIR/data" bs=64k count=4 status=none
dm_create leg-a "0 $size linear $a 0"
dm_create leg-b "0 $size linear $b 0"
dm_create mirror "0 $size braid-raid raid1 0 0 2 /dev/mapper/leg-a /dev/mapper/leg-b"
write

# Both at once: one of them stays.
swap leg-a "0 $size error"
swap leg-b "0 $size error"
read_back >/dev/null && fail "a read that failed on both legs succeeded"
[ "$(health)" = AA ] || fail "the health is $(health) after reads failed everywhere"
write && fail "a write that failed on both legs succeeded"
case $(health) in
AD | DA) ;;
*) fail "the health is $(health) after a write failed everywhere" ;;
esac
write && fail "a write to a dead leg succeeded"
dmsetup message mirror 0 fail 0 && dmsetup message mirror 0 fail 1 &&
	fail "the last leg could be failed by a message"
case $(health) in
AD | DA) ;;
*) fail "the last leg was dropped: $(health)" ;;
esac

swap leg-a "0 $size linear $a 0"
swap leg-b "0 $size linear $b 0"
write || fail "the mirror does not write although its legs work again"
read_back | cmp - "$LAB_DIR/data" || fail "the mirror does not read although its legs work again"

# A flush is a write, too.
dm_remove mirror
dm_create mirror "0 $size braid-raid raid1 0 0 2 /dev/mapper/leg-a /dev/mapper/leg-b"
write
[ "$(health)" = AA ] || fail "the health of a new table is $(health)"
dmsetup message mirror 0 fail 0
[ "$(health)" = DA ] || fail "the health is $(health) after message fail 0"
dmsetup message mirror 0 fail 0 || fail "failing a failed leg is an error"
dmsetup message mirror 0 fail 7 2>/dev/null && fail "slot 7 of 2 could be failed"
dmsetup message mirror 0 fail 2>/dev/null && fail "message fail needs no slot"
dmsetup message mirror 0 mend 2>/dev/null && fail "an unknown message was taken"
write
read_back | cmp - "$LAB_DIR/data"
