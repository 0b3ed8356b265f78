#!/bin/bash
# ext4, XFS and btrfs on a mirror and on raid5 outlive that members fail, come back and
# are replaced while files are changed in all ways: fsck, scrub and every file say so.
# CUTS says how often a member fails; with it, each filesystem is on each level.
# runs: uml vm
# timeout: 300
. "$(dirname "$0")/lib.sh"
. "$(dirname "$0")/braidctl.sh"
. "$(dirname "$0")/super.sh"
. "$(dirname "$0")/sync.sh"

mount=$LAB_DIR/mount
storm=

# knows FILESYSTEM: are its program and its code there?
knows() {
	command -v "mkfs.$1" >/dev/null || return
	modprobe -q "$1" 2>/dev/null || true
	grep -qw "$1" /proc/filesystems
}

# make LEVEL: an array of "members" that is rebuilt fast, whatever else is done.
make() {
	local line
	[ "$1" = raid5 ] && members=("${disks[@]}") || members=("${disks[@]:0:2}")
	for disk in "${members[@]}"; do
		blkdiscard -f "$disk"
	done
	takes array create array --level "$1" --assume-clean "${members[@]}" >"$LAB_DIR/out"
	line=$(dmsetup table array | awk '{ $6 = $6 + 2 " min_recovery_rate 400000"; print }')
	swap array "$line"
}

make_filesystem() {
	case $1 in
	ext4) mkfs.ext4 -q /dev/mapper/array ;;
	# so small a one is for tests
	xfs) mkfs.xfs -q -f --unsupported /dev/mapper/array ;;
	btrfs) mkfs.btrfs -q -f /dev/mapper/array ;;
	esac
	mount -t "$1" /dev/mapper/array "$mount"
}

check_filesystem() {
	case $1 in
	ext4) e2fsck -fn /dev/mapper/array ;;
	xfs) xfs_repair -n /dev/mapper/array ;;
	btrfs) btrfs check --readonly /dev/mapper/array ;;
	esac >"$LAB_DIR/fsck" 2>&1 || fail "$1 on $2 is damaged: $(tail -n 3 "$LAB_DIR/fsck")"
}

begin_storm() {
	rm -rf "$LAB_DIR/model" "$LAB_DIR/stop"
	mkdir "$LAB_DIR/model"
	file-storm "$mount" "$LAB_DIR/model" "$RANDOM" 3 "$LAB_DIR/stop" >"$LAB_DIR/storm" 2>&1 &
	storm=$!
}

# lose ROUND: a member fails, and comes back or, in every other round, a blank one does.
lose() {
	local slot=$(($1 % ${#members[@]}))
	takes array fail array "$slot"
	sleep 0.5
	takes array remove array "$slot"
	[ $(($1 % 2)) = 0 ] || blkdiscard -f "${members[slot]}"
	takes array add array "${members[slot]}" >"$LAB_DIR/out"
	synced array
	case $(health array) in
	*[!A]*) fail "the health is $(health array) after slot $slot was lost and came back" ;;
	esac
}

# goes FILESYSTEM LEVEL
goes() {
	make "$2"
	make_filesystem "$1"
	begin_storm
	sleep 0.5
	for ((round = 1; round <= ${CUTS:-1}; round++)); do
		lose "$round"
	done
	touch "$LAB_DIR/stop"
	wait "$storm" || fail "$1 on $2: $(cat "$LAB_DIR/storm")"
	umount "$mount"
	check_filesystem "$1" "$2"
	mount -t "$1" /dev/mapper/array "$mount"
	for model in "$LAB_DIR"/model/*; do
		diff -r "$model" "$mount/${model##*/}" >&2 || fail "$1 on $2: files are not what was written"
	done
	umount "$mount"
	takes array scrub array check
	synced array
	[ "$(mismatches array)" = 0 ] || fail "$1 on $2: $(mismatches array) sectors don't agree"
	echo "$1 on $2: $(tr '\n' ' ' <"$LAB_DIR/storm")"
	takes array stop array
}

helper file-storm
mkdir "$mount"
undo drop_arrays
undo umount "$mount"
undo touch "$LAB_DIR/stop"
disks=()
for name in a b c; do
	disks+=("$(disk $name 144)")
done
pairs=(ext4/raid5 xfs/raid1 btrfs/raid5)
[ -z "${CUTS:-}" ] || pairs=({ext4,xfs,btrfs}/{raid1,raid5})
for pair in "${pairs[@]}"; do
	if knows "${pair%/*}"; then
		goes "${pair%/*}" "${pair#*/}"
	else
		echo "this kernel, or what is installed, has no ${pair%/*}"
	fi
done
