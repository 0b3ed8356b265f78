#!/bin/bash
# A device in use is replaced while it serves: by one command, that may be killed at any
# point and given again, or left to the monitor. With the old one lost it becomes a rebuild.
# runs: uml
# timeout: 240
. "$(dirname "$0")/lib.sh"
. "$(dirname "$0")/braidctl.sh"
. "$(dirname "$0")/super.sh"
. "$(dirname "$0")/sync.sh"

a=$(disk a 12)
b=$(disk b 12)
c=$(disk c 12)
d=$(disk d 12)
undo drop_arrays
takes array create five --level raid5 "$a" "$b" "$c" >"$LAB_DIR/out"
takes array wait five --timeout 100
dd if=/dev/urandom of=/dev/mapper/five bs=1M count=18 oflag=direct status=none
sum=$(checksum /dev/mapper/five)

content() {
	[ "$(checksum /dev/mapper/five)" = "$sum" ] || fail "$1: the content is another"
}

# slow RATE: so that there is something to be seen. The first time, the table gets
# two words more.
slow() {
	local line
	line=$(dmsetup table five | sed "s/max_recovery_rate [0-9]*/max_recovery_rate $1/")
	if [[ $line != *max_recovery_rate* ]]; then
		line=$(dmsetup table five |
			sed 's/^\(0 [0-9]* braid-raid [^ ]* [^ ]*\) \([0-9]*\) /\1 $((\2 + 2)) max_recovery_rate '"$1"' /')
		line=$(eval "echo \"$line\"")
	fi
	swap five "$line"
}

refused 1 'is in use in slot 0' array replace five 1 "$a"
refused 1 'no slot 7' array replace five 7 "$d"
slow 3072
takes array replace five "$b" "$d" >"$LAB_DIR/out" &
replace=$!
wait_for 20 is_doing five replace || fail "nothing is copied: $(dmsetup status five)"
expect "$d" .arrays[0].replace.device array status five
takes array status five | grep -q "slot 1 is being copied to $d" || fail "the status does not say that a device is copied"
wait "$replace" || fail "replace failed: $(cat "$LAB_DIR/err")"
grep -qx "$d: in slot 1 of five" "$LAB_DIR/out" || fail "replace does not say what it did: $(cat "$LAB_DIR/out")"
[ "$(health five)" = AAA ] || fail "the health is $(health five) once it was replaced"
[ "$(slot_state "$d" 1)" = used ] || fail "the new one says it is $(slot_state "$d" 1)"
content "replaced"
takes array fail five 0
content "what the new one has"
takes array remove five 0
takes array add five "$a" --force >"$LAB_DIR/out"
takes array wait five --timeout 100
takes array stop five
says "is not used for five: .*replaced" array assemble five

# Killed at any point. The same command brings it to its end, or begins again.
old=$d new=$b
cuts=${CUTS:-3}
for i in $(seq "$cuts"); do
	timeout -s KILL "$(printf '0.%03d' $((i * 90 / cuts)))" braidctl array replace five 1 "$new" --force \
		>"$LAB_DIR/out" 2>&1 || true
	[ "$(dmsetup info -c --noheadings -o suspended five)" = Active ] || fail "killed: the array is suspended"
	[ "$(health five)" = AAA ] || fail "killed: the health is $(health five)"
	if [ $((i % 2)) = 0 ]; then
		takes array stop five
		takes array assemble five >"$LAB_DIR/out"
		[ "$(health five)" = AAA ] || fail "assembled after a kill: the health is $(health five)"
	fi
	table=$(dmsetup table five)
	if [[ $table = *"replace "* || $table != *" $(lsblk -dno MAJ:MIN "$new" | tr -d ' ') "* ]]; then
		takes array replace five 1 "$new" --force >"$LAB_DIR/out"
	fi
	[ "$(health five)" = AAA ] || fail "after a kill: the health is $(health five)"
	content "after a kill"
	t=$old old=$new new=$t
done

# Given up; left to the monitor; the old one lost.
slow 256
timeout -s KILL 1 braidctl array replace five 1 "$new" --force >"$LAB_DIR/out" 2>&1 || true
[ "$(sync_action five)" = replace ] || fail "the copy does not go on without braidctl: $(dmsetup status five)"
refused 1 'slot 1 of five is being replaced' array replace five 0 "$old"
takes array remove five "$new"
expect null .arrays[0].replace array status five
content "given up"
slow 8192
timeout -s KILL 1 braidctl array replace five 1 "$new" --force >"$LAB_DIR/out" 2>&1 || true
takes array wait five --timeout 100
[[ $(dmsetup table five) = *replace* ]] || fail "it ended by itself: $(dmsetup table five)"
takes monitor --oneshot >"$LAB_DIR/out"
[[ $(dmsetup table five) != *"replace "* ]] || fail "the monitor does not end it: $(dmsetup table five)"
[ "$(slot_state "$new" 1)" = used ] || fail "the new one says it is $(slot_state "$new" 1)"
content "ended by the monitor"
t=$old old=$new new=$t
slow 3072
takes array replace five 1 "$new" --force >"$LAB_DIR/out" &
replace=$!
wait_for 20 is_past five 2048 || fail "nothing is copied: $(dmsetup status five)"
takes array fail five 1
wait "$replace" || fail "replace failed: $(cat "$LAB_DIR/err")"
grep -qx "$new: in slot 1 of five, being rebuilt" "$LAB_DIR/out" || fail "replace does not say what it did: $(cat "$LAB_DIR/out")"
takes array wait five --timeout 100
[ "$(health five)" = AAA ] || fail "the health is $(health five) after the rebuild"
content "rebuilt"
