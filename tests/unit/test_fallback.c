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
#include "config/fallback.h"
#include "config/section.h"

static void parse(struct config *c, const char *text)
{
	struct sections s;

	sections_init(&s, c, NULL, false);
	sections_take(&s, "test", view_of(text));
	sections_free(&s);
	fallback_check(c);
}

/* The labels of the chain, or what is wrong with it. */
static void show(const struct config *c, const char *name, struct str *out)
{
	CLEAN(account) struct account a = { 0 };
	struct accounts list = ACCOUNTS_INIT;
	struct err e = ERR_INIT;

	assert_true(config_choose(c, name, NULL, &a, &e));
	if (fallback_chain(c, &a, &list, &e)) {
		for (size_t i = 0; i < list.n; i++)
			str_addf(out, "%s%s", i > 0 ? " " : "",
				 list.v[i].label);
	} else {
		assert_int_equal(e.kind, ERR_CONFIG);
		assert_int_equal(list.n, 0);
		str_addf(out, "! %s", e.text);
	}
	accounts_free(&list);
}

#define ACCOUNT(name) "account " name "\nhost h\n"

static void chains_are_followed(void **state)
{
	static const struct {
		const char *text, *chain;
	} cases[] = {
		{ ACCOUNT("a"), "" },
		{ ACCOUNT("a") "fallback b\n" ACCOUNT("b"), "b" },
		{ ACCOUNT("b") ACCOUNT("a") "fallback b\n", "b" },
		{ ACCOUNT("a") "fallback b\nfallback\n" ACCOUNT("b"), "" },
		{ ACCOUNT("a") "fallback b\n" ACCOUNT(
			  "b") "fallback c\n" ACCOUNT("c"),
		  "b c" },
		{ ACCOUNT("a") "fallback a\n",
		  "! account 'a': fallback 'a' leads back to an account that "
		  "was tried" },
		{ ACCOUNT("a") "fallback b\n" ACCOUNT("b") "fallback a\n",
		  "! account 'b': fallback 'a' leads back to an account that "
		  "was tried" },
		{ ACCOUNT("a") "fallback b\n" ACCOUNT(
			  "b") "fallback c\n" ACCOUNT("c") "fallback b\n",
		  "! account 'c': fallback 'b' leads back to an account that "
		  "was tried" },
		{ ACCOUNT("a") "fallback b\naccount b\n",
		  "! account 'b': host is not set" },
		{ ACCOUNT("a") "fallback b\naccount b\ncapture m\n",
		  "! account 'b': one that has capture can be no fallback" },
		{ "defaults\nfallback b\n" ACCOUNT("a") ACCOUNT("b"), "b" },
		{ "defaults\nfallback a\n" ACCOUNT("a"), "" },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		CLEAN(config) struct config c = CONFIG_INIT;
		CLEAN(str) struct str got = STR_INIT;

		parse(&c, cases[i].text);
		assert_int_equal(c.mistakes.n, 0);
		show(&c, "a", &got);
		assert_string_equal(str_chars(&got), cases[i].chain);
	}
}

static void a_fallback_is_whole(void **state)
{
	CLEAN(config) struct config c = CONFIG_INIT;
	CLEAN(account) struct account a = { 0 };
	struct accounts list = ACCOUNTS_INIT;
	struct err e = ERR_INIT;

	(void)state;
	parse(&c, ACCOUNT("a") "fallback b\naccount b\nprovider gmail\n");
	assert_true(config_choose(&c, "a", NULL, &a, &e));
	assert_true(fallback_chain(&c, &a, &list, &e));
	assert_string_equal(list.v[0].host, "smtp.gmail.com");
	accounts_free(&list);
}

static void a_chain_is_bounded(void **state)
{
	CLEAN(config) struct config c = CONFIG_INIT;
	CLEAN(str) struct str text = STR_INIT;
	CLEAN(str) struct str got = STR_INIT;

	(void)state;
	for (int i = 0; i < 30; i++)
		str_addf(&text, ACCOUNT("a%d") "fallback a%d\n", i, i + 1);
	str_adds(&text, ACCOUNT("a30"));
	parse(&c, text.s);
	show(&c, "a0", &got);
	assert_string_equal(str_chars(&got),
			    "! account 'a0': more than 8 accounts in a "
			    "chain of fallbacks");
	str_truncate(&got, 0);
	show(&c, "a24", &got);
	assert_string_equal(str_chars(&got), "a25 a26 a27 a28 a29 a30");
}

static void a_name_that_is_none_is_a_mistake(void **state)
{
	static const struct {
		const char *text, *mistake;
	} cases[] = {
		{ ACCOUNT("a") "fallback x\n",
		  "test:3: fallback: there is no account 'x'" },
		{ ACCOUNT("backup") ACCOUNT("a") "fallback bakcup\n",
		  "test:5: fallback: there is no account 'bakcup'; did you "
		  "mean 'backup'?" },
		{ "defaults\nfallback x\n" ACCOUNT("a") ACCOUNT("b"),
		  "test:2: fallback: there is no account 'x'" },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		CLEAN(config) struct config c = CONFIG_INIT;

		parse(&c, cases[i].text);
		assert_int_equal(c.mistakes.n, 1);
		assert_string_equal(c.mistakes.v[0], cases[i].mistake);
	}
}

static void it_may_be_where_we_cannot_look(void **state)
{
	CLEAN(config) struct config c = CONFIG_INIT;
	CLEAN(str) struct str got = STR_INIT;

	(void)state;
	list_add(&c.passed, "/etc/postrider.conf");
	parse(&c, ACCOUNT("a") "fallback x\n");
	assert_int_equal(c.mistakes.n, 0);
	show(&c, "a", &got);
	assert_non_null(strstr(str_chars(&got), "/etc/postrider.conf"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(chains_are_followed),
		cmocka_unit_test(a_fallback_is_whole),
		cmocka_unit_test(a_chain_is_bounded),
		cmocka_unit_test(a_name_that_is_none_is_a_mistake),
		cmocka_unit_test(it_may_be_where_we_cannot_look),
	};

	return cmocka_run_group_tests_name("fallback", tests, NULL, NULL);
}
