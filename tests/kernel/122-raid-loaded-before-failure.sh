#!/bin/bash
# P3: a table that was loaded before a leg was dropped, and resumed after that,
# doesn't bring the stale leg back.
# runs: uml vm
# timeout: 60
. "$(dirname "$0")/lib.sh"

health() {
	dmsetup status array | cut -d ' ' -f 6
}

a=$(disk a 8)
b=$(disk b 8)
size=$(sectors "$a")
dm_create array "0 $size braid-raid raid1 0 0 2 $a $b"
# The leg has another slot in the new table.
dmsetup load array --table "0 $size braid-raid raid1 0 0 2 $b $a"
dmsetup message array 0 fail 1
[ "$(health)" = AD ] || fail "the leg was not dropped: $(health)"
dd if=/dev/urandom of=/dev/mapper/array bs=64k count=8 oflag=direct status=none
dmsetup resume --noudevsync array
[ "$(health)" = DA ] || fail "a table that was loaded before resumed as $(health)"
[ "$(checksum /dev/mapper/array)" = "$(checksum "$a")" ] ||
	fail "the array reads from the stale leg"
# It is not forgotten on the way from table to table.
dmsetup load array --table "$(dmsetup table array)"
dmsetup resume --noudevsync array
[ "$(health)" = DA ] || fail "after another table it is $(health)"

# Nothing good would be left.
dm_remove array
dm_create array "0 $size braid-raid raid1 0 0 2 $a $b"
dmsetup load array --table "0 $size braid-raid raid1 0 0 2 $b -"
dmsetup message array 0 fail 1
if dmsetup resume --noudevsync array 2>/dev/null; then
	fail "a table with none but a stale leg was resumed"
fi
if dmsetup resume --noudevsync array 2>/dev/null; then
	fail "it was resumed at the second try"
fi
dmesg | tail -n 10 | grep 'last good one' >/dev/null || fail "the refusal has no sentence"
dmsetup load array --table "0 $size braid-raid raid1 0 0 2 $a -"
dmsetup resume --noudevsync array
[ "$(health)" = A- ] || fail "with the good leg it is $(health)"
