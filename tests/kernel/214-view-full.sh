#!/bin/bash
# P9: a full copy store, one whose device fails, or none at all makes the view
# invalid, never a write. An event tells. Afterwards views work again.
# runs: uml vm
# timeout: 240
. "$(dirname "$0")/lib.sh"
. "$(dirname "$0")/track.sh"
requires program fio

# invalid ERA: it is, and can't be read.
invalid() {
	[ "$(view_state "$1")" = invalid ] ||
		fail "the view of era $1 is $(view_state "$1"), not invalid"
	if dd if="/dev/mapper/view-$1" of=/dev/null bs=4k count=1 iflag=direct status=none 2>/dev/null; then
		fail "an invalid view was read"
	fi
}

store_empty() {
	[ "$(store_used)" = 0 ]
}

written() {
	fio --name=written --filename="$vol" --rw=randwrite --bs=4k --direct=1 \
		--ioengine=libaio --iodepth=16 --size=16M --verify=crc32c \
		--output="$LAB_DIR/fio.log" >/dev/null 2>&1 ||
		fail "writes failed with the store $1: $(tail -n 3 "$LAB_DIR/fio.log")"
}

tracked 16 3 128
era=$(message close whole 0)
show "$era"
dmsetup wait --noudevsync vol "$(dmsetup info -c --noheadings -o events vol)" &
waiter=$!
undo kill "$waiter"
written full
invalid "$era"
wait_for 10 sh -c "! kill -0 $waiter" || fail "no event told that the view is invalid"
wait_for 5 store_empty || fail "an invalid view still holds $(store_used) blocks"
end_view "$era"

random "$vol" 0 16
want=$(digest "$vol")
era=$(message close whole 0)
show "$era"
random "$vol" 0 16
[ "$(digest "/dev/mapper/view-$era")" = "$want" ] || fail "after an overflow a new view is wrong"
# One view outlives another that needs more: they share the store.
message release "$era" 16 240
more=$(message close whole 0)
show "$more"
written shared
invalid "$more"
cleanup

tracked 16 - 128
era=$(message close whole 0)
show "$era"
dd if="/dev/mapper/view-$era" of=/dev/null bs=1M iflag=direct status=none ||
	fail "without a store, a view of a quiet device can't be read"
written absent
invalid "$era"
cleanup

# The store fails from the start of its fourth MiB on.
origin=$(disk origin 16)
broken=$(disk meta 16)
vol=/dev/mapper/vol
dm_create store "$(printf '0 8192 linear %s 0\n8192 24576 error' "$broken")"
dm_create vol "0 32768 braid-track /dev/mapper/store $origin 128"
era=$(message close whole 0)
show "$era"
written failing
invalid "$era"
