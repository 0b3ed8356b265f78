#!/bin/bash
# P9: the metadata device fails, or hangs. Writes go on and nothing is lost but the
# trust in the map: the next load distrusts it.
# runs: uml
# timeout: 240
. "$(dirname "$0")/lib.sh"
. "$(dirname "$0")/track.sh"
. "$(dirname "$0")/durable.sh"
requires program fio

# meta_is TABLE: what the metadata device is from now on.
meta_is() {
	dmsetup suspend --noudevsync --noflush --nolockfs meta
	dmsetup load meta --table "$1"
	dmsetup resume --noudevsync meta
}

map_is() {
	[ "$(map_field 1)" = "$1" ]
}

# says_stale COPY: the flag in the superblock at so many times 4 KiB.
says_stale() {
	local flags
	flags=$(dd if="$meta" bs=4k skip="$1" count=1 iflag=direct status=none | od -An -tu1 -j 28 -N 1)
	[ $((flags & 2)) = 2 ]
}

is_stale() {
	says_stale 1 && says_stale 2
}

durable 32 8 16 4 16
down
disk=$meta
good="0 $(sectors "$disk") linear $disk 0"
bad="0 $(sectors "$disk") error"
dm_create meta "$good"
meta=/dev/mapper/meta
up

for kind in error hang; do
	put 1 2
	since=$(message close)
	load 6 --iodepth=16
	sleep 1
	if [ "$kind" = error ]; then
		meta_is "$bad"
	else
		patience 1000
		dmsetup suspend --noudevsync --noflush --nolockfs meta
	fi
	wait_for 20 map_is failed || fail "$kind: the map is $(map_field 1)"
	load_ended
	put 100 101
	late=$(message close)
	put 102
	blocks "$since" >"$LAB_DIR/got"
	for n in 100 101 102; do
		grep -qx "$n" "$LAB_DIR/got" || fail "$kind: block $n isn't reported"
	done
	dmsetup suspend --noudevsync vol
	dmsetup resume --noudevsync vol
	put 103
	# It comes back: then the superblock says that the map is stale.
	if [ "$kind" = error ]; then
		meta_is "$good"
	else
		dmsetup resume --noudevsync meta
		patience 3600000
	fi
	wait_for 30 is_stale || fail "$kind: the superblocks don't say that the map is stale"
	map_is failed || fail "$kind: the map is $(map_field 1) again"
	down
	up
	map_is durable || fail "$kind: after a load the map is $(map_field 1)"
	[ "$(map_field 4)" = 4096 ] || fail "$kind: $(map_field 4) of 4096 blocks are suspect"
	[ "$(field 4)" -gt "$late" ] ||
		fail "$kind: era $late, which was closed after the failure, is used again"
	since=$(message close)
	down
	up
	[ "$(map_field 4)" = 0 ] || fail "$kind: $(map_field 4) blocks are suspect for good"
done

# It fails between two loads: the table is refused. At a resume it isn't.
dmsetup suspend --noudevsync vol
meta_is "$bad"
dmsetup resume --noudevsync vol
map_is failed || fail "resumed without a metadata device the map is $(map_field 1)"
put 3
down
if dmsetup create --noudevsync vol --table "$(durable_table)" 2>/dev/null; then
	fail "a metadata device that can't be read was taken"
fi
dmsetup remove --noudevsync vol 2>/dev/null || true
meta_is "$good"
