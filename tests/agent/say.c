// SPDX-License-Identifier: GPL-2.0-or-later
/* say SOCKET LINE: tells a braidd something and hangs up without an answer. */
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

int main(int argc, char **argv)
{
	struct sockaddr_un addr = { .sun_family = AF_UNIX };
	char line[256];
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0), len;

	if (argc != 3 || strlen(argv[1]) >= sizeof(addr.sun_path))
		return 2;
	strcpy(addr.sun_path, argv[1]);
	len = snprintf(line, sizeof(line), "%s\n", argv[2]);
	if (connect(fd, (void *)&addr, sizeof(addr)) < 0 ||
	    send(fd, line, (size_t)len, MSG_NOSIGNAL) != len) {
		perror("say");
		return 1;
	}
	return close(fd) < 0;
}
