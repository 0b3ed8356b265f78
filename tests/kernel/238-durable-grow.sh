#!/bin/bash
# A device with a durable map grows while it is used, as far as the map has room;
# a crash leaves the old length or the new one.
# runs: uml
# timeout: 120
. "$(dirname "$0")/lib.sh"
. "$(dirname "$0")/track.sh"
. "$(dirname "$0")/durable.sh"

# long SECTORS: a table of this length.
long() {
	echo "0 $1 braid-track $meta $origin $block 1 durable"
}

grow() {
	dmsetup load vol --table "$(long "$1")" 2>/dev/null &&
		dmsetup suspend --noudevsync vol && dmsetup resume --noudevsync vol
}

durable 16 8 16 4 16
all=$(sectors "$origin")
down
durable-map "$meta" $((1000 * block - 8)) "$block" 1900 "$extent" "$slots"
dm_create vol "$(long $((1000 * block - 8)))"
put 10
since=$(message close)
grow $((1500 * block)) || fail "it could not grow"
[ "$(field 2)" = 1500 ] || fail "it has $(field 2) blocks"
[ "$(kinds "$since" now)" = "w 999 501" ] || fail "since era $since changed: $(kinds "$since" now)"
put 1400
down
dm_create vol "$(long $((1500 * block)))"
[ "$(kinds "$since" now)" = "w 999 501" ] || fail "and after a load: $(kinds "$since" now)"
[ "$(map_field 4)" = 0 ] || fail "$(map_field 4) blocks are suspect"

since=$(message close)
grow $((1600 * block)) || fail "it could not grow again"
put 1 1550
crash
dm_create vol "$(long $((1600 * block)))"
mapfile -t now < <(seq 1500 1599)
includes "$since" 1 "${now[@]}"

# No further than there is room, and never back.
if grow "$all"; then
	fail "it has grown beyond the map"
fi
dmsetup clear vol
if grow $((1000 * block)); then
	fail "it has shrunk"
fi
dmsetup clear vol
[ "$(field 2)" = 1600 ] || fail "it has $(field 2) blocks"
[ "$(map_field 1)" = durable ] || fail "the map is $(map_field 1)"
put 1599
