#!/bin/bash
# A reload keeps map, eras and views, also a longer one; a device that was made
# again has another map_id; a table of another kind ends the track.
# runs: uml vm
# timeout: 120
. "$(dirname "$0")/lib.sh"
. "$(dirname "$0")/track.sh"

origin=$(disk origin 32)
meta=$(disk meta 8)
vol=/dev/mapper/vol
half=$((32768 - 40)) # cut within a block
dm_create vol "0 $half braid-track $meta $origin 128"

reload() {
	dmsetup load vol --table "$1"
	dmsetup suspend --noudevsync vol
	dmsetup resume --noudevsync vol
}

reload_refused() {
	local mark="reload $RANDOM$RANDOM"
	echo "$mark" >/dev/kmsg
	if dmsetup load vol --table "$2" 2>/dev/null; then
		fail "this table was taken: $2"
	fi
	dmesg | sed "1,/$mark/d" | grep "$1" >/dev/null ||
		fail "the table $2 was refused without the words: $1"
}

id=$(field 3)
random "$vol" 0 16
message close >/dev/null
random "$vol" 160 16
want=$(digest "$vol")
[ "$(message close whole 0)" = 2 ]
show 2
random "$vol" 320 16

reload "0 $half braid-track $meta $origin 128"
[ "$(field 3)" = "$id" ] || fail "a reload drew another map_id"
[ "$(field 4)" = 3 ] || fail "a reload lost the era"
[ "$(changed 0 now)" = $'0 1\n10 1\n20 1' ] || fail "a reload lost stamps"
random "$vol" 0 64
[ "$(digest /dev/mapper/view-2)" = "$want" ] || fail "a view changed after a reload"

reload_refused 'metadata device differs' "0 $half braid-track - $origin 128"
reload_refused 'block size differs' "0 $half braid-track $meta $origin 64"
reload_refused 'shorter than the live' "0 8192 braid-track $meta $origin 128"

# A table that is loaded and never resumed leaves no trace.
dmsetup load vol --table "0 65536 braid-track $meta $origin 128"
dmsetup clear vol
[ "$(field 2)" = 256 ] || fail "a table that was not resumed changed the map"

message close >/dev/null
reload "0 65536 braid-track $meta $origin 128"
[ "$(field 2)" = 512 ] || fail "the map did not grow"
[ "$(changed 3 now)" = '255 257' ] ||
	fail "the blocks that a longer table adds are not reported as changed: $(changed 3 now)"
random "$vol" 4080 32
[ "$(digest /dev/mapper/view-2)" = "$want" ] || fail "a view changed after its device grew"
[ "$(changed 0 2)" = $'0 1\n10 1' ] || fail "a reload changed what a view reports"
end_view 2
[ "$(store_used)" = 0 ] || fail "the store still holds $(store_used) blocks"

# A linear table in between: writes go by. The view must not survive it.
era=$(message close whole 0)
show "$era"
dmsetup load vol --table "0 65536 linear $origin 0"
dmsetup suspend --noudevsync vol
dmsetup resume --noudevsync vol
if dd if="/dev/mapper/view-$era" of=/dev/null bs=4k count=1 iflag=direct status=none 2>/dev/null; then
	fail "a view is read although its device is tracked no more"
fi
reload "0 65536 braid-track $meta $origin 128"
[ "$(field 3)" != "$id" ] || fail "a track that was interrupted kept its map_id"
dm_remove "view-$era"
dm_remove vol
dm_create vol "0 65536 braid-track $meta $origin 128"
[ "$(field 3)" != "$id" ] || fail "a device that was made again kept its map_id"
