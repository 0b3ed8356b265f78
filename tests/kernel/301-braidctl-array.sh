#!/bin/bash
# Arrays without superblocks by braidctl: made, shown, a member failed, stopped; what it makes
# holds data.
# runs: uml vm
# timeout: 150
. "$(dirname "$0")/lib.sh"
. "$(dirname "$0")/braidctl.sh"

a=$(disk a 16)
b=$(disk b 16)
c=$(disk c 20)
undo sh -c 'dmsetup remove --noudevsync --retry mirror; dmsetup remove --noudevsync --retry stripe'

takes array create mirror --no-superblock --level raid1 "$a" "$b" | grep -q '^/dev/mapper/mirror: 16.0 MiB$' ||
	fail "create did not print the device and its size"
[ -b /dev/mapper/mirror ] || fail "/dev/mapper/mirror is not there"
[ "$(sectors /dev/mapper/mirror)" = "$(sectors "$a")" ] || fail "the mirror has another size"
expect raid1 '.arrays[0].level' array status mirror
expect ok '.arrays[0].health' array status mirror
if command -v python3 >/dev/null; then
	expect "$a" '.arrays[0].members[0].device' array status
	expect "$b" '.arrays[0].members[1].device' array status
	expect A '.arrays[0].members[1].health' array status
	expect 16777216 '.arrays[0].bytes' array status
	expect false '.arrays[0].members[1].failed' array status
fi
takes array status | grep -q '^mirror *raid1 *16.0 MiB' || fail "the table lacks the mirror"

dd if=/dev/urandom of="$LAB_DIR/data" bs=1M count=4 status=none
dd if="$LAB_DIR/data" of=/dev/mapper/mirror bs=1M oflag=direct status=none
takes array fail mirror "$b"
expect degraded '.arrays[0].health' array status mirror
expect 1 '.arrays[0].members_lost' array status mirror
if command -v python3 >/dev/null; then
	expect true '.arrays[0].members[1].failed' array status
	expect false '.arrays[0].members[0].failed' array status
	expect "$b" '.arrays[0].members[1].device' array status
fi
takes array status mirror | grep -q "1 *$b *dead$" || fail "the member that failed is not shown"
cmp -n 4194304 "$LAB_DIR/data" /dev/mapper/mirror || fail "the degraded mirror lost data"
refused 1 'stale.*--force' array stop mirror
refused 1 "$c is not a member of mirror" array fail mirror "$c"
refused 1 'no slot 2' array fail mirror 2
refused 1 'refused' array fail mirror 0

exec 9</dev/mapper/mirror
refused 1 'mirror: it is in use' array stop mirror --force
exec 9<&-
takes array stop mirror --force
[ ! -e /dev/mapper/mirror ] || fail "the node of the stopped array is still there"
refused 1 'no device-mapper device.* mirror' array stop mirror

# What a member holds is a signature: again only by force.
cmp -n 4194304 "$LAB_DIR/data" "$a" || fail "the member does not hold what was written"
takes array create mirror --no-superblock --level raid1 "$a" missing >"$LAB_DIR/out"
expect degraded '.arrays[0].health' array status mirror
cmp -n 4194304 "$LAB_DIR/data" /dev/mapper/mirror || fail "the mirror made again lost data"
takes array stop mirror --force

expect /dev/mapper/stripe .path array create stripe --no-superblock --level raid0 --chunk 128K "$b" "$c"
[ "$(sectors /dev/mapper/stripe)" = $((2 * $(sectors "$b"))) ] || fail "the stripe has another size"
expect 131072 '.arrays[0].chunk_bytes' array status stripe
dd if="$LAB_DIR/data" of=/dev/mapper/stripe bs=1M oflag=direct status=none
cmp -n 4194304 "$LAB_DIR/data" /dev/mapper/stripe || fail "the stripe lost data"
takes array stop stripe

takes array create five --no-superblock --level raid5 --chunk 128K "$a" missing "$c" --force >"$LAB_DIR/out" 2>&1
undo dmsetup remove --noudevsync --retry five
[ "$(sectors /dev/mapper/five)" = $((2 * $(sectors "$a"))) ] || fail "the raid5 has another size"
expect raid5_ls '.arrays[0].level' array status five
expect degraded '.arrays[0].health' array status five
refused 1 'refused' array fail five 0
takes array stop five --force
takes array status | grep -qx 'no arrays' || fail "there should be no arrays left"
