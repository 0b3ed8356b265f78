#!/bin/bash
# A member of raid5 is lost while others have in their caches what its data would be
# computed from; then the power fails. What it held since long is still there: the
# others were flushed before they said that it is lost.
# runs: uml
# timeout: 120
# shellcheck disable=SC2119 # health is raid5.sh's, not super.sh's
. "$(dirname "$0")/lib.sh"
. "$(dirname "$0")/braidctl.sh"
. "$(dirname "$0")/super.sh"
. "$(dirname "$0")/raid5.sh"
. "$(dirname "$0")/sync.sh"
. "$(dirname "$0")/sync5.sh"

# row KB: new data for a block of the first row.
row() {
	dd if="$LAB_DIR/$1" of="$dev" bs=4k count=1 seek=$(($1 / 4)) oflag=direct conv=notrunc status=none
}

members 4 16 cache
undo drop_arrays
create --assume-clean --no-ppl
head -c 4096 /dev/urandom >"$LAB_DIR/0"
head -c 4096 /dev/urandom >"$LAB_DIR/64"

# The first is durable, with its parity; of the second the parity takes the place of
# a page that is, its data doesn't.
row 0
sync "$dev"
row 64
dmsetup message r5 0 fail 0
is_health DAAA || fail "the health is $(health) after message fail 0"
cut_power
takes array assemble r5 --force >"$LAB_DIR/out"
is_health -AAA || is_health DAAA || fail "the health is $(health) without slot 0"
cmp -n 4096 "$dev" "$LAB_DIR/0" || fail "what was flushed before the member was lost isn't there any more"
takes array stop r5
