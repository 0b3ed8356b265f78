/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The state file: two slots of 4 KiB, written in turn. The newest slot whose
 * checksum is right counts, so a torn write leaves what was before. Its room
 * is taken when it is made: where a filesystem overwrites in place, a full disk
 * doesn't stop a commit or a promotion. A write that failed leaves nobody
 * knows what: the store is of no use then until it is opened again.
 *
 * A slot, little-endian:
 *	  0   8	"BRAIDST1"
 *	  8   8	sequence
 *	 16   1	status (enum wire_status)
 *	 17   1	flags: 1 verify, 2 diverged, 4 distrust
 *	 18   6	0
 *	 24  16	lineage
 *	 40   8	era
 *	 48   8	committed_at_ms
 *	 56  16	cursor: map id
 *	 72   8	cursor: era of the map
 *	 80   8	image_bytes
 *	 88  16	key
 *	104   8	log_bytes
 *	112   8	log_sum
 *	120  32	sha256
 *	152  16	own_lineage
 *	168   8	promoted_at_ms
 *	176   8	XXH3 (64 bits, seed 0) of the 176 bytes before
 */
#ifndef STORE_STATE_H
#define STORE_STATE_H

#include "store/store.h"

#define STATE_SLOT_BYTES 4096
#define STATE_BYTES 184

void state_encode(uint8_t slot[STATE_BYTES], const struct store_state *s);
/** state_decode - Return: 0, or -EBADMSG for anything but a whole slot */
int state_decode(struct store_state *s, const uint8_t slot[STATE_BYTES]);

/**
 * state_load - read the newest slot
 * A slot that can't be read is an error: the other one may be the older.
 * Return: 0, -ENOENT if the file was never written, -errno.
 */
int state_load(struct store_state *s, int dir_fd, const char *dir,
	       struct err *e);

/**
 * state_save - write @s with the next sequence number, durably
 * Crash: before or within the write the old state counts, after it the new.
 */
int state_save(struct store_state *s, int dir_fd, const char *dir,
	       struct err *e);

#endif
