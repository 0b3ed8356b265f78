/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The spares that an array is created with: --spares DEV[,DEV...]. */
#ifndef BRAIDCTL_CREATE_SPARES_H
#define BRAIDCTL_CREATE_SPARES_H

#include "braidctl/request.h"
#include "dm/raid.h"

/*
 * Before anything is written: nobody uses them, nothing is on them, they are
 * other devices than the members and as large as the @smallest of these.
 * Return: 0 or an exit status, after a complaint.
 */
int create_spares_check(const struct request *request,
			const struct dm_raid_table *table, uint64_t smallest);

/*
 * Once the array is running. Crash: it lacks spares.
 * Return: 0, or EXIT_FAILED after a complaint.
 */
int create_spares_make(const struct request *request);

#endif
