/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Superblocks for devices that join an array that was made before: spares, and
 * members that are about to be rebuilt. Pure but for the random UUIDs.
 */
#ifndef MEMBER_FRESH_H
#define MEMBER_FRESH_H

#include <stdbool.h>

#include "member/super.h"

/**
 * fresh_member() - the superblock of a device that is to be rebuilt
 * @super: receives it; its sequence is 0
 * @truth: a superblock of the array's
 * @slot: the device's slot to be
 *
 * Its events are fewer than those of any array that was ever started, and it
 * accuses nobody: the other members never believe it.
 *
 * Return: 0 or -EIO if no UUID could be drawn.
 */
int fresh_member(struct braid_super *super, const struct braid_super *truth,
		 unsigned int slot);

/* The superblock of a spare of @truth's array, likewise. */
int fresh_spare(struct braid_super *super, const struct braid_super *truth);

/*
 * Is this a spare, or a member that was made by fresh_member() and that the
 * array never took up? Then nothing is on it that anybody needs.
 */
bool fresh_is_idle(const struct super_found *found);

#endif
