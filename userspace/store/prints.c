// SPDX-License-Identifier: GPL-2.0-or-later
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "store/prints.h"

#define PRINTS_BATCH 256U
#define SAMPLES 64U

static const uint8_t unknown[WIRE_PRINT_BYTES];
static const uint8_t zeros[WIRE_BLOCK_BYTES];

int prints_open(struct prints *p, int dir_fd, const char *dir,
		const uint8_t key[WIRE_KEY_BYTES], struct err *e)
{
	p->fd = openat(dir_fd, "fingerprints", O_RDWR | O_CREAT | O_CLOEXEC,
		       0600);
	if (p->fd < 0)
		return err_sys(e, errno, "cannot open %s/fingerprints", dir);
	p->buf = malloc((size_t)PRINTS_BATCH * WIRE_BLOCK_BYTES);
	if (p->buf == NULL) {
		prints_close(p);
		return err_set(e, ENOMEM, "no memory for fingerprints");
	}
	wire_key_init(&p->key, key);
	wire_print(p->zero, &p->key, zeros, sizeof(zeros));
	return 0;
}

void prints_close(struct prints *p)
{
	if (p->fd >= 0)
		close(p->fd);
	p->fd = -1;
	free(p->buf);
	p->buf = NULL;
}

int prints_forget(struct prints *p)
{
	return ftruncate(p->fd, 0) < 0 ? -errno : 0;
}

int prints_sync(struct prints *p)
{
	if (fdatasync(p->fd) == 0)
		return 0;
	/* Memory and disk may differ now; of an empty file they can't. */
	if (prints_forget(p) < 0 || fsync(p->fd) < 0)
		return -errno;
	return 0;
}

static uint64_t blocks_of(uint64_t len)
{
	return (len + WIRE_BLOCK_BYTES - 1) / WIRE_BLOCK_BYTES;
}

static size_t block_len(uint64_t len, uint64_t block)
{
	uint64_t left = len - block * WIRE_BLOCK_BYTES;

	return left < WIRE_BLOCK_BYTES ? (size_t)left : WIRE_BLOCK_BYTES;
}

static int prints_put(struct prints *p, const uint8_t *prints, uint64_t count,
		      uint64_t first)
{
	size_t len = (size_t)count * WIRE_PRINT_BYTES;

	if (pwrite(p->fd, prints, len, (off_t)(first * WIRE_PRINT_BYTES)) ==
	    (ssize_t)len)
		return 0;
	return prints_forget(p); /* a full disk: it is only a cache */
}

static void compute(const struct prints *p, const uint8_t *buf, uint64_t len,
		    uint8_t *out)
{
	uint64_t i, count = blocks_of(len);

	for (i = 0; i < count; i++)
		wire_print(out + i * WIRE_PRINT_BYTES, &p->key,
			   buf + i * WIRE_BLOCK_BYTES, block_len(len, i));
}

int prints_note(struct prints *p, const uint8_t *buf, uint64_t len,
		uint64_t offset)
{
	uint8_t out[WIRE_DATA_MAX / WIRE_BLOCK_BYTES * WIRE_PRINT_BYTES];

	compute(p, buf, len, out);
	return prints_put(p, out, blocks_of(len), offset / WIRE_BLOCK_BYTES);
}

int prints_note_zero(struct prints *p, uint64_t len, uint64_t offset)
{
	uint8_t out[PRINTS_BATCH * WIRE_PRINT_BYTES];
	uint64_t i, count, first = offset / WIRE_BLOCK_BYTES;
	int ret = 0;

	while (len > 0 && ret == 0) {
		count = blocks_of(len);
		if (count > PRINTS_BATCH)
			count = PRINTS_BATCH;
		for (i = 0; i < count; i++)
			memcpy(out + i * WIRE_PRINT_BYTES, p->zero,
			       WIRE_PRINT_BYTES);
		if (block_len(len, count - 1) < WIRE_BLOCK_BYTES)
			wire_print(out + (count - 1) * WIRE_PRINT_BYTES,
				   &p->key, zeros, block_len(len, count - 1));
		ret = prints_put(p, out, count, first);
		first += count;
		len -= count * WIRE_BLOCK_BYTES < len ?
			       count * WIRE_BLOCK_BYTES :
			       len;
	}
	return ret;
}

static bool all_known(const uint8_t *prints, uint64_t count)
{
	uint64_t i;

	for (i = 0; i < count; i++)
		if (memcmp(prints + i * WIRE_PRINT_BYTES, unknown,
			   WIRE_PRINT_BYTES) == 0)
			return false;
	return true;
}

static int prints_load(const struct prints *p, uint8_t *out, uint64_t count,
		       uint64_t first)
{
	size_t len = (size_t)count * WIRE_PRINT_BYTES;
	ssize_t n = pread(p->fd, out, len, (off_t)(first * WIRE_PRINT_BYTES));

	if (n < 0)
		return -errno;
	memset(out + n, 0, len - (size_t)n);
	return 0;
}

static int prints_batch(struct prints *p, const struct image *image,
			uint64_t len, uint64_t offset, uint8_t *out)
{
	uint64_t count = blocks_of(len), first = offset / WIRE_BLOCK_BYTES;
	int ret = prints_load(p, out, count, first);

	if (ret < 0 || all_known(out, count))
		return ret;
	if (image_is_hole(image, len, offset)) {
		memset(p->buf, 0, (size_t)len);
	} else {
		ret = image_read(image, p->buf, len, offset);
		if (ret < 0)
			return ret;
	}
	compute(p, p->buf, len, out);
	return prints_put(p, out, count, first);
}

int prints_get(struct prints *p, const struct image *image, uint64_t len,
	       uint64_t offset, uint8_t *out)
{
	const uint64_t batch = (uint64_t)PRINTS_BATCH * WIRE_BLOCK_BYTES;
	uint64_t part;
	int ret = 0;

	while (len > 0 && ret == 0) {
		part = len < batch ? len : batch;
		ret = prints_batch(p, image, part, offset, out);
		out += blocks_of(part) * WIRE_PRINT_BYTES;
		offset += part;
		len -= part;
	}
	return ret;
}

static int sample_one(struct prints *p, const struct image *image,
		      uint64_t image_bytes, uint64_t block)
{
	uint8_t known[WIRE_PRINT_BYTES], is[WIRE_PRINT_BYTES];
	size_t len = block_len(image_bytes, block);
	int ret = prints_load(p, known, 1, block);

	if (ret < 0 || memcmp(known, unknown, sizeof(known)) == 0)
		return ret;
	ret = image_read(image, p->buf, len, block * WIRE_BLOCK_BYTES);
	if (ret < 0)
		return ret;
	wire_print(is, &p->key, p->buf, len);
	return memcmp(known, is, sizeof(is)) == 0 ? 0 : -ESTALE;
}

int prints_sample(struct prints *p, const struct image *image)
{
	uint64_t blocks = blocks_of(p->image_bytes), i;
	int ret = 0;

	for (i = 0; i < SAMPLES && i < blocks && ret == 0; i++)
		ret = sample_one(p, image, p->image_bytes,
				 i * (blocks / SAMPLES + 1) % blocks);
	return ret;
}
