#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# What a person does by mistake costs no file.
. "$(dirname "$0")/lib.sh"

a_pair
braid signature old sig
braid delta sig new delta
cp old old.want
cp new new.want
cp sig sig.want
cp delta delta.want
ln -s old link
ln new hard

# OUT in the place of what is read
refuses 'old would take the place of old' braid signature old old
refuses 'link would take the place of old' braid signature old link
refuses 'sig would take the place of sig' braid delta sig new sig
refuses 'hard would take the place of new' braid delta sig new hard
refuses './delta would take the place of delta' braid patch old delta ./delta
for file in old new sig delta; do
	cmp $file $file.want || fail "$file was lost"
done

# empty files, each in each place
: >empty
for names in "empty new" "old empty" "empty empty"; do
	read -r from to <<<"$names"
	braid signature "$from" x.sig
	braid delta x.sig "$to" x.delta
	braid patch "$from" x.delta out
	cmp "$to" out || fail "$names: another file came out"
done
braid signature empty x.sig
braid stats x.sig | grep -q 'block length 700 ' || fail "an empty file's blocks are not 700 bytes"
refuses 'is truncated' braid delta empty new x
refuses 'is truncated' braid patch old empty x
refuses 'is truncated' braid stats empty
refuses 'has 0 bytes, not 300000' braid patch empty delta x
[ ! -e x ] || fail "something was made of nothing"

# a file of /proc has bytes, whatever its size says
braid signature /proc/cpuinfo x.sig
braid stats x.sig | grep -q 'file of [1-9]' || fail "/proc/cpuinfo was taken for empty"

# whoever reads goes away: killed by the signal, as every filter, or a message
for command in "signature old -" "delta sig new -" "patch old delta -" "stats sig"; do
	status=0
	# shellcheck disable=SC2086
	(braid $command 2>stderr || echo $? >&3) 3>status | true
	[ ! -s status ] || status=$(cat status)
	case $status in
	0 | 141) ;;
	*) fail "$command into a closed pipe: exit status $status, $(cat stderr)" ;;
	esac
	(
		trap '' PIPE
		status=0
		# shellcheck disable=SC2086
		braid $command 2>stderr || status=$?
		echo $status >status
	) | true
	status=$(cat status)
	[ "$status" -le 1 ] || fail "$command, signal ignored: exit status $status"
done
refuses 'No space left' bash -c '"$1" stats sig >/dev/full' bash "$braid_delta"

# a named pipe waits for whoever reads it
mkfifo pipe
braid patch old delta pipe &
cat pipe >out
wait $!
cmp out new || fail "another file came through the named pipe"

# a folder that nobody may write to; root may
if [ "$(id -u)" -ne 0 ]; then
	mkdir locked
	echo precious >locked/out
	chmod 555 locked
	refuses 'Permission denied' braid patch old delta locked/out
	[ "$(cat locked/out)" = precious ] || fail "OUT was changed"
	chmod 755 locked
fi
