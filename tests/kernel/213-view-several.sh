#!/bin/bash
# Several views at once, whole and shipped, share copies; each is what the
# device was; ending them in any order frees what only they kept.
# runs: uml vm smp
# timeout: 300
. "$(dirname "$0")/lib.sh"
. "$(dirname "$0")/track.sh"
requires program fio

tracked 16 64 8
fill "$vol"
declare -A want
eras=()
for n in 1 2 3 4 5; do
	random "$vol" $((n * 200)) 200
	want[$n]=$(digest "$vol")
	era=$(message close whole $((n - 1)))
	[ "$era" = "$n" ] || fail "another era than $n was closed"
	show "$era"
	eras+=("$era")
	want_changed[n]=$(changed $((n - 1)) "$n")
done
load 6 --iodepth=16
sleep 2
for n in 3 1 5 2 4; do
	[ "$(digest "/dev/mapper/view-$n")" = "${want[$n]}" ] ||
		fail "the view of era $n is not the device as it was"
	[ "$(changed $((n - 1)) "$n")" = "${want_changed[n]}" ] ||
		fail "the view of era $n reports something else now"
done
for n in 2 5 1; do
	end_view "$n"
	for m in 3 4; do
		[ "$(digest "/dev/mapper/view-$m")" = "${want[$m]}" ] ||
			fail "the view of era $m changed when that of era $n ended"
	done
done
load_ended
end_view 3
[ "$(digest "/dev/mapper/view-4")" = "${want[4]}" ] ||
	fail "the view of era 4 changed when that of era 3 ended"
end_view 4
[ "$(store_used)" = 0 ] || fail "the store still holds $(store_used) blocks"

# Many short ones under load, some dropped with copies on their way.
load 6 --iodepth=16
while kill -0 "$load_pid" 2>/dev/null; do
	a=$(message close whole 0)
	b=$(message close shipped "$a")
	message release "$b" 0 2048
	c=$(message close whole "$b")
	message drop "$a"
	message drop "$c"
	message drop "$b"
done
load_ended
[ "$(store_used)" = 0 ] || fail "the store still holds $(store_used) blocks"
