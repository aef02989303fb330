#include "config.h"

#include "base/scan.h"

#include <string.h>

#include "base/ascii.h"

struct scan scan_of(struct view v)
{
	return (struct scan){ v.p, v.n ? v.p + v.n : v.p };
}

bool scan_done(const struct scan *s)
{
	return s->p == s->end;
}

struct view scan_rest(const struct scan *s)
{
	return (struct view){ s->p, (size_t)(s->end - s->p) };
}

char scan_peek(const struct scan *s)
{
	if (scan_done(s))
		return '\0';
	return *s->p;
}

bool scan_while(struct scan *s, bool (*in)(char c), struct view *out)
{
	const char *start = s->p;

	while (!scan_done(s) && in(*s->p))
		s->p++;
	*out = (struct view){ start, (size_t)(s->p - start) };
	return out->n > 0;
}

struct view scan_until(struct scan *s, char c)
{
	struct view all = scan_rest(s);
	const char *hit = all.n > 0 ? memchr(all.p, c, all.n) : NULL;

	if (!hit) {
		s->p = s->end;
		return all;
	}
	s->p = hit + 1;
	return (struct view){ all.p, (size_t)(hit - all.p) };
}

void scan_skip_space(struct scan *s)
{
	while (!scan_done(s) &&
	       (ascii_is_blank(*s->p) || *s->p == '\r' || *s->p == '\n'))
		s->p++;
}

bool scan_byte(struct scan *s, char c)
{
	if (scan_done(s) || *s->p != c)
		return false;
	s->p++;
	return true;
}

bool scan_fixed(struct scan *s, int digits, int *out)
{
	int value = 0;

	if (s->end - s->p < digits)
		return false;
	for (int i = 0; i < digits; i++) {
		if (!ascii_is_digit(s->p[i]))
			return false;
		value = value * 10 + (s->p[i] - '0');
	}
	s->p += digits;
	*out = value;
	return true;
}

bool scan_number(struct scan *s, int64_t *out)
{
	struct scan t = *s;
	int64_t value = 0;
	int digits = 0;

	for (; !scan_done(&t) && ascii_is_digit(*t.p); t.p++) {
		if (++digits > 18)
			return false;
		value = value * 10 + (*t.p - '0');
	}
	if (digits == 0)
		return false;
	*s = t;
	*out = value;
	return true;
}

bool scan_small(struct scan *s, int *out)
{
	int digits = 0;

	while (digits < 3 && s->end - s->p > digits &&
	       ascii_is_digit(s->p[digits]))
		digits++;
	return digits > 0 && scan_fixed(s, digits, out);
}
