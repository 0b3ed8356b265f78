#!/bin/bash
# Resync of raid5: the parity of a new array of disks full of anything is made right;
# so it is after a power cut, while the array is written, or, with the write-intent
# log, where that marks it and nowhere else.
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
helper log-marks

marks() {
	log-marks "${paths[0]}" "${paths[1]}" | cut -d ' ' -f 1
}

has_marks() {
	[ "$(marks)" = "$1" ]
}

members 4 24 cache
randomise "${paths[@]}"
undo drop_arrays
create --force
model_as_is
synced r5
same
takes array stop r5
same_data

# Without logs, all of it is unsure after a power cut; and all of it is wrong.
dm_create r5 "$(table "no_log no_ppl")"
dd if=/dev/urandom of="$dev" bs=64k count=16 oflag=direct status=none
cut_power
dd if=/dev/urandom of="${paths[1]}" bs=1M seek=1 oflag=direct status=none 2>/dev/null || true
dm_create r5 "$(table "max_recovery_rate 4096")"
model_as_is
wait_for 10 is_doing r5 resync || fail "no resync: $(dmsetup status r5)"
seconds=3 exercise 1 4 2560 200
seconds=3 exercise 2 4 69632 100
is_synced r5 && echo "the resync ended before the writes did"
# In the middle of it, it is recorded, and it goes on from there.
dmsetup suspend --noudevsync --nolockfs r5
at=$(sync_done r5)
dmsetup load r5 --table "$(table "")"
before=$(sectors_read "${paths[0]}")
dmsetup resume --noudevsync r5
synced r5
[ $(($(sectors_read "${paths[0]}") - before)) -lt $((per_member - at + 1024)) ] ||
	fail "suspended at $at, resync read $(($(sectors_read "${paths[0]}") - before)) sectors afterwards"
same
takes array stop r5
same_data

# Nothing is done again after it was stopped as it should be.
before=$(sectors_read "${paths[3]}")
dm_create r5 "$(table no_ppl)"
is_synced r5 || fail "not in sync after a clean stop: $(dmsetup status r5)"
[ $(($(sectors_read "${paths[3]}") - before)) -lt 2048 ] || fail "a clean array was read through"

# Three regions are marked, then the power fails, and there is no other log; the parity is wrong in one of
# them, and in one that isn't marked.
wait_for 60 has_marks 0 || fail "$(marks) regions stay marked"
put() {
	dd if=/dev/urandom of="$1" bs=512 seek="$2" count="$3" oflag=direct status=none
}
# What is there is written once more: a mark goes a few seconds after the last write.
again() {
	dd if="$dev" of="$LAB_DIR/again" bs=512 skip="$1" count="$2" status=none
	dd if="$LAB_DIR/again" of="$dev" bs=512 seek="$1" oflag=direct conv=notrunc status=none
}
put "$dev" 0 8
put "$dev" $((3 * 9 * 256)) $((3 * 256))
model_as_is
again 0 8
again $((3 * 9 * 256)) $((3 * 256))
sync "$dev"
has_marks 2 || fail "$(marks) regions are marked, not 2"
cut_power
has_marks 2 || fail "after the power cut $(marks) regions are marked, not 2"
put "${paths[1]}" $((data + 9 * 256 + 1 * 128 + 17)) 5
put "${paths[2]}" $((data + 60 * 256)) 2
before=$(sectors_read "${paths[0]}")
dm_create r5 "$(table "")"
synced r5
before=$(($(sectors_read "${paths[0]}") - before))
[ "$before" -ge 512 ] && [ "$before" -le 900 ] ||
	fail "$before sectors of a member were read to resynchronise 2 regions"
dmsetup message r5 0 check
synced r5
[ "$(mismatches r5)" = 2 ] || fail "$(mismatches r5) sectors differ, not just the 2 that were not marked"
dmsetup message r5 0 repair
synced r5
# What was planted was planted in data: that is the truth.
model_as_is
takes array stop r5
same_data

# Before resync has come there, a member is lost: what was written is there all the
# same, as its parity was not built on what was wrong.
dm_create r5 "$(table "no_log no_ppl")"
dd if=/dev/urandom of="$dev" bs=64k count=16 oflag=direct status=none
cut_power
dd if=/dev/urandom of="${paths[1]}" bs=1M seek=1 oflag=direct status=none 2>/dev/null || true
dm_create r5 "$(table "max_recovery_rate 256")"
dmsetup message r5 0 frozen
for sector in $(seq 32000 53 36000); do
	dd if=/dev/urandom of="$dev" bs=512 seek="$sector" count=1 oflag=direct status=none
done
model_as_is
dmsetup message r5 0 fail 2
for sector in $(seq 32000 53 36000); do
	cmp -n 512 -i $((sector * 512)) "$dev" "$model" ||
		fail "sector $sector, written before resync, was lost with a member"
done
