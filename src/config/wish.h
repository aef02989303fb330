/*
 * wish: what the keywords deliver_by, hold_for, hold_until, priority and rate
 * say.
 */
#ifndef CONFIG_WISH_H
#define CONFIG_WISH_H

#include "config/account.h"
#include "msg/envelope.h"

struct err;

/* "2h", "2h;return", "30m;notify,trace", "30m;N,T" into by, by_s and by_trace.
 */
bool wish_deliver_by(struct view text, struct envelope_wishes *w) ATTR_MUST_USE;

/* "-9" to "9", a plus sign allowed. */
bool wish_priority(struct view text, struct envelope_wishes *w) ATTR_MUST_USE;

/* Seconds of a duration that fit the wire; 0 for off; false for neither. */
bool wish_hold_for(struct view text, struct envelope_wishes *w) ATTR_MUST_USE;

struct wish_rate {
	int count;   /* so many messages, 1 to WISH_RATE_MAX */
	int seconds; /* in any stretch of so many */
};

#define WISH_RATE_MAX 1000000

/* "2/second", "30/minute", "500/hour"; the first letter of the unit will do. */
bool wish_rate(struct view text, struct wish_rate *r) ATTR_MUST_USE;

/*
 * All that a asks for, at the time now (base/when.h), by which hold_until is
 * counted.  ERR_CONFIG where hold_until has passed already.
 */
bool wish_read(const struct account *a, int64_t now, struct envelope_wishes *w,
	       struct err *e) ATTR_MUST_USE;

#endif
