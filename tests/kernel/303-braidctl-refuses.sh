#!/bin/bash
# Bad input of every kind: a sentence, the right exit status, nothing changed.
# runs: uml vm
# timeout: 240
. "$(dirname "$0")/lib.sh"
. "$(dirname "$0")/braidctl.sh"
requires target braid-track

a=$(disk a 16)
b=$(disk b 16)
full=$(disk used 16)
meta=$(disk meta 16)
dm_create held "0 2048 linear $b 0"

# Words.
refused 2 'a subcommand is needed'
refused 2 "no subcommand 'destroy'" destroy
refused 2 "no subcommand 'array destroy'" array destroy
refused 2 'array needs a subcommand' array
refused 2 'array create needs --level' array create m "$a" "$full"
refused 2 'level raid6' array create m --level raid6 "$a" "$full"
refused 2 'no option --levle' array create m --levle raid1 "$a" "$full"
refused 2 'given twice' array create m --level raid1 --level raid0 "$a" "$full"
refused 2 'needs a value' array create m "$a" "$full" --level
refused 2 'chunk 3K' array create m --level raid0 --chunk 3K "$a" "$full"
refused 2 'chunk 64Q' array create m --level raid0 --chunk 64Q "$a" "$full"
refused 2 'chunk 99999999999P' array create m --level raid0 --chunk 99999999999P "$a" "$full"
refused 2 'is for raid0' array create m --level raid1 --chunk 64K "$a" "$full"
refused 2 '2 to 8 devices, not 1' array create m --level raid1 "$a"
refused 2 '3 to 16 devices, not 2' array create m --level raid5 "$a" "$full"
refused 2 'not without 2' array create m --level raid5_ra "$a" missing missing
refused 2 'none can be missing' array create m --level raid0 "$a" missing
refused 2 'all devices are missing' array create m --level raid1 missing missing
refused 2 'no name for a device' array create 'm/n' --level raid0 "$a" "$full"
refused 2 'no name for a device' array create '' --level raid0 "$a" "$full"
refused 2 "no use for 'x'" array stop m x
refused 2 'takes no value' array stop m --force=yes

# Devices.
refused 1 'cannot find /dev/none' array create m --level raid1 "$a" /dev/none
refused 1 '/dev/null is not a block device' array create m --level raid1 "$a" /dev/null
refused 1 'are the same device' array create m --level raid1 "$a" "$a"
refused 1 "$b is in use" array create m --level raid1 "$a" "$b"
refused 1 'device held already' array create held --level raid1 "$a" "$full"
if command -v mkfs.ext4 >/dev/null; then
	mkfs.ext4 -q "$full"
	sum=$(checksum "$full")
	refused 1 "$full has a signature (ext4)" array create m --level raid1 "$a" "$full"
	refused 1 "$full has a signature (ext4)" track attach v "$a" --meta "$full"
	[ "$(checksum "$full")" = "$sum" ] || fail "a refused command wrote to $full"
fi
refused 1 'no device-mapper device.* none' array status none
refused 1 'held is not a braid-raid device but linear' array status held
refused 1 'held is not a braid-raid device but linear' array stop held --force

# Tracking.
refused 2 'block 1K' track attach v "$a" --block 1K
refused 2 'block 2M' track attach v "$a" --block 2M
refused 2 'block 12K' track attach v "$a" --block 12K
refused 2 'no name for a tracked device' track attach v@1 "$a"
refused 1 'are the same device' track attach v "$a" --meta "$a"
refused 1 "$b is in use" track attach v "$b"
refused 1 'device held already' track attach held "$a"
refused 1 'held is not a braid-track device but linear' track close held
refused 1 'held is not a braid-track device but linear' track detach held --force
takes track attach v "$a" --meta "$meta" >"$LAB_DIR/out"
undo dmsetup remove --noudevsync --retry v
refused 1 "$a is in use" track attach w "$a"
refused 2 'view everything' track close v --view everything --since 0
refused 2 'belong together' track close v --view whole
refused 2 '--since belongs to --view' track close v --since 0
refused 2 'not a decimal number' track changed v --since now
refused 2 'track changed needs --since' track changed v
refused 1 'v refused' track changed v --since 99
refused 2 'eras are counted from 1' track changed v --since 0 --view-era 0
refused 2 'not a decimal number for an era' track view v x
refused 1 'cannot create v@77' track view v 77
refused 1 'v refused' track drop v 77
refused 1 'v refused' track release v 77 0 1
refused 1 'v refused' track mark v 0 99999
refused 2 'track mark needs NAME BLOCK COUNT' track mark v 0
[ "$(json '.tracks[0].era' track status v)" = 1 ] || fail "a refused command closed an era"

# The others.
refused 1 'cannot reach braidd at /run/none.sock' replica pause --control /run/none.sock
refused 1 'cannot reach braidd' promote --control /run/none.sock
refused 2 "is no volume's name" replica ship ../etc
refused 1 'cannot make /none/key' keygen /none/key
takes keygen "$LAB_DIR/key"
[ "$(stat -c %a "$LAB_DIR/key")" = 600 ] || fail "the key can be read by others"
grep -qxE '[0-9a-f]{64}' "$LAB_DIR/key" || fail "the key is not 64 hex digits"
sum=$(checksum "$LAB_DIR/key")
refused 1 'never overwritten' keygen "$LAB_DIR/key"
[ "$(checksum "$LAB_DIR/key")" = "$sum" ] || fail "the key was overwritten"
