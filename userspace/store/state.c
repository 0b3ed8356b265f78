// SPDX-License-Identifier: GPL-2.0-or-later
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <unistd.h>

#include "failpoint/failpoint.h"
#include "file/file.h"
#include "store/state.h"
#include "wire/cursor.h"

#define STATE_SUMMED (STATE_BYTES - 8)
#define FLAG_VERIFY 1
#define FLAG_DIVERGED 2
#define FLAG_DISTRUST 4
#define FLAGS (FLAG_VERIFY | FLAG_DIVERGED | FLAG_DISTRUST)

static const uint8_t magic[8] = "BRAIDST1";

void state_encode(uint8_t slot[STATE_BYTES], const struct store_state *s)
{
	static const uint8_t zero[6];
	struct writer w = { .p = slot };

	writer_copy(&w, magic, sizeof(magic));
	writer_u64(&w, s->sequence);
	writer_u8(&w, (uint8_t)s->status);
	writer_u8(&w, (uint8_t)((s->verify ? FLAG_VERIFY : 0) |
				(s->diverged ? FLAG_DIVERGED : 0) |
				(s->distrust ? FLAG_DISTRUST : 0)));
	writer_copy(&w, zero, sizeof(zero));
	writer_copy(&w, s->lineage, WIRE_LINEAGE_BYTES);
	writer_u64(&w, s->era);
	writer_u64(&w, s->committed_at_ms);
	writer_copy(&w, s->cursor.map_id, sizeof(s->cursor.map_id));
	writer_u64(&w, s->cursor.map_era);
	writer_u64(&w, s->image_bytes);
	writer_copy(&w, s->key, WIRE_KEY_BYTES);
	writer_u64(&w, s->log_bytes);
	writer_u64(&w, s->log_sum);
	writer_copy(&w, s->sha256, WIRE_SHA256_BYTES);
	writer_copy(&w, s->own_lineage, WIRE_LINEAGE_BYTES);
	writer_u64(&w, s->promoted_at_ms);
	writer_u64(&w, wire_sum(slot, STATE_SUMMED));
}

int state_decode(struct store_state *s, const uint8_t slot[STATE_BYTES])
{
	struct reader r = { .p = slot, .left = STATE_BYTES };
	uint8_t head[8], status, flags, zero[6];

	reader_copy(&r, head, sizeof(head));
	s->sequence = reader_u64(&r);
	status = reader_u8(&r);
	flags = reader_u8(&r);
	reader_copy(&r, zero, sizeof(zero));
	reader_copy(&r, s->lineage, WIRE_LINEAGE_BYTES);
	s->era = reader_u64(&r);
	s->committed_at_ms = reader_u64(&r);
	reader_copy(&r, s->cursor.map_id, sizeof(s->cursor.map_id));
	s->cursor.map_era = reader_u64(&r);
	s->image_bytes = reader_u64(&r);
	reader_copy(&r, s->key, WIRE_KEY_BYTES);
	s->log_bytes = reader_u64(&r);
	s->log_sum = reader_u64(&r);
	reader_copy(&r, s->sha256, WIRE_SHA256_BYTES);
	reader_copy(&r, s->own_lineage, WIRE_LINEAGE_BYTES);
	s->promoted_at_ms = reader_u64(&r);
	if (memcmp(head, magic, sizeof(head)) != 0 ||
	    reader_u64(&r) != wire_sum(slot, STATE_SUMMED) ||
	    status > WIRE_PROMOTED || flags > FLAGS ||
	    s->image_bytes > INT64_MAX || s->log_bytes > INT64_MAX)
		return -EBADMSG;
	s->status = status;
	s->verify = (flags & FLAG_VERIFY) != 0;
	s->diverged = (flags & FLAG_DIVERGED) != 0;
	s->distrust = (flags & FLAG_DISTRUST) != 0;
	return 0;
}

/* Return: 1 if there was a whole one, newer than @s if @s is @any. */
static int slot_read(struct store_state *s, bool any, int fd, int which)
{
	struct store_state found;
	uint8_t slot[STATE_BYTES];
	ssize_t n = pread(fd, slot, sizeof(slot), which * STATE_SLOT_BYTES);

	if (n < 0)
		return -errno;
	if (n != (ssize_t)sizeof(slot) || state_decode(&found, slot) < 0)
		return 0;
	if (!any || found.sequence > s->sequence)
		*s = found;
	return 1;
}

int state_load(struct store_state *s, int dir_fd, const char *dir,
	       struct err *e)
{
	bool any = false;
	int fd, i, ret = 0;

	fd = openat(dir_fd, "state", O_RDONLY | O_CLOEXEC);
	if (fd < 0 && errno == ENOENT)
		return -ENOENT;
	if (fd < 0)
		return err_sys(e, errno, "cannot open %s/state", dir);
	for (i = 0; i < 2 && ret >= 0; i++) {
		ret = slot_read(s, any, fd, i);
		any = any || ret > 0;
	}
	close(fd);
	if (ret < 0)
		return err_sys(e, -ret, "cannot read %s/state", dir);
	if (!any)
		return err_set(e, EBADMSG,
			       "%s/state is damaged, both copies of it", dir);
	return 0;
}

/* The first time: both slots, under another name until they are durable. */
static int state_make(const uint8_t *slots, int dir_fd)
{
	int fd, ret;

	fd = openat(dir_fd, "state.new",
		    O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
	if (fd < 0)
		return -errno;
	ret = file_write(fd, slots, 2 * STATE_SLOT_BYTES, 0);
	if (ret == 0 && (fsync(fd) < 0 ||
			 renameat(dir_fd, "state.new", dir_fd, "state") < 0 ||
			 fsync(dir_fd) < 0))
		ret = -errno;
	close(fd);
	if (ret < 0)
		unlinkat(dir_fd, "state.new", 0);
	return ret;
}

static int state_write(const uint8_t *slot, unsigned int which, int dir_fd)
{
	int fd, ret;

	fd = openat(dir_fd, "state", O_WRONLY | O_CLOEXEC);
	if (fd < 0)
		return -errno;
	ret = file_write(fd, slot, STATE_SLOT_BYTES, which * STATE_SLOT_BYTES);
	if (ret == 0 && fdatasync(fd) < 0)
		ret = -errno;
	close(fd);
	return ret;
}

int state_save(struct store_state *s, int dir_fd, const char *dir,
	       struct err *e)
{
	uint8_t slots[2 * STATE_SLOT_BYTES] = { 0 };
	int ret;

	s->sequence++;
	state_encode(slots, s);
	FAILPOINT("state.before");
	if (s->sequence == 1)
		ret = state_make(slots, dir_fd);
	else
		ret = state_write(slots, (s->sequence - 1) % 2, dir_fd);
	FAILPOINT("state.after");
	if (ret < 0)
		return err_sys(e, -ret, "cannot write %s/state", dir);
	return 0;
}
