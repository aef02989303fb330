#include "config.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/err.h"
#include "config/section.h"

#define FILE_TEXT                                                              \
	"account home\nhost h\nfrom Ada@Home.example\n"                        \
	"account wild\nhost w\nfrom *@Wild.example\n"                          \
	"account late\nhost l\nfrom x@wild.example\n"                          \
	"account plus\nhost p\nfrom ada+list@plus.example\n"                   \
	"account all-plus\nhost p\nfrom *@plus.example\n"                      \
	"account dot\nhost d\nfrom *[/.]x@dot.example\n"                       \
	"account literal\nhost d\nfrom me@[192.0.2.1]\n"                       \
	"account user\nhost u\nfrom %U@user.example\n"                         \
	"account null\nhost u\nfrom\n"                                         \
	"account class\nhost u\nfrom [+a]da@class.example\n"                   \
	"account bare\nhost u\nfrom @bare.example\n"                           \
	"account unset\nhost u\n"

static void parse(struct config *c, const char *text)
{
	struct sections s;

	sections_init(&s, c, NULL, false);
	sections_take(&s, "test", view_of(text));
	sections_free(&s);
	assert_int_equal(c->mistakes.n, 0);
}

static int setup(void **state)
{
	(void)state;
	unsetenv("SMTPSERVER");
	unsetenv("EMAIL");
	return 0;
}

static void the_account_is_chosen_by_the_sender(void **state)
{
	static const struct {
		const char *sender, *label;
	} cases[] = {
		{ "ada@home.example", "home" },
		{ "ADA@HOME.EXAMPLE", "home" },
		{ "ada+x@home.example", "home" },
		{ "ada+x+y@home.example", "home" },
		{ "anna@home.example", "default" },
		{ "+ada@home.example", "default" },
		{ "ada@home+x.example", "default" },
		{ "x@wild.example", "wild" },
		{ "X+Y@WILD.example", "wild" },
		{ "ada+list@plus.example", "plus" },
		{ "ada+other@plus.example", "all-plus" },
		{ "ada@plus.example", "all-plus" },
		{ ".a/x@dot.example", "dot" },
		{ "..x@dot.example", "dot" },
		{ "ax@dot.example", "default" },
		{ "me@[192.0.2.1]", "literal" },
		{ "me@1", "default" },
		{ "%U@user.example", "user" },
		{ "root@user.example", "default" },
		{ "", "null" },
		{ "nobody", "default" },
		{ "ada@class.example", "class" },
		{ "ada+x@class.example", "default" },
		{ "+x@bare.example", "default" },
	};
	CLEAN(config) struct config c = CONFIG_INIT;

	(void)state;
	parse(&c, FILE_TEXT "account default\nhost d\n");
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		CLEAN(account) struct account a = { 0 };
		struct err e = ERR_INIT;

		assert_true(config_choose(&c, NULL, cases[i].sender, &a, &e));
		assert_string_equal(a.label, cases[i].label);
	}
}

static void a_name_beats_the_sender_and_its_case_counts(void **state)
{
	CLEAN(config) struct config c = CONFIG_INIT;
	CLEAN(account) struct account a = { 0 };
	struct account none;
	struct err e = ERR_INIT;

	(void)state;
	parse(&c, FILE_TEXT);
	assert_true(config_choose(&c, "late", "ada@home.example", &a, &e));
	assert_string_equal(a.label, "late");
	assert_false(config_choose(&c, "Late", "ada@home.example", &none, &e));
	assert_int_equal(e.kind, ERR_CONFIG);
	assert_string_equal(e.text, "there is no account 'Late': no "
				    "configuration was found");
	assert_non_null(strstr(e.hint, "home, wild, late"));
}

static void without_a_sender_it_is_default(void **state)
{
	CLEAN(config) struct config c = CONFIG_INIT;
	CLEAN(account) struct account a = { 0 };
	struct account none;
	struct err e = ERR_INIT;

	(void)state;
	parse(&c, "account x\n");
	c.loaded = 1;
	assert_false(config_choose(&c, NULL, NULL, &none, &e));
	assert_string_equal(e.text, "there is no account 'default'");
	parse(&c, "account default\nhost h\n");
	assert_true(config_choose(&c, NULL, NULL, &a, &e));
	assert_string_equal(a.host, "h");
}

static void smtpserver_and_email_make_an_account(void **state)
{
	CLEAN(config) struct config c = CONFIG_INIT;
	struct err e = ERR_INIT;
	struct account a;

	(void)state;
	setenv("SMTPSERVER", "mx.example", 1);
	assert_false(config_choose(&c, NULL, NULL, &a, &e));
	assert_true(config_choose(&c, NULL, "f@example", &a, &e));
	assert_string_equal(a.host, "mx.example");
	assert_string_equal(a.from, "f@example");
	assert_int_equal(a.place.kind, ORIGIN_ENVIRONMENT);
	account_free(&a);
	setenv("EMAIL", "e@example", 1);
	assert_true(config_choose(&c, NULL, NULL, &a, &e));
	assert_string_equal(a.from, "e@example");
	account_free(&a);
	setenv("EMAIL", "e\n@example", 1);
	assert_false(config_choose(&c, NULL, NULL, &a, &e));
	assert_int_equal(e.kind, ERR_CONFIG);
	parse(&c, "host mine\n");
	assert_true(config_choose(&c, NULL, NULL, &a, &e));
	assert_string_equal(a.host, "mine");
	account_free(&a);
}

#define CASE(f) cmocka_unit_test_setup(f, setup)

int main(void)
{
	const struct CMUnitTest tests[] = {
		CASE(the_account_is_chosen_by_the_sender),
		CASE(a_name_beats_the_sender_and_its_case_counts),
		CASE(without_a_sender_it_is_default),
		CASE(smtpserver_and_email_make_an_account),
	};

	return cmocka_run_group_tests_name("choose", tests, NULL, NULL);
}
