#!/bin/bash
# Whoever hung up, or says nothing, does not keep a person's braidctl out,
# whatever else the agent waits for.
# timeout: 120
. "$(dirname "$0")/lib.sh"

device 4
source_config 0
replica_config
start rep
start src
wait_for 5 is src state idle || fail "the source did not connect"

# asked NAME COMMAND...: a braidctl that waits for its answer, until it is killed.
asked() {
	"$bin/braidctl" "${@:2}" --control "$dir/$1.sock" >>"$dir/asked.out" 2>&1 &
	callers+=($!)
}

# hang_up: all of those
hang_up() {
	kill -KILL "${callers[@]}" 2>/dev/null || true
	wait "${callers[@]}" 2>/dev/null || true
	callers=()
}

callers=()
kill -STOP "${pids[rep]}"
for ((i = 0; i < 20; i++)); do
	asked src replica ship
	sleep 0.05
	hang_up
done
timeout 10 "$bin/braidctl" replica status --control "$dir/src.sock" >/dev/null 2>"$dir/why" ||
	fail "those who hung up keep a person out: $(cat "$dir/why")"

# Those who wait for an era keep nobody out either, and one of them pays.
for ((i = 0; i < 16; i++)); do
	asked src replica ship
done
sleep 0.5
timeout 10 "$bin/braidctl" replica status --control "$dir/src.sock" >/dev/null 2>"$dir/why" ||
	fail "those who wait keep a person out: $(cat "$dir/why")"
kill -CONT "${pids[rep]}"
answered=0
for pid in "${callers[@]}"; do
	! wait "$pid" || answered=$((answered + 1))
done
callers=()
[ "$answered" = 15 ] || fail "$answered of the 16 who waited for an era were told of it"
grep -q 'needed the place' "$dir/asked.out" || fail "the one who had to go was not told why"
same "after the hang-ups"

# A promotion nobody waits for any more is not made, and not in the way.
stop src
kill -STOP "${pids[rep]}"
for ((i = 0; i < 12; i++)); do
	"$helpers/say" "$dir/rep.sock" '{"command":"promote","force":true}'
done
kill -CONT "${pids[rep]}"
wait_for 10 answers rep || fail "those who hung up keep a person out of the replica"
is rep image_state committed || fail "a promotion that nobody waited for was made"
start src
wait_for 10 is src state idle || fail "the source did not come back: $(field src error)"
scribble 3
[ -n "$(ship)" ] || fail "no era after promotions that were called off"
same "after promotions that were called off"
wait_for 10 is rep unverified false || fail "the replica does not verify any more"
