// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * A peer that misbehaves: peer source|replica PORT KEYFILE WHAT LINEAGE BYTES
 * connects to (source) or waits on (replica) 127.0.0.1:PORT, has the key
 * unless WHAT is about that, breaks one rule, and prints what the other side
 * says in its error frame, or "cut" if it only hangs up. LINEAGE (32 hex
 * digits) and BYTES are what a proper source would say in its hello.
 */
#include <arpa/inet.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <unistd.h>

#include "tls/tls.h"
#include "wire/hex.h"
#include "wire/wire.h"

static int sock;
static struct tls *tls;
static uint64_t sequence;
static uint8_t frame[WIRE_FRAME_MAX + (2 << 20)];
static uint8_t lineage[WIRE_LINEAGE_BYTES];
static uint64_t device_bytes;
static struct wire_state state;
static uint8_t in[WIRE_FRAME_MAX]; /* the last frame that came */
static struct wire_header in_header;
static int broken; /* the other side takes nothing more */

static void die(const char *why)
{
	fprintf(stderr, "peer: %s\n", why);
	exit(2);
}

static void flush(void)
{
	const uint8_t *buf;
	size_t len = tls_output(tls, &buf), done = 0;
	ssize_t n;

	while (done < len) {
		n = send(sock, buf + done, len - done, MSG_NOSIGNAL);
		if (n <= 0) {
			broken = 1;
			break;
		}
		done += (size_t)n;
	}
	tls_sent(tls);
}

static void cut(void)
{
	puts("cut");
	exit(0);
}

/* More bytes from the other side; the end of it is the end of us. */
static void feed(void)
{
	uint8_t buf[65536];
	struct err e;
	ssize_t n = recv(sock, buf, sizeof(buf), 0);

	if (n <= 0)
		cut();
	if (tls_feed(tls, buf, (size_t)n, &e) < 0)
		die(e.text);
}

static void read_all(uint8_t *buf, size_t len)
{
	struct err e;
	int n;

	while (len > 0) {
		n = tls_read(tls, buf, len, &e);
		if (n < 0)
			cut();
		if (n == 0)
			feed();
		buf += n;
		len -= (size_t)n;
	}
}

/* The next frame that isn't a keepalive; an error is told and ends us. */
static uint8_t next_frame(void)
{
	struct wire_header h;
	struct wire_error_msg m;
	struct err e;

	do {
		read_all(in, WIRE_HEADER_BYTES);
		if (wire_header_get(in, &h, &e) < 0)
			die(e.text);
		read_all(in + WIRE_HEADER_BYTES, h.length);
	} while (h.type == WIRE_KEEPALIVE);
	if (h.type == WIRE_ERROR) {
		wire_get_error(in + WIRE_HEADER_BYTES, h.length, &m, &e);
		printf("error %u: %s\n", m.code, m.sentence);
		exit(0);
	}
	if (h.type == WIRE_BYE) {
		puts("bye");
		exit(0);
	}
	if (h.type == WIRE_STATE)
		wire_get_state(in + WIRE_HEADER_BYTES, h.length, &state, &e);
	in_header = h;
	return h.type;
}

static void send_raw(const void *buf, size_t len)
{
	const uint8_t *p = buf;
	struct err e;
	size_t n;

	while (len > 0) {
		n = len < TLS_WRITE_MAX ? len : TLS_WRITE_MAX;
		if (tls_write(tls, p, n, &e) < 0)
			die(e.text);
		flush();
		p += n;
		len -= n;
	}
}

static void send_frame(size_t len)
{
	wire_seal(frame, sequence++);
	send_raw(frame, len);
}

static void handshake(void)
{
	struct err e;
	int ret;

	while ((ret = tls_handshake(tls, &e)) == 0) {
		flush();
		feed();
	}
	flush();
	if (ret < 0) {
		printf("handshake: %s\n", e.text);
		exit(0);
	}
}

static size_t hello(uint16_t low, uint16_t high, uint64_t bytes)
{
	struct wire_hello m = { .version_min = low,
				.version_max = high,
				.block_bytes = WIRE_BLOCK_BYTES,
				.device_bytes = bytes,
				.name = "peer" };

	memcpy(m.lineage, lineage, sizeof(lineage));
	return wire_put_hello(frame, &m);
}

static void greet(void)
{
	send_frame(hello(1, 1, device_bytes));
	while (next_frame() != WIRE_STATE)
		;
}

static void begin(uint64_t base)
{
	struct wire_era_begin m = { .base_era = base,
				    .device_bytes = device_bytes };

	send_frame(wire_put_era_begin(frame, &m));
}

