#include "config.h"

#include "base/file.h"

#include <errno.h>
#include <fcntl.h>
#include <pwd.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "base/err.h"
#include "base/mem.h"

#define READ_CHUNK 16384
#define STALE_S 60 /* nobody takes so long to write a small file */

static bool is_own_directory(const char *path)
{
	struct stat st;

	return path && path[0] == '/' && stat(path, &st) == 0 &&
	       S_ISDIR(st.st_mode) && st.st_uid == getuid();
}

const char *file_home(void)
{
	const char *home = getenv("HOME");
	const struct passwd *pw;

	if (is_own_directory(home))
		return home;
	pw = getpwuid(getuid());
	return pw && is_own_directory(pw->pw_dir) ? pw->pw_dir : NULL;
}

static const char *home_of(const char *name)
{
	const struct passwd *pw;

	if (*name == '\0')
		return file_home();
	pw = getpwnam(name);
	return pw ? pw->pw_dir : NULL;
}

char *file_expand(const char *path)
{
	CLEAN(mem_string) char *name = NULL;
	struct str out = STR_INIT;
	const char *home;
	size_t n;

	if (path[0] != '~')
		return mem_copy(path);
	n = strcspn(path, "/");
	name = mem_copy_n(path + 1, n - 1);
	home = home_of(name);
	if (!home)
		return mem_copy(path);
	str_adds(&out, home);
	str_adds(&out, path + n);
	return str_detach(&out);
}

static bool others_can_write(const struct stat *st)
{
	return (st->st_mode & (S_IWGRP | S_IWOTH)) != 0;
}

static bool is_ours(const struct stat *st)
{
	return st->st_uid == geteuid() || st->st_uid == 0;
}

bool file_link_is_ours(int dir, const char *name)
{
	struct stat d, l;

	if (fstat(dir, &d) < 0 ||
	    fstatat(dir, name, &l, AT_SYMLINK_NOFOLLOW) < 0)
		return false;
	return is_ours(&l) && is_ours(&d) &&
	       (!others_can_write(&d) || (d.st_mode & S_ISVTX) != 0);
}

static int open_link(const char *path, int flags)
{
	const char *slash = strrchr(path, '/');
	const char *name = slash ? slash + 1 : path;
	CLEAN(mem_string) char *parent = NULL;
	int dir, fd = -1;

	parent = slash ? mem_copy_n(path, (size_t)(slash - path) + 1)
		       : mem_copy(".");
	dir = open(parent, O_PATH | O_DIRECTORY | O_CLOEXEC);
	if (dir < 0)
		return -1;
	if (file_link_is_ours(dir, name))
		fd = openat(dir, name, flags);
	else
		errno = ELOOP;
	close(dir);
	return fd;
}

static bool open_file(const char *path, int extra, int *fd, struct err *e)
{
	const int flags = O_RDONLY | O_CLOEXEC | O_NOCTTY | extra;

	*fd = open(path, flags | O_NOFOLLOW);
	if (*fd < 0 && errno == ELOOP)
		*fd = open_link(path, flags);
	if (*fd >= 0)
		return true;
	err_errno(e, "cannot open '%s'", path);
	if (errno == ELOOP)
		err_hint(e, "it is a symbolic link that others could "
			    "replace; name the file itself");
	e->kind = errno == ENOENT || errno == ENOTDIR ? ERR_NOINPUT
						      : ERR_CONFIG;
	return false;
}

bool file_open(const char *path, int *fd, struct err *e)
{
	return open_file(path, 0, fd, e);
}

/* Most files fit into the one page that there is. */
static bool read_all(int fd, size_t max, struct secret *out)
{
	for (;;) {
		ssize_t got;

		if (out->n + 1 == out->cap)
			secret_reserve(out, out->n + READ_CHUNK);
		got = read(fd, out->p + out->n, out->cap - out->n - 1);
		if (got < 0 && errno == EINTR)
			continue;
		if (got <= 0)
			return got == 0;
		out->n += (size_t)got;
		out->p[out->n] = '\0';
		if (out->n > max) {
			errno = EFBIG;
			return false;
		}
	}
}

static bool read_open(int fd, const char *path, size_t max, struct secret *out,
		      struct err *e)
{
	secret_free(out);
	secret_reserve(out, 0);
	out->p[0] = '\0';
	if (read_all(fd, max, out))
		return true;
	err_errno(e, "cannot read '%s'", path);
	e->kind = ERR_CONFIG;
	return false;
}

bool file_read(const char *path, size_t max, struct secret *out,
	       struct stat *st, struct err *e)
{
	bool ok;
	int fd;

	if (!file_open(path, &fd, e))
		return false;
	ok = fstat(fd, st) == 0 || err_errno(e, "cannot look at '%s'", path);
	ok = ok && read_open(fd, path, max, out, e);
	close(fd);
	return ok;
}

