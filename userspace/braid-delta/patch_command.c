// SPDX-License-Identifier: GPL-2.0-or-later
#include "braid-delta/commands.h"
#include "braid-delta/complain.h"
#include "braid-delta/infile.h"
#include "braid-delta/outfile.h"
#include "braid-delta/progress.h"
#include "braid-delta/slots.h"
#include "delta/apply.h"
#include "delta/digest.h"
#include "delta/pages.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define SEGMENT (1U << 20)
#define PIECES 1024U
_Static_assert(SEGMENT % DELTA_LEAF == 0, "segments are made of whole leaves");

struct slot {
	uint8_t *buf;
	size_t used;
	size_t count;
	struct delta_piece pieces[PIECES];
	uint8_t leaves[SEGMENT / DELTA_LEAF][DELTA_STRONG_MAX];
};

struct job {
	struct infile old, delta;
	struct outfile out;
	struct delta_reader reader;
	struct delta_apply apply;
	struct delta_strong strong;
	struct delta_strong_stream *root;
	struct progress progress;
	uint64_t at;
	bool dry; /* only find out whether the result is right */
};

static int read_pieces(const struct job *job, struct slot *s)
{
	size_t i;

	for (i = 0; i < s->count; i++)
		if (bd_infile_at(&job->old, s->buf + s->pieces[i].at,
				 s->pieces[i].length, s->pieces[i].offset))
			return -1;
	return 0;
}

/* Of very short references there may be too many to leave them all to work(). */
static int fill(void *ctx, void *slot)
{
	struct job *job = ctx;
	struct slot *s = slot;
	int ret;

	s->used = 0;
	for (;;) {
		ret = delta_apply_fill(&job->apply, s->buf, &s->used, SEGMENT,
				       s->pieces, PIECES, &s->count);
		if (ret)
			return bd_complain_of(job->delta.name, ret,
					      job->reader.in.why);
		if (job->apply.ended || s->used == SEGMENT)
			break;
		if (read_pieces(job, s))
			return -1;
	}
	job->at += s->used;
	return s->used > 0;
}

static int work(void *ctx, void *slot)
{
	struct job *job = ctx;
	struct slot *s = slot;

	if (read_pieces(job, s))
		return -1;
	delta_digest_leaves(&job->strong, s->buf, s->used, s->leaves);
	return 0;
}

/*
 * A file is written by one at a time, whoever else wants to spins and waits: so
 * write here, in order, while other threads read and hash.
 */
static int finish(void *ctx, void *slot)
{
	struct job *job = ctx;
	struct slot *s = slot;
	int ret = 0;

	delta_digest_add(job->root, job->strong.size,
			 (const uint8_t(*)[DELTA_STRONG_MAX])s->leaves,
			 delta_leaf_count(s->used));
	if (!job->dry)
		ret = bd_outfile_write(&job->out, s->buf, s->used);
	if (ret)
		return bd_complain_of(job->out.name, ret, NULL);
	bd_outfile_start_sync(&job->out);
	bd_progress_add(&job->progress, s->used);
	return 0;
}

static int slot_init(void *ctx, void *slot)
{
	struct slot *s = slot;

	s->buf = delta_pages_alloc(SEGMENT);
	return s->buf ? 0 : bd_complain("there is not enough memory");
}

static void slot_free(void *slot)
{
	struct slot *s = slot;

	free(s->buf);
}

static int check_digest(struct job *job)
{
	uint8_t digest[DELTA_STRONG_MAX];

	delta_digest_end(job->root, job->at, digest);
	if (!memcmp(digest, job->reader.digest, job->strong.size))
		return 0;
	return bd_complain("%s is not the file that %s was made for: the result"
			   " has the wrong digest",
			   job->old.name, job->delta.name);
}

