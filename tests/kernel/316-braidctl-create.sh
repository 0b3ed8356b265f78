#!/bin/bash
# What an array is created with: spares, no log, devices that are alike; all of it is
# checked before anything is written.
# runs: uml
# timeout: 120
. "$(dirname "$0")/lib.sh"
. "$(dirname "$0")/braidctl.sh"
. "$(dirname "$0")/super.sh"
. "$(dirname "$0")/sync.sh"

a=$(disk a 32)
b=$(disk b 32)
c=$(disk c 40)
small=$(disk small 16)
undo drop_arrays

refused 2 'a comma between two' array create m --level raid1 "$a" "$b" --spares "$c,"
refused 2 'spares is for arrays' array create m --level raid0 "$a" "$b" --spares "$c"
refused 2 'spares is for arrays' array create m --level raid1 "$a" "$b" --spares "$c" --no-superblock
refused 2 'assume-clean is for arrays' array create m --level raid0 "$a" "$b" --assume-clean
refused 2 'no-log is for arrays' array create m --level raid1 "$a" "$b" --no-log --no-superblock
refused 2 'no-ppl is for raid5' array create m --level raid1 "$a" "$b" --no-ppl
refused 2 'no-ppl is for raid5' array create m --level raid5 "$a" "$b" "$c" --no-ppl --no-superblock
refused 1 "$a and $a are the same device" array create m --level raid1 "$a" "$b" --spares "$a"
refused 1 "$c and $c are the same device" array create m --level raid1 "$a" "$b" --spares "$c,$c"
refused 1 "spare $small has 32768 sectors, less" array create m --level raid1 "$a" "$b" --spares "$small"
refused 1 'it has no superblock' array examine "$a"

takes array create m --level raid1 "$a" "$b" --spares "$c" --assume-clean --no-log >"$LAB_DIR/out"
[ "$(sync_action m)" = idle ] && is_synced m || fail "devices that are alike are made alike: $(dmsetup status m)"
expect false '.arrays[0].log' array status m
expect spare .state array examine "$c"
expect 0 .log_bytes array examine "$a"
takes array stop m
takes array assemble --scan >"$LAB_DIR/out"
[ "$(health m)" = AA ] || fail "the health is $(health m)"
takes array stop m

# Without a word they are made alike, and there is a log.
dd if=/dev/urandom of="$b" bs=1M seek=2 count=20 oflag=direct status=none
takes array create m --level raid1 "$a" "$b" --force >"$LAB_DIR/out"
takes array wait m --timeout 100
expect true '.arrays[0].log' array status m
alike "$a" "$b"
takes array scrub m check
takes array wait m --timeout 100
expect 0 '.arrays[0].mismatches' array status m
