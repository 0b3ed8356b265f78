#!/bin/bash
# Resync: of a new mirror, and after a power cut. The legs are alike afterwards;
# before, what was read once is read again.
# runs: uml vm
# timeout: 240
. "$(dirname "$0")/lib.sh"
. "$(dirname "$0")/braidctl.sh"
. "$(dirname "$0")/super.sh"
. "$(dirname "$0")/sync.sh"

a=$(disk a 24 cache)
b=$(disk b 24 cache)
dd if=/dev/urandom of="$a" bs=1M oflag=direct status=none || true
dd if=/dev/urandom of="$b" bs=1M oflag=direct status=none || true
undo drop_arrays

# The first leg is the truth of a new mirror.
takes array create mirror --level raid1 --force "$a" "$b" >"$LAB_DIR/out"
before=$(data_of "$a" | sha256sum)
synced mirror
alike "$a" "$b"
[ "$(data_of "$a" | sha256sum)" = "$before" ] || fail "resync changed the first leg"
[ "$(events mirror)" -ge 2 ] || fail "there were $(events mirror) events"
takes array stop mirror
expect clean .state array examine "$a"

# Nothing is done again after it was stopped as it should be.
read_before=$(sectors_read "$b")
takes array assemble mirror >"$LAB_DIR/out"
is_synced mirror || fail "not in sync after a clean stop: $(dmsetup status mirror)"
[ $(($(sectors_read "$b") - read_before)) -lt 2048 ] || fail "a clean array was read through"

# A power cut: what was under way may be on one leg and not on the other.
dd if=/dev/urandom of=/dev/mapper/mirror bs=64k count=64 oflag=direct status=none
power_cut a
power_cut b
dmsetup remove --noudevsync --retry mirror
a=$(power_on a)
b=$(power_on b)
uuid=$(uuid_of "$a")
size=$(($(sectors "$a") - 2048))
dd if=/dev/urandom of="$b" bs=64k count=2 seek=17 oflag=direct status=none
dd if=/dev/urandom of="$LAB_DIR/other" bs=64k count=2 status=none
dd if="$LAB_DIR/other" of="$a" bs=64k seek=17 oflag=direct status=none
dm_create mirror "$(mirror_line "$size" "$uuid" "max_recovery_rate 256" "$a" "$b")"
dmsetup message mirror 0 frozen
is_doing mirror frozen || fail "frozen, the action is $(sync_action mirror)"
is_synced mirror && fail "an array that was not stopped counts as synchronised"
for _ in $(seq 1 16); do
	dd if=/dev/mapper/mirror bs=64k skip=1 count=2 iflag=direct status=none | cmp - "$LAB_DIR/other" ||
		fail "a read of what is not in sync was served from another leg than the first"
done
dmsetup message mirror 0 resync
wait_for 20 is_past mirror 256 || fail "resync does not go on: $(dmsetup status mirror)"
# Suspended in the middle, it goes on from where it was.
dmsetup suspend --noudevsync --nolockfs mirror
at=$(sync_done mirror)
dmsetup load mirror --table "$(mirror_line "$size" "$uuid" "" "$a" "$b")"
read_before=$(sectors_read "$b")
dmsetup resume --noudevsync mirror
synced mirror
[ $(($(sectors_read "$b") - read_before)) -lt $((size - at + 1024)) ] ||
	fail "suspended at $at, resync read $(($(sectors_read "$b") - read_before)) sectors afterwards"
alike "$a" "$b"
takes array stop mirror
