#!/bin/bash
# Rebuild of raid5: a member that was replaced is filled while the array is written;
# then another one can be lost and nothing is. Until it is filled, nothing is lost
# for what it hasn't got yet.
# runs: uml
# timeout: 240
# shellcheck disable=SC2119 # health is raid5.sh's, not super.sh's
. "$(dirname "$0")/lib.sh"
. "$(dirname "$0")/braidctl.sh"
. "$(dirname "$0")/super.sh"
. "$(dirname "$0")/raid5.sh"
. "$(dirname "$0")/sync.sh"
. "$(dirname "$0")/sync5.sh"

helper model-writes
helper raid5-image
helper member-for

members 5 24
new=${paths[4]}
paths=("${paths[@]:0:4}")
undo drop_arrays
create
synced r5
model_zero
truncate -s $((size * 512)) "$model"
seconds=3 exercise 1 4 69632 300

for slot in 0 2; do
	dmsetup message r5 0 fail "$slot"
	old=${paths[slot]}
	paths[slot]=$new
	new=$old
	randomise "${paths[slot]}"
	member-for "${paths[slot == 0]}" "${paths[slot]}" "$slot"
	swap r5 "$(table "rebuild $slot max_recovery_rate 4096")"
	wait_for 10 is_doing r5 recover || fail "no rebuild: $(dmsetup status r5)"
	[ "$(health | tr -d A)" = a ] || fail "the health is $(health) at the beginning of a rebuild"
	[ "$(slot_state "${paths[1]}" "$slot")" = "being rebuilt" ] ||
		fail "another calls slot $slot '$(slot_state "${paths[1]}" "$slot")'"
	same
	seconds=4 exercise $((slot + 2)) 8 2560 100000
	seconds=2 exercise $((slot + 3)) 4 69632 100000
	seconds=1 exercise $((slot + 4)) 4 1052672 100000
	[ "$(health)" != AAAA ] || echo "the rebuild ended before the writes did"
	# A second one can't be given up meanwhile.
	if [ "$(health)" != AAAA ] && dmsetup message r5 0 fail 1 2>/dev/null; then
		fail "a member was given up while another is being rebuilt"
	fi
	swap r5 "$(table "")"
	synced r5
	is_health AAAA || fail "the health is $(health) after a rebuild"
	same
	dmsetup message r5 0 check
	synced r5
	[ "$(mismatches r5)" = 0 ] || fail "$(mismatches r5) sectors differ after a rebuild"
	takes array stop r5
	same_data
	# Another one is lost: what the new one has is needed.
	takes array assemble r5 "${paths[@]}" >"$LAB_DIR/out"
	dmsetup message r5 0 fail 3
	same
	takes array stop r5
	dm_create r5 "$(table "rebuild 3")"
	synced r5
	same
done
takes array stop r5
same_data
