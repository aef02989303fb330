#include "config.h"

#include <limits.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <time.h>

#include <cmocka.h>

#include "base/when.h"

/* 2026-11-22 10:00:00 UTC, a winter's day. */
#define NOW INT64_C(1795341600)

/* An hour ahead of UTC, two in summer; no files of zones are needed. */
static int live_in_europe(void **state)
{
	(void)state;
	if (setenv("TZ", "CET-1CEST,M3.5.0,M10.5.0/3", 1) != 0)
		return -1;
	tzset();
	return 0;
}

static void durations_have_one_unit(void **state)
{
	static const struct {
		const char *text;
		int seconds; /* 0: none */
	} cases[] = {
		{ "90", 90 },        { "90s", 90 },
		{ "5m", 300 },       { "2h", 7200 },
		{ "3d", 259200 },    { "1D", 86400 },
		{ "0", 0 },          { "", 0 },
		{ "-1", 0 },         { "+5", 0 },
		{ "5w", 0 },         { "5mm", 0 },
		{ "1h30m", 0 },      { " 5", 0 },
		{ "5 ", 0 },         { "24855d", 2147472000 },
		{ "24856d", 0 },     { "2147483647", INT_MAX },
		{ "2147483648", 0 }, { "99999999999999999999", 0 },
		{ "h", 0 },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		int seconds = 0;

		assert_int_equal(
			when_duration(view_of(cases[i].text), &seconds),
			cases[i].seconds > 0);
		assert_int_equal(seconds, cases[i].seconds);
	}
}

static void points_in_time_are_read(void **state)
{
	static const struct {
		const char *text;
		const char *utc; /* NULL: no time */
	} cases[] = {
		{ "2026-12-24 18:30", "2026-12-24T17:30:00Z" },
		{ "2026-12-24T18:30", "2026-12-24T17:30:00Z" },
		{ "2026-07-24 18:30:05", "2026-07-24T16:30:05Z" },
		{ "2026-12-24 18:30Z", "2026-12-24T18:30:00Z" },
		{ "2026-12-24T18:30:00.25z", "2026-12-24T18:30:00Z" },
		{ "2026-12-24t00:30:00+01:30", "2026-12-23T23:00:00Z" },
		{ "2026-12-31T23:30:00-01:00", "2027-01-01T00:30:00Z" },
		{ "2028-02-29 00:00Z", "2028-02-29T00:00:00Z" },
		{ "1999-01-01 00:00Z", "1999-01-01T00:00:00Z" },
		{ "11:01", "2026-11-22T10:01:00Z" },
		{ "11:00", "2026-11-23T10:00:00Z" },
		{ "10:59:59", "2026-11-23T09:59:59Z" },
		{ "00:00", "2026-11-22T23:00:00Z" },
		{ "+2h", "2026-11-22T12:00:00Z" },
		{ "+90", "2026-11-22T10:01:30Z" },
		{ "2000-02-29 00:00Z", "2000-02-29T00:00:00Z" },
		{ "2100-02-29 00:00Z", NULL },
		{ "2026-02-29 00:00", NULL },
		{ "2026-13-01 00:00", NULL },
		{ "2026-00-01 00:00", NULL },
		{ "2026-04-31 00:00", NULL },
		{ "2026-12-24", NULL },
		{ "2026-12-24 ", NULL },
		{ "2026-12-24 24:00", NULL },
		{ "2026-12-24 18:60", NULL },
		{ "2026-12-24 18:30:61", NULL },
		{ "2026-12-24 18:30:00.", NULL },
		{ "2026-12-24 18:30+24:00", NULL },
		{ "2026-12-24 18:30+01", NULL },
		{ "2026-12-24 18:30Zx", NULL },
		{ "2026-12-24  18:30", NULL },
		{ "26-12-24 18:30", NULL },
		{ "1969-12-31 23:59Z", NULL },
		{ "18:30 ", NULL },
		{ "18:3", NULL },
		{ "18", NULL },
		{ "24:00", NULL },
		{ "2h", NULL },
		{ "+", NULL },
		{ "+2x", NULL },
		{ "", NULL },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		CLEAN(str) struct str utc = STR_INIT;
		int64_t when = 0;
		bool ok = when_parse(view_of(cases[i].text), NOW, &when);

		assert_int_equal(ok, cases[i].utc != NULL);
		if (!ok)
			continue;
		when_add_stamp(&utc, when);
		assert_string_equal(utc.s, cases[i].utc);
	}
}

/* A bare time of day is always ahead, also where that is tomorrow's. */
static void a_time_of_day_is_the_next_one(void **state)
{
	char text[6] = "00:00";

	(void)state;
	for (int minute = 0; minute < 24 * 60; minute++) {
		int64_t when;

		text[0] = (char)('0' + minute / 600);
		text[1] = (char)('0' + minute / 60 % 10);
		text[3] = (char)('0' + minute % 60 / 10);
		text[4] = (char)('0' + minute % 10);
		assert_true(when_parse(view_of(text), NOW, &when));
		assert_true(when > NOW && when <= NOW + 86400);
	}
}

/* What a server says has a zone, and is whole. */
static void a_stamp_has_a_zone(void **state)
{
	int64_t when;

	(void)state;
	assert_true(when_parse_stamp(view_of("2026-11-22T10:00:00Z"), &when));
	assert_true(when == NOW);
	assert_false(when_parse_stamp(view_of("2026-11-22T10:00:00"), &when));
	assert_false(when_parse_stamp(view_of("10:00"), &when));
	assert_false(when_parse_stamp(view_of("+2h"), &when));
	assert_false(when_parse_stamp(view_of(""), &when));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(durations_have_one_unit),
		cmocka_unit_test(points_in_time_are_read),
		cmocka_unit_test(a_time_of_day_is_the_next_one),
		cmocka_unit_test(a_stamp_has_a_zone),
	};

	return cmocka_run_group_tests_name("when", tests, live_in_europe, NULL);
}
