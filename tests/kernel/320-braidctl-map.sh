#!/bin/bash
# Durable maps by braidctl: made, refused, read while nobody uses them, damaged
# and found to be, erased.
# runs: uml
# timeout: 90
. "$(dirname "$0")/lib.sh"
. "$(dirname "$0")/braidctl.sh"
requires target braid-track

origin=$(disk origin 64)
meta=$(disk meta 16)
small=$(disk small 1)
dd if=/dev/urandom of="$origin" bs=1M oflag=direct status=none 2>/dev/null || true
before=$(checksum "$origin")

# What can't be made is refused, and nothing is written.
empty=$(checksum "$meta")
refused 1 'cannot find /dev/nowhere' track create /dev/nowhere "$origin"
refused 1 'the same device' track create "$meta" "$meta"
refused 1 'power of two from 4K to 1M' track create "$meta" "$origin" --block 12K
refused 2 'whole sectors' track create "$meta" "$origin" --block 1000B
refused 1 'power of two from 1 to' track create "$meta" "$origin" --extent 3
refused 1 'has 1 to' track create "$meta" "$origin" --slots 0
refused 1 'has 1 to' track create "$meta" "$origin" --slots 99999999999
refused 1 'larger already' track create "$meta" "$origin" --max-size 1M
refused 1 'take a larger one' track create "$meta" "$origin" --store 16M
refused 1 'take a larger one' track create "$small" "$origin" --block 4K --max-size 1T
refused 1 'has no durable map' track check "$meta"
refused 1 'has no durable map' track dump "$meta"
refused 1 'has no durable map' track erase "$meta" --force
[ "$(checksum "$meta")" = "$empty" ] || fail "a map that was refused wrote to the device"

takes track create "$meta" "$origin" --block 4K --extent 16 --slots 100 \
	--max-size 1G | grep -q 'of 16384 blocks of 4.0 KiB' ||
	fail "create does not say what it made"
[ "$(checksum "$origin")" = "$before" ] || fail "create wrote to the origin"
takes track check "$meta" | grep -q 'clean, era 1' || fail "a new map is not clean"
expect true .good track check "$meta"
expect 16384 .blocks track check "$meta"
expect 0 .changed_blocks track check "$meta"
takes track dump "$meta" | grep -qx 'capacity_blocks 262144' || fail "the map has no room to grow"
expect 16 .extent_blocks track dump "$meta"
refused 1 'durable map of a tracked device.*--force' track create "$meta" "$origin"
refused 1 'durable map of a tracked device.*--force' array create x --level raid0 "$meta" "$small"
refused 1 'forgotten with it: --force' track erase "$meta"

# Rot: sectors of the map and of the log, and a copy of the superblock.
map=$(takes track dump "$meta" | sed -n 's/^map_offset //p')
log=$(takes track dump "$meta" | sed -n 's/^log_offset //p')
rot() {
	printf x | dd of="$meta" bs=1 seek="$1" conv=notrunc status=none
	sync "$meta"
}
rot $(((map + 2) * 512 + 77))
rot $(((map + 5) * 512 + 77))
rot $((log * 512 + 300))
rot 4200
braidctl track check "$meta" >"$LAB_DIR/out" && fail "a damaged map has passed"
grep -q '1 copies of the superblock' "$LAB_DIR/out" || fail "the superblock's rot was not found"
grep -q '1 sectors of the log' "$LAB_DIR/out" || fail "the log's rot was not found"
grep -q '2 sectors of the map' "$LAB_DIR/out" || fail "the map's rot was not found"
grep -q '252 blocks' "$LAB_DIR/out" || fail "not the blocks of two sectors are damaged"
[ "$(takes track dump "$meta" | grep -c '^unreadable 252 126$')" = 1 ] ||
	fail "dump does not say which blocks are unreadable"
rot 8300
refused 1 'both copies.*damaged' track check "$meta"
refused 1 'both copies.*track create --force' track attach vol "$origin" --meta "$meta"

# Made anew, with another id; used, it is left alone; erased, it is gone.
id=$(json .map_id track create "$meta" "$origin" --force)
[ "${#id}" = 32 ] || fail "the map's id is '$id'"
[ "$(json .map_id track create "$meta" "$origin" --force)" != "$id" ] ||
	fail "a new map has the id of the old one"
dm_create holder "0 2048 linear $meta 0"
refused 1 'in use' track check "$meta"
refused 1 'in use' track create "$meta" "$origin" --force
dm_remove holder
takes track erase "$meta" --force
refused 1 'has no durable map' track check "$meta"
mkfs.ext4 -q "$meta"
refused 1 'signature (ext4).*--force' track create "$meta" "$origin"
takes track create "$meta" "$origin" --force >/dev/null
expect true .good track check "$meta"
