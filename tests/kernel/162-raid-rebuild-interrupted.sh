#!/bin/bash
# A rebuild that is interrupted goes on from where it was recorded: after a
# suspend, after a power cut (CUTS says how many). Until it has ended its leg counts for nothing.
# runs: uml
# timeout: 3000
. "$(dirname "$0")/lib.sh"
. "$(dirname "$0")/braidctl.sh"
. "$(dirname "$0")/super.sh"
. "$(dirname "$0")/sync.sh"

# table FEATURES
table() {
	mirror_line "$size" "$uuid" "$1" "$a" "$b"
}

rebuilt() {
	echo $(($(json .rebuilt_bytes array examine "$b") / 512))
}

has_recorded() {
	[ "$(rebuilt)" -gt 0 ]
}

helper member-for
a=$(disk a 24 cache)
b=$(disk b 24 cache)
undo drop_arrays
takes array create mirror --level raid1 "$a" "$b" >"$LAB_DIR/out"
synced mirror
dd if=/dev/urandom of=/dev/mapper/mirror bs=1M count=22 oflag=direct status=none
uuid=$(uuid_of "$a")
size=$(sectors /dev/mapper/mirror)
takes array stop mirror
dd if=/dev/zero of="$b" bs=1M oflag=direct status=none 2>/dev/null || true
member-for "$a" "$b" 1

# A suspend records exactly what was done.
dm_create mirror "$(table "rebuild 1 max_recovery_rate 1024")"
wait_for 30 is_past mirror 4096 || fail "no rebuild: $(dmsetup status mirror)"
dmsetup suspend --noudevsync --nolockfs mirror
at=$(sync_done mirror)
[ "$(rebuilt)" = "$at" ] || fail "suspended at $at, $(rebuilt) is recorded"
[ "$at" -lt "$size" ] || fail "it had ended"
# The same table again, with its word, must not begin from the beginning.
dmsetup resume --noudevsync mirror
[ "$(sync_done mirror)" -ge "$at" ] || fail "resumed, it goes on at $(sync_done mirror), not $at"

# A power cut loses no more than what was done since it was recorded last.
wait_for 30 is_past mirror $((at + 2048)) || fail "it does not go on: $(dmsetup status mirror)"
power_cut a
power_cut b
dmsetup remove --noudevsync --retry mirror
a=$(power_on a)
b=$(power_on b)
[ "$(rebuilt)" -ge "$at" ] || fail "$at was recorded, after a power cut it is $(rebuilt)"
[ "$(slot_state "$a" 1)" = "being rebuilt" ] || fail "after a power cut the survivor calls slot 1 '$(slot_state "$a" 1)'"

# Again and again, at any moment; from the beginning once it has come to its end.
at=$(rebuilt)
words=
for ((cut = 2; cut <= ${CUTS:-1}; cut++)); do
	if [ "$(slot_state "$a" 1)" != "being rebuilt" ]; then
		member-for "$a" "$b" 1
		words="rebuild 1" at=0
	fi
	dm_create mirror "$(table "$words max_recovery_rate $((512 << RANDOM % 5))")"
	words=
	sleep "0.$((RANDOM % 90 + 10))"
	power_cut a
	power_cut b
	dmsetup remove --noudevsync --retry mirror
	a=$(power_on a)
	b=$(power_on b)
	case $(slot_state "$a" 1) in
	"being rebuilt") [ "$(rebuilt)" -ge "$at" ] || fail "cut $cut: $at was recorded, after a power cut it is $(rebuilt)" ;;
	used) alike "$a" "$b" ;;
	*) fail "cut $cut: the survivor calls slot 1 '$(slot_state "$a" 1)'" ;;
	esac
	at=$(rebuilt)
done
if [ "$(slot_state "$a" 1)" = used ]; then
	member-for "$a" "$b" 1
	dm_create mirror "$(table "rebuild 1 max_recovery_rate 512")"
	takes array stop mirror
fi

# What it has already is not read again. (Its log does not say so; its disk does.)
at=$(rebuilt)
written=$(sectors_written "$b")
dm_create mirror "$(table "max_recovery_rate 8192")"
[ "$(health mirror)" = Aa ] || fail "the health is $(health mirror) after a power cut"
synced mirror
[ "$(health mirror)" = AA ] || fail "the health is $(health mirror) after the rebuild"
written=$(($(sectors_written "$b") - written))
[ "$written" -le $((size - at + 1024)) ] || fail "$written sectors were written, $((size - at)) were lacking"
takes array stop mirror
alike "$a" "$b"

# A whole rebuild, cut right after it said that it has ended.
member-for "$a" "$b" 1
dm_create mirror "$(table "rebuild 1")"
synced mirror
power_cut a
power_cut b
dmsetup remove --noudevsync --retry mirror
a=$(power_on a)
b=$(power_on b)
[ "$(slot_state "$a" 1)$(slot_state "$b" 1)" = usedused ] || fail "the end of the rebuild was forgotten"
alike "$a" "$b"

# The new leg fails: it is given up, and the mirror goes on.
member-for "$a" "$b" 1
dm_create mirror "$(table "rebuild 1 max_recovery_rate 1024")"
wait_for 10 is_doing mirror recover || fail "no rebuild: $(dmsetup status mirror)"
dmsetup message mirror 0 fail 1
[ "$(health mirror)" = AD ] || fail "the health is $(health mirror) after the new leg was given up"
[ "$(slot_state "$a" 1)" = lost ] || fail "the survivor calls slot 1 '$(slot_state "$a" 1)'"
wait_for 10 is_doing mirror idle || fail "it goes on without a leg: $(dmsetup status mirror)"
dd if=/dev/zero of=/dev/mapper/mirror bs=1M count=1 oflag=direct status=none
takes array stop mirror

# It comes back: the log knows what was written since it was lost, but not what it
# lacked before that.
dd if=/dev/urandom of="$b" bs=1M seek=16 count=2 oflag=direct status=none
dm_create mirror "$(table "readd 1")"
synced mirror
[ "$(health mirror)" = AA ] || fail "the health is $(health mirror) after it came back"
takes array stop mirror
alike "$a" "$b"
