#!/bin/bash
# Two devices closed at one instant: writers that write to one only after what
# they wrote to the other is complete, and the other way round; no two views of a
# group hold the later write without the earlier one. Two single closes do, or the
# test would show nothing.
# runs: uml vm smp
# timeout: 200
. "$(dirname "$0")/lib.sh"
. "$(dirname "$0")/track.sh"
helper ordered-writes

writers=8
for name in one two; do
	disk=$(disk "$name" 16)
	meta=$(disk "meta-$name" 16)
	dm_create "$name" "0 $(sectors "$disk") braid-track $meta $disk 8"
done
one=/dev/mapper/one
two=/dev/mapper/two

# group: closes both, prints the two eras; the one that is asked changes.
group() {
	local order=("$one" 0 "$two" 0) asked=one reply
	if [ $((RANDOM % 2)) = 1 ]; then
		order=("$two" 0 "$one" 0)
		asked=two
	fi
	reply=$(dmsetup message "$asked" 0 close-group whole "${order[@]}" |
		cut -d ' ' -f 2)
	# shellcheck disable=SC2086 # a line for each
	set -- $reply
	[ "$asked" = one ] && echo "$1 $2" || echo "$2 $1"
}

single() {
	local first
	first=$(dmsetup message one 0 close whole 0)
	echo "$first $(dmsetup message two 0 close whole 0)"
}

# look HOW: close both, read the two views. Return: whether they are an instant.
look() {
	local eras status=0
	read -ra eras < <("$1")
	dm_create view-one "0 $(sectors "$one") braid-view $one ${eras[0]}"
	dm_create view-two "0 $(sectors "$two") braid-view $two ${eras[1]}"
	ordered-writes check /dev/mapper/view-one,/dev/mapper/view-two \
		"$writers" >"$LAB_DIR/found" || status=1
	dm_remove view-one
	dm_remove view-two
	dmsetup message one 0 drop "${eras[0]}"
	dmsetup message two 0 drop "${eras[1]}"
	return "$status"
}

# under_load SECONDS COMMAND...: under load; "closes" is how often it was done.
under_load() {
	local pid
	ordered-writes write "$one,$two" "$writers" "$1" &
	pid=$!
	undo kill "$pid"
	shift
	closes=0
	while kill -0 "$pid" 2>/dev/null; do
		"$@"
		closes=$((closes + 1))
	done
	wait "$pid" || fail "a writer failed"
}

instant() {
	look group || fail "two views of a group are no instant: $(tail -n 1 "$LAB_DIR/found")"
}
under_load 15 instant
echo "$closes groups were instants"

torn=0
apart() {
	look single || torn=$((torn + 1))
}
under_load 6 apart
[ "$torn" -gt 0 ] || fail "$closes times two single closes were an instant as well: the test shows nothing"
echo "of $closes pairs of single closes $torn were none"
