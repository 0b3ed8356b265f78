// SPDX-License-Identifier: GPL-2.0-only
#define pr_fmt(fmt) "braid: " fmt

#include <linux/atomic.h>
#include <linux/mm.h>
#include <linux/printk.h>
#include <linux/slab.h>
#include <linux/vmalloc.h>

#include "budget.h"

static atomic_long_t used;	/* bytes */

size_t budget_used(void)
{
	return atomic_long_read(&used);
}

static unsigned long budget_most(void)
{
	return (totalram_pages() / 4) << PAGE_SHIFT;
}

/**
 * budget_take() - count memory that the caller gets by himself
 * @size: how much, in bytes
 *
 * Context: any.
 * Return: whether that much was left; if so, it is for budget_give_back().
 */
bool budget_take(size_t size)
{
	unsigned long most = budget_most();

	if (size > most)
		return false;
	if (atomic_long_add_return(size, &used) <= most)
		return true;
	budget_give_back(size);
	return false;
}

void budget_give_back(size_t size)
{
	atomic_long_sub(size, &used);
}

/**
 * budget_zalloc() - get zeroed memory of a size that a device decides
 * @size: how much, in bytes
 *
 * Doesn't have processes killed for it.
 *
 * Context: may sleep.
 * Return: the memory, or NULL if there is none, or too little left for others;
 *	the latter is said.
 */
void *budget_zalloc(size_t size)
{
	const gfp_t gfp = GFP_KERNEL | __GFP_ZERO | __GFP_RETRY_MAYFAIL |
			  __GFP_NOWARN;
	void *p;

	if (!budget_take(size)) {
		pr_err("%zu bytes for a map or a view are refused: all of them may take %lu, %zu are in use\n",
		       size, budget_most(), budget_used());
		return NULL;
	}
	/* kvmalloc has an upper limit that a map of 4 KiB blocks can reach */
	p = size <= INT_MAX ? kvmalloc(size, gfp) : __vmalloc(size, gfp);
	if (!p)
		budget_give_back(size);
	return p;
}

/* Takes NULL, too. */
void budget_free(const void *p, size_t size)
{
	if (!p)
		return;
	kvfree(p);
	budget_give_back(size);
}
