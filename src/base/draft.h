/*
 * draft: a file that has no name.
 *
 * A message is written to one once, from front to back, and then read as
 * often as needed.  A draft that is freed, or whose process dies, leaves
 * nothing behind, unless it was given a name.
 */
#ifndef BASE_DRAFT_H
#define BASE_DRAFT_H

#include <stdbool.h>
#include <stdint.h>

#include "base/attr.h"
#include "base/str.h"

struct err;

#define DRAFT_BUFFER 65536
/* What a full disk has no room for may be that large and go into memory. */
#define DRAFT_MEMORY_MAX 1048576

struct draft {
	int fd; /* owned; -1 where there is none */
	char *buffer;
	size_t buffered;
	uint64_t size;    /* bytes added so far */
	uint64_t flushed; /* so many of them are in the file */
	/* The errno for which it is in memory alone; 0: it is in a file. */
	int displaced;
	/* Of one that may get a name, see draft_open_in: */
	char *folder; /* owned; where it is, for people; or NULL */
	char *name;   /* owned; that it has already for want of O_TMPFILE */
	int dir;      /* owned where it has a name */
};

#define DRAFT_INIT ((struct draft){ .fd = -1 })

/*
 * In $TMPDIR, /var/tmp or /tmp, the first that has room for a file.
 * Where the file system has no O_TMPFILE the name is removed at once.
 */
bool draft_open(struct draft *d, struct err *e) ATTR_MUST_USE;

/*
 * In the open folder dir, whose path is for messages only, and such that it can
 * be linked there.  Where the file system has no O_TMPFILE it has a name that
 * ends in DRAFT_END, and is locked (file_lock), so that what a killed process
 * leaves behind can be told from what is in use.
 */
#define DRAFT_END ".tmp"
bool draft_open_in(struct draft *d, int dir, const char *path,
		   struct err *e) ATTR_MUST_USE;

/* Take that name away again: where it has got another one. */
void draft_unname(struct draft *d);

bool draft_add(struct draft *d, struct view v, struct err *e) ATTR_MUST_USE;

/*
 * Hand all that was added to the file; call it before draft_read.  Where the
 * disk is full it goes on in memory, up to DRAFT_MEMORY_MAX, so that what need
 * not be kept can be sent all the same; it can get no name then.
 */
bool draft_flush(struct draft *d, struct err *e) ATTR_MUST_USE;

/* Up to n bytes from offset; *got is 0 at the end. */
bool draft_read(const struct draft *d, uint64_t offset, char *buf, size_t n,
		size_t *got, struct err *e) ATTR_MUST_USE;

/* All of from behind offset to the end of to. */
bool draft_copy(const struct draft *from, uint64_t offset, struct draft *to,
		struct err *e) ATTR_MUST_USE;

void draft_free(struct draft *d);

#endif
