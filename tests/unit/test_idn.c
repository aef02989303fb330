#include "config.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/err.h"
#include "net/idn.h"

static void domains_become_a_labels(void **state)
{
	static const struct {
		const char *domain, *ascii; /* NULL: there is no such form */
	} rows[] = {
		{ "example.org", "example.org" },
		{ "EXAMPLE.org", "EXAMPLE.org" },
		{ "", "" },
		{ "a..b", "a..b" },
		{ "xn--nonsense-.example", "xn--nonsense-.example" },
		{ "b\xc3\xbc"
		  "cher.example",
		  "xn--bcher-kva.example" },
		{ "B\xc3\x9c"
		  "CHER.example",
		  "xn--bcher-kva.example" },
		/* Non-transitional: sharp s stays one. */
		{ "stra\xc3\x9f"
		  "e.example",
		  "xn--strae-oqa.example" },
		/* The full stops of other scripts part labels too. */
		{ "b\xc3\xbc"
		  "cher\xe3\x80\x82"
		  "example",
		  "xn--bcher-kva.example" },
		{ "_x.b\xc3\xbc"
		  "cher.example",
		  "_x.xn--bcher-kva.example" },
		/* U+2100 would become "a/c". */
		{ "\xe2\x84\x80.example", NULL },
		{ "\xff.example", NULL },
		{ "\xc3\xbc\x01.example", NULL },
		{ "-\xc3\xbc-.example", NULL },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		CLEAN(str) struct str out = STR_INIT;
		struct err e = ERR_INIT;
		bool ok;

		str_adds(&out, "@");
		ok = idn_to_ascii(view_of(rows[i].domain), &out, &e);
		if (ok != (rows[i].ascii != NULL) ||
		    strcmp(out.s + 1, ok ? rows[i].ascii : "") != 0)
			fail_msg("row %zu: '%s' %s", i, out.s, e.text);
		if (!ok)
			assert_int_equal(e.kind, ERR_MESSAGE);
	}
}

static void long_domains_are_refused(void **state)
{
	char domain[2000];
	CLEAN(str) struct str out = STR_INIT;
	struct err e = ERR_INIT;

	(void)state;
	memset(domain, 'a', sizeof(domain));
	domain[0] = '\xc3';
	domain[1] = '\xbc';
	assert_false(idn_to_ascii((struct view){ domain, 100 }, &out, &e));
	assert_false(idn_to_ascii((struct view){ domain, 2000 }, &out, &e));
	assert_int_equal(e.kind, ERR_MESSAGE);
	assert_int_equal(out.len, 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(domains_become_a_labels),
		cmocka_unit_test(long_domains_are_refused),
	};

	return cmocka_run_group_tests_name("idn", tests, NULL, NULL);
}
