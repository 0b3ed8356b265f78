// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The life of an era: hello, begin, stage, commit, apply. What a crash leaves
 * is said above each function that changes something.
 */
#include <errno.h>
#include <string.h>

#include "failpoint/failpoint.h"
#include "log/log.h"
#include "store/internal.h"
#include "store/verify.h"

static int refuse(unsigned int *code, enum wire_error why, int ret)
{
	*code = why;
	return ret;
}

static int check_lineage(const struct store *s, const struct wire_hello *m,
			 unsigned int *code, struct err *e)
{
	const struct store_state *st = &s->state;

	if (st->status == WIRE_PROMOTED)
		return refuse(
			code, WIRE_E_PROMOTED,
			err_set(e, EACCES,
				"the replica was promoted at era %llu and is on its own since",
				(unsigned long long)st->era));
	if (st->status != WIRE_EMPTY &&
	    memcmp(st->lineage, m->lineage, WIRE_LINEAGE_BYTES) != 0)
		return refuse(
			code, WIRE_E_LINEAGE,
			err_set(e, EACCES,
				"the replica's image belongs to another source (lineage %02x%02x%02x%02x..., this one is %02x%02x%02x%02x...)",
				st->lineage[0], st->lineage[1], st->lineage[2],
				st->lineage[3], m->lineage[0], m->lineage[1],
				m->lineage[2], m->lineage[3]));
	return 0;
}

static int check_size(const struct store *s, const struct wire_hello *m,
		      unsigned int *code, struct err *e)
{
	uint64_t room = s->state.image_bytes;

	if (s->state.status == WIRE_EMPTY) {
		if (image_is_unmade(&s->image) ||
		    s->image.bytes >= m->device_bytes)
			return 0;
		room = s->image.bytes;
	}
	if (room == m->device_bytes)
		return 0;
	return refuse(
		code, WIRE_E_SIZE,
		err_set(e, ENOSPC,
			"the replica's image has %llu bytes, the source's device has %llu",
			(unsigned long long)room,
			(unsigned long long)m->device_bytes));
}

/* What failed the last time, or was cut short. */
static int bring_up(struct store *s, struct err *e)
{
	int ret = store_usable(s, e);

	if (ret == 0)
		ret = store_apply(s, e);
	return ret < 0 ? ret : store_verify(s, e);
}

int store_hello(struct store *s, const struct wire_hello *m, unsigned int *code,
		struct err *e)
{
	int ret;

	if (m->block_bytes != WIRE_BLOCK_BYTES)
		return refuse(
			code, WIRE_E_VERSION,
			err_set(e, EPROTO,
				"the source's fingerprints are of %u bytes, this side's of %u",
				m->block_bytes, WIRE_BLOCK_BYTES));
	ret = check_lineage(s, m, code, e);
	if (ret == 0)
		ret = check_size(s, m, code, e);
	if (ret < 0)
		return ret;
	memcpy(s->peer_lineage, m->lineage, WIRE_LINEAGE_BYTES);
	s->peer_bytes = m->device_bytes;
	ret = bring_up(s, e);
	if (ret == -EUCLEAN) { /* the state that is told says so */
		log_error("%s", e->text);
		ret = 0;
	}
	return ret < 0 ? refuse(code, WIRE_E_STORAGE, ret) : 0;
}

int store_sigs(struct store *s, const struct wire_range *range, uint8_t *prints,
	       struct err *e)
{
	uint64_t count =
		(range->length + WIRE_BLOCK_BYTES - 1) / WIRE_BLOCK_BYTES;
	int ret;

	if (range->offset + range->length > s->peer_bytes)
		return err_set(
			e, EBADMSG,
			"fingerprints were asked for beyond the image's end");
	/* A file that is still to be made, or one that fails to reach its disk. */
	if (image_is_unmade(&s->image) || s->state.distrust) {
		memset(prints, 0, (size_t)count * WIRE_PRINT_BYTES);
		return 0;
	}
	ret = prints_get(&s->prints, &s->image, range->length, range->offset,
			 prints);
	if (ret < 0)
		return err_sys(e, -ret, "cannot read the image %s",
			       s->image_path);
	return 0;
}

/*
 * Crash: until the state is saved there is at most an empty file more; from
 * then on it says "initialising", which only the same source may go on with.
 */
static int begin_initial(struct store *s, unsigned int *code, struct err *e)
{
	struct store_state next = s->state;
	int ret = 0;

	if (next.status != WIRE_EMPTY)
		return 0;
	if (image_is_unmade(&s->image))
		ret = image_make(&s->image, s->image_path, s->peer_bytes, e);
	FAILPOINT("begin.made");
	next.status = WIRE_INITIALISING;
	next.image_bytes = s->peer_bytes;
	memcpy(next.lineage, s->peer_lineage, WIRE_LINEAGE_BYTES);
	if (ret == 0)
		ret = store_save(s, &next, e);
	s->prints.image_bytes = s->state.image_bytes;
	return ret < 0 ? refuse(code, WIRE_E_STORAGE, ret) : 0;
}

