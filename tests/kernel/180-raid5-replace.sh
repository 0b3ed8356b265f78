#!/bin/bash
# A member of raid5 is copied to another device while it serves and the array is
# written; a place that it can't read is computed. Meanwhile any other member can be lost,
# and so can the new one; with the old one the new one goes. Then it takes the slot.
# runs: uml
# timeout: 240
# shellcheck disable=SC2119 # health is raid5.sh's, not super.sh's
. "$(dirname "$0")/lib.sh"
. "$(dirname "$0")/braidctl.sh"
. "$(dirname "$0")/super.sh"
. "$(dirname "$0")/raid5.sh"
. "$(dirname "$0")/sync.sh"
. "$(dirname "$0")/sync5.sh"

requires target error
helper model-writes
helper raid5-image
helper member-for

twin_health() {
	dmsetup status r5 | cut -d ' ' -f 14
}

# replace SLOT [FEATURES]: "new" is to take the slot.
replace() {
	randomise "$new"
	member-for "${paths[0]}" "$new" "$1"
	swap r5 "$(table "replace $1 $new ${2:-}")"
}

# take SLOT: it takes the slot, and "new" is the old one.
take() {
	local old=${paths[$1]}
	paths[$1]=$new
	new=$old
	swap r5 "$(table "replaced $1")"
}

members 5 12
new=${paths[4]}
paths=("${paths[@]:0:4}")
undo drop_arrays
create
synced r5
model_zero
truncate -s $((size * 512)) "$model"
seconds=2 exercise 1 4 69632 300

dm_refuses "$(table "replace 1 ${paths[2]}")" >/dev/null
for slot in ${SLOTS:-1}; do
	replace "$slot" "max_recovery_rate 3072"
	wait_for 10 is_doing r5 replace || fail "nothing is copied: $(dmsetup status r5)"
	is_health AAAA || fail "the health is $(health) while a member is copied"
	[ "$(twin_health)" = a ] || fail "the new one's health is $(twin_health)"
	seconds=1 exercise $((slot + 2)) 8 2560 100000
	seconds=1 exercise $((slot + 3)) 4 69632 100000
	[ "$(sync_action r5)" = replace ] || echo "the copy ended before the writes did"
	# Not before all of it is copied.
	if dmsetup create --noudevsync other --table \
		"$(paths[slot]=$new; table "replaced $slot")" 2>/dev/null; then
		fail "a new member was taken before it was copied"
	fi
	swap r5 "$(table "replace $slot $new")"
	[ "$(sync_done r5)" -gt 0 ] || fail "it began from the beginning although the array was only suspended"
	synced r5
	seconds=1 exercise $((slot + 4)) 4 69632 100000
	take "$slot"
	is_health AAAA || fail "the health is $(health) once it was replaced"
	seconds=1 exercise $((slot + 5)) 4 69632 100000
	same
	takes array stop r5
	same_data
	says "is not used for r5" array assemble r5
	is_health AAAA || fail "the health is $(health) after assembly"
	# What the new one has is needed.
	dmsetup message r5 0 fail 3
	same
	takes array stop r5
	dm_create r5 "$(table "rebuild 3")"
	synced r5
	same
done

# Another one is lost meanwhile: the copy goes on.
replace 2 "max_recovery_rate 3072"
wait_for 10 is_past r5 512 || fail "nothing is copied: $(dmsetup status r5)"
dmsetup message r5 0 fail 0
same
seconds=1 exercise 10 4 69632 100000
swap r5 "$(table "replace 2 $new failed 0")"
synced r5
take_failed() {
	paths[2]=$new
	swap r5 "$(table "replaced 2 failed 0")"
}
old=${paths[2]}
take_failed
new=$old
is_health DAAA || fail "the health is $(health) once a degraded array's was replaced"
same
takes array stop r5
dm_create r5 "$(table "rebuild 0")"
synced r5
same

# The new one is lost: that is all.
dmsetup create --noudevsync shaky --table "0 $(sectors "$new") linear $new 0"
undo dmsetup remove --noudevsync --retry shaky
disk=$new
new=/dev/mapper/shaky
replace 1 "max_recovery_rate 3072"
wait_for 10 is_past r5 512 || fail "nothing is copied: $(dmsetup status r5)"
dmsetup load shaky --table "0 $(sectors "$disk") error"
dmsetup suspend --noudevsync --noflush --nolockfs shaky
dmsetup resume --noudevsync shaky
seconds=1 exercise 11 4 69632 100000
is_health AAAA || fail "the health is $(health) after the new one was lost"
wait_for 10 is_doing r5 idle || fail "it goes on without the new one: $(dmsetup status r5)"
[ "$(twin_health)" = D ] || fail "the new one's health is $(twin_health) although it is lost"
dmsetup table r5 | grep -q replace && fail "the table has a device that was lost: $(dmsetup table r5)"
swap r5 "$(table "")"
same
new=$disk
dmsetup remove --noudevsync --retry shaky

# The old one can't be read in places, and in places not be rewritten.
takes array stop r5
per=$(sectors "${paths[2]}")
at=$((data + 4096))
dmsetup create --noudevsync bad --table "0 $at linear ${paths[2]} 0
$at 8 error
$((at + 8)) $((per - at - 8)) linear ${paths[2]} $((at + 8))"
undo dmsetup remove --noudevsync --retry bad
was=${paths[2]}
paths[2]=/dev/mapper/bad
dm_create r5 "$(table "")"
replace 2 "max_recovery_rate 65536"
synced r5
is_health AAAA || fail "the health is $(health) although what can't be read is computed"
same
paths[2]=$new
swap r5 "$(table "replaced 2")"
new=$was
dmsetup remove --noudevsync --retry bad
is_health AAAA || fail "the health is $(health) once the bad one was replaced"
same
takes array stop r5
same_data

# The old one is lost: the new one goes with it, and is rebuilt like any other.
dm_create r5 "$(table "")"
replace 1 "max_recovery_rate 3072"
wait_for 10 is_past r5 512 || fail "nothing is copied: $(dmsetup status r5)"
dmsetup message r5 0 fail 1
is_health ADAA || fail "the health is $(health) after the old one was lost"
same
seconds=1 exercise 12 4 69632 100000
paths[1]=$new
swap r5 "$(table "rebuild 1")"
synced r5
is_health AAAA || fail "the health is $(health) after the rebuild"
same
takes array stop r5
same_data
