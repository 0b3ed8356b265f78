#!/bin/bash
# A durable map in the tail of the tracked device itself: made, attached, found
# again after a clean stop and after a power loss; the data before it is let alone.
# runs: uml
# timeout: 90
. "$(dirname "$0")/lib.sh"
. "$(dirname "$0")/braidctl.sh"
requires target braid-track
requires program mkfs.ext4

disk=$(disk disk 64 cache)
vol=/dev/mapper/vol
undo dmsetup remove --noudevsync --retry vol-tail
undo dmsetup remove --noudevsync --retry vol

# write BLOCK COUNT: random bytes, in blocks of 16 KiB.
write() {
	dd if=/dev/urandom of=$vol bs=16k seek="$1" count="$2" oflag=direct \
		conv=notrunc iflag=fullblock status=none
}

# before: what lies before the tail.
before() {
	dd if="$disk" bs=1M count=$((bytes / 1048576)) iflag=direct status=none | sha256sum
}

refused 1 'has no map in its tail' track attach vol "$disk" --tail
refused 2 'takes one device' track create --tail "$disk" "$disk"
refused 2 'two devices' track create "$disk"

# a filesystem may reach to the end
mkfs.ext4 -q "$disk"
refused 1 'signature (ext4)' track create --tail "$disk"
bytes=$(json .origin_bytes track create --tail "$disk" --block 16K --extent 4 --slots 16 --store 2M --force)
[ "$bytes" -ge $((56 * 1048576)) ] && [ "$bytes" -lt $((62 * 1048576)) ] ||
	fail "of 64 MiB $bytes bytes are left"
id=$(json .map_id track check "$disk")
refused 1 'durable map' track create --tail "$disk"
refused 2 'leave --block out' track attach vol "$disk" --block 64K

takes track attach vol "$disk" >/dev/null
[ "$(($(sectors $vol) * 512))" = "$bytes" ] || fail "it has $(sectors $vol) sectors"
expect durable '.tracks[0].map' track status vol
expect "$id" '.tracks[0].map_id' track status vol
refused 1 'in use' track check "$disk"
refused 1 'its map is in the tail' track resize vol 64M
mkfs.ext4 -q $vol
write 3 2
era=$(takes track close vol)
write 700 1
takes track changed vol --since 0 --map "$id" | grep -v '^#' >"$LAB_DIR/changed"
sum=$(sha256sum <$vol)

# a clean stop: nothing is left but the disk
takes track detach vol
[ ! -e /dev/mapper/vol-tail ] || fail "the tail is still there"
[ "$(before)" = "$sum" ] || fail "what lies before the tail isn't what was written"
takes track check "$disk" | grep -q ' clean, ' || fail "after a clean stop check says otherwise"
takes track dump "$disk" | sed -n 's/^\([wdc] [0-9]* [0-9]*\) era .*/\1/p' |
	cmp - "$LAB_DIR/changed" || fail "the dump is not what the kernel said"
takes track attach vol "$disk" --tail >/dev/null
takes track changed vol --since 0 --map "$id" | grep -v '^#' | cmp - "$LAB_DIR/changed" ||
	fail "other blocks have changed after a clean stop"
[ "$(takes track changed vol --since "$era" | grep -v '^#')" = "w 700 1" ] ||
	fail "since era $era changed: $(takes track changed vol --since "$era")"

# a view has its room there
era=$(takes track close vol --view whole --since 0)
sum=$(sha256sum <$vol)
write 0 20
takes track view vol "$era" >/dev/null
[ "$(sha256sum <"/dev/mapper/vol@$era")" = "$sum" ] || fail "the view of era $era has changed"
takes track drop vol "$era"

# a power loss: the log's extents are to be compared
since=$(takes track close vol)
write 40 1
power_cut disk
takes track detach vol
disk=$(power_on disk)
takes track attach vol "$disk" >/dev/null
takes track changed vol --since "$since" --map "$id" >"$LAB_DIR/out"
grep -q '^c 40 4' "$LAB_DIR/out" || fail "the extent is not to be compared: $(cat "$LAB_DIR/out")"
takes track detach vol

# taken away, the device is as long as it was
refused 1 'force erases it' track erase "$disk"
takes track erase "$disk" --force
takes track attach vol "$disk" >/dev/null 2>&1
[ "$(sectors $vol)" = "$(sectors "$disk")" ] || fail "it has $(sectors $vol) sectors"
expect memory '.tracks[0].map' track status vol
takes track detach vol
