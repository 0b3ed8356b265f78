#!/bin/bash
# P4: the power of all members of a raid5 fails under writes; then any one member is
# lost, at once or later. No sector changes that nobody was writing, and what was
# acknowledged is there. Without the partial parity log the same finds damage, or
# this test proves nothing. CUTS: how often, and a tenth of that without.
# runs: uml
# timeout: 120
# shellcheck disable=SC2119 # health is raid5.sh's, not super.sh's
. "$(dirname "$0")/lib.sh"
. "$(dirname "$0")/braidctl.sh"
. "$(dirname "$0")/super.sh"
. "$(dirname "$0")/raid5.sh"
. "$(dirname "$0")/sync.sh"
. "$(dirname "$0")/crash5.sh"

helper torn-writes
cuts=${CUTS:-3}
seed=${SEED:-$(date +%s)}
RANDOM=$((seed % 32768))
echo "seed $seed, $cuts cuts"

# damages SEED: one cut without the log.
damages() {
	start_blank
	takes array stop r5
	dm_create r5 "0 $(($(stat -c %s "$model") / 512)) braid-raid $type $chunk 3 superblock $uuid no_ppl ${#use[@]} ${use[*]}"
	run_for "$1" "0.$((RANDOM % 3))" 32 4096 sync
	! intact_without 0 1 2 3
}

# slice: how much a thread writes at most. Of whole cells nothing is read first, so
# that whichever member is stopped first tears rows; of others sectors are.
slice() {
	shuf -n 1 -e 4096 4096 4096 8192 $((512 * (5 + RANDOM % 20)))
}

# lost_with_power SEED: a member doesn't come back.
lost_with_power() {
	local slot=$((RANDOM % 4))
	run_for "$1" "0.$((RANDOM % 3))" 32 "$(slice)"
	dm_remove "leg$slot"
	takes array assemble r5 --force "${use[@]:0:slot}" "${use[@]:slot+1}" >"$LAB_DIR/out"
	intact || return 1
	takes array stop r5
	dm_create "leg$slot" "0 $leg_sectors linear ${paths[slot]} 0"
}

# lost_before SEED: one was missing already, and that is no reason to ask for --force.
lost_before() {
	takes array fail r5 "${use[$((RANDOM % 4))]}"
	run_for "$1" "0.$((RANDOM % 3))" 32 "$(slice)"
	takes array assemble r5 >"$LAB_DIR/out"
	intact || return 1
	takes array stop r5
}

# lost_later SEED: any one, when the array has been started again, with nothing to be
# synchronised; and perhaps, before anything was written, the power failed once more.
lost_later() {
	run_for "$1" "0.$((RANDOM % 3))" 32 "$(slice)"
	takes array assemble r5 >"$LAB_DIR/out"
	is_synced r5 || fail "parity is established anew: $(dmsetup status r5)"
	intact || return 1
	[ $((RANDOM % 2)) = 0 ] || {
		crash
		takes array assemble r5 >"$LAB_DIR/out"
	}
	takes array stop r5
	intact_without 0 1 2 3
}

legs 4 5
undo drop_arrays
holes=0
tries=0
until [ "$tries" -ge 10 ] && [ "$tries" -ge $((cuts / 10)) ]; do
	tries=$((tries + 1))
	! damages $((seed + tries)) || holes=$((holes + 1))
	[ -n "${CUTS:-}" ] || [ "$holes" = 0 ] || break
done
[ "$holes" -gt 0 ] || fail "without the log, nothing happened in $tries cuts: this test proves nothing"
echo "without the log, $holes of $tries cuts opened a hole, at $SECONDS s"

# changed: how many rows replays have changed, as far as the kernel's log goes back.
changed() {
	dmesg | sed -n 's/.*rows replayed, \([0-9]*\) of them.*/\1/p' | awk '{ n += $1 } END { print n + 0 }'
}

kinds=(lost_later lost_with_power lost_before)
bites=
for ((cut = 1; cut <= cuts || cut <= 12 && ! bites; cut++)); do
	kind=${kinds[cut % 3]}
	before=$(changed)
	start_blank
	"$kind" $((seed + cut)) || fail "cut $cut, $kind: $(cat "$LAB_DIR/differs")"
	[ "$(changed)" -le "$before" ] || bites=1
done
[ -n "$bites" ] || fail "no replay changed anything: this test proves nothing"
echo "with it, $((cut - 1)) cuts were survived, at $SECONDS s"
