/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef BRAID_DELTA_OUTFILE_H
#define BRAID_DELTA_OUTFILE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/**
 * struct outfile - a file being made.
 * @name: as the person calls it
 * @path: with symbolic links followed
 * @beside: name of the file that will take its place, if it has one
 * @pipe: it can only be written from start to end
 * @written: bytes
 * @synced: of these are on their way to the disk
 * @device: it is a block device, and is written in place
 *
 * A regular file is written beside the one of its name, and takes its place
 * only when it is complete: up to bd_outfile_commit(), whatever happens leaves
 * the old one as it was. Where the filesystem can, the new file has no name
 * before that, so that nothing remains of it if the program is killed.
 */
struct outfile {
	const char *name;
	char *path, *beside;
	int fd;
	uint64_t written, synced;
	bool pipe, device;
};

/** bd_outfile_open - begin; "-" is standard output; complains, returns -1 */
int bd_outfile_open(struct outfile *file, const char *name);

/**
 * bd_outfile_spares - make sure that @file doesn't take an input's place.
 * @input: the input's name
 *
 * A person who mixes up the arguments keeps the file. Complains, returns -1.
 */
int bd_outfile_spares(const struct outfile *file, const char *input);

/** bd_outfile_write - a delta_write_fn: append; @file is a struct outfile */
int bd_outfile_write(void *file, const void *data, size_t size);

/**
 * bd_outfile_start_sync - what was written may go to the disk now, while more is
 * being made, so that a durable commit needn't wait for all of it
 */
void bd_outfile_start_sync(struct outfile *file);

/**
 * bd_outfile_commit - the file is complete and takes its place.
 * @durable: and survives a loss of power from now on
 *
 * Complains, returns -1; then nothing has changed.
 */
int bd_outfile_commit(struct outfile *file, bool durable);

/** bd_outfile_close - leave it; what wasn't committed is gone */
void bd_outfile_close(struct outfile *file);

#endif
