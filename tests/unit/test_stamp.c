#include "config.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <locale.h>
#include <stdlib.h>
#include <string.h>

#include "msg/stamp.h"

static void dates_have_english_names_and_a_numeric_zone(void **state)
{
	static const struct {
		const char *zone;
		time_t when;
		const char *text;
	} rows[] = {
		{ "UTC0", 0, "Thu, 01 Jan 1970 00:00:00 +0000" },
		{ "UTC0", 951782399, "Mon, 28 Feb 2000 23:59:59 +0000" },
		{ "UTC0", 951868800, "Wed, 01 Mar 2000 00:00:00 +0000" },
		{ "XXX-5:30", 1700000000, "Wed, 15 Nov 2023 03:43:20 +0530" },
		{ "XXX3:30", 1700000000, "Tue, 14 Nov 2023 18:43:20 -0330" },
		{ "XXX0:30", 1700000000, "Tue, 14 Nov 2023 21:43:20 -0030" },
		{ "XXX-0:53:28", 0, "Thu, 01 Jan 1970 00:53:00 +0053" },
		{ "CET-1CEST,M3.5.0,M10.5.0/3", 1720000000,
		  "Wed, 03 Jul 2024 11:46:40 +0200" },
		{ "UTC0", INT64_MAX / 2, "Thu, 01 Jan 1970 00:00:00 +0000" },
	};

	(void)state;
	setlocale(LC_ALL, "");
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		CLEAN(str) struct str s = STR_INIT;

		setenv("TZ", rows[i].zone, 1);
		stamp_add_date(rows[i].when, &s);
		assert_string_equal(s.s, rows[i].text);
	}
}

static void ids_differ_and_are_well_formed(void **state)
{
	CLEAN(str) struct str a = STR_INIT;
	CLEAN(str) struct str b = STR_INIT;
	const char *dot;

	(void)state;
	stamp_add_message_id("example.org", &a);
	stamp_add_message_id("example.org", &b);
	assert_string_not_equal(a.s, b.s);
	dot = strchr(a.s, '.');
	assert_int_equal(a.s[0], '<');
	assert_non_null(dot);
	assert_int_equal(strspn(dot + 1, "0123456789abcdef"), 32);
	assert_string_equal(dot + 33, "@example.org>");
}

/* Nothing that could end the field or the ID. */
static void ids_take_no_domain_that_is_none(void **state)
{
	static const struct {
		const char *domain, *end;
	} rows[] = {
		{ "[192.0.2.1]", "@[192.0.2.1]>" },
		{ "[IPv6:::1]", "@[IPv6:::1]>" },
		{ "my_host", "@my_host>" },
		{ NULL, "@localhost>" },
		{ "", "@localhost>" },
		{ "a..b", "@localhost>" },
		{ "a.", "@localhost>" },
		{ "a>b", "@localhost>" },
		{ "a\r\nBcc: b", "@localhost>" },
		{ "m\xc3\xbcller", "@localhost>" },
		{ "[1.2.3.4", "@localhost>" },
		{ "[a]b", "@localhost>" },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		CLEAN(str) struct str s = STR_INIT;

		stamp_add_message_id(rows[i].domain, &s);
		assert_string_equal(strchr(s.s, '@'), rows[i].end);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(dates_have_english_names_and_a_numeric_zone),
		cmocka_unit_test(ids_differ_and_are_well_formed),
		cmocka_unit_test(ids_take_no_domain_that_is_none),
	};

	return cmocka_run_group_tests_name("stamp", tests, NULL, NULL);
}
