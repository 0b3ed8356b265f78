#!/bin/bash
# P3: a leg that was away and comes back gets exactly what was written meanwhile;
# all of it, if the log can't know that.
# runs: uml vm
# timeout: 300
. "$(dirname "$0")/lib.sh"
. "$(dirname "$0")/braidctl.sh"
. "$(dirname "$0")/super.sh"
. "$(dirname "$0")/sync.sh"

# put SECTOR COUNT
put() {
	dd if=/dev/urandom of=/dev/mapper/mirror bs=512 seek="$1" count="$2" oflag=direct status=none
}

# back FEATURES: both legs; prints how many sectors of slot 1 were written.
back() {
	local before
	before=$(sectors_written "$b")
	dm_create mirror "$(mirror_line "$size" "$uuid" "$1" "$a" "$b")"
	synced mirror
	[ "$(health mirror)" = AA ] || fail "the health is $(health mirror) after $1"
	# a few superblocks and logs are written, too
	echo $(($(sectors_written "$b") - before))
}

a=$(disk a 64 cache)
b=$(disk b 64 cache)
undo drop_arrays
takes array create mirror --level raid1 "$a" "$b" >"$LAB_DIR/out"
synced mirror
dd if=/dev/urandom of=/dev/mapper/mirror bs=1M count=63 oflag=direct status=none
uuid=$(uuid_of "$a")
size=$(sectors /dev/mapper/mirror)

# Away, under load: three places are written without it, over a stop and a start.
sleep 7
dmsetup message mirror 0 fail 1
put $((3 * 256)) 8
put $((100 * 256)) 256
takes array stop mirror
dm_create mirror "$(mirror_line "$size" "$uuid" "" "$a" -)"
put $((400 * 256 + 7)) 9
takes array stop mirror
dm_refuses "$(mirror_line "$size" "$uuid" "" "$a" "$b")" | grep -q 'it is stale' || fail "the stale leg was not refused as such"
written=$(back "readd 1")
# 64 MiB hold 504 regions; some more may have been marked when it went away
[ "$written" -ge $((3 * 256)) ] && [ "$written" -le $((60 * 256)) ] || fail "$written sectors were written to bring back 3 regions"
takes array stop mirror
alike "$a" "$b"

# A readd that is cut goes on by the log.
dm_create mirror "$(mirror_line "$size" "$uuid" "" "$a" "$b")"
dmsetup message mirror 0 fail 1
put $((10 * 256)) $((40 * 256))
swap mirror "$(mirror_line "$size" "$uuid" "readd 1 max_recovery_rate 512" "$a" "$b")"
[ "$(health mirror)" = Aa ] || fail "the health is $(health mirror) while it comes back"
wait_for 20 is_past mirror $((14 * 256)) || fail "it does not come back: $(dmsetup status mirror)"
put $((300 * 256)) 8
power_cut a
power_cut b
dmsetup remove --noudevsync --retry mirror
a=$(power_on a)
b=$(power_on b)
written=$(back "")
[ "$written" -le $((100 * 256)) ] || fail "$written sectors were written after a power cut in a readd"
takes array stop mirror
alike "$a" "$b"

# Without a log in between: all of it.
dm_create mirror "$(mirror_line "$size" "$uuid" "" "$a" "$b")"
dmsetup message mirror 0 fail 1
swap mirror "$(mirror_line "$size" "$uuid" "no_log" "$a" -)"
put $((77 * 256)) 8
takes array stop mirror
written=$(back "readd 1")
[ "$written" -ge "$size" ] || fail "only $written sectors were written where no log was kept"
dmesg | grep "slot 1 .*: the log doesn't know what it lacks" >/dev/null || fail "the kernel did not say that all is rebuilt"
takes array stop mirror
alike "$a" "$b"

# It was used by itself, after the other went on without it: all of it.
dm_create mirror "$(mirror_line "$size" "$uuid" "" "$a" "$b")"
dmsetup message mirror 0 fail 1
put $((5 * 256)) 8
takes array stop mirror
dm_create mirror "$(mirror_line "$size" "$uuid" "" - "$b")"
put $((200 * 256)) 8
put $((201 * 256)) 8
takes array stop mirror
before=$(data_of "$a" | sha256sum)
written=$(back "readd 1")
[ "$written" -ge "$size" ] || fail "only $written sectors of a leg that had parted were written"
takes array stop mirror
alike "$a" "$b"
[ "$(data_of "$a" | sha256sum)" = "$before" ] || fail "the good leg was changed"

# One that was never away needs nothing.
written=$(back "readd 1")
[ "$written" -le 512 ] || fail "$written sectors were written to a leg that was there"
takes array stop mirror
