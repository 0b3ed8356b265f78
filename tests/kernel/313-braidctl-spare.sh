#!/bin/bash
# A spare is taken up by the monitor as soon as a member fails, and rebuilt: nobody
# else does anything. One that is too small is not used, and a stranger's neither.
# runs: uml
# timeout: 200
. "$(dirname "$0")/lib.sh"
. "$(dirname "$0")/braidctl.sh"
. "$(dirname "$0")/super.sh"
. "$(dirname "$0")/sync.sh"

a=$(disk a 48)
b=$(disk b 48)
c=$(disk c 48)
d=$(disk d 48)
e=$(disk e 48)
undo drop_arrays
takes array create mirror --level raid1 "$a" "$b" >"$LAB_DIR/out"
takes array create other --level raid1 "$d" missing >"$LAB_DIR/out"
takes array wait mirror --timeout 100
dd if=/dev/urandom of=/dev/mapper/mirror bs=1M count=40 oflag=direct status=none
sum=$(checksum /dev/mapper/mirror)

cat >"$LAB_DIR/hook" <<END
#!/bin/bash
echo "\$1 \$2 \$3 \$BRAID_SLOT" >>"$LAB_DIR/hooked"
END
chmod +x "$LAB_DIR/hook"
: >"$LAB_DIR/hooked"
hooked() {
	grep -qx -- "$1" "$LAB_DIR/hooked"
}

takes array add mirror "$c" --spare >"$LAB_DIR/out"
braidctl monitor --exec "$LAB_DIR/hook" >"$LAB_DIR/lines" 2>"$LAB_DIR/said" &
monitor=$!
undo kill "$monitor"
wait_for 20 hooked 'appeared mirror  ' || fail "the monitor does not see the array"
[ "$(health other)" = A- ] || fail "a spare of another array was taken"
takes array fail mirror "$a"
wait_for 30 hooked "spare-taken mirror $c 0" ||
	fail "no spare was taken: $(cat "$LAB_DIR/hooked" "$LAB_DIR/said"; dmsetup status)"
hooked "failed mirror $a 0" || fail "the failure was not told"
wait_for 60 hooked "in-sync mirror $c 0" || fail "the end of the rebuild was not told: $(cat "$LAB_DIR/hooked")"
[ "$(health mirror)" = AA ] || fail "the health is $(health mirror)"
[ "$(checksum /dev/mapper/mirror)" = "$sum" ] || fail "the content is another"
alike "$b" "$c"

# The device that failed is free, and comes back as a spare; it is taken up as well.
takes array add mirror "$a" --spare --force >"$LAB_DIR/out"
takes array fail mirror 1
wait_for 30 hooked "spare-taken mirror $a 1" || fail "the second spare was not taken: $(cat "$LAB_DIR/hooked" "$LAB_DIR/said")"
takes array wait mirror --timeout 100
alike "$a" "$c"

# A degraded array is given a spare that appears later.
takes array fail mirror 0
wait_for 20 hooked "failed mirror $c 0" || fail "the failure was not told"
[ "$(health mirror)" = DA ] || fail "the health is $(health mirror) with no spare"
takes array add mirror "$e" --spare >"$LAB_DIR/out"
wait_for 120 hooked "spare-taken mirror $e 0" || fail "the late spare was not taken: $(cat "$LAB_DIR/hooked" "$LAB_DIR/said")"
takes array wait mirror --timeout 100
alike "$a" "$e"
[ "$(checksum /dev/mapper/mirror)" = "$sum" ] || fail "the content is another"
kill "$monitor"
wait "$monitor" || fail "the monitor ended with an error"
