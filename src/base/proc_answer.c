#include "config.h"

#include "base/proc.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/err.h"
#include "base/mem.h"

#define READ_CHUNK 4096
#define OUTLETS_MAX 2 /* standard output and standard error */
#define STATUS_NOT_FOUND 127

/* Our end of a pipe and who gets what comes by it; -1, NULL: there is none. */
struct outlet {
	int fd;
	struct secret *to;
};

/* False where it has ended; e says so if that is a fault. */
static bool read_some(const struct outlet *o, struct err *e)
{
	struct secret *to = o->to;
	ssize_t got;

	secret_reserve(to, to->n + READ_CHUNK);
	got = read(o->fd, to->p + to->n, READ_CHUNK);
	if (got < 0 && (errno == EINTR || errno == EAGAIN))
		return true;
	if (got <= 0)
		return false;
	to->n += (size_t)got;
	to->p[to->n] = '\0';
	return to->n <= PROC_OUTPUT_MAX ||
	       err_set(e, ERR_SYSTEM, "it prints too much");
}

/* Wait until one of them has something; false at the deadline. */
static bool await(struct pollfd p[OUTLETS_MAX], int64_t deadline_ms,
		  struct err *e)
{
	int rc;

	do
		rc = poll(p, OUTLETS_MAX, clock_poll_ms(deadline_ms));
	while (rc < 0 && errno == EINTR);
	return rc > 0 || err_set(e, ERR_SYSTEM, "timed out");
}

/* Read both until they have ended; false with what went wrong in e. */
static bool drain(const struct outlet o[OUTLETS_MAX], int64_t deadline_ms,
		  struct err *e)
{
	struct pollfd p[OUTLETS_MAX];
	int open = 0;

	for (int i = 0; i < OUTLETS_MAX; i++) {
		p[i] = (struct pollfd){ .fd = o[i].fd, .events = POLLIN };
		open += o[i].fd >= 0;
	}
	while (open > 0) {
		if (!await(p, deadline_ms, e))
			return false;
		for (int i = 0; i < OUTLETS_MAX; i++) {
			if (!o[i].to || p[i].fd < 0 || p[i].revents == 0 ||
			    read_some(&o[i], e))
				continue;
			if (e->kind != ERR_NONE)
				return false;
			p[i].fd = -1;
			open--;
		}
	}
	return true;
}

/*
 * What has closed its output may run on regardless: it is killed at the
 * deadline, and at once where it printed too much.
 */
static bool collect(const struct proc *child,
		    const struct outlet o[OUTLETS_MAX], int64_t deadline_ms,
		    int *status, struct err *e)
{
	struct err trouble = ERR_INIT;

	if (drain(o, deadline_ms, &trouble))
		return proc_finish(child, deadline_ms, status, e);
	/* What it started may have our pipe after its own end. */
	proc_signal(child, SIGKILL);
	(void)!proc_finish(child, 0, status, e);
	*e = trouble;
	return false;
}

/* The ends that the program writes to, and those that we read from. */
struct pipes {
	int theirs[OUTLETS_MAX], ours[OUTLETS_MAX];
};

#define PIPES_INIT ((struct pipes){ { -1, -1 }, { -1, -1 } })

static void close_all(int fds[OUTLETS_MAX])
{
	for (int i = 0; i < OUTLETS_MAX; i++) {
		if (fds[i] >= 0)
			close(fds[i]);
		fds[i] = -1;
	}
}

static void pipes_free(struct pipes *p)
{
	close_all(p->theirs);
	close_all(p->ours);
}

static bool add_pipe(struct pipes *p, int i, struct err *e)
{
	int ends[2];

	if (pipe2(ends, O_CLOEXEC) < 0)
		return err_errno(e, "it cannot be run");
	p->ours[i] = ends[0];
	p->theirs[i] = ends[1];
	return true;
}

/* said NULL: its standard error is ours. */
static bool ask(char *const argv[], int64_t deadline_ms, struct secret *out,
		struct secret *said, int *status, struct err *e)
{
	CLEAN(pipes) struct pipes p = PIPES_INIT;
	struct proc child;

	if (!add_pipe(&p, 0, e) || (said && !add_pipe(&p, 1, e)) ||
	    !proc_start(argv, (int[]){ -1, p.theirs[0], p.theirs[1] }, &child,
			e))
		return false;
	close_all(p.theirs);
	return collect(
		&child,
		(struct outlet[]){ { p.ours[0], out }, { p.ours[1], said } },
		deadline_ms, status, e);
}

static bool judge(int status, const struct secret *out, struct err *e)
{
	if (status != 0)
		return err_set(e, ERR_SYSTEM, "it ended with status %d",
			       status);
	if (out->n == 0)
		return err_set(e, ERR_SYSTEM, "it printed nothing");
	return true;
}

bool proc_first_line(const char *what, const char *command, int64_t deadline_ms,
		     struct secret *out, struct err *e)
{
	CLEAN(mem_string) char *line = mem_copy(command);
	char shell[] = "/bin/sh", dash_c[] = "-c";
	char *const argv[] = { shell, dash_c, line, NULL };
	int status = 0;

	secret_free(out);
	if (!ask(argv, deadline_ms, out, NULL, &status, e) ||
	    !judge(status, out, e))
		return err_context(e, "%s failed", what);
	secret_keep_line(out);
	return true;
}

/*
 * What posix_spawn(3) starts may find out only then that there is no program,
 * and ends with this status.
 */
static bool is_missing(const struct proc_answer *a, const struct secret *said)
{
	return a->status == STATUS_NOT_FOUND && a->out.n == 0 && said->n == 0;
}

bool proc_ask(const struct list *words, int64_t deadline_ms,
	      struct proc_answer *answer, struct err *e)
{
	CLEAN(secret) struct secret said = SECRET_INIT;
	char **argv = mem_zero(words->n + 1, sizeof(*argv));
	bool ok;

	for (size_t i = 0; i < words->n; i++)
		argv[i] = words->v[i];
	proc_answer_free(answer);
	ok = ask(argv, deadline_ms, &answer->out, &said, &answer->status, e);
	free(argv);
	if (ok && is_missing(answer, &said)) {
		errno = ENOENT;
		ok = err_errno(e, "it cannot be run");
		e->kind = ERR_NOINPUT;
	}
	if (!ok)
		return err_context(e, "%s", words->v[0]);
	secret_keep_line(&answer->out);
	secret_keep_line(&said);
	str_add_printable(&answer->said, secret_view(&said));
	return true;
}

void proc_answer_free(struct proc_answer *a)
{
	secret_free(&a->out);
	str_free(&a->said);
	a->status = 0;
}
