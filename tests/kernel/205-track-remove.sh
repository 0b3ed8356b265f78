#!/bin/bash
# Removal and suspension with I/O in flight, copies on their way and views open:
# nothing hangs, nothing is lost, nothing is left.
# runs: uml vm
# timeout: 240
. "$(dirname "$0")/lib.sh"
. "$(dirname "$0")/track.sh"
requires program fio

for round in 1 2 3; do
	tracked 32 64 8
	era=$(message close whole 0)
	load 1 --iodepth=32
	sleep 0.5
	message close shipped 0 >/dev/null
	kill -KILL "$load_pid"
	wait "$load_pid" 2>/dev/null || true
	dm_remove vol
	dmsetup info vol 2>/dev/null && fail "the device is still there (round $round)"
	cleanup
done

# A device whose view is shown stays.
tracked 32 64 8
era=$(message close whole 0)
show "$era"
if dmsetup remove --noudevsync vol 2>/dev/null; then
	fail "a device whose view is shown was removed"
fi
cleanup

tracked 32 64 8
fill "$vol"
want=$(digest "$vol")
era=$(message close whole 0)
show "$era"
load 6 --iodepth=32
for round in $(seq 15); do
	dmsetup suspend --noudevsync --nolockfs vol
	# A message to a suspended device.
	[ "$round" -ne 5 ] || message close >/dev/null
	dmsetup resume --noudevsync vol
	dmsetup suspend --noudevsync --noflush --nolockfs vol
	dmsetup resume --noudevsync vol
	sleep 0.1
done
load_ended
[ "$(digest "/dev/mapper/view-$era")" = "$want" ] || fail "the view changed"
end_view "$era"
[ "$(store_used)" = 0 ] || fail "the store still holds $(store_used) blocks"
