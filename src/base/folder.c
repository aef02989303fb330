#include "config.h"

#include "base/folder.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/err.h"
#include "base/file.h"
#include "base/str.h"

#define FD_PATH_SIZE 64

static int open_once(int at, const char *name, int flags)
{
	int fd;

	do
		fd = openat(at, name, flags | O_DIRECTORY | O_CLOEXEC);
	while (fd < 0 && errno == EINTR);
	return fd;
}

static bool make_folder(int at, const char *name)
{
	int r;

	do
		r = mkdirat(at, name, 0700);
	while (r < 0 && errno == EINTR);
	return r == 0 || errno == EEXIST;
}

/* One step down, from the folder `at`. */
static int step(int at, const char *name, bool make, int flags)
{
	int fd = open_once(at, name, flags | O_NOFOLLOW);

	if (fd < 0 && errno == ENOENT && make && make_folder(at, name))
		fd = open_once(at, name, flags | O_NOFOLLOW);
	if (fd < 0 && (errno == ELOOP || errno == ENOTDIR)) {
		errno = ENOTDIR;
		if (file_link_is_ours(at, name))
			fd = open_once(at, name, flags);
	}
	return fd;
}

static int walk(const char *path, bool make)
{
	int at = open_once(AT_FDCWD, "/", O_PATH);

	while (at >= 0) {
		CLEAN(str) struct str name = STR_INIT;
		const char *end;
		int fd, why;

		path += strspn(path, "/");
		end = path + strcspn(path, "/");
		str_add(&name, (struct view){ path, (size_t)(end - path) });
		path = end + strspn(end, "/");
		fd = step(at, name.len > 0 ? name.s : ".", make,
			  *path ? O_PATH : O_RDONLY);
		why = errno;
		close(at);
		errno = why;
		if (!*path)
			return fd;
		at = fd;
	}
	return -1;
}

bool folder_open(const char *path, bool make, int *fd, struct err *e)
{
	*fd = -1;
	if (path[0] != '/')
		return err_set(e, ERR_CONFIG, "'%s' is no absolute path", path);
	*fd = walk(path, make);
	if (*fd >= 0)
		return true;
	err_errno(e, "cannot open the folder '%s'", path);
	if (errno == ENOENT && !make)
		e->kind = ERR_NOINPUT;
	return false;
}

/* What others made, and what cannot be synced at all, is not our business. */
static bool settle_one(const char *path)
{
	int fd = open_once(AT_FDCWD, path, O_RDONLY);
	struct stat st;
	bool ok = true;
	int why;

	if (fd < 0)
		return errno == EACCES || errno == EPERM;
	if (fstat(fd, &st) == 0 && st.st_uid == geteuid())
		ok = folder_sync(fd) || errno == EROFS;
	why = errno;
	close(fd);
	errno = why;
	return ok;
}

bool folder_settle(const char *path)
{
	for (const char *p = path; *p; p++) {
		CLEAN(str) struct str above = STR_INIT;

		if (*p != '/' || p[1] == '/' || p[1] == '\0')
			continue;
		str_add(&above, (struct view){ path, (size_t)(p - path) + 1 });
		if (!settle_one(above.s))
			return false;
	}
	return true;
}

bool folder_sync(int fd)
{
	int r;

	do
		r = fsync(fd);
	while (r < 0 && errno == EINTR);
	return r == 0 || errno == EINVAL;
}

int folder_file(int dir, const char *name, int flags)
{
	int fd;

	do
		fd = openat(dir, name, flags | O_CLOEXEC | O_NOFOLLOW, 0600);
	while (fd < 0 && errno == EINTR);
	return fd;
}

/* Root needs no /proc to give a file without a name one. */
static bool can_be_named(void)
{
	return access("/proc/self/fd", X_OK) == 0 || geteuid() == 0;
}

/* Without O_EXCL, which would keep it from ever getting a name. */
int folder_unnamed(int dir)
{
	bool can = can_be_named();
	int fd = can ? folder_file(dir, ".", O_TMPFILE | O_RDWR) : -1;

	if (!can || (fd < 0 && errno == EISDIR))
		errno = EOPNOTSUPP;
	return fd;
}

static int link_once(int dir, int fd, const char *has, const char *name)
{
	char path[FD_PATH_SIZE];
	int r;

	if (has)
		return linkat(dir, has, dir, name, 0);
	snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
	r = linkat(AT_FDCWD, path, dir, name, AT_SYMLINK_FOLLOW);
	if (r < 0 && errno == ENOENT)
		r = linkat(fd, "", dir, name, AT_EMPTY_PATH);
	return r;
}

bool folder_link(int dir, int fd, const char *has, const char *name)
{
	bool again = false;

	while (link_once(dir, fd, has, name) < 0) {
		if (errno == EINTR) {
			again = true;
			continue;
		}
		if (!again || errno != EEXIST)
			return false;
		if (folder_is_name(dir, name, fd))
			return true;
		errno = EEXIST;
		return false;
	}
	return true;
}

bool folder_unlink(int dir, const char *name)
{
	int r;

	do
		r = unlinkat(dir, name, 0);
	while (r < 0 && errno == EINTR);
	return r == 0 || errno == ENOENT;
}

bool folder_rename(int dir, const char *from, const char *to)
{
	bool again = false;

	while (renameat(dir, from, dir, to) < 0) {
		if (errno != EINTR)
			return again && errno == ENOENT;
		again = true;
	}
	return true;
}

bool folder_look(int dir, const char *name, struct stat *st)
{
	int r;

	do
		r = fstatat(dir, name, st, AT_SYMLINK_NOFOLLOW);
	while (r < 0 && errno == EINTR);
	return r == 0;
}

bool folder_is_name(int dir, const char *name, int fd)
{
	struct stat here, there;

	return fstat(fd, &here) == 0 && folder_look(dir, name, &there) &&
	       here.st_ino == there.st_ino && here.st_dev == there.st_dev;
}