int store_begin(struct store *s, const struct wire_era_begin *m,
		unsigned int *code, struct err *e)
{
	int ret;

	if (s->open)
		return refuse(
			code, WIRE_E_PROTOCOL,
			err_set(e, EPROTO,
				"an era began before the last one ended"));
	if (s->state.status == WIRE_PROMOTED)
		return refuse(code, WIRE_E_PROMOTED,
			      err_set(e, EACCES, "the replica was promoted"));
	if (m->base_era != s->state.era || m->device_bytes != s->peer_bytes)
		return refuse(
			code, WIRE_E_PROTOCOL,
			err_set(e, EPROTO,
				"an era on top of era %llu came, the replica is at %llu",
				(unsigned long long)m->base_era,
				(unsigned long long)s->state.era));
	/* The log is needed until the era in it has been applied. */
	ret = bring_up(s, e);
	if (ret < 0)
		return refuse(code, WIRE_E_STORAGE, ret);
	if (stage_reset(s) < 0)
		return refuse(code, WIRE_E_STORAGE,
			      err_set(e, EIO, "cannot write %s/stage", s->dir));
	if (store_initial(s) && begin_initial(s, code, e) < 0)
		return -EIO;
	s->open = true;
	s->frames = 0;
	s->digest = WIRE_DIGEST_INIT;
	return 0;
}

/*
 * What it refers to may be overwritten when the log is applied a second time,
 * so the log gets the bytes.
 */
static int stage_reference(struct store *s, const struct instruction *in,
			   struct err *e)
{
	struct wire_data m = {
		.offset = in->to.offset,
		.raw_bytes = (uint32_t)in->to.length,
		.length = (uint32_t)in->to.length,
		.bytes = s->frame + WIRE_HEADER_BYTES + WIRE_DATA_HEAD,
	};
	int ret = image_read(&s->image, (uint8_t *)m.bytes, m.length, in->from);

	if (ret < 0)
		return err_sys(e, -ret, "cannot read the image %s",
			       s->image_path);
	return stage_append(s, s->frame, wire_put_data(s->frame, &m), e);
}

/* Crash: nothing staged counts; a first image is resumed by comparing. */
int store_stage(struct store *s, const struct wire_header *h,
		const uint8_t *frame, unsigned int *code, struct err *e)
{
	struct instruction in;
	int ret;

	ret = store_usable(s, e);
	if (ret < 0)
		return refuse(code, WIRE_E_STORAGE, ret);
	if (!s->open)
		return refuse(code, WIRE_E_PROTOCOL,
			      err_set(e, EPROTO, "%s came outside an era",
				      wire_type_name(h->type)));
	ret = instruction_get(s, &in, h->type, frame + WIRE_HEADER_BYTES,
			      h->length, e);
	if (ret < 0)
		return refuse(code, WIRE_E_PROTOCOL, ret);
	FAILPOINT("stage.frame");
	if (store_initial(s))
		ret = instruction_apply(s, &in, e);
	else if (in.type == WIRE_REFERENCE)
		ret = stage_reference(s, &in, e);
	else
		ret = stage_append(s, frame, WIRE_HEADER_BYTES + h->length, e);
	if (ret < 0)
		return refuse(code,
			      ret == -EMSGSIZE ? WIRE_E_PROTOCOL :
						 WIRE_E_STORAGE,
			      ret);
	s->frames++;
	s->digest = wire_digest(s->digest, h->payload_sum);
	return 0;
}

static int commit_check(const struct store *s, const struct wire_era_commit *m,
			struct err *e)
{
	if (!s->open || m->era <= s->state.era)
		return err_set(
			e, EPROTO,
			"the end of era %llu came, the replica is at %llu",
			(unsigned long long)m->era,
			(unsigned long long)s->state.era);
	if (m->frames != s->frames || m->digest != s->digest)
		return err_set(
			e, EPROTO,
			"era %llu has %llu instructions, of the %llu that were sent some differ",
			(unsigned long long)m->era,
			(unsigned long long)s->frames,
			(unsigned long long)m->frames);
	return 0;
}

/*
 * A sync that failed is reported once, and the pages count as written: a
 * comparison would find in memory what the disk never got. So the next one is
 * told that nothing is there. Crash: memory is empty, and it is the disk that
 * is compared.
 */
static int image_unsure(struct store *s, int why, struct err *e)
{
	struct store_state next = s->state;
	struct err ignored;

	prints_forget(&s->prints);
	next.distrust = true;
	store_save(s, &next, &ignored);
	return err_sys(e, why, "cannot write the image %s", s->image_path);
}

