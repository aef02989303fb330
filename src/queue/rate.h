/*
 * rate: at most so many messages of an account in any stretch of so long.
 *
 * The times of the last ones are in a small file, NAME.rate, beside the
 * account's standing.
 */
#ifndef QUEUE_RATE_H
#define QUEUE_RATE_H

#include "queue/spool.h"

#define RATE_MAX 100000 /* messages that are remembered; more are as many */

/*
 * May a message go now?  Then it is counted.  Else *wait_ms says how long not.
 * Where the file cannot be had nothing is limited.  now_ms: of the wall clock.
 */
bool rate_take(const struct spool *s, const char *name, int64_t count,
	       int64_t period_ms, int64_t now_ms, int64_t *wait_ms);

#endif
