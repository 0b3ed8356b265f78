#!/bin/bash
# The image's disk is full when a committed era is to be applied: the era stays
# in its log, nothing comes after it, and with room again it is applied.
# timeout: 60
. "$(dirname "$0")/lib.sh"

device 8
source_config 1
replica_config
start rep
start src
wait_for 10 is src era 1
same "the first image"
stop src
stop rep

# As if full: no file of the replica can be written beyond 4 MiB.
cat >"$dir/limited" <<-X
	#!/bin/bash
	trap '' XFSZ
	ulimit -S -f 4096
	exec $bin/braidd "\$@"
X
chmod +x "$dir/limited"
start rep "$dir/limited"
dd if=/dev/urandom of="$dir/src.img" bs=64k count=1 seek=100 conv=notrunc status=none
start src
wait_for 10 grep -q "cannot write the image $dir/rep.img" "$dir/rep.log" || fail "it was applied"
sleep 3 # the source comes again and again
era=$(field rep era)
[ "$era" -ge 2 ] || fail "the era was not committed"
[ -s "$dir/rep/stage" ] || fail "the log of era $era is gone"
said=$(ask rep promote || true)
[[ $said == *'cannot write the image'* ]] || fail "promote says '$said'"
[ -s "$dir/rep/stage" ] || fail "promote has emptied the log of era $era"
stop src
is rep era "$era" || fail "an era came after one that could not be applied"

# Room again.
cp "$dir/src.img" "$dir/expected.img"
prlimit --pid "${pids[rep]}" --fsize=unlimited
ask rep promote >/dev/null
cmp "$dir/expected.img" "$dir/rep.img" || fail "era $era is not in the image"
