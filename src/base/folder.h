/*
 * folder: folders that are opened without being led astray, and files in them
 * that are still there after a power failure.
 *
 * What gives only a bool or a descriptor says in errno why it failed, and
 * begins anew where a signal came in between (EINTR).
 */
#ifndef BASE_FOLDER_H
#define BASE_FOLDER_H

#include <stdbool.h>
#include <sys/stat.h>

#include "base/attr.h"

struct err;

/*
 * Open path (absolute) for reading.  A symbolic link on the way is followed
 * only where nobody but the user and root can have made it.  With `make`
 * folders that are missing are made with mode 0700, but see folder_settle.
 * ERR_NOINPUT: there is none; else the kind of errno.
 */
bool folder_open(const char *path, bool make, int *fd,
		 struct err *e) ATTR_MUST_USE;

/*
 * Have a power failure spare the name of path and of those folders above it
 * that stand in a folder of this user's.
 */
bool folder_settle(const char *path) ATTR_MUST_USE;

/* fsync(2); true too where the file system has no such thing (EINVAL). */
bool folder_sync(int fd) ATTR_MUST_USE;

/* openat(2) of a file of mode 0600, close-on-exec, no symbolic link. */
int folder_file(int dir, const char *name, int flags);

/* A file without a name that can get one; EOPNOTSUPP where the file system has
 * no such thing, or nobody but root can do that for want of /proc. */
int folder_unnamed(int dir);

/* Give the open file fd a name, or another one where it has one there already
 * (or has is NULL); EEXIST where it is taken. */
bool folder_link(int dir, int fd, const char *has,
		 const char *name) ATTR_MUST_USE;

/* Remove a name; one that is not there is no failure. */
bool folder_unlink(int dir, const char *name);

bool folder_rename(int dir, const char *from, const char *to) ATTR_MUST_USE;

/* fstatat(2), of a symbolic link itself. */
bool folder_look(int dir, const char *name, struct stat *st) ATTR_MUST_USE;

/* True where name is a name of the open file fd. */
bool folder_is_name(int dir, const char *name, int fd);

#endif
