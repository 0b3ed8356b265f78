/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What the test does with the kernel of kernel.h: run it, crash it, look at it. */
#ifndef MODEL_SIM_H
#define MODEL_SIM_H

#include "kernel.h"

/* threads.c */
extern bool sim_verbose;
void sim_seed(u64 seed);
void sim_thread(void (*run)(void *arg), void *arg);
bool sim_step(void);
void sim_drain(void);			/* until all that was begun has ended */
unsigned int sim_busy(void);		/* threads that are not done */
unsigned int sim_memory(void);		/* pieces that were not given back */
void sim_reset(void);			/* everything is gone but the disks */

/*
 * block.c. The origin and the copy store are made of blocks, each of which is a
 * number that says which write it holds; the beginning of the metadata device is
 * made of sectors.
 */
struct sim_disks {
	unsigned int block_sectors;
	u32 nr_blocks;
	u64 *origin, *origin_durable;
	u64 *store;
	u32 nr_sectors;			/* of log and map */
	u8 (*meta)[512], (*meta_durable)[512];
	bool meta_fails;		/* but for the copy store */
	u32 flushes;
};

extern struct sim_disks sim_disks;
extern struct block_device sim_origin, sim_meta;

void sim_disks_make(unsigned int block_sectors, u32 nr_blocks, u32 nr_sectors,
		    u32 store_blocks);
void sim_disks_free(void);
void sim_power_cut(void);
unsigned int sim_flights(void);
void sim_land(unsigned int index);
void sim_flights_forget(void);

/* All variables of the module, see the Makefile. */
extern char __start_kdata[], __stop_kdata[];

#endif
