#!/bin/bash
# P2, P3: the power fails again and again while a mirror is written, and while it
# is synchronised or a leg is rebuilt. What was acknowledged is there, and when
# all is done the legs are alike. CUTS says how often.
# runs: uml
# timeout: 3000
. "$(dirname "$0")/lib.sh"
. "$(dirname "$0")/braidctl.sh"
. "$(dirname "$0")/super.sh"
. "$(dirname "$0")/sync.sh"

cuts=${CUTS:-4}

# Block n, filled with its number.
block() {
	printf '%-4095s\n' "round $round block $1"
}

# writer: blocks here and there, with FUA; notes what was acknowledged.
writer() {
	local n
	for n in $(seq 1 400); do
		block "$n" | dd of=/dev/mapper/mirror bs=4k seek=$((n * 37 % 5000)) oflag=direct,dsync \
			iflag=fullblock status=none 2>/dev/null || return 0
		echo "$n" >>"$LAB_DIR/acknowledged"
	done
}

has_written() {
	[ "$(wc -l <"$LAB_DIR/acknowledged")" -ge "$1" ]
}

# holds: the mirror has all that was acknowledged.
holds() {
	local n
	while read -r n; do
		dd if=/dev/mapper/mirror bs=4k skip=$((n * 37 % 5000)) count=1 iflag=direct status=none |
			cmp -s - <(block "$n") || return 1
	done <"$LAB_DIR/acknowledged"
}

# back: the words for a leg that was called lost in the last moment.
back() {
	[ "$(slot_state "$a" 1)" != lost ] || echo "readd 1"
	[ "$(slot_state "$b" 0)" != lost ] || echo "readd 0"
}

helper member-for
disk a 24 cache >/dev/null
disk b 24 cache >/dev/null
a=$(disk_path a)
b=$(disk_path b)
undo drop_arrays
takes array create mirror --level raid1 "$a" "$b" >"$LAB_DIR/out"
synced mirror
size=$(sectors /dev/mapper/mirror)
uuid=$(uuid_of "$a")
rebuilt=0
for round in $(seq 1 "$cuts"); do
	words="max_recovery_rate 4096"
	: >"$LAB_DIR/acknowledged"
	if [ $((round % 2)) = 0 ]; then
		takes array stop mirror
		member-for "$a" "$b" 1
		dd if=/dev/urandom of="$b" bs=64k seek=16 count=64 oflag=direct status=none
		dm_create mirror "$(mirror_line "$size" "$uuid" "$words rebuild 1" "$a" "$b")"
	fi
	writer &
	writer=$!
	wait_for 30 has_written $((RANDOM % 40 + 3)) || fail "round $round: nothing could be written"
	sleep "0.$((RANDOM % 10))"
	if [ $((RANDOM % 2)) = 0 ]; then
		power_cut a
		power_cut b
	else
		power_cut b
		power_cut a
	fi
	wait "$writer"
	dmsetup remove --noudevsync --retry mirror
	a=$(power_on a)
	b=$(power_on b)
	[ "$(slot_state "$a" 1)" != "being rebuilt" ] || rebuilt=$((rebuilt + 1))
	# Cut once more while that is put right, and then not any more.
	dm_create mirror "$(mirror_line "$size" "$uuid" "$words $(back)" "$a" "$b")"
	holds || fail "round $round: what was acknowledged is not there"
	sleep "0.$((RANDOM % 10))"
	power_cut a
	power_cut b
	dmsetup remove --noudevsync --retry mirror
	a=$(power_on a)
	b=$(power_on b)
	dm_create mirror "$(mirror_line "$size" "$uuid" "$(back)" "$a" "$b")"
	holds || fail "round $round: what was acknowledged is not there after a second cut"
	synced mirror
	[ "$(health mirror)" = AA ] || fail "round $round: the health is $(health mirror)"
	holds || fail "round $round: what was acknowledged is not there when all is done"
	alike "$a" "$b"
done
[ "$rebuilt" -gt 0 ] || fail "no power cut came in the middle of a rebuild"
echo "$rebuilt of $cuts power cuts came in the middle of a rebuild"
