/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The checksum of everything that Braid writes on disks: CRC-32C (Castagnoli),
 * reflected. Compiled into the programs, too.
 */
#ifndef BRAID_DISK_SUM_H
#define BRAID_DISK_SUM_H

#include <linux/types.h>

#define DISK_SUM_INIT (~0U)

/* Go on with @sum, from DISK_SUM_INIT; the result is inverted at the end. */
__u32 disk_sum_add(__u32 sum, const void *data, __u32 size);

#endif
