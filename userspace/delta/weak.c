// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The weak sum of a whole block: Tridgell and Mackerras, "The rsync algorithm",
 * 1996, section 3, with librsync's 31 added to each byte.
 *
 * Over n bytes b0 … b(n-1), s1 is the sum of the bytes and s2 that of (n - i)
 * bi. The 31s don't depend on the data and are added at the end. In vectors,
 * 32 bytes at a time, as zlib's users do for Adler-32: s2 grows by 32 times the
 * s1 of before and by the 32 bytes weighted 32 … 1.
 */
#include "delta/weak.h"

#if defined(__x86_64__)
#include <immintrin.h>

__attribute__((target("avx2"))) static inline uint32_t horizontal_sum(__m256i v)
{
	union {
		__m256i vector;
		uint32_t lane[8];
	} u = { .vector = v };
	uint32_t sum = 0;
	int i;

	for (i = 0; i < 8; i++)
		sum += u.lane[i];
	return sum;
}

/* Sums of the bytes alone; @len is a multiple of 32. */
__attribute__((target("avx2"))) static struct delta_weak
sum_avx2(const uint8_t *data, size_t len)
{
	const __m256i weights =
		_mm256_setr_epi8(32, 31, 30, 29, 28, 27, 26, 25, 24, 23, 22, 21,
				 20, 19, 18, 17, 16, 15, 14, 13, 12, 11, 10, 9,
				 8, 7, 6, 5, 4, 3, 2, 1);
	const __m256i ones = _mm256_set1_epi16(1);
	const __m256i zero = _mm256_setzero_si256();
	__m256i s1 = zero, before = zero, weighted = zero;
	struct delta_weak sum;
	size_t i;

	for (i = 0; i < len; i += 32) {
		__m256i bytes = _mm256_loadu_si256((const __m256i *)(data + i));
		__m256i pairs = _mm256_maddubs_epi16(bytes, weights);

		before = _mm256_add_epi32(before, s1);
		s1 = _mm256_add_epi32(s1, _mm256_sad_epu8(bytes, zero));
		weighted = _mm256_add_epi32(weighted,
					    _mm256_madd_epi16(pairs, ones));
	}
	sum.s1 = horizontal_sum(s1);
	sum.s2 = 32 * horizontal_sum(before) + horizontal_sum(weighted);
	return sum;
}
#endif

struct delta_weak delta_weak_sum(const uint8_t *data, size_t len)
{
	struct delta_weak sum = { 0, 0 };
	uint32_t n = (uint32_t)len;
	size_t i = 0;

#if defined(__x86_64__)
	if (len >= 32 && __builtin_cpu_supports("avx2")) {
		i = len & ~(size_t)31;
		sum = sum_avx2(data, i);
	}
#endif
	for (; i < len; i++) {
		sum.s1 += data[i];
		sum.s2 += sum.s1;
	}
	sum.s1 += n * DELTA_WEAK_OFFSET;
	sum.s2 += (uint32_t)((uint64_t)n * (n + 1ULL) / 2) * DELTA_WEAK_OFFSET;
	return sum;
}
