/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef BRAID_DELTA_INFILE_H
#define BRAID_DELTA_INFILE_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

/**
 * struct infile - a file, device or pipe being read.
 * @size: its bytes, if @seekable; else 0
 * @seekable: any part can be read at any time
 * @empty: it is a file of no bytes, or one of /proc that only looks empty
 */
struct infile {
	const char *name;
	int fd;
	uint64_t size;
	bool seekable, empty;
};

/** bd_infile_open - open a file; "-" is standard input; complains, returns -1 */
int bd_infile_open(struct infile *file, const char *name);
void bd_infile_close(struct infile *file);

/** bd_infile_read - a delta_read_fn; @file is a struct infile */
ssize_t bd_infile_read(void *file, void *buf, size_t size);

/** bd_infile_fill - read on until @buf is full or the file ends; -errno */
ssize_t bd_infile_fill(struct infile *file, void *buf, size_t size);

/** bd_infile_at - read all of @size bytes at @offset; complains, returns -1 */
int bd_infile_at(const struct infile *file, void *buf, size_t size,
		 uint64_t offset);

#endif
