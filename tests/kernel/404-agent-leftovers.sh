#!/bin/bash
# What a killed source left of its views is taken away at the next start, half
# made or not; views and devices of others stay, whatever they are called.
# runs: uml vm
# timeout: 180
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

# ours ERA [MAP]: what marks the device of a view as this source's.
ours() {
	echo "BRAID-$lineage-${2:-$map}-$1"
}

# note closing|closed ERA [MODE]: what a killed source has left.
note() {
	printf '%-7s %s %020d %-7s %020d\n' "$1" "$map" "$2" "${3:-whole}" 1 >"$agent/src/view"
}

# stays ERA WHOSE, dropped ERA WHOSE
stays() {
	[ "$(view_state "$1")" = open ] || fail "$2 was dropped"
}
dropped() {
	[ -z "$(view_state "$1")" ] || fail "$2 is still there"
}

agent_start rep
start
[ -n "$(ship src)" ] || fail "no era was shipped"
[ ! -e "$agent/src/view" ] || fail "a note of a view is left, but no view"
lineage=$(status src lineage)
map=$(field 3)
agent_kill src TERM

# Killed between any two steps of making the device that shows a view.
table="0 $(sectors "$vol") braid-view $vol"
dmsetup create --notable braid-src-8
undo dmsetup remove braid-src-8
dmsetup create --notable -u "$(ours 9)" braid-src-9
persons=$(message close whole 1)
dmsetup create --notable -u "$(ours "$persons" 0123456789abcdef0123456789abcdef)" braid-src-older
loaded=$(message close whole 1)
dmsetup create --notable -u "$(ours "$loaded")" "braid-src-$loaded"
dmsetup load "braid-src-$loaded" --readonly --table "$table $loaded"
bare=$(message close whole 1)
note closed "$bare"
start
gone braid-src-9 || fail "a device without a table is still there"
gone "braid-src-$loaded" || fail "a device that was never resumed is still there"
gone braid-src-older || fail "a device for a view of an older map is still there"
dropped "$loaded" "the view that was to be shown"
dropped "$bare" "the view that no device showed"
there braid-src-8 || fail "a device that only has such a name was removed"
stays "$persons" "the view of a person"
[ -n "$(ship src)" ] || fail "no era was shipped over leftovers"
agent_kill src TERM

# Killed before the kernel had told the era: it was open, or somebody closed it
# in between. What else a person has closed since is not the source's.
mine=$(message close whole 1)
later=$(message close whole 1)
other=$(message close shipped 1)
note closing "$mine"
start
dropped "$mine" "the view of the era that was open"
stays "$later" "a person's later view of the same kind"
stays "$other" "a person's later view"
grep -q "view of era $later .*may be one that this source left behind" "$agent/src.log" ||
	fail "nothing was said of the view that may be the source's"
agent_kill src TERM
note closing "$other" shipped
show "$other"
start
stays "$other" "a view that a person looks at"
agent_kill src TERM
dm_remove "view-$other"
note closing "$later" shipped
start
stays "$later" "a view of another kind"
agent_kill src TERM
[ ! -e "$agent/src/view" ] || fail "the note is still there"

# One that can't be removed holds nothing up, and goes when it can.
held=$(message close whole 1)
dmsetup create "braid-src-$held" -u "$(ours "$held")" --readonly --table "$table $held"
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
dmsetup create "braid-src-$other" -u "$(ours "$other")" --readonly --table "$table $other"
if braidd -c "$agent/src.conf" >"$agent/second.log" 2>&1; then
	fail "a second source of the same state started"
fi
there "braid-src-$other" || fail "a source without the lock removed a view"
dmsetup remove "braid-src-$other"
agent_kill src TERM
agent_kill rep TERM
