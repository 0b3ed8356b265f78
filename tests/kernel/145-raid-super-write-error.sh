#!/bin/bash
# Superblocks that can't be written: the member is lost, unless it is the last
# that could record a loss; then nothing is acknowledged that needs the record.
# runs: uml vm
# timeout: 240
. "$(dirname "$0")/lib.sh"
. "$(dirname "$0")/braidctl.sh"
. "$(dirname "$0")/super.sh"
. "$(dirname "$0")/sync.sh"

# Tables for a leg over a disk: all good, superblocks that can't be written, data
# that can't be written.
good() {
	echo "0 32768 linear $1 0"
}

bad_super() {
	printf '0 8 linear %s 0\n8 16 flakey %s 8 0 60 1 error_writes\n24 32744 linear %s 24' "$1" "$1" "$1"
}

bad_data() {
	printf '0 2048 linear %s 0\n2048 30720 flakey %s 2048 0 60 1 error_writes' "$1" "$1"
}

put() {
	dd if="$LAB_DIR/data" of=/dev/mapper/mirror bs=64k count=1 seek="$1" oflag=direct status=none 2>/dev/null
}

has() {
	dd if=/dev/mapper/mirror bs=64k count=1 skip="$1" iflag=direct status=none | cmp -s - "$LAB_DIR/data"
}

# create DEV...: a mirror whose resync is over: no superblock is written but for what
# the test does.
create() {
	takes array create mirror --level raid1 --force "$@" >"$LAB_DIR/out"
	synced mirror
}

expect_health() {
	[ "$(health mirror)" = "$1" ] || fail "the health is $(health mirror), not $1: $2"
}

requires target flakey
disks=()
for name in a b c; do
	disks+=("$(disk "$name" 16)")
	dm_create "leg$name" "$(good "${disks[-1]}")"
done
a=${disks[0]} b=${disks[1]} c=${disks[2]}
dd if=/dev/urandom of="$LAB_DIR/data" bs=64k count=1 status=none

# One leg fails a write, another its superblock: both are lost, the third has it.
undo drop_arrays
create /dev/mapper/leg{a,b,c}
swap legc "$(bad_data "$c")"
swap legb "$(bad_super "$b")"
put 3 || fail "a write that one leg holds was not acknowledged"
expect_health ADD "after a write and a superblock failed"
[ "$(slot_state "$a" 1)$(slot_state "$a" 2)" = lostlost ] || fail "the last leg does not say that the others are lost"
[ "$(slot_state "$b" 1)" = used ] || fail "the test proves nothing: b's superblock was written"
has 3 || fail "what was acknowledged is not read back"
swap legc "$(good "$c")"
swap legb "$(good "$b")"
takes array stop mirror
says 'is stale' array assemble mirror
expect_health A-- "assembled"
takes array stop mirror

takes array erase /dev/mapper/legc --force

# The last one can't record it: the write fails, and nobody is lost.
create /dev/mapper/leg{a,b}
swap legb "$(bad_data "$b")"
swap lega "$(bad_super "$a")"
put 4 && fail "a write was acknowledged although nobody could record who lacks it"
expect_health AA "after a write that could not be recorded"
[ "$(slot_state "$a" 1)$(slot_state "$b" 0)" = usedused ] || fail "somebody is called lost"
if dmsetup message mirror 0 fail 1 2>/dev/null; then
	fail "a leg was failed although nobody could record it"
fi
put 4 && fail "it was acknowledged at the second try"
# When it can, all goes on.
swap lega "$(good "$a")"
put 5 || fail "a write was not acknowledged although it could be recorded"
expect_health AD "after it could be recorded"
[ "$(slot_state "$a" 1)" = lost ] || fail "the survivor does not say that slot 1 is lost"
has 5 || fail "what was acknowledged is not read back"
swap legb "$(good "$b")"
takes array stop mirror

# When all goes on before it could: the legs differ, so nobody calls them alike.
create /dev/mapper/leg{a,b}
swap legb "$(bad_data "$b")"
swap lega "$(bad_super "$a")"
put 6 && fail "a write was acknowledged although nobody could record who lacks it"
swap lega "$(good "$a")"
swap legb "$(good "$b")"
put 7 || fail "a write was not acknowledged by two good legs"
takes array stop mirror
expect 'in use' .state array examine "$a"

# When an array is started.
create /dev/mapper/leg{a,b}
takes array stop mirror
swap legb "$(bad_super "$b")"
takes array assemble mirror >"$LAB_DIR/out"
expect_health AD "started with a superblock that can't be written"
[ "$(slot_state "$a" 1)" = lost ] || fail "started: the other does not say that slot 1 is lost"
swap legb "$(good "$b")"
takes array stop mirror
takes array create stripe --level raid0 --force /dev/mapper/leg{a,b} >"$LAB_DIR/out"
takes array stop stripe
# However often it is tried: nobody falls behind so far as to be stale.
swap legb "$(bad_super "$b")"
for _ in 1 2 3; do
	declines 1 'cannot create stripe:.*can.t be written' array assemble stripe
	ahead=$(($(json .events array examine "$a") - $(json .events array examine "$b")))
	[ "$ahead" -le 1 ] || fail "a superblock that can't be written is $ahead events behind"
done
swap legb "$(good "$b")"
takes array assemble stripe >"$LAB_DIR/out"
takes array stop stripe
expect clean .state array examine "$b"

# When it is stopped: it can't be marked as stopped, but nothing else happens.
create /dev/mapper/leg{a,b}
swap lega "$(bad_super "$a")"
swap legb "$(bad_super "$b")"
takes array stop mirror
swap lega "$(good "$a")"
swap legb "$(good "$b")"
expect 'in use' .state array examine "$a"
says 'was not stopped as it should be' array assemble mirror
expect_health AA "after a stop that could not be recorded"
