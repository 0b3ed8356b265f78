#!/bin/bash
# Rebuild: a leg that was replaced is filled while the mirror is written, and all
# that was written is on it; before that it is never read, nor counted on.
# runs: uml vm smp
# timeout: 300
. "$(dirname "$0")/lib.sh"
. "$(dirname "$0")/braidctl.sh"
. "$(dirname "$0")/super.sh"
. "$(dirname "$0")/sync.sh"

requires program fio
helper member-for
a=$(disk a 32)
b=$(disk b 32)
c=$(disk c 32)
undo drop_arrays
takes array create mirror --level raid1 "$a" "$b" >"$LAB_DIR/out"
synced mirror
dd if=/dev/urandom of=/dev/mapper/mirror bs=1M count=30 oflag=direct status=none
dd if=/dev/urandom of="$c" bs=1M count=32 oflag=direct status=none
uuid=$(uuid_of "$a")
size=$(sectors /dev/mapper/mirror)
takes array fail mirror "$b"
member-for "$a" "$c" 1

# Without a word the device is nobody's, and it needs a superblock of the array.
said=$(dm_refuses "$(mirror_line "$size" "$uuid" "" "$a" "$c")")
grep -q 'its slot belongs to another\|replaced' <<<"$said" || fail "the device was not refused as another's: $said"
dm_refuses "$(mirror_line "$size" "$uuid" "rebuild 0 rebuild 1" "$a" "$c")" >/dev/null
dm_refuses "$(mirror_line "$size" "$uuid" "rebuild 1" "$a" -)" >/dev/null
dm_refuses "0 $size braid-raid raid1 0 2 rebuild 1 2 $a $c" >/dev/null

swap mirror "$(mirror_line "$size" "$uuid" "rebuild 1 max_recovery_rate 4096" "$a" "$c")"
[ "$(health mirror)" = Aa ] || fail "the health is $(health mirror) at the beginning of a rebuild"
[ "$(slot_state "$a" 1)" = "being rebuilt" ] || fail "the survivor calls slot 1 '$(slot_state "$a" 1)'"
expect 0 .rebuilt_bytes array examine "$c"
wait_for 10 is_doing mirror recover || fail "no rebuild: $(dmsetup status mirror)"
# What is read comes from the leg that is whole.
cmp <(data_of "$a") <(dd if=/dev/mapper/mirror bs=1M iflag=direct status=none) || fail "the new leg was read"
fio --name=load --filename=/dev/mapper/mirror --rw=randwrite --bsrange=4k-128k --ioengine=libaio \
	--iodepth=8 --direct=1 --size=100% --io_size=48M --verify=crc32c --verify_fatal=1 \
	--allow_file_create=0 --minimal >"$LAB_DIR/fio" || fail "data was lost during a rebuild"
[ "$(health mirror)" = Aa ] || echo "the rebuild ended before the load did"
# The one that is whole can't be given up for it.
if [ "$(health mirror)" = Aa ] && dmsetup message mirror 0 fail 0 2>/dev/null; then
	fail "the last good leg was given up for one that is being rebuilt"
fi
swap mirror "$(mirror_line "$size" "$uuid" "" "$a" "$c")"
synced mirror
[ "$(health mirror)" = AA ] || fail "the health is $(health mirror) after a rebuild"
[ "$(slot_state "$a" 1)$(slot_state "$c" 1)" = usedused ] || fail "the legs don't say that it is rebuilt"
alike "$a" "$c"
takes array stop mirror

# The one that was replaced is nobody's now; the two others are a mirror.
says 'is not used for mirror' array assemble mirror
[ "$(health mirror)" = AA ] || fail "the health is $(health mirror) after assembly"
dmsetup message mirror 0 check
synced mirror
[ "$(mismatches mirror)" = 0 ] || fail "$(mismatches mirror) sectors differ after a rebuild"
