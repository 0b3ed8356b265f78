# shellcheck shell=bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# What the tests of superblocks share; read after lib.sh and braidctl.sh.

# health NAME
health() {
	dmsetup status "$1" | cut -d ' ' -f 6
}

# swap NAME TABLE: another table under whoever uses the device.
swap() {
	dmsetup suspend --noudevsync --noflush --nolockfs "$1"
	dmsetup load "$1" --table "$2"
	dmsetup resume --noudevsync "$1"
}

# next_copy DEV: where, in bytes, the next superblock will be written.
next_copy() {
	local sequence
	sequence=$(json .sequence array examine "$1")
	echo $((sequence % 2 ? 8192 : 4096))
}

# slot_state DEV SLOT: what the member says of a slot.
slot_state() {
	braidctl array examine "$1" | sed -n "s/^  $2  *\\([a-z ]*[a-z]\\)  *[0-9]*  .*/\\1/p"
}

# says PATTERN WORDS...: braidctl must succeed, and remark that.
says() {
	local pattern=$1
	shift
	takes "$@" >"$LAB_DIR/out"
	grep -q -- "$pattern" "$LAB_DIR/err" ||
		fail "braidctl $* says '$(cat "$LAB_DIR/err")', not '$pattern'"
}

# declines STATUS PATTERN WORDS...: as refused, but there may be remarks before the
# sentence, and what was there before is looked at now.
declines() {
	local want=$1 pattern=$2 status=0
	shift 2
	everything >"$LAB_DIR/before"
	braidctl "$@" >"$LAB_DIR/out" 2>"$LAB_DIR/err" || status=$?
	[ "$status" = "$want" ] ||
		fail "exit status $status, not $want: braidctl $*: $(cat "$LAB_DIR/err")"
	tail -n 1 "$LAB_DIR/err" | grep -q -- "$pattern" ||
		fail "braidctl $* says '$(cat "$LAB_DIR/err")', not '$pattern'"
	[ ! -s "$LAB_DIR/out" ] || fail "braidctl $* was refused but printed something"
	everything | cmp -s - "$LAB_DIR/before" || fail "braidctl $* was refused but changed something"
	rm "$LAB_DIR/before"
}

# drop_arrays: whatever array the test has left.
drop_arrays() {
	local name
	while read -r name _; do
		dmsetup remove --noudevsync --retry "$name"
	done < <(dmsetup ls --target braid-raid)
}
