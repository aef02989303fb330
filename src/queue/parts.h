/* parts: what the files of the room spool share. */
#ifndef QUEUE_PARTS_H
#define QUEUE_PARTS_H

#include <dirent.h>
#include <errno.h>

#include "queue/spool.h"

#define PARTS_MSG ".msg"
#define PARTS_ENV ".env"
#define PARTS_NEW ".new" /* an ID.env that is being written */
#define PARTS_NAME_SIZE (ITEM_ID_SIZE + 8)
#define PARTS_MAX 4000000 /* names in a folder that are looked at */

struct parts_name {
	char s[PARTS_NAME_SIZE];
};

struct parts_name parts_name(const char *id, const char *end);

/* The ID of a file of that name, if it has that end. */
bool parts_id(const char *name, const char *end, char id[ITEM_ID_SIZE]);

/* err_errno of the kinds that spool.h promises, and hints. */
bool parts_errno(const struct spool *s, struct err *e, const char *what);

/* All names in the folder; the caller closes it.  NULL: errno. */
DIR *parts_open_list(int dir);

/*
 * All of ID.env, and item_read.  SPOOL_TAKEN, SPOOL_ERROR, or SPOOL_BROKEN,
 * where e says what is wrong with it and nothing was done about it yet.
 */
enum spool_found parts_read(const struct spool *s, int env, const char *id,
			    struct item *it, struct err *e);

/* Write text to ID.new, fsynced; *fd is open for reading and writing. */
bool parts_write_new(const struct spool *s, const char *id, struct view text,
		     int *fd) ATTR_MUST_USE;

static inline bool parts_no_room(int number)
{
	return number == ENOSPC || number == EDQUOT;
}

#endif
