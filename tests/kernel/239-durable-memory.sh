#!/bin/bash
# What a map of 1 TiB with blocks of 64 KiB takes: 43 MiB for the stamps; and with all
# else, making them durable, copying, the devices, less than 64 MiB.
# runs: uml
# timeout: 120
. "$(dirname "$0")/lib.sh"
. "$(dirname "$0")/track.sh"
. "$(dirname "$0")/durable.sh"

# free_kib: what could be had.
free_kib() {
	sync
	echo 3 >/proc/sys/vm/drop_caches
	awk '/^MemFree/ { print $2 }' /proc/meminfo
}

# What was never written of it takes no memory.
origin=$(disk origin $((1024 * 1024)))
meta=$(disk meta 80)
block=128 extent=64 slots=1008
vol=/dev/mapper/vol
helper durable-map
format $((16 * 1024 * 1024))
before=$(free_kib)
up
used=$((before - $(free_kib)))
[ "$(field 2)" = $((16 * 1024 * 1024)) ] || fail "it has $(field 2) blocks"
echo "1 TiB at 64 KiB: $used KiB"
[ "$used" -le 65536 ] || fail "it takes $used KiB"

for n in 0 1000000 16777215; do
	dd if=/dev/zero of="$vol" bs=64k seek="$n" count=1 oflag=direct conv=notrunc status=none
done
since=$(message close)
down
up
[ "$(changed 0 now)" = "0 1"$'\n'"1000000 1"$'\n'"16777215 1" ] || fail "changed: $(changed 0 now)"
[ -z "$(changed "$since" now)" ] || fail "since era $since changed: $(changed "$since" now)"
