/*
 * clock: monotonic time in milliseconds, and waiting by a deadline.
 *
 * A deadline is a point on this clock, never a duration, so that it can be
 * handed down through every floor and mean the same.
 */
#ifndef BASE_CLOCK_H
#define BASE_CLOCK_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/attr.h"

struct err;

#define CLOCK_NEVER INT64_MAX

int64_t clock_now_ms(void);

/* By the wall clock, since 1970 in UTC. */
int64_t clock_wall_ms(void);

/* The deadline that lies seconds ahead; seconds < 0 means never. */
int64_t clock_after_s(int64_t seconds);
int64_t clock_earlier(int64_t a, int64_t b);

/* The end of the first of parts (at least 1) of the time that is left. */
int64_t clock_share(int64_t deadline_ms, size_t parts);

/* What poll(2) wants: 0 where the deadline is past, -1 for never. */
int clock_poll_ms(int64_t deadline_ms);

/*
 * Wait until fd is ready for events (POLLIN, POLLOUT) or failed; false with
 * ERR_NETWORK "timed out" once the deadline is past.
 */
bool clock_wait_fd(int fd, short events, int64_t deadline_ms,
		   struct err *e) ATTR_MUST_USE;

#endif
