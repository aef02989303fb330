#include "config.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <string.h>
#include <time.h>

#include "msg/decode.h"
#include "msg/word.h"

#define LINE_MAX_OCTETS 78
#define ENCODED_LINE_MAX 76

struct pair {
	const char *in;
	const char *out;
};

static void names_are_written_plain_quoted_or_encoded(void **state)
{
	static const struct pair rows[] = {
		{ "", "" },
		{ "  ", "" },
		{ "Ada Lovelace", "Ada Lovelace" },
		{ " Ada ", "Ada" },
		{ "O'Neil & Sons", "O'Neil & Sons" },
		{ "J. Doe", "\"J. Doe\"" },
		{ "Doe, John (x)", "\"Doe, John (x)\"" },
		{ "a  b", "\"a  b\"" },
		{ "say \"hi\" \\", "\"say \\\"hi\\\" \\\\\"" },
		{ "a@b <c>", "\"a@b <c>\"" },
		{ "x:y;", "\"x:y;\"" },
		{ "J\xc3\xb6rg, Dr.", "=?UTF-8?Q?J=C3=B6rg=2C_Dr=2E?=" },
		{ "J\xf6rg", "=?UTF-8?Q?J=C3=B6rg?=" },
		{ "=?UTF-8?Q?x?=", "=?UTF-8?Q?=3D=3FUTF-8=3FQ=3Fx=3F=3D?=" },
		{ "a\r\nBcc: b", "\"a  Bcc: b\"" },
		{ "a\x1b\x7f\xc2\x9b z", "\"a    z\"" },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		CLEAN(str) struct str s = STR_INIT;

		word_add_name(view_of(rows[i].in), &s);
		assert_string_equal(str_chars(&s), rows[i].out);
	}
}

/* What a reader shows of folded text. */
static void add_shown(const struct str *folded, struct str *out)
{
	CLEAN(str) struct str flat = STR_INIT;

	for (size_t i = 0; i < folded->len; i++)
		if (folded->s[i] != '\n')
			str_addc(&flat, folded->s[i]);
	decode_words(str_view(&flat), out);
}

static void check_lines(size_t name_length, const struct str *s, size_t max)
{
	size_t column = name_length + 2;
	bool blank_only = false;

	for (size_t i = 0; i < s->len; i++) {
		if (s->s[i] == '\n') {
			assert_false(blank_only);
			assert_true(i + 1 < s->len && s->s[i + 1] == ' ');
			column = 0;
			blank_only = true;
			continue;
		}
		blank_only = blank_only && s->s[i] == ' ';
		assert_true(++column <= max);
	}
}

static const char *const texts[] = {
	"Hello",
	"one two three four five six seven eight nine ten eleven twelve "
	"thirteen fourteen  fifteen sixteen seventeen eighteen nineteen",
	"Gr\xc3\xbc\xc3\x9f"
	"e",
	"looks like =?UTF-8?Q?one?= of them",
	"\xe2\x82\xac\xe2\x82\xac\xe2\x82\xac\xe2\x82\xac\xe2\x82\xac"
	"\xe2\x82\xac\xe2\x82\xac\xe2\x82\xac\xe2\x82\xac\xe2\x82\xac"
	"\xe2\x82\xac\xe2\x82\xac\xe2\x82\xac\xe2\x82\xac\xe2\x82\xac"
	"\xe2\x82\xac\xe2\x82\xac\xe2\x82\xac\xe2\x82\xac\xe2\x82\xac"
	"\xe2\x82\xac \xe2\x82\xac \xe2\x82\xac  \xf0\x9f\x98\x80",
	"long words and \xc3\xa4 blank  runs and more words to fill the line "
	"until it must be broken and = ? _ \" ( ) , . ; : < > @ [ ] \\ again",
};

static void text_is_shown_as_it_was_typed(void **state)
{
	static const size_t names[] = { 1, 7, 60, 90 };

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(texts); i++)
		for (size_t k = 0; k < ARRAY_LEN(names); k++) {
			CLEAN(str) struct str s = STR_INIT;
			CLEAN(str) struct str seen = STR_INIT;

			word_add_text(names[k], view_of(texts[i]), &s);
			add_shown(&s, &seen);
			assert_string_equal(
				str_view(&seen).p +
					(names[k] > 51 && seen.s[0] == ' '),
				texts[i]);
			assert_false(view_has_8bit(str_view(&s)));
			if (names[k] < 60)
				check_lines(names[k], &s, LINE_MAX_OCTETS - 1);
		}
}

/* Each word of 75 octets at most, in whole characters (RFC 2047, 2 and 5). */
static void encoded_words_are_short_and_whole(void **state)
{
	(void)state;
	for (size_t i = 2; i < ARRAY_LEN(texts); i++)
		for (size_t name = 0; name < 2; name++) {
			CLEAN(str) struct str s = STR_INIT;
			char *save = NULL;

			if (name)
				word_add_name(view_of(texts[i]), &s);
			else
				word_add_text(7, view_of(texts[i]), &s);
			for (char *w = strtok_r(s.s, " \n", &save); w;
			     w = strtok_r(NULL, " \n", &save)) {
				CLEAN(str) struct str one = STR_INIT;

				assert_true(strlen(w) <= (name ? 60U : 75U));
				decode_words(view_of(w), &one);
				/* A split character would show as '?'. */
				assert_true(!strchr(str_chars(&one), '?') ||
					    strchr(texts[i], '?'));
			}
		}
}

