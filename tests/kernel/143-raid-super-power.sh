#!/bin/bash
# P3, P2: the power fails while the loss of a leg is being recorded. Whatever was
# acknowledged is on every member that the array would use afterwards. CUTS says how often.
# runs: uml vm slow
# timeout: 3000
. "$(dirname "$0")/lib.sh"
. "$(dirname "$0")/braidctl.sh"
. "$(dirname "$0")/super.sh"

rounds=${CUTS:-12}

# Block n, filled with its number.
block() {
	printf '%-4095s\n' "round $round block $1"
}

# forget DEV: null_blk loses only what stands on a page that it doesn't have for
# good, so the place of the next superblock is made such a page.
forget() {
	blkdiscard -f -o "$(next_copy "$1")" -l 4096 "$1"
}

# writer: one block after the other, with FUA; notes what was acknowledged.
writer() {
	local n
	for n in $(seq 1 400); do
		block "$n" | dd of=/dev/mapper/mirror bs=4k seek=$((base + n)) oflag=direct,dsync \
			iflag=fullblock status=none 2>/dev/null || return 0
		echo "$n" >>"$LAB_DIR/acknowledged"
	done
}

has_written() {
	[ "$(wc -l <"$LAB_DIR/acknowledged")" -ge "$1" ]
}

# holds DEV: all that was acknowledged is on the member.
holds() {
	local n
	while read -r n; do
		dd if="$1" bs=4k skip=$((256 + base + n)) count=1 status=none | cmp -s - <(block "$n") || return 1
	done <"$LAB_DIR/acknowledged"
}

disk a 16 cache >/dev/null
disk b 16 cache >/dev/null
a=$(disk_path a)
b=$(disk_path b)
undo drop_arrays
# Nothing but the record itself is written, and nobody flushes it.
takes array create mirror --level raid1 "$a" "$b" >"$LAB_DIR/out"
forget "$a"
takes array fail mirror "$b"
power_cut a
power_cut b
dmsetup remove --noudevsync --retry mirror
a=$(power_on a)
b=$(power_on b)
[ "$(slot_state "$a" 1)" = lost ] || fail "after array fail and a power loss the survivor calls slot 1 '$(slot_state "$a" 1)'"

recorded=0
for round in $(seq 1 "$rounds"); do
	base=$(((round % 3) * 1100))
	takes array create mirror --level raid1 --force "$a" "$b" >"$LAB_DIR/out"
	dd if=/dev/zero of=/dev/mapper/mirror bs=1M count=1 oflag=direct status=none
	blkdiscard -f -o $((1048576 + base * 4096)) -l 2097152 "$a"
	blkdiscard -f -o $((1048576 + base * 4096)) -l 2097152 "$b"
	forget "$a"
	: >"$LAB_DIR/acknowledged"
	writer &
	writer=$!
	wait_for 20 has_written 5 || fail "nothing could be written"
	power_cut b
	sleep "0.0$((RANDOM % 8))"
	if [ $((round % 2)) = 0 ]; then
		wait_for 20 has_written $(($(wc -l <"$LAB_DIR/acknowledged") + 1)) || true
	fi
	power_cut a
	wait "$writer"
	dmsetup remove --noudevsync --retry mirror
	a=$(power_on a)
	b=$(power_on b)

	holds "$a" || fail "round $round: the survivor lost what was acknowledged"
	if holds "$b"; then
		continue
	fi
	# b lacks something that was acknowledged: a must know.
	recorded=$((recorded + 1))
	[ "$(slot_state "$a" 1)" = lost ] || fail "round $round: a write was acknowledged without slot 1, and the survivor calls it '$(slot_state "$a" 1)'"
	says "$b is not used for mirror: it is stale" array assemble mirror
	[ "$(health mirror)" = A- ] || fail "round $round: the health is $(health mirror)"
	takes array stop mirror
done
[ "$recorded" -gt 0 ] || fail "no round had a write that only the survivor holds: nothing was tested"
echo "$recorded of $rounds rounds had writes that only the survivor holds"
