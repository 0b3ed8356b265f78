#!/bin/bash
# Bad table lines and bad messages of braid-track and braid-view are refused
# with a sentence, and change nothing.
# runs: uml vm
# timeout: 240
. "$(dirname "$0")/lib.sh"
. "$(dirname "$0")/track.sh"

# bad PATTERN TABLE
bad() {
	dm_refuses "$2" | grep -q "$1" ||
		fail "the table $2 was refused without the words: $1"
}

tracked 16 8
other=$(disk other 16)
small=$(disk small 1)
len=$(sectors "$other")

bad 'Expected <metadata_dev' "0 $len braid-track - $other"
bad 'power of two' "0 $len braid-track - $other 100"
bad 'power of two' "0 $len braid-track - $other 4"
bad 'power of two' "0 $len braid-track - $other 4096"
bad 'power of two' "0 $len braid-track - $other -8"
bad "can't be opened" "0 $len braid-track - /dev/nowhere 128"
bad "can't be opened" "0 $len braid-track /dev/nowhere $other 128"
bad 'shorter than the table' "0 $((len + 8)) braid-track - $other 128"
bad 'is the origin' "0 $len braid-track $other $other 128"
bad 'too small' "0 $len braid-track $small $other 128"
bad 'tracked by another' "0 $(sectors "$origin") braid-track - $origin 128"
bad 'in use by another' "0 $len braid-track $meta $other 128"
bad 'in use by another' "0 $len braid-track $origin $other 128"
bad 'metadata device of another' "0 8192 braid-track - $meta 128"
bad 'feature is unknown' "0 $len braid-track - $other 128 1 fast"
bad "doesn't match" "0 $len braid-track - $other 128 2 fast"
bad 'Expected <track_dev>' "0 $len braid-view $vol"
bad "can't be opened" "0 $len braid-view /dev/nowhere 1"
bad 'not a braid-track device' "0 $len braid-view $other 1"
bad 'no view of this era' "0 $len braid-view $vol 1"
bad 'not a number' "0 $len braid-view $vol now"

refused_with 'unknown' nonsense
refused_with 'expected close' close whole
refused_with 'expected close' close half 0
refused_with 'expected close' close whole x
refused_with "can't tell what changed" close whole 1
refused_with 'expected changed' changed 0 now
refused_with 'expected changed' changed x now 0
refused_with 'neither an era' changed 0 later 0
refused_with 'not closed yet' changed 1 now 0
refused_with 'no view of era 7' changed 0 7 0
refused_with 'no view of era 7' drop 7
refused_with 'no view of era 7' release 7 0 1
refused_with 'expected release' release 7
refused_with 'not a number' drop x
refused_with 'beyond the end' mark 255 2
refused_with 'beyond the end' mark 4294967295 65536
refused_with 'too many for one message' mark 0 65537
refused_with 'expected mark' mark 0 1 perhaps
refused_with 'too many for one message' release 1 0 4294967295
[ "$(field 4)" = 1 ] || fail "a message that was refused closed an era"
[ -z "$(changed 0 now)" ] || fail "a message that was refused marked a block"

[ "$(message close whole 0)" = 1 ] || fail "the first era to be closed is not 1"
refused_with 'ends at block 256' release 1 256 1
refused_with 'since era 0, not 1' changed 1 1 0
bad 'no longer than the view' "0 $(($(sectors "$vol") + 8)) braid-view $vol 1"
show 1
refused_with 'in use by a braid-view' drop 1
if dd if=/dev/zero of=/dev/mapper/view-1 bs=4k count=1 oflag=direct status=none 2>/dev/null; then
	fail "a view took a write"
fi
end_view 1
for _ in $(seq 16); do
	message close shipped 0 >/dev/null
done
refused_with 'no more than 16' close whole 0
