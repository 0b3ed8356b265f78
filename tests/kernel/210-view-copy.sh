#!/bin/bash
# A view is the device as it was when the era was closed, while writers go on:
# for block sizes at the limits and a device that ends within a block.
# runs: uml vm
# timeout: 300
. "$(dirname "$0")/lib.sh"
. "$(dirname "$0")/track.sh"
requires program fio

for block in 8 128 2048; do
	origin=$(disk origin 32)
	meta=$(disk meta 48)
	vol=/dev/mapper/vol
	dm_create vol "0 $(($(sectors "$origin") - 8)) braid-track $meta $origin $block"
	fill "$vol"
	random "$vol" 17 100
	want=$(digest "$vol")
	era=$(message close whole 0)
	show "$era"
	load 5 --bsrange=4k-256k --iodepth=16
	sleep 1
	for _ in 1 2 3; do
		[ "$(digest "/dev/mapper/view-$era")" = "$want" ] ||
			fail "blocks of $block sectors: the view is not the device as it was"
	done
	[ "$(digest "$origin")" != "$want" ] || fail "the load has changed nothing"
	load_ended
	random "$vol" 8190 1
	[ "$(digest "/dev/mapper/view-$era")" = "$want" ] ||
		fail "blocks of $block sectors: the view changed after the load"
	[ "$(view_state "$era")" = open ] || fail "the view is $(view_state "$era")"
	[ "$(store_used)" -gt 0 ] || fail "nothing was copied"
	end_view "$era"
	[ "$(store_used)" = 0 ] || fail "the store still holds $(store_used) blocks"
	cleanup
done
