#!/bin/bash
# A member that was away comes back: only what changed since is copied, if the log can
# tell; content that was written to it meanwhile is not lost without a word.
# runs: uml
# timeout: 150
. "$(dirname "$0")/lib.sh"
. "$(dirname "$0")/braidctl.sh"
. "$(dirname "$0")/super.sh"
. "$(dirname "$0")/sync.sh"

a=$(disk a 64)
b=$(disk b 64)
undo drop_arrays
takes array create mirror --level raid1 "$a" "$b" >"$LAB_DIR/out"
takes array wait mirror --timeout 100
dd if=/dev/urandom of=/dev/mapper/mirror bs=1M count=60 oflag=direct status=none
expect true '.arrays[0].log' array status mirror
# What was written a moment ago is marked still, and would be copied: not after a stop.
takes array stop mirror
takes array assemble mirror >"$LAB_DIR/out"
takes array fail mirror "$b"
takes array remove mirror "$b"
dd if=/dev/urandom of=/dev/mapper/mirror bs=64k seek=100 count=4 oflag=direct conv=notrunc status=none
before=$(sectors_written "$b")
expect readd .how array add mirror "$b"
takes array wait mirror --timeout 100
[ "$(health mirror)" = AA ] || fail "the health is $(health mirror)"
written=$(($(sectors_written "$b") - before))
[ "$written" -lt 20000 ] || fail "$written sectors were written, for 512 that changed"
alike "$a" "$b"

# It was assembled alone meanwhile, and both went on.
takes array fail mirror "$b"
takes array remove mirror "$b"
takes array stop mirror
takes array assemble "$b" --force >"$LAB_DIR/out"
dd if=/dev/urandom of=/dev/mapper/mirror bs=64k count=1 oflag=direct conv=notrunc status=none
takes array stop mirror
sum=$(data_of "$b" | sha256sum)
takes array assemble "$a" >"$LAB_DIR/out"
declines 1 "$b was used while the array went on without it" array add mirror "$b"
[ "$(data_of "$b" | sha256sum)" = "$sum" ] || fail "a refused command wrote to the device"
expect rebuild .how array add mirror "$b" --force
takes array wait mirror --timeout 100
alike "$a" "$b"
