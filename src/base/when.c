#include "config.h"

#include "base/when.h"

#include <limits.h>
#include <time.h>

#include "base/ascii.h"
#include "base/scan.h"

#define YEAR_MIN 1970 /* earlier and later ones are nobody's plan */

static const struct {
	char letter;
	int seconds;
} units[] = { { 'd', 86400 }, { 'h', 3600 }, { 'm', 60 }, { 's', 1 } };

/* 0 where c is no unit. */
static int unit_seconds(char c)
{
	for (size_t i = 0; i < ARRAY_LEN(units); i++)
		if (ascii_lower(c) == units[i].letter)
			return units[i].seconds;
	return 0;
}

bool when_duration(struct view text, int *seconds)
{
	struct scan s = scan_of(text);
	int64_t count;
	int unit = 1;

	if (!scan_number(&s, &count))
		return false;
	if (!scan_done(&s)) {
		unit = unit_seconds(scan_peek(&s));
		s.p++;
	}
	if (!scan_done(&s) || unit == 0 || count < 1 || count > INT_MAX / unit)
		return false;
	*seconds = (int)count * unit;
	return true;
}

static int days_of(int year, int month)
{
	static const int days[] = { 31, 28, 31, 30, 31, 30,
				    31, 31, 30, 31, 30, 31 };
	bool leap = (year % 4 == 0 && year % 100 != 0) || year % 400 == 0;

	return days[month - 1] + (month == 2 && leap);
}

/* YYYY-MM-DD */
static bool read_date(struct scan *s, struct tm *tm)
{
	int year, month, day;

	if (!scan_fixed(s, 4, &year) || !scan_byte(s, '-') ||
	    !scan_fixed(s, 2, &month) || !scan_byte(s, '-') ||
	    !scan_fixed(s, 2, &day) || year < YEAR_MIN || month < 1 ||
	    month > 12 || day < 1 || day > days_of(year, month))
		return false;
	tm->tm_year = year - 1900;
	tm->tm_mon = month - 1;
	tm->tm_mday = day;
	return true;
}

/* What comes after the point is less than a second. */
static bool read_fraction(struct scan *s)
{
	struct view digits;

	return !scan_byte(s, '.') || scan_while(s, ascii_is_digit, &digits);
}

/* HH:MM, and :SS perhaps */
static bool read_clock(struct scan *s, struct tm *tm)
{
	tm->tm_sec = 0;
	if (!scan_fixed(s, 2, &tm->tm_hour) || !scan_byte(s, ':') ||
	    !scan_fixed(s, 2, &tm->tm_min))
		return false;
	if (scan_byte(s, ':') &&
	    (!scan_fixed(s, 2, &tm->tm_sec) || !read_fraction(s)))
		return false;
	return tm->tm_hour < 24 && tm->tm_min < 60 && tm->tm_sec <= 60;
}

/* Z, +HH:MM or -HH:MM as the seconds that local time is ahead of UTC. */
static bool read_zone(struct scan *s, int *ahead)
{
	int sign, hours, minutes;

	*ahead = 0;
	if (scan_byte(s, 'Z') || scan_byte(s, 'z'))
		return true;
	sign = scan_byte(s, '-') ? -1 : scan_byte(s, '+') ? 1 : 0;
	if (sign == 0 || !scan_fixed(s, 2, &hours) || !scan_byte(s, ':') ||
	    !scan_fixed(s, 2, &minutes) || hours > 23 || minutes > 59)
		return false;
	*ahead = sign * (hours * 3600 + minutes * 60);
	return true;
}

static bool from_local(struct tm *tm, int64_t *out)
{
	time_t t;

	tm->tm_isdst = -1;
	t = mktime(tm);
	*out = t;
	return t != (time_t)-1;
}

/* Date and time of day; without a zone only where that is allowed. */
static bool read_stamp(struct view text, bool zone_needed, int64_t *out)
{
	struct scan s = scan_of(text);
	struct tm tm = { 0 };
	int ahead;

	if (!read_date(&s, &tm) ||
	    !(scan_byte(&s, 'T') || scan_byte(&s, 't') || scan_byte(&s, ' ')) ||
	    !read_clock(&s, &tm))
		return false;
	if (scan_done(&s))
		return !zone_needed && from_local(&tm, out);
	if (!read_zone(&s, &ahead) || !scan_done(&s))
		return false;
	*out = (int64_t)timegm(&tm) - ahead;
	return true;
}

/* The next time that the clock on the wall shows this. */
static bool read_time_of_day(struct view text, int64_t now, int64_t *out)
{
	struct scan s = scan_of(text);
	time_t t = (time_t)now;
	struct tm tm, tomorrow;

	if (!localtime_r(&t, &tm) || !read_clock(&s, &tm) || !scan_done(&s))
		return false;
	tomorrow = tm;
	tomorrow.tm_mday++;
	return from_local(&tm, out) &&
	       (*out > now || from_local(&tomorrow, out));
}

bool when_parse(struct view text, int64_t now, int64_t *out)
{
	struct scan s = scan_of(text);
	int seconds;

	if (!scan_byte(&s, '+'))
		return read_stamp(text, false, out) ||
		       read_time_of_day(text, now, out);
	if (!when_duration(scan_rest(&s), &seconds))
		return false;
	*out = now + seconds;
	return true;
}

bool when_parse_stamp(struct view text, int64_t *out)
{
	return read_stamp(text, true, out);
}

void when_add_stamp(struct str *out, int64_t when)
{
	time_t t = (time_t)when;
	char text[40];
	struct tm tm;

	if (gmtime_r(&t, &tm) &&
	    strftime(text, sizeof(text), "%Y-%m-%dT%H:%M:%SZ", &tm) > 0)
		str_adds(out, text);
}
