#include "config.h"

#include "base/proc.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/err.h"
#include "base/mem.h"

#define REAP_PAUSE_MAX_MS 64

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

static void prepare_files(posix_spawn_file_actions_t *actions,
			  const int fds[PROC_FDS])
{
	posix_spawn_file_actions_init(actions);
	if (fds[0] < 0)
		posix_spawn_file_actions_addopen(actions, STDIN_FILENO,
						 "/dev/null", O_RDONLY, 0);
	for (int i = 0; i < PROC_FDS; i++)
		if (fds[i] >= 0)
			posix_spawn_file_actions_adddup2(actions, fds[i], i);
}

bool proc_start(char *const argv[], const int fds[PROC_FDS], struct proc *child,
		struct err *e)
{
	posix_spawn_file_actions_t actions;
	posix_spawnattr_t attr;
	bool missing;

	child->leads = !has_terminal();
	prepare_files(&actions, fds);
	prepare_attr(&attr, child->leads);
	errno = posix_spawnp(&child->pid, argv[0], &actions, &attr, argv,
			     environ);
	posix_spawnattr_destroy(&attr);
	posix_spawn_file_actions_destroy(&actions);
	if (errno == 0)
		return true;
	/* A folder of $PATH that is closed to us makes it EACCES. */
	missing = errno == ENOENT || errno == EACCES;
	err_errno(e, "it cannot be run");
	if (missing)
		e->kind = ERR_NOINPUT;
	return false;
}

bool proc_start_command(const char *command, const int fds[PROC_FDS],
			struct proc *child, struct err *e)
{
	CLEAN(mem_string) char *line = mem_copy(command);
	char shell[] = "/bin/sh", dash_c[] = "-c";
	char *const argv[] = { shell, dash_c, line, NULL };

	if (proc_start(argv, fds, child, e))
		return true;
	e->kind = ERR_SYSTEM;
	return false;
}

static bool reap(pid_t pid, int flags, int *status, pid_t *r)
{
	do
		*r = waitpid(pid, status, flags);
	while (*r < 0 && errno == EINTR);
	return *r >= 0;
}

void proc_signal(const struct proc *child, int number)
{
	kill(child->leads ? -child->pid : child->pid, number);
}

enum proc_state proc_wait(const struct proc *child, int64_t deadline_ms,
			  int *status)
{
	int pause_ms = 1;
	pid_t r;

	while (reap(child->pid, WNOHANG, status, &r) && r == 0) {
		int left_ms = clock_poll_ms(deadline_ms);

		if (left_ms == 0)
			return PROC_RUNS;
		poll(NULL, 0,
		     left_ms > 0 && left_ms < pause_ms ? left_ms : pause_ms);
		if (pause_ms < REAP_PAUSE_MAX_MS)
			pause_ms *= 2;
	}
	return r == child->pid ? PROC_ENDED : PROC_LOST;
}

bool proc_finish(const struct proc *child, int64_t deadline_ms, int *status,
		 struct err *e)
{
	enum proc_state state = proc_wait(child, deadline_ms, status);
	pid_t r;

	if (state == PROC_LOST)
		return err_errno(e, "cannot wait for it");
	if (state == PROC_RUNS) {
		proc_signal(child, SIGKILL);
		(void)reap(child->pid, 0, status, &r);
		return err_set(e, ERR_SYSTEM, "timed out");
	}
	if (WIFSIGNALED(*status))
		return err_set(e, ERR_SYSTEM, "it was ended by signal %d",
			       WTERMSIG(*status));
	*status = WEXITSTATUS(*status);
	return true;
}

bool proc_run(const char *what, const char *command, const int fds[PROC_FDS],
	      int64_t deadline_ms, int *status, struct err *e)
{
	struct proc child;

	return (proc_start_command(command, fds, &child, e) &&
		proc_finish(&child, deadline_ms, status, e)) ||
	       err_context(e, "%s failed", what);
}
