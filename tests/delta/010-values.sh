#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# What the commands print of known files.
. "$(dirname "$0")/lib.sh"

printf '\1\2\4\5\7' >old
printf '\1\2\2\4\5\6\7' >new
braid signature --block-size 2 --strong md5 old sig
braid delta sig new delta
braid stats sig >sig.txt
braid stats delta >delta.txt
cat >want <<-END
	signature  block length 2  weak rsync+31  strong md5, 16 bytes
	block 0  offset 0  weak 6357057  strong 0cb988d042a7f28dd5fe2b55b3f5ac7a
	block 1  offset 2  weak 6946887  strong fba282cd5faca1f7619e4b7969a27f66
	block 2  offset 4  weak 2490406  strong 89e74e640b8c46257a29de0616794d5d
	file of 5 bytes, 3 blocks
END
diff want sig.txt || fail "the signature of five bytes is another one"
cat >want <<-END
	reference 0+2
	data 1  02
	reference 2+2
	data 2  0607
END
sed -e 1d -e '$d' delta.txt | diff want - || fail "the delta of seven bytes is another one"

braid estimate 1kB 1MB 10MB 100MB 1GB 10GB >sizes
cat >want <<-END
	1kB 700 2 72 B
	1MB 1024 1024 36.9 kB
	10MB 3232 3245 116.8 kB
	100MB 10240 10240 368.6 kB
	1GB 32768 32768 1.2 MB
	10GB 103616 103628 3.7 MB
END
sed 1d sizes | tr -s ' ' | diff want - || fail "the estimates are others"
