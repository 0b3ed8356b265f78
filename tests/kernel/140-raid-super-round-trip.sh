#!/bin/bash
# Arrays with superblocks: made, stopped, found again whatever the order and the
# names of their devices, with what was written; the members tell what they are.
# runs: uml vm
# timeout: 150
. "$(dirname "$0")/lib.sh"
. "$(dirname "$0")/braidctl.sh"
. "$(dirname "$0")/super.sh"
. "$(dirname "$0")/sync.sh"

a=$(disk a 16)
b=$(disk b 16)
c=$(disk c 20)
dd if=/dev/urandom of="$LAB_DIR/data" bs=1M count=4 status=none

# fill NAME; holds NAME: the 4 MiB at its start, and its last sector.
fill() {
	dd if="$LAB_DIR/data" of="/dev/mapper/$1" bs=1M oflag=direct status=none
	dd if="$LAB_DIR/data" of="/dev/mapper/$1" bs=512 count=8 seek=$(($(sectors "/dev/mapper/$1") - 8)) \
		oflag=direct status=none
}

holds() {
	cmp -n 4194304 "$LAB_DIR/data" "/dev/mapper/$1" || fail "$1 lost data"
	dd if="/dev/mapper/$1" bs=512 skip=$(($(sectors "/dev/mapper/$1") - 8)) status=none |
		cmp - <(head -c 4096 "$LAB_DIR/data") || fail "$1 lost its end"
}

undo drop_arrays
takes array create mirror --level raid1 "$a" "$b" | grep -q '^/dev/mapper/mirror: 15.0 MiB$' ||
	fail "create did not print the device and its size"
uuid=$(json '.arrays[0].uuid' array status mirror)
[ "${#uuid}" = 36 ] || fail "the UUID of the array is '$uuid'"
dmsetup table mirror | grep -qx "0 30720 braid-raid raid1 0 2 superblock $uuid 2 [0-9:]* [0-9:]*" ||
	fail "the table is $(dmsetup table mirror)"
synced mirror
dmsetup status mirror | grep -qx '0 30720 braid-raid raid1 2 AA 30720/30720 idle 0 2048 -' ||
	fail "the status is $(dmsetup status mirror)"
expect 'in use' .state array examine "$a"
events=$(json .events array examine "$a")
fill mirror
cmp -n 4194304 "$LAB_DIR/data" <(tail -c +1048577 "$b") || fail "the data is not where the superblock says"
takes array stop mirror
expect clean .state array examine "$a"
expect clean .state array examine "$b"
expect $((events + 1)) .events array examine "$b"
expect mirror .name array examine "$b"
expect 1 .slot array examine "$b"
expect 1048576 .data_offset_bytes array examine "$b"
takes array examine "$a" | grep -q "^$a: slot 0 of the raid1 array mirror, clean$" ||
	fail "examine for people says $(braidctl array examine "$a" | head -n 1)"

takes array assemble mirror "$b" "$a" | grep -q '^/dev/mapper/mirror: 15.0 MiB$' ||
	fail "assemble did not print the device and its size"
if command -v python3 >/dev/null; then
	expect "$a" '.arrays[0].members[0].device' array status mirror
fi
holds mirror
# Nobody else may have it meanwhile.
declines 1 'mirror is running already, as mirror' array assemble mirror
declines 1 "$a is in use" array assemble "$a" "$b"
declines 1 "$a is in use" array create other --level raid1 "$a" "$c"
takes array assemble --scan >"$LAB_DIR/out"
[ ! -s "$LAB_DIR/out" ] || fail "a scan started something: $(cat "$LAB_DIR/out")"
said=$(dm_refuses "0 30720 braid-raid raid1 0 2 superblock $uuid 2 $a $b")
grep -q "the array $uuid is in use as" <<<"$said" || fail "a second table of one array: $said"
# A table that is loaded again, and a suspend, keep everything.
dmsetup load mirror --table "$(dmsetup table mirror)"
dmsetup suspend --noudevsync mirror
dmsetup resume --noudevsync mirror
dmsetup suspend --noudevsync mirror
expect clean .state array examine "$a"
dmsetup resume --noudevsync mirror
expect 'in use' .state array examine "$b"
holds mirror
takes array stop mirror

# By its UUID, and by a scan; the name is in the superblock.
takes array assemble "$uuid" --json >"$LAB_DIR/out"
grep -q '"path": "/dev/mapper/mirror"' "$LAB_DIR/out" || fail "assemble --json says $(cat "$LAB_DIR/out")"
takes array stop mirror
declines 2 "raid0 needs all its devices" array create stripe --level raid0 "$c" missing
d=$(disk d 16)
takes array create stripe --level raid0 --chunk 128K "$c" "$d" >"$LAB_DIR/out"
[ "$(sectors /dev/mapper/stripe)" = $((2 * 30720)) ] || fail "the stripe has $(sectors /dev/mapper/stripe) sectors"
fill stripe
takes array stop stripe
takes array assemble --scan >"$LAB_DIR/out"
[ "$(wc -l <"$LAB_DIR/out")" = 2 ] || fail "a scan did not start both arrays: $(cat "$LAB_DIR/out")"
holds mirror
holds stripe
expect ok '.arrays[0].health' array status stripe

# Read-only: nothing is written.
takes array stop stripe
takes array stop mirror
table="0 30720 braid-raid raid1 0 2 superblock $uuid 2 $a $b"
before=$(checksum "$a")
dmsetup create --noudevsync --readonly mirror --table "$table"
holds mirror
dmsetup remove --noudevsync mirror
[ "$(checksum "$a")" = "$before" ] || fail "a read-only array wrote to its members"

# The old way still works, and no superblock is needed for it.
declines 1 "$a has a superblock (member of the array mirror).*array erase" array create old --level raid1 --no-superblock --force "$a" "$b"
takes array erase "$a" --force
takes array erase "$b" --force
declines 1 'it has no superblock' array examine "$a"
takes array create mirror --level raid1 --no-superblock "$a" "$b" >"$LAB_DIR/out"
[ "$(sectors /dev/mapper/mirror)" = "$(sectors "$a")" ] || fail "without superblocks the size is $(sectors /dev/mapper/mirror)"
takes array stop mirror
