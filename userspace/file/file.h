/* SPDX-License-Identifier: GPL-2.0-or-later */
/* All of a buffer, from or to a file or device. */
#ifndef FILE_FILE_H
#define FILE_FILE_H

#include <stdint.h>

/**
 * file_read - Return: 0, -errno, or -EIO if the file ends before
 */
int file_read(int fd, void *buf, uint64_t len, uint64_t offset);

/**
 * file_write - Return: 0 or -errno, and then nobody knows how much was written
 */
int file_write(int fd, const void *buf, uint64_t len, uint64_t offset);

#endif
