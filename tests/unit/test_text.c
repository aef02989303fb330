#include "config.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/err.h"
#include "msg/text.h"

/* Bytes of one piece that is read at a time. */
#define PIECE 16384

/* A draft that holds text. */
static void make_draft(struct draft *d, struct view text)
{
	struct err e = ERR_INIT;

	*d = DRAFT_INIT;
	assert_true(draft_open(d, &e));
	assert_true(draft_add(d, text, &e));
	assert_true(draft_flush(d, &e));
}

static void assert_draft(struct draft *d, struct view want)
{
	struct err e = ERR_INIT;
	char buf[4 * PIECE];
	size_t got;

	assert_true(draft_flush(d, &e));
	assert_true(draft_read(d, 0, buf, sizeof(buf), &got, &e));
	assert_int_equal(got, want.n);
	assert_memory_equal(buf, want.p, want.n);
}

static void a_file_is_spooled_with_whole_lines(void **state)
{
	static const struct {
		const char *text, *want;
		uint64_t lines, longest;
		bool has_8bit;
	} cases[] = {
		{ "", "", 0, 0, false },
		{ "a", "a\n", 1, 1, false },
		{ "a\r\nb\rc\nd", "a\nb\nc\nd\n", 4, 1, false },
		{ "gr\xc3\xbc\xc3\x9f\n", "gr\xc3\xbc\xc3\x9f\n", 1, 6, true },
		{ "\n\n", "\n\n", 2, 0, false },
		{ ".\n..\n", ".\n..\n", 2, 2, false },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		CLEAN(draft) struct draft d = DRAFT_INIT;
		struct facts facts;
		struct err e = ERR_INIT;
		size_t n = strlen(cases[i].text);
		int ends[2];

		assert_int_equal(pipe(ends), 0);
		assert_int_equal(write(ends[1], cases[i].text, n), n);
		close(ends[1]);
		assert_true(text_spool(ends[0], &d, &facts, &e));
		close(ends[0]);
		assert_draft(&d, view_of(cases[i].want));
		assert_int_equal(facts.lines, cases[i].lines);
		assert_int_equal(facts.longest, cases[i].longest);
		assert_int_equal(facts.has_8bit, cases[i].has_8bit);
	}
}

static void what_cannot_be_read_is_an_error(void **state)
{
	CLEAN(draft) struct draft d = DRAFT_INIT;
	struct facts facts;
	struct err e = ERR_INIT;

	(void)state;
	assert_false(text_spool(-1, &d, &facts, &e));
	assert_int_not_equal(e.kind, ERR_NONE);
}

static void the_first_byte_that_is_no_utf8_has_a_place(void **state)
{
	static const struct {
		const char *text;
		uint64_t line, byte;
	} cases[] = {
		{ "", 0, 0 },
		{ "plain\n", 0, 0 },
		{ "gr\xc3\xbc\xc3\x9f\n\xe2\x82\xac \xf0\x9f\x90\x8e", 0, 0 },
		{ "\xff", 1, 1 },
		{ "a\xff", 1, 2 },
		{ "\xc3\xbc\xff", 1, 3 },
		{ "a\nb\nxy\xfc\n", 3, 3 },
		{ "cut \xe2\x82", 1, 5 },
		{ "over\xc0\xaf", 1, 5 },
		{ "surrogate\n\xed\xa0\x80", 2, 1 },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		CLEAN(draft) struct draft d;
		struct text_place bad;
		struct err e = ERR_INIT;

		make_draft(&d, view_of(cases[i].text));
		assert_true(text_check_utf8(&d, &bad, &e));
		assert_int_equal(bad.line, cases[i].line);
		if (cases[i].line > 0)
			assert_int_equal(bad.byte, cases[i].byte);
	}
}

/* Wherever a piece ends, a character stays one. */
static void pieces_cut_no_character(void **state)
{
	static const char euro[] = "\xe2\x82\xac";

	(void)state;
	for (size_t before = PIECE - 3; before <= PIECE; before++) {
		CLEAN(draft) struct draft d;
		CLEAN(str) struct str text = STR_INIT;
		struct text_place bad;
		struct err e = ERR_INIT;

		while (text.len < before)
			str_addc(&text, 'x');
		str_adds(&text, euro);
		str_adds(&text, "y\xff");
		make_draft(&d, str_view(&text));
		assert_true(text_check_utf8(&d, &bad, &e));
		assert_int_equal(bad.line, 1);
		assert_int_equal(bad.byte, before + strlen(euro) + 2);
	}
}

static void a_copy_is_the_same_and_is_noted(void **state)
{
	CLEAN(draft) struct draft from;
	CLEAN(draft) struct draft to = DRAFT_INIT;
	CLEAN(str) struct str text = STR_INIT;
	struct facts facts = FACTS_INIT;
	const struct text_sink sink = { &to, &facts };
	struct err e = ERR_INIT;

	(void)state;
	for (size_t i = 0; i < PIECE; i++)
		str_addf(&text, "%c%s", (char)('a' + i % 26),
			 i % 70 == 69 ? "\n" : "");
	str_adds(&text, "\xc3\xbc\n");
	make_draft(&from, str_view(&text));
	assert_true(draft_open(&to, &e));
	assert_true(text_put(&sink, view_of("first\n"), &e));
	assert_true(text_copy(&from, &sink, &e));
	assert_int_equal(facts.octets, text.len + strlen("first\n"));
	assert_true(facts.has_8bit);
	assert_int_equal(to.size, facts.octets);
}

static void quoted_printable_is_ascii_in_short_lines(void **state)
{
	CLEAN(draft) struct draft from;
	CLEAN(draft) struct draft to = DRAFT_INIT;
	struct facts facts = FACTS_INIT;
	const struct text_sink sink = { &to, &facts };
	struct err e = ERR_INIT;

	(void)state;
	make_draft(&from, view_of("gr\xc3\xbc\xc3\x9f = x \nend\n"));
	assert_true(draft_open(&to, &e));
	assert_true(text_copy_qp(&from, &sink, &e));
	assert_false(facts.has_8bit);
	assert_true(facts.longest <= 76);
	assert_draft(&to, view_of("gr=C3=BC=C3=9F =3D x=20\nend\n"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_file_is_spooled_with_whole_lines),
		cmocka_unit_test(what_cannot_be_read_is_an_error),
		cmocka_unit_test(the_first_byte_that_is_no_utf8_has_a_place),
		cmocka_unit_test(pieces_cut_no_character),
		cmocka_unit_test(a_copy_is_the_same_and_is_noted),
		cmocka_unit_test(quoted_printable_is_ascii_in_short_lines),
	};

	return cmocka_run_group_tests_name("text", tests, NULL, NULL);
}
