#include "config.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "auth/netrc.h"
#include "base/attr.h"
#include "base/clock.h"

#define HERE "machine smtp.example.org "

struct row {
	const char *text, *password; /* NULL: none */
};

static void check(const struct row *rows, size_t n, const char *user)
{
	for (size_t i = 0; i < n; i++) {
		CLEAN(secret) struct secret out = SECRET_INIT;

		secret_set(&out, view_of("of before"));
		netrc_find(view_of(rows[i].text), "smtp.example.org", user,
			   &out);
		if (secret_is_set(&out) != (rows[i].password != NULL) ||
		    (rows[i].password &&
		     !view_is(secret_view(&out), rows[i].password)))
			fail_msg("row %zu: '%s': %s", i, rows[i].text,
				 secret_is_set(&out) ? out.p : "none");
	}
}

#define CHECK(rows, user) check(rows, ARRAY_LEN(rows), user)

static void words_are_read_as_they_are_written(void **state)
{
	static const struct row rows[] = {
		{ HERE "login ada password tiger", "tiger" },
		{ HERE "login ada password tiger\n", "tiger" },
		{ HERE "login ada password tiger\r\n", "tiger" },
		{ "machine\nsmtp.example.org\n\tlogin\r\nada\npassword\n\ntiger",
		  "tiger" },
		{ HERE "user ada passwd tiger\n", "tiger" },
		{ HERE "password tiger login ada\n", "tiger" },
		{ HERE "login ada password \"two words\"\n", "two words" },
		{ HERE "login ada password 'two \"words\"'\n",
		  "two \"words\"" },
		{ HERE "login ada password a\"b c\"'d e'f\n", "ab cd ef" },
		{ HERE "login ada password \"\"\n", "" },
		{ HERE "login \"ada\" password tiger\n", "tiger" },
		{ "\"machine\" 'smtp.example.org' login ada password tiger",
		  "tiger" },
		{ HERE "login ada password a\\b\n", "a\\b" },
		{ HERE "login ada password \"a\\n\\\\\"\n", "a\\n\\\\" },
		{ HERE "login ada password \"open\nlogin bob\n", NULL },
		{ HERE "login ada password \"open", "open" },
		{ HERE "login ada password \"o\npen\"\n", "o" },
		{ HERE "login ada password password\n", "password" },
		{ HERE "login ada password p\xc3\xa4ss\n", "p\xc3\xa4ss" },
		{ HERE "login ada password tiger,\n", "tiger," },
		{ HERE "login ada password", NULL },
		{ HERE "login ada password ", NULL },
		{ HERE "login", NULL },
		{ "machine", NULL },
		{ "", NULL },
	};

	(void)state;
	CHECK(rows, "ada");
}

static void comments_stand_where_keywords_could(void **state)
{
	static const struct row rows[] = {
		{ "#" HERE "password lion\n" HERE "password tiger\n", "tiger" },
		{ HERE "# password lion\nlogin ada password tiger\n", "tiger" },
		{ HERE "password tiger # password lion\n", "tiger" },
		{ HERE "password tiger#\n", "tiger#" },
		{ HERE "password #tiger\n", "#tiger" },
		{ "# no end", NULL },
		{ "#\n#\n" HERE "password tiger", "tiger" },
	};

	(void)state;
	CHECK(rows, "ada");
}

static void the_first_entry_that_fits_counts(void **state)
{
	static const struct row rows[] = {
		{ HERE "login ada password tiger\n" HERE
		       "login ada password lion\n",
		  "tiger" },
		{ HERE "login bob password lion\n" HERE
		       "login ada password tiger\n",
		  "tiger" },
		{ HERE "login ada\n" HERE "login ada password tiger\n",
		  "tiger" },
		{ HERE "password tiger\n" HERE "login ada password lion\n",
		  "tiger" },
		{ HERE "login bob password lion\n", NULL },
		{ HERE "login Ada password lion\n", NULL },
		{ HERE "login ad password lion\n", NULL },
		{ HERE "login \"\" password lion\n", NULL },
		{ "machine SMTP.example.org login ada password lion\n", NULL },
		{ "machine example.org login ada password lion\n", NULL },
		{ "machine smtp.example.org. login ada password lion\n", NULL },
		{ "login ada password lion\n", NULL },
		/* The last of each counts. */
		{ HERE "login bob login ada password lion password tiger\n",
		  "tiger" },
		{ HERE "login ada password lion login bob password tiger\n",
		  NULL },
	};

	(void)state;
	CHECK(rows, "ada");
}

