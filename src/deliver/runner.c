#include "config.h"

#include "deliver/run.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <sysexits.h>
#include <unistd.h>

#include "base/mem.h"

/* Where the child that runs finds its lock. */
#define LOCK_FD 3
#define OPTION_MAX 32

/* --- the lock --------------------------------------------------------------
 */

static bool set_lock(int fd, short type)
{
	struct flock lock = { .l_type = type, .l_whence = SEEK_SET };
	int result;

	do {
		result = fcntl(fd, F_OFD_SETLK, &lock);
	} while (result < 0 && errno == EINTR);
	return result == 0;
}

bool run_lock(const struct spool *s, int *fd, bool *busy, struct err *e)
{
	*busy = false;
	*fd = openat(s->fd, RUN_LOCK_FILE,
		     O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);
	if (*fd < 0)
		return err_errno(e, "cannot open '%s/" RUN_LOCK_FILE "'",
				 s->path);
	if (set_lock(*fd, F_WRLCK))
		return true;
	*busy = errno == EAGAIN || errno == EACCES;
	if (!*busy)
		err_errno(e, "cannot lock '%s/" RUN_LOCK_FILE "'", s->path);
	close(*fd);
	*fd = -1;
	return false;
}

bool run_relock(int fd, bool take)
{
	return set_lock(fd, take ? F_WRLCK : F_UNLCK);
}

void run_poke(const struct spool *s)
{
	/* Where there is no file nobody is at work. */
	(void)utimensat(s->fd, RUN_LOCK_FILE, NULL, AT_SYMLINK_NOFOLLOW);
}

/* --- a run in the background -----------------------------------------------
 */

static void default_signals(void)
{
	sigset_t none;

	for (int i = 1; i < NSIG; i++)
		(void)signal(i, SIG_DFL);
	sigemptyset(&none);
	sigprocmask(SIG_SETMASK, &none, NULL);
}

/* Descriptors 0 to 2 are nothing, LOCK_FD is the lock, and that is all. */
static bool settle_descriptors(int lock)
{
	int null = open("/dev/null", O_RDWR | O_CLOEXEC);

	if (null < 0)
		return false;
	for (int fd = STDIN_FILENO; fd <= STDERR_FILENO; fd++)
		if (dup2(null, fd) < 0)
			return false;
	if (lock == LOCK_FD ? fcntl(lock, F_SETFD, 0) < 0
			    : dup2(lock, LOCK_FD) < 0)
		return false;
	return close_range(LOCK_FD + 1, ~0U, 0) == 0;
}

/* The same program again: nothing of this message stays in memory. */
_Noreturn static void become_run(char *dir, int lock)
{
	char option[OPTION_MAX];
	char name[] = "postrider", verb[] = "flush", folder[] = "--queue-dir";
	char *const argv[] = { name, verb, option, folder, dir, NULL };

	(void)snprintf(option, sizeof(option), "--background=%d", LOCK_FD);
	default_signals();
	umask(077);
	if (chdir("/") == 0 && settle_descriptors(lock))
		(void)execv("/proc/self/exe", argv);
	_exit(EX_OSERR);
}

/* The first child is waited for, the second one is nobody's. */
static bool start_run(char *dir, int lock, struct err *e)
{
	pid_t pid = fork();
	int status;

	if (pid < 0)
		return err_errno(e, "cannot start a queue run");
	if (pid == 0) {
		pid = setsid() < 0 ? -1 : fork();
		if (pid == 0)
			become_run(dir, lock);
		_exit(pid < 0 ? EX_OSERR : 0);
	}
	while (waitpid(pid, &status, 0) < 0)
		if (errno != EINTR)
			return err_errno(e, "cannot start a queue run");
	return status == 0 ||
	       err_set(e, ERR_SYSTEM, "cannot start a queue run");
}

bool run_start(const struct spool *s, struct err *e)
{
	CLEAN(mem_string) char *dir = mem_copy(s->path);
	bool ok, busy;
	int lock;

	if (!run_lock(s, &lock, &busy, e))
		return busy;
	ok = start_run(dir, lock, e);
	close(lock);
	return ok;
}

/* --- that run --------------------------------------------------------------
 */

/* Nobody but a sender hands over the lock of this folder's run. */
static bool is_lock(const struct spool *s, int fd)
{
	struct stat open, named;

	return fd > STDERR_FILENO && fstat(fd, &open) == 0 &&
	       fstatat(s->fd, RUN_LOCK_FILE, &named, AT_SYMLINK_NOFOLLOW) ==
		       0 &&
	       open.st_dev == named.st_dev && open.st_ino == named.st_ino &&
	       set_lock(fd, F_WRLCK) && fcntl(fd, F_SETFD, FD_CLOEXEC) == 0;
}

bool run_background(const char *dir, int fd, struct err *e)
{
	CLEAN(spool) struct spool spool = SPOOL_INIT;
	struct run run = { .spool = &spool, .stay = true, .lock = fd };
	struct run_result result;

	/* The name of the link that it was started by says nothing. */
	(void)prctl(PR_SET_NAME, "postrider", 0, 0, 0);
	if (!spool_open(&spool, dir, false, e))
		return false;
	if (!is_lock(&spool, fd))
		return err_set(e, ERR_USAGE,
			       "descriptor %d is not the lock of '%s'", fd,
			       dir);
	return run_queue(&run, &result, e);
}
