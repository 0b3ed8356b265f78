#!/bin/bash
# Somebody writes to the image behind the replica's back: with verify = sha256
# the next era notices, and the one after it mends.
# timeout: 180
. "$(dirname "$0")/lib.sh"

device 8
source_config 0
replica_config
start rep
start src
wait_for 5 is src state idle
ship >/dev/null
same "the first image"
printf rot | dd of="$dir/rep.img" bs=1 seek=123456 conv=notrunc status=none
scribble 3
ship >/dev/null || true
wait_for 10 grep -q 'differs from what the source has' "$dir/rep.log" || fail "nobody noticed"
is rep diverged true || fail "the status does not tell"
stop src
said=$("$bin/braidctl" promote --control "$dir/rep.sock" 2>&1 || true)
[[ $said == *'known to differ'* ]] || fail "promote without force says '$said'"
[ "$(field rep image_state)" = committed ] || fail "it was promoted without force"
start src
wait_for 10 is src state idle || fail "the source did not come back: $(field src error)"
[ -n "$(ship)" ] || fail "no era came after it"
same "mended"
is rep diverged false || fail "the status still tells"

# Found at the start as well, where the fingerprints say something else.
stop rep
head -c 8388608 /dev/urandom | dd of="$dir/rep.img" conv=notrunc status=none
("$bin/braidd" -c "$dir/rep.conf" 2>&1 || true) | grep -q 'is not the one' || fail "another image was taken"
