#include "config.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/err.h"
#include "base/mem.h"
#include "config/subst.h"

static int canonical_asked;

static bool user(const struct subst_values *v, struct str *out, struct err *e)
{
	(void)v;
	(void)e;
	str_adds(out, "a\nb\x1b%H");
	return true;
}

static bool host(const struct subst_values *v, struct str *out, struct err *e)
{
	(void)v;
	(void)e;
	str_adds(out, "box");
	return true;
}

static bool canonical(const struct subst_values *v, struct str *out,
		      struct err *e)
{
	(void)v;
	(void)e;
	canonical_asked++;
	str_adds(out, "box.example");
	return true;
}

static bool mailname(const struct subst_values *v, struct str *out,
		     struct err *e)
{
	(void)v;
	(void)out;
	return err_set(e, ERR_CONFIG, "no mailname");
}

static const struct subst_lookups lookups = { user, host, canonical, mailname };

static void letters_are_replaced_once(void **state)
{
	static const struct {
		const char *value, *want;
		bool domain;
	} cases[] = {
		{ "x@%H", "x@box", false },
		{ "%H%H.%C", "boxbox.box.example", false },
		{ "%U@x", "a?b?%H@x", false },
		{ "%F", "ada@x", false },
		{ "100%", "100%", false },
		{ "%%H", "%box", false },
		{ "%X%h", "%X%h", false },
		{ "", "", false },
		{ "%H", "box", true },
		{ "%U%F", "%U%F", true },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		struct subst_values v = { .lookups = &lookups,
					  .from_header = "ada@x",
					  .domain_only = cases[i].domain };
		CLEAN(str) struct str out = STR_INIT;
		struct err e = ERR_INIT;

		assert_true(subst_expand(cases[i].value, &v, &out, &e));
		assert_string_equal(str_chars(&out), cases[i].want);
	}
}

static void names_are_asked_for_only_where_used(void **state)
{
	struct subst_values v = { .lookups = &lookups };
	CLEAN(str) struct str out = STR_INIT;
	struct err e = ERR_INIT;

	(void)state;
	canonical_asked = 0;
	assert_true(subst_expand("x@%H", &v, &out, &e));
	assert_int_equal(canonical_asked, 0);
	assert_true(subst_expand("x@%C", &v, &out, &e));
	assert_int_equal(canonical_asked, 1);
}

static void a_letter_that_stands_for_nothing_is_an_error(void **state)
{
	static const char *const values[] = { "x@%M", "%F" };
	struct subst_values v = { .lookups = &lookups };

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(values); i++) {
		CLEAN(str) struct str out = STR_INIT;
		struct err e = ERR_INIT;

		assert_false(subst_expand(values[i], &v, &out, &e));
		assert_int_equal(e.kind, ERR_CONFIG);
		assert_non_null(strstr(e.text, values[i]));
	}
}

static void assert_system(const char *dir, const char *value, const char *want)
{
	struct subst_values v = { .lookups = &subst_of_system,
				  .system_dir = dir };
	CLEAN(str) struct str out = STR_INIT;
	struct err e = ERR_INIT;

	assert_true(subst_expand(value, &v, &out, &e));
	assert_string_equal(str_chars(&out), want);
}

static void the_environment_names_user_and_host(void **state)
{
	char name[256] = "";

	(void)state;
	setenv("USER", "ada", 1);
	setenv("LOGNAME", "other", 1);
	setenv("HOSTNAME", "box.example", 1);
	assert_system("", "%U@%H", "ada@box.example");
	unsetenv("USER");
	assert_system("", "%U", "other");
	setenv("USER", "", 1);
	assert_system("", "%U", "other");
	unsetenv("HOSTNAME");
	assert_int_equal(gethostname(name, sizeof(name) - 1), 0);
	assert_system("", "%H", name);
}

static void mailname_is_a_first_line(void **state)
{
	struct subst_values v = { .lookups = &subst_of_system };
	CLEAN(str) struct str out = STR_INIT;
	CLEAN(str) struct str path = STR_INIT;
	char dir[] = "/tmp/substXXXXXX";
	struct err e = ERR_INIT;
	FILE *f;

	(void)state;
	assert_non_null(mkdtemp(dir));
	v.system_dir = dir;
	str_addf(&path, "%s/mailname", dir);
	assert_false(subst_expand("%M", &v, &out, &e));
	assert_int_equal(e.kind, ERR_CONFIG);
	f = fopen(path.s, "w");
	assert_non_null(f);
	fputs(" mail.example \r\nother\n", f);
	fclose(f);
	assert_system(dir, "%M", "mail.example");
	f = fopen(path.s, "w");
	assert_non_null(f);
	fputs("\nother\n", f);
	fclose(f);
	assert_false(subst_expand("%M", &v, &out, &e));
	assert_int_equal(e.kind, ERR_CONFIG);
	unlink(path.s);
	rmdir(dir);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(letters_are_replaced_once),
		cmocka_unit_test(names_are_asked_for_only_where_used),
		cmocka_unit_test(a_letter_that_stands_for_nothing_is_an_error),
		cmocka_unit_test(the_environment_names_user_and_host),
		cmocka_unit_test(mailname_is_a_first_line),
	};

	return cmocka_run_group_tests_name("subst", tests, NULL, NULL);
}
