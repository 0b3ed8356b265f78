/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Taking turns: whoever changes an array's table looks at it first, and nobody
 * else may change it in between. The monitor may want to as a person does.
 */
#ifndef BRAIDCTL_TURN_H
#define BRAIDCTL_TURN_H

/*
 * Wait, half a minute at most, until nobody else changes arrays. The turn ends
 * with turn_end(), or with the process.
 *
 * Return: a descriptor, or -1 after a complaint.
 */
int turn_begin(void);
void turn_end(int turn);

#endif
