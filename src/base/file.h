/*
 * file: paths as users write them, and files that are trusted only as far as
 * their owner and mode allow.
 */
#ifndef BASE_FILE_H
#define BASE_FILE_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/stat.h>

#include "base/attr.h"
#include "base/secret.h"
#include "base/str.h"

struct err;

/* What a file holds decides who may own, write and read it. */
enum file_holds {
	FILE_HOLDS_SETTINGS, /* anyone's */
	FILE_HOLDS_COMMAND,  /* ours or root's; writable by nobody else */
	FILE_HOLDS_SECRET,   /* the same, and readable by nobody else */
	FILE_HOLDS_SHARED,   /* a secret that root may give to a group */
};

/*
 * The home directory: $HOME where it is a directory of the real user, else
 * what the password database says; NULL where neither is one.  Borrowed.
 */
const char *file_home(void);

/* ~/x and ~user/x expanded; any other path copied.  The caller frees it. */
char *file_expand(const char *path);

/*
 * Open path for reading and close-on-exec.  A final symbolic link is followed
 * only where nobody but the user and root can have made it.
 */
bool file_open(const char *path, int *fd, struct err *e) ATTR_MUST_USE;

/*
 * Read all of path, at most max bytes, into out; st is what fstat said of the
 * opened file before a byte was read.  A missing file is ERR_NOINPUT, one
 * that cannot be read ERR_CONFIG.
 */
bool file_read(const char *path, size_t max, struct secret *out,
	       struct stat *st, struct err *e) ATTR_MUST_USE;

/* The same for a regular file that somebody else may have chosen: a FIFO or a
 * device there does not hold us up, but is ERR_CONFIG. */
bool file_read_regular(const char *path, size_t max, struct secret *out,
		       struct err *e) ATTR_MUST_USE;

/*
 * Put text into path, mode 0600: others see the old file or the new one whole.
 * The folder must be there; a symbolic link at path is replaced, not followed.
 * Two that write at once: one of them fails; one that was killed is no writer.
 */
bool file_replace(const char *path, struct view text,
		  struct err *e) ATTR_MUST_USE;

/* All of v, or false with errno set. */
bool file_write(int fd, struct view v) ATTR_MUST_USE;

/*
 * Lock all of fd, open for writing, for its open file description: until the
 * last descriptor of that is closed.  False with errno, EAGAIN where somebody
 * else has the lock.
 */
bool file_lock(int fd) ATTR_MUST_USE;

/* True where the symbolic link name in the folder dir is one that nobody but
 * the user and root can have made. */
bool file_link_is_ours(int dir, const char *name);

/* ERR_CONFIG, with the command that mends it, where st is too open. */
bool file_check(const char *path, const struct stat *st, enum file_holds holds,
		struct err *e) ATTR_MUST_USE;

#endif
