#!/bin/bash
# A rebuild is never faster than the table allows, and with others using the array
# not faster than it has to be.
# runs: uml
# timeout: 120
. "$(dirname "$0")/lib.sh"
. "$(dirname "$0")/braidctl.sh"
. "$(dirname "$0")/super.sh"
. "$(dirname "$0")/sync.sh"

now_ms() {
	local up
	read -r up _ </proc/uptime
	echo "$((10#${up/./}0))"
}

# at_most RATE MS SECTORS: a machine that is slow makes it less, never more. A piece
# may be done before the first rest, and after it the clock is read.
at_most() {
	local most=$(($1 * 2 * $2 / 1000 + 1024))
	[ "$3" -le "$most" ] || fail "$3 sectors were done in $2 ms: at $1 KiB/s $most are allowed"
	[ "$3" -gt 0 ] || fail "nothing was done in $2 ms"
}

a=$(disk a 32)
b=$(disk b 32)
undo drop_arrays
takes array create mirror --level raid1 "$a" "$b" >"$LAB_DIR/out"
synced mirror
uuid=$(uuid_of "$a")
size=$(sectors /dev/mapper/mirror)
swap mirror "$(mirror_line "$size" "$uuid" "min_recovery_rate 256 max_recovery_rate 2048" "$a" "$b")"
start=$(now_ms)
dmsetup message mirror 0 check
sleep 4
done=$(sync_done mirror)
at_most 2048 $(($(now_ms) - start)) "$done"
dmsetup message mirror 0 idle

# With somebody else at work.
while :; do
	dd if=/dev/mapper/mirror of=/dev/null bs=4k count=1 skip=$((RANDOM % 1000)) iflag=direct status=none || break
	sleep 0.05
done &
load=$!
undo kill "$load"
sleep 0.5
start=$(now_ms)
dmsetup message mirror 0 check
sleep 4
done=$(sync_done mirror)
# At the beginning, or when the load was held up, there may be a moment at full speed.
at_most 1024 $(($(now_ms) - start)) "$done"
kill "$load"
dmsetup message mirror 0 idle
