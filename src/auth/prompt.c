#include "config.h"

#include "auth/prompt.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <string.h>
#include <sys/signalfd.h>
#include <termios.h>
#include <unistd.h>

#include "base/attr.h"
#include "base/clock.h"
#include "base/err.h"

/* As much as a terminal gathers of one line. */
#define LINE_MAX_BYTES 4096
#define QUESTIONS_MAX 16 /* in a row, after as many stops */

/* What may come while the terminal does not echo. */
static const int signals[] = { SIGHUP, SIGINT, SIGQUIT, SIGTERM, SIGTSTP };
/* What would stop us for touching a terminal that is no longer ours. */
static const int stops[] = { SIGTTIN, SIGTTOU };

struct terminal {
	int fd;
	int signals; /* becomes readable when one of them waits */
	struct termios before;
	sigset_t mask;
};

static bool open_terminal(struct terminal *t)
{
	t->fd = open("/dev/tty", O_RDWR | O_NOCTTY | O_CLOEXEC);
	if (t->fd < 0)
		return false;
	if (tcgetpgrp(t->fd) == getpgrp() && tcgetattr(t->fd, &t->before) == 0)
		return true;
	close(t->fd);
	return false;
}

/*
 * From here to show_again the signals wait: then no handler has to put the
 * terminal right, and whatever they do, they do afterwards.
 */
static bool hide(struct terminal *t, struct err *e)
{
	struct termios silent = t->before;
	sigset_t watched, blocked;

	sigemptyset(&watched);
	for (size_t i = 0; i < ARRAY_LEN(signals); i++)
		sigaddset(&watched, signals[i]);
	blocked = watched;
	for (size_t i = 0; i < ARRAY_LEN(stops); i++)
		sigaddset(&blocked, stops[i]);
	t->signals = signalfd(-1, &watched, SFD_CLOEXEC);
	if (t->signals < 0)
		return err_errno(e, "cannot ask at the terminal");
	sigprocmask(SIG_BLOCK, &blocked, &t->mask);
	silent.c_lflag &= ~(tcflag_t)ECHO;
	silent.c_lflag |= ECHONL | ICANON | ISIG;
	/* What was typed before the question is no answer to it. */
	(void)tcsetattr(t->fd, TCSAFLUSH, &silent);
	return true;
}

static void show_again(struct terminal *t)
{
	(void)tcsetattr(t->fd, TCSADRAIN, &t->before);
	close(t->signals);
	sigprocmask(SIG_SETMASK, &t->mask, NULL);
}

enum answer {
	ANSWER_LINE,
	ANSWER_SIGNAL, /* one waits */
	ANSWER_NONE,
};

static enum answer read_line(const struct terminal *t, int64_t deadline_ms,
			     struct secret *out)
{
	struct pollfd p[] = { { .fd = t->signals, .events = POLLIN },
			      { .fd = t->fd, .events = POLLIN } };
	ssize_t got;
	int rc;

	do
		rc = poll(p, ARRAY_LEN(p), clock_poll_ms(deadline_ms));
	while (rc < 0 && errno == EINTR);
	if (rc <= 0)
		return ANSWER_NONE;
	if (p[0].revents != 0)
		return ANSWER_SIGNAL;
	secret_reserve(out, LINE_MAX_BYTES);
	got = read(t->fd, out->p, LINE_MAX_BYTES);
	if (got <= 0)
		return ANSWER_NONE;
	out->n = (size_t)got;
	out->p[got] = '\0';
	secret_keep_line(out);
	return ANSWER_LINE;
}

static bool ask(struct terminal *t, const char *question, int64_t deadline_ms,
		struct secret *out, struct err *e)
{
	enum answer answer = ANSWER_SIGNAL;

	for (int i = 0; answer == ANSWER_SIGNAL && i < QUESTIONS_MAX; i++) {
		if (!hide(t, e))
			return false;
		if (write(t->fd, question, strlen(question)) >= 0)
			answer = read_line(t, deadline_ms, out);
		else
			answer = ANSWER_NONE;
		/* Only Enter is echoed: the next line is not ours. */
		if (answer != ANSWER_LINE)
			(void)!write(t->fd, "\n", 1);
		show_again(t);
	}
	if (answer == ANSWER_LINE && out->n > 0)
		return true;
	secret_free(out);
	return err_set(e, ERR_CONFIG, "no password was typed");
}

bool prompt_fetch(const char *question, int64_t deadline_ms, struct secret *out,
		  struct err *e)
{
	int64_t by = clock_earlier(deadline_ms, clock_after_s(PROMPT_LIMIT_S));
	struct terminal t;
	bool ok;

	secret_free(out);
	if (!open_terminal(&t))
		return true;
	ok = ask(&t, question, by, out, e);
	close(t.fd);
	return ok;
}
