#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# A signature that was cut off or altered anywhere is refused, and makes no
# delta.
. "$(dirname "$0")/lib.sh"

random_bytes 1 2100 >old
cp old new
for strong in blake2b xxh3; do
	braid signature -s $strong -b 700 old sig
	size=$(stat -c %s sig)
	for ((n = 0; n < size; n++)); do
		head -c "$n" sig >bad
		refuses 'is truncated\|is not a signature' braid delta bad new delta
		cp sig bad
		flip bad "$n"
		refuses '^braid-delta: bad ' braid delta bad new delta
		refuses '^braid-delta: bad ' braid stats bad
	done
	cp sig bad
	printf x >>bad
	refuses 'data follow its end' braid delta bad new delta
done
[ ! -e delta ] || fail "a delta was made of a bad signature"
: >bad
refuses 'is truncated' braid delta bad new delta
refuses 'No such file' braid delta missing new delta
