#include "config.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/str.h"

static void marks_that_turn_the_text_are_not_printable(void **state)
{
	/* The third byte of U+2000 and U+2040 and what follows them. */
	static const struct {
		char second;
		unsigned char third;
		bool shown;
	} cases[] = {
		{ '\x80', 0xa9, true },  { '\x80', 0xaa, false },
		{ '\x80', 0xae, false }, { '\x80', 0xaf, true },
		{ '\x81', 0xa5, true },  { '\x81', 0xa6, false },
		{ '\x81', 0xa9, false }, { '\x81', 0xaa, true },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		char text[] = { '\xe2', cases[i].second, (char)cases[i].third,
				'\0' };
		CLEAN(str) struct str s = STR_INIT;

		CLEAN(str) struct str kept = STR_INIT;

		str_add_printable(&s, view_of(text));
		assert_string_equal(s.s, cases[i].shown ? text : "?");
		str_add_clean(&kept, view_of(text));
		assert_string_equal(kept.s, text);
	}
}

static void bytes_are_kept_in_order_and_terminated(void **state)
{
	CLEAN(str) struct str s = STR_INIT;

	(void)state;
	assert_string_equal(str_chars(&s), "");
	str_add(&s, (struct view){ "a\0b", 3 });
	str_addc(&s, 'c');
	str_adds(&s, "de");
	str_add(&s, VIEW_NONE);
	str_addf(&s, "%d%s", 42, "!");
	assert_int_equal(s.len, 9);
	assert_memory_equal(str_chars(&s), "a\0bcde42!", 10);
}

static void growth_keeps_every_byte(void **state)
{
	CLEAN(str) struct str s = STR_INIT;

	(void)state;
	for (int i = 0; i < 10000; i++)
		str_addc(&s, (char)('a' + i % 26));
	assert_int_equal(s.len, 10000);
	assert_true(s.cap > s.len);
	for (int i = 0; i < 10000; i++)
		assert_int_equal(s.s[i], 'a' + i % 26);
}

static void truncation_shortens_and_never_grows(void **state)
{
	CLEAN(str) struct str s = STR_INIT;

	(void)state;
	str_truncate(&s, 0);
	str_adds(&s, "abcdef");
	str_truncate(&s, 9);
	assert_string_equal(s.s, "abcdef");
	str_truncate(&s, 6);
	str_truncate(&s, 2);
	assert_string_equal(s.s, "ab");
	assert_int_equal(s.len, 2);
}

static void detached_bytes_are_the_callers(void **state)
{
	struct str s = STR_INIT;
	char *empty = str_detach(&s);
	char *full;

	(void)state;
	assert_string_equal(empty, "");
	str_adds(&s, "abc");
	full = str_detach(&s);
	assert_string_equal(full, "abc");
	assert_null(s.s);
	assert_int_equal(s.len, 0);
	free(empty);
	free(full);
	str_free(&s);
}

static void text_for_a_terminal_has_no_controls(void **state)
{
	static const char *const cases[][2] = {
		{ "", "" },
		{ "plain ~", "plain ~" },
		{ "a\x1b[1m\xc2\x9b\xff\xc3\xa4", "a?[1m??\xc3\xa4" },
		{ "\r\n\t\x7f", "????" },
		{ "\xc2\x80\xc2\x9f\xc2\xa0", "??\xc2\xa0" },
		{ "\x9b"
		  "31m",
		  "?31m" },
		{ "\xf0\x9f\x98\x80\xf0\x9f\x98", "\xf0\x9f\x98\x80???" },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		CLEAN(str) struct str s = STR_INIT;

		str_add_printable(&s, view_of(cases[i][0]));
		assert_string_equal(str_chars(&s), cases[i][1]);
	}
	{
		CLEAN(str) struct str s = STR_INIT;

		str_add_printable(&s, (struct view){ "a\0b", 3 });
		assert_string_equal(s.s, "a?b");
	}
}

