#include "config.h"

#include <inttypes.h>

#include "cli/queue.h"

#define MINUTE 60
#define HOUR 3600
#define DAY 86400
#define KIB 1024.0

void queue_add_span(struct str *out, int64_t seconds)
{
	int64_t s = seconds < 0 ? 0 : seconds;

	if (s < 2 * (int64_t)MINUTE)
		str_addf(out, "%" PRId64 "s", s);
	else if (s < 2 * (int64_t)HOUR)
		str_addf(out, "%" PRId64 "m", (s + MINUTE / 2) / MINUTE);
	else if (s < 2 * (int64_t)DAY)
		str_addf(out, "%" PRId64 "h", (s + HOUR / 2) / HOUR);
	else
		str_addf(out, "%" PRId64 "d", (s + DAY / 2) / DAY);
}

void queue_add_size(struct str *out, uint64_t bytes)
{
	static const char units[] = "BKMGT";
	double n = (double)bytes;
	size_t unit = 0;

	while (n >= KIB && unit + 2 < sizeof(units)) {
		n /= KIB;
		unit++;
	}
	str_addf(out, unit > 0 && n < 10 ? "%.1f%c" : "%.0f%c", n, units[unit]);
}

void queue_add_next(struct str *out, const struct seen *s, int64_t now)
{
	if (s->next == 0) {
		str_addc(out, '-');
	} else if (s->next <= now) {
		str_adds(out, "now");
	} else {
		str_adds(out, "in ");
		queue_add_span(out, s->next - now);
	}
}

uint64_t queue_size(const struct item *it)
{
	return it->facts.octets;
}
