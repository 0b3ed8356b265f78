#!/bin/bash
# raid5 with stable_pages writes from the writers' own pages: the members hold what was
# written and the parity of it, with all members, without one, and when writes overlap;
# no writer finds another's bytes in his memory. Without the word, data is copied.
# runs: uml
# timeout: 120
. "$(dirname "$0")/lib.sh"
. "$(dirname "$0")/raid5.sh"

# asks_stable: are writers through the page cache told to leave pages alone?
asks_stable() {
	cat "/sys/block/dm-$(dmsetup info -c --noheadings -o minor r5)/queue/stable_writes"
}

helper model-writes
helper overlap-writes
helper raid5-image
requires target delay
dm_refuses "0 16384 braid-raid raid1 0 1 stable_pages 2 - -" | grep 'stable_pages is for raid5' >/dev/null ||
	fail "a mirror was refused for another reason than stable_pages"
members 4 12
array
[ "$(asks_stable)" = 0 ] || fail "pages are to be stable, and nobody said so"
dm_remove r5

features=(stable_pages)
array
dmsetup table r5 | grep -w "1 stable_pages" >/dev/null || fail "the table is $(dmsetup table r5)"
[ "$(asks_stable)" = 1 ] || fail "pages need not be stable"
model_zero
exercise 1 8 2560 100
exercise 2 8 69632 100
exercise 3 4 1052672 12
same
dmsetup message r5 0 fail 1
exercise 4 8 69632 60
exercise 5 4 1052672 12
same
dm_remove r5
same_members "${paths[0]}" - "${paths[@]:2}"

# With a slow member, so that overlapping writes wait for one another and are one round.
for path in "${paths[@]}"; do
	blkdiscard "$path"
done
dm_create slow "0 $(sectors "${paths[0]}") delay ${paths[0]} 0 10"
use[0]=/dev/mapper/slow
array
overlap-writes "$dev" 40 || fail "overlap-writes: see above"
dd if="$dev" of="$model" bs=1M iflag=direct status=none
dm_remove r5
same_members "${paths[@]}"
