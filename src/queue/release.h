/* release: an item that was held, or that failed, goes on; a pure function. */
#ifndef QUEUE_RELEASE_H
#define QUEUE_RELEASE_H

#include "queue/item.h"

/*
 * Make it wait again, due now or, where it is not to go before a time, then,
 * and note why ("released by hand").  Time that it was held does not make it
 * older.  One that failed is sent again to all
 * who refused it, and has its whole lifetime before it again.
 */
void item_release(struct item *it, int64_t now, const char *why);

#endif
