#!/bin/bash
# "changed" says how: written, discarded as a whole, or to be compared. A discard
# never hides a write of its era, nor one that is on its way.
# runs: uml vm
# timeout: 120
. "$(dirname "$0")/lib.sh"
. "$(dirname "$0")/track.sh"
requires program blkdiscard

tracked 16 16 128

# discard SECTOR COUNT: also while others do.
discard() {
	blkdiscard -f -o $(($1 * 512)) -l $(($2 * 512)) "$vol"
}

# put BLOCK COUNT: random bytes.
put() {
	dd if=/dev/urandom of="$vol" bs=64k seek="$1" count="$2" oflag=direct \
		conv=notrunc iflag=fullblock status=none
}

# are SINCE ERA|now KIND BLOCK COUNT...: exactly these extents.
are() {
	local since=$1 upto=$2 want
	shift 2
	want=$(printf '%s %s %s\n' "$@")
	[ "$(kinds "$since" "$upto")" = "$want" ] ||
		fail "changed since $since up to $upto: $(kinds "$since" "$upto" | paste -sd ,), not $(paste -sd , <<<"$want")"
}

# Whole blocks only; what covers one in part is a write.
put 0 2
discard 1024 512
discard $((20 * 128 + 8)) $((3 * 128))
are 0 now w 0 2 d 8 4 w 20 1 d 21 2 w 23 1
# Zeroes are written.
blkdiscard -z -o $((30 * 65536)) -l 65536 "$vol"
message mark 40 2 compare
are 0 now w 0 2 d 8 4 w 20 1 d 21 2 w 23 1 w 30 1 c 40 2

# Within one era what is written stays so, in whatever order.
discard 0 128
put 9 1
message mark 1 1 compare
message mark 10 1 compare
message mark 40 1
discard $((41 * 128)) 128
are 0 now w 0 2 d 8 1 w 9 1 c 10 1 d 11 1 w 20 1 d 21 2 w 23 1 w 30 1 w 40 1 c 41 1

# In a later era the last one counts, and so it does in the next.
[ "$(message close whole 0)" = 1 ] || fail "the first era is not 1"
show 1
before=$(digest /dev/mapper/view-1)
discard 0 256
put 11 1
are 1 now d 0 2 w 11 1
are 0 now d 0 2 d 8 1 w 9 1 c 10 1 w 11 1 w 20 1 d 21 2 w 23 1 w 30 1 w 40 1 c 41 1
# What a view says of a block that changed again is that it was written.
are 0 1 w 0 2 d 8 1 w 9 1 c 10 1 w 11 1 w 20 1 d 21 2 w 23 1 w 30 1 w 40 1 c 41 1
[ "$(digest /dev/mapper/view-1)" = "$before" ] || fail "a discard changed what a view shows"
end_view 1
message close >/dev/null
put 0 1
are 2 now w 0 1
are 1 now w 0 1 d 1 1 w 11 1
message close >/dev/null

# The last block of a device whose length is no multiple of it.
dm_remove vol
dm_create vol "0 $((32768 - 64)) braid-track $meta $origin 128"
discard $((254 * 128)) $((2 * 128 - 64))
are 0 now d 254 2
message close >/dev/null
discard $((255 * 128)) 8
are 1 now w 255 1
message close >/dev/null

# Writes and discards at once, of the same blocks, with a view that makes them wait
# for copies: each block that was written is, and none that was only discarded.
for round in 1 2 3 4 5; do
	era=$(message close whole 0)
	for half in 0 1; do
		(for _ in 1 2 3; do discard 8192 8192; done) &
		pids[half]=$!
	done
	for ((block = 64; block < 128; block += 2)); do
		dd if=/dev/zero of="$vol" bs=4k seek=$((block * 16 + RANDOM % 16)) \
			count=1 oflag=direct conv=notrunc status=none
	done
	wait "${pids[@]}" || fail "a discard failed"
	kinds "$era" now | while read -r kind block count; do
		for ((; count > 0; count--, block++)); do
			echo "$kind $block"
		done
	done >"$LAB_DIR/got"
	for ((block = 64; block < 128; block += 2)); do
		echo "w $block"
		echo "d $((block + 1))"
	done >"$LAB_DIR/want"
	cmp "$LAB_DIR/want" "$LAB_DIR/got" || fail "round $round: a block's kind is wrong: $(diff "$LAB_DIR/want" "$LAB_DIR/got" | head -n 3 | paste -sd ,)"
	message drop "$era"
done
