#!/bin/bash
# The network is cut, or swallows everything, or the replica is stopped: the
# source goes on trying, answers all the while, and catches up by itself.
# timeout: 300
. "$(dirname "$0")/lib.sh"

relay=$((port + 1))
device 12
source_config 1 $relay
replica_config
start rep
helper relay $relay "$port"
start src
wait_for 15 is src era 1 || fail "the first image was not shipped"

# behind: seconds, whole
behind() {
	field src behind_seconds | cut -d . -f 1
}

# caught_up: an era of what is there now, by itself.
caught_up() {
	local era
	era=$(field src era)
	wait_for 20 newer $((era + 1)) || fail "$1: no era came by itself: $(field src error)"
	same "$1"
}

newer() {
	[ "$(field src era)" -gt "$1" ]
}

# A cable is pulled in the middle of an era.
scribble 200
sleep 0.7
stop relay KILL
scribble 20
sleep 2
is src state connecting || fail "without a network the source says $(field src state)"
[ "$(behind)" -ge 1 ] || fail "without a network the source is only $(behind) s behind"
[ "$(field src error)" != null ] || fail "the source tells no error without a network"
helper relay $relay "$port"
caught_up "cut"

# The network swallows everything: no end is told to either side.
kill -STOP "${pids[relay]}"
scribble 20
sleep 3
ask src status >/dev/null || fail "the source doesn't answer while the network is silent"
[ "$(behind)" -ge 2 ] || fail "the source is only $(behind) s behind a silent network"
stop relay KILL
helper relay $relay "$port"
caught_up "silent"

# Cut ten times within seconds.
for _ in 1 2 3 4 5 6 7 8 9 10; do
	scribble 40
	sleep "0.$((RANDOM % 9))"
	stop relay KILL
	helper relay $relay "$port"
done
caught_up "cut ten times"

# The replica is stopped, and comes back later.
stop rep
scribble 20
sleep 2
is src state connecting || fail "without a replica the source says $(field src state)"
start rep
caught_up "replica stopped"

# A paused source ships nothing, and catches up.
ask src pause >/dev/null
sleep 1.5
era=$(field src era)
scribble 5
sleep 2
is src era "$era" || fail "a paused source shipped"
is src state paused || fail "a paused source says $(field src state)"
ask src resume >/dev/null
caught_up "paused"
