#!/bin/bash
# Flushes, FUA and discards get through: what was flushed survives a power cut,
# with and without a view that holds writes back.
# runs: uml vm
# timeout: 120
. "$(dirname "$0")/lib.sh"
. "$(dirname "$0")/track.sh"

origin=$(disk origin 16 cache)
meta=$(disk meta 8)
vol=/dev/mapper/vol

# put TEXT SECTOR OPTION...: one sector of TEXT
put() {
	local text=$1 sector=$2
	shift 2
	printf '%-512s' "$text" |
		dd of="$vol" bs=512 seek="$sector" status=none conv=notrunc "$@"
}

word() {
	dd if="$1" bs=512 skip="$2" count=1 iflag=direct status=none | cut -d ' ' -f 1
}

for view in no yes; do
	dm_create vol "0 $(sectors "$origin") braid-track $meta $origin 128"
	[ "$view" = no ] || message close whole 0 >/dev/null
	put "flushed-$view" 0 oflag=direct conv=notrunc,fsync
	put "fua-$view" 1024 oflag=direct,dsync
	put "lost-$view" 2048 oflag=direct
	[ "$(word "$vol" 2048)" = "lost-$view" ] || fail "what was written is not read"
	[ "$view" = no ] || message drop 1
	dm_remove vol
	power_cut origin
	origin=$(power_on origin)
	[ "$(word "$origin" 0)" = "flushed-$view" ] || fail "a flush did not get through (view: $view)"
	[ "$(word "$origin" 1024)" = "fua-$view" ] || fail "FUA did not get through (view: $view)"
	[ "$(word "$origin" 2048)" != "lost-$view" ] || fail "the disk's cache kept what was not flushed"
done

dm_create vol "0 $(sectors "$origin") braid-track $meta $origin 128"
fill "$vol"
want=$(digest "$vol")
message close whole 0 >/dev/null
blkdiscard "$vol"
zeros=$(dd if=/dev/zero bs=1M count=16 status=none | sha256sum | cut -d ' ' -f 1)
# The view keeps 7 MiB only: it is invalid, the discard has been done.
[ "$(digest "$vol")" = "$zeros" ] || fail "a discard did not get through"
[ "$(view_state 1)" = invalid ] || fail "a view survived a discard of all it shows"
message drop 1
fill "$vol"
want=$(digest "$vol")
message close whole 0 >/dev/null
blkdiscard -l 4M "$vol"
show 2
[ "$(digest /dev/mapper/view-2)" = "$want" ] || fail "a discard changed a view"
[ "$(changed 1 now | head -n 1)" = "0 256" ] || fail "discarded blocks are not reported as changed"
end_view 2
