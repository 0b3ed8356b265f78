// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * BLAKE2b-256 of several messages of one length at once.
 *
 * The algorithm is RFC 7693's. A single message leaves most of a vector unit
 * idle, for every step waits for the one before; blocks of a file are
 * independent of one another, so each 64-bit lane of a vector takes a message
 * of its own. What is left over (and processors without AVX2) goes to libb2.
 *
 * The body is written once, on GCC's vector types, and compiled twice: with
 * AVX-512 a vector of eight lanes is one register and a rotation one
 * instruction.
 */
#include "delta/blake2b.h"

#include <blake2.h>
#include <string.h>

#if defined(__x86_64__)

#define BLOCK 128 /* bytes that one compression absorbs */

static const uint64_t iv[8] = {
	0x6a09e667f3bcc908, 0xbb67ae8584caa73b, 0x3c6ef372fe94f82b,
	0xa54ff53a5f1d36f1, 0x510e527fade682d1, 0x9b05688c2b3e6c1f,
	0x1f83d9abfb41bd6b, 0x5be0cd19137e2179,
};

typedef uint64_t lanes8 __attribute__((vector_size(64)));
typedef uint64_t lanes4 __attribute__((vector_size(32)));

/* Digest length 32, no key, fanout 1, depth 1: RFC 7693, section 2.5. */
#define PARAMETERS (0x01010000 ^ BLAKE2B_256_SIZE)

#define ROTATE(x, n) (((x) >> (n)) | ((x) << (64 - (n))))

#define MIX(a, b, c, d, x, y)                   \
	do {                                    \
		v[a] += v[b] + (x);             \
		v[d] = ROTATE(v[d] ^ v[a], 32); \
		v[c] += v[d];                   \
		v[b] = ROTATE(v[b] ^ v[c], 24); \
		v[a] += v[b] + (y);             \
		v[d] = ROTATE(v[d] ^ v[a], 16); \
		v[c] += v[d];                   \
		v[b] = ROTATE(v[b] ^ v[c], 63); \
	} while (0)

/* One round; the arguments are the round's line of the table SIGMA. */
#define ROUND(s0, s1, s2, s3, s4, s5, s6, s7, s8, s9, sa, sb, sc, sd, se, sf) \
	do {                                                                  \
		MIX(0, 4, 8, 12, m[s0], m[s1]);                               \
		MIX(1, 5, 9, 13, m[s2], m[s3]);                               \
		MIX(2, 6, 10, 14, m[s4], m[s5]);                              \
		MIX(3, 7, 11, 15, m[s6], m[s7]);                              \
		MIX(0, 5, 10, 15, m[s8], m[s9]);                              \
		MIX(1, 6, 11, 12, m[sa], m[sb]);                              \
		MIX(2, 7, 8, 13, m[sc], m[sd]);                               \
		MIX(3, 4, 9, 14, m[se], m[sf]);                               \
	} while (0)

#define ALL_ROUNDS                                                           \
	do {                                                                 \
		ROUND(0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15); \
		ROUND(14, 10, 4, 8, 9, 15, 13, 6, 1, 12, 0, 2, 11, 7, 5, 3); \
		ROUND(11, 8, 12, 0, 5, 2, 15, 13, 10, 14, 3, 6, 7, 1, 9, 4); \
		ROUND(7, 9, 3, 1, 13, 12, 11, 14, 2, 6, 5, 10, 4, 0, 15, 8); \
		ROUND(9, 0, 5, 7, 2, 4, 10, 15, 14, 1, 11, 12, 6, 8, 3, 13); \
		ROUND(2, 12, 6, 10, 0, 11, 8, 3, 4, 13, 7, 5, 15, 14, 1, 9); \
		ROUND(12, 5, 1, 15, 14, 13, 4, 10, 0, 7, 6, 3, 9, 2, 8, 11); \
		ROUND(13, 11, 7, 14, 12, 1, 3, 9, 5, 0, 15, 4, 8, 6, 2, 10); \
		ROUND(6, 15, 14, 9, 11, 3, 0, 8, 12, 2, 13, 7, 1, 4, 10, 5); \
		ROUND(10, 2, 8, 4, 7, 6, 1, 5, 15, 11, 9, 14, 3, 12, 13, 0); \
		ROUND(0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15); \
		ROUND(14, 10, 4, 8, 9, 15, 13, 6, 1, 12, 0, 2, 11, 7, 5, 3); \
	} while (0)

