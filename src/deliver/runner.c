#include "config.h"

#include "deliver/run.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <sysexits.h>
#include <unistd.h>

#include "base/mem.h"

/* Where the child that runs finds its lock, and where it says that it cannot
 * run. */
#define LOCK_FD 3
#define REPORT_FD 4
#define OPTION_MAX 32
#define FILES_MAX 1024
#define REPORT_MS 5000 /* it is not waited for longer */

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

/* What its first sender may use is meant for one message, and it serves all:
 * as much as it may have, but of descriptors what programs are used to. */
static const struct rlimit *lift(struct rlimit *l, rlim_t most)
{
	if (l->rlim_cur < most)
		l->rlim_cur = l->rlim_max < most ? l->rlim_max : most;
	return l;
}

static void lift_limits(void)
{
	struct rlimit l;

	if (getrlimit(RLIMIT_NOFILE, &l) == 0)
		(void)setrlimit(RLIMIT_NOFILE, lift(&l, FILES_MAX));
	if (getrlimit(RLIMIT_CPU, &l) == 0)
		(void)setrlimit(RLIMIT_CPU, lift(&l, RLIM_INFINITY));
	if (getrlimit(RLIMIT_FSIZE, &l) == 0)
		(void)setrlimit(RLIMIT_FSIZE, lift(&l, RLIM_INFINITY));
	if (getrlimit(RLIMIT_AS, &l) == 0)
		(void)setrlimit(RLIMIT_AS, lift(&l, RLIM_INFINITY));
	if (getrlimit(RLIMIT_DATA, &l) == 0)
		(void)setrlimit(RLIMIT_DATA, lift(&l, RLIM_INFINITY));
}

/* Both above where they go, so that neither is in the other's way. */
static bool place(int lock, int report)
{
	int l = fcntl(lock, F_DUPFD_CLOEXEC, REPORT_FD + 1);
	int r = fcntl(report, F_DUPFD_CLOEXEC, REPORT_FD + 1);

	return l >= 0 && r >= 0 && dup2(l, LOCK_FD) >= 0 &&
	       dup3(r, REPORT_FD, O_CLOEXEC) >= 0;
}

/* Descriptors 0 to 2 are nothing, LOCK_FD is the lock, and that is all.  An
 * old kernel has no close_range(2), which closefrom(3) does without. */
static bool settle_descriptors(int lock, int report)
{
	int null = open("/dev/null", O_RDWR | O_CLOEXEC);

	if (null < 0)
		return false;
	for (int fd = STDIN_FILENO; fd <= STDERR_FILENO; fd++)
		if (dup2(null, fd) < 0)
			return false;
	if (!place(lock, report))
		return false;
	closefrom(REPORT_FD + 1);
	return true;
}

/* The same program again: nothing of this message stays in memory. */
static void become_run(char *dir, int lock, int *report)
{
	char option[OPTION_MAX];
	char name[] = "postrider", verb[] = "flush", folder[] = "--queue-dir";
	char *const argv[] = { name, verb, option, folder, dir, NULL };

	(void)snprintf(option, sizeof(option), "--background=%d", LOCK_FD);
	default_signals();
	lift_limits();
	umask(077);
	if (chdir("/") < 0 || !settle_descriptors(lock, *report))
		return;
	*report = REPORT_FD;
	(void)execv("/proc/self/exe", argv);
}

/* The first child is waited for, the second one is nobody's, and says why it
 * is not the program. */
_Noreturn static void be_child(char *dir, int lock, int report)
{
	pid_t pid = setsid() < 0 ? -1 : fork();
	int why;

	if (pid == 0)
		become_run(dir, lock, &report);
	why = errno;
	if (pid <= 0)
		(void)!write(report, &why, sizeof(why));
	_exit(pid > 0 ? 0 : EX_OSERR);
}

/* It is closed by itself where all went well. */
static int hear_child(int report)
{
	struct pollfd p = { .fd = report, .events = POLLIN };
	int why = 0;

	if (poll(&p, 1, REPORT_MS) != 1 ||
	    read(report, &why, sizeof(why)) != sizeof(why))
		return 0;
	return why;
}

static int start_run(char *dir, int lock)
{
	int fds[2], why;
	pid_t pid;

	if (pipe2(fds, O_CLOEXEC) < 0)
		return errno;
	pid = fork();
	if (pid == 0)
		be_child(dir, lock, fds[1]);
	why = pid < 0 ? errno : 0;
	close(fds[1]);
	if (pid > 0) {
		while (waitpid(pid, NULL, 0) < 0 && errno == EINTR)
			;
		why = hear_child(fds[0]);
	}
	close(fds[0]);
	return why;
}

bool run_start(const struct spool *s, struct err *e)
{
	CLEAN(mem_string) char *dir = mem_copy(s->path);
	bool busy;
	int lock, why;

	if (!run_lock(s, &lock, &busy, e))
		return busy;
	why = start_run(dir, lock);
	close(lock);
	errno = why;
	return why == 0 || err_errno(e, "cannot start a queue run");
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
