// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * PID 1 of the lab's virtual machines: runs commands for tools/vm, which
 * speaks to it over virtio-serial ports, one command at a time on each.
 *
 *	to us	ID SECONDS BASE64(script) BASE64(stdin)
 *	back	ID o BASE64(output)	as it comes, stdout and stderr
 *		ID x STATUS		the last line of a command
 *
 * Lines with an ID make both sides forget what an earlier, broken-off
 * conversation left in the pipe. A command has a process group of its own,
 * which is killed when its SECONDS are over (STATUS 124) or when another
 * command comes in on the same port; what it left in the background after it
 * ended lives on.
 */
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>
#include <sys/wait.h>

#define PORTS 4
#define LINE_MAX_BYTES (64 << 20)
#define TICK_MS 50

struct port {
	int fd;
	char *line;
	size_t len, room;
	char id[64];
	pid_t child;	/* 0: idle */
	int out;	/* the child's output, -1: none */
	time_t deadline;
	int late;	/* killed at its deadline */
};

static struct port ports[PORTS];
static int nr_ports;

static time_t now(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return t.tv_sec;
}

/* Nobody at the other end is no error: the line is lost, as its reader was. */
static void send_all(int fd, const char *data, size_t len)
{
	struct pollfd p = { .fd = fd, .events = POLLOUT };

	while (len) {
		ssize_t n = write(fd, data, len);

		if (n > 0) {
			data += n;
			len -= n;
			continue;
		}
		if (n < 0 && errno != EAGAIN && errno != EINTR)
			return;
		if (poll(&p, 1, 1000) > 0 && (p.revents & POLLHUP))
			return;
	}
}

static const char digits[] =
	"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

static void send_output(struct port *p, const unsigned char *in, size_t len)
{
	char text[8192], *o = text;
	size_t i;

	o += sprintf(o, "%s o ", p->id);
	for (i = 0; i < len; i += 3) {
		unsigned int v = in[i] << 16;

		if (i + 1 < len)
			v |= in[i + 1] << 8;
		if (i + 2 < len)
			v |= in[i + 2];
		*o++ = digits[v >> 18];
		*o++ = digits[v >> 12 & 63];
		*o++ = i + 1 < len ? digits[v >> 6 & 63] : '=';
		*o++ = i + 2 < len ? digits[v & 63] : '=';
	}
	*o++ = '\n';
	send_all(p->fd, text, o - text);
}

/* Decodes in place; returns the length. */
static size_t decode(char *text)
{
	unsigned int v = 0, bits = 0;
	size_t n = 0;
	char *s, *d;

	for (s = text; *s; s++) {
		d = strchr(digits, *s);
		if (!d)
			continue;
		v = v << 6 | (d - digits);
		bits += 6;
		if (bits >= 8) {
			bits -= 8;
			text[n++] = v >> bits & 255;
		}
	}
	return n;
}

/* A file that is gone already, open at its start. */
static int stdin_file(const char *data, size_t len)
{
	char name[] = "/tmp/stdin.XXXXXX";
	int fd = mkstemp(name);

	if (fd < 0)
		return open("/dev/null", O_RDONLY);
	unlink(name);
	while (len) {
		ssize_t n = write(fd, data, len);

		if (n <= 0)
			break;
		data += n;
		len -= n;
	}
	lseek(fd, 0, SEEK_SET);
	return fd;
}

static void run_child(char *script, int in, int out)
{
	int i;

	setsid();
	dup2(in, 0);
	dup2(out, 1);
	dup2(out, 2);
	for (i = 3; i < 256; i++)
		close(i);
	execl("/bin/bash", "bash", "-c", script, (char *)NULL);
	_exit(127);
}

static void drain(struct port *p)
{
	unsigned char data[3072];
	ssize_t n;

	while (p->out >= 0 && (n = read(p->out, data, sizeof(data))) > 0)
		send_output(p, data, n);
}

