#include "config.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "config/hostport.h"

static void words_are_split(void **state)
{
	static const struct {
		const char *word, *host; /* NULL: it is none */
		int port;
	} cases[] = {
		{ "a", "a", 0 },
		{ "mx1.example.com", "mx1.example.com", 0 },
		{ "mx1.example.com:587", "mx1.example.com", 587 },
		{ "192.0.2.1:1", "192.0.2.1", 1 },
		{ "a:65535", "a", 65535 },
		{ "b\xc3\xbc.example:25", "b\xc3\xbc.example", 25 },
		{ "2001:db8::1", "2001:db8::1", 0 },
		{ "::1", "::1", 0 },
		{ "[::1]", "::1", 0 },
		{ "[2001:db8::1]:465", "2001:db8::1", 465 },
		{ "", NULL, 0 },
		{ ":", NULL, 0 },
		{ ":25", NULL, 0 },
		{ "a:", NULL, 0 },
		{ "a:0", NULL, 0 },
		{ "a:65536", NULL, 0 },
		{ "a:000025", NULL, 0 },
		{ "a:-1", NULL, 0 },
		{ "a:25x", NULL, 0 },
		{ "a:smtp", NULL, 0 },
		{ "[", NULL, 0 },
		{ "[]", NULL, 0 },
		{ "[]:25", NULL, 0 },
		{ "[::1", NULL, 0 },
		{ "[::1]25", NULL, 0 },
		{ "[::1]:", NULL, 0 },
		{ "[::1]:0", NULL, 0 },
		{ "[a]:25", NULL, 0 },
		{ "[192.0.2.1]", NULL, 0 },
		{ "::1]", NULL, 0 },
		{ "a@b", NULL, 0 },
		{ "smtp://a", NULL, 0 },
		{ "a b", NULL, 0 },
		{ "a\x01", NULL, 0 },
		{ "\"a\"", NULL, 0 },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		struct view host;
		int port = -1;
		bool ok = hostport_split(view_of(cases[i].word), &host, &port);

		if (ok != (cases[i].host != NULL))
			fail_msg("'%s'", cases[i].word);
		if (!ok)
			continue;
		assert_true(view_is(host, cases[i].host));
		assert_int_equal(port, cases[i].port);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(words_are_split),
	};

	return cmocka_run_group_tests_name("hostport", tests, NULL, NULL);
}
