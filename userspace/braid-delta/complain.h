/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef BRAID_DELTA_COMPLAIN_H
#define BRAID_DELTA_COMPLAIN_H

/**
 * bd_complain - tell the person what went wrong, in one sentence.
 *
 * Of several threads that fail one is heard, the first. Returns -1.
 */
__attribute__((format(printf, 1, 2))) int bd_complain(const char *format, ...);

/**
 * bd_complain_of - the same about a file, after a call returned @ret.
 * @name: the file's, "-" is a pipe
 * @ret: -errno
 * @why: what the engine says, if that was -EBADMSG; may be NULL
 */
int bd_complain_of(const char *name, int ret, const char *why);

#endif
