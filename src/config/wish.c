#include "config.h"

#include "config/wish.h"

#include "base/err.h"
#include "base/scan.h"
#include "base/when.h"

/* What stands before c, without blanks around it; *more: c is there. */
static struct view part_before(struct scan *s, char c, bool *more)
{
	size_t all = scan_rest(s).n;
	struct view v = scan_until(s, c);

	*more = v.n < all;
	return view_trim(v);
}

/* A word, or its first letter as on the wire. */
static bool is_word(struct view v, const char *word)
{
	return view_is_nocase(v, word) ||
	       view_equal_nocase(v, (struct view){ word, 1 });
}

bool wish_deliver_by(struct view text, struct envelope_wishes *w)
{
	struct scan s = scan_of(text);
	bool has_mode, has_trace;
	struct view time = part_before(&s, ';', &has_mode);
	struct view mode = part_before(&s, ',', &has_trace);

	w->by = is_word(mode, "notify") ? BY_NOTIFY : BY_RETURN;
	w->by_trace = is_word(view_trim(scan_rest(&s)), "trace");
	if (w->by == BY_RETURN && has_mode && !is_word(mode, "return"))
		return false;
	return w->by_trace == has_trace && when_duration(time, &w->by_s) &&
	       w->by_s <= BY_SECONDS_MAX;
}

bool wish_priority(struct view text, struct envelope_wishes *w)
{
	struct scan s = scan_of(text);
	int sign = scan_byte(&s, '-') ? -1 : 1;

	if (sign > 0)
		(void)scan_byte(&s, '+');
	w->has_priority = scan_fixed(&s, 1, &w->priority) && scan_done(&s);
	w->priority *= sign;
	return w->has_priority;
}

bool wish_hold_for(struct view text, struct envelope_wishes *w)
{
	w->hold_for_s = 0;
	return view_is_nocase(text, "off") ||
	       (when_duration(text, &w->hold_for_s) &&
		w->hold_for_s <= HOLD_SECONDS_MAX);
}

bool wish_rate(struct view text, struct wish_rate *r)
{
	static const struct {
		const char *word;
		int seconds;
	} units[] = { { "second", 1 }, { "minute", 60 }, { "hour", 3600 } };
	struct scan s = scan_of(text);
	int64_t count = 0;
	bool has_unit;
	struct view number = part_before(&s, '/', &has_unit);
	struct scan digits = scan_of(number);
	struct view unit = view_trim(scan_rest(&s));

	if (!scan_number(&digits, &count) || !scan_done(&digits) || count < 1 ||
	    count > WISH_RATE_MAX)
		return false;
	*r = (struct wish_rate){ .count = (int)count };
	for (size_t i = 0; i < ARRAY_LEN(units) && r->seconds == 0; i++)
		if (is_word(unit, units[i].word))
			r->seconds = units[i].seconds;
	return r->seconds > 0;
}

static bool read_hold_until(const struct account *a, int64_t now,
			    struct envelope_wishes *w, struct err *e)
{
	if (!a->hold_until)
		return true;
	if (!when_parse(view_of(a->hold_until), now, &w->hold_until))
		return err_set(e, ERR_CONFIG, "hold_until: '%s' is not %s",
			       a->hold_until, WHEN_FORMS);
	if (w->hold_until > now)
		return true;
	err_set(e, ERR_CONFIG, "hold_until: '%s' has passed already",
		a->hold_until);
	return err_hint(e, "set hold_until to a time to come, or leave it out");
}

bool wish_read(const struct account *a, int64_t now, struct envelope_wishes *w,
	       struct err *e)
{
	*w = (struct envelope_wishes){ .require_tls = a->require_tls };
	if (a->deliver_by && !wish_deliver_by(view_of(a->deliver_by), w))
		return err_set(e, ERR_CONFIG,
			       "deliver_by: '%s' is no time "
			       "limit",
			       a->deliver_by);
	if (a->priority && !wish_priority(view_of(a->priority), w))
		return err_set(e, ERR_CONFIG, "priority: '%s' is none",
			       a->priority);
	if (a->hold_for > 0)
		w->hold_for_s = a->hold_for;
	return read_hold_until(a, now, w, e);
}
