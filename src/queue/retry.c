#include "config.h"

#include "queue/retry.h"

#include "base/attr.h"
#include "base/mem.h"

#define MINUTE_S 60
#define HOUR_S 3600
#define DAY_S 86400

static const int delays_s[] = {
	1 * MINUTE_S,  2 * MINUTE_S, 5 * MINUTE_S, 10 * MINUTE_S, 20 * MINUTE_S,
	40 * MINUTE_S, 1 * HOUR_S,   2 * HOUR_S,   4 * HOUR_S,
};

int64_t retry_delay_s(int failures, uint32_t seed)
{
	const int last = (int)ARRAY_LEN(delays_s);
	int i = failures < 1 ? 1 : failures;
	int64_t delay = delays_s[(i < last ? i : last) - 1];
	int64_t tenth = delay / 10;

	return delay - tenth + (int64_t)(seed % (uint32_t)(2 * tenth + 1));
}

int64_t retry_expiry(int64_t created, int64_t held_s, int64_t lifetime_s)
{
	int64_t when;

	if (lifetime_s < 0 || __builtin_add_overflow(created, held_s, &when) ||
	    __builtin_add_overflow(when, lifetime_s, &when))
		return INT64_MAX;
	return when;
}

int64_t retry_due(int64_t due, int64_t known, int64_t now)
{
	return known > now && known - now > DAY_S && due > now ? now : due;
}
