/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What source and replica say to each other, as bytes. Pure: nothing here
 * reads, writes, allocates or keeps state, and every parser takes any input.
 * Documentation/wire-format.md describes each byte.
 */
#ifndef WIRE_WIRE_H
#define WIRE_WIRE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "delta/strong.h"
#include "err/err.h"

#define WIRE_MAGIC 0x44575242U /* "BRWD" */
#define WIRE_VERSION 1
#define WIRE_HEADER_BYTES 40
#define WIRE_PAYLOAD_MAX (1U << 20)
#define WIRE_FRAME_MAX (WIRE_HEADER_BYTES + WIRE_PAYLOAD_MAX)

#define WIRE_BLOCK_BYTES 4096U /* what one fingerprint covers */
#define WIRE_PRINT_BYTES 16U
#define WIRE_LINEAGE_BYTES 16U
#define WIRE_KEY_BYTES 16U
#define WIRE_NAME_MAX 32U
#define WIRE_SENTENCE_MAX 320U
#define WIRE_SIGS_MAX 1024U /* fingerprints in a frame */
#define WIRE_DATA_MAX (1U << 19) /* uncompressed, in a frame */
#define WIRE_SHA256_BYTES 32U

enum wire_type {
	WIRE_HELLO = 1, /* source: who I am */
	WIRE_STATE, /* replica: what I hold */
	WIRE_SIG_REQUEST, /* source: fingerprints of a range, please */
	WIRE_SIGS, /* replica: here they are */
	WIRE_ERA_BEGIN, /* source: an era starts */
	WIRE_DATA, /* source: bytes */
	WIRE_ZERO, /* source: a range is zero */
	WIRE_DISCARD, /* source: a range is unused, make it zero */
	WIRE_REFERENCE, /* source: a range is as another one was */
	WIRE_ERA_COMMIT, /* source: the era is complete */
	WIRE_ACK, /* replica: and durable */
	WIRE_ERROR, /* either: why I hang up */
	WIRE_KEEPALIVE, /* either: I am alive */
	WIRE_BYE, /* either: I hang up, nothing is wrong */
	WIRE_TYPE_END
};

enum wire_status {
	WIRE_EMPTY = 0, /* no image yet */
	WIRE_INITIALISING, /* first image under way, nothing committed */
	WIRE_COMMITTED,
	WIRE_PROMOTED
};

enum wire_error {
	WIRE_E_PROTOCOL = 1, /* the peer doesn't keep to the format */
	WIRE_E_VERSION,
	WIRE_E_LINEAGE, /* the image belongs to another lineage */
	WIRE_E_PROMOTED,
	WIRE_E_SIZE, /* the image has another size */
	WIRE_E_BUSY, /* another source is connected */
	WIRE_E_STORAGE, /* image or state directory failed */
	WIRE_E_ERROR_END
};

enum wire_encoding {
	WIRE_RAW = 0,
	WIRE_ZSTD = 1
};

struct wire_header {
	uint16_t version;
	uint8_t type;
	uint8_t flags;
	uint32_t length;
	uint64_t sequence;
	uint64_t payload_sum;
};

struct wire_hello {
	uint16_t version_min, version_max;
	uint32_t block_bytes;
	uint8_t lineage[WIRE_LINEAGE_BYTES];
	uint64_t device_bytes;
	char name[WIRE_NAME_MAX + 1];
};

/* Where in a tracked device's history an era ends; all zero: nowhere. */
struct wire_cursor {
	uint8_t map_id[16];
	uint64_t map_era;
};

struct wire_state {
	uint16_t version;
	uint8_t status;
	uint8_t lineage[WIRE_LINEAGE_BYTES];
	uint64_t era;
	uint64_t committed_at_ms; /* when the era was closed, Unix time */
	struct wire_cursor cursor;
	uint64_t image_bytes;
	uint8_t key[WIRE_KEY_BYTES]; /* of the fingerprints */
};

struct wire_range {
	uint64_t offset, length;
};

struct wire_sigs {
	uint64_t offset;
	uint32_t count;
	const uint8_t *prints;
};

struct wire_era_begin {
	uint64_t base_era;
	uint64_t device_bytes;
};

struct wire_data {
	uint64_t offset;
	uint32_t raw_bytes;
	uint8_t encoding;
	const uint8_t *bytes;
	uint32_t length;
};

struct wire_reference {
	uint64_t offset, from;
	uint32_t length;
};

struct wire_era_commit {
	uint64_t era;
	uint64_t closed_at_ms;
	struct wire_cursor cursor;
	uint64_t frames; /* instructions since the begin */
	uint64_t digest; /* over their payload sums */
	bool has_sha256;
	uint8_t sha256[WIRE_SHA256_BYTES]; /* of the whole image */
};

struct wire_ack {
	uint64_t era;
};

struct wire_error_msg {
	uint16_t code;
	char sentence[WIRE_SENTENCE_MAX + 1];
};

