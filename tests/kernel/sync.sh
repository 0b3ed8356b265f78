# shellcheck shell=bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# What the tests of resync and rebuild share; read after lib.sh, braidctl.sh and
# super.sh.

# sync_ratio NAME, sync_action NAME, mismatches NAME
sync_ratio() {
	dmsetup status "$1" | cut -d ' ' -f 7
}

sync_action() {
	dmsetup status "$1" | cut -d ' ' -f 8
}

mismatches() {
	dmsetup status "$1" | cut -d ' ' -f 9
}

# sync_done NAME: sectors.
sync_done() {
	local ratio
	ratio=$(sync_ratio "$1")
	echo "${ratio%/*}"
}

is_synced() {
	local ratio
	ratio=$(sync_ratio "$1")
	[ "${ratio%/*}" = "${ratio#*/}" ] && [ "$(sync_action "$1")" = idle ]
}

# synced NAME: wait until nothing is left to be done.
synced() {
	wait_for "${2:-120}" is_synced "$1" || fail "$1 is not in sync: $(dmsetup status "$1")"
}

# is_past NAME SECTOR: has the run come so far?
is_past() {
	[ "$(sync_done "$1")" -ge "$2" ]
}

is_doing() {
	[ "$(sync_action "$1")" = "$2" ]
}

# uuid_of DEV: of the array.
uuid_of() {
	json .uuid array examine "$1"
}

# mirror_line SECTORS UUID FEATURES DEV...: the table of a mirror with superblocks.
mirror_line() {
	local len=$1 uuid=$2 features=$3 words
	shift 3
	# shellcheck disable=SC2086 # several words
	words=$(set -- $features && echo $#)
	echo "0 $len braid-raid raid1 0 $((words + 2)) superblock $uuid $features $# $*"
}

# data_of DEV: what the member holds of the array's data.
data_of() {
	dd if="$1" bs=1M skip=1 iflag=direct status=none
}

# alike DEV DEV...: the members' data must be the same, byte for byte.
alike() {
	local first=$1 other
	shift
	for other in "$@"; do
		cmp <(data_of "$first") <(data_of "$other") >&2 || fail "$first and $other differ"
	done
}

# sectors_read DEV, sectors_written DEV: as the kernel counts.
sectors_read() {
	awk '{print $3}' "/sys/block/${1#/dev/}/stat"
}

sectors_written() {
	awk '{print $7}' "/sys/block/${1#/dev/}/stat"
}

# events NAME: how many there have been.
events() {
	dmsetup info -c --noheadings -o events "$1" | tr -d ' '
}
