#!/bin/bash
# Writes to a tracked device go on, and are right, with the replica stopped and
# with a copy store that is far too small; replication catches up by itself.
# runs: uml vm
# timeout: 240
. "$(dirname "$0")/lib.sh"
. "$(dirname "$0")/agent.sh"

origin=$(disk origin 48)
meta=$(disk meta 2)
image=$(disk image 48)
vol=/dev/mapper/vol
dm_create vol "0 $(sectors "$origin") braid-track $meta $origin 128"
dd if=/dev/urandom of=$vol bs=1M count=48 oflag=direct status=none

agent_config src source <<X
[source]
device = $vol
mode = track
peer = 127.0.0.1:7422
interval = 1
X
agent_config rep replica <<X
[replica]
listen = 127.0.0.1:7422
image = $image
X

# load: until "$agent/enough" is there; whatever fails or is read back wrong is
# a line in "$agent/harm".
load() {
	local n=0 at
	while [ ! -e "$agent/enough" ]; do
		at=$((RANDOM % 740))
		head -c 65536 /dev/urandom >"$agent/piece"
		dd if="$agent/piece" of=$vol bs=64k seek=$at count=1 oflag=direct conv=notrunc status=none ||
			echo "write $at failed" >>"$agent/harm"
		dd if=$vol bs=64k skip=$at count=1 iflag=direct status=none | cmp -s - "$agent/piece" ||
			echo "$at reads wrong" >>"$agent/harm"
		n=$((n + 1))
		echo $n >"$agent/writes"
	done
}

load &
loader=$!

# unharmed WHEN: since last time there were writes, and none went wrong.
last=0
unharmed() {
	local now
	sleep 1
	now=$(cat "$agent/writes")
	[ "$now" -gt "$last" ] || fail "no write was done $1"
	[ ! -e "$agent/harm" ] || fail "$1: $(head -n 1 "$agent/harm")"
	last=$now
}

agent_start src
sleep 1
unharmed "without a replica"
agent_start rep
sleep 3
unharmed "with a copy store too small"
agent_kill rep KILL
sleep 1
unharmed "with the replica killed"
agent_start rep
agent_kill src KILL
unharmed "with the source killed"
rm -f "$agent/src.sock"
agent_start src
sleep 2
touch "$agent/enough"
wait "$loader"
unharmed "at the end" 2>/dev/null || [ ! -e "$agent/harm" ] || fail "$(head -n 1 "$agent/harm")"

wait_for 60 is_state src idle || true
era=$(status src era)
later() {
	[ "$(status src era)" -gt $((era + 1)) ]
}
wait_for 60 later || fail "no era came by itself: $(status src error)"
braidctl replica pause --control "$agent/src.sock" >/dev/null
wait_for 60 is_state src paused
wait_for 60 is_state rep receiving
dd if=$vol bs=1M iflag=direct status=none | cmp - "$image" || fail "the image differs from the device"
grep -c 'copy store was full' "$agent/src.log" || true
