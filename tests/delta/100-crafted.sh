#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# timeout: 300
# Files made to take long take at most three times what random ones do.
. "$(dirname "$0")/lib.sh"
requires program python3

python3 - <<'END'
import random
MIB = 1 << 20
SIZE, BLOCK = 24 * MIB, 2048
rng = random.Random(1)

def write(name, data):
    open(name, "wb").write(data)

write("random.old", rng.randbytes(SIZE))
write("random.new", rng.randbytes(SIZE))
write("byte.old", b"a" * SIZE)
write("byte.new", b"a" * (SIZE - 1) + b"b")
write("other-byte.old", b"a" * SIZE)
write("other-byte.new", b"b" * SIZE)
block = rng.randbytes(BLOCK)
write("blocks.old", block * (SIZE // BLOCK))
write("blocks.new", (block * (SIZE // BLOCK))[777:] + bytes(777))

# (+1, -2, +1) on three bytes in a row changes neither sum
def collide(data):
    data = bytearray(data)
    for _ in range(20):
        at = rng.randrange(len(data) - 2)
        if data[at] < 255 and data[at + 1] > 1 and data[at + 2] < 255:
            data[at] += 1
            data[at + 1] -= 2
            data[at + 2] += 1
    return bytes(data)

# Every block of the old file has the weak sum of a block of one byte: so has
# every place of the new one, and no block is found.
one = b"a" * BLOCK
write("collisions.old", b"".join(collide(one) for _ in range(SIZE // BLOCK)))
write("collisions.new", b"a" * SIZE)

# Bytes a multiple of 32 apart with a period of one block: s1 stays, s2 moves
# by multiples of 65536, so each rotation of the block has the same sum.
values = [rng.randrange(8) for _ in range(BLOCK)]
excess = sum(values) - 3 * 2048
for at in range(BLOCK):
    less = min(values[at], excess)
    values[at] -= less
    excess -= less
turning = bytes(32 * v + 1 for v in values)
write("rotations.old", b"".join(collide(turning) for _ in range(SIZE // BLOCK)))
write("rotations.new", turning * (SIZE // BLOCK))

# A few blocks found, then many that only look like it.
mixed = bytearray()
while len(mixed) < SIZE:
    mixed += turning * 3 + collide(turning) + rng.randbytes(100)
write("mixed.old", b"".join(collide(turning) for _ in range(SIZE // BLOCK)))
write("mixed.new", bytes(mixed[:SIZE]))
END

# Seconds of processor that a delta took, the least of three.
cost() {
	local least="" used
	braid signature -t 1 -b 2048 -s "$2" "$1.old" sig
	for _ in 1 2 3; do
		used=$(
			TIMEFORMAT='%U %S'
			{ time braid delta -t 1 sig "$1.new" delta; } 2>&1 |
				awk '{ print $1 + $2 }'
		)
		least=$(echo "$used ${least:-$used}" | awk '{ print $1 < $2 ? $1 : $2 }')
	done
	braid patch "$1.old" delta out
	cmp -s "$1.new" out || fail "$1: another file"
	echo "$least"
}

for strong in blake2b xxh3 sha256; do
	usual=$(cost random $strong)
	for name in byte other-byte blocks collisions rotations mixed; do
		took=$(cost $name $strong)
		echo "$strong $name: $took s, random $usual s"
		awk "BEGIN { exit !($took <= 3 * $usual + 0.03) }" ||
			fail "$strong, $name: $took s against $usual s for random files"
	done
done
