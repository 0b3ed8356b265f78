/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * braidctl array replace: another device in the place of one that failed, or of
 * one in use, which serves until all of it was copied.
 */
#ifndef BRAIDCTL_REPLACE_H
#define BRAIDCTL_REPLACE_H

#include "braidctl/live.h"
#include "braidctl/request.h"

int array_replace(const struct request *request);

/* Is this the device that a member of the array is copied to? */
bool replace_is_twin(const struct live *live, const char *path);

/* Was everything copied that is to be, so that the device can take the slot? */
bool replace_is_due(const struct dm_raid_status *status);

/**
 * replace_finish() - let a device to which all was copied take its slot
 * @name: the array
 *
 * Takes its turn.
 *
 * Return: 0, also if it is not due any more; or EXIT_FAILED after a complaint.
 */
int replace_finish(const char *name);

#endif