/* RFC 3629, section 4, at both ends of each row. */
static void utf8_is_what_rfc_3629_says(void **state)
{
	static const struct {
		const char *bytes;
		size_t n, length;
	} cases[] = {
		{ "", 0, 0 },
		{ "\0", 1, 1 },
		{ "\x7f", 1, 1 },
		{ "\x80", 1, 0 },
		{ "\xbf", 1, 0 },
		{ "\xc1\xbf", 2, 0 }, /* overlong */
		{ "\xc2\x80", 2, 2 },
		{ "\xc2\x7f", 2, 0 },
		{ "\xc2\xc0", 2, 0 },
		{ "\xc2", 1, 0 }, /* cut off */
		{ "\xdf\xbf"
		  "x",
		  3, 2 },
		{ "\xe0\x9f\xbf", 3, 0 }, /* overlong */
		{ "\xe0\xa0\x80", 3, 3 },
		{ "\xe0\xa0", 2, 0 },
		{ "\xe0\xa0\x7f", 3, 0 },
		{ "\xec\xbf\xbf", 3, 3 },
		{ "\xed\x9f\xbf", 3, 3 },
		{ "\xed\xa0\x80", 3, 0 }, /* a surrogate */
		{ "\xee\x80\x80", 3, 3 },
		{ "\xef\xbf\xbf", 3, 3 },
		{ "\xf0\x8f\xbf\xbf", 4, 0 }, /* overlong */
		{ "\xf0\x90\x80\x80", 4, 4 },
		{ "\xf0\x90\x80", 3, 0 },
		{ "\xf0\x90\x80\xc0", 4, 0 },
		{ "\xf3\xbf\xbf\xbf", 4, 4 },
		{ "\xf4\x8f\xbf\xbf", 4, 4 },
		{ "\xf4\x90\x80\x80", 4, 0 }, /* beyond U+10FFFF */
		{ "\xf5\x80\x80\x80", 4, 0 },
		{ "\xff", 1, 0 },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		struct view v = { cases[i].bytes, cases[i].n };

		assert_int_equal(view_utf8_char(v), cases[i].length);
		assert_int_equal(view_is_utf8(v),
				 cases[i].n == 0 || cases[i].length > 0);
	}
	assert_false(view_is_utf8(view_of("good, then \xc3")));
}

static void the_next_character_says_whether_it_prints(void **state)
{
	static const struct {
		const char *bytes;
		size_t n;
		bool prints;
	} cases[] = {
		{ "a", 1, true },
		{ "\xc3\xa4z", 2, true },
		{ "\xe2\x82\xac", 3, true },
		{ "\x1b[", 1, false },
		{ "\xc2\x9bz", 2, false },
		{ "\xe2\x82", 1, false },
		{ "\xffz", 1, false },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		bool prints = !cases[i].prints;

		assert_int_equal(
			view_next_char(view_of(cases[i].bytes), &prints),
			cases[i].n);
		assert_int_equal(prints, cases[i].prints);
	}
}

static void parts_never_pass_the_end(void **state)
{
	static const struct {
		size_t start, n;
		const char *part;
	} cases[] = {
		{ 0, 3, "abc" }, { 0, 9, "abc" },       { 1, 1, "b" },
		{ 2, 9, "c" },   { 3, 1, "" },          { 9, 1, "" },
		{ 1, 0, "" },    { 1, SIZE_MAX, "bc" }, { SIZE_MAX, 2, "" },
	};
	struct view v = view_of("abc");

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(cases); i++)
		assert_true(view_is(view_part(v, cases[i].start, cases[i].n),
				    cases[i].part));
}

