/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef DELTA_STRONG_H
#define DELTA_STRONG_H

#include <openssl/evp.h>
#include <stddef.h>
#include <stdint.h>

#define DELTA_STRONG_MAX 32
#define DELTA_KEY_SIZE 32

/* The numbers stand in files: never reuse one. */
enum delta_strong_kind {
	DELTA_BLAKE2B = 1, /* BLAKE2b with a digest of 32 bytes */
	DELTA_SHA256 = 2,
	DELTA_MD5 = 3, /* broken; to compare with other tools */
	DELTA_XXH3 = 4, /* XXH3-128 under a secret key */
};

/**
 * struct delta_strong - a strong hash, ready for use by any number of threads.
 * @kind: which
 * @size: bytes of a whole digest
 * @md: OpenSSL's implementation, for SHA-256 and MD5
 * @secret: what XXH3 mixes in, made from the key
 */
struct delta_strong {
	enum delta_strong_kind kind;
	unsigned int size;
	EVP_MD *md;
	uint8_t secret[192];
};

/**
 * delta_strong_find - the hash called @name, 0 if there is none.
 */
enum delta_strong_kind delta_strong_find(const char *name);

/** delta_strong_name - the name of a hash, NULL if there is no such hash */
const char *delta_strong_name(unsigned int kind);

/** delta_strong_size - bytes of a hash's whole digest, 0 if there is none */
unsigned int delta_strong_size(unsigned int kind);

static inline int delta_strong_keyed(unsigned int kind)
{
	return kind == DELTA_XXH3;
}

/**
 * delta_strong_init - make a hash ready.
 * @kind: a kind that delta_strong_size() knows
 * @key: DELTA_KEY_SIZE bytes, if the kind is keyed
 *
 * Returns 0 or -ENOTSUP, if this OpenSSL lacks the hash.
 */
int delta_strong_init(struct delta_strong *strong, enum delta_strong_kind kind,
		      const uint8_t *key);
void delta_strong_free(struct delta_strong *strong);

/** delta_strong_hash - the digest of @len bytes; @out has DELTA_STRONG_MAX */
void delta_strong_hash(const struct delta_strong *strong, const void *data,
		       size_t len, uint8_t *out);

/** delta_strong_many - the digests of @count messages of one length */
void delta_strong_many(const struct delta_strong *strong,
		       const uint8_t *const *in, size_t len, unsigned int count,
		       uint8_t (*out)[DELTA_STRONG_MAX]);

struct delta_strong_stream;

/** delta_strong_stream_new - begin a digest of bytes that come in pieces */
struct delta_strong_stream *
delta_strong_stream_new(const struct delta_strong *strong);
void delta_strong_stream_add(struct delta_strong_stream *stream,
			     const void *data, size_t len);
void delta_strong_stream_end(struct delta_strong_stream *stream, uint8_t *out);
void delta_strong_stream_free(struct delta_strong_stream *stream);

#endif