static void finish(struct port *p, int status)
{
	char text[96];

	drain(p);
	if (p->out >= 0)
		close(p->out);
	p->out = -1;
	p->child = 0;
	send_all(p->fd, text,
		 sprintf(text, "%s x %d\n", p->id, p->late ? 124 : status));
}

static void start(struct port *p, char *line)
{
	char *id, *seconds, *script, *input, *save;
	int pipes[2], in;
	size_t len;

	id = strtok_r(line, " ", &save);
	seconds = strtok_r(NULL, " ", &save);
	script = strtok_r(NULL, " ", &save);
	input = strtok_r(NULL, " ", &save);
	if (!script)
		return;
	if (p->child) {
		kill(-p->child, SIGKILL);
		close(p->out);
	}
	snprintf(p->id, sizeof(p->id), "%s", id);
	script[decode(script)] = 0;
	len = input ? decode(input) : 0;
	p->out = -1;
	p->late = 0;
	if (pipe2(pipes, O_CLOEXEC) < 0) {
		finish(p, 126);
		return;
	}
	in = stdin_file(input, len);
	p->child = fork();
	if (!p->child)
		run_child(script, in, pipes[1]);
	close(in);
	close(pipes[1]);
	fcntl(pipes[0], F_SETFL, O_NONBLOCK);
	p->out = pipes[0];
	p->deadline = now() + atoi(seconds);
}

static void take_line(struct port *p, const char *data, size_t len)
{
	for (; len; data++, len--) {
		if (p->len + 1 >= p->room) {
			if (p->room >= LINE_MAX_BYTES) {
				p->len = 0;
				continue;
			}
			p->room = p->room ? 2 * p->room : 4096;
			p->line = realloc(p->line, p->room);
			if (!p->line)
				abort();
		}
		if (*data != '\n') {
			p->line[p->len++] = *data;
			continue;
		}
		p->line[p->len] = 0;
		p->len = 0;
		start(p, p->line);
	}
}

static void reap(void)
{
	int i, status;
	pid_t pid;

	while ((pid = waitpid(-1, &status, WNOHANG)) > 0)
		for (i = 0; i < nr_ports; i++)
			if (ports[i].child == pid)
				finish(&ports[i], WIFEXITED(status) ?
						WEXITSTATUS(status) :
						128 + WTERMSIG(status));
	for (i = 0; i < nr_ports; i++)
		if (ports[i].child && !ports[i].late &&
		    now() >= ports[i].deadline) {
			ports[i].late = 1;
			kill(-ports[i].child, SIGKILL);
		}
}

/* A port with nobody at its other end is always "ready": look each tick. */
static void serve(void)
{
	struct pollfd fds[2 * PORTS];
	char data[65536];
	ssize_t n;
	int i;

	for (i = 0; i < nr_ports; i++) {
		fds[2 * i] = (struct pollfd){ .fd = ports[i].fd,
					      .events = POLLIN };
		fds[2 * i + 1] = (struct pollfd){ .fd = ports[i].out,
						  .events = POLLIN };
	}
	poll(fds, 2 * nr_ports, TICK_MS);
	for (i = 0; i < nr_ports; i++) {
		n = read(ports[i].fd, data, sizeof(data));
		if (n > 0)
			take_line(&ports[i], data, n);
		if (ports[i].child)
			drain(&ports[i]);
	}
	for (i = 0; i < nr_ports; i++)
		if (fds[2 * i].revents & POLLHUP) {
			usleep(TICK_MS * 1000 / PORTS);
			break;
		}
	reap();
}

int main(int argc, char **argv)
{
	int i;

	signal(SIGPIPE, SIG_IGN);
	for (i = 1; i < argc && nr_ports < PORTS; i++) {
		int fd = open(argv[i], O_RDWR | O_NONBLOCK | O_CLOEXEC);

		if (fd < 0) {
			perror(argv[i]);
			continue;
		}
		ports[nr_ports++] = (struct port){ .fd = fd, .out = -1 };
	}
	printf("braid lab: %d ports ready\n", nr_ports);
	fflush(stdout);
	for (;;)
		serve();
}
