#!/bin/bash
# A raid5 that lacks a member, and whose parity was not established everywhere, isn't
# assembled without a word, even if it was stopped as it should be.
# runs: uml
# timeout: 120
# shellcheck disable=SC2119 # health is raid5.sh's, not super.sh's
. "$(dirname "$0")/lib.sh"
. "$(dirname "$0")/braidctl.sh"
. "$(dirname "$0")/super.sh"
. "$(dirname "$0")/raid5.sh"
. "$(dirname "$0")/sync.sh"
. "$(dirname "$0")/sync5.sh"

members 4 16 cache
undo drop_arrays
create
synced r5
takes array stop r5

# Without logs all of it is unsure after a power cut, and a rebuild would take long.
dm_create r5 "$(table "no_log no_ppl")"
cut_power
dm_create r5 "$(table "no_log no_ppl max_recovery_rate 64")"
is_synced r5 && fail "nothing is to be synchronised after a power cut without a log"
dmsetup message r5 0 fail 0
takes array stop r5

declines 1 'its parity was never established everywhere' array assemble r5
takes array assemble r5 --force >"$LAB_DIR/out"
dmesg | grep 'a device is lacking and parity may be wrong' >/dev/null || fail "the kernel has nothing to say of it"
takes array stop r5
