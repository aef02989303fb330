#include "config.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/json.h"

static void strings_are_quoted_by_rfc_8259(void **state)
{
	static const struct {
		const char *bytes;
		size_t n;
		const char *json;
	} cases[] = {
		{ "", 0, "\"\"" },
		{ "plain /", 7, "\"plain /\"" },
		{ "\"\\", 2, "\"\\\"\\\\\"" },
		{ "a\nb", 3, "\"a\\nb\"" },
		{ "\r\t\0", 3, "\"\\u000d\\u0009\\u0000\"" },
		{ "\x1b\x7f", 2, "\"\\u001b\\u007f\"" },
		{ "\xc3\xa4\xf0\x9f\x98\x80", 6,
		  "\"\xc3\xa4\xf0\x9f\x98\x80\"" },
		{ "\xff"
		  "a\xc3",
		  3,
		  "\"\xef\xbf\xbd"
		  "a\xef\xbf\xbd\"" },
		{ "\xed\xa0\x80", 3,
		  "\"\xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbd\"" },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		CLEAN(str) struct str s = STR_INIT;

		json_add_string(&s,
				(struct view){ cases[i].bytes, cases[i].n });
		assert_string_equal(s.s, cases[i].json);
	}
}

static void members_are_parted_by_commas(void **state)
{
	CLEAN(str) struct str s = STR_INIT;

	(void)state;
	str_addc(&s, '{');
	json_add_member(&s, "a", view_of("{"));
	json_add_raw_member(&s, "b", "12");
	json_add_raw_member(&s, "c", "[{");
	json_add_member(&s, "d\"", view_of(""));
	str_adds(&s, "}]}");
	assert_string_equal(s.s, "{\"a\":\"{\",\"b\":12,\"c\":[{"
				 "\"d\\\"\":\"\"}]}");
}

static void an_empty_text_takes_a_member(void **state)
{
	CLEAN(str) struct str s = STR_INIT;

	(void)state;
	json_add_raw_member(&s, "a", "null");
	assert_string_equal(s.s, "\"a\":null");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(strings_are_quoted_by_rfc_8259),
		cmocka_unit_test(members_are_parted_by_commas),
		cmocka_unit_test(an_empty_text_takes_a_member),
	};

	return cmocka_run_group_tests_name("json", tests, NULL, NULL);
}
