#!/bin/bash
# The lab's machines: two on a cable, a disk and a cable that are pulled, power
# that is cut. Drills stand on this.
# timeout: 240
. "$(dirname "$0")/lib.sh"

boot one --cable lan:0 --ip 10.0.0.1/24 --disk 64M --disk 64M
boot two --cable lan:1 --ip 10.0.0.2/24

[ "$(inside one 'echo out; echo err >&2; exit 3' || echo "$?")" = "$(printf 'out\nerr\n3')" ] ||
	fail "output and exit status don't come back from a machine"
[ "$(tools/vm exec one --input 'sha256sum' <README.md)" = "$(sha256sum <README.md)" ] ||
	fail "a file that goes in is not what comes out"

inside one 'ping -c 3 -W 2 10.0.0.2' || fail "the machines don't see each other"
tools/vm cable one down
! inside one 'ping -c 1 -W 2 10.0.0.2' || fail "a pulled cable still carries"
tools/vm cable one up
eventually 20 inside one 'ping -c 1 -W 2 10.0.0.2' || fail "the cable did not come back"

inside one 'test -b $(readlink /dev/disk/1)'
tools/vm unplug one 1
eventually 10 inside one '! test -b $(readlink /dev/disk/1)' ||
	fail "the disk is still there after it was taken out"
tools/vm plug one 1
inside one 'test -b $(readlink /dev/disk/1)' || fail "the disk did not come back"

inside one 'echo kept | dd of=/dev/disk/0 bs=512 conv=sync,fsync'
tools/vm kill one
! tools/vm alive one || fail "the machine lives after its power was cut"
status=0
inside two 'true' || status=$?
[ "$status" = 0 ] || fail "the other machine died too"
boot one --disk 64M
[ "$(inside one 'head -c 4 /dev/disk/0')" = kept ] ||
	fail "what was flushed is gone after a power cut"

status=0
inside one 'echo c >/proc/sysrq-trigger; sleep 10' || status=$?
[ "$status" = 125 ] || fail "a kernel that died gave exit status $status, not 125"
healthy two
