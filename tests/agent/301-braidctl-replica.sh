#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# braidctl against two braidds on this machine: status, ship, pause, resume,
# promote with and without a braidd, stop; what it prints, and what it refuses.
set -eEu -o pipefail
top=$(cd "$(dirname "$0")/../.." && pwd)
PATH=${BRAID_BIN:-$top/build/bin}:$PATH
dir=$(mktemp -d)
pids=()

fail() {
	echo "$*" >&2
	exit 1
}

at_exit() {
	local status=$?
	trap - EXIT
	[ "${#pids[@]}" = 0 ] || kill "${pids[@]}" 2>/dev/null || true
	wait
	rm -rf "$dir"
	exit "$status"
}
trap at_exit EXIT
trap 'echo "$(basename "$0"):$LINENO: $BASH_COMMAND" >&2' ERR

for program in braidd braidctl; do
	command -v "$program" >/dev/null || {
		echo "no program $program"
		exit 77
	}
done

# refused STATUS PATTERN WORDS...: one sentence on stderr, nothing on stdout.
refused() {
	local want=$1 pattern=$2 status=0
	shift 2
	braidctl "$@" >"$dir/out" 2>"$dir/err" || status=$?
	[ "$status" = "$want" ] ||
		fail "exit status $status, not $want: braidctl $*: $(cat "$dir/err")"
	[ "$(wc -l <"$dir/err")" = 1 ] && grep -q -- "$pattern" "$dir/err" ||
		fail "braidctl $* says '$(cat "$dir/err")', not '$pattern'"
	[ ! -s "$dir/out" ] || fail "braidctl $* was refused but printed something"
}

# json KEY WORDS...: prints what stands at KEY in braidctl's JSON.
json() {
	local key=$1
	shift
	braidctl "$@" --json | python3 -c '
import json, re, sys
value = json.load(sys.stdin)
for name, index in re.findall(r"\.(\w+)|\[(\d+)\]", sys.argv[1]):
    value = value[name] if name else value[int(index)]
print(value)' "$key"
}

# wait_for SECONDS COMMAND...
wait_for() {
	local limit=$((SECONDS + $1))
	shift
	until "$@" >/dev/null 2>&1; do
		[ "$SECONDS" -lt "$limit" ] || return 1
		sleep 0.1
	done
}

write_config() {
	cat >"$dir/$1.conf" <<-END
		[volume]
		name = $1
		role = $2
		state = $dir/state-$1
		key = $dir/key
		control = $dir/$1.sock
	END
	cat >>"$dir/$1.conf"
}

start() {
	braidd -c "$dir/$1.conf" >>"$dir/$1.log" 2>&1 &
	pids+=($!)
	wait_for 10 braidctl replica status -c "$dir/$1.conf" ||
		fail "braidd for $1 does not answer: $(tail -n 2 "$dir/$1.log")"
}

port=$((20000 + RANDOM % 20000))
braidctl keygen "$dir/key"
truncate -s 8M "$dir/disk"
dd if=/dev/urandom of="$dir/disk" bs=1M count=4 conv=notrunc status=none
write_config far replica <<-END
	[replica]
	listen = 127.0.0.1:$port
	image = $dir/image
END
write_config near source <<-END
	[source]
	device = $dir/disk
	mode = scan
	peer = 127.0.0.1:$port
	interval = 0
END

refused 1 'cannot reach braidd' replica ship -c "$dir/near.conf"
refused 1 'has never received anything' promote -c "$dir/far.conf"
[ ! -e "$dir/state-far" ] || fail "a refused promotion made the state directory"
refused 1 'none.conf' replica status -c "$dir/none.conf"
refused 2 'say the same' replica status near -c "$dir/near.conf"
refused 2 'not 1 to 1000000' replica ship -c "$dir/near.conf" --timeout 0

start far
start near
era=$(braidctl replica ship -c "$dir/near.conf" --timeout 60)
cmp "$dir/disk" "$dir/image" || fail "the image is not what was shipped"
[ "$(json '.volumes[0].era' replica status -c "$dir/near.conf")" = "$era" ] ||
	fail "status does not tell the era that ship printed"
[ "$(json '.volumes[0].role' replica status -c "$dir/far.conf")" = replica ] ||
	fail "the replica's role is not replica"
python3 -c 'import sys; assert 0 <= float(sys.argv[1]) < 60' \
	"$(json '.volumes[0].risk.seconds' replica status --control "$dir/near.sock")" ||
	fail "the risk in seconds makes no sense"
braidctl replica status -c "$dir/near.conf" >"$dir/out"
grep -q "^near *source .* $era " "$dir/out" || fail "the table is $(cat "$dir/out")"
grep -q 'a loss of this host now would lose' "$dir/out" || fail "no word on the risk"

braidctl replica pause -c "$dir/near.conf"
[ "$(json '.volumes[0].state' replica status -c "$dir/near.conf")" = paused ] ||
	fail "it is not paused"
braidctl replica resume -c "$dir/near.conf"
refused 1 'far: ' replica pause -c "$dir/far.conf"

dd if=/dev/urandom of="$dir/disk" bs=64k seek=3 count=1 conv=notrunc status=none
next=$(json .era replica ship -c "$dir/near.conf")
[ "$next" -gt "$era" ] || fail "the era after $era is $next"
cmp "$dir/disk" "$dir/image" || fail "the image is not what was shipped next"

refused 1 'is the source here' promote -c "$dir/near.conf"
refused 1 'is connected.*--force' promote -c "$dir/far.conf"
braidctl replica stop -c "$dir/near.conf"
wait_for 10 test ! -S "$dir/near.sock" || fail "the source did not stop"

not_connected() {
	[ "$(json '.volumes[0].peer' replica status -c "$dir/far.conf")" = None ]
}
wait_for 10 not_connected || fail "the replica does not notice that the source is gone"
braidctl promote -c "$dir/far.conf" >"$dir/out"
grep -qx "promoted at era $next: $dir/image" "$dir/out" ||
	fail "promote prints $(cat "$dir/out")"
[ "$(json '.volumes[0].state' replica status -c "$dir/far.conf")" = promoted ] ||
	fail "it is not promoted"
[ "$(json '.volumes[0].risk' replica status -c "$dir/far.conf")" = None ] ||
	fail "a promoted replica is at no risk of its source"
braidctl replica stop -c "$dir/far.conf"
wait_for 10 test ! -S "$dir/far.sock" || fail "the replica did not stop"

# Again, and by itself: it tells the same.
[ "$(json .era promote -c "$dir/far.conf")" = "$next" ] ||
	fail "promoted again it is at another era"
cmp "$dir/disk" "$dir/image" || fail "the promoted image changed"

# A source that stopped dead keeps its connection, but counts as gone.
rm -rf "$dir/state-far" "$dir/state-near" "$dir/image"
start far
start near
dead=${pids[-1]}
era=$(braidctl replica ship -c "$dir/near.conf" --timeout 60)
kill -STOP "$dead"
[ "$(json .era promote -c "$dir/far.conf")" = "$era" ] ||
	fail "the source is silent, and yet there was no promotion"
kill -KILL "$dead"
