#include "config.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "config/lex.h"

static void divides_keyword_and_argument(void **state)
{
	static const struct {
		const char *line, *keyword, *argument;
	} cases[] = {
		{ "host mx.example.org", "host", "mx.example.org" },
		{ "\t host \t mx.example.org \t", "host", "mx.example.org" },
		{ "tls", "tls", "" },
		{ "tls   ", "tls", "" },
		{ "tls on\r", "tls", "on" },
		{ "password a#b c", "password", "a#b c" },
		{ "password \" a b \"", "password", " a b " },
		{ "password \"\"a\"\"", "password", "\"a\"" },
		{ "password \"", "password", "\"" },
		{ "password \"\"", "password", "" },
		{ "password \"a", "password", "\"a" },
		{ "password a\"", "password", "a\"" },
		{ "password a\\", "password", "a\\" },
		{ "host=x", "host=x", "" },
		{ "host: x", "host:", "x" },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		struct lex_line line;

		assert_true(lex_split(view_of(cases[i].line), &line));
		assert_true(view_is(line.keyword, cases[i].keyword));
		assert_true(view_is(line.argument, cases[i].argument));
		assert_int_equal(line.length, strlen(cases[i].line));
	}
}

static void a_carriage_return_is_dropped_only_at_the_end(void **state)
{
	struct lex_line line;

	(void)state;
	assert_true(lex_split(view_of("host a\r\r"), &line));
	assert_true(view_is(line.argument, "a\r"));
	assert_true(lex_split(view_of("host \ra"), &line));
	assert_true(view_is(line.argument, "\ra"));
}

static void skips_empty_lines_and_comments(void **state)
{
	static const char *const nothing[] = { "",      "  \t", "\r",
					       "# x y", "  #x", "\t\r" };

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(nothing); i++) {
		struct lex_line line;

		assert_false(lex_split(view_of(nothing[i]), &line));
	}
}

static void counts_lines_whatever_their_end(void **state)
{
	struct lex lex;
	struct lex_line line;

	(void)state;
	lex_init(&lex, view_of("\n# one\r\nhost a\r\n\nport 1\nuser last"));
	assert_true(lex_next(&lex, &line));
	assert_int_equal(line.line, 3);
	assert_true(view_is(line.argument, "a"));
	assert_true(lex_next(&lex, &line));
	assert_int_equal(line.line, 5);
	assert_true(lex_next(&lex, &line));
	assert_int_equal(line.line, 6);
	assert_true(view_is(line.argument, "last"));
	assert_false(lex_next(&lex, &line));
	assert_false(lex_next(&lex, &line));
}

static void a_byte_order_mark_is_dropped_only_at_the_start(void **state)
{
	struct lex lex;
	struct lex_line line;

	(void)state;
	lex_init(&lex, view_of("\xef\xbb\xbfhost a\n\xef\xbb\xbfport 1\n"));
	assert_true(lex_next(&lex, &line));
	assert_true(view_is(line.keyword, "host"));
	assert_true(lex_next(&lex, &line));
	assert_true(view_is(line.keyword, "\xef\xbb\xbfport"));
	lex_init(&lex, VIEW_NONE);
	assert_false(lex_next(&lex, &line));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(divides_keyword_and_argument),
		cmocka_unit_test(a_carriage_return_is_dropped_only_at_the_end),
		cmocka_unit_test(skips_empty_lines_and_comments),
		cmocka_unit_test(counts_lines_whatever_their_end),
		cmocka_unit_test(
			a_byte_order_mark_is_dropped_only_at_the_start),
	};

	return cmocka_run_group_tests_name("lex", tests, NULL, NULL);
}
