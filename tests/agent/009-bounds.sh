#!/bin/bash
# Memory doesn't grow with the device: 4 GiB, sparse, under 64 MiB in each
# agent. A state directory that is full stops an era, not the replica.
# timeout: 1800
. "$(dirname "$0")/lib.sh"

peak() {
	sed -n 's/^VmHWM:[^0-9]*\([0-9]*\) kB/\1/p' "/proc/${pids[$1]}/status"
}

device 60
truncate -s 4G "$dir/src.img"
source_config 0
sed -i '/^verify/d' "$dir/src.conf"
replica_config
start rep
start src
wait_for 5 is src state idle
"$bin/braidctl" replica ship --control "$dir/src.sock" >/dev/null || fail "4 GiB were not shipped"
settled
for at in 0 10485760 20971520 4290772992; do
	cmp -n 4194304 -i $at "$dir/src.img" "$dir/rep.img" || fail "the image differs at $at"
done
if [ -z "${SANITIZE:-}" ]; then
	for name in src rep; do
		[ "$(peak $name)" -lt 65536 ] || fail "$name needed $(peak $name) kB"
	done
fi
[ "$(du -m "$dir/rep.img" | cut -f 1)" -lt 40 ] || fail "zeros take up space in the image"
stop src
stop rep

# A full state directory.
[ "$(id -u)" = 0 ] || exit 0
mkdir "$dir/full"
mount -t tmpfs -o size=4M none "$dir/full" || exit 0
trap 'umount -l "$dir/full"; at_exit' EXIT
rm -f "$dir"/*.img
rm -rf "$dir/src"
device 12
sed -i "s|^state.*|state = $dir/full/rep|" "$dir/rep.conf"
source_config 0
start rep
start src
wait_for 5 is src state idle
era=$(ship)
same "the first image"
cp "$dir/src.img" "$dir/kept.img"
head -c 9M /dev/urandom | dd of="$dir/src.img" conv=notrunc status=none
ship >/dev/null 2>&1 && fail "an era went into a full directory"
grep -q 'cannot write .*stage: No space left' "$dir/rep.log" || fail "no reason: $(tail -n 1 "$dir/rep.log")"
is rep era "$era" || fail "the replica is at era $(field rep era)"
cmp "$dir/kept.img" "$dir/rep.img" || fail "the image is not era $era any more"
field src error | grep -q 'No space left' || fail "the source does not know why: $(field src error)"
cp "$dir/kept.img" "$dir/src.img"
scribble 3
wait_for 20 is src state idle || fail "the source did not come back"
[ -n "$(ship)" ] || fail "a small era does not fit either"
same "after the full directory"
stop rep
stop src

# One that is full before anything starts.
rm -rf "$dir/full/rep"
dd if=/dev/zero of="$dir/full/fill" bs=4k status=none 2>/dev/null || true
status=0
"$bin/braidd" -c "$dir/rep.conf" >"$dir/out" 2>&1 || status=$?
[ $status = 1 ] || fail "exit status $status with a full state directory"
grep -q 'full/rep' "$dir/out" || fail "no reason: $(cat "$dir/out")"
