#include "config.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "msg/decode.h"

static void decodes_what_it_knows_and_leaves_the_rest(void **state)
{
	static const struct {
		const char *in, *out;
	} rows[] = {
		{ "plain = ? text", "plain = ? text" },
		{ "=?utf-8?q?a_b=c3=a4?=", "a b\xc3\xa4" },
		{ "=?UTF-8?B?w6Q=?= x", "\xc3\xa4 x" },
		{ "=?iso-8859-1?Q?=E4?=", "\xc3\xa4" },
		{ "=?us-ascii*en?Q?hi?=", "hi" },
		{ "=?utf-8?Q?a?= =?utf-8?Q?b?=", "ab" },
		{ "=?utf-8?Q?a?= \n =?utf-8?Q?b?= c", "ab c" },
		{ "=?utf-8?B?w?= =?utf-8?Q?=A4?=", "=?utf-8?B?w?= ?" },
		{ "=?utf-8?Q?=C3?= =?utf-8?Q?=A4?=", "\xc3\xa4" },
		{ "=?utf-8?Q?"
		  "?=",
		  "" },
		{ "=?utf-8?Q?a?=b", "ab" },
		{ "=?koi8-r?Q?=E4?=", "=?koi8-r?Q?=E4?=" },
		{ "=?utf-8?X?a?=", "=?utf-8?X?a?=" },
		{ "=?utf-8?Q?=G1?=", "=?utf-8?Q?=G1?=" },
		{ "=?utf-8?Q?=4?=", "=?utf-8?Q?=4?=" },
		{ "=?utf-8?Q?a b?=", "=?utf-8?Q?a b?=" },
		{ "=?utf-8?Q?a", "=?utf-8?Q?a" },
		{ "=?utf-8?Q?a?", "=?utf-8?Q?a?" },
		{ "=?=?utf-8?Q?a?=", "=?a" },
		{ "=?utf-8?Q?=1B[1m=0A=FF?=", "?[1m??" },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		CLEAN(str) struct str s = STR_INIT;

		decode_words(view_of(rows[i].in), &s);
		assert_string_equal(str_chars(&s), rows[i].out);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(decodes_what_it_knows_and_leaves_the_rest),
	};

	return cmocka_run_group_tests_name("decode", tests, NULL, NULL);
}
