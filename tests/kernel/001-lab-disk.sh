#!/bin/bash
# The lab's own disks: device mapper works on them, and a power cut drops what
# was not flushed and nothing else. Tests of crashes stand on this.
# runs: uml vm
# timeout: 60
. "$(dirname "$0")/lib.sh"

# put TEXT DEVICE PAGE FLAGS: 4 KiB of TEXT as the PAGE-th of the device.
put() {
	printf '%-4096s' "$1" |
		dd of="$2" bs=4096 seek="$3" oflag=direct conv="notrunc$4" status=none
}

# first_word DEVICE PAGE
first_word() {
	dd if="$1" bs=4096 skip="$2" count=1 iflag=direct status=none |
		tr -d '\0' | cut -d ' ' -f 1
}

plain=$(disk plain 16)
cached=$(disk cached 16 cache)

dm_create lab-linear "0 $(sectors "$plain") linear $plain 0"
put through /dev/mapper/lab-linear 0 ,fsync
[ "$(first_word "$plain" 0)" = through ] ||
	fail "what was written to a linear target is not on $plain"

put flushed "$cached" 0 ,fsync
put lost "$cached" 1 ""
[ "$(first_word "$cached" 1)" = lost ] || fail "$cached does not read what was written"
power_cut cached
cached=$(power_on cached)
[ "$(first_word "$cached" 0)" = flushed ] ||
	fail "after a power cut what was flushed is gone from $cached"
[ -z "$(first_word "$cached" 1)" ] ||
	fail "after a power cut $cached still holds what was not flushed"

dm_refuses "0 1 linear $plain" | grep -q 'Invalid argument count' ||
	fail "a bad table line left no message in the kernel's log"
