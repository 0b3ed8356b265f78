#!/bin/bash
# tools/test: a suite that dies, that is not there or that runs nothing never
# makes a success.
# timeout: 30
set -eu
cd "$(dirname "$0")/../.."
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
mkdir -p "$dir/tools" "$dir/tests/suites"
cp tools/test "$dir/tools/"

suite() {
	{
		echo '#!/bin/sh'
		cat
	} >"$dir/tests/suites/$1"
	chmod +x "$dir/tests/suites/$1"
}

suite good <<'X'
printf 'ok a\nskip b - why\nend\n' >>"$RESULTS"
X
suite dies <<'X'
echo 'ok c' >>"$RESULTS"
exit 0
X
suite hangs <<'X'
echo 'ok d' >>"$RESULTS"
sleep 100
X
suite empty <<'X'
echo end >>"$RESULTS"
X

# counts LAST_LINE STATUS SUITE...
counts() {
	local want=$1 status=$2 got=0
	shift 2
	SUITE_SECONDS=2 "$dir/tools/test" "$@" >"$dir/out" 2>&1 || got=1
	if [ "$(tail -n 1 "$dir/out")" != "$want" ] || [ "$got" != "$status" ]; then
		cat "$dir/out"
		echo "tools/test $*: not '$want' with status $status"
		exit 1
	fi
}

counts '1 passed, 0 failed, 1 skipped' 0 good
counts '2 passed, 1 failed, 1 skipped' 1 good dies
counts '1 passed, 1 failed, 0 skipped' 1 hangs
counts '0 passed, 0 failed, 0 skipped' 1 empty
counts '1 passed, 1 failed, 1 skipped' 1 good missing
counts '3 passed, 3 failed, 1 skipped' 1 good hangs:dies,missing

# Those side by side: each waits until it sees the other.
for me in left right; do
	suite $me <<X
touch "$dir/$me"
for _ in \$(seq 100); do
	[ -e "$dir/left" ] && [ -e "$dir/right" ] && break
	sleep 0.1
done
[ -e "$dir/left" ] && [ -e "$dir/right" ] && echo "ok $me" >>"\$RESULTS"
echo end >>"\$RESULTS"
X
done
counts '2 passed, 0 failed, 0 skipped' 0 left:right

# Who ends the run ends what it started.
suite forever <<X
echo \$\$ >>"$dir/pids"
exec sleep 1000
X
cp "$dir/tests/suites/forever" "$dir/tests/suites/ever"
SUITE_SECONDS=1000 "$dir/tools/test" forever:good,ever >/dev/null 2>&1 &
for _ in $(seq 100); do
	[ ! -e "$dir/pids" ] || [ "$(wc -l <"$dir/pids")" -lt 2 ] || break
	sleep 0.1
done
[ "$(wc -l <"$dir/pids")" = 2 ]
kill $!
wait $! || true
while read -r pid; do
	if kill -0 "$pid" 2>/dev/null; then
		echo "a suite goes on after its run was ended"
		exit 1
	fi
done <"$dir/pids"
