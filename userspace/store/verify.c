// SPDX-License-Identifier: GPL-2.0-or-later
#include <errno.h>
#include <openssl/evp.h>
#include <string.h>

#include "log/log.h"
#include "store/internal.h"
#include "store/verify.h"
#include "wire/hex.h"

/* s->raw is free while nothing is staged. */
static int hash_image(struct store *s, EVP_MD_CTX *md)
{
	uint64_t at, part, end = s->state.image_bytes;
	int ret = 0;

	for (at = 0; at < end && ret == 0; at += part) {
		if (atomic_load(&s->hurry))
			return -ECANCELED;
		part = end - at < WIRE_DATA_MAX ? end - at : WIRE_DATA_MAX;
		ret = image_read(&s->image, s->raw, part, at);
		if (ret == 0 && EVP_DigestUpdate(md, s->raw, part) != 1)
			ret = -EIO;
	}
	return ret;
}

int verify_image(struct store *s, bool *same, struct err *e)
{
	uint8_t sha256[WIRE_SHA256_BYTES];
	char text[HEX_TEXT(WIRE_SHA256_BYTES)];
	EVP_MD_CTX *md = EVP_MD_CTX_new();
	int ret = -EIO;

	if (md != NULL && EVP_DigestInit_ex(md, EVP_sha256(), NULL) == 1)
		ret = hash_image(s, md);
	if (ret == 0 && EVP_DigestFinal_ex(md, sha256, NULL) != 1)
		ret = -EIO;
	EVP_MD_CTX_free(md);
	if (ret == -ECANCELED)
		return ret;
	if (ret < 0)
		return err_sys(e, -ret, "cannot hash the image %s",
			       s->image_path);
	*same = memcmp(sha256, s->state.sha256, sizeof(sha256)) == 0;
	log_info("era %llu sha256 %s", (unsigned long long)s->state.era,
		 hex_text(text, sha256, sizeof(sha256)));
	return 0;
}
