#include "config.h"

#include "base/proc.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <spawn.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/err.h"
#include "base/mem.h"

#define READ_CHUNK 4096
#define REAP_PAUSE_MAX_MS 64
#define OUTLETS_MAX 2 /* standard output and standard error */

struct child {
	pid_t pid;
	bool leads; /* a process group of all that it starts */
};

/*
 * At a terminal the command may have to ask for a passphrase, which a process
 * group in the background may not, and there is somebody to press ^C.
 */
static bool has_terminal(void)
{
	int fd = open("/dev/tty", O_RDWR | O_NOCTTY | O_CLOEXEC);

	if (fd >= 0)
		close(fd);
	return fd >= 0;
}

static void prepare_attr(posix_spawnattr_t *attr, bool leads)
{
	sigset_t defaults;

	posix_spawnattr_init(attr);
	sigemptyset(&defaults);
	sigaddset(&defaults, SIGPIPE);
	posix_spawnattr_setsigdefault(attr, &defaults);
	posix_spawnattr_setpgroup(attr, 0);
	posix_spawnattr_setflags(attr, leads ? POSIX_SPAWN_SETSIGDEF |
						       POSIX_SPAWN_SETPGROUP
					     : POSIX_SPAWN_SETSIGDEF);
}

/* Where there is no pipe for it, our standard error is the program's too. */
static int spawn(char *const argv[], const int pipes[OUTLETS_MAX],
		 struct child *child)
{
	posix_spawn_file_actions_t actions;
	posix_spawnattr_t attr;
	int rc;

	child->leads = !has_terminal();
	posix_spawn_file_actions_init(&actions);
	posix_spawn_file_actions_addopen(&actions, STDIN_FILENO, "/dev/null",
					 O_RDONLY, 0);
	for (int i = 0; i < OUTLETS_MAX; i++)
		if (pipes[i] >= 0)
			posix_spawn_file_actions_adddup2(&actions, pipes[i],
							 STDOUT_FILENO + i);
	prepare_attr(&attr, child->leads);
	rc = posix_spawnp(&child->pid, argv[0], &actions, &attr, argv, environ);
	posix_spawnattr_destroy(&attr);
	posix_spawn_file_actions_destroy(&actions);
	return rc;
}

/* --- what it prints ------------------------------------------------------- */

/* Our end of a pipe, -1 once it has ended, and who gets what comes by it. */
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
			if (p[i].fd < 0 || p[i].revents == 0 ||
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

/* --- its end -------------------------------------------------------------- */

static bool reap(pid_t pid, int flags, int *status, pid_t *r)
{
	do
		*r = waitpid(pid, status, flags);
	while (*r < 0 && errno == EINTR);
	return *r >= 0;
}

/*
 * Wait for the end of what has closed its output.  It may run on regardless,
 * so this looks now and then and kills it at the deadline.
 */
static bool wait_end(const struct child *child, int64_t deadline_ms,
		     int *status, struct err *trouble)
{
	int pause_ms = 1;
	pid_t r;

	while (reap(child->pid, WNOHANG, status, &r) && r == 0) {
		if (trouble->kind == ERR_NONE && clock_now_ms() >= deadline_ms)
			err_set(trouble, ERR_SYSTEM, "timed out");
		if (trouble->kind != ERR_NONE) {
			kill(child->leads ? -child->pid : child->pid, SIGKILL);
			return reap(child->pid, 0, status, &r);
		}
		poll(NULL, 0, pause_ms);
		if (pause_ms < REAP_PAUSE_MAX_MS)
			pause_ms *= 2;
	}
	return r == child->pid;
}

/* A status other than 0 is for the caller to judge. */
static bool collect(const struct child *child,
		    const struct outlet o[OUTLETS_MAX], int64_t deadline_ms,
		    int *status, struct err *e)
{
	struct err trouble = ERR_INIT;

	(void)drain(o, deadline_ms, &trouble);
	if (!wait_end(child, deadline_ms, status, &trouble))
		return err_errno(e, "cannot wait for it");
	if (trouble.kind != ERR_NONE) {
		*e = trouble;
		return false;
	}
	if (WIFSIGNALED(*status))
		return err_set(e, ERR_SYSTEM, "it was ended by signal %d",
			       WTERMSIG(*status));
	*status = WEXITSTATUS(*status);
	return true;
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
static bool run(char *const argv[], int64_t deadline_ms, struct secret *out,
		struct secret *said, int *status, struct err *e)
{
	CLEAN(pipes) struct pipes p = PIPES_INIT;
	struct child child;

	if (!add_pipe(&p, 0, e) || (said && !add_pipe(&p, 1, e)))
		return false;
	errno = spawn(argv, p.theirs, &child);
	close_all(p.theirs);
	if (errno != 0) {
		bool missing = errno == ENOENT;

		err_errno(e, "it cannot be run");
		e->kind = missing ? ERR_NOINPUT : ERR_SYSTEM;
		return false;
	}
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
	if (!run(argv, deadline_ms, out, NULL, &status, e) ||
	    !judge(status, out, e))
		return err_context(e, "%s failed", what);
	secret_keep_line(out);
	return true;
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
	ok = run(argv, deadline_ms, &answer->out, &said, &answer->status, e);
	free(argv);
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
