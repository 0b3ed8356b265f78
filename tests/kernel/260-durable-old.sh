#!/bin/bash
# Eras of which the map knows no more are refused, not guessed; from the oldest that
# it knows on nothing changes when the numbers pass what a packed stamp can hold.
# runs: uml
# timeout: 120
. "$(dirname "$0")/lib.sh"
. "$(dirname "$0")/track.sh"
. "$(dirname "$0")/durable.sh"

span=$((1 << 19)) kept=$((3 * (1 << 19) / 4))
durable 16 8 16 4 8
nr=$(field 2)
put 1 2 3
since=$(message close)
[ "$since" = 1 ] || fail "the first era is $since"
[ "$(field 5)" = 0 ] || fail "a new map knows of no era below $(field 5)"
down

# the same disks, and many eras later
format "$nr" $((span - 4))
up
[ "$(field 4)" = $((span - 3)) ] || fail "it is era $(field 4)"
oldest=$(field 5)
[ "$oldest" = $((span - 4 - kept)) ] || fail "the oldest era is $oldest"
for since in 0 $((oldest - 1)); do
	refused_with "only since era $oldest" changed "$since" now 0
	refused_with "only since era $oldest" close shipped "$since"
done
[ -z "$(changed "$oldest" now)" ] || fail "since era $oldest changed: $(changed "$oldest" now)"

# across the end of the span
for n in $(seq 10 19); do
	put "$n"
	eras[n]=$(message close)
	if [ "$n" = 14 ]; then
		down
		up
	fi
done
[ "$(field 4)" -gt "$span" ] || fail "it is era $(field 4)"
crash
up
for n in $(seq 10 18); do
	includes "${eras[n]}" $(seq $((n + 1)) 19)
done
down
up
# each load forgets what it may
[ "$(field 5)" -gt "$oldest" ] || fail "the oldest era is still $(field 5)"
oldest=$(field 5)
first=$(changed "$oldest" now)
[ "${first%%$'\n'*}" = "10 10" ] || fail "since era $oldest changed: $first"

# a view of all blocks doesn't need to know what changed
era=$(message close whole 0)
refused_with "isn't known any more" changed 0 "$era" 0
show "$era"
cmp "/dev/mapper/view-$era" "$vol" || fail "the view of era $era differs"
end_view "$era"
