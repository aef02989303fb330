/* census: what a queue holds, counted item by item. */
#ifndef QUEUE_CENSUS_H
#define QUEUE_CENSUS_H

#include "queue/spool.h"

struct census_failed {
	char id[ITEM_ID_SIZE];
	int64_t bytes, since;
};

struct census {
	int64_t bytes; /* of all items */
	int64_t failed_bytes;
	struct census_failed *failed; /* owned; as they came */
	size_t n, cap;
};

#define CENSUS_INIT ((struct census){ 0 })

/* Into c, which is new.  With reports, damage is set aside, a sentence for
 * each; NULL: it waits. */
bool census_take(const struct spool *s, struct census *c, struct list *reports,
		 struct err *e) ATTR_MUST_USE;

/* Remove failed items, the oldest first, until those take at most so much. */
void census_drop(const struct spool *s, struct census *c, int64_t at_most);

/* Remove those that failed before then. */
void census_drop_older(const struct spool *s, struct census *c, int64_t then);

void census_free(struct census *c);

#endif