/**
 * wire_header_get - check and read a header
 * @buf: WIRE_HEADER_BYTES
 * Return: 0, -EPROTONOSUPPORT for another version, -EBADMSG otherwise.
 */
int wire_header_get(const uint8_t *buf, struct wire_header *h, struct err *e);

/** wire_payload_check - whether the payload is the one that was sealed */
bool wire_payload_check(const struct wire_header *h, const uint8_t *payload);

/**
 * wire_frame - put a header in front of a payload
 * @buf: WIRE_HEADER_BYTES, followed by @length bytes of payload
 * The sequence number is 0 until wire_seal().
 */
void wire_frame(uint8_t *buf, enum wire_type type, uint32_t length);

/** wire_seal - give a frame its sequence number, last thing before sending */
void wire_seal(uint8_t *buf, uint64_t sequence);

/** wire_frame_bytes - length of a frame that wire_frame() made */
size_t wire_frame_bytes(const uint8_t *buf);

/** wire_frame_sum - the payload's checksum in a frame of wire_frame() */
uint64_t wire_frame_sum(const uint8_t *buf);

/** wire_sum - the checksum of the format: XXH3 with 64 bits, seed 0 */
uint64_t wire_sum(const void *buf, size_t len);

/* A fingerprint key, drawn out to what the delta engine's hash wants. */
struct wire_key {
	struct delta_strong strong;
};

void wire_key_init(struct wire_key *key, const uint8_t bytes[WIRE_KEY_BYTES]);

/** wire_print - fingerprint of a block: the delta engine's keyed XXH3-128 */
void wire_print(uint8_t out[WIRE_PRINT_BYTES], const struct wire_key *key,
		const void *block, size_t len);

/* An era's digest: fold the payload sum of each instruction in. */
#define WIRE_DIGEST_INIT 0x6272616964000001ULL
uint64_t wire_digest(uint64_t digest, uint64_t payload_sum);

/** wire_is_instruction - whether frames of this type make up an era */
bool wire_is_instruction(uint8_t type);
const char *wire_type_name(uint8_t type);

/*
 * Payloads. wire_put_* write a whole frame (header and payload) and return
 * its length; wire_get_* return 0 or -EBADMSG with a sentence.
 */
size_t wire_put_hello(uint8_t *buf, const struct wire_hello *m);
size_t wire_put_state(uint8_t *buf, const struct wire_state *m);
size_t wire_put_sig_request(uint8_t *buf, const struct wire_range *m);
size_t wire_put_sigs(uint8_t *buf, const struct wire_sigs *m);
size_t wire_put_era_begin(uint8_t *buf, const struct wire_era_begin *m);
/* m->bytes may already stand at buf + WIRE_HEADER_BYTES + WIRE_DATA_HEAD. */
#define WIRE_DATA_HEAD 16
size_t wire_put_data(uint8_t *buf, const struct wire_data *m);
size_t wire_put_zero(uint8_t *buf, const struct wire_range *m);
size_t wire_put_discard(uint8_t *buf, const struct wire_range *m);
size_t wire_put_reference(uint8_t *buf, const struct wire_reference *m);
size_t wire_put_era_commit(uint8_t *buf, const struct wire_era_commit *m);
size_t wire_put_ack(uint8_t *buf, const struct wire_ack *m);
size_t wire_put_error(uint8_t *buf, const struct wire_error_msg *m);
size_t wire_put_keepalive(uint8_t *buf);
size_t wire_put_bye(uint8_t *buf);

int wire_get_hello(const uint8_t *p, size_t len, struct wire_hello *m,
		   struct err *e);
int wire_get_state(const uint8_t *p, size_t len, struct wire_state *m,
		   struct err *e);
int wire_get_sig_request(const uint8_t *p, size_t len, struct wire_range *m,
			 struct err *e);
int wire_get_sigs(const uint8_t *p, size_t len, struct wire_sigs *m,
		  struct err *e);
int wire_get_era_begin(const uint8_t *p, size_t len, struct wire_era_begin *m,
		       struct err *e);
int wire_get_data(const uint8_t *p, size_t len, struct wire_data *m,
		  struct err *e);
int wire_get_zero(const uint8_t *p, size_t len, struct wire_range *m,
		  struct err *e);
int wire_get_discard(const uint8_t *p, size_t len, struct wire_range *m,
		     struct err *e);
int wire_get_reference(const uint8_t *p, size_t len, struct wire_reference *m,
		       struct err *e);
int wire_get_era_commit(const uint8_t *p, size_t len, struct wire_era_commit *m,
			struct err *e);
int wire_get_ack(const uint8_t *p, size_t len, struct wire_ack *m,
		 struct err *e);
int wire_get_error(const uint8_t *p, size_t len, struct wire_error_msg *m,
		   struct err *e);
/* keepalive and bye: nothing may follow the header */
int wire_get_empty(const uint8_t *p, size_t len, struct err *e);

#endif
