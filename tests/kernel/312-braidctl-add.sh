#!/bin/bash
# A device that failed is replaced while the array is mounted and written to: fail,
# remove, add, wait; then all members hold the same, and the files are what was written.
# runs: uml
# timeout: 240
. "$(dirname "$0")/lib.sh"
. "$(dirname "$0")/braidctl.sh"
. "$(dirname "$0")/super.sh"
. "$(dirname "$0")/sync.sh"

requires program mkfs.ext4
a=$(disk a 64)
b=$(disk b 64)
c=$(disk c 80)
undo drop_arrays
takes array create mirror --level raid1 "$a" "$b" >"$LAB_DIR/out"
takes array wait mirror --timeout 100
mkfs.ext4 -q /dev/mapper/mirror
mkdir "$LAB_DIR/mnt"
mount /dev/mapper/mirror "$LAB_DIR/mnt"
undo umount "$LAB_DIR/mnt"
undo touch "$LAB_DIR/stop"

# writer: files without end, until it is told to stop.
writer() {
	local i=0
	while [ ! -e "$LAB_DIR/stop" ]; do
		i=$((i + 1))
		dd if=/dev/urandom of="$LAB_DIR/mnt/file$((i % 50))" bs=64k count=4 conv=fsync status=none || return 1
	done
}
writer &
writer=$!

takes array fail mirror "$b"
takes array remove mirror 1
takes array add mirror "$c" | grep -qx "$c: in slot 1 of mirror, being rebuilt" || fail "add does not say what it did"
case $(health mirror) in
Aa | AA) ;;
*) fail "the health is $(health mirror) after add" ;;
esac
takes array wait mirror --timeout 100
[ "$(health mirror)" = AA ] || fail "the health is $(health mirror) after wait"
expect ok '.arrays[0].health' array status mirror
[ "$(slot_state "$c" 1)$(slot_state "$c" 0)" = usedused ] || fail "the new member is not used"

# The same at once, with a failed device still in its slot: by replace, and by add.
takes array fail mirror "$a"
expect rebuild .how array replace mirror "$a" "$b" --force
takes array wait mirror --timeout 100
[ "$(health mirror)" = AA ] || fail "the health is $(health mirror) after replace"
touch "$LAB_DIR/stop"
wait "$writer" || fail "a write was lost"
rm "$LAB_DIR/stop"
(cd "$LAB_DIR/mnt" && sha256sum file*) >"$LAB_DIR/sums"
umount "$LAB_DIR/mnt"
takes array scrub mirror check
takes array wait mirror --timeout 100
expect 0 '.arrays[0].mismatches' array status mirror
takes array stop mirror
cmp <(data_of "$b" | head -c 60M) <(data_of "$c" | head -c 60M) || fail "the members differ"

# It is these two that are the array now.
says "$a is not used for mirror" array assemble mirror
[ "$(health mirror)" = AA ] || fail "the health is $(health mirror) when assembled"
mount /dev/mapper/mirror "$LAB_DIR/mnt"
(cd "$LAB_DIR/mnt" && sha256sum --quiet -c "$LAB_DIR/sums") || fail "a file is not what was written"
umount "$LAB_DIR/mnt"

# A rebuild goes on where it was, after a stop and a start.
takes array fail mirror "$c"
takes array remove mirror "$c"
dmsetup table mirror | sed 's/superblock/max_recovery_rate 512 superblock/; s/raid1 0 2/raid1 0 4/' >"$LAB_DIR/table"
swap mirror "$(cat "$LAB_DIR/table")"
takes array add mirror "$a" >"$LAB_DIR/out"
dmsetup table mirror | grep -q 'max_recovery_rate 512' || fail "a feature was lost: $(dmsetup table mirror)"
[ "$(health mirror)" = Aa ] || fail "the health is $(health mirror)"
expect degraded '.arrays[0].health' array status mirror
refused 1 "is not done in time: it is at 'recover'" array wait mirror --timeout 1
rate=$(json '.arrays[0].rate_bytes_per_second' array status mirror)
[ "${rate%.*}" -gt 0 ] 2>/dev/null || fail "the rate is $rate"
takes array status mirror | grep -q '^  recover: .* %, .*/s' || fail "the progress is not shown: $(takes array status mirror)"
takes array stop mirror
takes array assemble mirror >"$LAB_DIR/out"
case $(health mirror) in
Aa | AA) ;;
*) fail "the member being rebuilt was left out: $(health mirror)" ;;
esac
takes array wait mirror --timeout 100
[ "$(health mirror)" = AA ] || fail "the health is $(health mirror) at the end"
