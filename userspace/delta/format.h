/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef DELTA_FORMAT_H
#define DELTA_FORMAT_H

/* Documentation/delta-format.md describes the files these belong to. */

#define DELTA_SIGNATURE_MAGIC \
	"\x89"                \
	"BSG"
#define DELTA_DELTA_MAGIC \
	"\x89"            \
	"BDL"
#define DELTA_MAGIC_SIZE 4
#define DELTA_FORMAT_VERSION 1

#define DELTA_FLAG_ZSTD 1U /* the delta's body is a zstd frame */
#ifdef FUZZING_BUILD_MODE_UNSAFE_FOR_PRODUCTION
#define DELTA_ZSTD_WINDOW_LOG 12 /* 16 MiB each time would slow fuzzers down */
#else
#define DELTA_ZSTD_WINDOW_LOG 24
#endif

/* The lowest bit of the number that begins a group of a signature … */
#define DELTA_GROUP_REPEAT 1U
/* … and of the number that begins an instruction. */
#define DELTA_OP_REFERENCE 1U
/* A reference to nothing is a run of zeroes; its length follows. */
#define DELTA_OP_ZEROES DELTA_OP_REFERENCE

#define DELTA_DATA_MAX (1U << 20) /* bytes that one data instruction holds */
#define DELTA_ZEROES_MAX (1U << 30) /* bytes that one instruction makes */
#ifdef FUZZING_BUILD_MODE_UNSAFE_FOR_PRODUCTION
#define DELTA_ZEROES_UNIT 64U
#else
#define DELTA_ZEROES_UNIT 4096U /* data are looked at in pieces of this size */
#endif

#endif
