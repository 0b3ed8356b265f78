#!/bin/bash
# braidctl is killed at any point of add and remove: the array goes on, nothing hangs,
# it assembles afterwards, and the same command brings it to its end.
# runs: uml
# timeout: 240
. "$(dirname "$0")/lib.sh"
. "$(dirname "$0")/braidctl.sh"
. "$(dirname "$0")/super.sh"
. "$(dirname "$0")/sync.sh"

a=$(disk a 24)
b=$(disk b 24)
undo drop_arrays
takes array create mirror --level raid1 "$a" "$b" >"$LAB_DIR/out"
takes array wait mirror --timeout 100
dd if=/dev/urandom of=/dev/mapper/mirror bs=1M count=20 oflag=direct status=none
sum=$(checksum /dev/mapper/mirror)

# killed MILLISECONDS WORDS...
killed() {
	local after=$1
	shift
	timeout -s KILL "$(printf '0.%03d' "$after")" braidctl "$@" >"$LAB_DIR/out" 2>&1 || true
}

# alive: it can be read and written, and is not suspended.
alive() {
	[ "$(dmsetup info -c --noheadings -o suspended mirror)" = Active ] || fail "$1: the array is suspended"
	dd if=/dev/mapper/mirror of="$LAB_DIR/block" bs=4k count=1 iflag=direct status=none || fail "$1: it can't be read"
	dd if="$LAB_DIR/block" of=/dev/mapper/mirror bs=4k count=1 oflag=direct conv=notrunc status=none ||
		fail "$1: it can't be written"
}

cuts=${CUTS:-4}
for i in $(seq "$cuts"); do
	ms=$((i * 60 / cuts))
	takes array fail mirror "$b"
	killed "$ms" array remove mirror "$b"
	alive "remove, killed after $ms ms"
	[ "$(health mirror)" = A- ] || takes array remove mirror "$b"
	# another UUID each time, so that it is never a re-add
	takes array erase "$b" --force
	killed "$ms" array add mirror "$b"
	alive "add, killed after $ms ms"
	case $(health mirror) in
	A- | Aa | AA) ;;
	*) fail "add, killed after $ms ms: the health is $(health mirror)" ;;
	esac
	if [ $((i % 2)) = 0 ]; then
		takes array stop mirror
		takes array assemble mirror >"$LAB_DIR/out"
	fi
	[ "$(health mirror)" != A- ] || takes array add mirror "$b" >"$LAB_DIR/out"
	takes array wait mirror --timeout 100
	[ "$(health mirror)" = AA ] || fail "add, after a kill: the health is $(health mirror)"
	[ "$(checksum /dev/mapper/mirror)" = "$sum" ] || fail "the content is another"
	alike "$a" "$b"
done
