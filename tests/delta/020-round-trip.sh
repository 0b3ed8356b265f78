#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# Signature, delta and patch with every option, by files and by pipes; the
# number of threads changes nothing.
. "$(dirname "$0")/lib.sh"

a_pair
: >empty
printf x >one
for pair in "old new" "new old" "empty new" "old empty" "empty empty" \
	"one old" "old one" "old old"; do
	read -r from to <<<"$pair"
	for options in "" "--strong=sha256" "--strong=md5" "--strong=xxh3" \
		"--block-size=1k" "--block-size=7 --strong-length=12" \
		"--block-size=4MB" "--strong=xxh3 --strong-length=6 -b 512"; do
		# shellcheck disable=SC2086
		braid signature $options "$from" sig
		for compress in "" --compress --compress=19; do
			# shellcheck disable=SC2086
			braid delta $compress sig "$to" delta
			braid patch "$from" delta out
			cmp "$to" out || fail "$pair, $options $compress: another file"
			braid stats delta >/dev/null
		done
		braid stats sig >/dev/null
	done
done

random_bytes 5 40000000 >large
{
	head -c 13000001 large
	random_bytes 6 3000000
	tail -c 25000000 large
} >large2
for n in 1 2 3 8; do
	braid signature --threads $n large sig$n
	braid delta --threads $n sig1 large2 delta$n
	braid patch --threads $n large delta1 out$n
	cmp sig1 sig$n || fail "another signature with $n threads"
	cmp delta1 delta$n || fail "another delta with $n threads"
	cmp large2 out$n || fail "another file with $n threads"
done

braid signature -b 32k -t 1 large sig1
braid delta sig1 large2 delta1
for n in 1 4; do
	braid signature -b 32k -t $n - - <large >sig2
	cmp sig1 sig2 || fail "another signature by pipes"
	piped sig1 | braid delta -t "$n" - large2 - >delta2
	cmp delta1 delta2 || fail "another delta by pipes"
	piped large2 | braid delta -t $n sig1 - - >delta2
	cmp delta1 delta2 || fail "another delta of a pipe"
	piped delta1 | braid patch -t $n large - - | cmp - large2 ||
		fail "another file by pipes"
done
