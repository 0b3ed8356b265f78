// SPDX-License-Identifier: GPL-2.0-or-later
#include "braid-delta/stream.h"
#include "braid-delta/complain.h"
#include "delta/pages.h"

#include <stdlib.h>
#include <string.h>

int bd_stream_init(struct stream *stream, struct infile *file, size_t segment,
		   size_t overlap)
{
	memset(stream, 0, sizeof(*stream));
	stream->file = file;
	stream->segment = segment;
	stream->overlap = overlap;
	if (!file->seekable)
		stream->carry = malloc(overlap + 1);
	if (!file->seekable && !stream->carry)
		return bd_complain("there is not enough memory");
	return 0;
}

void bd_stream_free(struct stream *stream)
{
	free(stream->carry);
	stream->carry = NULL;
}

int bd_part_init(struct part *part, const struct stream *stream)
{
	memset(part, 0, sizeof(*part));
	part->buf = delta_pages_alloc(stream->segment + stream->overlap);
	return part->buf ? 0 : bd_complain("there is not enough memory");
}

void bd_part_free(struct part *part)
{
	free(part->buf);
	part->buf = NULL;
}

/* @got bytes are what the file has from the segment's start on, or more. */
static int set_part(struct stream *stream, struct part *part, uint64_t got,
		    bool ends)
{
	struct delta_segment *g = &part->segment;
	size_t full = stream->segment + stream->overlap;

	g->start = stream->next;
	g->data = part->buf;
	g->avail = got < full ? (size_t)got : full;
	g->length = g->avail < stream->segment ? g->avail : stream->segment;
	g->eof = ends;
	stream->next += g->length;
	return g->length > 0;
}

/* A pipe can't go back: what two segments share is carried over. */
static int next_of_pipe(struct stream *stream, struct part *part)
{
	size_t full = stream->segment + stream->overlap;
	size_t have = stream->carried, share;
	ssize_t got = 0;

	memcpy(part->buf, stream->carry, have);
	if (!stream->eof)
		got = bd_infile_fill(stream->file, part->buf + have,
				     full - have);
	if (got < 0)
		return bd_complain_of(stream->file->name, (int)got, NULL);
	have += (size_t)got;
	stream->eof = have < full;
	share = have > stream->segment ? have - stream->segment : 0;
	memcpy(stream->carry, part->buf + have - share, share);
	stream->carried = share;
	part->read = true;
	return set_part(stream, part, have, stream->eof);
}

int bd_stream_next(struct stream *stream, struct part *part)
{
	uint64_t left;

	if (!stream->file->seekable)
		return next_of_pipe(stream, part);
	left = stream->file->size - stream->next;
	part->read = false;
	return set_part(stream, part, left,
			left <= stream->segment + stream->overlap);
}

int bd_stream_read(const struct stream *stream, struct part *part)
{
	struct delta_segment *g = &part->segment;

	if (part->read)
		return 0;
	return bd_infile_at(stream->file, part->buf, g->avail, g->start);
}
