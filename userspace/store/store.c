// SPDX-License-Identifier: GPL-2.0-or-later
#include <errno.h>
#include <openssl/rand.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "log/log.h"
#include "store/internal.h"

int store_save(struct store *s, const struct store_state *next, struct err *e)
{
	struct store_state copy = *next;
	int ret = store_usable(s, e);

	if (ret == 0)
		ret = state_save(&copy, s->sd.fd, s->dir, e);
	if (ret == 0)
		s->state = copy;
	else
		s->failed = true;
	return ret;
}

int store_save_twice(struct store *s, const struct store_state *next,
		     struct err *e)
{
	int ret = store_save(s, next, e);
	struct store_state copy = s->state;

	return ret < 0 ? ret : store_save(s, &copy, e);
}

int store_usable(const struct store *s, struct err *e)
{
	if (!s->failed)
		return 0;
	return err_set(
		e, EIO,
		"a write of %s/state failed, start braidd again to go on",
		s->dir);
}

bool store_failed(const struct store *s)
{
	return s->failed;
}

/* Fails before anything is written if the image can't be had. */
static int open_image(struct store *s, struct err *e)
{
	const struct store_state *st = &s->state;
	int ret;

	if (st->status == WIRE_PROMOTED)
		return 0;
	ret = image_open(&s->image, s->image_path, e);
	if (ret == -ENOENT && st->status == WIRE_EMPTY)
		return 0;
	if (ret == -ENOENT)
		return err_set(
			e, ENOENT,
			"the image %s is missing, %s has the state of one",
			s->image_path, s->dir);
	if (ret == 0 && s->image.bytes < st->image_bytes)
		return err_set(
			e, ENOSPC,
			"the image %s has %llu bytes, %s is about one of %llu",
			s->image_path, (unsigned long long)s->image.bytes,
			s->dir, (unsigned long long)st->image_bytes);
	return ret;
}

static int new_state(struct store *s, struct err *e)
{
	struct store_state fresh = { .status = WIRE_EMPTY };

	if (RAND_bytes(fresh.key, sizeof(fresh.key)) != 1)
		return err_set(e, EIO, "no random bytes for a key");
	return store_save(s, &fresh, e);
}

/* The image that was left here, or one that was put in its place? */
static int check_image(struct store *s, struct err *e)
{
	const struct store_state *st = &s->state;
	int ret;

	s->prints.image_bytes = st->image_bytes;
	if (st->status != WIRE_COMMITTED || st->log_bytes != 0)
		return 0;
	ret = prints_sample(&s->prints, &s->image);
	if (ret == -ESTALE)
		return err_set(
			e, ESTALE,
			"the image %s is not the one of which %s holds the state, or was changed since era %llu",
			s->image_path, s->dir, (unsigned long long)st->era);
	if (ret < 0) /* where it can't be read a later era may mend it */
		log_warn("cannot read the image %s: %s", s->image_path,
			 strerror(-ret));
	return 0;
}

static int open_all(struct store *s, struct err *e)
{
	int ret = statedir_open(&s->sd, s->dir, e);
	bool fresh;

	if (ret < 0)
		return ret;
	ret = state_load(&s->state, s->sd.fd, s->dir, e);
	fresh = ret == -ENOENT;
	if (ret < 0 && !fresh)
		return ret;
	ret = open_image(s, e);
	if (ret == 0 && fresh)
		ret = new_state(s, e);
	if (ret == 0)
		ret = prints_open(&s->prints, s->sd.fd, s->dir, s->state.key,
				  e);
	if (ret == 0)
		ret = stage_open(s, e);
	if (ret == 0 && fsync(s->sd.fd) < 0)
		ret = err_sys(e, errno, "cannot write %s", s->dir);
	return ret < 0 ? ret : check_image(s, e);
}

int store_open(struct store **out, const char *dir, const char *image,
	       struct err *e)
{
	struct store *s = calloc(1, sizeof(*s));
	int ret;

	if (s == NULL)
		return err_set(e, ENOMEM, "no memory for a store");
	s->sd.fd = s->sd.lock_fd = s->stage_fd = -1;
	s->image.fd = s->prints.fd = -1;
	snprintf(s->dir, sizeof(s->dir), "%s", dir);
	snprintf(s->image_path, sizeof(s->image_path), "%s", image);
	s->raw = malloc(WIRE_DATA_MAX);
	s->frame = malloc(WIRE_FRAME_MAX);
	s->zstd = ZSTD_createDCtx();
	if (s->raw == NULL || s->frame == NULL || s->zstd == NULL)
		ret = err_set(e, ENOMEM, "no memory for a store");
	else
		ret = open_all(s, e);
	if (ret < 0)
		store_close(s);
	else
		*out = s;
	return ret;
}

void store_close(struct store *s)
{
	if (s == NULL)
		return;
	image_close(&s->image);
	prints_close(&s->prints);
	stage_close(s);
	statedir_close(&s->sd);
	ZSTD_freeDCtx(s->zstd);
	free(s->raw);
	free(s->frame);
	free(s);
}

const struct store_state *store_state(const struct store *s)
{
	return &s->state;
}

const char *store_image(const struct store *s)
{
	return s->image_path;
}
