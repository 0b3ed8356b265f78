// SPDX-License-Identifier: GPL-2.0-or-later
#include "braid-delta/commands.h"
#include "braid-delta/complain.h"
#include "braid-delta/outfile.h"
#include "braid-delta/pool.h"
#include "braid-delta/progress.h"
#include "braid-delta/slots.h"
#include "braid-delta/stream.h"
#include "delta/blocks.h"
#include "delta/signature.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>

#define SEGMENT_BLOCKS 8192U /* so many hashes a slot holds at most */

struct slot {
	struct part part;
	struct delta_hashes *hashes;
};

struct job {
	struct stream stream;
	struct delta_strong strong;
	struct delta_signature_writer writer;
	struct outfile *out;
	struct progress progress;
	uint64_t size;
};

static int fill(void *ctx, void *slot)
{
	struct job *job = ctx;
	struct slot *s = slot;

	return bd_stream_next(&job->stream, &s->part);
}

static int work(void *ctx, void *slot)
{
	struct job *job = ctx;
	struct slot *s = slot;

	if (bd_stream_read(&job->stream, &s->part))
		return -1;
	delta_hash_blocks(&job->strong, job->writer.params.block, s->part.buf,
			  s->part.segment.length, s->hashes);
	return 0;
}

static int finish(void *ctx, void *slot)
{
	struct job *job = ctx;
	struct slot *s = slot;
	size_t length = s->part.segment.length, i, count;
	int ret = 0;

	count = delta_block_count(length, job->writer.params.block);
	for (i = 0; i < count && !ret; i++)
		ret = delta_signature_add(&job->writer, s->hashes[i].weak,
					  s->hashes[i].strong);
	if (ret)
		return bd_complain_of(job->out->name, ret, NULL);
	job->size += length;
	bd_progress_add(&job->progress, length);
	return 0;
}

static int slot_init(void *ctx, void *slot)
{
	struct job *job = ctx;
	struct slot *s = slot;
	size_t blocks = job->stream.segment / job->writer.params.block;

	s->hashes = calloc(blocks, sizeof(*s->hashes));
	if (!s->hashes)
		return bd_complain("there is not enough memory");
	return bd_part_init(&s->part, &job->stream);
}

static void slot_free(void *slot)
{
	struct slot *s = slot;

	free(s->hashes);
	bd_part_free(&s->part);
}

static int choose(const struct options *options, const struct infile *old,
		  struct delta_params *params)
{
	memset(params, 0, sizeof(*params));
	params->kind = options->strong ? options->strong : DELTA_BLAKE2B;
	params->strong_length = options->strong_length ?
					options->strong_length :
					delta_strong_size(params->kind);
	params->block = options->block;
	if (!params->block)
		params->block = old->seekable || old->empty ?
					delta_default_block(old->size) :
					DELTA_UNKNOWN_SIZE_BLOCK;
	if (delta_block_count(old->size, params->block) > DELTA_MAX_BLOCKS)
		return bd_complain("%s has too many blocks: take a larger"
				   " --block-size",
				   old->name);
	if (delta_strong_keyed(params->kind) &&
	    getrandom(params->key, sizeof(params->key), 0) !=
		    (ssize_t)sizeof(params->key))
		return bd_complain("there is no random number for the key: %s",
				   strerror(errno));
	return 0;
}

static size_t segment_length(uint32_t block)
{
	size_t segment = delta_segment_length(block);

	if (segment / block > SEGMENT_BLOCKS)
		segment = (size_t)SEGMENT_BLOCKS * block;
	return segment;
}

static int run(struct job *job, const struct options *options,
	       const struct delta_params *params)
{
	const struct pool_work steps = { fill, work, finish, job };
	size_t blocks = job->stream.segment / params->block;
	const struct slot_kind kind = {
		sizeof(struct slot),
		job->stream.segment + blocks * sizeof(struct delta_hashes),
		slot_init,
		slot_free,
	};
	int ret = delta_signature_writer_init(&job->writer, params,
					      bd_outfile_write, job->out);

	if (!ret)
		ret = delta_strong_init(&job->strong, params->kind,
					params->key);
	if (ret)
		return bd_complain_of(job->out->name, ret, NULL);
	bd_progress_begin(&job->progress, job->stream.file->size,
			  options->quiet);
	ret = bd_slots_run(&kind, &steps, options->threads);
	bd_progress_end(&job->progress);
	if (ret)
		return -1;
	ret = delta_signature_end(&job->writer, job->size);
	return ret ? bd_complain_of(job->out->name, ret, NULL) :
		     bd_outfile_commit(job->out, false);
}

int bd_command_signature(const struct options *options, char **args)
{
	struct job job = { 0 };
	struct delta_params params;
	struct outfile out;
	struct infile old;
	int ret;

	if (options->level)
		return bd_complain("a signature can't be compressed");
	if (bd_infile_open(&old, args[0]))
		return -1;
	ret = choose(options, &old, &params);
	if (!ret)
		ret = bd_outfile_open(&out, args[1]);
	if (!ret) {
		job.out = &out;
		ret = bd_outfile_spares(&out, args[0]);
		if (!ret)
			ret = bd_stream_init(&job.stream, &old,
					     segment_length(params.block), 0);
		if (!ret)
			ret = run(&job, options, &params);
		delta_signature_writer_free(&job.writer);
		delta_strong_free(&job.strong);
		bd_stream_free(&job.stream);
		bd_outfile_close(&out);
	}
	bd_infile_close(&old);
	return ret;
}
