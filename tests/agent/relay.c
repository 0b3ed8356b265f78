// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * A network to cut: relay PORT TARGET passes connections on 127.0.0.1:PORT on
 * to 127.0.0.1:TARGET. Killed, it is a cut cable with a reset; stopped by
 * SIGSTOP, a network that swallows everything.
 */
#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#define PAIRS_MAX 32

static struct pollfd fds[1 + 2 * PAIRS_MAX];

static struct sockaddr_in local(const char *port)
{
	struct sockaddr_in addr = { .sin_family = AF_INET };

	addr.sin_port = htons((unsigned short)atoi(port));
	addr.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	return addr;
}

static int pass(int from, int to)
{
	static char buf[65536];
	ssize_t n = read(from, buf, sizeof(buf)), done = 0, m;

	if (n <= 0)
		return -1;
	while (done < n) {
		m = send(to, buf + done, (size_t)(n - done), MSG_NOSIGNAL);
		if (m <= 0)
			return -1;
		done += m;
	}
	return 0;
}

static void end_pair(int i)
{
	close(fds[i].fd);
	close(fds[i + 1].fd);
	fds[i].fd = fds[i + 1].fd = -1;
}

static void take(int listener, const char *target)
{
	struct sockaddr_in to = local(target);
	int a = accept(listener, NULL, NULL), b, i;

	if (a < 0)
		return;
	b = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	for (i = 1; i < 2 * PAIRS_MAX; i += 2)
		if (fds[i].fd < 0)
			break;
	if (i > 2 * PAIRS_MAX || connect(b, (void *)&to, sizeof(to)) < 0) {
		close(a);
		close(b);
		return;
	}
	fds[i].fd = a;
	fds[i + 1].fd = b;
	fds[i].events = fds[i + 1].events = POLLIN;
}

int main(int argc, char **argv)
{
	struct sockaddr_in addr;
	int i, one = 1, listener;

	if (argc != 3)
		return 2;
	addr = local(argv[1]);
	for (i = 0; i <= 2 * PAIRS_MAX; i++)
		fds[i].fd = -1;
	listener = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	setsockopt(listener, SOL_SOCKET, SO_REUSEADDR, &one, sizeof(one));
	if (bind(listener, (void *)&addr, sizeof(addr)) < 0 ||
	    listen(listener, 16) < 0) {
		perror("relay");
		return 1;
	}
	fds[0] = (struct pollfd){ .fd = listener, .events = POLLIN };
	for (;;) {
		if (poll(fds, 1 + 2 * PAIRS_MAX, -1) < 0 && errno != EINTR)
			return 1;
		for (i = 1; i < 2 * PAIRS_MAX; i += 2)
			if ((fds[i].fd >= 0 && fds[i].revents &&
			     pass(fds[i].fd, fds[i + 1].fd) < 0) ||
			    (fds[i].fd >= 0 && fds[i + 1].revents &&
			     pass(fds[i + 1].fd, fds[i].fd) < 0))
				end_pair(i);
		if (fds[0].revents)
			take(listener, argv[2]);
	}
}
