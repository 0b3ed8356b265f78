#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# Files that don't belong together are refused by name, and OUT stays.
. "$(dirname "$0")/lib.sh"

a_pair
echo precious >out
cp out want
braid signature old sig
braid delta sig new delta

cp old other
flip other 60000
refuses 'other is not the file that delta was made for' braid patch other delta out
head -c 299999 old >other
refuses 'other is not the file.*299999 bytes, not 300000' braid patch other delta out
refuses 'is a delta, not a signature' braid delta delta new x
refuses 'is a signature, not a delta' braid patch old sig out
refuses 'sig was made with blake2b, not sha256' braid delta -s sha256 sig new x
refuses 'sig was made with blocks of 700 bytes, not 512' braid delta -b 512 sig new x
refuses 'sig has 32 bytes of each strong hash, not 8' braid delta -l 8 sig new x
refuses 'is not a signature' braid delta old new x
refuses 'is not a delta' braid patch old new out
cat delta >pipe_delta
refuses 'OLD must be a file or a device' braid patch - pipe_delta out <<<x
refuses "can't both be the pipe" braid delta - - x <sig
refuses "can't be compressed" braid signature -z old x
cmp out want || fail "OUT was changed"
[ ! -e x ] || fail "something was made of the wrong files"

# the number of another hash, and of another version
cp sig other
printf '\5' | dd of=other bs=1 seek=5 conv=notrunc status=none
refuses "strong hash that this program doesn't know" braid delta other new x
printf '\2' | dd of=other bs=1 seek=4 conv=notrunc status=none
refuses "format version that this program doesn't know" braid delta other new x

if command -v rdiff >/dev/null; then
	rdiff signature old rsig
	rdiff delta rsig new rdelta
	refuses "is a signature of rdiff's" braid delta rsig new x
	refuses "is a delta of rdiff's" braid patch old rdelta out
fi

for arguments in "" "frobnicate" "signature old" "patch old delta" "estimate" \
	"signature --block-size 0 old x" "signature --strong md4 old x" \
	"signature --strong md5 --strong-length 17 old x" \
	"delta --compress=20 sig new x" "signature --threads 0 old x" \
	"signature --frobnicate old x" "signature -b 5MB old x"; do
	status=0
	# shellcheck disable=SC2086
	braid $arguments >/dev/null 2>stderr || status=$?
	[ "$status" -eq 2 ] || fail "$arguments: exit status $status, not 2"
	[ -s stderr ] || fail "$arguments: said nothing"
done
refuses 'is not a size' braid estimate ten
