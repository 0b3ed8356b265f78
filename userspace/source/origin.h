/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Where eras come from: a device that is tracked, or anything that is to be
 * compared from end to end.
 */
#ifndef SOURCE_ORIGIN_H
#define SOURCE_ORIGIN_H

#include <json-c/json.h>

#include "config/config.h"
#include "err/err.h"
#include "source/lineage.h"
#include "wire/wire.h"

struct origin;

/* An era, and how to ship it; final once the last range was told. */
struct origin_era {
	uint64_t number;
	uint64_t closed_at_ms;
	struct wire_cursor cursor;
	int fd; /* shows all of the device as of this era */
	bool whole; /* its ranges are all of the device, from that fd */
	uint64_t total_bytes; /* of its ranges */
};

/* A part of the device to be shipped. */
struct origin_range {
	struct wire_range at;
	int fd; /* to read from */
	bool blind; /* without asking the replica what it has there */
	bool discarded; /* what of it is zero, nobody misses */
};

#define ORIGIN_BARRIER 2

/*
 * All but status() may block and are called in the worker's thread only, as
 * libdevmapper is for one thread.
 */
struct origin_ops {
	/* Close an era on top of what the replica has. */
	int (*close)(struct origin *o, const struct wire_state *peer,
		     struct origin_era *era, struct err *e);
	/*
	 * The next range of it. Return: 1, 0 at the end, ORIGIN_BARRIER to be
	 * asked again when all before it were read, -errno.
	 */
	int (*next)(struct origin *o, struct origin_era *era,
		    struct origin_range *range, struct err *e);
	/* Whether the era can still be read: a sentence if not; may be NULL. */
	int (*check)(struct origin *o, struct err *e);
	/* A range was read and won't be read again; called in order. */
	void (*release)(struct origin *o, const struct wire_range *range);
	/* The era was committed, or given up. */
	void (*end)(struct origin *o);
	/* More fields for the status. */
	void (*status)(struct origin *o, struct json_object *status);
	void (*free)(struct origin *o);
};

struct origin {
	const struct origin_ops *ops;
	uint64_t bytes; /* of the device */
	bool block; /* it is one, not a file */
};

int origin_scan_open(struct origin **out, const struct config *config,
		     struct err *e);
/* @lineage: whose state directory is ours; it must stay */
int origin_track_open(struct origin **out, const struct config *config,
		      const struct lineage *lineage, struct err *e);

/** origin_device_open - open and measure what is to be read; or leave @o */
int origin_device_open(struct origin *o, const char *path, struct err *e);
uint64_t origin_now_ms(void);

#endif
