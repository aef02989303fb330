#include "config.h"

#include "faults.h"

#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

static struct {
	unsigned calls;
	int number, at, counted;
	bool on;
} fault;

void faults_set(unsigned calls, int number, int at, bool on)
{
	fault.calls = calls;
	fault.number = number;
	fault.at = at;
	fault.on = on;
	fault.counted = 0;
}

static struct {
	unsigned calls;
	int left;
	void (*done)(void);
} meanwhile;

void faults_meanwhile(unsigned calls, int at, void (*done)(void))
{
	meanwhile.calls = calls;
	meanwhile.left = at;
	meanwhile.done = done;
}

int faults_clear(void)
{
	fault.calls = 0;
	meanwhile.calls = 0;
	return fault.counted;
}

bool faults_hit(unsigned call)
{
	if ((meanwhile.calls & call) && --meanwhile.left == 0) {
		meanwhile.calls = 0;
		meanwhile.done();
	}
	if (!(fault.calls & call))
		return false;
	fault.counted++;
	if (fault.counted != fault.at &&
	    !(fault.on && fault.counted > fault.at))
		return false;
	errno = fault.number;
	return true;
}

/* The names of libc are reserved for it.
 * NOLINTBEGIN(readability-inconsistent-declaration-parameter-name) */
int openat(int dir, const char *path, int flags, ...)
{
	bool unnamed = (flags & O_TMPFILE) == O_TMPFILE;
	mode_t mode = 0;
	va_list ap;

	va_start(ap, flags);
	if ((flags & O_CREAT) || unnamed)
		mode = va_arg(ap, mode_t);
	va_end(ap);
	if ((unnamed && faults_hit(FAULT_UNNAMED)) || faults_hit(FAULT_OPENAT))
		return -1;
	return (int)syscall(SYS_openat, dir, path, flags, mode);
}

ssize_t write(int fd, const void *buf, size_t n)
{
	return faults_hit(FAULT_WRITE) ? -1 : syscall(SYS_write, fd, buf, n);
}

ssize_t pwrite(int fd, const void *buf, size_t n, off_t offset)
{
	return faults_hit(FAULT_WRITE)
		       ? -1
		       : syscall(SYS_pwrite64, fd, buf, n, offset);
}

ssize_t pread(int fd, void *buf, size_t n, off_t offset)
{
	return faults_hit(FAULT_READ)
		       ? -1
		       : syscall(SYS_pread64, fd, buf, n, offset);
}

int fsync(int fd)
{
	return faults_hit(FAULT_FSYNC) ? -1 : (int)syscall(SYS_fsync, fd);
}

int access(const char *path, int mode)
{
	return faults_hit(FAULT_PROC) ? -1
				      : (int)syscall(SYS_access, path, mode);
}

int linkat(int from, const char *a, int to, const char *b, int flags)
{
	return (strncmp(a, "/proc/", 6) == 0 && faults_hit(FAULT_PROC)) ||
			       faults_hit(FAULT_LINKAT)
		       ? -1
		       : (int)syscall(SYS_linkat, from, a, to, b, flags);
}

int unlinkat(int dir, const char *name, int flags)
{
	return faults_hit(FAULT_UNLINKAT)
		       ? -1
		       : (int)syscall(SYS_unlinkat, dir, name, flags);
}

int renameat(int from, const char *a, int to, const char *b)
{
	return faults_hit(FAULT_RENAMEAT)
		       ? -1
		       : (int)syscall(SYS_renameat2, from, a, to, b, 0);
}

int mkdirat(int dir, const char *name, mode_t mode)
{
	return faults_hit(FAULT_MKDIRAT)
		       ? -1
		       : (int)syscall(SYS_mkdirat, dir, name, mode);
}

int fstatat(int dir, const char *name, struct stat *st, int flags)
{
	return faults_hit(FAULT_FSTATAT)
		       ? -1
		       : (int)syscall(SYS_newfstatat, dir, name, st, flags);
}

int fstat(int fd, struct stat *st)
{
	return faults_hit(FAULT_FSTAT) ? -1 : (int)syscall(SYS_fstat, fd, st);
}

int fcntl(int fd, int command, ...)
{
	va_list ap;
	void *arg;

	va_start(ap, command);
	arg = va_arg(ap, void *);
	va_end(ap);
	return faults_hit(FAULT_FCNTL)
		       ? -1
		       : (int)syscall(SYS_fcntl, fd, command, arg);
}
/* NOLINTEND(readability-inconsistent-declaration-parameter-name) */