static void views_compare_by_bytes_and_length(void **state)
{
	static const struct {
		const char *a, *b;
		bool equal, nocase, starts, starts_nocase;
	} cases[] = {
		{ "abc", "abc", true, true, true, true },
		{ "abc", "ABC", false, true, false, true },
		{ "abc", "ab", false, false, true, true },
		{ "abc", "AB", false, false, false, true },
		{ "ab", "abc", false, false, false, false },
		{ "abc", "", false, false, true, true },
		{ "", "", true, true, true, true },
		{ "\xc4", "\xe4", false, false, false, false },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		struct view a = view_of(cases[i].a), b = view_of(cases[i].b);

		assert_int_equal(view_equal(a, b), cases[i].equal);
		assert_int_equal(view_is(a, cases[i].b), cases[i].equal);
		assert_int_equal(view_equal_nocase(a, b), cases[i].nocase);
		assert_int_equal(view_is_nocase(a, cases[i].b),
				 cases[i].nocase);
		assert_int_equal(view_starts(a, cases[i].b), cases[i].starts);
		assert_int_equal(view_starts_nocase(a, cases[i].b),
				 cases[i].starts_nocase);
	}
	assert_true(view_equal(VIEW_NONE, view_of("")));
	assert_false(view_is((struct view){ "ab\0c", 4 }, "ab"));
}

static void trimming_takes_blanks_at_both_ends_only(void **state)
{
	static const char *const cases[][2] = {
		{ "", "" },
		{ " \t\r\n", "" },
		{ "a", "a" },
		{ "  a b\t", "a b" },
		{ "a\r\n", "a" },
		{ "\va\f", "\va\f" },
		{ "\xa0"
		  "a",
		  "\xa0"
		  "a" },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(cases); i++)
		assert_true(
			view_is(view_trim(view_of(cases[i][0])), cases[i][1]));
	assert_int_equal(view_trim(VIEW_NONE).n, 0);
}

static void controls_and_8_bit_bytes_are_found_anywhere(void **state)
{
	(void)state;
	for (int i = 0; i < 256; i++) {
		char text[3] = { 'a', (char)i, 'z' };

		for (size_t start = 0; start < 2; start++) {
			struct view v = { text + start, 2 };

			assert_int_equal(view_has_control(v),
					 i < 32 || i == 127);
			assert_int_equal(view_has_8bit(v), i > 127);
		}
	}
	assert_false(view_has_control(VIEW_NONE));
	assert_false(view_has_8bit(VIEW_NONE));
}

static void a_word_for_a_shell_is_quoted_where_it_must_be(void **state)
{
	CLEAN(str) struct str s = STR_INIT;

	(void)state;
	str_add_word(&s, view_of("work.2@x-y"));
	assert_string_equal(s.s, "work.2@x-y");
	str_truncate(&s, 0);
	str_add_word(&s, view_of("(command line)"));
	assert_string_equal(s.s, "\"(command line)\"");
	str_truncate(&s, 0);
	str_add_word(&s, view_of("a\"$b`c\\"));
	assert_string_equal(s.s, "\"a\\\"\\$b\\`c\\\\\"");
	str_truncate(&s, 0);
	str_add_word(&s, view_of(""));
	assert_string_equal(s.s, "\"\"");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(marks_that_turn_the_text_are_not_printable),
		cmocka_unit_test(bytes_are_kept_in_order_and_terminated),
		cmocka_unit_test(growth_keeps_every_byte),
		cmocka_unit_test(truncation_shortens_and_never_grows),
		cmocka_unit_test(detached_bytes_are_the_callers),
		cmocka_unit_test(text_for_a_terminal_has_no_controls),
		cmocka_unit_test(utf8_is_what_rfc_3629_says),
		cmocka_unit_test(the_next_character_says_whether_it_prints),
		cmocka_unit_test(parts_never_pass_the_end),
		cmocka_unit_test(views_compare_by_bytes_and_length),
		cmocka_unit_test(trimming_takes_blanks_at_both_ends_only),
		cmocka_unit_test(controls_and_8_bit_bytes_are_found_anywhere),
		cmocka_unit_test(a_word_for_a_shell_is_quoted_where_it_must_be),
	};

	return cmocka_run_group_tests_name("str", tests, NULL, NULL);
}
