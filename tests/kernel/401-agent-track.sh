#!/bin/bash
# braidd ships a tracked device: the first image, then what changed, also while
# the device is being written to; a killed source leaves no view behind.
# runs: uml vm smp
# timeout: 240
. "$(dirname "$0")/lib.sh"
. "$(dirname "$0")/agent.sh"

origin=$(disk origin 64)
meta=$(disk meta 64)
image=$(disk image 64)
vol=/dev/mapper/vol
dd if=/dev/urandom of="$origin" bs=1M count=24 seek=3 oflag=direct status=none
dm_create vol "0 $(sectors "$origin") braid-track $meta $origin 128"

agent_config src source <<X
[source]
device = $vol
mode = track
view = whole
verify = sha256
peer = 127.0.0.1:7421
interval = 0
X
agent_config rep replica <<X
[replica]
listen = 127.0.0.1:7421
image = $image
X

same() {
	wait_for 60 is_state rep receiving || fail "the replica did not apply the era"
	dd if=$vol bs=1M iflag=direct status=none | cmp - "$image" || fail "the image of era $1 differs from the device"
}

# both_hashed ERA: source and replica logged the same hash of this era.
both_hashed() {
	local a b
	a=$(grep -o "era $1 sha256 .*" "$agent/src.log")
	b=$(grep -o "era $1 sha256 .*" "$agent/rep.log")
	[ -n "$a" ] && [ "$a" = "$b" ]
}

agent_start rep
agent_start src
wait_for 60 is_state src idle || fail "the source did not connect: $(tail -n 1 "$agent/src.log")"
era=$(ship src)
[ "${era:-0}" -ge 1 ] || fail "no era was shipped: $(tail -n 1 "$agent/src.log")"
same "$era"

dd if=/dev/urandom of=$vol bs=4k count=3 seek=1000 oflag=direct conv=notrunc status=none
dd if=/dev/zero of=$vol bs=64k count=5 seek=100 oflag=direct conv=notrunc status=none
before=$(status src bytes_data)
era=$(ship src)
same "$era"
moved=$(($(status src bytes_data) - before))
[ "$moved" -le 12288 ] || fail "three blocks of 4 KiB changed, $moved bytes were sent"

# Under load each era is an instant of its own; the hashes tell. The load is told
# to stop: if it were killed, its last dd might write after the last era.
stop=$LAB_DIR/stop
(while [ ! -e "$stop" ]; do
	dd if=/dev/urandom of=$vol bs=64k count=1 seek=$((RANDOM % 1024)) oflag=direct conv=notrunc status=none
done) &
load=$!
undo touch "$stop"
for _ in 1 2 3 4 5; do
	era=$(ship src)
	[ -n "$era" ] || fail "an era was lost: $(tail -n 1 "$agent/src.log")"
	wait_for 60 both_hashed "$era" || fail "the hashes of era $era differ"
done

# Killed while a view is open: the next start drops it and goes on.
for _ in 1 2 3; do
	ship src >/dev/null &
	sleep 0.0$((RANDOM % 9))
	agent_kill src KILL
	wait "$!" || true
	rm -f "$agent/src.sock"
	agent_start src
	wait_for 60 is_state src idle || fail "the source did not connect again"
	era=$(ship src)
	[ -n "$era" ] || fail "no era after a kill: $(tail -n 1 "$agent/src.log")"
done
touch "$stop"
wait "$load" || fail "the load failed"
era=$(ship src)
same "$era"
wait_for 60 both_hashed "$era" || fail "the hashes of era $era differ"
views=$(dmsetup status vol --noudevsync | cut -d ' ' -f 10)
[ "$views" = 0 ] || fail "views were left: $(dmsetup status vol)"
[ "$(dmsetup ls --target braid-view | grep -c braid-)" = 0 ] || fail "view devices were left"

agent_kill src TERM
agent_kill rep TERM
grep -q stopped "$agent/src.log" || fail "the source did not stop cleanly"
