// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The source without tracking: all of a device or file is read and compared
 * with the replica's fingerprints. On a device that is being written to, what
 * is shipped is not the content at one instant; the image is then what a scan
 * saw, and only a device that rests gives an exact copy.
 */
#include <errno.h>
#include <stdlib.h>
#include <unistd.h>

#include "source/origin.h"

struct scan {
	struct origin o;
	const char *path;
	int fd;
	bool told; /* the one range there is */
};

static void scan_end(struct origin *o)
{
	struct scan *s = (struct scan *)o;

	if (s->fd >= 0)
		close(s->fd);
	s->fd = -1;
}

/* Opened anew for each era: it may have been replaced. */
static int scan_close(struct origin *o, const struct wire_state *peer,
		      struct origin_era *era, struct err *e)
{
	struct scan *s = (struct scan *)o;
	uint64_t bytes = o->bytes;

	s->fd = origin_device_open(o, s->path, e);
	if (s->fd < 0)
		return s->fd;
	if (o->bytes != bytes) {
		err_set(e, ESTALE,
			"the size of %s changed from %llu to %llu bytes",
			s->path, (unsigned long long)bytes,
			(unsigned long long)o->bytes);
		o->bytes = bytes;
		scan_end(o);
		return -ESTALE;
	}
	*era = (struct origin_era){
		.number = peer->era + 1,
		.closed_at_ms = origin_now_ms(),
		.fd = s->fd,
		.whole = true,
		.total_bytes = bytes,
	};
	s->told = false;
	return 0;
}

static int scan_next(struct origin *o, struct origin_era *era,
		     struct origin_range *range, struct err *e)
{
	struct scan *s = (struct scan *)o;

	if (s->told)
		return 0;
	s->told = true;
	*range = (struct origin_range){ .at = { 0, o->bytes }, .fd = s->fd };
	return 1;
}

static void scan_release(struct origin *o, const struct wire_range *range)
{
}

static void scan_status(struct origin *o, struct json_object *status)
{
}

static void scan_free(struct origin *o)
{
	scan_end(o);
	free(o);
}

static const struct origin_ops scan_ops = {
	.close = scan_close,
	.next = scan_next,
	.release = scan_release,
	.end = scan_end,
	.status = scan_status,
	.free = scan_free,
};

int origin_scan_open(struct origin **out, const struct config *config,
		     struct err *e)
{
	struct scan *s = calloc(1, sizeof(*s));

	if (s == NULL)
		return err_set(e, ENOMEM, "no memory for a source");
	s->o.ops = &scan_ops;
	s->path = config->device;
	s->fd = origin_device_open(&s->o, s->path, e);
	if (s->fd < 0) {
		int ret = s->fd;

		free(s);
		return ret;
	}
	scan_end(&s->o);
	*out = &s->o;
	return 0;
}
