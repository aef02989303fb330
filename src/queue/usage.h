/*
 * usage: how many bytes the items of a queue take, in one small file, so that
 * nobody has to count them for each message.
 *
 * It may be wrong where a process died; spool_tidy counts anew, and nobody is
 * turned away before that was done.  That the file is there says that the names
 * of the folders above are safe on disk, too.
 */
#ifndef QUEUE_USAGE_H
#define QUEUE_USAGE_H

#include "queue/census.h"
#include "queue/spool.h"

/* Open, with `make` make, s->usage; without, it may be missing. */
bool usage_open(struct spool *s, bool make, struct err *e) ATTR_MUST_USE;

/* Add bytes (perhaps less than 0) and give what is counted then; -1: nothing
 * is known. */
int64_t usage_add(const struct spool *s, int64_t bytes);

/* What is counted; -1: nothing is known. */
int64_t usage_get(const struct spool *s);

/* Take the census and note what it says. */
bool usage_recount(const struct spool *s, struct census *c,
		   struct list *reports, struct err *e) ATTR_MUST_USE;

/*
 * Make room for so many bytes more: where they seem to be too many, count, and
 * drop failed items, the oldest first, if that helps.  ERR_DEFERRED.
 */
bool usage_reserve(const struct spool *s, int64_t bytes,
		   struct err *e) ATTR_MUST_USE;

#endif
