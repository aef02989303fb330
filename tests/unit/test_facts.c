#include "config.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "msg/facts.h"

#define LONG_PIECE 4096

/* Bytes that may hold NUL, in a table and elsewhere. */
#define BYTES(literal)                                                         \
	{                                                                      \
		(literal), sizeof(literal) - 1                                 \
	}
#define V(literal) ((struct view)BYTES(literal))

static const struct {
	struct view text;
	struct facts want;
	uint64_t wire;
} cases[] = {
	/* octets lines longest 8bit nul current; wire */
	{ BYTES(""), { 0, 0, 0, false, false, 0 }, 0 },
	{ BYTES("\n"), { 1, 1, 0, false, false, 0 }, 2 },
	{ BYTES("a\n"), { 2, 1, 1, false, false, 0 }, 3 },
	{ BYTES("a"), { 1, 0, 1, false, false, 1 }, 3 },
	{ BYTES("ab\nabcd\na\n"), { 10, 3, 4, false, false, 0 }, 13 },
	{ BYTES("ab\nabcd"), { 7, 1, 4, false, false, 4 }, 10 },
	{ BYTES("\n\n\n"), { 3, 3, 0, false, false, 0 }, 6 },
	{ BYTES("a\0b\n"), { 4, 1, 3, false, true, 0 }, 5 },
	{ BYTES("\x7f\n"), { 2, 1, 1, false, false, 0 }, 3 },
	{ BYTES("\x80\n"), { 2, 1, 1, true, false, 0 }, 3 },
	{ BYTES("1234567\xff"), { 8, 0, 8, true, false, 8 }, 10 },
	{ BYTES("12345678\xff"), { 9, 0, 9, true, false, 9 }, 11 },
	{ BYTES("\xff"
		"1234567890\n"),
	  { 12, 1, 11, true, false, 0 },
	  13 },
};

static void assert_facts(const struct facts *got, const struct facts *want)
{
	assert_int_equal(got->octets, want->octets);
	assert_int_equal(got->lines, want->lines);
	assert_int_equal(got->longest, want->longest);
	assert_int_equal(got->has_8bit, want->has_8bit);
	assert_int_equal(got->has_nul, want->has_nul);
	assert_int_equal(got->current, want->current);
}

static void are_those_of_the_bytes(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct facts f = FACTS_INIT;

		facts_note(&f, cases[i].text);
		assert_facts(&f, &cases[i].want);
		assert_int_equal(facts_wire_size(&f), cases[i].wire);
	}
}

static void do_not_depend_on_the_pieces(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++)
		for (size_t n = 1; n < cases[i].text.n; n++) {
			struct facts f = FACTS_INIT;

			for (size_t at = 0; at < cases[i].text.n; at += n)
				facts_note(&f, view_part(cases[i].text, at, n));
			assert_facts(&f, &cases[i].want);
		}
}

static void see_an_8bit_byte_wherever_it_is(void **state)
{
	char text[70];

	(void)state;
	for (size_t at = 0; at < sizeof(text); at++) {
		struct facts f = FACTS_INIT;

		memset(text, 'x', sizeof(text));
		facts_note(&f, (struct view){ text, sizeof(text) });
		assert_false(f.has_8bit);
		text[at] = '\x80';
		facts_note(&f, (struct view){ text, sizeof(text) });
		assert_true(f.has_8bit);
	}
}

static void measure_a_line_over_many_pieces(void **state)
{
	static char text[LONG_PIECE];
	struct facts f = FACTS_INIT;

	(void)state;
	memset(text, 'x', sizeof(text));
	for (int i = 0; i < 3; i++)
		facts_note(&f, (struct view){ text, sizeof(text) });
	facts_note(&f, V("\nyy"));
	assert_int_equal(f.longest, 3 * LONG_PIECE);
	assert_int_equal(f.current, 2);
}

static void join_to_those_of_the_whole(void **state)
{
	static const struct view heads[] = {
		BYTES(""), BYTES("A: b\n\n"),
		BYTES("A: \xc3\xa4\nlonger line\n"), BYTES("N: \0\n")
	};

	(void)state;
	for (size_t h = 0; h < sizeof(heads) / sizeof(heads[0]); h++)
		for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
			struct facts a = FACTS_INIT, b = FACTS_INIT;
			struct facts whole = FACTS_INIT, joined;

			facts_note(&a, heads[h]);
			facts_note(&b, cases[i].text);
			facts_note(&whole, heads[h]);
			facts_note(&whole, cases[i].text);
			joined = facts_join(&a, &b);
			assert_facts(&joined, &whole);
		}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(are_those_of_the_bytes),
		cmocka_unit_test(do_not_depend_on_the_pieces),
		cmocka_unit_test(see_an_8bit_byte_wherever_it_is),
		cmocka_unit_test(measure_a_line_over_many_pieces),
		cmocka_unit_test(join_to_those_of_the_whole),
	};

	return cmocka_run_group_tests_name("facts", tests, NULL, NULL);
}
