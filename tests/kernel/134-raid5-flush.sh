#!/bin/bash
# raid5: what was flushed, or written through, outlives a power loss of all
# members (P2), even when a member is lost with it; what was not is lost, or this
# test proves nothing.
# runs: uml vm
# timeout: 180
. "$(dirname "$0")/lib.sh"
. "$(dirname "$0")/raid5.sh"

at=0

# The array is taken down without a flush: the disks are dead first.
crash() {
	local i
	for i in "${!paths[@]}"; do
		power_cut "m$i"
	done
	dmsetup remove --noudevsync --retry r5
	for i in "${!paths[@]}"; do
		paths[i]=$(power_on "m$i")
	done
	use=("${paths[@]}")
}

# Every time at another place: null_blk caches only the first write of a page,
# what it overwrites is durable at once.
put() {
	at=$((at + 96))
	head -c 384k /dev/urandom >"$LAB_DIR/data"
	dd if="$LAB_DIR/data" of="$dev" bs="${bs:-4k}" seek=$((at * 4096 / ${blocks:-4096})) count="${count:-96}" oflag=direct status=none "$@"
}

survived() {
	dd if="$dev" bs=4k skip="$at" count=96 iflag=direct status=none | cmp -s - "$LAB_DIR/data"
}

# With each of the members missing in turn.
survived_anyhow() {
	local i
	array
	survived || fail "$1 and is lost"
	dm_remove r5
	for i in "${!paths[@]}"; do
		use=("${paths[@]}")
		use[i]=-
		array
		survived || fail "$1 and is lost with slot $i"
		dm_remove r5
	done
	use=("${paths[@]}")
}

members 4 32 cache
array
put
crash
array
survived && fail "data survived that was not flushed: the test proves nothing"
dm_remove r5

array
put conv=fsync
crash
survived_anyhow "data was flushed"

array
put oflag=direct,dsync
crash
survived_anyhow "data was written with FUA"

# Whole stripes.
array
bs=192k blocks=196608 count=2 put conv=fsync
crash
survived_anyhow "stripes were flushed"

# Without a member, too.
use[1]=-
array
put conv=fsync
crash
use[1]=-
array
survived || fail "data was flushed without slot 1 and is lost"
dm_remove r5
use=("${paths[@]}")

# A member that fails a flush is dropped: the others have what it lost.
array
put
power_cut m2
dd if=/dev/zero of="$dev" bs=4k count=0 conv=fsync status=none || fail "the failure of one member failed a flush"
is_health AADA || fail "the health is $(health) after slot 2 failed a flush"
survived || fail "data is lost with a member that failed a flush"
power_cut m0
dd if=/dev/zero of="$dev" bs=4k count=0 conv=fsync status=none 2>/dev/null && fail "a flush succeeded with two members gone"
# They are out of use by now, and may have kept what was acknowledged in a cache.
dd if=/dev/zero of="$dev" bs=4k count=0 conv=fsync status=none 2>/dev/null && fail "a later flush succeeded with two members gone"
true