static void data(uint64_t offset, uint32_t raw, uint8_t encoding)
{
	static uint8_t bytes[WIRE_DATA_MAX];
	struct wire_data m = { .offset = offset,
			       .raw_bytes = raw,
			       .encoding = encoding,
			       .bytes = bytes,
			       .length = encoding ? raw / 2 : raw };

	memset(bytes, 0x66, sizeof(bytes));
	send_frame(wire_put_data(frame, &m));
}

static void commit(uint64_t frames, uint64_t digest)
{
	struct wire_era_commit m = { .era = state.era + 1,
				     .closed_at_ms = 1,
				     .frames = frames,
				     .digest = digest };

	send_frame(wire_put_era_commit(frame, &m));
}

static void garbage(void)
{
	size_t i;

	for (i = 0; i < 200000; i++)
		frame[i] = (uint8_t)random();
	send_raw(frame, 200000);
}

/* Rules about frames, which hold whoever speaks. */
static int break_frame(const char *what)
{
	size_t len = hello(1, 1, device_bytes);

	if (strcmp(what, "garbage") == 0) {
		garbage();
	} else if (strcmp(what, "truncated") == 0) {
		wire_seal(frame, sequence);
		send_raw(frame, len - 5);
		tls_shutdown(tls);
		flush();
		shutdown(sock, SHUT_WR);
	} else if (strcmp(what, "version") == 0) {
		frame[4] = 9;
		send_frame(len);
	} else if (strcmp(what, "oversize") == 0) {
		frame[10] = 0x20; /* 2 MiB */
		send_frame(len);
	} else if (strcmp(what, "header") == 0) {
		wire_seal(frame, sequence);
		frame[30] ^= 1;
		send_raw(frame, len);
	} else if (strcmp(what, "payload") == 0) {
		frame[WIRE_HEADER_BYTES + 12] ^= 1;
		send_frame(len);
	} else if (strcmp(what, "type") == 0) {
		frame[6] = 99;
		send_frame(len);
	} else if (strcmp(what, "flags") == 0) {
		frame[7] = 1;
		send_frame(len);
	} else if (strcmp(what, "sequence") == 0) {
		sequence = 7;
		send_frame(len);
	} else {
		return 0;
	}
	return 1;
}

static void break_as_source(const char *what)
{
	if (strcmp(what, "hello-version") == 0) {
		send_frame(hello(2, 9, device_bytes));
	} else if (strcmp(what, "size") == 0) {
		send_frame(hello(1, 1, device_bytes + 4096));
	} else if (strcmp(what, "lineage") == 0) {
		lineage[0] ^= 1;
		send_frame(hello(1, 1, device_bytes));
	} else if (strcmp(what, "early") == 0) {
		data(0, 4096, WIRE_RAW);
	} else {
		greet();
		if (strcmp(what, "twice") == 0) {
			send_frame(hello(1, 1, device_bytes));
		} else if (strcmp(what, "replay") == 0) {
			begin(state.era);
			wire_seal(frame, sequence - 1);
			send_raw(frame, wire_frame_bytes(frame));
		} else if (strcmp(what, "outside") == 0) {
			data(0, 4096, WIRE_RAW);
		} else if (strcmp(what, "base") == 0) {
			begin(state.era + 5);
		} else if (strcmp(what, "ack") == 0) {
			struct wire_ack m = { .era = 1 };

			send_frame(wire_put_ack(frame, &m));
		} else if (strcmp(what, "sigs") == 0) {
			struct wire_range m = { device_bytes, 4096 };

			send_frame(wire_put_sig_request(frame, &m));
		} else {
			begin(state.era);
			data(0, 4096, WIRE_RAW);
			if (strcmp(what, "hold") == 0)
				return; /* and not a word more */
			else if (strcmp(what, "beyond") == 0)
				data(device_bytes, 4096, WIRE_RAW);
			else if (strcmp(what, "unaligned") == 0)
				data(512, 4096, WIRE_RAW);
			else if (strcmp(what, "zstd") == 0)
				data(0, 8192, WIRE_ZSTD);
			else if (strcmp(what, "digest") == 0)
				commit(1, 42);
			else if (strcmp(what, "count") == 0)
				commit(2, 42);
			else if (strcmp(what, "vanish") == 0)
				exit(0);
			else
				die("unknown rule");
		}
	}
}

/* There, but doing nothing, until the other side has had enough. */
static void idle(void)
{
	while (!broken) {
		send_frame(wire_put_keepalive(frame));
		usleep(200000);
	}
	exit(0);
}

