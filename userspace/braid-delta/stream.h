/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef BRAID_DELTA_STREAM_H
#define BRAID_DELTA_STREAM_H

#include "braid-delta/infile.h"
#include "delta/scan.h"

/**
 * struct stream - cuts a file into segments that overlap.
 * @overlap: bytes that a segment shows of the next one
 */
struct stream {
	struct infile *file;
	size_t segment, overlap;
	uint64_t next;
	uint8_t *carry;
	size_t carried;
	bool eof;
};

/** struct part - one segment and its bytes */
struct part {
	struct delta_segment segment;
	uint8_t *buf;
	bool read;
};

/** bd_stream_init - complains, returns -1; free it in either case */
int bd_stream_init(struct stream *stream, struct infile *file, size_t segment,
		   size_t overlap);
void bd_stream_free(struct stream *stream);

/**
 * bd_stream_next - the next segment; one call at a time.
 *
 * Reads it only if it must, from a pipe. Returns 1, 0 at the end, or -1.
 */
int bd_stream_next(struct stream *stream, struct part *part);

/** bd_stream_read - read the segment if that was left; 0 or -1 */
int bd_stream_read(const struct stream *stream, struct part *part);

/** bd_part_init - room for a segment of the stream; complains, returns -1 */
int bd_part_init(struct part *part, const struct stream *stream);
void bd_part_free(struct part *part);

#endif
