#!/bin/bash
# What has rotted on the metadata device is found, and no more is distrusted than
# it can have to do with.
# runs: uml
# timeout: 120
. "$(dirname "$0")/lib.sh"
. "$(dirname "$0")/track.sh"
. "$(dirname "$0")/durable.sh"

# rot SECTOR: a bit of it.
rot() {
	local at=$(($1 * 512 + 77)) byte
	byte=$(dd if="$meta" bs=1 skip="$at" count=1 status=none | od -An -tu1)
	printf %b "\\x$(printf %02x $((byte ^ 4)))" |
		dd of="$meta" bs=1 seek="$at" conv=notrunc,fsync status=none
}

suspects() {
	kinds 0 now | grep '^c' || true
}

# 4096 blocks; the log is at sector 24, the map at 32
durable 16 8 8 4 16
put 5 200
since=$(message close)
put 300
down
rot $((32 + 3))
up
[ "$(suspects)" = "c 378 126" ] || fail "after rot of the fourth sector of the map suspect are: $(suspects)"
[ "$(map_field 4)" = 126 ] || fail "status says $(map_field 4) suspects"
[ "$(kinds "$since" now)" = "w 300 1"$'\n'"c 378 126" ] || fail "since era $since changed: $(kinds "$since" now)"
# That was mended: it stays as it is said, and isn't found anew.
down
up
[ "$(map_field 4)" = 0 ] || fail "what was mended was found again: $(map_field 4) suspects"
[ "$(suspects)" = "c 378 126" ] || fail "a second load made other suspects: $(suspects)"
[ "$(kinds 0 now | grep -c '^w')" = 3 ] || fail "other blocks were lost: $(kinds 0 now)"

# A sector of the log: after a clean stop it doesn't matter.
down
rot 24
up
[ "$(map_field 4)" = 0 ] || fail "$(map_field 4) suspects from a log that isn't needed"
# Not after a crash.
put 1000
crash
rot 24
up
[ "$(map_field 4)" = 4096 ] || fail "with a damaged log $(map_field 4) of 4096 blocks are suspect"

# A superblock: the other one is as good, and no era is used twice.
for round in 1 2 3; do
	put 7
	era=$(message close)
	id=$(field 3)
	[ "$round" = 1 ] || power_cut meta
	down
	[ "$round" = 1 ] || meta=$(power_on meta)
	rot $((8 + round % 2 * 8))
	up
	[ "$(field 3)" = "$id" ] || fail "with one superblock it is another map"
	[ "$(field 4)" -gt "$era" ] || fail "round $round: era $era is used again"
	[ "$(map_field 4)" -le $((extent * slots)) ] || fail "round $round: $(map_field 4) suspects"
done
# Both say that the map is in use before it is: whichever is left, the log counts.
for copy in 8 16; do
	era=$(message close)
	down
	up
	put 900
	crash
	rot "$copy"
	up
	includes "$era" 900
done
down
rot 8
rot 16
dm_refuses "$(durable_table)" | grep -q "both copies of its map's superblock are damaged" ||
	fail "two damaged superblocks were refused for another reason"
# What has none at all may be used without the feature.
dd if=/dev/zero of="$meta" bs=4k count=3 conv=notrunc,fsync status=none
dm_refuses "$(durable_table)" | grep -q "it has no durable map" ||
	fail "an empty device was refused for another reason"
dm_create vol "0 $(sectors "$origin") braid-track $meta $origin $block"
[ "$(map_field 1)" = memory ] || fail "the map is $(map_field 1)"
