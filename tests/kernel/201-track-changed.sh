#!/bin/bash
# "changed" tells the truth: random writes, discards, zeroes and marks in many
# eras, against a model; in one page and in many; for block sizes at the limits.
# runs: uml vm
# timeout: 300
. "$(dirname "$0")/lib.sh"
. "$(dirname "$0")/track.sh"
requires program blkdiscard
requires program fio

units=$((16 * 256)) # of 4 KiB
declare -a stamp

# change: one random operation on the device and on the model.
change() {
	local first=$((RANDOM % units)) count=$((RANDOM % 24 + 1)) b
	[ $((first + count)) -le "$units" ] || count=$((units - first))
	case $((RANDOM % 6)) in
	0) blkdiscard -o $((first * 4096)) -l $((count * 4096)) "$vol" ;;
	1) blkdiscard -z -o $((first * 4096)) -l $((count * 4096)) "$vol" ;;
	2)
		first=$((first / per))
		count=$(((count - 1) / per + 1))
		[ $((first + count)) -le "$blocks" ] || count=$((blocks - first))
		message mark "$first" "$count"
		first=$((first * per))
		count=$((count * per))
		;;
	*) dd if=/dev/zero of="$vol" bs=4k seek="$first" count="$count" \
		oflag=direct conv=notrunc status=none ;;
	esac
	for ((b = first / per; b <= (first + count - 1) / per; b++)); do
		stamp[b]=$era
	done
}

# expected SINCE: the model's answer.
expected() {
	local b start=-1
	for ((b = 0; b <= blocks; b++)); do
		if [ "$b" -lt "$blocks" ] && [ "${stamp[b]:-0}" -gt "$1" ]; then
			[ "$start" -ge 0 ] || start=$b
		elif [ "$start" -ge 0 ]; then
			echo "$start $((b - start))"
			start=-1
		fi
	done
}

compare() {
	local since
	for ((since = 0; since < era; since++)); do
		[ "$(changed "$since" now)" = "$(expected "$since")" ] ||
			fail "blocks of $block sectors, era $era: changed since $since is not what was written"
	done
}

for block in 8 128 2048; do
	tracked 16 - "$block"
	per=$((block / 8))
	blocks=$((units / per))
	stamp=()
	for ((era = 1; era <= 4; era++)); do
		for _ in $(seq 6); do
			change
		done
		compare
		[ "$(message close)" = "$era" ] || fail "another era than $era was closed"
	done
	cleanup
done

# More extents than a page holds: every other block of 4 KiB.
tracked 16 - 8
for ((b = 0; b < units; b += 2)); do
	echo "$b 1"
done >"$LAB_DIR/want"
fio --name=comb --filename="$vol" --rw=write:4k --bs=4k --direct=1 --size=16M \
	--io_size=8M --output="$LAB_DIR/fio.log"
changed 0 now >"$LAB_DIR/got"
cmp "$LAB_DIR/want" "$LAB_DIR/got" || fail "a reply of many pages is not what was written"
[ "$(message changed 0 now 0 | wc -l)" -lt $((units / 2)) ] ||
	fail "the reply had only one page, so pages were not tested"
[ "$(message changed 0 now 4095)" = end ] || fail "the last block is not the end"
