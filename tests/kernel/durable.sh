# shellcheck shell=bash
# SPDX-License-Identifier: GPL-2.0-only
#
# What the tests of the durable map share; read after lib.sh and track.sh.

# durable ORIGIN_MB META_MB BLOCK_SECTORS EXTENT SLOTS [CAPACITY]: as tracked, with
# a durable map. Both disks have caches that can lose what was not flushed.
durable() {
	origin=$(disk origin "$1" cache)
	meta=$(disk meta "$2" cache)
	block=$3 extent=$4 slots=$5
	vol=/dev/mapper/vol
	helper durable-map
	format "${6:-$(($(sectors "$origin") / block))}"
	up
}

# format CAPACITY [ERA]
format() {
	durable-map "$meta" "$(sectors "$origin")" "$block" "$1" "$extent" "$slots" "${2:-0}"
}

durable_table() {
	echo "0 $(sectors "$origin") braid-track $meta $origin $block 1 durable"
}

up() {
	dm_create vol "$(durable_table)"
}

down() {
	dm_remove vol
}

# crash: the power fails; what was not flushed is lost on both disks.
crash() {
	power_cut meta
	power_cut origin
	down
	origin=$(power_on origin)
	meta=$(power_on meta)
}

# map_field N: of what status says about the map, from 1: memory, durable or
# failed; hot/slots; extent; suspects at load; writes of the log; of the map.
map_field() {
	dmsetup status vol | awk -v n="$1" '{ print $(NF - 6 + n) }'
}

# put BLOCK...: a write of 4 KiB somewhere in each.
put() {
	local n
	for n in "$@"; do
		random "$vol" $((n * block / 8 + RANDOM % (block / 8))) 1
	done
}

# blocks SINCE: the numbers of the blocks that changed, or may have.
blocks() {
	changed "$1" now | awk '{ for (i = 0; i < $2; i++) print $1 + i }'
}

# includes SINCE BLOCK...: what changed holds these, and of others no more than
# the log has room for.
includes() {
	local since=$1 lost more
	shift
	blocks "$since" >"$LAB_DIR/got"
	printf '%s\n' "$@" >"$LAB_DIR/must"
	lost=$(grep -vxFf "$LAB_DIR/got" "$LAB_DIR/must" | paste -sd ' ') || true
	[ -z "$lost" ] || fail "these blocks changed since era $since and aren't reported: $lost"
	more=$(grep -cvxFf "$LAB_DIR/must" "$LAB_DIR/got") || true
	[ "$more" -le $((extent * slots)) ] ||
		fail "$more blocks are reported in vain, the bound is $extent * $slots"
}

# some COUNT BELOW: random numbers.
some() {
	shuf -n "$1" -i 0-$(($2 - 1))
}

# meta_writes: how many writes the metadata device has seen.
meta_writes() {
	awk '{ print $5 }' "/sys/block/$(basename "$meta")/stat"
}