static void text_without_blanks_is_encoded_to_be_folded(void **state)
{
	CLEAN(str) struct str in = STR_INIT;
	CLEAN(str) struct str out = STR_INIT;
	CLEAN(str) struct str seen = STR_INIT;

	(void)state;
	for (int i = 0; i < 3000; i++)
		str_addc(&in, 'x');
	word_add_text(7, str_view(&in), &out);
	check_lines(7, &out, ENCODED_LINE_MAX);
	add_shown(&out, &seen);
	assert_string_equal(seen.s, in.s);
}

/* A name so long leaves no room for a word of 75 octets in its line. */
static void words_begin_a_new_line_after_a_long_name(void **state)
{
	static const size_t names[] = { 60, 72, 73, 74, 90 };

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(names); i++) {
		CLEAN(str) struct str s = STR_INIT;

		word_add_text(names[i], view_of(texts[4]), &s);
		assert_true(view_starts(str_view(&s), "\n =?UTF-8?"));
		check_lines(0, &s, ENCODED_LINE_MAX);
	}
}

static void text_cannot_make_another_field(void **state)
{
	CLEAN(str) struct str s = STR_INIT;

	(void)state;
	word_add_text(7, (struct view){ "a\r\nBcc: b\0c\n.\n", 14 }, &s);
	assert_string_equal(s.s, "a  Bcc: b c .");
}

static void parameters_follow_rfc_2231(void **state)
{
	static const struct pair rows[] = {
		{ "a.txt", ";\n filename=a.txt" },
		{ "", ";\n filename=\"\"" },
		{ "a b\"c\\.txt", ";\n filename=\"a b\\\"c\\\\.txt\"" },
		{ "a;b=c", ";\n filename=\"a;b=c\"" },
		{ "a%41'", ";\n filename=\"a%41'\"" },
		{ "a\r\nX: y", ";\n filename=\"a__X: y\"" },
		{ "\xc3\xa4 b.txt", ";\n filename*=UTF-8''%C3%A4%20b.txt" },
		{ "\xe4", ";\n filename*=UTF-8''%C3%A4" },
		{ "\xe4'%*", ";\n filename*=UTF-8''%C3%A4%27%25%2A" },
		{ "=?UTF-8?Q?x?=",
		  ";\n filename*=UTF-8''%3D%3FUTF-8%3FQ%3Fx%3F%3D" },
		{ "\xe2\x82\xac\xe2\x82\xac\xe2\x82\xac\xe2\x82\xac"
		  "\xe2\x82\xac\xe2\x82\xac\xe2\x82\xac\xe2\x82\xac",
		  ";\n filename*0*=UTF-8''%E2%82%AC%E2%82%AC%E2%82%AC%E2%82%AC"
		  "%E2%82%AC%E2%82%AC"
		  ";\n filename*1*=%E2%82%AC%E2%82%AC" },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		CLEAN(str) struct str s = STR_INIT;

		word_add_parameter("filename", view_of(rows[i].in), &s);
		assert_string_equal(s.s, rows[i].out);
	}
}

static void long_parameters_come_in_short_lines(void **state)
{
	CLEAN(str) struct str in = STR_INIT;
	CLEAN(str) struct str out = STR_INIT;

	(void)state;
	for (int i = 0; i < 1000; i++)
		str_adds(&in, i % 3 ? "n" : "\xc3\xa4");
	word_add_parameter("filename", str_view(&in), &out);
	check_lines(0, &out, LINE_MAX_OCTETS);
}

/* Quadratic time would take minutes. */
static void takes_linear_time_over_hostile_text(void **state)
{
	static const char *const pieces[] = {
		"=?", "=?a?", "=?utf-8?q?", "=?utf-8?q?a?= ", "= ", "\xff"
	};
	time_t start = time(NULL);

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(pieces); i++) {
		CLEAN(str) struct str in = STR_INIT;
		CLEAN(str) struct str out = STR_INIT;

		while (in.len < (size_t)256 * 1024)
			str_adds(&in, pieces[i]);
		word_add_text(1, str_view(&in), &out);
		word_add_name(str_view(&in), &out);
		word_add_parameter("n", str_view(&in), &out);
	}
	assert_true(time(NULL) - start < 60);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(names_are_written_plain_quoted_or_encoded),
		cmocka_unit_test(text_is_shown_as_it_was_typed),
		cmocka_unit_test(encoded_words_are_short_and_whole),
		cmocka_unit_test(text_without_blanks_is_encoded_to_be_folded),
		cmocka_unit_test(words_begin_a_new_line_after_a_long_name),
		cmocka_unit_test(text_cannot_make_another_field),
		cmocka_unit_test(parameters_follow_rfc_2231),
		cmocka_unit_test(long_parameters_come_in_short_lines),
		cmocka_unit_test(takes_linear_time_over_hostile_text),
	};

	return cmocka_run_group_tests_name("word", tests, NULL, NULL);
}
