#!/bin/bash
# A sector that can't be read is computed from the other members, for a reader
# and for a writer who needs it, and rewritten in place; a member that can't be
# rewritten is dropped; and with two bad cells in one row, only that row fails.
# runs: uml vm
# timeout: 240
. "$(dirname "$0")/lib.sh"
. "$(dirname "$0")/raid5.sh"

helper model-writes
helper raid5-image
requires target error

# bad_at NAME DEVICE SECTOR: neither readable nor writable there.
bad_at() {
	local size
	size=$(sectors "$2")
	dmsetup create --noudevsync "$1" <<-EOT
		0 $3 linear $2 0
		$3 8 error
		$(($3 + 8)) $((size - $3 - 8)) linear $2 $(($3 + 8))
	EOT
	undo dmsetup remove --noudevsync --retry "$1"
}

fresh() {
	use=("${paths[@]}")
	array
	model_zero
	dd if="$model" of="$dev" bs=192k oflag=direct status=none
	exercise "$1" 4 69632 200
	dm_remove r5
}

members 4 8
fresh 1

# It can't be mended: the member goes.
bad_at broken "${paths[1]}" 4096
use[1]=/dev/mapper/broken
array
same_in 4k
is_health ADAA || fail "the health is $(health) after an error that can't be mended"
exercise 2 4 69632 100
same
dm_remove r5
use[1]=-
same_members "${use[@]}"

# Two bad cells of one row: no member has to go for that, and what is in other
# rows, even of the same stripe, is there.
fresh 3
bad_at other "${paths[2]}" 4096
use[1]=/dev/mapper/broken
use[2]=/dev/mapper/other
array
failed=0
for ((at = 32 * 48; at < 33 * 48; at++)); do
	dd if="$dev" of="$LAB_DIR/read" bs=4k skip="$at" count=1 iflag=direct status=none 2>/dev/null || {
		failed=$((failed + 1))
		continue
	}
	dd if="$model" bs=4k skip="$at" count=1 status=none | cmp - "$LAB_DIR/read" || fail "block $at was read, and is wrong"
done
is_health AAAA || fail "the health is $(health) after two bad cells in one row"
# In stripe 32 both are data, or one is the parity, which nobody reads.
[ "$failed" = 2 ] || [ "$failed" = 1 ] || fail "$failed blocks could not be read"
dm_remove r5

# The same with a member missing: one bad cell is too many then.
use=("${paths[@]}")
use[1]=/dev/mapper/broken
use[3]=-
array
dd if="$dev" of="$LAB_DIR/read" bs=1M iflag=direct status=none 2>/dev/null && fail "a row without two of its cells was read"
is_health AAA- || fail "the health is $(health): the last copy was dropped for a bad sector"
dm_remove r5

# dm-dust gives a sector a new place when it is written, as disks do.
requires target dust
fresh 4
dm_create dust "0 $(sectors "${paths[1]}") dust ${paths[1]} 0 512"
use=("${paths[@]}")
use[1]=/dev/mapper/dust
spoil() {
	local sector
	for sector in 100 101 130 1024 4000 5000 16383; do
		dmsetup message dust 0 addbadblock "$sector" >/dev/null
	done
	dmsetup message dust 0 enable >/dev/null
}
bad_blocks() {
	dmsetup message dust 0 countbadblocks | sed 's/.*countbadblocks: \([0-9]*\).*/\1/'
}
array
spoil
same_in 4k
same_in 1M
is_health AAAA || fail "the health is $(health) after bad sectors that can be mended"
left=$(bad_blocks)
[ "$left" -lt 7 ] || fail "no bad sector was rewritten by reading"
spoil 2>/dev/null || true
exercise 5 8 2560 300
exercise 6 4 69632 200
same
is_health AAAA || fail "the health is $(health) after writes that met bad sectors"
dm_remove r5
dmsetup message dust 0 disable >/dev/null
same_members "${paths[@]}"
