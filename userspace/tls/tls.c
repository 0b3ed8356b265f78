// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * An external key is, to OpenSSL, a session that both sides know already. So
 * "was the session reused" is the question whether the peer proved that it
 * has the key; it is asked on both sides, on top of the client refusing every
 * certificate and the server having none.
 */
#include <errno.h>
#include <openssl/err.h>
#include <openssl/ssl.h>
#include <stdlib.h>
#include <string.h>

#include "tls/tls.h"

static const unsigned char identity[] = "braid replication 1";
/* TLS_AES_128_GCM_SHA256, whose hash is the one external keys default to. */
static const unsigned char cipher_id[2] = { 0x13, 0x01 };

struct tls_ctx {
	SSL_CTX *ssl_ctx;
	uint8_t key[TLS_KEY_BYTES];
	bool server;
};

struct tls {
	SSL *ssl;
	BIO *in, *out; /* owned by ssl */
};

static int fail(struct err *e, int code, const char *what)
{
	unsigned long reason = ERR_get_error();
	const char *text = reason ? ERR_reason_error_string(reason) : NULL;

	ERR_clear_error();
	return err_set(e, code, "%s%s%s", what, text ? ": " : "",
		       text ? text : "");
}

static SSL_SESSION *session_of(SSL *ssl)
{
	struct tls_ctx *ctx = SSL_CTX_get_app_data(SSL_get_SSL_CTX(ssl));
	const SSL_CIPHER *cipher = SSL_CIPHER_find(ssl, cipher_id);
	SSL_SESSION *session = SSL_SESSION_new();

	if (session == NULL || cipher == NULL ||
	    SSL_SESSION_set1_master_key(session, ctx->key, TLS_KEY_BYTES) !=
		    1 ||
	    SSL_SESSION_set_cipher(session, cipher) != 1 ||
	    SSL_SESSION_set_protocol_version(session, TLS1_3_VERSION) != 1) {
		SSL_SESSION_free(session);
		return NULL;
	}
	return session;
}

static int client_session(SSL *ssl, const EVP_MD *md, const unsigned char **id,
			  size_t *id_len, SSL_SESSION **session)
{
	*session = session_of(ssl);
	*id = identity;
	*id_len = sizeof(identity) - 1;
	return *session != NULL;
}

static int server_session(SSL *ssl, const unsigned char *id, size_t id_len,
			  SSL_SESSION **session)
{
	*session = NULL;
	if (id_len != sizeof(identity) - 1 || memcmp(id, identity, id_len) != 0)
		return 1; /* go on without: no certificate, so it fails */
	*session = session_of(ssl);
	return *session != NULL;
}

static bool ctx_setup(struct tls_ctx *ctx)
{
	SSL_CTX *s = ctx->ssl_ctx;

	SSL_CTX_set_app_data(s, ctx);
	SSL_CTX_set_options(s, SSL_OP_NO_TICKET | SSL_OP_NO_RENEGOTIATION |
				       SSL_OP_NO_COMPRESSION);
	SSL_CTX_set_session_cache_mode(s, SSL_SESS_CACHE_OFF);
	SSL_CTX_set_num_tickets(s, 0);
	/* No authority is trusted, so a client takes no certificate. */
	SSL_CTX_set_verify(s, ctx->server ? SSL_VERIFY_NONE : SSL_VERIFY_PEER,
			   NULL);
	SSL_CTX_set_mode(s, SSL_MODE_AUTO_RETRY);
	SSL_CTX_set_read_ahead(s, 1);
	if (ctx->server)
		SSL_CTX_set_psk_find_session_callback(s, server_session);
	else
		SSL_CTX_set_psk_use_session_callback(s, client_session);
	return SSL_CTX_set_min_proto_version(s, TLS1_3_VERSION) == 1 &&
	       SSL_CTX_set_max_proto_version(s, TLS1_3_VERSION) == 1 &&
	       SSL_CTX_set_ciphersuites(s, "TLS_AES_128_GCM_SHA256") == 1;
}

