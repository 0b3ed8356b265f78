#!/bin/bash
# The first image of a device under load, with the replica killed in between:
# it is the device at one instant, by the hashes of both sides.
# runs: uml vm smp
# timeout: 240
. "$(dirname "$0")/lib.sh"
. "$(dirname "$0")/agent.sh"

origin=$(disk origin 96)
meta=$(disk meta 64)
image=$(disk image 96)
vol=/dev/mapper/vol
dd if=/dev/urandom of="$origin" bs=1M count=96 oflag=direct status=none
dm_create vol "0 $(sectors "$origin") braid-track $meta $origin 128"

agent_config src source <<X
[source]
device = $vol
mode = track
view = whole
verify = sha256
peer = 127.0.0.1:7423
interval = 0
X
agent_config rep replica <<X
[replica]
listen = 127.0.0.1:7423
image = $image
X

while [ ! -e "$agent/enough" ]; do
	dd if=/dev/urandom of=$vol bs=64k count=2 seek=$((RANDOM % 1500)) oflag=direct conv=notrunc status=none
done &
load=$!
undo touch "$agent/enough"

agent_start rep
agent_start src
wait_for 60 is_state src idle || fail "the source did not connect"
ship src >/dev/null &
sleep 0.4
agent_kill rep KILL
wait "$!" || true
rm -f "$agent/rep.sock"
agent_start rep
[ "$(status rep image_state)" != committed ] || skip "the first image was too fast to be cut"
wait_for 60 is_state src idle || fail "the source did not connect again"
era=$(ship src)
[ -n "$era" ] || fail "no first image: $(tail -n 1 "$agent/src.log")"
hashes() {
	grep -q "era $era sha256 .*" "$agent/src.log" && grep -q "era $era sha256 .*" "$agent/rep.log"
}
wait_for 60 hashes || fail "no hashes of era $era"
a=$(grep -o "era $era sha256 .*" "$agent/src.log")
b=$(grep -o "era $era sha256 .*" "$agent/rep.log")
[ "$a" = "$b" ] || fail "the first image is not the device at one instant"
touch "$agent/enough"
wait "$load" || true
era=$(ship src)
wait_for 60 is_state rep receiving
dd if=$vol bs=1M iflag=direct status=none | cmp - "$image" || fail "the image of era $era differs"
