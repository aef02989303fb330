/* retry: when to try again; pure functions of what happened so far. */
#ifndef QUEUE_RETRY_H
#define QUEUE_RETRY_H

#include <stdint.h>

/*
 * Seconds from a failed try to the next: 1, 2, 5, 10, 20, 40 minutes, 1, 2
 * hours, then every 4 hours; with a tenth more or less, by seed.
 */
int64_t retry_delay_s(int failures, uint32_t seed);

/* When an item that came then, and was held for so long, is too old; lifetime
 * in seconds, -1: never. */
int64_t retry_expiry(int64_t created, int64_t held_s, int64_t lifetime_s);

/*
 * When what is due then is to be tried, known being the last time that it was
 * entered or tried: now, if that lies more than a day ahead.  The clock was
 * wrong then, and what it said of the next try may be years away.
 */
int64_t retry_due(int64_t due, int64_t known, int64_t now);

#endif