int tls_ctx_open(struct tls_ctx **out, const uint8_t key[TLS_KEY_BYTES],
		 bool server, struct err *e)
{
	struct tls_ctx *ctx = calloc(1, sizeof(*ctx));

	if (ctx == NULL)
		return err_set(e, ENOMEM, "no memory for TLS");
	memcpy(ctx->key, key, TLS_KEY_BYTES);
	ctx->server = server;
	ctx->ssl_ctx =
		SSL_CTX_new(server ? TLS_server_method() : TLS_client_method());
	if (ctx->ssl_ctx == NULL || !ctx_setup(ctx)) {
		tls_ctx_close(ctx);
		return fail(e, EIO, "cannot set TLS up");
	}
	*out = ctx;
	return 0;
}

void tls_ctx_close(struct tls_ctx *ctx)
{
	if (ctx == NULL)
		return;
	SSL_CTX_free(ctx->ssl_ctx);
	OPENSSL_cleanse(ctx->key, sizeof(ctx->key));
	free(ctx);
}

int tls_open(struct tls **out, struct tls_ctx *ctx, struct err *e)
{
	struct tls *tls = calloc(1, sizeof(*tls));

	if (tls == NULL)
		return err_set(e, ENOMEM, "no memory for TLS");
	tls->ssl = SSL_new(ctx->ssl_ctx);
	tls->in = BIO_new(BIO_s_mem());
	tls->out = BIO_new(BIO_s_mem());
	if (tls->ssl == NULL || tls->in == NULL || tls->out == NULL) {
		SSL_free(tls->ssl);
		BIO_free(tls->in);
		BIO_free(tls->out);
		free(tls);
		return fail(e, ENOMEM, "cannot start TLS");
	}
	BIO_set_mem_eof_return(tls->in, -1);
	BIO_set_mem_eof_return(tls->out, -1);
	SSL_set_bio(tls->ssl, tls->in, tls->out);
	if (ctx->server)
		SSL_set_accept_state(tls->ssl);
	else
		SSL_set_connect_state(tls->ssl);
	*out = tls;
	return 0;
}

void tls_close(struct tls *tls)
{
	if (tls == NULL)
		return;
	SSL_free(tls->ssl);
	free(tls);
}

int tls_feed(struct tls *tls, const void *buf, size_t len, struct err *e)
{
	if (BIO_write(tls->in, buf, (int)len) != (int)len)
		return fail(e, ENOMEM, "no memory for TLS");
	return 0;
}

int tls_handshake(struct tls *tls, struct err *e)
{
	int ret, why;

	ERR_clear_error();
	ret = SSL_do_handshake(tls->ssl);
	if (ret == 1) {
		if (SSL_session_reused(tls->ssl) &&
		    SSL_version(tls->ssl) == TLS1_3_VERSION)
			return 1;
		return err_set(e, EACCES, "the peer did not prove the key");
	}
	why = SSL_get_error(tls->ssl, ret);
	if (why == SSL_ERROR_WANT_READ || why == SSL_ERROR_WANT_WRITE)
		return 0;
	return fail(
		e, EACCES,
		"the TLS handshake failed, the peer has another key or is not braidd");
}

int tls_read(struct tls *tls, void *buf, size_t len, struct err *e)
{
	size_t got = 0;
	int ret;

	ERR_clear_error();
	ret = SSL_read_ex(tls->ssl, buf, len, &got);
	if (ret == 1)
		return (int)got;
	switch (SSL_get_error(tls->ssl, ret)) {
	case SSL_ERROR_WANT_READ:
	case SSL_ERROR_WANT_WRITE:
		return 0;
	case SSL_ERROR_ZERO_RETURN:
		return err_set(e, EPIPE, "the peer closed the connection");
	default:
		return fail(e, EBADMSG, "the peer broke the TLS stream");
	}
}

int tls_write(struct tls *tls, const void *buf, size_t len, struct err *e)
{
	size_t put = 0;

	ERR_clear_error();
	if (SSL_write_ex(tls->ssl, buf, len, &put) != 1 || put != len)
		return fail(e, EIO, "cannot encrypt");
	return 0;
}

size_t tls_output(struct tls *tls, const uint8_t **buf)
{
	char *data;
	long len = BIO_get_mem_data(tls->out, &data);

	*buf = (const uint8_t *)data;
	return len > 0 ? (size_t)len : 0;
}

void tls_sent(struct tls *tls)
{
	(void)BIO_reset(tls->out);
}

void tls_shutdown(struct tls *tls)
{
	ERR_clear_error();
	SSL_shutdown(tls->ssl);
	ERR_clear_error();
}
