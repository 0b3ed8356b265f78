/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef DELTA_SIGNATURE_H
#define DELTA_SIGNATURE_H

#include "delta/input.h"
#include "delta/output.h"
#include "delta/size.h"
#include "delta/strong.h"

/**
 * struct delta_params - how a signature was made.
 * @kind: strong hash
 * @strong_length: how many bytes of it stand in the signature
 * @block: bytes of a block
 * @key: the strong hash's, if it is keyed
 */
struct delta_params {
	enum delta_strong_kind kind;
	uint32_t strong_length;
	uint32_t block;
	uint8_t key[DELTA_KEY_SIZE];
};

/** delta_params_valid - whether these can be; what comes from files may not */
bool delta_params_valid(const struct delta_params *params);

/**
 * struct delta_entry - what a signature says of one block, or of several.
 * @repeat: how many blocks in a row are alike
 */
struct delta_entry {
	uint32_t weak;
	uint32_t repeat;
	uint8_t strong[DELTA_STRONG_MAX];
};

/**
 * struct delta_signature_writer - writes a signature, block by block.
 *
 * Blocks in a row that are alike (an image's free space) are written once.
 */
struct delta_signature_writer {
	struct delta_params params;
	struct delta_output out;
	struct delta_entry last;
	uint8_t *group;
	uint32_t grouped;
};

int delta_signature_writer_init(struct delta_signature_writer *writer,
				const struct delta_params *params,
				delta_write_fn write, void *ctx);
int delta_signature_add(struct delta_signature_writer *writer, uint32_t weak,
			const uint8_t *strong);
int delta_signature_end(struct delta_signature_writer *writer, uint64_t size);
void delta_signature_writer_free(struct delta_signature_writer *writer);

/**
 * struct delta_signature_reader - reads a signature, entry by entry.
 * @size: of the file it was made of; known at the end
 */
struct delta_signature_reader {
	struct delta_params params;
	struct delta_input in;
	uint64_t size;
	uint64_t blocks;
	uint64_t group;
};

/** delta_signature_open - read the header; returns 0 or -errno */
int delta_signature_open(struct delta_signature_reader *reader,
			 delta_read_fn read, void *ctx);

/**
 * delta_signature_next - read one entry.
 *
 * Returns 1, or 0 at the end, when everything was found sound, or -errno.
 * Believe no entry before the end was seen.
 */
int delta_signature_next(struct delta_signature_reader *reader,
			 struct delta_entry *entry);
void delta_signature_close(struct delta_signature_reader *reader);

#endif
