#!/bin/bash
# What was done to the origin while the target wasn't there: found out, or refused.
# runs: uml
# timeout: 120
. "$(dirname "$0")/lib.sh"
. "$(dirname "$0")/track.sh"
. "$(dirname "$0")/durable.sh"

# all_suspect WHY
all_suspect() {
	[ "$(map_field 4)" = 1024 ] || fail "$1: $(map_field 4) of 1024 blocks are suspect"
	[ "$(kinds "$since" now)" = "c 0 1024" ] || fail "$1: since era $since changed: $(kinds "$since" now)"
}

durable 16 8 32 4 16
put 5 900
since=$(message close)
down
random "$origin" 31 1
up
all_suspect "128 KiB from the beginning were written"
since=$(message close)
down
up
[ "$(map_field 4)" = 0 ] || fail "it is found again"
[ -z "$(changed "$since" now)" ] || fail "since era $since changed: $(changed "$since" now)"
down
random "$origin" $((4096 - 16)) 1
up
all_suspect "64 KiB from the end were written"
since=$(message close)
# also while it is suspended
dmsetup suspend --noudevsync vol
random "$origin" 0 1
dmsetup resume --noudevsync vol
all_suspect "the beginning was written during a suspension"
down

# A filesystem that was mounted without the target.
mkfs.ext4 -q -F "$origin" 8M
up
since=$(message close)
down
mkdir "$LAB_DIR/mnt"
mount "$origin" "$LAB_DIR/mnt"
echo 1 >"$LAB_DIR/mnt/file"
umount "$LAB_DIR/mnt"
up
all_suspect "a filesystem was mounted"
down

# A length that isn't the map's. It has room for these blocks and no more.
dm_refuses "0 $(($(sectors "$origin") - 32)) braid-track $meta $origin 32 1 durable" |
	grep -q "its map is of a longer device" || fail "a shorter table was refused for another reason"
durable-map "$meta" $(($(sectors "$origin") - 72)) 32 1023 4 16
dm_refuses "$(durable_table)" | grep -q "its map has no room for so long a device" ||
	fail "a longer table was refused for another reason"
durable-map "$meta" $(($(sectors "$origin") - 72)) 32 1024 4 16
up
[ "$(field 2)" = 1024 ] || fail "it has $(field 2) blocks, not 1024"
[ "$(kinds 0 now)" = "w 1021 3" ] || fail "of a device that has grown $(kinds 0 now) is reported"
down
up
[ "$(kinds 0 now)" = "w 1021 3" ] || fail "and afterwards $(kinds 0 now)"
