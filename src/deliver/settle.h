/*
 * settle: from what an attempt brought to what becomes of the item.  A pure
 * function; the same for the foreground and for the queue run.
 *
 * By the kind of each recipient's verdict (base/err: err_retry): taken: sent;
 * may succeed later: pending; never: refused; once somebody has changed
 * something: pending, and the item is held.  Nobody left to try: sent by all
 * (the item can go), or failed.  The third uncertain outcome holds it.
 */
#ifndef DELIVER_SETTLE_H
#define DELIVER_SETTLE_H

#include "queue/item.h"
#include "queue/standing.h"
#include "smtp/outcome.h"

struct settle {
	const size_t *index; /* outcome's recipients in the item's; NULL: all */
	/* NULL: nobody was asked, err is about all who are pending. */
	const struct outcome *outcome;
	const struct err *err; /* NULL: all was taken */
	/* The trouble is the server's: the account's standing says when to try
	 * again, and the item is as due as it was. */
	bool server;
	bool trusted; /* false: 68, 76, 77 and 78 make it failed */
	bool told;    /* the caller hears of refusals by the exit status */
	int64_t now;
	uint32_t seed; /* for jitter */
};

enum settled {
	SETTLED_DONE, /* nobody is left, all were taken: to be removed */
	SETTLED_KEEP, /* waiting, held or failed: to be stored */
};

enum settled settle_item(struct item *it, const struct settle *s);

/* Too old: all who are pending are refused, the item is failed. */
void settle_expired(struct item *it, int64_t now);

/* A run found the mark of a flight without an outcome. */
void settle_found_in_flight(struct item *it, int64_t now);

#endif
