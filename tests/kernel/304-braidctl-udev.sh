#!/bin/bash
# With a udev, braidctl leaves the nodes to it and waits for it; with one that
# hangs it waits for a while only; none of that leaves a cookie behind.
# runs: uml
# timeout: 120
. "$(dirname "$0")/lib.sh"
. "$(dirname "$0")/braidctl.sh"
udevd=/lib/systemd/systemd-udevd
requires program $udevd
requires program udevadm
unset DM_DISABLE_UDEV

a=$(disk a 16)
b=$(disk b 16)

no_cookies() {
	[ "$(dmsetup udevcookies | wc -l)" -le 1 ] ||
		fail "$1: a cookie is left: $(dmsetup udevcookies | tail -n 1)"
}

# A socket that nobody listens on isn't a udev.
mkdir -p /run/udev
if command -v python3 >/dev/null; then
	python3 -c 'import socket
socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET).bind("/run/udev/control")'
	takes array create stripe --level raid0 "$a" "$b" >"$LAB_DIR/out"
	takes array stop stripe
	rm /run/udev/control
fi

$udevd >"$LAB_DIR/udevd.log" 2>&1 &
undo kill -9 $!
wait_for 20 udevadm control --ping || skip "udev does not start here"
begin=$SECONDS
takes array create stripe --level raid0 --force "$a" "$b" >"$LAB_DIR/out"
[ -b /dev/mapper/stripe ] || fail "the node is not there"
no_cookies create
takes array stop stripe
[ ! -e /dev/mapper/stripe ] || fail "the node is still there"
no_cookies stop
[ $((SECONDS - begin)) -lt 8 ] || fail "it took $((SECONDS - begin)) seconds with a udev"

udevadm control --stop-exec-queue
begin=$SECONDS
takes array assemble stripe >"$LAB_DIR/out"
[ -b /dev/mapper/stripe ] || fail "with a udev that hangs the node is not there"
[ $((SECONDS - begin)) -lt 40 ] || fail "it waited $((SECONDS - begin)) seconds for a udev that hangs"
no_cookies "create with a udev that hangs"
udevadm control --start-exec-queue
udevadm settle --timeout 10 || true
takes array stop stripe
