#!/bin/bash
# raid5: tables and messages that can't be right are refused, in words that say
# why; the limits are what its shape makes of them.
# runs: uml vm
# timeout: 180
. "$(dirname "$0")/lib.sh"
. "$(dirname "$0")/raid5.sh"

# refuses WORDS PARAMETERS [LENGTH]
refuses() {
	local said
	said=$(dm_refuses "0 ${3:-16384} braid-raid $2")
	grep -qF -- "$1" <<<"$said" ||
		fail "'$2' was refused without '$1': $said"
}

# message_refused WORDS MESSAGE...
message_refused() {
	local words=$1 mark="message_refused $RANDOM$RANDOM"
	shift
	echo "$mark" >/dev/kmsg
	dmsetup message r5 0 "$@" 2>/dev/null && fail "the message $* was taken"
	dmesg | sed "1,/$mark/d" | grep -F -- "$words" >/dev/null || fail "the message $* was refused without '$words'"
}

members 4 8
read -r a b c d <<<"${paths[*]}"
small=$(disk small 1)

refuses "the RAID level must be" "raid5_n 128 0 3 $a $b $c"
refuses "the RAID level must be" "raid6 128 0 4 $a $b $c $d"
refuses "raid5 takes 3 to 16 devices" "raid5 128 0 2 $a $b"
refuses "raid5 takes 3 to 16 devices" "raid5 128 0 17 $a $b"
refuses "the chunk size must be 8 to 2048 sectors" "raid5 0 0 3 $a $b $c"
refuses "the chunk size must be 8 to 2048 sectors" "raid5 4096 0 3 $a $b $c"
refuses "the chunk size must be a power of two" "raid5 24 0 3 $a $b $c"
refuses "raid5 can do without one device, but not without two" "raid5 128 0 4 $a $b - -"
refuses "raid5 can do without one device, but not without two" "raid5 128 2 failed 0 4 $a $b $c -"
refuses "raid5 can do without one device, but not without two" "raid5 128 4 failed 0 failed 2 4 $a $b $c $d"
refuses "a slot can't be both - and failed" "raid5 128 2 failed 3 4 $a $b $c -"
refuses "the length of raid5 must be a multiple" "raid5 128 0 4 $a $b $c $d"
refuses "the device is too small" "raid5 128 0 3 $a $b $small"
refuses "the device is listed twice" "raid5 128 0 3 $a $b $a"

array
queue=/sys/block/dm-$(dmsetup info -c --noheadings -o minor r5)/queue
[ "$(cat "$queue/minimum_io_size")" = 65536 ] || fail "the least I/O is $(cat "$queue/minimum_io_size")"
[ "$(cat "$queue/optimal_io_size")" = 196608 ] || fail "the best I/O is $(cat "$queue/optimal_io_size")"
[ "$(cat "$queue/physical_block_size")" = 4096 ] || fail "the physical block is $(cat "$queue/physical_block_size")"
[ "$(cat "$queue/discard_max_bytes")" = 0 ] || fail "discards are offered"

message_refused "there is no device in slot 4" fail 4
message_refused "needs one number" fail
dmsetup message r5 0 fail 1
is_health ADAA || fail "the health is $(health) after the message fail 1"
dmsetup message r5 0 fail 1
message_refused "another is out already" fail 2
is_health ADAA || fail "the health is $(health) after a refused message"

# What the table says makes the array again, as it is.
table=$(dmsetup table r5)
dmsetup load r5 --table "$table"
dmsetup resume --noudevsync r5
is_health ADAA || fail "the health is $(health) after the table was loaded again"
dm_remove r5

# A table that was loaded before a member failed doesn't bring it back.
array
table=$(dmsetup table r5)
dmsetup load r5 --table "$table"
dmsetup message r5 0 fail 2
dmsetup resume --noudevsync r5
is_health AADA || fail "the health is $(health): a stale member came back"
