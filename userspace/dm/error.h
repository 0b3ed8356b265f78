/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * An error a person can read: one sentence that names the device and the
 * value. Functions of this folder return 0 or -errno and fill it on failure;
 * whoever doesn't care passes NULL.
 */
#ifndef DM_ERROR_H
#define DM_ERROR_H

struct dm_error {
	char text[512];
};

/**
 * dm_error_set() - note why something failed
 * @error: where to, or NULL
 * @code: what to return, a negative errno
 * @format: the sentence, without a full stop or newline
 *
 * Return: @code, so that a caller can write "return dm_error_set(...)".
 */
int dm_error_set(struct dm_error *error, int code, const char *format, ...)
	__attribute__((format(printf, 3, 4)));

#endif