bool file_read_regular(const char *path, size_t max, struct secret *out,
		       struct err *e)
{
	struct stat st;
	bool ok;
	int fd;

	if (!open_file(path, O_NONBLOCK, &fd, e))
		return false;
	ok = (fstat(fd, &st) == 0 && S_ISREG(st.st_mode)) ||
	     err_set(e, ERR_CONFIG, "'%s' is no regular file", path);
	ok = ok && read_open(fd, path, max, out, e);
	close(fd);
	return ok;
}

static bool is_named(int fd, const char *path)
{
	struct stat open, named;

	return fstat(fd, &open) == 0 && lstat(path, &named) == 0 &&
	       open.st_ino == named.st_ino && open.st_dev == named.st_dev;
}

/* Who writes it has its lock. */
static bool remove_unlocked(const char *path)
{
	int fd = open(path, O_RDWR | O_NONBLOCK | O_CLOEXEC | O_NOFOLLOW);
	bool ok;

	if (fd < 0)
		return false;
	ok = file_lock(fd) && is_named(fd, path) && unlink(path) == 0;
	close(fd);
	return ok;
}

/* Where there are no locks, or no file. */
static bool remove_old(const char *path)
{
	struct stat st;

	return lstat(path, &st) == 0 && time(NULL) - st.st_mtime >= STALE_S &&
	       unlink(path) == 0;
}

/* Locked, where that can be done.  What a writer that was killed has left is
 * not in the way. */
static int open_new(const char *path)
{
	const int flags = O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW;
	int fd = open(path, flags, 0600);

	if (fd < 0 && errno == EEXIST) {
		if (remove_unlocked(path) || remove_old(path))
			fd = open(path, flags, 0600);
		else
			errno = EEXIST;
	}
	if (fd < 0)
		return -1;
	if ((file_lock(fd) || errno != EAGAIN) && is_named(fd, path))
		return fd;
	close(fd); /* somebody took it for one that was left */
	errno = EEXIST;
	return -1;
}

bool file_write(int fd, struct view v)
{
	while (v.n > 0) {
		ssize_t put = write(fd, v.p, v.n);

		if (put < 0 && errno == EINTR)
			continue;
		if (put < 0)
			return false;
		v = view_part(v, (size_t)put, v.n);
	}
	return true;
}

/* Hear what a close has to say, and keep the lock. */
static bool close_copy(int fd)
{
	int copy = fcntl(fd, F_DUPFD_CLOEXEC, 0);

	return copy >= 0 && close(copy) == 0;
}

bool file_replace(const char *path, struct view text, struct err *e)
{
	CLEAN(str) struct str fresh = STR_INIT;
	bool ok;
	int fd;

	str_addf(&fresh, "%s.new", path);
	fd = open_new(fresh.s);
	if (fd < 0)
		return err_errno(e, "cannot write '%s'", fresh.s);
	ok = file_write(fd, text) && close_copy(fd) &&
	     rename(fresh.s, path) == 0;
	if (!ok) {
		err_errno(e, "cannot write '%s'", path);
		unlink(fresh.s);
	}
	close(fd);
	return ok;
}

bool file_lock(int fd)
{
	struct flock whole = { .l_type = F_WRLCK, .l_whence = SEEK_SET };
	int r;

	do
		r = fcntl(fd, F_OFD_SETLK, &whole);
	while (r < 0 && errno == EINTR);
	if (r < 0 && errno == EACCES)
		errno = EAGAIN;
	return r == 0;
}

bool file_check(const char *path, const struct stat *st, enum file_holds holds,
		struct err *e)
{
	bool shared = holds == FILE_HOLDS_SHARED && st->st_uid == 0;
	const char *what = holds == FILE_HOLDS_COMMAND ? "a command"
						       : "a secret";

	if (holds == FILE_HOLDS_SETTINGS)
		return true;
	if (!is_ours(st)) {
		err_set(e, ERR_CONFIG, "'%s' holds %s but belongs to user %lu",
			path, what, (unsigned long)st->st_uid);
		return err_hint(e, "chown it to yourself");
	}
	if (others_can_write(st)) {
		err_set(e, ERR_CONFIG, "'%s' holds %s but others can write it",
			path, what);
		return err_hint(e, "chmod go-w '%s'", path);
	}
	if (holds != FILE_HOLDS_COMMAND &&
	    (st->st_mode & (shared ? 037 : 077)) != 0) {
		err_set(e, ERR_CONFIG, "'%s' holds %s but others can read it",
			path, what);
		return err_hint(e, "chmod %s '%s'", shared ? "640" : "600",
				path);
	}
	return true;
}
