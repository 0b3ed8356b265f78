/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What the copy store holds: one record a copy. A copy is the content of a
 * block from the close of era "from", in which it was last written, to the close
 * of era "to": the next write came in the era after. Every view of an era in
 * [from, to] reads the same copy; there is one copy however many views there are.
 *
 * Pure: no I/O, see tests/view-records_kunit.c.
 */
#ifndef BRAID_VIEW_RECORDS_H
#define BRAID_VIEW_RECORDS_H

#include <linux/list.h>
#include <linux/types.h>

struct view_record {
	struct hlist_node node;
	u32 block;
	u32 from;
	u32 to;
	u32 slot;
};

/**
 * view_record_find() - the record of a block that serves the view of an era
 * @head: the chain that the block's records are in
 * @block: the block
 * @era: the era of the view
 *
 * Return: the record, or NULL if there is none.
 */
static inline struct view_record *
view_record_find(const struct hlist_head *head, u32 block, u32 era)
{
	struct view_record *rec;

	hlist_for_each_entry(rec, head, node)
		if (rec->block == block && rec->from <= era && era <= rec->to)
			return rec;
	return NULL;
}

#endif
