#!/bin/bash
# A rebuild of raid5 that is interrupted goes on from where it was recorded: after a
# suspend, after a power cut (CUTS says how many). A new member that fails is given up.
# runs: uml
# timeout: 3000
# shellcheck disable=SC2119 # health is raid5.sh's, not super.sh's
. "$(dirname "$0")/lib.sh"
. "$(dirname "$0")/braidctl.sh"
. "$(dirname "$0")/super.sh"
. "$(dirname "$0")/raid5.sh"
. "$(dirname "$0")/sync.sh"
. "$(dirname "$0")/sync5.sh"

helper raid5-image
helper member-for

rebuilt() {
	echo $(($(json .rebuilt_bytes array examine "${paths[1]}") / 512))
}

members 4 24 cache
undo drop_arrays
create
synced r5
dd if=/dev/urandom of="$dev" bs=1M oflag=direct conv=fsync status=none 2>/dev/null || true
model_as_is
takes array stop r5
randomise "${paths[1]}"
member-for "${paths[0]}" "${paths[1]}" 1

dm_create r5 "$(table "rebuild 1 max_recovery_rate 2048")"
wait_for 30 is_past r5 4096 || fail "no rebuild: $(dmsetup status r5)"
dmsetup suspend --noudevsync --nolockfs r5
at=$(sync_done r5)
[ "$(rebuilt)" = "$at" ] || fail "suspended at $at, $(rebuilt) is recorded"
[ "$at" -lt "$per_member" ] || fail "it had ended"
dmsetup resume --noudevsync r5
[ "$(sync_done r5)" -ge "$at" ] || fail "resumed, it goes on at $(sync_done r5), not $at"
same

wait_for 30 is_past r5 $((at + 2048)) || fail "it does not go on: $(dmsetup status r5)"
cut_power
[ "$(rebuilt)" -ge "$at" ] || fail "$at was recorded, after a power cut it is $(rebuilt)"
[ "$(slot_state "${paths[0]}" 1)" = "being rebuilt" ] ||
	fail "after a power cut slot 0 calls slot 1 '$(slot_state "${paths[0]}" 1)'"
at=$(rebuilt)

# Again and again, at any moment; from the beginning once it has come to its end.
words=
for ((cut = 2; cut <= ${CUTS:-1}; cut++)); do
	if [ "$(slot_state "${paths[0]}" 1)" != "being rebuilt" ]; then
		randomise "${paths[1]}"
		member-for "${paths[0]}" "${paths[1]}" 1
		words="rebuild 1" at=0
	fi
	dm_create r5 "$(table "$words max_recovery_rate $((512 << RANDOM % 5))")"
	words=
	sleep "0.$((RANDOM % 90 + 10))"
	same
	cut_power
	case $(slot_state "${paths[0]}" 1) in
	"being rebuilt") [ "$(rebuilt)" -ge "$at" ] || fail "cut $cut: $at was recorded, after a power cut it is $(rebuilt)" ;;
	used) ;;
	*) fail "cut $cut: slot 0 calls slot 1 '$(slot_state "${paths[0]}" 1)'" ;;
	esac
	at=$(rebuilt)
done
if [ "$(slot_state "${paths[0]}" 1)" = used ]; then
	member-for "${paths[0]}" "${paths[1]}" 1
	dm_create r5 "$(table "rebuild 1 max_recovery_rate 512")"
	takes array stop r5
	at=$(rebuilt)
fi

written=$(sectors_written "${paths[1]}")
dm_create r5 "$(table "max_recovery_rate 16384")"
is_health AaAA || fail "the health is $(health) after a power cut"
same
synced r5
is_health AAAA || fail "the health is $(health) after the rebuild"
written=$(($(sectors_written "${paths[1]}") - written))
[ "$written" -le $((per_member - at + 1024)) ] || fail "$written sectors were written, $((per_member - at)) were lacking"
same
cut_power
[ "$(slot_state "${paths[0]}" 1)$(slot_state "${paths[1]}" 1)" = usedused ] || fail "the end of the rebuild was forgotten"
same_data

# The new one is given up, and the array goes on without.
member-for "${paths[0]}" "${paths[1]}" 1
dm_create r5 "$(table "rebuild 1 max_recovery_rate 1024")"
wait_for 20 is_doing r5 recover || fail "no rebuild: $(dmsetup status r5)"
dmsetup message r5 0 fail 1
is_health ADAA || fail "the health is $(health) after the new member was given up"
wait_for 10 is_doing r5 idle || fail "it goes on without a member: $(dmsetup status r5)"
same
dd if=/dev/urandom of="$dev" bs=1M seek=20 count=7 oflag=direct status=none
model_as_is
takes array stop r5

# It comes back.
dm_create r5 "$(table "readd 1")"
synced r5
is_health AAAA || fail "the health is $(health) after it came back"
same
takes array stop r5
same_data
