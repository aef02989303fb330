/* aside: damage is kept for people to look at, where no run finds it. */
#ifndef QUEUE_ASIDE_H
#define QUEUE_ASIDE_H

#include "queue/spool.h"

/*
 * Move what there is of an item, whose lock is held or whose message is
 * missing, into the folder "damaged".  e says before why, and afterwards what
 * was done: SPOOL_BROKEN, or SPOOL_ERROR where it could not be moved.
 */
enum spool_found aside_set(const struct spool *s, const char *id,
			   struct err *e);

/* How many are there, and the folder's name is added to `in`. */
size_t aside_count(const struct spool *s, struct str *in);

#endif
