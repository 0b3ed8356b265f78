#!/bin/bash
# P3: a leg that fails under load never serves its old data again, although it is
# named first, comes first, and is whole; not even if it is all that is left.
# runs: uml vm
# timeout: 240
. "$(dirname "$0")/lib.sh"
. "$(dirname "$0")/braidctl.sh"
. "$(dirname "$0")/super.sh"

# Is the load well under way?
is_writing() {
	[ "$(awk '{print $5}' "/sys/block/$mirror/stat")" -gt 100 ]
}

# load [ARGUMENT...]
load() {
	fio --name=verify --filename=/dev/mapper/mirror --rw=randwrite --bsrange=4k-64k \
		--ioengine=libaio --iodepth=16 --direct=1 --size=32M --allow_file_create=0 \
		--verify=crc32c --verify_fatal=1 --fsync=64 --minimal "$@" >"$LAB_DIR/fio"
}

requires program fio
requires target linear
a=$(disk a 64)
b=$(disk b 64)
size=$(sectors "$a")
dm_create leg "0 $size linear $a 0"
undo drop_arrays
takes array create mirror --level raid1 /dev/mapper/leg "$b" >"$LAB_DIR/out"
uuid=$(json '.arrays[0].uuid' array status mirror)
mirror=dm-$(dmsetup info -c --noheadings -o minor mirror)

head -c 1M /dev/zero | tr '\0' o >"$LAB_DIR/old"
head -c 1M /dev/zero | tr '\0' n >"$LAB_DIR/new"
dd if="$LAB_DIR/old" of=/dev/mapper/mirror bs=1M seek=40 oflag=direct status=none
load --do_verify=0 --rate=8m &
fio=$!
wait_for 60 is_writing || fail "fio did not start"
swap leg "0 $size error"
wait "$fio" || fail "the failure of a leg was noticed above"
[ "$(health mirror)" = DA ] || fail "the health is $(health mirror) after slot 0 failed"
[ "$(slot_state "$b" 0)" = lost ] || fail "the survivor calls slot 0 '$(slot_state "$b" 0)'"
dd if="$LAB_DIR/new" of=/dev/mapper/mirror bs=1M seek=40 oflag=direct status=none
# No --force: the members remember what is stale.
takes array stop mirror
dm_remove leg

# The leg works again, and its own superblock calls all well.
[ "$(slot_state "$a" 0)$(slot_state "$a" 1)" = usedused ] || fail "the stale leg knows that it is stale"
[ "$(dd if="$a" bs=1M skip=41 count=1 status=none | sha256sum)" = "$(sha256sum <"$LAB_DIR/old")" ] ||
	fail "the stale leg does not hold the old data: this test proves nothing"
said=$(dm_refuses "0 $((size - 2048)) braid-raid raid1 0 2 superblock $uuid 2 $a $b")
grep -q "(slot 0): it is stale" <<<"$said" || fail "the kernel did not refuse the stale leg as such: $said"
for words in "mirror" "$a $b" "$b $a" "$uuid" "--scan"; do
	# shellcheck disable=SC2086 # several words
	says "$a is not used for mirror: it is stale" array assemble $words
	[ "$(health mirror)" = -A ] || fail "assemble $words: the health is $(health mirror)"
	dd if=/dev/mapper/mirror bs=1M skip=40 count=1 iflag=direct status=none |
		cmp - "$LAB_DIR/new" || fail "assemble $words: old data was served"
	takes array stop mirror
done
takes array assemble mirror >"$LAB_DIR/out"
load --verify_only || fail "a write was lost with the leg"
takes array stop mirror

# Only the stale leg is there.
power_cut b
declines 1 'slot 1 is missing, and was in use' array assemble mirror
declines 1 'slot 1 is missing, and was in use' array assemble "$a"
declines 1 'mirror is not assembled' array assemble --scan
power_on b >/dev/null
says 'is stale' array assemble mirror
[ "$(health mirror)" = -A ] || fail "the health is $(health mirror) with both"
