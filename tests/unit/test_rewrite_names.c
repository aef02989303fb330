#include "config.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "base/list.h"
#include "msg/rewrite.h"

static const struct {
	const char *name, *whom[3];
} known[] = {
	{ "root", { "ada@x.org" } },
	{ "root@here", { "ada@x.org" } },
	{ "two", { "ada@x.org", "bob@x.org" } },
	{ "none", { NULL } },
	{ "\"a b\"", { "\"a b\"@x.org" } },
	{ "long",
	  { "a-name-that-is-rather-long@subdomain.example.org",
	    "another-name-that-is-long@subdomain.example.org" } },
};

static bool find(void *who, const char *path, struct list *out)
{
	(void)who;
	for (size_t i = 0; i < ARRAY_LEN(known); i++) {
		if (strcmp(known[i].name, path) != 0)
			continue;
		for (size_t k = 0; k < 3 && known[i].whom[k]; k++)
			list_add(out, known[i].whom[k]);
		return true;
	}
	return false;
}

static void to_and_cc_name_whom_is_meant(void **state)
{
	static const struct {
		const char *name, *value, *want;
	} cases[] = {
		{ "To", " root", " ada@x.org" },
		{ "tO", " root@here", " ada@x.org" },
		{ "CC", " The Root <root>", " The Root <ada@x.org>" },
		{ "Cc", " Two <two>, root", " ada@x.org, bob@x.org" },
		{ "Cc", " Bob <bob@x.org>, two",
		  " Bob <bob@x.org>, ada@x.org" },
		{ "To", " =?UTF-8?Q?J=C3=BC?= <root>",
		  " =?UTF-8?B?SsO8?= <ada@x.org>" },
		{ "To", " \"Doe, J\" <j@x.org>, \"a b\"",
		  " \"Doe, J\" <j@x.org>, \"a b\"@x.org" },
		{ "To", " Team: root, eve;", " ada@x.org, eve" },
		{ "To", " long",
		  " a-name-that-is-rather-long@subdomain.example.org,\n"
		  " another-name-that-is-long@subdomain.example.org" },
		/* What stays, stays as it was written. */
		{ "To", "  eve ,\n\tBob  <bob@x.org> (x)",
		  "  eve ,\n\tBob  <bob@x.org> (x)" },
		{ "To", " none", " none" },
		{ "To", " a@@b, root", " a@@b, root" },
		{ "To", "", "" },
		{ "Bcc", " root", " root" },
		{ "Resent-To", " root", " root" },
		{ "From", " root", " root" },
		{ "X-To", " root", " root" },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		CLEAN(headers) struct headers h = HEADERS_INIT;

		headers_add(&h, view_of(cases[i].name),
			    view_of(cases[i].value));
		rewrite_names(&h, find, NULL);
		assert_int_equal(h.n, 1);
		assert_string_equal(h.v[0].value, cases[i].want);
		assert_int_equal(h.v[0].length, strlen(cases[i].want));
		assert_string_equal(h.v[0].name, cases[i].name);
	}
}

static bool find_many(void *who, const char *path, struct list *out)
{
	size_t *asked = who;

	if (strcmp(path, "many") != 0)
		return false;
	for (int i = 0; i < REWRITE_NAMES_MAX / 4 + 1; i++) {
		CLEAN(str) struct str to = STR_INIT;

		str_addf(&to, "u%zu.%d@x.org", *asked, i);
		list_add(out, to.s);
	}
	++*asked;
	return true;
}

static void what_is_written_is_bounded(void **state)
{
	CLEAN(headers) struct headers h = HEADERS_INIT;
	size_t asked = 0;

	(void)state;
	for (int i = 0; i < 10; i++)
		headers_add(&h, view_of("To"), view_of(" many"));
	rewrite_names(&h, find_many, &asked);
	assert_int_equal(asked, 4);
	assert_true(h.v[2].length > 1000);
	for (size_t i = 3; i < h.n; i++)
		assert_string_equal(h.v[i].value, " many");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(to_and_cc_name_whom_is_meant),
		cmocka_unit_test(what_is_written_is_bounded),
	};

	return cmocka_run_group_tests_name("rewrite_names", tests, NULL, NULL);
}
