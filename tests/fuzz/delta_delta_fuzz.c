// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Deltas from whoever made them: apply each as it is, and again with its
 * checksum put right, to a file of the size that it wants, if that is small.
 */
#include "delta/memory.h"

#include <endian.h>
#include <stdlib.h>
#include <string.h>
#include <xxhash.h>

#define OLD_MAX 8192U
#define RESULT_MAX (1U << 20)

static void try(const uint8_t *delta, size_t size)
{
	static uint8_t old[OLD_MAX];
	struct delta_buffer result = { 0 };
	uint64_t old_size = 0;
	size_t i;

	for (i = 0; !old[1] && i < sizeof(old); i++)
		old[i] = (uint8_t)(i * i >> 3 | 1);
	if (size >= 20)
		memcpy(&old_size, delta + 12, sizeof(old_size));
	old_size = le64toh(old_size) % (OLD_MAX + 1);
	delta_memory_patch(old, old_size, delta, size, RESULT_MAX, &result);
	free(result.data);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	uint64_t little;
	uint8_t *copy;

	try(data, size);
	if (size < sizeof(little))
		return 0;
	copy = malloc(size);
	if (!copy)
		return 0;
	little = htole64(XXH3_64bits(data, size - sizeof(little)));
	memcpy(copy, data, size - sizeof(little));
	memcpy(copy + size - sizeof(little), &little, sizeof(little));
	try(copy, size);
	free(copy);
	return 0;
}
