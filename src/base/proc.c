#include "config.h"

#include "base/proc.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <spawn.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/err.h"
#include "base/mem.h"

#define READ_CHUNK 4096
#define REAP_PAUSE_MAX_MS 64

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

/* in: its standard input, or -1 for one that is empty. */
static int spawn_shell(const char *command, int in, int out,
		       struct child *child)
{
	CLEAN(mem_string) char *line = mem_copy(command);
	char shell[] = "sh", dash_c[] = "-c";
	char *const argv[] = { shell, dash_c, line, NULL };
	posix_spawn_file_actions_t actions;
	posix_spawnattr_t attr;
	int rc;

	child->leads = !has_terminal();
	posix_spawn_file_actions_init(&actions);
	if (in < 0)
		posix_spawn_file_actions_addopen(&actions, STDIN_FILENO,
						 "/dev/null", O_RDONLY, 0);
	else
		posix_spawn_file_actions_adddup2(&actions, in, STDIN_FILENO);
	posix_spawn_file_actions_adddup2(&actions, out, STDOUT_FILENO);
	prepare_attr(&attr, child->leads);
	rc = posix_spawn(&child->pid, "/bin/sh", &actions, &attr, argv,
			 environ);
	posix_spawnattr_destroy(&attr);
	posix_spawn_file_actions_destroy(&actions);
	return rc;
}

/* False at the end of the output, on error, or at the deadline. */
static bool read_some(int fd, int64_t deadline_ms, struct secret *out,
		      struct err *e)
{
	ssize_t got;

	if (!clock_wait_fd(fd, POLLIN, deadline_ms, e))
		return false;
	secret_reserve(out, out->n + READ_CHUNK);
	got = read(fd, out->p + out->n, READ_CHUNK);
	if (got < 0 && errno == EINTR)
		return true;
	if (got <= 0)
		return false;
	out->n += (size_t)got;
	out->p[out->n] = '\0';
	return out->n <= PROC_OUTPUT_MAX ||
	       err_set(e, ERR_SYSTEM, "it prints too much");
}

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

static bool judge_signal(int status, struct err *e)
{
	return !WIFSIGNALED(status) ||
	       err_set(e, ERR_SYSTEM, "it was ended by signal %d",
		       WTERMSIG(status));
}

static bool judge(int status, const struct secret *out, struct err *e)
{
	if (!judge_signal(status, e))
		return false;
	if (WEXITSTATUS(status) != 0)
		return err_set(e, ERR_SYSTEM, "it ended with status %d",
			       WEXITSTATUS(status));
	if (out->n == 0)
		return err_set(e, ERR_SYSTEM, "it printed nothing");
	return true;
}

static bool collect(const struct child *child, int fd, int64_t deadline_ms,
		    struct secret *out, struct err *e)
{
	struct err trouble = ERR_INIT;
	int status = 0;

	while (read_some(fd, deadline_ms, out, &trouble))
		;
	if (!wait_end(child, deadline_ms, &status, &trouble))
		return err_errno(e, "cannot wait for it");
	if (trouble.kind != ERR_NONE) {
		*e = trouble;
		e->kind = ERR_SYSTEM;
		return false;
	}
	return judge(status, out, e);
}

bool proc_first_line(const char *what, const char *command, int64_t deadline_ms,
		     struct secret *out, struct err *e)
{
	struct child child;
	int ends[2], rc;
	bool ok;

	secret_free(out);
	if (pipe2(ends, O_CLOEXEC) < 0)
		return err_errno(e, "cannot run %s", what);
	rc = spawn_shell(command, -1, ends[1], &child);
	close(ends[1]);
	if (rc != 0) {
		close(ends[0]);
		errno = rc;
		return err_errno(e, "cannot run %s", what);
	}
	ok = collect(&child, ends[0], deadline_ms, out, e);
	close(ends[0]);
	if (!ok)
		return err_context(e, "%s failed", what);
	secret_keep_line(out);
	return true;
}

bool proc_run(const char *what, const char *command, const int fds[2],
	      int64_t deadline_ms, int *status, struct err *e)
{
	struct err trouble = ERR_INIT;
	struct child child;
	int rc = spawn_shell(command, fds[0], fds[1], &child);
	int end = 0;

	if (rc != 0) {
		errno = rc;
		return err_errno(e, "cannot run %s", what);
	}
	if (!wait_end(&child, deadline_ms, &end, &trouble))
		return err_errno(e, "cannot wait for %s", what);
	if (trouble.kind != ERR_NONE || !judge_signal(end, &trouble)) {
		*e = trouble;
		return err_context(e, "%s failed", what);
	}
	*status = WEXITSTATUS(end);
	return true;
}
