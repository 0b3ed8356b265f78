// SPDX-License-Identifier: GPL-2.0-or-later
#include "delta/strong.h"
#include "delta/blake2b.h"

#include <assert.h>
#include <blake2.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <xxhash.h>

static const struct {
	const char *name;
	unsigned int size;
	const char *md;
} kinds[] = {
	[DELTA_BLAKE2B] = { "blake2b", 32, NULL },
	[DELTA_SHA256] = { "sha256", 32, "SHA256" },
	[DELTA_MD5] = { "md5", 16, "MD5" },
	[DELTA_XXH3] = { "xxh3", 16, NULL },
};

#define KINDS (sizeof(kinds) / sizeof(kinds[0]))

struct delta_strong_stream {
	const struct delta_strong *strong;
	EVP_MD_CTX *evp;
	XXH3_state_t *xxh3;
	blake2b_state blake2b;
};

enum delta_strong_kind delta_strong_find(const char *name)
{
	unsigned int i;

	for (i = 1; i < KINDS; i++)
		if (!strcmp(kinds[i].name, name))
			return (enum delta_strong_kind)i;
	return 0;
}

const char *delta_strong_name(unsigned int kind)
{
	return kind < KINDS ? kinds[kind].name : NULL;
}

unsigned int delta_strong_size(unsigned int kind)
{
	return kind < KINDS ? kinds[kind].size : 0;
}

/* XXH3 wants 136 bytes of secret or more, with no pattern in them. */
static void derive_secret(uint8_t *secret, size_t size, const uint8_t *key)
{
	uint8_t part;

	for (part = 0; (size_t)part * BLAKE2B_OUTBYTES < size; part++)
		blake2b(secret + (size_t)part * BLAKE2B_OUTBYTES, &part, key,
			BLAKE2B_OUTBYTES, sizeof(part), DELTA_KEY_SIZE);
}

int delta_strong_init(struct delta_strong *strong, enum delta_strong_kind kind,
		      const uint8_t *key)
{
	_Static_assert(sizeof(strong->secret) % BLAKE2B_OUTBYTES == 0,
		       "the secret is made of whole digests");
	memset(strong, 0, sizeof(*strong));
	assert(delta_strong_size(kind));
	strong->kind = kind;
	strong->size = kinds[kind].size;
	if (kinds[kind].md) {
		strong->md = EVP_MD_fetch(NULL, kinds[kind].md, NULL);
		if (!strong->md)
			return -ENOTSUP;
	}
	if (delta_strong_keyed(kind))
		derive_secret(strong->secret, sizeof(strong->secret), key);
	return 0;
}

void delta_strong_free(struct delta_strong *strong)
{
	EVP_MD_free(strong->md);
	strong->md = NULL;
}

void delta_strong_hash(const struct delta_strong *strong, const void *data,
		       size_t len, uint8_t *out)
{
	switch (strong->kind) {
	case DELTA_BLAKE2B:
		blake2b(out, data, NULL, strong->size, len, 0);
		break;
	case DELTA_XXH3:
		XXH128_canonicalFromHash(
			(XXH128_canonical_t *)out,
			XXH3_128bits_withSecret(data, len, strong->secret,
						sizeof(strong->secret)));
		break;
	default:
		/* Fails only for lack of memory: then no digest may be right. */
		if (!EVP_Digest(data, len, out, NULL, strong->md, NULL))
			abort();
	}
}

void delta_strong_many(const struct delta_strong *strong,
		       const uint8_t *const *in, size_t len, unsigned int count,
		       uint8_t (*out)[DELTA_STRONG_MAX])
{
	unsigned int i;

	if (strong->kind == DELTA_BLAKE2B) {
		blake2b_256_many(in, len, count, out);
		return;
	}
	for (i = 0; i < count; i++)
		delta_strong_hash(strong, in[i], len, out[i]);
}

static int stream_init(struct delta_strong_stream *s)
{
	const struct delta_strong *strong = s->strong;

	switch (strong->kind) {
	case DELTA_BLAKE2B:
		return blake2b_init(&s->blake2b, strong->size) == 0;
	case DELTA_XXH3:
		s->xxh3 = XXH3_createState();
		return s->xxh3 &&
		       XXH3_128bits_reset_withSecret(s->xxh3, strong->secret,
						     sizeof(strong->secret)) ==
			       XXH_OK;
	default:
		s->evp = EVP_MD_CTX_new();
		return s->evp && EVP_DigestInit_ex2(s->evp, strong->md, NULL);
	}
}

struct delta_strong_stream *
delta_strong_stream_new(const struct delta_strong *strong)
{
	struct delta_strong_stream *s = calloc(1, sizeof(*s));

	if (!s)
		return NULL;
	s->strong = strong;
	if (!stream_init(s)) {
		delta_strong_stream_free(s);
		return NULL;
	}
	return s;
}

void delta_strong_stream_add(struct delta_strong_stream *s, const void *data,
			     size_t len)
{
	switch (s->strong->kind) {
	case DELTA_BLAKE2B:
		blake2b_update(&s->blake2b, data, len);
		break;
	case DELTA_XXH3:
		XXH3_128bits_update(s->xxh3, data, len);
		break;
	default:
		if (!EVP_DigestUpdate(s->evp, data, len))
			abort();
	}
}

void delta_strong_stream_end(struct delta_strong_stream *s, uint8_t *out)
{
	switch (s->strong->kind) {
	case DELTA_BLAKE2B:
		blake2b_final(&s->blake2b, out, s->strong->size);
		break;
	case DELTA_XXH3:
		XXH128_canonicalFromHash((XXH128_canonical_t *)out,
					 XXH3_128bits_digest(s->xxh3));
		break;
	default:
		if (!EVP_DigestFinal_ex(s->evp, out, NULL))
			abort();
	}
}

void delta_strong_stream_free(struct delta_strong_stream *s)
{
	if (!s)
		return;
	EVP_MD_CTX_free(s->evp);
	XXH3_freeState(s->xxh3);
	free(s);
}
