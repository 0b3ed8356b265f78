// SPDX-License-Identifier: GPL-2.0-or-later
#include <errno.h>
#include <fcntl.h>
#include <openssl/rand.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "file/file.h"
#include "source/lineage.h"
#include "store/state.h"
#include "wire/hex.h"

#define TEXT_BYTES HEX_TEXT(WIRE_LINEAGE_BYTES)

static int lineage_write(int dir_fd, const uint8_t *id)
{
	char text[TEXT_BYTES];
	int fd, ret;

	hex_text(text, id, WIRE_LINEAGE_BYTES);
	text[TEXT_BYTES - 1] = '\n';
	fd = openat(dir_fd, "lineage.new",
		    O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
	if (fd < 0)
		return -errno;
	ret = file_write(fd, text, sizeof(text), 0);
	if (ret == 0 &&
	    (fsync(fd) < 0 ||
	     renameat(dir_fd, "lineage.new", dir_fd, "lineage") < 0 ||
	     fsync(dir_fd) < 0))
		ret = -errno;
	close(fd);
	if (ret < 0)
		unlinkat(dir_fd, "lineage.new", 0);
	return ret;
}

static int lineage_make(struct lineage *l, int dir_fd, const char *dir,
			struct err *e)
{
	int ret;

	if (RAND_bytes(l->id, sizeof(l->id)) != 1)
		return err_set(e, EIO, "no random bytes for a lineage");
	ret = lineage_write(dir_fd, l->id);
	if (ret < 0)
		return err_sys(e, -ret, "cannot write %s/lineage", dir);
	return 0;
}

static int lineage_read(struct lineage *l, int dir_fd, const char *dir,
			struct err *e)
{
	char text[TEXT_BYTES];
	ssize_t len;
	int fd;

	fd = openat(dir_fd, "lineage", O_RDONLY | O_CLOEXEC);
	if (fd < 0 && errno == ENOENT)
		return lineage_make(l, dir_fd, dir, e);
	if (fd < 0)
		return err_sys(e, errno, "cannot open %s/lineage", dir);
	len = read(fd, text, sizeof(text));
	close(fd);
	if (len == (ssize_t)sizeof(text))
		text[TEXT_BYTES - 1] = '\0';
	if (len != (ssize_t)sizeof(text) ||
	    hex_bytes(l->id, sizeof(l->id), text) < 0)
		return err_set(e, EBADMSG, "%s/lineage is damaged", dir);
	return 0;
}

static int lineage_load(struct lineage *l, int dir_fd, const char *dir,
			struct err *e)
{
	struct store_state st;
	int ret = state_load(&st, dir_fd, dir, e);

	if (ret == -ENOENT)
		return lineage_read(l, dir_fd, dir, e);
	if (ret == 0 && st.status != WIRE_PROMOTED)
		return err_set(
			e, EBUSY,
			"%s is the state of a replica that was not promoted",
			dir);
	if (ret == 0)
		memcpy(l->id, st.own_lineage, sizeof(l->id));
	return ret;
}

int lineage_open(struct lineage *lineage, const char *dir, struct err *e)
{
	int ret = statedir_open(&lineage->sd, dir, e);

	if (ret == 0)
		ret = lineage_load(lineage, lineage->sd.fd, dir, e);
	if (ret < 0)
		lineage_close(lineage);
	return ret;
}

void lineage_close(struct lineage *lineage)
{
	statedir_close(&lineage->sd);
}
