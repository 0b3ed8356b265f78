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
disk_sectors=8192
eras=0 vain=0 cuts=0

raw_origin=$(disk origin 4 cache)
raw_meta=$(disk meta 4 cache)

# start: what the metadata device holds counts.
start() {
	dmsetup create --noudevsync meta --table "0 $disk_sectors delay $raw_meta 0 0 $raw_meta 0 $delay"
	dmsetup create --noudevsync vol \
		--table "0 $disk_sectors braid-track /dev/mapper/meta $raw_origin $block 1 durable"
}

stop() {
	dmsetup remove --noudevsync --retry vol
	dmsetup remove --noudevsync --retry meta
}
undo stop

# machine MS: blank disks; sets extent and slots, few of them or enough for all. A
# write to the metadata device takes so long.
machine() {
	delay=$1
	extent=$((1 << RANDOM % 5))
	slots=$((2 + RANDOM % (RANDOM % 2 ? 6 : 40)))
	blkdiscard -f "$raw_origin"
	blkdiscard -f "$raw_meta"
	durable-map "$raw_meta" "$disk_sectors" "$block" $((disk_sectors / block)) "$extent" "$slots"
	start
}

# run_until_cut WRITES [DISK...]: the disks keep their caches.
run_until_cut() {
	local count=$1
	shift
	rm -f "$LAB_DIR"/state*
	crash-writes write vol "$LAB_DIR/state" "$count" "$RANDOM" \
		"$nullb/origin/power" "$nullb/meta/power" "$@" >"$LAB_DIR/eras" || fail "the writers failed"
}

restart() {
	stop
	raw_origin=$(power_on origin)
	raw_meta=$(power_on meta)
	start
}

# Of the first era that was closed and the last two. Sets found to what is wrong.
check_eras() {
	local era current
	found=
	current=$(field 4)
	while read -r era; do
		[ "$current" -gt "$era" ] || found="era $era was closed, and era $current begins"
		kinds "$era" now |
			crash-writes check "$raw_origin" "$block" "$LAB_DIR/state" "$era" $((extent * slots)) \
				>"$LAB_DIR/checked" ||
			found="since era $era: $(paste -sd ';' "$LAB_DIR/checked")"
		[ -z "$found" ] || return 0
		eras=$((eras + 1))
		vain=$((vain + $(cut -d ' ' -f 1 "$LAB_DIR/checked")))
	done <"$LAB_DIR/eras"
}

tally() {
	echo "$cuts cuts, $eras closed eras asked for, $vain blocks reported in vain"
}

# cut_once: one cut, at any time.
cut_once() {
	local keep=()
	machine $((RANDOM % 3 * 10))
	((RANDOM % 2)) || keep+=("$raw_origin")
	((RANDOM % 2)) || keep+=("$raw_meta")
	run_until_cut $((10 + RANDOM % (RANDOM % 4 ? 80 : 300))) "${keep[@]}"
	restart
	check_eras
	stop
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
	run_until_cut $((5 + RANDOM % 30)) "$raw_origin"
	echo 0 >"$skip_log"
	restart
	check_eras
	stop
	[ -n "$found" ] || continue
	echo "without the log, found at cut $cut: $found"
	exit 0
done
fail "with the activity log left out, nothing was found in 20 cuts"
