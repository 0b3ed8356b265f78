#!/bin/bash
# A replica that says it is there, but does nothing, is given up after a time,
# and the view of the era with it; a slow one is not.
# timeout: 120
. "$(dirname "$0")/lib.sh"

# with SECONDS WHAT: a source with that patience, and such a replica.
with() {
	source_config 0
	echo "patience = $1" >>"$dir/src.conf"
	helper peer replica "$port" "$dir/key" "$2" "$(printf '0%.0s' {1..32})" 0
	start src
	wait_for 5 is src state idle || fail "the source did not connect to the $2 peer"
}

device 4
with 2 idle
"$bin/braidctl" replica ship --control "$dir/src.sock" >"$dir/said" 2>&1 &&
	fail "an era was shipped to a peer that did nothing"
grep -q 'is there, but does nothing' "$dir/said" || fail "ship says '$(cat "$dir/said")'"
wait_for 5 is src state connecting || fail "the source keeps a connection that is of no use"
field src error | grep -q 'replica is there' || fail "the status does not tell: $(field src error)"
stop src
stop peer

# Eight pieces, one a second: longer than its patience.
with 6 crawl
[ "$(ship)" = 1 ] || fail "a slow replica was given up: $(field src error)"
stop src
stop peer
