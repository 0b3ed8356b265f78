#!/bin/bash
# Tracking by braidctl: eras closed, changes listed, a view shown and dropped,
# blocks released and marked.
# runs: uml vm
# timeout: 150
. "$(dirname "$0")/lib.sh"
. "$(dirname "$0")/braidctl.sh"
requires target braid-track

origin=$(disk origin 16)
meta=$(disk meta 16)
vol=/dev/mapper/vol
undo sh -c 'for d in vol@3 vol@2 vol; do dmsetup remove --noudevsync --retry $d; done'

# write BLOCK COUNT: random bytes, in blocks of 64 KiB.
write() {
	dd if=/dev/urandom of=$vol bs=64k seek="$1" count="$2" oflag=direct \
		conv=notrunc iflag=fullblock status=none
}

dd if=/dev/urandom of="$origin" bs=1M oflag=direct status=none 2>/dev/null || true
before=$(checksum "$origin")
takes track attach vol "$origin" --meta "$meta" | grep -qx $vol ||
	fail "attach did not print the device"
[ "$(checksum $vol)" = "$before" ] || fail "attach changed what is on the origin"
expect 1 '.tracks[0].era' track status vol
expect 65536 '.tracks[0].block_bytes' track status vol
expect 256 '.tracks[0].blocks' track status
takes track status | grep -q '^vol *' || fail "the table lacks vol"

write 3 2
write 100 1
[ "$(takes track close vol)" = 1 ] || fail "the first era is not 1"
write 5 1
[ "$(takes track changed vol --since 0 | grep -v '^#' | tr '\n' ,)" = "w 3 3,w 100 1," ] ||
	fail "since 0: $(takes track changed vol --since 0)"
[ "$(takes track changed vol --since 1)" = "w 5 1
# 1 extents, 1 blocks, 64.0 KiB" ] || fail "since 1: $(takes track changed vol --since 1)"
expect 4 .blocks track changed vol --since=0
expect 262144 .bytes track changed vol --since=0

# A view stays as it was, and lists what changed up to it.
was=$(checksum $vol)
expect 2 .era track close vol --view whole --since 1
[ "$(takes track view vol 2)" = /dev/mapper/vol@2 ] || fail "view did not print its device"
write 0 20
[ "$(checksum /dev/mapper/vol@2)" = "$was" ] || fail "the view changed"
[ "$(blockdev --getro /dev/mapper/vol@2)" = 1 ] || fail "the view is writable"
expect 1 .blocks track changed vol --since 1 --view-era 2
expect 20 .blocks track changed vol --since 2
if command -v python3 >/dev/null; then
	expect 2 '.tracks[0].views[0].era' track status vol
	expect open '.tracks[0].views[0].state' track status vol
fi
refused 1 'there is a device-mapper device vol@2 already' track view vol 2
refused 1 'keeps 1 views.*--force' track detach vol
exec 9</dev/mapper/vol@2
refused 1 'vol@2: it is in use' track drop vol 2
exec 9<&-
takes track drop vol 2
[ ! -e /dev/mapper/vol@2 ] || fail "the dropped view's node is still there"
refused 1 'vol refused' track drop vol 2

# Only what is shipped, until it is released.
[ "$(takes track close vol --view shipped --since 2)" = 3 ] || fail "the third era is not 3"
takes track release vol 3 0 10
takes track drop vol 3
takes track mark vol 200 2
[ "$(takes track changed vol --since 3 | head -n 1)" = "w 200 2" ] ||
	fail "marked blocks are not reported"
takes track mark vol 210 1 --compare
[ "$(takes track changed vol --since 3 | sed -n 2p)" = "c 210 1" ] ||
	fail "blocks that are to be compared are not reported as such"

exec 9<$vol
refused 1 'vol: it is in use' track detach vol
exec 9<&-
takes track detach vol
takes track status | grep -qx 'no tracked devices' || fail "there should be none left"
