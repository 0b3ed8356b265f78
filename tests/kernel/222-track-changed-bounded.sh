#!/bin/bash
# A message about a device of many blocks looks at a part of them and says
# where to go on.
# runs: vm
# timeout: 120
. "$(dirname "$0")/lib.sh"
. "$(dirname "$0")/track.sh"
requires target zero

vol=/dev/mapper/vol
blocks=4500000
dm_create endless "0 $((blocks * 8)) zero"
dm_create vol "0 $((blocks * 8)) braid-track - /dev/mapper/endless 8"
[ "$(message changed 0 now 0)" = 4194304 ] ||
	fail "a page of nothing is: $(message changed 0 now 0 | head -n 2)"
message mark 5 1
message mark $((blocks - 2)) 2
got=$(changed 0 now | tr '\n' ' ')
[ "$got" = "5 1 $((blocks - 2)) 2 " ] || fail "changed, page by page, told: $got"
# A run that goes on behind the end of a page is told in full.
message mark 4194300 65536
got=$(changed 0 now | awk '{ n += $2 } END { print n }')
[ "$got" = 65539 ] || fail "$got blocks changed, not 65539"
