#include "config.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

/* cmocka has a macro of that name. */
#undef fail
#include "cli/mode.h"

static void the_name_decides_about_the_dialect(void **state)
{
	static const struct {
		const char *name;
		enum classic_name want;
	} cases[] = {
		{ "postrider", NAME_OWN },  { "sendmail", NAME_SENDMAIL },
		{ "mailq", NAME_MAILQ },    { "newaliases", NAME_NEWALIASES },
		{ "msmtp", NAME_MSMTP },    { "x-sendmail", NAME_SENDMAIL },
		{ "my.msmtp", NAME_MSMTP }, { "notsendmail", NAME_OWN },
		{ "sendmail2", NAME_OWN },  { "1mailq", NAME_OWN },
		{ "Sendmail", NAME_OWN },   { "", NAME_OWN },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(cases); i++)
		assert_int_equal(classic_name(cases[i].name), cases[i].want);
}

static void folders_are_no_part_of_the_name(void **state)
{
	(void)state;
	assert_string_equal(program_name("/usr/sbin/sendmail"), "sendmail");
	assert_string_equal(program_name("./x"), "x");
	assert_string_equal(program_name("x"), "x");
	assert_string_equal(program_name("sendmail/"), "");
}

static void every_verb_can_be_found_by_its_name_only(void **state)
{
	size_t count = 0;

	(void)state;
	for (const struct verb *v; (v = verb_at(count)) != NULL; count++) {
		assert_ptr_equal(verb_find(v->name), v);
		assert_non_null(v->run);
		assert_non_null(v->arguments);
		assert_true(strlen(v->help) > 0);
		assert_null(strchr(v->name, '@'));
		assert_true(v->name[0] != '-');
	}
	assert_true(count >= 4);
	assert_null(verb_at(count));
	assert_null(verb_find("sen"));
	assert_null(verb_find("Send"));
	assert_null(verb_find(""));
}

static void a_misspelt_verb_finds_the_one_that_was_meant(void **state)
{
	(void)state;
	assert_string_equal(verb_nearest("sned"), "send");
	assert_string_equal(verb_nearest("confg"), "config");
	assert_null(verb_nearest("wxyzwxyz"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_name_decides_about_the_dialect),
		cmocka_unit_test(folders_are_no_part_of_the_name),
		cmocka_unit_test(every_verb_can_be_found_by_its_name_only),
		cmocka_unit_test(a_misspelt_verb_finds_the_one_that_was_meant),
	};

	return cmocka_run_group_tests_name("mode", tests, NULL, NULL);
}
