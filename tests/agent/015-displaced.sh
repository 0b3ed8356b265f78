#!/bin/bash
# The source comes back on a new connection while the old one is silent and not
# yet known to be dead: the new one takes over, what the old one had begun is
# forgotten. While the old one is alive, nobody takes its place.
# timeout: 120
. "$(dirname "$0")/lib.sh"

device 4
source_config 0
replica_config
start rep
start src
wait_for 5 is src state idle
era=$(ship)
same "the first image"
lineage=$(field src lineage)
bytes=$(stat -c %s "$dir/src.img")

# taken_over: by this source.
taken_over() {
	is src state idle && grep -q 'came back on another connection' "$dir/rep.log"
}

# A living one stays, whoever claims to be it.
said=$("$helpers/peer" source "$port" "$dir/key" hold "$lineage" "$bytes")
[[ $said == *'another source is connected'* ]] || fail "a second connection was told '$said'"
is src state idle || fail "the source lost its connection to another one"
stop src
wait_for 10 is rep peer null || fail "the replica kept the peer"

# A silent one with half an era goes, and leaves nothing of it.
"$helpers/peer" source "$port" "$dir/key" hold "$lineage" "$bytes" >"$dir/said" 2>&1 &
pids[peer]=$!
wait_for 10 is rep state receiving || fail "the replica does not see the peer"
wait_for 10 test -s "$dir/rep/stage" || fail "the peer's half era did not come"
start src
wait_for 30 taken_over || fail "the source was kept out: $(field src error)"
wait "${pids[peer]}" || fail "the old connection: $(cat "$dir/said")"
unset "pids[peer]"
grep -q 'came back on another connection' "$dir/said" || fail "the old connection was told '$(cat "$dir/said")'"
is rep era "$era" || fail "half an era counts"
same "half an era was forgotten"
scribble 3
[ "$(ship)" -gt "$era" ] || fail "no era over the new connection"
same "over the new connection"
