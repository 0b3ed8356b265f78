#!/bin/bash
# What can't be closed as a group is refused with a sentence, and then nothing is
# closed and no view is kept. Groups that cross don't wait for each other for ever,
# and neither do writes.
# runs: uml
# timeout: 120
. "$(dirname "$0")/lib.sh"
. "$(dirname "$0")/track.sh"

tracked 16 8 8
for name in other third; do
	disk=$(disk "$name" 16)
	dm_create "$name" "0 $(sectors "$disk") braid-track - $disk 8"
done
other=/dev/mapper/other
third=/dev/mapper/third
plain=$(disk plain 16)

# view_of NAME STATE: has it a view in that state?
view_of() {
	dmsetup status "$1" | grep -qE " (whole|shipped) $2"
}

# eras: that are being written, and how many views there are.
eras() {
	dmsetup status --target braid-track | sort | cut -d ' ' -f 1,8,11
}

before=$(eras)
refused_with 'expected close-group' close-group
refused_with 'expected close-group' close-group whole "$vol"
refused_with 'expected close-group' close-group whole "$vol" x
refused_with 'expected close-group' close-group half "$vol" 0
refused_with 'expected close-group' close-group whole "$vol" 0 "$other"
many=()
for _ in $(seq 17); do many+=("$vol"); done
refused_with 'has 16 devices at most' close-group none "${many[@]}"
refused_with 'named twice' close-group none "$vol" "$other" "$vol"
refused_with 'is not a braid-track device' close-group none "$vol" "$plain"
refused_with 'is not a braid-track device' close-group none "$vol" /dev/nowhere
refused_with 'must be one of the group' close-group none "$other" "$third"
refused_with "can't tell what changed" close-group whole "$vol" 0 "$other" 1
dmsetup create --noudevsync asleep --notable
undo dmsetup remove --noudevsync --retry asleep
dmsetup load asleep --table "0 $(sectors "$plain") braid-track - $plain 8"
refused_with 'no live table' close-group none "$vol" \
	"$(dmsetup info -c --noheadings -o major,minor asleep)"
[ "$(eras)" = "$before" ] || fail "a group that was refused changed something: $(eras)"

# As many views as one can have: none is kept on the others.
for _ in $(seq 16); do
	dmsetup message other 0 close shipped 0 >/dev/null
done
before=$(eras)
refused_with 'no more than 16' close-group whole "$vol" 0 "$third" 0 "$other" 0
[ "$(eras)" = "$before" ] || fail "a group without room for a view kept another one: $(eras)"
[ "$(message close-group none "$other" "$vol" "$third" | cut -d ' ' -f 2 | paste -sd ' ')" = "17 1 1" ] ||
	fail "the eras of a group are not in the order that was asked for"
for era in $(seq 16); do
	dmsetup message other 0 drop "$era"
done

# Crossing groups and single closes, while blocks are written and marked.
load 8
for order in "$vol $other $third" "$third $other $vol" "$other $vol" "$third $other"; do
	# shellcheck disable=SC2086 # names
	(for _ in $(seq 6); do
		set -- $order
		dmsetup message "$1" 0 close-group none "$@" >/dev/null || exit 1
		dmsetup message "$1" 0 mark 7 3 || exit 1
		dmsetup message "$2" 0 close >/dev/null || exit 1
	done) &
	pids+=("$!")
done
for pid in "${pids[@]}"; do
	ends "$pid" "a group's close"
done
load_ended

# A view that its store can't keep is no part of an instant: while a write of the
# closed era takes its time, others need more copies than there is room for.
patience default
disk=$(disk late 16)
meta=$(disk meta-late 2)
dm_create slow "0 $(sectors "$disk") delay $disk 0 0 $disk 0 2000"
dm_create held "0 $(sectors "$disk") braid-track $meta /dev/mapper/slow 2048"
write_to() {
	dd if=/dev/zero of=/dev/mapper/held bs=1M seek="$1" count=1 oflag=direct \
		conv=notrunc status=none
}
write_to 0 &
pid=$!
wait_for 10 in_flight writes 1 held || fail "the write is not in flight"
mark="lab group $RANDOM"
echo "$mark" >/dev/kmsg
dmsetup message held 0 close-group whole /dev/mapper/held 0 "$other" 0 \
	>/dev/null 2>&1 &
group=$!
wait_for 10 view_of held draining || fail "the group is not being drained"
write_to 5 &
write_to 6 &
wait "$pid" || fail "a write has failed"
if wait "$group"; then
	fail "a group was closed although a view of it could not be kept"
fi
dmesg | sed "1,/$mark/d" | grep 'could not be kept' >/dev/null ||
	fail "nothing was said of the view that could not be kept"
wait
if view_of held . || view_of other .; then
	fail "a view of the group was kept: $(dmsetup status held) $(dmsetup status other)"
fi

# A member that is removed while its group is closed waits for that.
era_of() {
	dmsetup status "$1" | cut -d ' ' -f 7
}
old=$(era_of held)
later() {
	[ "$(era_of held)" -gt "$old" ]
}
write_to 1 &
pid=$!
wait_for 10 in_flight writes 1 held || fail "the write is not in flight"
dmsetup message held 0 close-group none /dev/mapper/held "$third" >"$LAB_DIR/reply" &
group=$!
wait_for 10 later || fail "the group is not being closed"
dmsetup remove --noudevsync third &
removal=$!
ends "$group" "the group's close"
ends "$removal" "the removal of a member"
ends "$pid" "a write"
[ "$(wc -l <"$LAB_DIR/reply")" = 2 ] || fail "not both members were closed: $(cat "$LAB_DIR/reply")"
