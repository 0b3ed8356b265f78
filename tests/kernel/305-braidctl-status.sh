#!/bin/bash
# braidctl status shows an array, what is tracked on it and its volume, and how
# many bytes would be lost: none after an era, as many as changed since.
# runs: uml
# timeout: 150
. "$(dirname "$0")/lib.sh"
. "$(dirname "$0")/agent.sh"
. "$(dirname "$0")/braidctl.sh"

a=$(disk a 32)
b=$(disk b 32)
meta=$(disk meta 32)
image=$(disk image 32)
undo sh -c 'dmsetup remove --noudevsync --retry vol; dmsetup remove --noudevsync --retry mirror'
takes array create mirror --level raid1 "$a" "$b" >"$LAB_DIR/out"
takes track attach vol /dev/mapper/mirror --meta "$meta" >"$LAB_DIR/out"

agent_config vol source <<X
[source]
device = /dev/mapper/vol
mode = track
view = shipped
peer = 127.0.0.1:7431
interval = 0
X
agent_config far replica <<X
[replica]
listen = 127.0.0.1:7431
image = $image
X
agent_start far
agent_start vol
wait_for 10 is_state vol idle || fail "the source did not connect"
risk() {
	json ".volumes[0].risk.$1" replica status --control "$agent/vol.sock"
}
[ "$(json '.volumes[0].risk' replica status --control "$agent/vol.sock")" = null ] ||
	fail "there is a risk in figures though nothing was committed"
takes replica status --control "$agent/vol.sock" | grep -q 'would lose everything' ||
	fail "no word on that all would be lost"

takes replica ship --control "$agent/vol.sock" >"$LAB_DIR/out"
[ "$(risk bytes)" = 0 ] || fail "after an era $(risk bytes) bytes would be lost"
dd if=/dev/urandom of=/dev/mapper/vol bs=64k count=3 seek=7 oflag=direct conv=notrunc status=none
[ "$(risk bytes)" = 196608 ] || fail "after three blocks $(risk bytes) bytes would be lost"
takes replica status --control "$agent/vol.sock" | grep -q 'would lose .* s, at most 192.0 KiB' ||
	fail "the sentence is wrong: $(takes replica status --control "$agent/vol.sock")"
takes replica ship --control "$agent/vol.sock" >"$LAB_DIR/out"
[ "$(risk bytes)" = 0 ] || fail "after another era $(risk bytes) bytes would be lost"

# At a glance; the volumes are found by their sockets or configurations.
mkdir -p /run/braid
ln -s "$agent/vol.sock" /run/braid/vol.sock
undo rm -f /run/braid/vol.sock
expect mirror '.arrays[0].name' status
expect vol '.tracks[0].name' status
expect vol '.volumes[0].name' status
expect '[]' .arrays status vol
takes status vol >"$LAB_DIR/out"
grep -q '^VOLUME' "$LAB_DIR/out" && grep -q '^TRACK' "$LAB_DIR/out" ||
	fail "status vol prints $(cat "$LAB_DIR/out")"
refused 1 'nothing is called nemo' status nemo


# What something stands on stays.
refused 1 'mirror: it is in use' array stop mirror
agent_kill vol TERM
agent_kill far TERM
takes track detach vol
takes array stop mirror
