#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# Files that claim to be large take no memory; real ones take less than 64 MiB
# besides the signature.
. "$(dirname "$0")/lib.sh"
requires program time
requires program python3

peak() {
	command time -o peak -f %M "$@" || return
	tail -n 1 peak
}

# one entry that stands for 2^32 - 3 blocks of 4 MiB, its checksum aside
python3 - <<'END'
import struct
def varint(n):
    out = b""
    while n >= 0x80:
        out += bytes([n & 0x7f | 0x80])
        n >>= 7
    return out + bytes([n])
blocks = 2**32 - 3
head = b"\x89BSG" + bytes([1, 1, 32, 0]) + struct.pack("<I", 4 << 20)
body = varint(blocks << 1 | 1) + bytes(36) + varint(0)
end = struct.pack("<Q", blocks * (4 << 20))
open("many", "wb").write(head + body + end + bytes(8))
head = b"\x89BDL" + bytes([1, 1, 0, 0]) + struct.pack("<IQ", 4 << 20, 1 << 53)
open("long", "wb").write(head + varint((1 << 40) << 1) + bytes(100))
END
echo x >new
refuses 'its checksum is wrong' command time -o peak -f %M "$braid_delta" delta many new x
used=$(tail -n 1 peak)
[ "$used" -lt 65536 ] || fail "a signature of 70 bytes took $used KiB"
refuses 'not the file' braid patch new long x
refuses 'its data are too long' braid stats long

head -c 200000000 /dev/zero | openssl enc -aes-128-ctr -nosalt -K 1 -iv 1 \
	2>/dev/null >large
for options in "-b 4MB" "" "-b 2k"; do
	# shellcheck disable=SC2086
	used=$(peak "$braid_delta" signature -t 2 $options large sig)
	[ "$used" -lt 65536 ] || fail "signature $options took $used KiB"
	used=$(peak "$braid_delta" delta -t 2 -z sig large delta)
	sig=$(($(stat -c %s sig) / 1024))
	[ "$used" -lt $((65536 + 2 * sig)) ] || fail "delta $options took $used KiB"
	used=$(peak "$braid_delta" patch -t 2 large delta out)
	[ "$used" -lt 65536 ] || fail "patch $options took $used KiB"
done

# as many threads as there may be, the smallest blocks, zstd at its hungriest
head -c 8000000 large >old
random_bytes 5 20000000 >new
for block in 16 64 1024; do
	used=$(peak "$braid_delta" signature -t 64 -b $block old sig)
	[ "$used" -lt 65536 ] || fail "signature -t 64 -b $block took $used KiB"
	used=$(peak "$braid_delta" delta -t 64 sig old delta)
	table=$((($(stat -c %s sig) + 28 * 8000000 / block) / 1024))
	echo "-b $block: $used KiB, of which $table are the signature"
	[ "$used" -lt $((65536 + table)) ] || fail "delta -t 64 -b $block took $used KiB"
done
used=$(peak "$braid_delta" delta -t 64 --compress=19 sig new delta)
echo "--compress=19: $used KiB"
[ "$used" -lt 65536 ] || fail "delta --compress=19 took $used KiB"
used=$(peak "$braid_delta" patch -t 64 old delta out)
[ "$used" -lt 65536 ] || fail "patch after --compress=19 took $used KiB"
