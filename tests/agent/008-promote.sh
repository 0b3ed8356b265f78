#!/bin/bash
# Promotion: the image is the newest committed era, the source is refused from
# then on, asking again changes nothing, and the lineage can be shipped from.
# timeout: 180
. "$(dirname "$0")/lib.sh"

device 6
source_config 1
replica_config
start rep
(ask rep promote || true) | grep -q 'nothing to promote' || fail "an empty replica was promoted"
start src
wait_for 10 is src era 1
scribble 20
wait_for 10 is src era 3
old=$(field src lineage)
ask src pause >/dev/null
wait_for 10 is src state paused
era=$(field src era)
ask rep promote | grep -q "era $era" || fail "promote does not tell era $era"
cmp "$dir/src.img" "$dir/rep.img" || fail "the promoted image is not era $era"
new=$(field rep lineage)
[ "$new" != "$old" ] || fail "the lineage is the old one"
ask rep promote | grep -q "era $era" || fail "promoting again tells something else"
is rep lineage "$new" || fail "promoting again made another lineage"
flock -n "$dir/rep.img" true || fail "the image is still held"

# The old source: refused, with a sentence, again and again.
ask src resume >/dev/null
wait_for 10 is src state refused || fail "the old source is $(field src state)"
field src error | grep -q 'promoted' || fail "no reason: $(field src error)"
printf written-by-its-owner | dd of="$dir/rep.img" conv=notrunc status=none
before=$(hash_of "$dir/rep.img")
stop src
start src
wait_for 10 is src state refused || fail "the old source is $(field src state) after a restart"
stop rep
start rep
is rep state promoted || fail "after a restart the replica is $(field rep state)"
is rep era "$era" || fail "after a restart the era is $(field rep era)"
stop src
start src
wait_for 10 is src state refused || fail "a restarted replica took the old source"
[ "$(hash_of "$dir/rep.img")" = "$before" ] || fail "the promoted image was changed"
stop src
stop rep

# Promoted, it is the source of a new lineage.
cat >"$dir/src.conf" <<-X
	[volume]
	name = src
	role = source
	state = $dir/rep
	key = $dir/key
	control = $dir/src.sock
	[source]
	device = $dir/rep.img
	mode = scan
	peer = 127.0.0.1:$port
	interval = 0
X
mv "$dir/rep.conf" "$dir/old.conf"
sed "s|$dir/rep\.img|$dir/third.img|; s|$dir/rep\$|$dir/third|" "$dir/old.conf" >"$dir/rep.conf"
start rep
start src
wait_for 10 is src state idle || fail "the promoted side does not ship: $(field src error)"
is src lineage "$new" || fail "it ships another lineage"
ship >/dev/null
settled
cmp "$dir/rep.img" "$dir/third.img" || fail "its replica differs"
