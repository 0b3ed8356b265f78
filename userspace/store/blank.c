// SPDX-License-Identifier: GPL-2.0-or-later
/* Whether the first image would overwrite something. */
#include <blkid.h>
#include <errno.h>

#include "store/internal.h"

static const char *value(blkid_probe probe, const char *name)
{
	const char *text;

	return blkid_probe_lookup_value(probe, name, &text, NULL) ? NULL : text;
}

/* What libblkid finds, or NULL. */
static const char *signature(blkid_probe probe)
{
	const char *found;

	blkid_probe_enable_superblocks(probe, 1);
	blkid_probe_enable_partitions(probe, 1);
	switch (blkid_do_safeprobe(probe)) {
	case 0:
		found = value(probe, "TYPE");
		if (found == NULL)
			found = value(probe, "PTTYPE");
		return found != NULL ? found : "of an unknown kind";
	case -2:
		return "of more than one kind";
	default:
		return NULL;
	}
}

int store_check_blank(struct store *s, struct err *e)
{
	blkid_probe probe;
	const char *found;
	int ret = 0;

	if (s->state.status != WIRE_EMPTY || image_is_unmade(&s->image))
		return 0;
	probe = blkid_new_probe();
	if (probe == NULL ||
	    blkid_probe_set_device(probe, s->image.fd, 0, 0) != 0) {
		blkid_free_probe(probe);
		return err_set(e, EIO, "cannot look for signatures on %s",
			       s->image_path);
	}
	found = signature(probe);
	if (found != NULL)
		ret = err_set(
			e, EEXIST,
			"the image %s has a signature (%s) and %s says nothing was ever received; overwrite = yes in [replica] lets the first image overwrite it",
			s->image_path, found, s->dir);
	blkid_free_probe(probe);
	return ret;
}
