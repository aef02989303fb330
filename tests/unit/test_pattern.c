#include "config.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/attr.h"
#include "config/pattern.h"

static void wildcards_are_told_from_literals(void **state)
{
	static const struct {
		const char *pattern;
		bool wild;
	} cases[] = {
		{ "a@b.c", false },
		{ "", false },
		{ "*@b.c", true },
		{ "a?@b.c", true },
		{ "[ab]@c.d", true },
		{ "me@[192.0.2.1]", false },
		{ "[ab]@[192.0.2.1]", true },
		{ "*@[192.0.2.1]", true },
		{ "a[@b", true },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(cases); i++)
		assert_int_equal(pattern_is_wild(cases[i].pattern),
				 cases[i].wild);
}

static void an_address_fits(void **state)
{
	static const struct {
		const char *pattern, *address;
		bool fits;
	} cases[] = {
		{ "ada@x.org", "ADA@X.org", true },
		{ "Ada@X.org", "ada@x.org", true },
		{ "ada@x.org", "ada@x.org.example", false },
		{ "ada@x.org", "ada+y@x.org", true },
		{ "ada@x.org", "+y@x.org", false },
		{ "ada+y@x.org", "ada+y@x.org", true },
		{ "ada+y@x.org", "ada+z@x.org", false },
		{ "ada+y@x.org", "ada@x.org", false },
		{ "*@X.org", "anybody@x.ORG", true },
		{ "*@x.org", "a@y.x.org", false },
		{ "*.x.org", "a@y.x.org", true },
		{ "root@*", "root@box", true },
		{ "root@*", "ROOT+cron@box", true },
		{ "root@*", "root", false },
		{ "root@*", "toroot@box", false },
		{ "*", "", true },
		{ "*@*", ".a/b@c", true },
		{ "?@x.org", ".@x.org", true },
		{ "[a-c]@x.org", "B@x.org", true },
		{ "[!a-c]@x.org", "B@x.org", false },
		{ "me@[192.0.2.1]", "me@[192.0.2.1]", true },
		{ "me@[192.0.2.1]", "me@1", false },
		{ "ada@x@*", "ada@x+y", false },
		{ "", "", true },
		{ "", "a@b", false },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(cases); i++)
		assert_int_equal(
			pattern_fits(cases[i].pattern, cases[i].address),
			cases[i].fits);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(wildcards_are_told_from_literals),
		cmocka_unit_test(an_address_fits),
	};

	return cmocka_run_group_tests_name("pattern", tests, NULL, NULL);
}
