#!/bin/bash
# Connections that say nothing, more than there are places for: the source gets
# in all the same, and the log isn't theirs to fill.
# timeout: 60
. "$(dirname "$0")/lib.sh"

device 2
source_config 0
replica_config
start rep
for ((i = 0; i < 30; i++)); do
	# shellcheck disable=SC2034 # open until the end
	exec {fd}<>"/dev/tcp/127.0.0.1/$port"
done
start src
wait_for 5 is src state idle || fail "the source is kept out: $(field src error)"
ship >/dev/null
same "the first image"

# With the source connected they take each other's places, not its.
for ((i = 0; i < 30; i++)); do
	# shellcheck disable=SC2034 # open until the end
	exec {fd}<>"/dev/tcp/127.0.0.1/$port"
done
scribble 3
ship >/dev/null
same "an era among strangers"
[ "$(grep -c 'another connection needed' "$dir/rep.log")" -le 12 ] || fail "they fill the log"
