#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# Killed in the middle, at many points, OUT is the old file and nothing is left
# beside it.
. "$(dirname "$0")/lib.sh"

random_bytes 1 30000000 >old
{
	random_bytes 2 20000000
	head -c 20000000 old
} >new
braid signature old sig
braid delta sig new delta
echo precious >out
cp out want
mkfifo pipe
size=$(stat -c %s delta)
for n in 1 3 5 7 8 9; do
	"$braid_delta" patch old - out <pipe &
	pid=$!
	exec 9>pipe
	head -c $((size * n / 10)) delta >&9
	sleep 0.1
	kill -0 $pid || fail "it ended before the delta did"
	kill -KILL $pid
	wait $pid || true
	exec 9>&-
	cmp out want || fail "killed after $n tenths: OUT was changed"
	[ "$(find . -name '.out*')" = "" ] || fail "a temporary file was left"
done 2>/dev/null
braid patch old delta out
cmp out new || fail "the patch made another file"
