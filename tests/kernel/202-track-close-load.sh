#!/bin/bash
# Eras are closed under load: each close returns, none is skipped, what is read
# back is what was written, and each era's changes are found.
# runs: uml vm smp
# timeout: 240
. "$(dirname "$0")/lib.sh"
. "$(dirname "$0")/track.sh"
requires program fio

tracked 32 - 8
load 8 --bs=4k --do_verify=0
for ((era = 1; era <= 100; era++)); do
	[ "$(message close)" = "$era" ] || fail "another era than $era was closed"
done
[ -n "$(changed 0 now)" ] || fail "the load left no changed block"
load_ended

fio --name=verify --filename="$vol" --rw=randwrite --bs=8k --direct=1 \
	--ioengine=libaio --iodepth=8 --size=16M --verify=crc32c \
	--output="$LAB_DIR/fio.log" >/dev/null 2>&1 &
pid=$!
for _ in $(seq 20); do
	message close >/dev/null
	sleep 0.05
done
wait "$pid" || fail "what fio wrote while eras were closed is not what it reads"

# Quiet: an era without a write has no change.
era=$(message close)
message close >/dev/null
[ -z "$(changed "$era" now)" ] || fail "blocks changed in an era without a write"
