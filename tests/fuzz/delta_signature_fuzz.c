// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Signatures from whoever made them: load each as it is, and again with its
 * checksum put right, and search for it in its own bytes.
 */
#include "delta/memory.h"
#include "delta/size.h"

#include <endian.h>
#include <stdlib.h>
#include <string.h>
#include <xxhash.h>

static void try(const uint8_t *signature, size_t size)
{
	struct delta_buffer delta = { 0 };
	struct delta_table table;
	uint32_t block;

	if (!delta_memory_table(signature, size, &table)) {
		block = table.params.block;
		if (delta_memory_delta(&table, signature, size,
				       delta_segment_length(block), 0, &delta))
			abort();
	}
	delta_table_free(&table);
	free(delta.data);
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
