// SPDX-License-Identifier: GPL-2.0-or-later
#include "braid-delta/infile.h"
#include "braid-delta/complain.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/* Files of size 0 are read as pipes are: of those in /proc it is not true. */
static int find_size(struct infile *file)
{
	struct stat st;
	off_t end;

	if (fstat(file->fd, &st))
		return -errno;
	if (S_ISDIR(st.st_mode))
		return -EISDIR;
	if (!S_ISREG(st.st_mode) && !S_ISBLK(st.st_mode))
		return 0;
	/* Standard input may have been read from already. */
	if (lseek(file->fd, 0, SEEK_CUR) != 0)
		return 0;
	end = S_ISBLK(st.st_mode) ? lseek(file->fd, 0, SEEK_END) : st.st_size;
	if (end < 0 || lseek(file->fd, 0, SEEK_SET) < 0)
		return -errno;
	file->size = (uint64_t)end;
	file->seekable = end > 0;
	file->empty = !end;
	if (file->seekable)
		posix_fadvise(file->fd, 0, 0, POSIX_FADV_SEQUENTIAL);
	return 0;
}

int bd_infile_open(struct infile *file, const char *name)
{
	int ret;

	memset(file, 0, sizeof(*file));
	file->name = name;
	file->fd = strcmp(name, "-") ? open(name, O_RDONLY | O_CLOEXEC) :
				       STDIN_FILENO;
	ret = file->fd < 0 ? -errno : find_size(file);
	if (!ret)
		return 0;
	bd_infile_close(file);
	return bd_complain_of(name, ret, NULL);
}

void bd_infile_close(struct infile *file)
{
	if (file->fd > STDIN_FILENO)
		close(file->fd);
	file->fd = -1;
}

ssize_t bd_infile_read(void *file, void *buf, size_t size)
{
	struct infile *f = file;
	ssize_t got;

	do {
		got = read(f->fd, buf, size);
	} while (got < 0 && errno == EINTR);
	return got < 0 ? -errno : got;
}

ssize_t bd_infile_fill(struct infile *file, void *buf, size_t size)
{
	size_t done = 0;
	ssize_t got;

	while (done < size) {
		got = bd_infile_read(file, (char *)buf + done, size - done);
		if (got < 0)
			return got;
		if (!got)
			break;
		done += (size_t)got;
	}
	return (ssize_t)done;
}

int bd_infile_at(const struct infile *file, void *buf, size_t size,
		 uint64_t offset)
{
	while (size) {
		ssize_t got = pread(file->fd, buf, size, (off_t)offset);

		if (got < 0 && errno == EINTR)
			continue;
		if (got < 0)
			return bd_complain_of(file->name, -errno, NULL);
		if (!got)
			return bd_complain("%s became shorter while it was "
					   "read",
					   file->name);
		buf = (char *)buf + got;
		size -= (size_t)got;
		offset += (uint64_t)got;
	}
	return 0;
}
