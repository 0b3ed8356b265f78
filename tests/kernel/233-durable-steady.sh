#!/bin/bash
# Once the extents that are written are hot nothing is written to the metadata
# device, until an era is closed; a newly hot extent costs one write.
# runs: uml
# timeout: 120
. "$(dirname "$0")/lib.sh"
. "$(dirname "$0")/track.sh"
. "$(dirname "$0")/durable.sh"
requires program fio

# 32 MiB are 64 extents of 512 KiB, as many as the log takes with room to spare.
durable 32 8 8 128 128
fio --name=touch --filename="$vol" --rw=write --bs=512k --direct=1 --output=/dev/null
[ "$(map_field 2)" = 64/128 ] || fail "$(map_field 2) extents are hot"
before=$(meta_writes)
logged=$(map_field 5)
load 4 --iodepth=16
load_ended
[ "$(meta_writes)" = "$before" ] ||
	fail "$(($(meta_writes) - before)) writes to the metadata device in steady state"
message close >/dev/null
after=$(meta_writes)
[ $((after - before)) -le 2 ] || fail "a close costs $((after - before)) writes"
# In the new era all blocks are stamped anew, in memory.
load 2 --iodepth=16
load_ended
[ "$(meta_writes)" = "$after" ] || fail "an era in hot extents costs $(($(meta_writes) - after)) writes"
[ "$(map_field 5)" = "$logged" ] || fail "the log was written"
[ "$(map_field 6)" = 0 ] || fail "the map was written"
