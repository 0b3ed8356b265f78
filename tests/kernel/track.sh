# shellcheck shell=bash
# SPDX-License-Identifier: GPL-2.0-only
#
# What the tests of braid-track and braid-view share; read after lib.sh.

# tracked ORIGIN_MB META_MB|- [BLOCK_SECTORS]: a braid-track device "vol" over
# a new disk, with another one (or none) to keep views on.
tracked() {
	origin=$(disk origin "$1")
	meta=-
	[ "$2" = - ] || meta=$(disk meta "$2")
	block=${3:-128}
	vol=/dev/mapper/vol
	dm_create vol "0 $(sectors "$origin") braid-track $meta $origin $block"
}

# message WORDS...: to "vol"; prints the reply.
message() {
	dmsetup message vol 0 "$*"
}

# refused WORDS...: a message that must fail; prints what the kernel said.
refused() {
	local mark="refused $RANDOM$RANDOM"
	echo "$mark" >/dev/kmsg
	if message "$@" >/dev/null 2>&1; then
		fail "this message was taken: $*"
	fi
	dmesg | sed "1,/$mark/d"
}

# refused_with PATTERN WORDS...
refused_with() {
	local pattern=$1
	shift
	refused "$@" | grep -q "$pattern" ||
		fail "the message $* was refused without the words: $pattern"
}

# kinds SINCE ERA|now: all pages, a line "KIND BLOCK COUNT" each extent.
kinds() {
	local from=0 reply last
	while [ "$from" != end ]; do
		last=$from
		reply=$(message changed "$1" "$2" "$from")
		from=${reply%%$'\n'*}
		[ "$from" = end ] || [ "$from" -gt "$last" ] ||
			fail "changed: block $last is followed by $from"
		sed -n '/^[wdc] /p' <<<"$reply"
	done
}

# changed SINCE ERA|now: the same in whatever way, "BLOCK COUNT" each run.
changed() {
	kinds "$1" "$2" | awk '
		n && $2 == at + n { n += $3; next }
		{ if (n) print at, n; at = $2; n = $3 }
		END { if (n) print at, n }'
}

# field N: of "vol"'s status, from 1: block size, blocks, id, era, oldest,
# store, views.
field() {
	dmsetup status vol | cut -d ' ' -f $(($1 + 3))
}

store_used() {
	local store
	store=$(field 6)
	echo "${store%/*}"
}

# view_state ERA: draining, open, invalid, or nothing if there is none.
view_state() {
	dmsetup status vol | grep -oP " $1 (whole|shipped) \K[a-z]+" || true
}

# show ERA [SECTORS]: the view of an era as /dev/mapper/view-ERA.
show() {
	dm_create "view-$1" "0 ${2:-$(sectors "$vol")} braid-view $vol $1"
}

# end_view ERA: its device and itself.
end_view() {
	dm_remove "view-$1"
	message drop "$1"
}

# digest DEVICE: of what is on it now, past all caches.
digest() {
	dd if="$1" bs=256k iflag=direct status=none | sha256sum | cut -d ' ' -f 1
}

# random DEVICE OFFSET COUNT: random bytes, in units of 4 KiB.
random() {
	dd if=/dev/urandom of="$1" bs=4k seek="$2" count="$3" oflag=direct \
		conv=notrunc iflag=fullblock status=none
}

# fill DEVICE: all of it with random bytes.
fill() {
	dd if=/dev/urandom of="$1" bs=1M oflag=direct iflag=fullblock \
		status=none 2>/dev/null || true
}

# load SECONDS [FIO_OPTION...]: random writes to "vol" in the background.
load() {
	local seconds=$1
	shift
	requires program fio
	fio --name=load --filename="$vol" --rw=randwrite --bs=4k --direct=1 \
		--ioengine=libaio --iodepth=8 --time_based --runtime="$seconds" \
		--randrepeat=0 --refill_buffers --output="$LAB_DIR/fio.log" \
		"$@" >/dev/null 2>&1 &
	load_pid=$!
}

# load_ended: wait for it; its writes must all have succeeded.
load_ended() {
	wait "$load_pid" || fail "the load on $vol failed: $(tail -n 3 "$LAB_DIR/fio.log")"
}

# patience MS|default: so long does a write wait for what a view needs. On a busy
# machine five seconds may go by without any fault, so here it is long unless told.
patience() {
	local ms=$1
	[ "$ms" != default ] || ms=$default_patience
	echo "$ms" >/sys/module/dm_braid/parameters/view_wait_ms
}

default_patience=$(cat /sys/module/dm_braid/parameters/view_wait_ms)
patience 3600000

# in_flight READS|WRITES AT_LEAST NAME: in a device-mapper device, by its name.
in_flight() {
	local reads writes
	read -r reads writes <"/sys/block/$(dmsetup info -c --noheadings -o blkdevname "$3")/inflight"
	[ "$1" = reads ] || reads=$writes
	[ "$reads" -ge "$2" ]
}

ended() {
	! kill -0 "$1"
}

# ends PID WHAT: it must, successfully, and within a time that nobody measures.
ends() {
	wait_for $((30 * ${LAB_SLOW:-1})) ended "$1" || fail "$2 has not ended"
	wait "$1" || fail "$2 has failed"
}

view_is() {
	[ "$(view_state "$1")" = "$2" ]
}