/* Read the whole delta and make the file; write it unless the run is dry. */
static int apply(struct job *job, const struct options *options)
{
	const struct pool_work steps = { fill, work, finish, job };
	const struct slot_kind kind = { sizeof(struct slot),
					sizeof(struct slot) + SEGMENT,
					slot_init, slot_free };
	int ret;

	job->apply = (struct delta_apply){ .reader = &job->reader };
	job->at = 0;
	job->root = delta_strong_stream_new(&job->strong);
	if (!job->root)
		return bd_complain("there is not enough memory");
	bd_progress_begin(&job->progress, 0, options->quiet);
	ret = bd_slots_run(&kind, &steps, options->threads);
	bd_progress_end(&job->progress);
	if (!ret)
		ret = check_digest(job);
	delta_strong_stream_free(job->root);
	job->root = NULL;
	return ret;
}

static int open_delta(struct job *job)
{
	int ret = delta_reader_open(&job->reader, bd_infile_read, &job->delta);

	if (ret)
		return bd_complain_of(job->delta.name, ret, job->reader.in.why);
	if (job->reader.old_size == job->old.size)
		return 0;
	return bd_complain("%s is not the file that %s was made for: it has "
			   "%llu"
			   " bytes, not %llu",
			   job->old.name, job->delta.name,
			   (unsigned long long)job->old.size,
			   (unsigned long long)job->reader.old_size);
}

static int check_room(const struct job *job)
{
	off_t room = lseek(job->out.fd, 0, SEEK_END);

	if (room < 0 || lseek(job->out.fd, 0, SEEK_SET) < 0)
		return bd_complain_of(job->out.name, -errno, NULL);
	if ((uint64_t)room >= job->at)
		return 0;
	return bd_complain("%s has %llu bytes, and the result %llu",
			   job->out.name, (unsigned long long)room,
			   (unsigned long long)job->at);
}

/*
 * A device has no second name to write to, and no way back. So make the file
 * once without writing it, and again if it came out right.
 */
static int try_first(struct job *job, const struct options *options)
{
	struct stat old, out;

	if (fstat(job->old.fd, &old) || fstat(job->out.fd, &out))
		return bd_complain_of(job->out.name, -errno, NULL);
	if (S_ISBLK(old.st_mode) && old.st_rdev == out.st_rdev)
		return bd_complain("%s is OLD itself: a device can't be patched"
				   " in place",
				   job->out.name);
	if (!job->delta.seekable)
		return bd_complain("%s is a device: then DELTA can't be a pipe",
				   job->out.name);
	job->dry = true;
	if (apply(job, options) || check_room(job))
		return -1;
	job->dry = false;
	delta_reader_close(&job->reader);
	if (lseek(job->delta.fd, 0, SEEK_SET) < 0)
		return bd_complain_of(job->delta.name, -errno, NULL);
	return open_delta(job);
}

static int patch(struct job *job, const struct options *options)
{
	int ret = open_delta(job);

	if (!ret &&
	    delta_strong_init(&job->strong, job->reader.kind, job->reader.key))
		ret = bd_complain("%s needs %s, which this system lacks",
				  job->delta.name,
				  delta_strong_name(job->reader.kind));
	if (!ret && job->out.device)
		ret = try_first(job, options);
	if (!ret)
		ret = apply(job, options);
	if (!ret)
		ret = bd_outfile_commit(&job->out, true);
	delta_reader_close(&job->reader);
	delta_strong_free(&job->strong);
	return ret;
}

/* OLD is read here and there: an empty file will do, a pipe won't. */
static int check_old(const struct infile *old)
{
	if (old->seekable || old->empty)
		return 0;
	return bd_complain("OLD must be a file or a device, not a pipe");
}

int bd_command_patch(const struct options *options, char **args)
{
	struct job job = { 0 };
	int ret;

	if (bd_infile_open(&job.old, args[0]))
		return -1;
	ret = check_old(&job.old);
	if (!ret)
		ret = bd_infile_open(&job.delta, args[1]);
	if (!ret) {
		ret = bd_outfile_open(&job.out, args[2]);
		if (!ret)
			ret = bd_outfile_spares(&job.out, args[1]);
		if (!ret)
			ret = patch(&job, options);
		bd_outfile_close(&job.out);
		bd_infile_close(&job.delta);
	}
	bd_infile_close(&job.old);
	return ret;
}
