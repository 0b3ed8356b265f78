#!/bin/bash
# A shipped view: keeps what changed in its interval until it is released, knows
# it exactly while stamps are replaced, and reads as nothing else.
# runs: uml vm
# timeout: 120
. "$(dirname "$0")/lib.sh"
. "$(dirname "$0")/track.sh"

tracked 16 8
fill "$vol"
[ "$(message close)" = 1 ]
random "$vol" 32 32   # blocks 2, 3
random "$vol" 160 16  # block 10
block10=$(dd if="$vol" bs=64k skip=10 count=1 iflag=direct status=none | sha256sum)
[ "$(message close shipped 1)" = 2 ]
show 2
view=/dev/mapper/view-2

reads() {
	dd if="$view" of=/dev/null bs=64k skip="$1" count=1 iflag=direct status=none 2>/dev/null
}

block_sum() {
	dd if="$view" bs=64k skip="$1" count=1 iflag=direct status=none | sha256sum
}

want=$'2 2\n10 1'
[ "$(changed 1 2)" = "$want" ] || fail "the view reports something else than what changed"
random "$vol" 0 256 # blocks 0 to 15
[ "$(changed 1 2)" = "$want" ] || fail "the view forgot what changed when it was overwritten"
[ "$(changed 2 now)" = '0 16' ] || fail "the live map lost what was overwritten"
[ "$(store_used)" = 3 ] || fail "$(store_used) blocks were kept, not 3"
[ "$(block_sum 10)" = "$block10" ] || fail "block 10 of the view is not what it was"
for b in 2 3 10; do
	reads "$b" || fail "block $b of the view can't be read"
done
for b in 0 1 4 9 11 15 16 255; do
	! reads "$b" || fail "block $b is not in the view and was read all the same"
done

message release 2 3 2
! reads 3 || fail "block 3 was released and is read all the same"
reads 2 || fail "block 2 can't be read after another was released"
[ "$(store_used)" = 2 ] || fail "a block that was released is still in the store"
[ "$(dmsetup status view-2 | cut -d ' ' -f 4-)" = "shipped open 2 2" ] ||
	fail "the view's status is $(dmsetup status view-2)"
[ "$(changed 1 2)" = "$want" ] || fail "releasing changed what the view reports"
message release 2 0 256
[ "$(store_used)" = 0 ] || fail "all was released and the store holds $(store_used) blocks"
! reads 2 || fail "block 2 was released and is read all the same"
[ "$(changed 1 2)" = "$want" ] || fail "releasing changed what the view reports"
end_view 2

# Released before it is overwritten: not copied.
random "$vol" 0 64
[ "$(message close shipped 2)" = 3 ]
message release 3 0 2
random "$vol" 0 64
[ "$(store_used)" = 2 ] ||
	fail "$(store_used) blocks were kept, not 2"
message drop 3
[ "$(store_used)" = 0 ] || fail "the view was dropped and the store holds $(store_used) blocks"

# A mark is kept before as a write is.
random "$vol" 0 1
[ "$(message close shipped 3)" = 4 ]
message mark 0 1
[ "$(store_used)" = 1 ] || fail "a marked block was not kept"
[ "$(changed 4 now)" = '0 1' ] || fail "a mark is not reported"
[ "$(changed 3 4)" = '0 4' ] ||
	fail "a mark took a block out of the view's report: $(changed 3 4)"
message drop 4
