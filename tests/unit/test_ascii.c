#include "config.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "base/ascii.h"
#include "base/attr.h"

#define DIGITS "0123456789"
#define UPPER "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
#define LOWER "abcdefghijklmnopqrstuvwxyz"
#define SIGNS "!\"#$%&'()*+,-./:;<=>?@[\\]^_`{|}~"

static bool in(const char *set, int byte)
{
	return byte > 0 && byte < 0x80 && strchr(set, byte) != NULL;
}

static void every_byte_is_in_its_classes_only(void **state)
{
	(void)state;
	for (int i = 0; i < 256; i++) {
		char c = (char)i;

		assert_int_equal(ascii_is_digit(c), in(DIGITS, i));
		assert_int_equal(ascii_is_upper(c), in(UPPER, i));
		assert_int_equal(ascii_is_alpha(c), in(UPPER LOWER, i));
		assert_int_equal(ascii_is_alnum(c), in(UPPER LOWER DIGITS, i));
		assert_int_equal(ascii_is_blank(c), in(" \t", i));
		assert_int_equal(ascii_is_control(c), i < 32 || i == 127);
		assert_int_equal(ascii_is_8bit(c), i > 127);
		assert_int_equal(ascii_is_visible(c),
				 in(UPPER LOWER DIGITS SIGNS, i));
	}
}

static void case_is_folded_for_a_to_z_only(void **state)
{
	(void)state;
	for (int i = 0; i < 256; i++) {
		char c = (char)i;

		assert_int_equal(ascii_lower(c),
				 in(UPPER, i) ? (char)(i + 32) : c);
		assert_int_equal(ascii_upper(c),
				 in(LOWER, i) ? (char)(i - 32) : c);
	}
}

static void hexadecimal_digits_have_values(void **state)
{
	static const char digits[] = "0123456789abcdef";

	(void)state;
	for (int i = 0; i < 256; i++) {
		const char *at = strchr(digits, ascii_lower((char)i));

		assert_int_equal(ascii_hex_value((char)i),
				 i > 0 && at ? at - digits : -1);
	}
}

static int sign(int n)
{
	return (n > 0) - (n < 0);
}

static void comparison_folds_case_and_keeps_order(void **state)
{
	static const struct {
		const char *a, *b;
		size_t n;
		int result;
	} cases[] = {
		{ "", "", 9, 0 },        { "abc", "ABC", 9, 0 },
		{ "abc", "abd", 9, -1 }, { "abc", "abd", 2, 0 },
		{ "abd", "ABC", 9, 1 },  { "ab", "abc", 9, -1 },
		{ "abc", "ab", 9, 1 },   { "abc", "xyz", 0, 0 },
		{ "[", "{", 1, -1 },     { "\xc4", "\xe4", 1, -1 },
		{ "z", "\x80", 1, -1 },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		assert_int_equal(sign(ascii_ncasecmp(cases[i].a, cases[i].b,
						     cases[i].n)),
				 cases[i].result);
		if (cases[i].n == 9)
			assert_int_equal(
				sign(ascii_casecmp(cases[i].a, cases[i].b)),
				cases[i].result);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_byte_is_in_its_classes_only),
		cmocka_unit_test(case_is_folded_for_a_to_z_only),
		cmocka_unit_test(hexadecimal_digits_have_values),
		cmocka_unit_test(comparison_folds_case_and_keeps_order),
	};

	return cmocka_run_group_tests_name("ascii", tests, NULL, NULL);
}
