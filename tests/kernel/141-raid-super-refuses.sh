#!/bin/bash
# Members that don't belong together, or can't be what they say, are refused by
# the kernel and by braidctl, each with its own sentence, and nothing is written.
# runs: uml vm slow
# timeout: 240
. "$(dirname "$0")/lib.sh"
. "$(dirname "$0")/braidctl.sh"
. "$(dirname "$0")/super.sh"

# kernel WORDS TABLE
kernel() {
	local said
	said=$(dm_refuses "0 $2")
	grep -qF -- "$1" <<<"$said" || fail "'$2' was refused without '$1': $said"
}

requires target linear
requires target flakey
requires target delay
a=$(disk a 16)
b=$(disk b 16)
c=$(disk c 16)
d=$(disk d 16)
blank=$(disk blank 16)
undo drop_arrays
takes array create one --level raid1 "$a" "$b" >"$LAB_DIR/out"
takes array create two --level raid1 "$c" "$d" >"$LAB_DIR/out"
uuid=$(json '.arrays[0].uuid' array status one)
takes array stop one
takes array stop two
sums=$(cat "$a" "$b" "$c" "$d" | sha256sum)
f="superblock $uuid"

# The words.
kernel "the feature superblock needs the array's UUID" "30720 braid-raid raid1 0 1 superblock 2 $a $b"
kernel "the feature superblock needs the array's UUID" "30720 braid-raid raid1 0 2 superblock 1234 2 $a $b"
kernel "the feature superblock is given twice" "30720 braid-raid raid1 0 4 $f $f 2 $a $b"

# Of another array, in another slot, with no superblock.
kernel "it is a member of another array" "30720 braid-raid raid1 0 2 $f 2 $a $d"
kernel "(slot 1): it is a member of another array" "30720 braid-raid raid1 0 2 $f 2 $a $c"
kernel "it is a member of another array" "30720 braid-raid raid1 0 2 superblock ${uuid//[0-9]/a} 2 $a $b"
kernel "it is the member of another slot" "30720 braid-raid raid1 0 2 $f 2 $b $a"
kernel "it has no superblock" "30720 braid-raid raid1 0 2 $f 2 $a $blank"
declines 1 "$a and $c are members of different arrays" array assemble "$a" "$c"
declines 1 "$c is a member of the array two, not of one" array assemble one "$a" "$c"
declines 1 "$blank can't be a member: it has no superblock" array assemble one "$a" "$blank"
declines 1 "no device was found that is a member of three" array assemble three
declines 2 "needs a NAME, a UUID, devices, or --scan" array assemble
declines 2 "name none" array assemble --scan "$a" "$b"
declines 1 "$blank is no member of an array: it has no superblock" array examine "$blank"
declines 1 "cannot find /dev/none" array examine /dev/none

# Of another shape than the table's.
kernel "has another level" "61440 braid-raid raid0 128 2 $f 2 $a $b"
kernel "has another chunk size" "30720 braid-raid raid1 128 2 $f 2 $a $b"
kernel "has another number of devices" "30720 braid-raid raid1 0 2 $f 3 $a $b -"
kernel "has another length" "30712 braid-raid raid1 0 2 $f 2 $a $b"
# Without the feature, the table's length may even be that of the disk.
dm_create plain "0 30720 braid-raid raid1 0 0 2 $a $b"
dm_remove plain
[ "$(cat "$a" "$b" "$c" "$d" | sha256sum)" = "$sums" ] || fail "what was refused wrote to a member"

# A member whose device became smaller.
dm_create short "0 24576 linear $b 0"
kernel "the device is too small" "30720 braid-raid raid1 0 2 $f 2 $a /dev/mapper/short"
kernel "too small" "30720 braid-raid raid1 0 4 $f failed 0 2 $a /dev/mapper/short"
declines 1 "/dev/mapper/short can't be a member: the device is too small" array assemble "$a" /dev/mapper/short
expect 'too small' .state array examine /dev/mapper/short
dm_remove short

