#!/bin/bash
# Groups closed by braidctl, with views, with their filesystems frozen; whatever
# happens to braidctl, nothing stays frozen.
# runs: uml
# timeout: 90
. "$(dirname "$0")/lib.sh"
. "$(dirname "$0")/braidctl.sh"
requires target braid-track
requires program mkfs.ext4

undo sh -c 'for d in data log; do dmsetup remove --noudevsync --retry $d; done'
for name in data log; do
	disk=$(disk "$name" 16)
	meta=$(disk "meta-$name" 16)
	takes track attach "$name" "$disk" --meta "$meta" >/dev/null
	mkfs.ext4 -q "/dev/mapper/$name"
	mkdir "$LAB_DIR/$name"
	mount "/dev/mapper/$name" "$LAB_DIR/$name"
	undo umount "$LAB_DIR/$name"
done
bare=$(disk bare 16)
takes track attach bare "$bare" >/dev/null
undo dmsetup remove --noudevsync --retry bare

refused 2 'with --group' track close data log
refused 2 'belongs to --view' track close data --since 0
refused 2 'belong together, or write data@ERA' track close --group data log@0 --view whole
refused 2 'an era belongs to --view' track close data@0
refused 2 "'x' is not an era" track close data@x --view whole
refused 1 'bare is not mounted.*leave --fsfreeze out' track close --group data bare --fsfreeze
refused 1 'named twice' track close --group data data
refused 1 "can't tell what changed" track close --group data@0 log@9 --view whole

takes track close log >/dev/null
[ "$(takes track close --group data log | paste -sd ,)" = "data 1,log 2" ] ||
	fail "a group's eras are not printed"
expect 2 .era track close data
[ "$(takes track close --group data@0 log@1 --view shipped --json | grep -c '"view": *"shipped"')" = 2 ] ||
	fail "not both views were opened"
takes track abort data 3
takes track drop log 3
takes track resize bare 2>/dev/null
grep -q 'that size already' "$LAB_DIR/err" || fail "a resize to the same size said nothing"
refused 1 "make that one larger first" track resize bare 17M
refused 1 "can't get shorter" track resize bare 8M

# usable: both filesystems can be written.
usable() {
	timeout 20 touch "$LAB_DIR/data/x" "$LAB_DIR/log/x" &&
		timeout 20 sync -f "$LAB_DIR/data/x" "$LAB_DIR/log/x"
}

# Frozen means that nothing has to be replayed in the view.
echo precious >"$LAB_DIR/data/file"
takes track close --group data@0 log@0 --view whole --fsfreeze >"$LAB_DIR/eras"
usable || fail "a filesystem stays frozen"
era=$(sed -n 's/^data //p' "$LAB_DIR/eras")
view=$(takes track view data "$era")
mkdir "$LAB_DIR/view"
mount -o ro,noload "$view" "$LAB_DIR/view"
undo umount "$LAB_DIR/view"
[ "$(cat "$LAB_DIR/view/file")" = precious ] || fail "the view's filesystem lacks a file"
umount "$LAB_DIR/view"
dumpe2fs -h "$view" 2>/dev/null | grep -q needs_recovery &&
	fail "the view's filesystem needs recovery, so it was not frozen"
takes track drop data "$era"
takes track drop log "$(sed -n 's/^log //p' "$LAB_DIR/eras")"

# Killed at any moment, also by what can't be caught.
for signal in KILL TERM INT KILL TERM KILL; do
	braidctl track close --group data log --fsfreeze >/dev/null 2>&1 &
	sleep 0.0$((RANDOM % 9))
	kill "-$signal" "$!" 2>/dev/null || true
	wait "$!" || true
	usable || fail "braidctl was ended by $signal, and a filesystem stays frozen"
done
# Frozen by somebody else: refused, and left as it is.
fsfreeze -f "$LAB_DIR/log"
refused 1 'cannot freeze the filesystem on log' track close --group data log --fsfreeze
fsfreeze -u "$LAB_DIR/log"
usable || fail "a filesystem stays frozen after a refusal"

# What changed, if it is that map.
id=$(json .map_id track changed data --since 0)
takes track changed data --since 0 --map "$id" >/dev/null
refused 1 "has the map $id, not 0123.*compare everything" track changed data \
	--since 0 --map 0123
