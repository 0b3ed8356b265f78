#!/bin/bash
# raid5 under load is suspended, resumed, and its table loaded again, and loses
# nothing; with a device below that is slow, so that rounds are under way.
# runs: uml vm
# timeout: 120
. "$(dirname "$0")/lib.sh"
. "$(dirname "$0")/raid5.sh"

helper model-writes
helper raid5-image
requires target delay
members 4 8
dm_create slow "0 $(sectors "${paths[1]}") delay ${paths[1]} 0 3"
use[1]=/dev/mapper/slow
array
model_zero
table=$(dmsetup table r5)
seconds=8 exercise 1 8 2560 1000000 &
load=$!
turn=0
while kill -0 "$load" 2>/dev/null; do
	turn=$((turn + 1))
	sleep 0.3
	dmsetup suspend --noudevsync r5
	[ $((turn % 2)) = 0 ] || dmsetup load r5 --table "$table"
	dmsetup resume --noudevsync r5
done
wait "$load" || fail "a reader or writer saw that the array was suspended"
seconds=5 exercise 2 8 69632 1000000 &
load=$!
dmsetup message r5 0 fail 2
while kill -0 "$load" 2>/dev/null; do
	sleep 0.3
	dmsetup suspend --noudevsync --noflush --nolockfs r5
	dmsetup resume --noudevsync r5
done
wait "$load" || fail "a reader or writer saw that the array was suspended"
is_health AADA || fail "the health is $(health)"
same
dm_remove r5
paths[2]=-
same_members "${paths[@]}"
