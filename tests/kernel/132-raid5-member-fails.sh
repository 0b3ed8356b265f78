#!/bin/bash
# A member that fails under load is dropped with an event, no write is lost and
# no reader sees an error; the next one to fail ends all writing, and what the
# members that are left hold themselves can still be read.
# runs: uml vm smp
# timeout: 240
. "$(dirname "$0")/lib.sh"
. "$(dirname "$0")/raid5.sh"

helper model-writes
helper raid5-image

# fails SLOT: its disk goes away while it is written to and read.
fails() {
	local slot=$1 want=AAAA event left
	want=${want:0:slot}D${want:slot+1}
	array
	model_zero
	dd if="$model" of="$dev" bs=1M oflag=direct status=none
	event=$(dmsetup info -c --noheadings -o events r5)
	seconds=3 exercise $((slot + 1)) 8 2560 1000000 &
	sleep 1
	power_cut "m$slot"
	wait $! || fail "a reader or writer saw the failure of slot $slot"
	exercise $((slot + 5)) 4 69632 100
	is_health "$want" || fail "the health is $(health) after slot $slot failed"
	[ "$(dmsetup info -c --noheadings -o events r5)" -gt "$event" ] || fail "there was no event"
	dmsetup table r5 | grep -q " 2 failed $slot 4 " || fail "the table does not say that slot $slot is stale: $(dmsetup table r5)"
	same
	dm_remove r5
	left=("${paths[@]}")
	left[slot]=-
	same_members "${left[@]}"
	power_on "m$slot" >/dev/null
}

members 4 8
for slot in 0 3; do
	fails "$slot"
done

# Two failures.
array
model_zero
dd if="$model" of="$dev" bs=1M oflag=direct status=none
exercise 20 4 69632 100
stripes=$(($(array_sectors) / chunk / 3))
power_cut m0
power_cut m2
dd if=/dev/zero of="$dev" bs=4k count=64 oflag=direct status=none 2>/dev/null &&
	fail "a write was acknowledged with two members gone"
is_health DADA || fail "the health is $(health) after two members failed"
dmesg | grep 'the array has failed' >/dev/null || fail "nothing was said about the array having failed"
dd if=/dev/zero of="$dev" bs=192k count=1 oflag=direct status=none 2>/dev/null &&
	fail "a write of a whole stripe was acknowledged with two members gone"
dd if=/dev/zero of="$dev" bs=4k count=1 seek=100 oflag=direct,dsync status=none 2>/dev/null &&
	fail "a synchronous write was acknowledged with two members gone"

# What is read is right, or an error; of each stripe but those whose parity is
# on a member that is left, one chunk is left.
good=0
for ((at = 3; at < 3 * stripes; at++)); do
	dd if="$dev" of="$LAB_DIR/read" bs=64k skip="$at" count=1 iflag=direct status=none 2>/dev/null || continue
	dd if="$model" bs=64k skip="$at" count=1 status=none | cmp - "$LAB_DIR/read" ||
		fail "a read of chunk $at succeeded and is wrong"
	good=$((good + 1))
done
[ "$good" -gt $((stripes * 3 / 2 - 5)) ] || fail "only $good chunks could be read of $stripes stripes"
[ "$good" -lt $((stripes * 3 / 2 + 5)) ] || fail "$good chunks could be read of $stripes stripes: from where?"
