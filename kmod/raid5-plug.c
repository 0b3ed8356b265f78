// SPDX-License-Identifier: GPL-2.0-only
/*
 * RAID 5: waiting for the rest of a stripe.
 *
 * Requests that follow one another on disk seldom end where a stripe does. The
 * piece behind the last whole stripe, written at once, costs reads and a second
 * write of the parity; the request that follows makes the stripe whole. So a
 * band whose first write begins where its stripe does is held back while rounds
 * are under way, as the members have enough to do: until its stripe is whole,
 * the last round has ended, or for RAID5_PLUG_MS, whichever comes first. With
 * nothing under way nobody waits.
 *
 * Whoever takes a band off the list begins it, and nobody else: while it is on
 * the list it can't go away.
 */
#include "raid5.h"

/* At 100 MB/s four members get 1 MiB in a third of that; and a tick, as one is short. */
#define RAID5_PLUG_MS	10

static void begin_all(struct raid5 *r5)
{
	struct raid5_plug *plug = &r5->plug;
	struct raid5_band *band, *next;
	unsigned long flags;

	spin_lock_irqsave(&plug->lock, flags);
	list_for_each_entry_safe(band, next, &plug->bands, plugged) {
		list_del_init(&band->plugged);
		queue_work(r5->wq, &band->work);
	}
	spin_unlock_irqrestore(&plug->lock, flags);
}

static void lose_patience(struct work_struct *work)
{
	struct raid5_plug *plug = container_of(to_delayed_work(work),
					       struct raid5_plug, patience);

	begin_all(container_of(plug, struct raid5, plug));
}

/**
 * raid5_plug_hold() - hold a band back, if rounds are under way
 * @band: the band, not begun
 *
 * Any context, under the bucket's lock.
 *
 * Return: whether it is held; if so it will begin by itself.
 */
bool raid5_plug_hold(struct raid5_band *band)
{
	struct raid5 *r5 = band->r5;
	struct raid5_plug *plug = &r5->plug;
	unsigned long flags;
	bool hold;

	if (!atomic_read(&plug->rounds))
		return false;
	spin_lock_irqsave(&plug->lock, flags);
	/* again, for the last round looks at the list after it was counted */
	hold = atomic_read(&plug->rounds);
	if (hold) {
		list_add_tail(&band->plugged, &plug->bands);
		queue_delayed_work(r5->wq, &plug->patience,
				   msecs_to_jiffies(RAID5_PLUG_MS) + 1);
	}
	spin_unlock_irqrestore(&plug->lock, flags);
	return hold;
}

/**
 * raid5_plug_pull() - begin a band, if it is held back
 * @band: the band
 *
 * Any context, under the bucket's lock.
 */
void raid5_plug_pull(struct raid5_band *band)
{
	struct raid5 *r5 = band->r5;
	unsigned long flags;

	spin_lock_irqsave(&r5->plug.lock, flags);
	if (!list_empty(&band->plugged)) {
		list_del_init(&band->plugged);
		queue_work(r5->wq, &band->work);
	}
	spin_unlock_irqrestore(&r5->plug.lock, flags);
}

/**
 * raid5_plug_ended() - a round has ended, which raid5_plug.rounds had counted
 * @r5: the array
 */
void raid5_plug_ended(struct raid5 *r5)
{
	if (atomic_dec_and_test(&r5->plug.rounds))
		begin_all(r5);
}

/**
 * raid5_plug_init() - nothing is held back
 * @r5: the array
 */
void raid5_plug_init(struct raid5 *r5)
{
	spin_lock_init(&r5->plug.lock);
	INIT_LIST_HEAD(&r5->plug.bands);
	INIT_DELAYED_WORK(&r5->plug.patience, lose_patience);
}
