#!/bin/bash
# kill -9 of either agent at random moments of a transfer, the first image's
# included: the replica is at a committed era, and the next start goes on.
# timeout: 1800
. "$(dirname "$0")/lib.sh"
ROUNDS=${ROUNDS:-60}

device 24
source_config 0
replica_config

# committed OLD_ERA OLD_HASH: what the replica holds after its recovery.
committed() {
	local era
	era=$(field rep era)
	if [ "$era" = 0 ]; then
		is rep image_state empty || is rep image_state initialising ||
			fail "no era was committed, but the image is said to be $(field rep image_state)"
	elif [ "$era" = "$1" ]; then
		[ "$(hash_of "$dir/rep.img")" = "$2" ] || fail "the image is not era $1"
		kept=$((kept + 1))
	else
		[ "$era" -gt "$1" ] || fail "the replica went back from era $1 to $era"
		cmp "$dir/src.img" "$dir/rep.img" || fail "the image is not era $era"
		moved=$((moved + 1))
	fi
}

start rep
start src
kept=0 moved=0 era=0 hash=
for ((round = 0; round < ROUNDS; round++)); do
	wait_for 10 is src state idle || fail "round $round: the source did not connect"
	[ "$round" -lt 8 ] || scribble 60
	"$bin/braidctl" replica ship --control "$dir/src.sock" >/dev/null 2>&1 &
	asked=$!
	sleep "0.$(printf %03d $((RANDOM % 120)))"
	if [ $((round % 2)) = 0 ]; then
		stop rep KILL
		start rep
		settled
		committed "$era" "$hash"
	else
		stop src KILL
		start src
		sleep 0.1
		settled
		committed "$era" "$hash"
	fi
	wait "$asked" || true
	if [ "$round" -ge 7 ]; then
		wait_for 15 is src state idle || fail "round $round: no connection after a kill"
		era=$(ship)
		[ -n "$era" ] || fail "round $round: no era after a kill: $(ask src ship)"
		same "round $round"
	else
		settled
		era=$(field rep era)
	fi
	hash=$(hash_of "$dir/rep.img" 2>/dev/null || true)
done
echo "$ROUNDS kills: $kept times at the era before, $moved times at the next"
