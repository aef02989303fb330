#include "config.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <string.h>
#include <time.h>

#include "msg/header.h"

static void add(struct headers *h, const char *name, const char *value)
{
	headers_add(h, view_of(name), view_of(value));
}

static void assert_block(const struct headers *h, const char *want)
{
	CLEAN(str) struct str s = STR_INIT;

	headers_write(h, &s);
	assert_string_equal(str_chars(&s), want);
}

static void splits_name_from_value(void **state)
{
	static const struct {
		const char *line, *name, *rest;
	} rows[] = {
		{ "Subject: hi", "Subject", " hi" },
		{ "Bcc \t: a", "Bcc", " a" },
		{ "X:", "X", "" },
		{ "a!#~/b:c:d", "a!#~/b", "c:d" },
		{ "", NULL, NULL },
		{ ":", NULL, NULL },
		{ ": x", NULL, NULL },
		{ " Subject: x", NULL, NULL },
		{ "no colon", NULL, NULL },
		{ "two words: x", NULL, NULL },
		{ "From a@b Mon Jan  1 00:00:00 2024", NULL, NULL },
		{ "S\xc3\xbc: x", NULL, NULL },
		{ "Sub\x01ject: x", NULL, NULL },
		{ "Sub\x7f: x", NULL, NULL },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		struct view name = VIEW_NONE;
		struct view rest = VIEW_NONE;
		bool ok = header_split(view_of(rows[i].line), &name, &rest);

		assert_int_equal(ok, rows[i].name != NULL);
		assert_true(!ok || view_is(name, rows[i].name));
		assert_true(!ok || view_is(rest, rows[i].rest));
	}
}

static void keeps_order_and_bytes(void **state)
{
	CLEAN(headers) struct headers h = HEADERS_INIT;

	(void)state;
	add(&h, "B", " 2");
	add(&h, "C", "\n 3\n\t4");
	headers_insert(&h, 0, view_of("A"), view_of("1"));
	headers_insert(&h, 3, view_of("D"), view_of(""));
	headers_insert(&h, 2, view_of("b"), view_of("  "));
	assert_block(&h, "A:1\nB: 2\nb:  \nC:\n 3\n\t4\nD:\n");
}

static void finds_and_removes_by_name_in_any_case(void **state)
{
	CLEAN(headers) struct headers h = HEADERS_INIT;

	(void)state;
	add(&h, "BCC", " a");
	add(&h, "To", " b");
	add(&h, "bcc", " c");
	add(&h, "Bccx", " d");
	assert_int_equal(headers_find(&h, "Bcc", 0), 0);
	assert_int_equal(headers_find(&h, "Bcc", 1), 2);
	assert_int_equal(headers_find(&h, "Bcc", 3), 4);
	assert_int_equal(headers_find(&h, "Bcc", 9), 4);
	assert_true(headers_have(&h, "tO"));
	assert_false(headers_have(&h, "T"));
	assert_int_equal(headers_remove(&h, "bCC"), 2);
	assert_int_equal(headers_remove(&h, "bCC"), 0);
	assert_block(&h, "To: b\nBccx: d\n");
}

static void nul_bytes_survive(void **state)
{
	static const char want[] = "X: a\0b\n";
	CLEAN(headers) struct headers h = HEADERS_INIT;
	CLEAN(str) struct str s = STR_INIT;

	(void)state;
	headers_add(&h, view_of("X"), (struct view){ " a\0b", 4 });
	headers_write(&h, &s);
	assert_int_equal(s.len, sizeof(want) - 1);
	assert_memory_equal(s.s, want, sizeof(want));
	str_truncate(&s, 0);
	field_unfold(&h.v[0], &s);
	assert_memory_equal(s.s, "a\0b", 4);
}

static void unfolding_takes_line_ends_only(void **state)
{
	static const struct {
		const char *value, *text;
	} rows[] = {
		{ " a\n b", "a b" },   { "\n a\n\t b \n", "a\t b" },
		{ " a\r\n b", "a b" }, { "", "" },
		{ " \n ", "" },        { "a\nb", "a\nb" },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		CLEAN(headers) struct headers h = HEADERS_INIT;
		CLEAN(str) struct str s = STR_INIT;

		add(&h, "X", rows[i].value);
		field_unfold(&h.v[0], &s);
		assert_string_equal(str_chars(&s), rows[i].text);
	}
}

static void no_value_can_be_written_as_two_fields(void **state)
{
	CLEAN(headers) struct headers h = HEADERS_INIT;

	(void)state;
	add(&h, "A", " x\nBcc: y");
	add(&h, "B", " x\n\nbody");
	add(&h, "C", " x\n");
	add(&h, "D", "\n");
	assert_block(&h, "A: x\n Bcc: y\nB: x\n \n body\nC: x\nD:\n");
}

static void folds_at_blanks_below_the_limit(void **state)
{
	static const struct {
		size_t name;
		const char *text, *folded;
	} rows[] = {
		{ 7, "", "" },
		{ 7, " short ", "short" },
		{ 7,
		  "aaaaaaaaa bbbbbbbbb ccccccccc ddddddddd eeeeeeeee fffffffff "
		  "ggggggg hhhhhhhhh",
		  "aaaaaaaaa bbbbbbbbb ccccccccc ddddddddd eeeeeeeee fffffffff "
		  "ggggggg\n hhhhhhhhh" },
		{ 7,
		  "aaaaaaaaa bbbbbbbbb ccccccccc ddddddddd eeeeeeeee fffffffff "
		  "gggggggg h",
		  "aaaaaaaaa bbbbbbbbb ccccccccc ddddddddd eeeeeeeee fffffffff "
		  "gggggggg\n h" },
		{ 74, "a  b", "a\n  b" },
		{ 72, "a b", "a b" },
		{ 73, "a b", "a\n b" },
		{ 90, "a b", "a\n b" },
		{ 90, "ab", "ab" },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		CLEAN(str) struct str s = STR_INIT;

		header_fold(rows[i].name, view_of(rows[i].text), &s);
		assert_string_equal(str_chars(&s), rows[i].folded);
	}
}

/* Quadratic time would take minutes. */
static void takes_linear_time_over_many_fields(void **state)
{
	CLEAN(headers) struct headers h = HEADERS_INIT;
	CLEAN(str) struct str text = STR_INIT;
	CLEAN(str) struct str out = STR_INIT;
	time_t start = time(NULL);

	(void)state;
	for (int i = 0; i < 1000000; i++) {
		add(&h, i % 2 ? "A" : "B", "");
		str_adds(&text, "\n ");
	}
	assert_int_equal(headers_remove(&h, "a"), 500000);
	add(&h, "C", str_chars(&text));
	field_unfold(&h.v[h.n - 1], &out);
	header_fold(1, str_view(&text), &out);
	assert_true(time(NULL) - start < 60);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(splits_name_from_value),
		cmocka_unit_test(keeps_order_and_bytes),
		cmocka_unit_test(finds_and_removes_by_name_in_any_case),
		cmocka_unit_test(nul_bytes_survive),
		cmocka_unit_test(unfolding_takes_line_ends_only),
		cmocka_unit_test(no_value_can_be_written_as_two_fields),
		cmocka_unit_test(folds_at_blanks_below_the_limit),
		cmocka_unit_test(takes_linear_time_over_many_fields),
	};

	return cmocka_run_group_tests_name("header", tests, NULL, NULL);
}
