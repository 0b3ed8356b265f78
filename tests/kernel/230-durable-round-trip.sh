#!/bin/bash
# A durable map is after a removal what it was before, however often; it is
# neither taken without the feature, nor for another device.
# runs: uml
# timeout: 120
. "$(dirname "$0")/lib.sh"
. "$(dirname "$0")/track.sh"
. "$(dirname "$0")/durable.sh"
requires program fio

durable 32 8 16 8 64
[ "$(map_field 1)" = durable ] || fail "the map is $(map_field 1)"
id=$(field 3)
[ "$id" = a0a1a2a3a4a5a6a7a8a9aaabacadaeaf ] || fail "the map_id is $id, not that of the map"
[ "$(field 4)" = 1 ] || fail "the first era is $(field 4)"
[ -z "$(changed 0 now)" ] || fail "blocks of a new map have changed"

put 3 4 700
blkdiscard -o $((900 * 8192)) -l $((10 * 8192)) "$vol"
first=$(message close)
put 4 2000
kinds 0 now >"$LAB_DIR/since-0"
kinds "$first" now >"$LAB_DIR/since-first"
for round in 1 2 3; do
	era=$(field 4)
	down
	up
	[ "$(field 3)" = "$id" ] || fail "another map_id after a removal"
	[ "$(field 4)" -ge "$era" ] || fail "era $era fell to $(field 4)"
	[ "$(map_field 4)" = 0 ] || fail "$(map_field 4) blocks are suspect after a clean stop"
	kinds 0 now | cmp - "$LAB_DIR/since-0" || fail "round $round: other changes since the beginning"
	kinds "$first" now | cmp - "$LAB_DIR/since-first" || fail "round $round: other changes since era $first"
done
era=$(message close)
[ -z "$(changed "$era" now)" ] || fail "blocks changed in an era without a write"

# Under load, with closes and suspensions: what is reported goes on to hold.
load 3
for _ in $(seq 5); do
	message close >/dev/null
	dmsetup suspend --noudevsync --nolockfs vol
	dmsetup resume --noudevsync vol
	sleep 0.3
done
load_ended
since=$(message close)
put 17 18 3000
blocks "$since" >"$LAB_DIR/since"
blocks 0 >"$LAB_DIR/all"
down
up
blocks "$since" | cmp - "$LAB_DIR/since" || fail "the changes after the load are others"
blocks 0 | cmp - "$LAB_DIR/all" || fail "the changes of the load are others"

# A reload goes on.
dmsetup load vol --table "$(durable_table)"
dmsetup resume --noudevsync vol
blocks "$since" | cmp - "$LAB_DIR/since" || fail "the changes are others after a reload"
[ "$(dmsetup table vol | cut -d ' ' -f 7-)" = "1 durable" ] || fail "the table is $(dmsetup table vol)"
down

dm_refuses "0 $(sectors "$origin") braid-track $meta $origin $block" | grep -q "carries a durable map" ||
	fail "a durable map was to be overwritten by a store"
dm_refuses "0 $(sectors "$origin") braid-track $meta $origin $((2 * block)) 1 durable" |
	grep -q "another block size" || fail "another block size was refused for another reason"
dm_refuses "0 $(($(sectors "$origin") - 8)) braid-track $meta $origin $block 1 durable" |
	grep -q "of a longer device" || fail "a shorter table was refused for another reason"
dm_refuses "0 $(sectors "$origin") braid-track - $origin $block 1 durable" |
	grep -q "needs a metadata device" || fail "no metadata device was refused for another reason"
