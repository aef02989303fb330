#include "config.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "base/ascii.h"
#include "base/scan.h"

/* What is left of text, as a view that can be compared. */
static bool left_is(const struct scan *s, const char *rest)
{
	return view_is(scan_rest(s), rest);
}

static void nothing_is_read_past_the_end(void **state)
{
	struct scan s = scan_of(VIEW_NONE);
	struct view out;
	int64_t number;
	int small;

	(void)state;
	for (int i = 0; i < 2; i++) {
		assert_true(scan_done(&s));
		assert_int_equal(scan_peek(&s), '\0');
		assert_false(scan_byte(&s, '\0'));
		assert_false(scan_while(&s, ascii_is_digit, &out));
		assert_int_equal(scan_until(&s, '\0').n, 0);
		scan_skip_space(&s);
		assert_false(scan_fixed(&s, 1, &small));
		assert_false(scan_number(&s, &number));
		assert_false(scan_small(&s, &small));
		/* The byte behind the end would be taken by all of these. */
		s = scan_of((struct view){ "9\0", 0 });
	}
}

static void bytes_are_taken_one_by_one(void **state)
{
	struct scan s = scan_of((struct view){ "a\0", 2 });

	(void)state;
	assert_false(scan_byte(&s, 'b'));
	assert_int_equal(scan_peek(&s), 'a');
	assert_true(scan_byte(&s, 'a'));
	assert_false(scan_done(&s));
	assert_true(scan_byte(&s, '\0'));
	assert_true(scan_done(&s));
}

static void runs_end_where_the_class_ends(void **state)
{
	struct scan s = scan_of(view_of("12a"));
	struct view out;

	(void)state;
	assert_true(scan_while(&s, ascii_is_digit, &out));
	assert_true(view_is(out, "12"));
	assert_false(scan_while(&s, ascii_is_digit, &out));
	assert_int_equal(out.n, 0);
	assert_true(left_is(&s, "a"));
}

static void a_delimiter_is_consumed_and_not_given(void **state)
{
	struct scan s = scan_of(view_of("a,,b"));

	(void)state;
	assert_true(view_is(scan_until(&s, ','), "a"));
	assert_true(view_is(scan_until(&s, ','), ""));
	assert_false(scan_done(&s));
	assert_true(view_is(scan_until(&s, ','), "b"));
	assert_true(scan_done(&s));
}

static void space_is_blanks_and_line_ends(void **state)
{
	struct scan s = scan_of(view_of(" \t\r\n\vx"));

	(void)state;
	scan_skip_space(&s);
	assert_true(left_is(&s, "\vx"));
	scan_skip_space(&s);
	assert_true(left_is(&s, "\vx"));
}

static void fixed_numbers_have_exactly_their_digits(void **state)
{
	static const struct {
		const char *text;
		int digits;
		bool ok;
		int value;
		const char *rest;
	} cases[] = {
		{ "250 ok", 3, true, 250, " ok" },
		{ "2501", 3, true, 250, "1" },
		{ "007", 3, true, 7, "" },
		{ "25", 3, false, 0, "25" },
		{ "2x0", 3, false, 0, "2x0" },
		{ "-50", 3, false, 0, "-50" },
		{ " 25", 3, false, 0, " 25" },
		{ "999999999", 9, true, 999999999, "" },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		struct scan s = scan_of(view_of(cases[i].text));
		int value = 0;

		assert_int_equal(scan_fixed(&s, cases[i].digits, &value),
				 cases[i].ok);
		assert_int_equal(value, cases[i].value);
		assert_true(left_is(&s, cases[i].rest));
	}
}

static void numbers_have_1_to_18_digits(void **state)
{
	static const struct {
		const char *text;
		bool ok;
		int64_t value;
		const char *rest;
	} cases[] = {
		{ "0", true, 0, "" },
		{ "0012x", true, 12, "x" },
		{ "999999999999999999", true, 999999999999999999, "" },
		{ "1000000000000000000", false, 0, "1000000000000000000" },
		{ "-1", false, 0, "-1" },
		{ "+1", false, 0, "+1" },
		{ "x", false, 0, "x" },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		struct scan s = scan_of(view_of(cases[i].text));
		int64_t value = 0;

		assert_int_equal(scan_number(&s, &value), cases[i].ok);
		assert_true(value == cases[i].value);
		assert_true(left_is(&s, cases[i].rest));
	}
}

static void small_numbers_stop_after_3_digits(void **state)
{
	static const struct {
		const char *text;
		bool ok;
		int value;
		const char *rest;
	} cases[] = {
		{ "5.1.1", true, 5, ".1.1" }, { "12", true, 12, "" },
		{ "1234", true, 123, "4" },   { "", false, 0, "" },
		{ ".1", false, 0, ".1" },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		struct scan s = scan_of(view_of(cases[i].text));
		int value = 0;

		assert_int_equal(scan_small(&s, &value), cases[i].ok);
		assert_int_equal(value, cases[i].value);
		assert_true(left_is(&s, cases[i].rest));
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(nothing_is_read_past_the_end),
		cmocka_unit_test(bytes_are_taken_one_by_one),
		cmocka_unit_test(runs_end_where_the_class_ends),
		cmocka_unit_test(a_delimiter_is_consumed_and_not_given),
		cmocka_unit_test(space_is_blanks_and_line_ends),
		cmocka_unit_test(fixed_numbers_have_exactly_their_digits),
		cmocka_unit_test(numbers_have_1_to_18_digits),
		cmocka_unit_test(small_numbers_stop_after_3_digits),
	};

	return cmocka_run_group_tests_name("scan", tests, NULL, NULL);
}
