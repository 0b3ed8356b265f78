#!/bin/bash
# The first image and eras after it: bit for bit the source, and no more on the
# wire than what differs.
# timeout: 180
. "$(dirname "$0")/lib.sh"

device 32
truncate -s $((32 * 1048576 + 512)) "$dir/src.img"	# no whole number of blocks
source_config 0
replica_config
start rep
start src
wait_for 5 is src state idle || fail "the source did not connect"
[ "$(ship)" = 1 ] || fail "the first era is not 1: $(ask src ship)"
same "first image"
[ "$(du -k "$dir/rep.img" | cut -f 1)" -lt 16000 ] || fail "zeros take up space in the image"

for era in 2 3 4 5; do
	scribble 20
	[ "$(ship)" = $era ] || fail "era $era was not shipped"
	same "era $era"
done

# One byte: a block is sent. Nothing: only the fingerprints' questions.
printf x | dd of="$dir/src.img" bs=1 seek=5000000 conv=notrunc status=none
before=$(field src bytes_data)
ship >/dev/null
same "one byte"
[ $(($(field src bytes_data) - before)) = 4096 ] || fail "one byte did not cost one block"
before=$(field src bytes_wire_out)
ship >/dev/null
[ $(($(field src bytes_wire_out) - before)) -lt 20000 ] || fail "an empty era costs too much"

# Each side has logged the same hash of each era.
settled
for era in 1 2 3 4 5 6 7; do
	a=$(grep -o "era $era sha256 .*" "$dir/src.log")
	[ "$a" = "$(grep -o "era $era sha256 .*" "$dir/rep.log")" ] || fail "the hashes of era $era differ"
done

# Both stop cleanly and go on where they were, by themselves.
stop src
stop rep
grep -q 'stopped' "$dir/src.log" || fail "the source did not stop cleanly"
grep -q 'stopped' "$dir/rep.log" || fail "the replica did not stop cleanly"
scribble 5
source_config 1
start src
sleep 0.5
start rep
wait_for 10 is rep era 8 || fail "it did not go on by itself"
same "after both restarted"
