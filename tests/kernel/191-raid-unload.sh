#!/bin/bash
# The module can't be unloaded as long as it is used: by a table that is live, suspended,
# or only loaded. Afterwards it can, nothing is left of it, and it can be loaded again.
# Arrays are taken away with I/O in flight, also while they are synchronised.
# runs: uml vm slow
# timeout: 120
. "$(dirname "$0")/lib.sh"
. "$(dirname "$0")/braidctl.sh"
. "$(dirname "$0")/super.sh"
. "$(dirname "$0")/sync.sh"

# stays WHY: the module can't be unloaded.
stays() {
	! rmmod dm_braid 2>/dev/null || fail "the module was unloaded $1"
}

# Threads that are ours. The kernel's own workers are named after what they did last.
threads() {
	grep -hsE '^(kworker/R-)?braid' /proc/[0-9]*/comm || true
}

# goes: it can be unloaded, and loaded again.
goes() {
	wait_for 10 rmmod dm_braid || fail "the module can't be unloaded after everything was removed"
	[ -z "$(threads)" ] || fail "threads outlived the module: $(threads)"
	! grep dm_braid /proc/modules || fail "the module is still there"
	! dmsetup targets | grep -q '^braid-' || fail "targets outlived the module"
	insmod "$BRAID_MODULE"
}

memory_used() {
	local part
	for part in 1 2 3; do
		sync
		echo 3 >/proc/sys/vm/drop_caches
		sleep "0.0$part"
	done
	awk '/^MemTotal/ { total = $2 } /^MemFree/ { print total - $2 }' /proc/meminfo
}

# load NAME: reads and writes until it is stopped or gets an error.
load() {
	exec fio --name=load --filename="/dev/mapper/$1" --rw=randrw --bsrange=4k-256k --ioengine=libaio \
		--iodepth=16 --direct=1 --size=100% --time_based --runtime=600 --allow_file_create=0 \
		--minimal >"$LAB_DIR/fio" 2>&1
}

is_open() {
	[ "$(dmsetup info -c --noheadings -o open "$1")" -gt 0 ]
}

is_busy() {
	is_open "$1" && [ "$(awk '{ print $9 }' "/sys/block/dm-$(dmsetup info -c --noheadings -o minor "$1")/stat")" -gt 0 ]
}

is_gone() {
	! dmsetup info "$1" >/dev/null 2>&1
}

requires program fio
requires target delay
disks=()
slow=()
for name in a b c; do
	disks+=("$(disk "$name" 16)")
done
size=$(($(sectors "${disks[0]}")))
tables=("0 $((size * 3)) braid-raid raid0 128 0 3 ${disks[*]}"
	"0 $size braid-raid raid1 0 0 3 ${disks[*]}"
	"0 $((size * 2)) braid-raid raid5 128 0 3 ${disks[*]}"
	"0 $size braid-track - ${disks[0]} 128")
for table in "${tables[@]}"; do
	dm_create held "$table"
	stays "under a live table: $table"
	dmsetup suspend --noudevsync held
	stays "under a suspended table: $table"
	dmsetup load held --table "$table"
	dmsetup resume --noudevsync held
	dmsetup load held --table "0 $(sectors /dev/mapper/held) error"
	dmsetup suspend --noudevsync held
	stays "under a table that is about to be replaced: $table"
	dmsetup resume --noudevsync held
	# loaded, and never used
	dmsetup load held --table "$table"
	stays "under a table that is loaded: $table"
	dmsetup clear held
	goes
	dm_remove held
done

# A request that waits for a suspended array gets what it wanted.
dm_create held "${tables[2]}"
dmsetup suspend --noudevsync held
dd if=/dev/mapper/held of="$LAB_DIR/read" bs=64k count=4 iflag=direct status=none &
reader=$!
wait_for 10 is_open held
stays "under a suspended array that somebody waits for"
! dmsetup remove --noudevsync held 2>/dev/null || fail "an array that somebody waits for was removed"
dmsetup resume --noudevsync held
wait "$reader" || fail "a read failed because the array was suspended"
dm_remove held

# Forced out, with requests under way to slow members; synchronising or not.
for disk in "${disks[@]}"; do
	dm_create "slow${#slow[@]}" "0 $size delay $disk 0 15"
	slow+=("/dev/mapper/slow${#slow[@]}")
done
for how in "raid0 --force" "raid1 --force" "raid5 --force"; do
	# shellcheck disable=SC2086 # several words
	takes array create doomed --level $how "${slow[@]}" >"$LAB_DIR/out"
	load doomed &
	fio=$!
	wait_for 20 is_busy doomed || fail "fio did not start: $(cat "$LAB_DIR/fio")"
	! dmsetup remove --noudevsync doomed 2>/dev/null || fail "$how: an array in use was removed"
	dmsetup remove --force --noudevsync doomed 2>/dev/null || true
	! wait "$fio" || fail "$how: fio did not notice that its device was taken away"
	is_gone doomed || dm_remove doomed
	goes
done

# The same when who uses it leaves by himself.
takes array create doomed --level raid5 --force "${slow[@]}" >"$LAB_DIR/out"
load doomed &
fio=$!
wait_for 20 is_busy doomed || fail "fio did not start: $(cat "$LAB_DIR/fio")"
dmsetup remove --deferred --noudevsync doomed
kill "$fio"
wait "$fio" || true
wait_for 20 is_gone doomed || fail "the array did not go when its last user did"
goes

# Arrays come and go, and leave no memory behind.
come_and_go() {
	local i table
	for ((i = 0; i < $1; i++)); do
		for table in "${tables[@]}"; do
			dmsetup create --noudevsync held --table "$table"
			dm_remove held
		done
	done
}
come_and_go 1
before=$(memory_used)
come_and_go 5
after=$(memory_used)
[ $((after - before)) -lt 4096 ] || fail "$((after - before)) KiB are gone after arrays came and went 5 times"
goes
