// SPDX-License-Identifier: GPL-2.0-or-later
#include "braid-delta/commands.h"
#include "braid-delta/complain.h"
#include "braid-delta/outfile.h"
#include "braid-delta/progress.h"
#include "braid-delta/slots.h"
#include "braid-delta/stream.h"
#include "delta/digest.h"
#include "delta/join.h"
#include "delta/writer.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

struct slot {
	struct part part;
	struct delta_found found;
	uint8_t (*leaves)[DELTA_STRONG_MAX];
	size_t leaf_count;
};

struct job {
	const struct delta_table *table;
	struct stream stream;
	struct delta_terms terms;
	struct delta_join join;
	struct delta_writer writer;
	struct delta_strong_stream *root;
	struct outfile *out;
	struct progress progress;
};

static int fill(void *ctx, void *slot)
{
	struct job *job = ctx;
	struct slot *s = slot;

	return bd_stream_next(&job->stream, &s->part);
}

/* Hash the leaves that begin in the segment; the last may reach beyond it. */
static void hash_leaves(const struct delta_strong *strong, struct slot *s)
{
	const struct delta_segment *g = &s->part.segment;
	uint64_t first = delta_leaf_count(g->start) * DELTA_LEAF;
	uint64_t end = delta_leaf_count(g->start + g->length) * DELTA_LEAF;

	if (end > g->start + g->avail)
		end = g->start + g->avail;
	s->leaf_count = first < end ? delta_leaf_count(end - first) : 0;
	if (s->leaf_count)
		delta_digest_leaves(strong, g->data + (first - g->start),
				    end - first, s->leaves);
}

static int work(void *ctx, void *slot)
{
	struct job *job = ctx;
	struct slot *s = slot;

	if (bd_stream_read(&job->stream, &s->part))
		return -1;
	hash_leaves(&job->table->strong, s);
	if (delta_scan_segment(job->table, &s->part.segment, job->terms,
			       &s->found))
		return bd_complain("there is not enough memory");
	return 0;
}

static int finish(void *ctx, void *slot)
{
	struct job *job = ctx;
	struct slot *s = slot;
	int ret;

	delta_digest_add(job->root, job->table->strong.size,
			 (const uint8_t(*)[DELTA_STRONG_MAX])s->leaves,
			 s->leaf_count);
	ret = delta_join_segment(&job->join, &s->part.segment, &s->found);
	if (ret)
		return bd_complain_of(job->out->name, ret, NULL);
	bd_progress_add(&job->progress, s->part.segment.length);
	return 0;
}

static int slot_init(void *ctx, void *slot)
{
	struct job *job = ctx;
	struct slot *s = slot;

	s->leaves = calloc(delta_leaf_count(job->stream.segment) + 1,
			   sizeof(*s->leaves));
	if (!s->leaves)
		return bd_complain("there is not enough memory");
	return bd_part_init(&s->part, &job->stream);
}

static void slot_free(void *slot)
{
	struct slot *s = slot;

	free(s->leaves);
	delta_found_free(&s->found);
	bd_part_free(&s->part);
}

static int begin(struct job *job, const struct options *options)
{
	const struct delta_table *table = job->table;
	struct delta_sink sink = { delta_writer_data, delta_writer_reference,
				   &job->writer };
	int ret;

	job->terms = delta_terms(table, job->stream.segment);
	delta_join_init(&job->join, table, job->terms, &sink);
	job->root = delta_strong_stream_new(&table->strong);
	if (!job->root)
		return bd_complain("there is not enough memory");
	ret = delta_writer_init(&job->writer, table, options->level,
				bd_outfile_write, job->out);
	return ret ? bd_complain_of(job->out->name, ret, NULL) : 0;
}

static int run(struct job *job, const struct options *options)
{
	const struct pool_work steps = { fill, work, finish, job };
	size_t matches = job->stream.segment / job->table->params.block;
	const struct slot_kind kind = {
		sizeof(struct slot),
		job->stream.segment + job->stream.overlap +
			2 * matches * sizeof(struct delta_match),
		slot_init,
		slot_free,
	};
	uint8_t digest[DELTA_STRONG_MAX];
	int ret;

	if (begin(job, options))
		return -1;
	bd_progress_begin(&job->progress, job->stream.file->size,
			  options->quiet);
	ret = bd_slots_run(&kind, &steps, options->threads);
	bd_progress_end(&job->progress);
	if (ret)
		return -1;
	delta_digest_end(job->root, job->join.length, digest);
	ret = delta_writer_end(&job->writer, job->join.length, digest,
			       job->table->strong.size);
	return ret ? bd_complain_of(job->out->name, ret, NULL) :
		     bd_outfile_commit(job->out, false);
}

/* A person who names a hash or a length means the signature to have it. */
static int check_options(const struct options *options,
			 const struct delta_params *params, const char *name)
{
	if (options->strong && options->strong != params->kind)
		return bd_complain("%s was made with %s, not %s", name,
				   delta_strong_name(params->kind),
				   delta_strong_name(options->strong));
	if (options->block && options->block != params->block)
		return bd_complain("%s was made with blocks of %u bytes, not "
				   "%u",
				   name, params->block, options->block);
	if (options->strong_length &&
	    options->strong_length != params->strong_length)
		return bd_complain("%s has %u bytes of each strong hash, not "
				   "%u",
				   name, params->strong_length,
				   options->strong_length);
	return 0;
}

static int load(struct delta_table *table, const char *name,
		const struct options *options)
{
	struct delta_signature_reader reader;
	struct infile file;
	int ret;

	memset(table, 0, sizeof(*table));
	if (bd_infile_open(&file, name))
		return -1;
	ret = delta_signature_open(&reader, bd_infile_read, &file);
	if (!ret)
		ret = delta_table_load(table, &reader);
	if (ret)
		bd_complain_of(name, ret, reader.in.why);
	else
		ret = check_options(options, &table->params, name);
	delta_signature_close(&reader);
	bd_infile_close(&file);
	return ret ? -1 : 0;
}

static int run_on_files(struct job *job, const struct options *options,
			char **args)
{
	uint32_t block = job->table->params.block;
	size_t overlap = delta_overlap(block);
	struct outfile out;
	struct infile new;
	int ret;

	if (overlap < DELTA_LEAF)
		overlap = DELTA_LEAF;
	if (bd_infile_open(&new, args[1]))
		return -1;
	ret = bd_outfile_open(&out, args[2]);
	if (!ret) {
		job->out = &out;
		ret = bd_outfile_spares(&out, args[0]);
		if (!ret)
			ret = bd_outfile_spares(&out, args[1]);
		if (!ret)
			ret = bd_stream_init(&job->stream, &new,
					     delta_segment_length(block),
					     overlap);
		if (!ret)
			ret = run(job, options);
		delta_strong_stream_free(job->root);
		delta_writer_free(&job->writer);
		bd_stream_free(&job->stream);
		bd_outfile_close(&out);
	}
	bd_infile_close(&new);
	return ret;
}

int bd_command_delta(const struct options *options, char **args)
{
	struct delta_table table;
	struct job job = { .table = &table };
	int ret;

	if (!strcmp(args[0], "-") && !strcmp(args[1], "-"))
		return bd_complain("SIGNATURE and NEW can't both be the pipe");
	ret = load(&table, args[0], options);
	if (!ret)
		ret = run_on_files(&job, options, args);
	delta_table_free(&table);
	return ret;
}