/*
 * Turn eight rows of eight words into columns: three times, swap halves of
 * half the size between rows half as far apart.
 */
#define SHUFFLE8(a, b, ...) __builtin_shufflevector(a, b, __VA_ARGS__)
__attribute__((target("avx512f"), always_inline)) static inline void
transpose8(const lanes8 *r, lanes8 *m)
{
	lanes8 t[8], u[8];
	int i;

	for (i = 0; i < 8; i += 2) {
		t[i] = SHUFFLE8(r[i], r[i + 1], 0, 8, 2, 10, 4, 12, 6, 14);
		t[i + 1] = SHUFFLE8(r[i], r[i + 1], 1, 9, 3, 11, 5, 13, 7, 15);
	}
	for (i = 0; i < 8; i += 4) {
		u[i] = SHUFFLE8(t[i], t[i + 2], 0, 1, 8, 9, 4, 5, 12, 13);
		u[i + 1] =
			SHUFFLE8(t[i + 1], t[i + 3], 0, 1, 8, 9, 4, 5, 12, 13);
		u[i + 2] = SHUFFLE8(t[i], t[i + 2], 2, 3, 10, 11, 6, 7, 14, 15);
		u[i + 3] = SHUFFLE8(t[i + 1], t[i + 3], 2, 3, 10, 11, 6, 7, 14,
				    15);
	}
	for (i = 0; i < 4; i++) {
		m[i] = SHUFFLE8(u[i], u[i + 4], 0, 1, 2, 3, 8, 9, 10, 11);
		m[i + 4] = SHUFFLE8(u[i], u[i + 4], 4, 5, 6, 7, 12, 13, 14, 15);
	}
}

__attribute__((target("avx2"), always_inline)) static inline void
transpose4(const lanes4 *r, lanes4 *m)
{
	lanes4 t[4];

	t[0] = SHUFFLE8(r[0], r[1], 0, 4, 2, 6);
	t[1] = SHUFFLE8(r[0], r[1], 1, 5, 3, 7);
	t[2] = SHUFFLE8(r[2], r[3], 0, 4, 2, 6);
	t[3] = SHUFFLE8(r[2], r[3], 1, 5, 3, 7);
	m[0] = SHUFFLE8(t[0], t[2], 0, 1, 4, 5);
	m[1] = SHUFFLE8(t[1], t[3], 0, 1, 4, 5);
	m[2] = SHUFFLE8(t[0], t[2], 2, 3, 6, 7);
	m[3] = SHUFFLE8(t[1], t[3], 2, 3, 6, 7);
}

__attribute__((target("avx512f"), always_inline)) static inline void
load8(const uint8_t *const *in, size_t offset, lanes8 *m)
{
	lanes8 rows[8];
	int i, half;

	for (half = 0; half < 2; half++) {
		for (i = 0; i < 8; i++)
			memcpy(&rows[i], in[i] + offset + 64 * half, 64);
		transpose8(rows, m + 8 * half);
	}
}

__attribute__((target("avx2"), always_inline)) static inline void
load4(const uint8_t *const *in, size_t offset, lanes4 *m)
{
	lanes4 rows[4];
	int i, quarter;

	for (quarter = 0; quarter < 4; quarter++) {
		for (i = 0; i < 4; i++)
			memcpy(&rows[i], in[i] + offset + 32 * quarter, 32);
		transpose4(rows, m + 4 * quarter);
	}
}

/* Absorb one block of every lane; @done bytes precede its end. */
#define COMPRESS(type, m, h, done, last)                               \
	do {                                                           \
		type v[16];                                            \
		int n;                                                 \
                                                                       \
		for (n = 0; n < 8; n++) {                              \
			v[n] = h[n];                                   \
			v[n + 8] = (type){ 0 } + iv[n];                \
		}                                                      \
		v[12] ^= (type){ 0 } + (uint64_t)(done);               \
		v[14] ^= (type){ 0 } + (uint64_t)((last) ? ~0ULL : 0); \
		ALL_ROUNDS;                                            \
		for (n = 0; n < 8; n++)                                \
			h[n] ^= v[n] ^ v[n + 8];                       \
	} while (0)

