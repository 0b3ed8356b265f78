// SPDX-License-Identifier: GPL-2.0-or-later
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/pidfd.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "braidctl/complain.h"
#include "braidctl/plain.h"
#include "braidctl/print.h"
#include "braidctl/tell.h"

#define CHILD_MS 60000
#define SENTENCE 512
#define MAILER "sendmail"

static void time_text(char text[32])
{
	time_t now = time(NULL);
	struct tm tm;

	gmtime_r(&now, &tm);
	strftime(text, 32, "%Y-%m-%dT%H:%M:%SZ", &tm);
}

static void print_event(const struct watch_event *event, const char *sentence,
			bool json)
{
	json_object *object;
	char time[32];

	time_text(time);
	if (!json) {
		printf("%s %s: %s\n", time, event->array->name, sentence);
		return;
	}
	object = print_object();
	print_add_text(object, "time", time);
	print_add_text(object, "event", watch_word(event->kind));
	print_add_text(object, "array", event->array->name);
	print_add_text(object, "uuid",
		       *event->array->uuid ? event->array->uuid : NULL);
	if (event->slot < 0)
		print_add(object, "slot", NULL);
	else
		print_add_number(object, "slot", event->slot);
	print_add_text(object, "member", *event->member ? event->member : NULL);
	print_add_text(object, "health", event->array->status.health);
	print_add_text(object, "action", event->action);
	print_add_number(object, "mismatches", event->mismatches);
	print_add_text(object, "message", sentence);
	puts(json_object_to_json_string_ext(
		object,
		JSON_C_TO_STRING_PLAIN | JSON_C_TO_STRING_NOSLASHESCAPE));
	json_object_put(object);
}

static void set_number(const char *name, int64_t number)
{
	char text[32];

	snprintf(text, sizeof(text), "%" PRId64, number);
	setenv(name, text, 1);
}

static void set_environment(const struct watch_event *event,
			    const char *sentence)
{
	setenv("BRAID_EVENT", watch_word(event->kind), 1);
	setenv("BRAID_ARRAY", event->array->name, 1);
	setenv("BRAID_UUID", event->array->uuid, 1);
	setenv("BRAID_MEMBER", event->member, 1);
	setenv("BRAID_HEALTH", event->array->status.health, 1);
	setenv("BRAID_ACTION", event->action, 1);
	setenv("BRAID_MESSAGE", sentence, 1);
	set_number("BRAID_MISMATCHES", event->mismatches);
	setenv("BRAID_SLOT", "", 1);
	if (event->slot >= 0)
		set_number("BRAID_SLOT", event->slot);
}

/* It has a process group of its own, so that all of it can be ended. */
static void wait_bounded(pid_t child, const char *what)
{
	int fd = pidfd_open(child, 0), status, r;
	struct pollfd pollfd = { .fd = fd, .events = POLLIN };

	do {
		r = poll(&pollfd, 1, CHILD_MS);
	} while (r < 0 && errno == EINTR);
	if (r <= 0) {
		remark("%s took longer than a minute and was killed", what);
		kill(-child, SIGKILL);
	}
	if (fd >= 0)
		close(fd);
	if (waitpid(child, &status, 0) == child && r > 0 && status)
		remark("%s failed: %s %d", what,
		       WIFEXITED(status) ? "exit status" : "signal",
		       WIFEXITED(status) ? WEXITSTATUS(status) :
					   WTERMSIG(status));
}

/* In the child: as if somebody had typed it, with @in as its input. */
static void become(int in, char *const argv[])
{
	sigset_t none;

	sigemptyset(&none);
	sigprocmask(SIG_SETMASK, &none, NULL);
	signal(SIGPIPE, SIG_DFL);
	setpgid(0, 0);
	if (dup2(in, STDIN_FILENO) < 0 ||
	    dup2(STDERR_FILENO, STDOUT_FILENO) < 0)
		_exit(126);
	execvp(argv[0], argv);
	if (!strcmp(argv[0], MAILER)) /* root's PATH may lack its folder */
		execv("/usr/sbin/" MAILER, argv);
	remark("cannot run %s: %s", argv[0], strerror(errno));
	_exit(127);
}

static void run(const struct watch_event *event, const char *sentence, int in,
		char *const argv[])
{
	pid_t child = fork();

	if (child < 0) {
		remark("cannot run %s: %s", argv[0], strerror(errno));
		return;
	}
	if (!child) {
		set_environment(event, sentence);
		become(in, argv);
	}
	setpgid(child, child);
	wait_bounded(child, argv[0]);
}

static void run_hook(const struct teller *teller,
		     const struct watch_event *event, const char *sentence)
{
	char *argv[] = { (char *)teller->exec, (char *)watch_word(event->kind),
			 (char *)event->array->name, (char *)event->member,
			 NULL };
	int in = open("/dev/null", O_RDONLY | O_CLOEXEC);

	run(event, sentence, in, argv);
	if (in >= 0)
		close(in);
}

/* A file in memory: the mailer may read it as slowly as it likes. */
static int letter(const struct teller *teller, const struct watch_event *event,
		  const char *sentence)
{
	char host[256] = "?", time[32];
	FILE *file = tmpfile();
	int fd;

	if (!file)
		return -1;
	time_text(time);
	gethostname(host, sizeof(host) - 1);
	fprintf(file,
		"To: %s\nSubject: braid: %s on %s: %s\n\n%s: the array %s on %s: %s.\n\n"
		"health %s, %s\n",
		teller->mail, event->array->name, host, sentence, time,
		event->array->name, host, sentence, event->array->status.health,
		event->action);
	fd = fflush(file) ? -1 : dup(fileno(file));
	fclose(file);
	if (fd >= 0)
		lseek(fd, 0, SEEK_SET);
	return fd;
}

static void send_mail(const struct teller *teller,
		      const struct watch_event *event, const char *sentence)
{
	char *argv[] = { MAILER, "-t", "-oi", NULL };
	int in = letter(teller, event, sentence);

	if (in < 0) {
		remark("cannot write a mail to %s: %s", teller->mail,
		       strerror(errno));
		return;
	}
	run(event, sentence, in, argv);
	close(in);
}

void tell_event(struct teller *teller, const struct watch_event *event)
{
	char sentence[SENTENCE];

	watch_sentence(event, sentence, sizeof(sentence));
	plain(sentence);
	print_event(event, sentence, teller->json);
	if (fflush(stdout) || ferror(stdout))
		teller->broken = true;
	if (teller->exec)
		run_hook(teller, event, sentence);
	if (teller->mail && watch_is_grave(event))
		send_mail(teller, event, sentence);
}
