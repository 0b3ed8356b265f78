/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What went wrong, as one sentence for a person. Functions that can fail for
 * a reason worth telling take a struct err and return a negative errno; the
 * sentence names the file, the device or the value. Who can do without it may
 * pass NULL to the functions of dm/.
 */
#ifndef ERR_ERR_H
#define ERR_ERR_H

#define ERR_TEXT_MAX 512

struct err {
	char text[ERR_TEXT_MAX];
};

/**
 * err_set - say what went wrong
 * @e:		where the sentence goes, or NULL
 * @code:	a positive errno
 * @fmt:	the sentence, without a full stop
 *
 * Return: -@code, so that a caller can write "return err_set(...)".
 */
int err_set(struct err *e, int code, const char *fmt, ...)
	__attribute__((format(printf, 3, 4)));

/**
 * err_sys - the same, with ": " and errno's text added
 */
int err_sys(struct err *e, int code, const char *fmt, ...)
	__attribute__((format(printf, 3, 4)));

#endif
