// SPDX-License-Identifier: GPL-2.0-only
/*
 * Module entry: registers the targets, in the order of the table, and
 * unregisters them in the reverse order.
 */
#include <linux/module.h>
#include <linux/device-mapper.h>

#include "targets.h"

static struct target_type *const targets[] = {
	&braid_raid_target,
	&braid_track_target,
	&braid_view_target,
};

static int __init dm_braid_init(void)
{
	int i, r;

	for (i = 0; i < ARRAY_SIZE(targets); i++) {
		r = dm_register_target(targets[i]);
		if (r)
			goto out_unregister;
	}
	return 0;

out_unregister:
	while (i--)
		dm_unregister_target(targets[i]);
	return r;
}

static void __exit dm_braid_exit(void)
{
	int i = ARRAY_SIZE(targets);

	while (i--)
		dm_unregister_target(targets[i]);
}

module_init(dm_braid_init);
module_exit(dm_braid_exit);

MODULE_DESCRIPTION("Braid: RAID, changed-block tracking by eras, frozen views");
MODULE_LICENSE("GPL");
