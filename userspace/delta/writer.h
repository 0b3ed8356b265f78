/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef DELTA_WRITER_H
#define DELTA_WRITER_H

#include "delta/join.h"
#include "delta/output.h"

/**
 * struct delta_writer - writes a delta, instruction by instruction.
 *
 * Adjacent instructions of one kind become one. Data longer than its buffer
 * are written as several instructions, for their length comes first. Of data
 * that are zeroes, @zeroes counts those which weren't written yet.
 */
struct delta_writer {
	struct delta_output out;
	uint8_t *data;
	size_t data_len;
	uint64_t zeroes;
	uint32_t first, count, next;
};

/**
 * delta_writer_init - begin a delta against the file that a table describes.
 * @level: of zstd; 0 is without compression
 */
int delta_writer_init(struct delta_writer *writer,
		      const struct delta_table *table, int level,
		      delta_write_fn write, void *ctx);

/* The functions of a struct delta_sink; @writer is its context. */
int delta_writer_data(void *writer, const uint8_t *data, size_t size);
int delta_writer_reference(void *writer, uint32_t first, uint32_t count);

/**
 * delta_writer_end - end the delta.
 * @size: the new file's
 * @digest: the new file's, delta_digest_end() made it
 */
int delta_writer_end(struct delta_writer *writer, uint64_t size,
		     const uint8_t *digest, size_t digest_size);
void delta_writer_free(struct delta_writer *writer);

#endif
