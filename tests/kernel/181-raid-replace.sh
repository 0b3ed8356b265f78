#!/bin/bash
# A leg of a mirror is copied to another device while it serves; whichever leg, or the
# new one, is lost meanwhile, the others go on. The power fails at any moment.
# runs: uml
# timeout: 240
. "$(dirname "$0")/lib.sh"
. "$(dirname "$0")/braidctl.sh"
. "$(dirname "$0")/super.sh"
. "$(dirname "$0")/sync.sh"

helper member-for
requires program fio
a=$(disk a 16 cache)
b=$(disk b 16 cache)
c=$(disk c 16 cache)
undo drop_arrays
takes array create mirror --level raid1 "$a" "$b" >"$LAB_DIR/out"
synced mirror
uuid=$(uuid_of "$a")
size=$(sectors /dev/mapper/mirror)
dd if=/dev/urandom of=/dev/mapper/mirror bs=1M count=14 oflag=direct conv=fsync status=none

twin_health() {
	dmsetup status mirror | cut -d ' ' -f 14
}

# begin FEATURES: leg 1 is to be replaced by c.
begin() {
	dd if=/dev/urandom of="$c" bs=1M count=16 oflag=direct status=none
	member-for "$a" "$c" 1
	swap mirror "$(mirror_line "$size" "$uuid" "replace 1 $c $*" "$a" "$b")"
}

load() {
	fio --name=load --filename=/dev/mapper/mirror --rw=randwrite --bsrange=4k-128k --ioengine=libaio \
		--iodepth=8 --direct=1 --size=100% --io_size=4M --verify=crc32c --verify_fatal=1 \
		--allow_file_create=0 --minimal >"$LAB_DIR/fio" || fail "data was lost while a leg was copied"
}

begin "max_recovery_rate 3072"
wait_for 10 is_doing mirror replace || fail "nothing is copied: $(dmsetup status mirror)"
[ "$(health mirror)$(twin_health)" = AAa ] || fail "the health is $(health mirror) $(twin_health)"
load
swap mirror "$(mirror_line "$size" "$uuid" "replace 1 $c" "$a" "$b")"
synced mirror
[ "$(health mirror)$(twin_health)" = AAa ] || fail "the health is $(health mirror) $(twin_health)"
load
swap mirror "$(mirror_line "$size" "$uuid" "replaced 1" "$a" "$c")"
[ "$(health mirror)" = AA ] || fail "the health is $(health mirror) once it was replaced"
load
takes array stop mirror
alike "$a" "$c"
says 'is not used for mirror' array assemble mirror
[ "$(health mirror)" = AA ] || fail "the health is $(health mirror) after assembly"
[ "$(slot_state "$a" 1)$(slot_state "$c" 1)" = usedused ] || fail "the legs don't say that it was replaced"
takes array stop mirror
swapped=$b b=$c c=$swapped
dm_create mirror "$(mirror_line "$size" "$uuid" "" "$a" "$b")"

# The old one is lost half-way: the copy goes on from the others.
begin "max_recovery_rate 3072"
wait_for 10 is_past mirror 1024 || fail "nothing is copied: $(dmsetup status mirror)"
dmsetup message mirror 0 fail 1
[ "$(health mirror)" = AD ] || fail "the health is $(health mirror) after the old one was lost"
load
if dmsetup load mirror --table "$(mirror_line "$size" "$uuid" "replace 1 $c failed 1" "$a" "$b")" 2>/dev/null; then
	fail "a dead leg may be replaced"
fi
swap mirror "$(mirror_line "$size" "$uuid" "failed 1" "$a" "$b")"
swap mirror "$(mirror_line "$size" "$uuid" "rebuild 1" "$a" "$c")"
synced mirror
[ "$(health mirror)" = AA ] || fail "the health is $(health mirror) after the rebuild"
takes array stop mirror
alike "$a" "$c"
swapped=$b b=$c c=$swapped

# The other leg is lost half-way, then the power fails; then all of it is done again.
dm_create mirror "$(mirror_line "$size" "$uuid" "" "$a" "$b")"
sum=$(checksum /dev/mapper/mirror)
cuts=${CUTS:-4}
for i in $(seq "$cuts"); do
	begin "max_recovery_rate $((4096 * i * i))"
	[ $((i % 3)) != 0 ] || dmsetup message mirror 0 fail 0
	sleep "0.$(printf '%03d' $((i * 900 / cuts)))"
	[ $((i % 2)) != 0 ] ||
		dmsetup load mirror --table "$(mirror_line "$size" "$uuid" "replaced 1" "$a" "$c")" 2>/dev/null || true
	(dmsetup suspend --noudevsync --noflush --nolockfs mirror && dmsetup resume --noudevsync mirror) &
	swapping=$!
	[ $((i % 4)) != 0 ] || wait "$swapping" || true
	for name in a b c; do
		power_cut "$name"
	done
	wait "$swapping" || true
	dmsetup resume --noudevsync mirror 2>/dev/null || true
	dm_remove mirror
	a=$(power_on a) b=$(power_on b) c=$(power_on c)
	takes array assemble mirror --force >"$LAB_DIR/out"
	synced mirror
	[ "$(checksum /dev/mapper/mirror)" = "$sum" ] || fail "after cut $i the content is another: $(dmsetup status mirror)"
	one=$(dmsetup table mirror)
	[ $((i % 3)) = 0 ] || [ "$(health mirror)" = AA ] ||
		fail "after cut $i the health is $(health mirror): $one: $(cat "$LAB_DIR/err")"
	# whoever is in slot 1 now is b
	if [[ $(dmsetup table mirror) != *" $(lsblk -dno MAJ:MIN "$b" | tr -d ' ')"* ]]; then
		swapped=$b b=$c c=$swapped
	fi
	if [ "$(health mirror)" != AA ]; then
		takes array stop mirror
		member-for "$b" "$a" 0
		dm_create mirror "$(mirror_line "$size" "$uuid" "rebuild 0" "$a" "$b")"
		synced mirror
	fi
	dmsetup message mirror 0 fail 0
	[ "$(checksum /dev/mapper/mirror)" = "$sum" ] || fail "after cut $i slot 1 lacks data: $one"
	takes array stop mirror
	dm_create mirror "$(mirror_line "$size" "$uuid" "readd 0" "$a" "$b")"
	synced mirror
done