# A copy of a member.
dd if="$b" of="$blank" bs=1M oflag=direct status=none
declines 1 "one can't be assembled with $b: another device says that it is the same member" array assemble "$a" "$b" "$blank"
declines 1 "another device says that it is the same member" array assemble one
takes array assemble "$a" "$b" >"$LAB_DIR/out"
takes array stop one
takes array erase "$blank" --force

# A device that is not here: not without a word.
declines 1 'the device of slot 1 is missing.*what was written since is lost.*--force' array assemble "$a"
declines 1 'the device of slot 0 is missing.*--force' array assemble one "$b"
says 'one is degraded: 1 of 2 devices are missing' array assemble --force "$a"
[ "$(health one)" = A- ] || fail "the health is $(health one)"
declines 1 'one is running already' array assemble "$b"
takes array stop one
# From now on b is known to be stale, and no force is needed to do without it.
says "$b is not used for one: it is stale" array assemble one
[ "$(health one)" = A- ] || fail "the health is $(health one)"
takes array stop one
says 'one is degraded' array assemble "$a"
takes array stop one
kernel "(slot 1): it is stale" "30720 braid-raid raid1 0 2 $f 2 $a $b"
dm_create one "0 30720 braid-raid raid1 0 4 $f failed 1 2 $a $b"
[ "$(health one)" = AD ] || fail "with a stale member that is listed as failed the health is $(health one)"
dm_remove one

# Each went on without the other.
says 'degraded' array assemble --force "$b"
takes array stop one
declines 1 'were each used without the other.*name the devices of the side to keep' array assemble one
declines 1 'were each used without the other' array assemble one --force
declines 1 'were each used without the other' array assemble "$a" "$b"
kernel "their content has parted" "30720 braid-raid raid1 0 2 $f 2 $a $b"
says degraded array assemble "$b"
takes array stop one

# Two arrays of one name; the name of another device.
takes array create one --level raid1 "$c" "$d" --force >"$LAB_DIR/out"
takes array stop one
declines 1 'there are several arrays called one' array assemble one
says degraded array assemble "$uuid" "$a"
declines 1 'there is a device-mapper device one already' array assemble "$c" "$d"
takes array stop one

# raid0 can't do without a device, by any force.
takes array create stripe --level raid0 --force "$a" "$b" >"$LAB_DIR/out"
takes array stop stripe
declines 1 '1 of 2 devices are missing or can.t be used, and raid0 can do without 0' array assemble --force "$b"

# What create has to say.
declines 1 "$a has a signature (member of the array stripe)" array create x --level raid1 "$a" "$b"
declines 2 'too long for a superblock' array create "$(printf 'n%.0s' {1..32})" --level raid1 --force "$a" "$b"
small=$(disk small 1)
declines 1 'too few for a superblock and data' array create x --level raid1 "$small" "$blank"
# It stops halfway: what it leaves is no array, and can be made again.
dm_create bad "0 8 linear $blank 0
8 16 flakey $blank 8 0 60 1 error_writes
24 32744 linear $blank 24"
declines 1 'cannot write the superblock of /dev/mapper/bad.*half made' array create x --level raid1 --force "$c" /dev/mapper/bad
dm_remove bad
declines 1 'it has no superblock' array examine "$c"

# It is killed halfway: the second device is slow.
half_made() {
	braidctl array examine "$c" 2>/dev/null | grep -q 'array x, half made$'
}

dm_create slow "0 32768 delay $blank 0 0 $blank 0 4000"
braidctl array create x --level raid1 "$c" /dev/mapper/slow >"$LAB_DIR/out" 2>&1 &
create=$!
wait_for 30 half_made || fail "create did not come halfway"
kill -9 "$create"
wait "$create" || true
dm_remove slow
expect 'half made' .state array examine "$c"
expect 0 .events array examine "$c"
declines 1 "$c can't be a member: its array was only half made" array assemble "$c"
declines 1 'none of its devices that are here can be used' array assemble x
kernel "its array was only half made" "30720 braid-raid raid1 0 2 superblock $(json .uuid array examine "$c") 2 $c -"
declines 1 "$c has a signature (half-made member of an array x)" array create x --level raid1 "$c" "$blank"
takes array create x --level raid1 --force "$c" "$blank" >"$LAB_DIR/out"
