#!/bin/bash
# Eight writers and readers at a time on several processors, on each level, while a member
# fails, is replaced by a blank one, and is rebuilt: nobody gets wrong data or waits for
# ever, and redundancy is right in the end. CUTS says how often a member fails.
# runs: vm smp
# timeout: 120
. "$(dirname "$0")/lib.sh"
. "$(dirname "$0")/braidctl.sh"
. "$(dirname "$0")/super.sh"
. "$(dirname "$0")/sync.sh"

# load: eight jobs, each on its own part; what each has written, it reads back.
load() {
	while :; do
		fio --name=jobs --numjobs=8 --filename=/dev/mapper/array --rw=randrw --rwmixread=30 \
			--bsrange=4k-96k --ioengine=libaio --iodepth=8 --direct=1 --size=2M \
			--offset_increment=2M --randrepeat=0 --allow_file_create=0 \
			--verify=crc32c --verify_fatal=1 --group_reporting --minimal >"$LAB_DIR/fio" 2>&1 || return 1
		turns=$((turns + 1))
		[ ! -e "$LAB_DIR/stop" ] || break
	done
	echo "$turns" >"$LAB_DIR/turns"
}

# lose ROUND
lose() {
	local slot=$(($1 % ${#disks[@]}))
	takes array fail array "$slot"
	sleep 1
	takes array remove array "$slot"
	blkdiscard -f "${disks[slot]}"
	takes array add array "${disks[slot]}" >"$LAB_DIR/out"
	synced array
	case $(health array) in
	*[!A]*) fail "the health is $(health array) after slot $slot was rebuilt" ;;
	esac
}

requires program fio
[ "$(nproc)" -gt 1 ] || skip "there is one processor"
undo drop_arrays
undo touch "$LAB_DIR/stop"
disks=()
for name in a b c; do
	disks+=("$(disk $name 24)")
done
turns=0
for level in raid0 raid1 raid5; do
	for disk in "${disks[@]}"; do
		blkdiscard -f "$disk"
	done
	takes array create array --level "$level" --force "${disks[@]}" >"$LAB_DIR/out"
	if [ "$level" != raid0 ]; then
		swap array "$(dmsetup table array | awk '{ $6 = $6 + 2 " min_recovery_rate 400000"; print }')"
	fi
	rm -f "$LAB_DIR/stop"
	load &
	load=$!
	for ((round = 1; round <= ${CUTS:-1}; round++)); do
		[ "$level" = raid0 ] || lose "$round"
	done
	touch "$LAB_DIR/stop"
	wait "$load" || fail "$level: $(tail -n 3 "$LAB_DIR/fio")"
	if [ "$level" != raid0 ]; then
		takes array scrub array check
		synced array
		[ "$(mismatches array)" = 0 ] || fail "$level: $(mismatches array) sectors don't agree"
	fi
	takes array stop array
	echo "$level: $(cat "$LAB_DIR/turns") turns on $(nproc) processors"
done
