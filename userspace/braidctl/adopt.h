/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Other devices in a running array, whoever uses it meanwhile: one more, one in
 * another's place, one less. Crash: adopt.c says for each step what it leaves.
 */
#ifndef BRAIDCTL_ADOPT_H
#define BRAIDCTL_ADOPT_H

#include "braidctl/join.h"

/**
 * adopt() - put a device into a slot, to be rebuilt or brought up to date
 * @live: the array; its superblocks were read, and it's the caller's turn
 * @path: the device
 * @slot: the slot, JOIN_ANY_SLOT for the first that lacks one
 * @force: what is on the device may be lost
 * @join: receives what was decided
 *
 * If it fails nothing has changed, on the device neither.
 *
 * Return: 0, or EXIT_FAILED after a complaint.
 */
int adopt(struct live *live, const char *path, int slot, bool force,
	  struct join *join);

/**
 * adopt_twin() - copy the member of a slot to a device, which gets all writes, too
 * @live: as adopt(); the member is in use
 * @path: the device
 * @slot: the slot
 * @force: what is on the device may be lost
 *
 * Return: as adopt().
 */
int adopt_twin(struct live *live, const char *path, unsigned int slot,
	       bool force);

/* What was copied to takes the slot. Return: 0, or EXIT_FAILED likewise. */
int adopt_replaced(struct live *live, unsigned int slot);

/* The copy is given up. Return: 0, or EXIT_FAILED likewise. */
int adopt_no_twin(struct live *live, unsigned int slot);

/* Make a device a spare of the array. Return: 0, or EXIT_FAILED likewise. */
int adopt_spare(const struct live *live, const char *path, bool force);

/* More of each device is used, all of which have it. Return: 0, or EXIT_FAILED. */
int adopt_length(struct live *live, uint64_t sectors);

/* Let go of a slot's device. Return: 0, or EXIT_FAILED likewise. */
int adopt_nothing(struct live *live, unsigned int slot);

#endif
