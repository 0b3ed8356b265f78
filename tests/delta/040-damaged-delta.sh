#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# A delta that was cut off or altered anywhere is refused, and OUT stays.
. "$(dirname "$0")/lib.sh"

random_bytes 1 3000 >old
{
	head -c 1500 old
	echo an insertion
	tail -c 1500 old
} >new
echo precious >out
cp out want
braid signature -b 128 old sig
for options in "" --compress; do
	# shellcheck disable=SC2086
	braid delta $options sig new delta
	size=$(stat -c %s delta)
	for ((n = 0; n < size; n++)); do
		head -c "$n" delta >bad
		refuses 'is truncated\|is not a delta' braid patch old bad out
		cp delta bad
		flip bad "$n"
		refuses '^braid-delta: ' braid patch old bad out
		refuses '^braid-delta: bad ' braid stats bad
	done
	cp delta bad
	printf x >>bad
	refuses 'data follow its end' braid patch old bad out
done
cmp out want || fail "OUT was changed"
[ "$(find . -name '.out*')" = "" ] || fail "a temporary file was left"
braid patch old delta out
cmp out new || fail "the sound delta made another file"
