// SPDX-License-Identifier: GPL-2.0-or-later
/* The envelope: magic, version, type, length, sequence number, checksums. */
#include <assert.h>
#include <errno.h>
#include <xxhash.h>

#include "wire/cursor.h"
#include "wire/wire.h"

#define HEADER_SUMMED 32 /* what the header's own sum covers */
#define HEADER_LENGTH_AT 8
#define HEADER_SEQUENCE_AT 16
#define HEADER_SUM_AT 24

static const char *const type_names[WIRE_TYPE_END] = {
	[0] = "none",
	[WIRE_HELLO] = "hello",
	[WIRE_STATE] = "state",
	[WIRE_SIG_REQUEST] = "signature request",
	[WIRE_SIGS] = "signatures",
	[WIRE_ERA_BEGIN] = "era begin",
	[WIRE_DATA] = "data",
	[WIRE_ZERO] = "zero",
	[WIRE_DISCARD] = "discard",
	[WIRE_REFERENCE] = "reference",
	[WIRE_ERA_COMMIT] = "era commit",
	[WIRE_ACK] = "ack",
	[WIRE_ERROR] = "error",
	[WIRE_KEEPALIVE] = "keepalive",
	[WIRE_BYE] = "bye",
};

const char *wire_type_name(uint8_t type)
{
	return type < WIRE_TYPE_END ? type_names[type] : "unknown";
}

bool wire_is_instruction(uint8_t type)
{
	return type >= WIRE_DATA && type <= WIRE_REFERENCE;
}

uint64_t wire_sum(const void *buf, size_t len)
{
	return XXH3_64bits(buf, len);
}

uint64_t wire_digest(uint64_t digest, uint64_t payload_sum)
{
	uint64_t pair[2] = { htole64(digest), htole64(payload_sum) };

	return wire_sum(pair, sizeof(pair));
}

/* The engine's keys are longer; what the key lacks is zeroes. */
void wire_key_init(struct wire_key *key, const uint8_t bytes[WIRE_KEY_BYTES])
{
	uint8_t full[DELTA_KEY_SIZE] = { 0 };

	_Static_assert(sizeof(full) >= WIRE_KEY_BYTES, "a key would be cut");
	memcpy(full, bytes, WIRE_KEY_BYTES);
	/* this kind of hash is in no library that may lack it */
	delta_strong_init(&key->strong, DELTA_XXH3, full);
}

void wire_print(uint8_t out[WIRE_PRINT_BYTES], const struct wire_key *key,
		const void *block, size_t len)
{
	uint8_t digest[DELTA_STRONG_MAX];

	delta_strong_hash(&key->strong, block, len, digest);
	memcpy(out, digest, WIRE_PRINT_BYTES);
}

int wire_header_get(const uint8_t *buf, struct wire_header *h, struct err *e)
{
	struct reader r = { .p = buf, .left = WIRE_HEADER_BYTES };
	uint32_t reserved;

	if (reader_u32(&r) != WIRE_MAGIC)
		return err_set(e, EBADMSG, "not a frame of this format");
	h->version = reader_u16(&r);
	h->type = reader_u8(&r);
	h->flags = reader_u8(&r);
	h->length = reader_u32(&r);
	reserved = reader_u32(&r);
	h->sequence = reader_u64(&r);
	h->payload_sum = reader_u64(&r);
	if (reader_u64(&r) != wire_sum(buf, HEADER_SUMMED))
		return err_set(e, EBADMSG, "a frame's header is damaged");
	if (h->version != WIRE_VERSION)
		return err_set(
			e, EPROTONOSUPPORT,
			"the peer speaks version %u of the format, this side speaks version %u",
			h->version, WIRE_VERSION);
	if (h->length > WIRE_PAYLOAD_MAX)
		return err_set(
			e, EBADMSG,
			"a frame of %u bytes is longer than the %u allowed",
			h->length, WIRE_PAYLOAD_MAX);
	if (h->type == 0 || h->type >= WIRE_TYPE_END)
		return err_set(e, EBADMSG, "a frame has the unknown type %u",
			       h->type);
	if (h->flags != 0 || reserved != 0)
		return err_set(e, EBADMSG,
			       "a frame has flags that this side doesn't know");
	return 0;
}

bool wire_payload_check(const struct wire_header *h, const uint8_t *payload)
{
	return wire_sum(payload, h->length) == h->payload_sum;
}

void wire_frame(uint8_t *buf, enum wire_type type, uint32_t length)
{
	struct writer w = { .p = buf };

	assert(length <= WIRE_PAYLOAD_MAX);
	writer_u32(&w, WIRE_MAGIC);
	writer_u16(&w, WIRE_VERSION);
	writer_u8(&w, (uint8_t)type);
	writer_u8(&w, 0);
	writer_u32(&w, length);
	writer_u32(&w, 0);
	writer_u64(&w, 0);
	writer_u64(&w, wire_sum(buf + WIRE_HEADER_BYTES, length));
	writer_u64(&w, wire_sum(buf, HEADER_SUMMED));
}

void wire_seal(uint8_t *buf, uint64_t sequence)
{
	struct writer w = { .p = buf + HEADER_SEQUENCE_AT };

	writer_u64(&w, sequence);
	w.p = buf + HEADER_SUMMED;
	writer_u64(&w, wire_sum(buf, HEADER_SUMMED));
}

size_t wire_frame_bytes(const uint8_t *buf)
{
	struct reader r = { .p = buf + HEADER_LENGTH_AT, .left = 4 };

	return WIRE_HEADER_BYTES + reader_u32(&r);
}

uint64_t wire_frame_sum(const uint8_t *buf)
{
	struct reader r = { .p = buf + HEADER_SUM_AT, .left = 8 };

	return reader_u64(&r);
}
