#!/bin/bash
# P5: the power fails after a number of writes that is drawn by lot, CUTS times,
# while eras are closed, extents enter the activity log and leave it, and the
# metadata device is slow, so that something of it is always under way. What has
# changed since a close is reported after the restart, and not much more. Either
# disk loses its cache or keeps it; of the metadata device, null_blk can only lose
# what was never flushed, so that loss of its sectors is left to "make test-model".
# With the activity log left out, it is found.
# runs: uml
# timeout: 120
. "$(dirname "$0")/lib.sh"
. "$(dirname "$0")/track.sh"
. "$(dirname "$0")/durable.sh"
helper crash-writes
helper durable-map
requires target delay

CUTS=${CUTS:-20}
RANDOM=${SEED:-$RANDOM}
skip_log=/sys/module/dm_braid/parameters/debug_skip_log
block=16
state_size=$((8 + 65536 * 16))
eras=0 vain=0 cuts=0
vol=/dev/mapper/vol

# machine MS: sets extent and slots, few of them or enough for all. A write to the
# metadata device takes so long.
machine() {
	extent=$((1 << RANDOM % 5))
	slots=$((2 + RANDOM % (RANDOM % 2 ? 6 : 40)))
	origin=$(disk origin 4 cache)
	raw_meta=$(disk meta 4 cache)
	meta=$raw_meta
	durable-map "$meta" "$(sectors "$origin")" "$block" \
		$(($(sectors "$origin") / block)) "$extent" "$slots"
	dm_create meta "0 $(sectors "$meta") delay $meta 0 0 $meta 0 $1"
	meta=/dev/mapper/meta
	dm_create vol "$(durable_table)"
}

powered() {
	[ "$(cat "$nullb/origin/power")" = 1 ]
}

# close_era: what came after the power failed counts for nothing.
close_era() {
	local era
	cp "$LAB_DIR/state" "$LAB_DIR/before"
	era=$(dmsetup message vol 0 close 2>/dev/null) || return 0
	cp "$LAB_DIR/state" "$LAB_DIR/after"
	powered || return 0
	mv "$LAB_DIR/before" "$LAB_DIR/before-$era"
	mv "$LAB_DIR/after" "$LAB_DIR/after-$era"
	echo "$era" >>"$LAB_DIR/eras"
}

# run_until_cut WRITES [DISK...]: the disks keep their caches.
run_until_cut() {
	local count=$1 writer
	shift
	rm -f "$LAB_DIR"/{before,after}* "$LAB_DIR/eras"
	truncate -s 0 "$LAB_DIR/state"
	truncate -s "$state_size" "$LAB_DIR/state"
	close_era
	crash-writes write "$vol" "$LAB_DIR/state" "$count" "$RANDOM" \
		"$nullb/origin/power" "$nullb/meta/power" "$@" &
	writer=$!
	while powered; do
		close_era
		sleep "0.0$((RANDOM % 5))"
	done
	wait "$writer" || fail "the writers failed"
}

restart() {
	dm_remove vol
	dm_remove meta
	origin=$(power_on origin)
	meta=$(power_on meta)
	dm_create vol "$(durable_table)"
}

# The first era that was closed and the last two are asked for. Sets found to what
# is wrong.
check_eras() {
	local era
	found=
	while read -r era; do
		[ "$(field 4)" -gt "$era" ] || found="era $era was closed, and era $(field 4) begins"
		changed "$era" now | cut -d ' ' -f 1,2 >"$LAB_DIR/extents"
		crash-writes check "$origin" "$block" "$LAB_DIR/state" "$LAB_DIR/before-$era" \
			"$LAB_DIR/after-$era" $((extent * slots)) <"$LAB_DIR/extents" >"$LAB_DIR/checked" ||
			found="since era $era: $(paste -sd ';' "$LAB_DIR/checked")"
		[ -z "$found" ] || return 0
		eras=$((eras + 1))
		vain=$((vain + $(cut -d ' ' -f 1 "$LAB_DIR/checked")))
	done < <(sed -n '1p' "$LAB_DIR/eras"; sed '1d' "$LAB_DIR/eras" | tail -n 2)
}

tally() {
	echo "$cuts cuts, $eras closed eras asked for, $vain blocks reported in vain"
}

# cut_once: one cut, at any time.
cut_once() {
	local keep=()
	machine $((RANDOM % 3 * 10))
	((RANDOM % 2)) || keep+=("$origin")
	((RANDOM % 2)) || keep+=("$raw_meta")
	run_until_cut $((10 + RANDOM % (RANDOM % 4 ? 80 : 300))) "${keep[@]}"
	restart
	check_eras
	cleanup
	cuts=$((cuts + 1))
	[ $((cuts % 50)) -gt 0 ] || tally
}

for cut in $(seq "$CUTS"); do
	cut_once
	[ -z "$found" ] || fail "cut $cut of $CUTS: $found"
done
tally

# The test must be able to see it: the log is late, and writes don't wait for it.
[ -e "$skip_log" ] || exit 0
for cut in $(seq 20); do
	machine 200
	echo 1 >"$skip_log"
	run_until_cut $((5 + RANDOM % 30)) "$origin"
	echo 0 >"$skip_log"
	restart
	check_eras
	cleanup
	[ -n "$found" ] || continue
	echo "without the log, found at cut $cut: $found"
	exit 0
done
fail "with the activity log left out, nothing was found in 20 cuts"
