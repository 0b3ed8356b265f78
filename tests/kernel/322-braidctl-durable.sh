#!/bin/bash
# A durable map by braidctl: made, attached, detached, found to be what the kernel
# left, after a clean stop and after a power loss; grown as far as it has room.
# runs: uml
# timeout: 90
. "$(dirname "$0")/lib.sh"
. "$(dirname "$0")/braidctl.sh"
requires target braid-track

disk=$(disk disk 32 cache)
meta=$(disk meta 16 cache)
short=$(disk short 8)
vol=/dev/mapper/vol
origin=/dev/mapper/under
dm_create under "0 32768 linear $disk 0"
undo dmsetup remove --noudevsync --retry vol

# write BLOCK COUNT: random bytes, in blocks of 16 KiB.
write() {
	dd if=/dev/urandom of=$vol bs=16k seek="$1" count="$2" oflag=direct \
		conv=notrunc iflag=fullblock status=none
}

attach() {
	takes track attach vol "$origin" --meta "$meta" >/dev/null
}

takes track create "$meta" "$origin" --block 16K --extent 4 --slots 16 \
	--max-size 24M >/dev/null
id=$(json .map_id track check "$meta")
refused 2 'leave --block out' track attach vol "$origin" --meta "$meta" --block 64K
refused 1 "is it another device's" track attach vol "$short" --meta "$meta"

attach
expect durable '.tracks[0].map' track status vol
expect "$id" '.tracks[0].map_id' track status vol
expect 16384 '.tracks[0].block_bytes' track status vol
expect 16 '.tracks[0].log_slots' track status vol
takes track status | grep -q durable || fail "the table doesn't say that the map is durable"
refused 1 'in use: detach' track check "$meta"
write 3 2
[ "$(takes track close vol)" = 1 ] || fail "the first era is not 1"
write 700 1
blkdiscard -o $((800 * 16384)) -l $((8 * 16384)) "$vol"
takes track changed vol --since 0 --map "$id" | grep -v '^#' >"$LAB_DIR/changed"

# A clean stop: all is on the disk, and the same when it is attached again.
takes track detach vol
[ ! -s "$LAB_DIR/err" ] || fail "detach with a durable map says: $(cat "$LAB_DIR/err")"
takes track check "$meta" | grep -q ' clean, ' || fail "after a clean stop check says otherwise"
expect 11 .changed_blocks track check "$meta"
takes track dump "$meta" | sed -n 's/^\([wdc] [0-9]* [0-9]*\) era .*/\1/p' |
	cmp - "$LAB_DIR/changed" || fail "the dump is not what the kernel said"
attach
takes track changed vol --since 0 --map "$id" | grep -v '^#' | cmp - "$LAB_DIR/changed" ||
	fail "other blocks have changed after a clean stop"
expect 0 '.tracks[0].suspect_blocks' track status vol

# It grows with its origin, while it is used, and no further than there is room.
dmsetup load under --table "0 40960 linear $disk 0"
dmsetup resume --noudevsync under
exec 9<"$vol"
takes track resize vol
exec 9<&-
[ "$(sectors "$vol")" = 40960 ] || fail "it has $(sectors "$vol") sectors"
era=$(takes track close vol)
[ "$(takes track changed vol --since $((era - 1)) | head -n 1)" = "w 1024 256" ] ||
	fail "what was added does not count as written"
dmsetup load under --table "0 65536 linear $disk 0"
dmsetup resume --noudevsync under
refused 1 'vol' track resize vol
[ "$(sectors "$vol")" = 40960 ] || fail "a resize that was refused left $(sectors "$vol") sectors"
takes track resize vol 24M
[ "$(sectors "$vol")" = 49152 ] || fail "it has $(sectors "$vol") sectors, not 24 MiB"

# A power loss: the log's extents are to be compared, nothing else is.
since=$(takes track close vol)
write 40 1
write 1400 1
power_cut meta
power_cut disk
takes track detach vol
dm_remove under
disk=$(power_on disk)
meta=$(power_on meta)
dm_create under "0 49152 linear $disk 0"
braidctl track check "$meta" >"$LAB_DIR/out" || fail "a power loss is no damage: $(cat "$LAB_DIR/out")"
grep -q ' unclean, ' "$LAB_DIR/out" || fail "after a power loss check says: $(cat "$LAB_DIR/out")"
[ "$(json .hot_extents track check "$meta")" -ge 2 ] || fail "the log lacks extents"
attach
takes track changed vol --since "$since" --map "$id" >"$LAB_DIR/out"
grep -q '^c 40 4' "$LAB_DIR/out" || fail "the first extent is not to be compared: $(cat "$LAB_DIR/out")"
grep -q '^c 1400 4' "$LAB_DIR/out" || fail "the second extent is not to be compared: $(cat "$LAB_DIR/out")"
[ "$(json '.tracks[0].suspect_blocks' track status vol)" -ge 8 ] ||
	fail "status does not say how many blocks are suspect"
takes track detach vol
