/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Text for a terminal. Names, paths and sentences may come from a disk, a peer
 * or a daemon, and must not move the cursor or look like more than one line.
 */
#ifndef BRAIDCTL_PLAIN_H
#define BRAIDCTL_PLAIN_H

/* Replace control characters in place. Return: @text. */
char *plain(char *text);

#endif
