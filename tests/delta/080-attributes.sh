#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# OUT keeps its permissions, a symbolic link its name, and OUT may be OLD.
. "$(dirname "$0")/lib.sh"

a_pair
braid signature old sig
braid delta sig new delta
echo x >out
chmod 640 out
ln -s out link
braid patch old delta link
[ -L link ] || fail "the symbolic link was replaced"
cmp out new || fail "the link's target was not written"
[ "$(stat -c %a out)" = 640 ] || fail "OUT's permissions were changed"

(umask 027 && braid patch old delta fresh)
[ "$(stat -c %a fresh)" = 640 ] || fail "the umask was not heeded"

cp old same
braid patch same delta same
cmp same new || fail "OLD could not be replaced"

ln -s nowhere dangling
braid patch old delta dangling
cmp dangling new || fail "a dangling link got no file"
