# shellcheck shell=bash
# SPDX-License-Identifier: GPL-2.0-only
#
# What tests/kernel scripts share. They run as root in a kernel of the lab's,
# with dm-braid loaded, and start with
#
#	#!/bin/bash
#	# What is tested, in a sentence.
#	# runs: uml vm
#	# timeout: 60
#	. "$(dirname "$0")/lib.sh"
#
# Any command that fails ends the test as failed (set -e). What the functions
# below make is taken away at the end, in the reverse order. Exit status: 0
# passed, 77 skipped, else failed.
set -eEu -o pipefail
export DM_DISABLE_UDEV=1

# A folder for this test's files, in memory.
LAB_DIR=${LAB_DIR:-$(mktemp -d)}
undo_list=$LAB_DIR/undo
: >"$undo_list"

# ---- verdicts

# The reason is for the person who reads the list of results.
reason() {
	echo "$*" >"$LAB_DIR/reason"
	echo "$*" >&2
}

fail() {
	reason "$*"
	exit 1
}

skip() {
	reason "$*"
	exit 77
}

# requires module NAME | program NAME | target NAME
requires() {
	case $1 in
	module)
		modprobe -q "$2" 2>/dev/null || [ -d "/sys/module/$2" ] ||
			grep -q "/$2.ko" "/lib/modules/$(uname -r)/modules.builtin" 2>/dev/null ||
			skip "no kernel module $2"
		;;
	program)
		command -v "$2" >/dev/null || skip "no program $2"
		;;
	target)
		modprobe -q "dm-$2" 2>/dev/null || true
		dmsetup targets | grep -q "^$2 " || skip "no device-mapper target $2"
		;;
	*)
		fail "requires: $1 is neither module, program nor target"
		;;
	esac
}

# helper NAME: a program of tests/kernel/src. Virtual machines have it; where
# there is a compiler, it is built.
helper() {
	local source=$BRAID_TREE/tests/kernel/src/$1.c
	command -v "$1" >/dev/null && return
	command -v cc >/dev/null || skip "no program $1, and no compiler to build it"
	cc -O2 -pthread -o "$LAB_DIR/$1" "$source"
	PATH=$LAB_DIR:$PATH
}

# ---- taking away

# undo COMMAND...: to be done at the end, the last first.
undo() {
	printf '%q ' "$@" >>"$undo_list"
	echo >>"$undo_list"
}

cleanup() {
	local line
	while read -r line; do
		eval "$line" >>"$LAB_DIR/undo.log" 2>&1 || true
	done < <(tac "$undo_list")
	: >"$undo_list"
}

at_exit() {
	local status=$?
	trap - EXIT ERR
	set +e
	cleanup
	exit "$status"
}

at_error() {
	local status=$?
	[ -e "$LAB_DIR/reason" ] ||
		reason "$(basename "${BASH_SOURCE[1]:-$0}"):${BASH_LINENO[0]}: ${BASH_COMMAND%%$'\n'*} (status $status)"
}

trap at_exit EXIT
trap at_error ERR

# ---- disks

nullb=/sys/kernel/config/nullb

# disk NAME SIZE_MB [cache]: a disk in memory; prints its device. With "cache"
# it has a volatile write cache, whose content power_cut drops. Mind that
# null_blk overwrites a page that it has stored for good in place: only pages
# that were never flushed are at risk.
disk() {
	local dir=$nullb/$1
	requires module null_blk
	mkdir "$dir"
	undo rmdir "$dir"
	echo "$2" >"$dir/size"
	echo 512 >"$dir/blocksize"
	echo 1 >"$dir/memory_backed"
	echo 1 >"$dir/discard"
	[ "${3:-}" != cache ] || echo "$2" >"$dir/cache_size"
	echo 1 >"$dir/power"
	undo sh -c "echo 0 >$dir/power"
	disk_path "$1"
}

# disk_path NAME: newer kernels name the device as its folder.
disk_path() {
	local path=/dev/$1
	[ -e "/sys/block/$1" ] || path=/dev/nullb$(cat "$nullb/$1/index")
	wait_for 5 test -b "$path" || fail "the disk $1 did not appear as $path"
	echo "$path"
}

# power_cut NAME: what was not flushed is gone; the disk is off.
power_cut() {
	echo 0 >"$nullb/$1/power"
}

# power_on NAME: prints the device again.
power_on() {
	echo 1 >"$nullb/$1/power"
	disk_path "$1"
}

# sectors DEVICE
sectors() {
	blockdev --getsz "$1"
}

# checksum DEVICE_OR_FILE
checksum() {
	sha256sum "$1" | cut -d ' ' -f 1
}

# ---- device mapper

# dm_create NAME TABLE: prints nothing; the device is /dev/mapper/NAME.
dm_create() {
	dmsetup create --noudevsync "$1" --table "$2"
	undo dmsetup remove --noudevsync --retry "$1"
}

# dm_refuses TABLE: the table must be refused. Prints the kernel's words.
dm_refuses() {
	local mark="dm_refuses $RANDOM$RANDOM"
	echo "$mark" >/dev/kmsg
	if dmsetup create --noudevsync lab-refuse --table "$1" 2>/dev/null; then
		dmsetup remove --noudevsync lab-refuse
		fail "this table was taken: $1"
	fi
	dmsetup remove --noudevsync lab-refuse 2>/dev/null || true
	dmesg | sed "1,/$mark/d"
}

dm_remove() {
	dmsetup remove --noudevsync --retry "$1"
}

# ---- waiting

# wait_for SECONDS COMMAND...: until it succeeds.
wait_for() {
	local limit=$((SECONDS + $1))
	shift
	until "$@" 2>/dev/null; do
		[ "$SECONDS" -lt "$limit" ] || return 1
		sleep 0.1
	done
}