/*
 * A whole group of lanes: full blocks straight from the messages, the last
 * one (which may be short, or empty if the message is) from a padded copy.
 */
#define HASH_GROUP(type, width, load, in, len, out)                 \
	do {                                                        \
		uint8_t pad[width][BLOCK];                          \
		const uint8_t *padded[width];                       \
		size_t at = 0, rest;                                \
		type m[16], h[8];                                   \
		int w, l;                                           \
                                                                    \
		for (w = 0; w < 8; w++)                             \
			h[w] = (type){ 0 } + iv[w];                 \
		h[0] ^= (type){ 0 } + (uint64_t)PARAMETERS;         \
		for (; (len)-at > BLOCK; at += BLOCK) {             \
			load(in, at, m);                            \
			COMPRESS(type, m, h, at + BLOCK, 0);        \
		}                                                   \
		rest = (len)-at;                                    \
		memset(pad, 0, sizeof(pad));                        \
		for (l = 0; l < (width); l++) {                     \
			if (rest)                                   \
				memcpy(pad[l], (in)[l] + at, rest); \
			padded[l] = pad[l];                         \
		}                                                   \
		load(padded, 0, m);                                 \
		COMPRESS(type, m, h, len, 1);                       \
		for (l = 0; l < (width); l++)                       \
			for (w = 0; w < 4; w++) {                   \
				uint64_t word = h[w][l];            \
                                                                    \
				memcpy((out)[l] + 8 * w, &word, 8); \
			}                                           \
	} while (0)

__attribute__((target("avx512f"))) static void
hash8(const uint8_t *const *in, size_t len, uint8_t (*out)[BLAKE2B_256_SIZE])
{
	HASH_GROUP(lanes8, 8, load8, in, len, out);
}

__attribute__((target("avx2"))) static void
hash4(const uint8_t *const *in, size_t len, uint8_t (*out)[BLAKE2B_256_SIZE])
{
	HASH_GROUP(lanes4, 4, load4, in, len, out);
}

unsigned int blake2b_lanes(void)
{
	if (__builtin_cpu_supports("avx512f"))
		return 8;
	return __builtin_cpu_supports("avx2") ? 4 : 1;
}
#else
unsigned int blake2b_lanes(void)
{
	return 1;
}
#endif

#if defined(__x86_64__)
/*
 * Hash up to a group of messages; lanes without one repeat the first, which
 * is cheaper than hashing two or three one by one. Returns how many it took.
 */
static unsigned int hash_group(const uint8_t *const *in, size_t len,
			       unsigned int count, unsigned int lanes,
			       uint8_t (*out)[BLAKE2B_256_SIZE])
{
	uint8_t digests[BLAKE2B_MAX_LANES][BLAKE2B_256_SIZE];
	const uint8_t *messages[BLAKE2B_MAX_LANES];
	unsigned int width = lanes == 8 && count > 4 ? 8 : 4;
	unsigned int took = count < width ? count : width;
	unsigned int i;

	for (i = 0; i < width; i++)
		messages[i] = in[i < took ? i : 0];
	if (width == 8)
		hash8(messages, len, digests);
	else
		hash4(messages, len, digests);
	memcpy(out, digests, took * sizeof(digests[0]));
	return took;
}
#endif

void blake2b_256_many(const uint8_t *const *in, size_t len, unsigned int count,
		      uint8_t (*out)[BLAKE2B_256_SIZE])
{
	const unsigned int lanes = blake2b_lanes();

	while (count) {
		unsigned int took = 1;

#if defined(__x86_64__)
		if (lanes > 1 && count > 1)
			took = hash_group(in, len, count, lanes, out);
		else
#endif
			blake2b(*out, *in, NULL, BLAKE2B_256_SIZE, len, 0);
		in += took;
		out += took;
		count -= took;
	}
}
