#!/bin/bash
# A view is exported by NBD, and what a client reads from it is the era, while the
# tracked device is overwritten.
# runs: uml
. "$(dirname "$0")/lib.sh"
. "$(dirname "$0")/track.sh"
requires program nbdkit
requires program nbdcopy

tracked 16 64 128
fill "$vol"
want=$(digest "$vol")
era=$(message close whole 0)
show "$era"
socket=$LAB_DIR/socket
nbdkit --readonly --foreground --unix "$socket" file "/dev/mapper/view-$era" >"$LAB_DIR/nbdkit" 2>&1 &
server=$!
undo sh -c "kill $server 2>/dev/null"
wait_for 20 test -S "$socket" || fail "nbdkit did not start: $(cat "$LAB_DIR/nbdkit")"
fill "$vol" &
nbdcopy "nbd+unix:///?socket=$socket" "$LAB_DIR/copy" || fail "nbdcopy could not read the view"
wait "$!" || true
[ "$(checksum "$LAB_DIR/copy")" = "$want" ] || fail "the client's copy is not the era"
nbdcopy "nbd+unix:///?socket=$socket" "$LAB_DIR/copy"
[ "$(checksum "$LAB_DIR/copy")" = "$want" ] || fail "a second copy is not the era"
[ "$(digest "$vol")" != "$want" ] || fail "nothing was overwritten: the test proves nothing"
kill "$server"
wait "$server" || true
end_view "$era"
