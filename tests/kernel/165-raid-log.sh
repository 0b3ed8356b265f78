#!/bin/bash
# The write-intent log: marks go when nothing is written any more, stay while a
# leg is lacking, and after a power cut no more than what is marked is compared.
# runs: uml vm
# timeout: 240
. "$(dirname "$0")/lib.sh"
. "$(dirname "$0")/braidctl.sh"
. "$(dirname "$0")/super.sh"
. "$(dirname "$0")/sync.sh"

# put SECTOR COUNT [DEV [OFFSET]]
put() {
	dd if=/dev/urandom of="${3:-/dev/mapper/mirror}" bs=$((512 * $2)) seek=$((512 * ($1 + ${4:-0}))) count=1 \
		iflag=fullblock oflag=direct,seek_bytes status=none
}

marks() {
	log-marks "$a" "$b" | cut -d ' ' -f 1
}

has_marks() {
	[ "$(marks)" = "$1" ]
}

helper log-marks
a=$(disk a 64 cache)
b=$(disk b 64 cache)
undo drop_arrays
takes array create mirror --level raid1 "$a" "$b" >"$LAB_DIR/out"
synced mirror
uuid=$(uuid_of "$a")
size=$(sectors /dev/mapper/mirror)
has_marks 0 || fail "$(marks) regions of a new mirror are marked"
put 0 8
put $((100 * 256 - 4)) 8
has_marks 3 || fail "$(marks) regions are marked, not 3"
wait_for 60 has_marks 0 || fail "$(marks) regions stay marked"

# Three regions are marked, then the power fails; one differs, and one that is not.
put $((7 * 256)) 8
put $((9 * 256 + 100)) 300
power_cut a
power_cut b
dmsetup remove --noudevsync --retry mirror
a=$(power_on a)
b=$(power_on b)
has_marks 3 || fail "after the power cut $(marks) regions are marked, not 3"
put $((9 * 256 + 17)) 5 "$b" 2048
put $((200 * 256)) 2 "$b" 2048
read_before=$(sectors_read "$b")
dm_create mirror "$(mirror_line "$size" "$uuid" "" "$a" "$b")"
synced mirror
read_sectors=$(($(sectors_read "$b") - read_before))
[ "$read_sectors" -ge 768 ] && [ "$read_sectors" -le 1024 ] ||
	fail "$read_sectors sectors of a leg were read to resynchronise 3 regions"
dmsetup message mirror 0 check
synced mirror
[ "$(mismatches mirror)" = 2 ] || fail "$(mismatches mirror) sectors differ, not just the 2 that were not marked"
dmsetup message mirror 0 repair
synced mirror

# A resync that is interrupted goes on with what is left of it.
put $((50 * 256)) $((20 * 256))
power_cut a
power_cut b
dmsetup remove --noudevsync --retry mirror
a=$(power_on a)
b=$(power_on b)
put $((69 * 256)) 1 "$b" 2048
dm_create mirror "$(mirror_line "$size" "$uuid" "max_recovery_rate 512" "$a" "$b")"
wait_for 20 is_past mirror $((53 * 256)) || fail "no resync: $(dmsetup status mirror)"
dmsetup message mirror 0 frozen
takes array stop mirror
expect 'in use' .state array examine "$a"
dm_create mirror "$(mirror_line "$size" "$uuid" "" "$a" "$b")"
synced mirror
alike "$a" "$b"

# Degraded, nothing is forgotten; not even over a clean stop.
dmsetup message mirror 0 fail 1
put $((300 * 256)) 8
sleep 8
takes array stop mirror
dm_create mirror "$(mirror_line "$size" "$uuid" "" "$a" -)"
sleep 8
log-marks "$a" | grep '^[1-9]' >/dev/null || fail "a mark was taken away while a leg is lacking"
takes array stop mirror

# Without a log all is compared, and the log that was there isn't believed later.
takes array create mirror --level raid1 --force "$a" "$b" >"$LAB_DIR/out"
synced mirror
takes array stop mirror
uuid=$(uuid_of "$a")
dm_create mirror "$(mirror_line "$size" "$uuid" "no_log" "$a" "$b")"
dmsetup table mirror | grep -q ' no_log ' || fail "the table is $(dmsetup table mirror)"
log-marks "$a" 2>/dev/null && fail "the log that is not kept up was left"
put 0 8
power_cut a
power_cut b
dmsetup remove --noudevsync --retry mirror
a=$(power_on a)
b=$(power_on b)
put $((200 * 256)) 2 "$b" 2048
dm_create mirror "$(mirror_line "$size" "$uuid" "" "$a" "$b")"
synced mirror
alike "$a" "$b"
