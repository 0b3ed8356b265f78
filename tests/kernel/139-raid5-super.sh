#!/bin/bash
# raid5 with superblocks: a member that fails under load never serves its old data
# again (P3), a second one is more than the array can do without, and an array that
# has failed comes back with all that was acknowledged.
# runs: uml vm slow
# timeout: 240
# shellcheck disable=SC2119 # health is raid5.sh's, not super.sh's
. "$(dirname "$0")/lib.sh"
. "$(dirname "$0")/braidctl.sh"
. "$(dirname "$0")/super.sh"
. "$(dirname "$0")/raid5.sh"

helper model-writes
requires target error

# create LEVEL DEVICE...: of 64 KiB chunks; the model is blank, as the disks are.
create() {
	local level=$1
	shift
	takes array create r5 --level "$level" --chunk 64K "$@" >"$LAB_DIR/out"
	uuid=$(json '.arrays[0].uuid' array status r5)
	truncate -s 0 "$model"
	truncate -s $(($(sectors "$dev") * 512)) "$model"
}

# is_stale WORDS...: what finds the members leaves out the one of slot 1.
is_stale() {
	says "${paths[1]} is not used for r5: it is stale" array assemble "$@"
	is_health A-AA || fail "assemble $*: the health is $(health)"
	same
	takes array stop r5
}

undo drop_arrays
members 4 16
size=$(sectors "${paths[1]}")
dm_create leg "0 $size linear ${paths[1]} 0"
create raid5 "${paths[0]}" /dev/mapper/leg "${paths[2]}" "${paths[3]}"
[ "$(sectors "$dev")" = $(((size - 2048) / 128 * 128 * 3)) ] || fail "the array has $(sectors "$dev") sectors"
[ "$(dmsetup status r5 | cut -d ' ' -f 10)" = 2048 ] || fail "the status does not say where the data begins"
seconds=2 exercise 1 4 69632 1000
takes array stop r5
takes array assemble r5 >"$LAB_DIR/out"
same

# It fails under load. Nobody notices, and the others know before anybody is told.
seconds=4 exercise 2 8 2560 1000000 &
sleep 1
swap leg "0 $size error"
wait $! || fail "the failure of a member was noticed above"
is_health ADAA || fail "the health is $(health) after slot 1 failed"
for slot in 0 2 3; do
	[ "$(slot_state "${paths[slot]}" 1)" = lost ] || fail "slot $slot calls slot 1 '$(slot_state "${paths[slot]}" 1)'"
done
seconds=2 exercise 3 4 69632 200
same
takes array stop r5
dm_remove leg

# The member works again, and its own superblock calls all well.
[ "$(slot_state "${paths[1]}" 1)" = used ] || fail "the stale member knows that it is stale"
line="0 $(((size - 2048) / 128 * 128 * 3)) braid-raid"
said=$(dm_refuses "$line raid5_ls 128 2 superblock $uuid 4 ${paths[*]}")
grep -q '(slot 1): it is stale' <<<"$said" || fail "the kernel did not refuse the stale member as such: $said"
for words in r5 "${paths[*]}" "$uuid" --scan; do
	# shellcheck disable=SC2086 # several words
	is_stale $words
done

# What is not the array's shape is refused.
left="${paths[0]} - ${paths[2]} ${paths[3]}"
said=$(dm_refuses "$line raid5_la 128 2 superblock $uuid 4 $left")
grep -q 'has another layout' <<<"$said" || fail "another layout is refused with: $said"
said=$(dm_refuses "$line raid5_ls 64 2 superblock $uuid 4 $left")
grep -q 'has another chunk size' <<<"$said" || fail "another chunk is refused with: $said"
said=$(dm_refuses "$line raid5_ls 128 2 superblock $uuid 4 - ${paths[0]} ${paths[2]} ${paths[3]}")
grep -q 'it is the member of another slot' <<<"$said" || fail "another slot is refused with: $said"

# Without a second one it can't be started, not even with the stale one.
power_cut m2
declines 1 'raid5_ls can do without 1' array assemble r5
declines 1 'raid5_ls can do without 1' array assemble r5 --force
power_on m2 >/dev/null
takes array assemble r5 >"$LAB_DIR/out"
same

# A second one fails: nothing is written any more, and that is nowhere recorded.
power_cut m2
dd if=/dev/zero of="$dev" bs=4k count=64 oflag=direct status=none 2>/dev/null &&
	fail "a write was acknowledged with two members gone"
is_health A-DA || fail "the health is $(health) after a second member failed"
takes array stop r5
power_on m2 >/dev/null
for slot in 0 3; do
	[ "$(slot_state "${paths[slot]}" 2)" = used ] || fail "slot $slot calls slot 2 '$(slot_state "${paths[slot]}" 2)'"
done
# it was not stopped, but there is the log
takes array assemble r5 >"$LAB_DIR/out"
# what was being written may be old or new, the rest is as it was
cmp -i 262144 "$dev" "$model" || fail "an array that had failed lost what was acknowledged"
takes array stop r5

# The other layouts.
for level in raid5_la raid5_rs raid5_ra; do
	for path in "${paths[@]}"; do
		blkdiscard -f "$path"
	done
	create "$level" "${paths[@]:0:3}"
	seconds=2 exercise 4 4 69632 200
	takes array stop r5
	takes array assemble r5 "${paths[@]:0:3}" >"$LAB_DIR/out"
	expect "$level" '.arrays[0].level' array status r5
	takes array fail r5 0
	same
	takes array stop r5
done