/* Make durable what the state will speak of. */
static int commit_sync(struct store *s, struct store_state *next, struct err *e)
{
	int ret;

	if (!store_initial(s)) {
		next->log_bytes = s->stage_bytes;
		return stage_sync(s, &next->log_sum, e);
	}
	ret = image_sync(&s->image);
	if (ret < 0)
		return image_unsure(s, -ret, e);
	ret = prints_sync(&s->prints);
	if (ret < 0)
		return err_sys(e, -ret, "cannot write %s/fingerprints", s->dir);
	return 0;
}

/*
 * Crash: before the state is saved the era is discarded, and a first image
 * goes on; after it the era counts and recovery applies the log.
 */
int store_commit(struct store *s, const struct wire_era_commit *m,
		 unsigned int *code, struct err *e)
{
	struct store_state next = s->state;
	int ret = commit_check(s, m, e);

	if (ret < 0)
		return refuse(code, WIRE_E_PROTOCOL, ret);
	FAILPOINT("commit.before");
	ret = commit_sync(s, &next, e);
	FAILPOINT("commit.synced");
	next.status = WIRE_COMMITTED;
	next.era = m->era;
	next.committed_at_ms = m->closed_at_ms;
	next.cursor = m->cursor;
	next.verify = m->has_sha256;
	next.diverged = next.distrust = false;
	memcpy(next.sha256, m->sha256, sizeof(next.sha256));
	if (ret == 0)
		ret = store_save(s, &next, e);
	if (ret < 0)
		return refuse(code, WIRE_E_STORAGE, ret);
	FAILPOINT("commit.after");
	s->open = s->verify_tried = false;
	return 0;
}

/* Crash: the log is still there and committed; it is applied again. */
static int apply_log(struct store *s, struct err *e)
{
	int ret = stage_replay(s, e);

	if (ret < 0)
		return ret;
	FAILPOINT("apply.before_sync");
	ret = image_sync(&s->image);
	if (ret == 0)
		ret = prints_sync(&s->prints);
	FAILPOINT("apply.synced");
	if (ret < 0)
		return err_sys(e, -ret, "cannot write the image %s",
			       s->image_path);
	return 0;
}

int store_apply(struct store *s, struct err *e)
{
	struct store_state next = s->state;
	int ret = store_usable(s, e);

	if (ret < 0 || next.log_bytes == 0)
		return ret;
	ret = apply_log(s, e);
	if (ret < 0)
		return ret;
	next.log_bytes = next.log_sum = 0;
	ret = store_save_twice(s, &next, e);
	FAILPOINT("apply.checkpointed");
	if (ret == 0)
		stage_reset(s); /* else the next begin does, or says so */
	return ret;
}

/*
 * What it fails to find in the image must not be known as being there.
 * Crash: it is compared once more.
 */
static int diverged(struct store *s, struct err *e)
{
	struct store_state next = s->state;
	int ret = prints_forget(&s->prints);

	if (ret == 0)
		ret = prints_sync(&s->prints);
	if (ret < 0)
		return err_sys(e, -ret, "cannot write %s/fingerprints", s->dir);
	next.verify = false;
	next.diverged = true;
	memset(&next.cursor, 0, sizeof(next.cursor));
	ret = store_save_twice(s, &next, e);
	if (ret < 0)
		return ret;
	return err_set(
		e, EUCLEAN,
		"the image %s of era %llu differs from what the source has, the next era compares all of it",
		s->image_path, (unsigned long long)s->state.era);
}

int store_verify(struct store *s, struct err *e)
{
	struct store_state next = s->state;
	bool same;
	int ret = store_usable(s, e);

	if (ret < 0 || !next.verify || next.log_bytes != 0 || s->open ||
	    next.status != WIRE_COMMITTED || s->verify_tried)
		return ret;
	ret = verify_image(s, &same, e);
	if (ret == -ECANCELED)
		return 0;
	if (ret < 0) {
		s->verify_tried = true;
		log_warn("era %llu is not verified: %s",
			 (unsigned long long)s->state.era, e->text);
		return 0;
	}
	if (!same)
		return diverged(s, e);
	next.verify = false;
	return store_save(s, &next, e);
}

void store_hurry(struct store *s)
{
	atomic_store(&s->hurry, true);
}

void store_calm(struct store *s)
{
	atomic_store(&s->hurry, false);
}

void store_abort(struct store *s)
{
	if (!s->open)
		return;
	s->open = false;
	stage_reset(s);
}

/*
 * Crash: the log is applied once more, or what isn't committed is emptied
 * once more.
 */
int store_recover(struct store *s, struct err *e)
{
	struct store_state same = s->state;
	int ret = store_save_twice(s, &same, e);

	s->open = false;
	if (ret < 0 || s->state.status == WIRE_PROMOTED)
		return ret;
	if (s->state.status != WIRE_COMMITTED)
		prints_forget(&s->prints);
	ret = store_apply(s, e);
	if (ret == 0 && stage_reset(s) < 0)
		return err_set(e, EIO, "cannot write %s/stage", s->dir);
	return ret;
}
