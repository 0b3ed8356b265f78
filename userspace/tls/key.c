// SPDX-License-Identifier: GPL-2.0-or-later
#include <errno.h>
#include <fcntl.h>
#include <openssl/crypto.h>
#include <openssl/rand.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "tls/tls.h"
#include "wire/hex.h"

#define HEX_BYTES (2 * TLS_KEY_BYTES)

static int key_write(int fd, const uint8_t key[TLS_KEY_BYTES])
{
	char text[HEX_TEXT(TLS_KEY_BYTES)];
	int ret = 0;

	hex_text(text, key, TLS_KEY_BYTES);
	text[HEX_BYTES] = '\n';
	errno = EIO;
	if (write(fd, text, sizeof(text)) != (ssize_t)sizeof(text) ||
	    fsync(fd) < 0)
		ret = -errno;
	OPENSSL_cleanse(text, sizeof(text));
	return ret;
}

int tls_keygen(const char *path, struct err *e)
{
	uint8_t key[TLS_KEY_BYTES];
	int fd, ret;

	if (RAND_bytes(key, sizeof(key)) != 1)
		return err_set(e, EIO, "no random bytes for a key");
	fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
	if (fd < 0)
		return err_sys(e, errno, "cannot make the key file %s", path);
	ret = key_write(fd, key);
	OPENSSL_cleanse(key, sizeof(key));
	if (close(fd) < 0 && ret == 0)
		ret = -errno;
	if (ret < 0) {
		unlink(path);
		return err_sys(e, -ret, "cannot write the key file %s", path);
	}
	return 0;
}

static int key_parse(char *text, size_t len, uint8_t *key)
{
	if (len == HEX_BYTES + 1 && text[HEX_BYTES] == '\n')
		len--;
	if (len != HEX_BYTES)
		return -EINVAL;
	text[len] = '\0';
	return hex_bytes(key, TLS_KEY_BYTES, text);
}

int tls_key_load(const char *path, uint8_t key[TLS_KEY_BYTES], struct err *e)
{
	char text[HEX_BYTES + 8];
	struct stat st;
	ssize_t len;
	int fd, ret;

	fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
	if (fd < 0)
		return err_sys(e, errno, "cannot open the key file %s", path);
	if (fstat(fd, &st) < 0 || !S_ISREG(st.st_mode)) {
		close(fd);
		return err_set(e, EINVAL, "the key %s is not a file", path);
	}
	if ((st.st_mode & 077) != 0) {
		close(fd);
		return err_set(
			e, EPERM,
			"the key file %s is open to others (mode %03o): chmod 600 it, or make a new key",
			path, st.st_mode & 0777);
	}
	if (st.st_uid != 0 && st.st_uid != geteuid()) {
		close(fd);
		return err_set(
			e, EPERM,
			"the key file %s belongs to another user (%u): what they know is no secret",
			path, (unsigned int)st.st_uid);
	}
	len = read(fd, text, sizeof(text));
	close(fd);
	ret = len < 0 ? -EIO : key_parse(text, (size_t)len, key);
	OPENSSL_cleanse(text, sizeof(text));
	if (ret < 0)
		return err_set(e, EINVAL,
			       "the key file %s does not hold %d hex digits",
			       path, HEX_BYTES);
	return 0;
}
