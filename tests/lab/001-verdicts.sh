#!/bin/bash
# Every way to fail that tests/lab/scripts knows is seen, in User-mode Linux and
# in a virtual machine, and what comes after it runs.
# timeout: 300
set -eu
cd "$(dirname "$0")/../.."
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT

# The kernel of a virtual machine takes longer to boot: not every way there.
expect() {
	local suite=$1 prefix=$2
	sed -n "s|PREFIX|$prefix|p" >"$dir/want"
	: >"$dir/tap"
	LAB_SLOW=1 RESULTS=$dir/tap ARTEFACTS=$dir/artefacts SCRIPTS=tests/lab/scripts \
		DRIVERS=/nonexistent KERNELS=6.1 "tests/suites/$suite" >"$dir/log" 2>&1 ||
		true
	sed -i 's/ (status .*//; s/\[ *[0-9.]*\] *//' "$dir/tap"
	diff "$dir/want" <(grep -v '^end$' "$dir/tap") || {
		cat "$dir/log"
		echo "$prefix: the verdicts are not those that tests/lab/scripts ask for"
		exit 1
	}
}

unset TESTS UML_KASAN VM_BRIEF
expect uml uml <<'X'
ok PREFIX/010-passes
not ok PREFIX/020-fails - this is the sentence
not ok PREFIX/030-command-fails - 030-command-fails.sh:7: false
skip PREFIX/040-skips - no program no-such-program
not ok PREFIX/050-hangs - took longer than 2 s
not ok PREFIX/060-warns - the kernel said: WARNING: this is a kernel that complains
not ok PREFIX/070-dies - the kernel died: Kernel panic - not syncing: sysrq triggered crash
not ok PREFIX/080-lies - exit status 5
not ok PREFIX/090-leaves - left behind: device-mapper devices left
ok PREFIX/095-passes-again
X

TESTS='0[1279]*' expect vm vm-6.1 <<'X'
ok PREFIX/010-passes
not ok PREFIX/020-fails - this is the sentence
not ok PREFIX/070-dies - Kernel panic - not syncing: sysrq triggered crash
not ok PREFIX/090-leaves - left behind: device-mapper devices left
ok PREFIX/095-passes-again
X