/* A proper replica without an image, but a slow one. */
static void crawl(void)
{
	static uint8_t
		prints[WIRE_DATA_MAX / WIRE_BLOCK_BYTES * WIRE_PRINT_BYTES];
	const uint8_t *payload = in + WIRE_HEADER_BYTES;
	struct wire_era_commit commit;
	struct wire_sigs sigs = { .prints = prints };
	struct wire_range range;
	struct wire_ack ack;
	struct err e;

	for (;;) {
		switch (next_frame()) {
		case WIRE_SIG_REQUEST:
			wire_get_sig_request(payload, in_header.length, &range,
					     &e);
			sigs.offset = range.offset;
			sigs.count =
				(uint32_t)(range.length / WIRE_BLOCK_BYTES);
			sleep(1);
			send_frame(wire_put_sigs(frame, &sigs));
			break;
		case WIRE_ERA_COMMIT:
			wire_get_era_commit(payload, in_header.length, &commit,
					    &e);
			ack.era = commit.era;
			send_frame(wire_put_ack(frame, &ack));
			break;
		}
	}
}

static void break_as_replica(const char *what)
{
	struct wire_state m = { .version = 1, .status = WIRE_EMPTY };
	uint8_t prints[WIRE_PRINT_BYTES] = { 0 };
	struct wire_sigs sigs = { 0, 1, prints };
	struct wire_ack ack = { .era = 1 };

	next_frame();
	if (strcmp(what, "lineage") == 0) {
		m.status = WIRE_COMMITTED;
		m.image_bytes = device_bytes;
	} else if (strcmp(what, "size") == 0) {
		m.status = WIRE_COMMITTED;
		memcpy(m.lineage, lineage, sizeof(lineage));
		m.image_bytes = device_bytes + 4096;
	} else if (strcmp(what, "state-version") == 0) {
		m.version = 7;
	} else if (strcmp(what, "promoted") == 0) {
		m.status = WIRE_PROMOTED;
	} else if (strcmp(what, "early") == 0) {
		send_frame(wire_put_ack(frame, &ack));
		return;
	}
	send_frame(wire_put_state(frame, &m));
	if (strcmp(what, "idle") == 0) {
		idle();
	} else if (strcmp(what, "crawl") == 0) {
		crawl();
	} else if (strcmp(what, "sigs") == 0) {
		while (next_frame() != WIRE_SIG_REQUEST)
			;
		sigs.offset = 4096 * 77;
		send_frame(wire_put_sigs(frame, &sigs));
	} else if (strcmp(what, "ack") == 0) {
		while (next_frame() != WIRE_SIG_REQUEST)
			;
		send_frame(wire_put_ack(frame, &ack));
	} else if (strcmp(what, "data") == 0) {
		while (next_frame() != WIRE_SIG_REQUEST)
			;
		data(0, 4096, WIRE_RAW);
	}
}

static void meet(int source, const char *port)
{
	struct sockaddr_in addr = { .sin_family = AF_INET };
	struct timeval patience = { .tv_sec = 15 };
	int one = 1, fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

	addr.sin_port = htons((unsigned short)atoi(port));
	addr.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &one, sizeof(one));
	sock = fd;
	if (source) {
		if (connect(fd, (void *)&addr, sizeof(addr)) < 0)
			die("cannot connect");
	} else {
		if (bind(fd, (void *)&addr, sizeof(addr)) < 0 ||
		    listen(fd, 1) < 0)
			die("cannot listen");
		alarm(20);
		sock = accept(fd, NULL, NULL);
		if (sock < 0)
			die("nobody came");
	}
	setsockopt(sock, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof(patience));
}

int main(int argc, char **argv)
{
	uint8_t key[TLS_KEY_BYTES];
	struct tls_ctx *ctx;
	struct err e;
	int source;

	if (argc != 7)
		die("usage: peer source|replica PORT KEY WHAT LINEAGE BYTES");
	source = strcmp(argv[1], "source") == 0;
	device_bytes = strtoull(argv[6], NULL, 10);
	if (hex_bytes(lineage, sizeof(lineage), argv[5]) < 0)
		die("bad lineage");
	if (tls_key_load(argv[3], key, &e) < 0)
		die(e.text);
	if (strcmp(argv[4], "key") == 0)
		key[0] ^= 1;
	meet(source, argv[2]);
	if (strcmp(argv[4], "plain") == 0) {
		memset(frame, 'x', 4096);
		send(sock, frame, 4096, MSG_NOSIGNAL);
		while (recv(sock, frame, 4096, 0) > 0)
			;
		cut();
	}
	if (tls_ctx_open(&ctx, key, !source, &e) < 0 ||
	    tls_open(&tls, ctx, &e) < 0)
		die(e.text);
	handshake();
	if (!break_frame(argv[4])) {
		if (source)
			break_as_source(argv[4]);
		else
			break_as_replica(argv[4]);
	}
	for (;;)
		next_frame();
}
