#!/bin/bash
# What the partial parity log of raid5 makes of an array that was not stopped: an
# older entry doesn't bring back the parity of data that repair has taken as it is;
# nothing is synchronised, but what only the write-intent log knows; and as long as
# that is not done, it isn't started without a member.
# runs: uml
# timeout: 60
# shellcheck disable=SC2119 # health is raid5.sh's, not super.sh's
. "$(dirname "$0")/lib.sh"
. "$(dirname "$0")/braidctl.sh"
. "$(dirname "$0")/super.sh"
. "$(dirname "$0")/raid5.sh"
. "$(dirname "$0")/sync.sh"
. "$(dirname "$0")/sync5.sh"

# put DEV SECTOR COUNT
put() {
	dd if=/dev/urandom of="$1" bs=512 seek="$2" count="$3" oflag=direct conv=notrunc,fsync status=none
}

members 4 8 cache
undo drop_arrays
create --assume-clean

# The entry of the first row has slot 0 as written, and the sum of slots 1 and 2. Then
# slot 1 rots, and repair makes the parity that of what is there.
put "$dev" 0 8
put "${paths[1]}" $((data + 3)) 2
dmsetup message r5 0 repair
synced r5
[ "$(mismatches r5)" = 2 ] || fail "$(mismatches r5) sectors differ, not 2"
model_as_is
cut_power
dm_create r5 "$(table "")"
is_synced r5 || fail "after a replay, this is done: $(dmsetup status r5)"
dmsetup message r5 0 check
synced r5
[ "$(mismatches r5)" = 0 ] || fail "replay brought back the parity of data that isn't there any more"
same
takes array stop r5

# Without the log the power fails: only the marks know where. Before all of that has
# been synchronised a member is lost, and the power fails again: the log doesn't have it.
dm_create r5 "$(table no_ppl)"
put "$dev" 0 8
cut_power
dm_create r5 "$(table "max_recovery_rate 16")"
is_synced r5 && fail "nothing is to be synchronised where the marks are"
dmsetup message r5 0 fail 1
cut_power
declines 1 'was not stopped as it should be' array assemble r5
takes array assemble r5 --force >"$LAB_DIR/out"
