#!/bin/bash
# What a killed source left of its views is taken away at the next start, half
# made or not; views and devices of others stay.
# runs: uml vm
# timeout: 120
. "$(dirname "$0")/lib.sh"
. "$(dirname "$0")/agent.sh"
. "$(dirname "$0")/track.sh"

tracked 16 16
image=$(disk image 16)

agent_config src source <<X
[source]
device = $vol
mode = track
view = whole
peer = 127.0.0.1:7424
interval = 0
X
agent_config rep replica <<X
[replica]
listen = 127.0.0.1:7424
image = $image
X

there() {
	dmsetup info "$1" >/dev/null 2>&1
}

gone() {
	! there "$1"
}

# start: the source, which must come up whatever it finds.
start() {
	rm -f "$agent/src.sock"
	agent_start src
	wait_for 15 is_state src idle || fail "the source did not connect: $(tail -n 1 "$agent/src.log")"
}

agent_start rep
start
[ -n "$(ship src)" ] || fail "no era was shipped"
[ ! -e "$agent/src/view" ] || fail "a note of a view is left, but no view"
agent_kill src TERM

# Killed between any two steps of making the device that shows a view.
table="0 $(sectors "$vol") braid-view $vol"
dmsetup create --notable braid-src-b-9
undo dmsetup remove braid-src-b-9
dmsetup create --notable braid-src-9
persons=$(message close whole 1)
loaded=$(message close whole 1)
dmsetup create --notable "braid-src-$loaded"
dmsetup load "braid-src-$loaded" --readonly --table "$table $loaded"
bare=$(message close whole 1)
printf '%s %020d %020d\n' "$(field 3)" "$bare" "$bare" >"$agent/src/view"
start
gone braid-src-9 || fail "a device without a table is still there"
gone "braid-src-$loaded" || fail "a device that was never resumed is still there"
[ -z "$(view_state "$loaded")" ] || fail "its view is still there"
[ -z "$(view_state "$bare")" ] || fail "the view that no device showed is still there"
there braid-src-b-9 || fail "the device of another volume was removed"
[ "$(view_state "$persons")" = open ] || fail "the view of a person was dropped"
[ -n "$(ship src)" ] || fail "no era was shipped over leftovers"
agent_kill src TERM

# One that can't be removed holds nothing up, and goes when it can.
held=$(message close whole 1)
dmsetup create "braid-src-$held" --readonly --table "$table $held"
exec 9<"/dev/mapper/braid-src-$held"
start 9<&- # it must not hold it as well
grep -q "cannot remove braid-src-$held" "$agent/src.log" || fail "nothing was said of the view that is in use"
[ -n "$(ship src)" ] || fail "no era was shipped over a view that is in use"
there "braid-src-$held" || fail "a device that is open was removed"
exec 9<&-
[ -n "$(ship src)" ] || fail "no era was shipped"
gone "braid-src-$held" || fail "the view that was in use was not removed later"
[ -z "$(view_state "$held")" ] || fail "its view is still there"
[ "$(view_state "$persons")" = open ] || fail "the view of a person was dropped later"

# A second source of the same state changes nothing.
other=$(message close whole 1)
dmsetup create "braid-src-$other" --readonly --table "$table $other"
if braidd -c "$agent/src.conf" >"$agent/second.log" 2>&1; then
	fail "a second source of the same state started"
fi
there "braid-src-$other" || fail "a source without the lock removed a view"
dmsetup remove "braid-src-$other"
agent_kill src TERM
agent_kill rep TERM
