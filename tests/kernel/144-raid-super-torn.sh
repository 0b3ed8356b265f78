#!/bin/bash
# Copies of superblocks that are torn, garbage, or of the other place: one whole
# copy is enough, none is refused, and nothing crashes.
# runs: uml vm slow
# timeout: 240
. "$(dirname "$0")/lib.sh"
. "$(dirname "$0")/braidctl.sh"
. "$(dirname "$0")/super.sh"
. "$(dirname "$0")/sync.sh"

# spoil DEV OFFSET_BYTES [BYTES]: random bytes there.
spoil() {
	head -c "${3:-4096}" /dev/urandom >"$LAB_DIR/noise"
	dd if="$LAB_DIR/noise" of="$1" bs=512 seek=$(($2 / 512)) conv=notrunc oflag=direct status=none
}

# newest DEV: where the newest copy is.
newest() {
	echo $((12288 - $(next_copy "$1")))
}

a=$(disk a 16)
b=$(disk b 16)
undo drop_arrays
takes array create mirror --level raid1 "$a" "$b" >"$LAB_DIR/out"
uuid=$(json '.arrays[0].uuid' array status mirror)
dd if=/dev/urandom of="$LAB_DIR/data" bs=1M count=1 status=none
dd if="$LAB_DIR/data" of=/dev/mapper/mirror bs=1M oflag=direct status=none
synced mirror
events=$(json .events array examine "$a")
takes array stop mirror

# The newest copy of one member, torn in its middle: as a power loss leaves it.
spoil "$a" $(($(newest "$a") + 2048)) 512
expect "$events" .events array examine "$a"
expect $((events + 1)) .events array examine "$b"
takes array examine "$a" | grep -q 'torn$' || fail "examine does not show the torn copy"
takes array assemble mirror >"$LAB_DIR/out"
[ "$(health mirror)" = AA ] || fail "with one torn copy the health is $(health mirror)"
cmp -n 1048576 "$LAB_DIR/data" /dev/mapper/mirror || fail "the data is another"
takes array stop mirror
expect whole .copy_4k array examine "$a"
expect whole .copy_8k array examine "$a"

# The older copies of both.
spoil "$a" "$(next_copy "$a")"
spoil "$b" "$(next_copy "$b")"
takes array assemble mirror >"$LAB_DIR/out"
[ "$(health mirror)" = AA ] || fail "with two older copies torn the health is $(health mirror)"
takes array stop mirror

# A copy in the place of the other is none.
dd if="$a" of="$LAB_DIR/area" bs=4k count=3 iflag=direct status=none
from=$(newest "$a")
dd if="$LAB_DIR/area" of="$a" bs=4k skip=$((from / 4096)) seek=$((3 - from / 4096)) count=1 oflag=direct status=none
expect torn .copy_$((3 * 4 - from / 1024))k array examine "$a"
takes array assemble mirror >"$LAB_DIR/out"
takes array stop mirror

# Both copies of one member.
spoil "$a" 4608 7168
spoil "$a" 8704 512
declines 1 'damaged' array examine "$a"
declines 1 "$a can't be a member: both copies of its superblock are damaged" array assemble "$a" "$b"
said=$(dm_refuses "0 30720 braid-raid raid1 0 2 superblock $uuid 2 $a $b")
grep -q "(slot 0): both copies of its superblock are damaged" <<<"$said" || fail "the kernel says: $said"
declines 1 "$a has a superblock (member of an array, damaged or unknown)" array create x --level raid1 --no-superblock "$a" missing
declines 1 'slot 0 is missing' array assemble mirror
says 'degraded' array assemble mirror --force
cmp -n 1048576 "$LAB_DIR/data" /dev/mapper/mirror || fail "the data is another"
takes array stop mirror

# Garbage of any kind, and garbage behind the right magic.
for round in $(seq 1 "${CUTS:-60}"); do
	spoil "$a" 4096 8192
	if [ $((round % 2)) = 0 ]; then
		printf BRAIDMEM | dd of="$a" bs=1 seek=$((4096 << (round % 3))) conv=notrunc status=none
	fi
	if braidctl array examine "$a" >"$LAB_DIR/out" 2>&1; then
		fail "garbage was taken for a superblock: $(cat "$LAB_DIR/out")"
	fi
	if [ $((round % 6)) = 0 ]; then
		said=$(dm_refuses "0 30720 braid-raid raid1 0 2 superblock $uuid 2 $a $b")
		grep -qE "it has no superblock|are damaged" <<<"$said" || fail "the kernel says: $said"
	fi
done
