#!/bin/bash
# P6: 1 to 8 writers that depend on one another while eras are closed at random
# with whole and shipped views: no view, and no replica that shipped views made,
# holds a write without all that were complete when it began, nor one that began
# after the close; two reads of a view agree; every sector is whole.
# runs: uml vm smp
# timeout: 240
. "$(dirname "$0")/lib.sh"
. "$(dirname "$0")/track.sh"
. "$(dirname "$0")/chained.sh"
requires target delay

count=${CHAINED_VIEWS:-8}
for writers in 1 2 4 8; do
	tracked 6 48 8
	chained "$writers" "$count"
	cleanup
done

# Blocks of 64 KiB are shared by several writers. A quarter of the device is slow:
# there, writes are in flight at every close, and writes wait behind them.
disk=$(disk origin 6)
meta=$(disk meta 48)
slow=$(($(sectors "$disk") / 4))
fast=$((slow * 3))
dm_create slow "0 $fast linear $disk 0
$fast $slow delay $disk $fast 0 $disk $fast 400"
dm_create vol "0 $((fast + slow)) braid-track $meta /dev/mapper/slow 128"
pause=800
chained 8 "$count"
echo "$views views: $whole whole, $shipped shipped"