static void default_is_nobodys(void **state)
{
	static const struct row rows[] = {
		{ "default login ada password lion\n", NULL },
		{ "default smtp.example.org password lion\n", NULL },
		{ "default password lion\n" HERE "password tiger\n", "tiger" },
		{ HERE "default password lion\n", NULL },
		{ HERE "password tiger default password lion\n", "tiger" },
		{ HERE "login ada default password lion\n", NULL },
	};

	(void)state;
	CHECK(rows, "ada");
}

static void the_rest_is_passed_over(void **state)
{
	static const struct row rows[] = {
		{ HERE "account password password tiger\n", "tiger" },
		{ HERE "account machine login ada password tiger\n", "tiger" },
		{ HERE "port 587 login ada password tiger\n", "tiger" },
		{ HERE "login ada macdef init\nmachine x password lion\n"
		       "password lion\n\npassword tiger\n",
		  "tiger" },
		{ HERE "login ada macdef init\npassword lion\n \t\r\n"
		       "password tiger\n",
		  "tiger" },
		{ HERE "login ada macdef init\npassword lion", NULL },
		{ HERE "login ada macdef", NULL },
		{ "macdef init\n" HERE "password lion\n\n" HERE
		  "password tiger\n",
		  "tiger" },
	};

	(void)state;
	CHECK(rows, "ada");
}

static void without_a_user_only_an_entry_without_login_fits(void **state)
{
	static const struct row rows[] = {
		{ HERE "login ada password lion\n", NULL },
		{ HERE "login \"\" password lion\n", NULL },
		{ HERE "password tiger\n", "tiger" },
		{ HERE "login ada password lion\n" HERE "password tiger\n",
		  "tiger" },
	};

	(void)state;
	CHECK(rows, NULL);
}

static void a_nul_is_a_byte_as_any_other(void **state)
{
	static const char text[] = HERE "password a\0b\n";
	CLEAN(secret) struct secret out = SECRET_INIT;

	(void)state;
	netrc_find((struct view){ text, sizeof(text) - 1 }, "smtp.example.org",
		   "ada", &out);
	assert_int_equal(out.n, 3);
	assert_memory_equal(out.p, "a\0b", 3);
}

static void it_ends_with_the_text(void **state)
{
	static const char text[] = HERE "login ada password tiger";
	CLEAN(secret) struct secret out = SECRET_INIT;

	(void)state;
	for (size_t n = 0; n < sizeof(text) - 1; n++) {
		netrc_find((struct view){ text, n }, "smtp.example.org", "ada",
			   &out);
		assert_int_equal(secret_is_set(&out), n > sizeof(text) - 6);
	}
}

/* A megabyte of the worst takes the time of a megabyte. */
static void the_time_is_that_of_the_length(void **state)
{
	static const char *const parts[] = { "#\n",
					     "machine x ",
					     "\"",
					     "a'",
					     "macdef ",
					     HERE "login bob ",
					     HERE "login bob password x " };

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(parts); i++) {
		CLEAN(str) struct str text = STR_INIT;
		CLEAN(secret) struct secret out = SECRET_INIT;
		int64_t start = clock_now_ms();

		while (text.len < 1048576)
			str_adds(&text, parts[i]);
		netrc_find(str_view(&text), "smtp.example.org", "ada", &out);
		assert_false(secret_is_set(&out));
		assert_true(clock_now_ms() - start < 10000);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(words_are_read_as_they_are_written),
		cmocka_unit_test(comments_stand_where_keywords_could),
		cmocka_unit_test(the_first_entry_that_fits_counts),
		cmocka_unit_test(default_is_nobodys),
		cmocka_unit_test(the_rest_is_passed_over),
		cmocka_unit_test(
			without_a_user_only_an_entry_without_login_fits),
		cmocka_unit_test(a_nul_is_a_byte_as_any_other),
		cmocka_unit_test(it_ends_with_the_text),
		cmocka_unit_test(the_time_is_that_of_the_length),
	};

	return cmocka_run_group_tests_name("netrc", tests, NULL, NULL);
}
