// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The stage log: the frames of an era as they came, one after the other. The
 * state file says how much of it is committed, and the sum of that.
 */
#include <errno.h>
#include <fcntl.h>
#include <unistd.h>
#include <stdlib.h>
#include <xxhash.h>

#include "failpoint/failpoint.h"
#include "file/file.h"
#include "store/internal.h"

struct stage_sum {
	XXH3_state_t *xxh;
};

int stage_open(struct store *s, struct err *e)
{
	s->stage_fd =
		openat(s->sd.fd, "stage", O_RDWR | O_CREAT | O_CLOEXEC, 0600);
	if (s->stage_fd < 0)
		return err_sys(e, errno, "cannot open %s/stage", s->dir);
	s->sum = calloc(1, sizeof(*s->sum));
	if (s->sum != NULL)
		s->sum->xxh = XXH3_createState();
	if (s->sum == NULL || s->sum->xxh == NULL)
		return err_set(e, ENOMEM, "no memory for the stage log");
	XXH3_64bits_reset(s->sum->xxh);
	return 0;
}

void stage_close(struct store *s)
{
	if (s->stage_fd >= 0)
		close(s->stage_fd);
	s->stage_fd = -1;
	if (s->sum != NULL)
		XXH3_freeState(s->sum->xxh);
	free(s->sum);
	s->sum = NULL;
}

int stage_reset(struct store *s)
{
	if (s->failed || s->state.log_bytes != 0)
		return -EBUSY;
	s->stage_bytes = 0;
	XXH3_64bits_reset(s->sum->xxh);
	return ftruncate(s->stage_fd, 0) < 0 ? -errno : 0;
}

/*
 * An era is at most all of the device, and once more what changed while that
 * was read; in the worst case each block is a frame of its own.
 */
static uint64_t stage_max(const struct store *s)
{
	return 2 * s->state.image_bytes + s->state.image_bytes / 16 +
	       WIRE_FRAME_MAX;
}

int stage_append(struct store *s, const uint8_t *frame, size_t len,
		 struct err *e)
{
	int ret;

	if (s->stage_bytes + len > stage_max(s))
		return err_set(
			e, EMSGSIZE,
			"an era of more than %llu bytes came for an image of %llu",
			(unsigned long long)s->stage_bytes,
			(unsigned long long)s->state.image_bytes);
	ret = file_write(s->stage_fd, frame, len, s->stage_bytes);
	if (ret < 0)
		return err_sys(e, -ret, "cannot write %s/stage", s->dir);
	XXH3_64bits_update(s->sum->xxh, frame, len);
	s->stage_bytes += len;
	return 0;
}

int stage_sync(struct store *s, uint64_t *sum, struct err *e)
{
	if (fdatasync(s->stage_fd) < 0)
		return err_sys(e, errno, "cannot write %s/stage", s->dir);
	*sum = XXH3_64bits_digest(s->sum->xxh);
	return 0;
}

static int damaged(const struct store *s, struct err *e)
{
	return err_set(
		e, EBADMSG,
		"%s/stage, which holds era %llu, is damaged; the image is not complete",
		s->dir, (unsigned long long)s->state.era);
}

/* One frame into s->frame. */
static int stage_read(struct store *s, uint64_t at, struct wire_header *h,
		      struct err *e)
{
	uint64_t left = s->state.log_bytes - at;

	if (left < WIRE_HEADER_BYTES ||
	    file_read(s->stage_fd, s->frame, WIRE_HEADER_BYTES, at) < 0 ||
	    wire_header_get(s->frame, h, e) < 0 ||
	    h->length > left - WIRE_HEADER_BYTES ||
	    file_read(s->stage_fd, s->frame + WIRE_HEADER_BYTES, h->length,
		      at + WIRE_HEADER_BYTES) < 0 ||
	    !wire_payload_check(h, s->frame + WIRE_HEADER_BYTES))
		return damaged(s, e);
	return 0;
}

/* Before the first byte goes to the image, all of the log must be right. */
static int stage_verify(struct store *s, struct err *e)
{
	uint64_t at, part;

	XXH3_64bits_reset(s->sum->xxh);
	for (at = 0; at < s->state.log_bytes; at += part) {
		part = s->state.log_bytes - at;
		if (part > WIRE_FRAME_MAX)
			part = WIRE_FRAME_MAX;
		if (file_read(s->stage_fd, s->frame, part, at) < 0)
			return damaged(s, e);
		XXH3_64bits_update(s->sum->xxh, s->frame, (size_t)part);
	}
	if (XXH3_64bits_digest(s->sum->xxh) != s->state.log_sum)
		return damaged(s, e);
	return 0;
}

int stage_replay(struct store *s, struct err *e)
{
	struct instruction in;
	struct wire_header h;
	uint64_t at = 0;
	int ret = stage_verify(s, e);

	while (ret == 0 && at < s->state.log_bytes) {
		ret = stage_read(s, at, &h, e);
		if (ret == 0)
			ret = instruction_get(s, &in, h.type,
					      s->frame + WIRE_HEADER_BYTES,
					      h.length, e);
		if (ret == 0)
			ret = instruction_apply(s, &in, e);
		FAILPOINT("stage.applied");
		at += WIRE_HEADER_BYTES + h.length;
	}
	return ret;
}
