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
