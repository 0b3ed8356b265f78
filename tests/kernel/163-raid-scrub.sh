#!/bin/bash
# check finds what was planted, to the sector, and changes nothing; repair mends it.
# Messages in every state.
# runs: uml
# timeout: 120
. "$(dirname "$0")/lib.sh"
. "$(dirname "$0")/braidctl.sh"
. "$(dirname "$0")/super.sh"
. "$(dirname "$0")/sync.sh"

# message WORD...: must be taken; declined WORD...: must not.
message() {
	dmsetup message mirror 0 "$@" || fail "the message '$*' was refused"
}

declined() {
	if dmsetup message mirror 0 "$@" 2>/dev/null; then
		fail "the message '$*' was taken"
	fi
}

a=$(disk a 16)
b=$(disk b 16)
c=$(disk c 16)
undo drop_arrays
takes array create mirror --level raid1 "$a" "$b" "$c" >"$LAB_DIR/out"
synced mirror
dd if=/dev/urandom of=/dev/mapper/mirror bs=1M count=15 oflag=direct status=none
message check
synced mirror
[ "$(mismatches mirror)" = 0 ] || fail "$(mismatches mirror) sectors of a new mirror differ"

# Seven sectors: two of them on both other legs, one the very last.
plant() {
	dd if=/dev/urandom of="$1" bs=512 seek=$((2048 + $2)) count="$3" oflag=direct status=none
}
plant "$b" 100 3
plant "$c" 101 2
plant "$c" 255 2
plant "$b" 9000 1
plant "$b" $((15 * 2048 - 1)) 1
bad=$(data_of "$b" | sha256sum)
seen=$(events mirror)
message check
synced mirror
[ "$(mismatches mirror)" = 7 ] || fail "check found $(mismatches mirror) sectors, not 7"
[ "$(data_of "$b" | sha256sum)" = "$bad" ] || fail "check changed something"
[ "$(events mirror)" -ge $((seen + 1)) ] || fail "no event at the end of a check"
message repair
synced mirror
[ "$(mismatches mirror)" = 7 ] || fail "repair found $(mismatches mirror) sectors, not 7"
alike "$a" "$b" "$c"
message check
synced mirror
[ "$(mismatches mirror)" = 0 ] || fail "$(mismatches mirror) sectors differ after repair"

# One at a time, and any of them can be stopped.
uuid=$(uuid_of "$a")
swap mirror "$(mirror_line 30720 "$uuid" "min_recovery_rate 256 max_recovery_rate 512" "$a" "$b" "$c")"
dmsetup table mirror | grep -q " 6 superblock $uuid min_recovery_rate 256 max_recovery_rate 512 3 " ||
	fail "the table is $(dmsetup table mirror)"
message check
wait_for 10 is_doing mirror check || fail "no check: $(dmsetup status mirror)"
message check
declined repair
declined resync
message idle
is_synced mirror || fail "after idle: $(dmsetup status mirror)"
message repair
wait_for 10 is_doing mirror repair || fail "no repair: $(dmsetup status mirror)"
message frozen
is_doing mirror frozen || fail "after frozen: $(dmsetup status mirror)"
message check
wait_for 10 is_doing mirror check || fail "no check after frozen: $(dmsetup status mirror)"
declined
declined sync
declined check now
dmsetup suspend --noudevsync --nolockfs mirror
declined check
dmsetup resume --noudevsync mirror
is_synced mirror || fail "a check goes on after a resume: $(dmsetup status mirror)"
takes array stop mirror

# Without superblocks, too, and where the last piece is short; but not without
# redundancy.
dm_create plain "0 20488 braid-raid raid1 0 0 2 $a $b"
dmsetup message plain 0 check
synced plain
dm_remove plain
dm_create stripe "0 20480 braid-raid raid0 8 0 2 $a $b"
if dmsetup message stripe 0 check 2>/dev/null; then
	fail "raid0 took the message check"
fi
