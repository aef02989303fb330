#include "config.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "config/files.h"

/* A folder of our own. */
static char home[] = "/tmp/files.XXXXXX";

/* The home as ~. */
static void join(const struct list *l, struct str *out)
{
	for (size_t i = 0; i < l->n; i++) {
		bool below = view_starts(view_of(l->v[i]), home);

		str_addf(out, "%s%s|", below ? "~" : "",
			 l->v[i] + (below ? strlen(home) : 0));
	}
}

/* The environment: NULL takes the variable away. */
static const struct {
	const char *xdg;
	bool msmtp;
	const char *want;
	size_t notes;
} users[] = {
	{ NULL, false,
	  "~/.config/postrider/config|~/.postriderrc|~/.msmtprc|"
	  "~/.config/msmtp/config|",
	  0 },
	{ "/x", false,
	  "/x/postrider/config|~/.postriderrc|~/.msmtprc|/x/msmtp/config|", 0 },
	{ "", false,
	  "~/.config/postrider/config|~/.postriderrc|~/.msmtprc|"
	  "~/.config/msmtp/config|",
	  0 },
	/* The base directory specification: not absolute, not looked at. */
	{ "x/y", false,
	  "~/.config/postrider/config|~/.postriderrc|~/.msmtprc|"
	  "~/.config/msmtp/config|",
	  1 },
	{ NULL, true, "~/.msmtprc|~/.config/msmtp/config|", 0 },
	{ "/x", true, "~/.msmtprc|/x/msmtp/config|", 0 },
};

static void the_users_places_have_an_order(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(users); i++) {
		const struct config_wishes w = { .msmtp_name = users[i].msmtp };
		CLEAN(config) struct config c = CONFIG_INIT;
		CLEAN(list) struct list places = LIST_INIT;
		CLEAN(str) struct str out = STR_INIT;

		setenv("HOME", home, 1);
		unsetenv("XDG_CONFIG_HOME");
		if (users[i].xdg)
			setenv("XDG_CONFIG_HOME", users[i].xdg, 1);
		files_user(&c, &w, &places);
		join(&places, &out);
		assert_string_equal(str_chars(&out), users[i].want);
		assert_int_equal(c.notes.n, users[i].notes);
	}
}

static void the_systems_places_have_an_order(void **state)
{
	const struct config_wishes w = { .system_dir = "/e",
					 .msmtp_name = true };
	const struct config_wishes none = { .system_dir = NULL };
	CLEAN(list) struct list places = LIST_INIT;
	CLEAN(list) struct list nowhere = LIST_INIT;
	CLEAN(str) struct str out = STR_INIT;

	(void)state;
	files_system(&w, &places);
	join(&places, &out);
	assert_string_equal(str_chars(&out), "/e/postrider.conf|/e/msmtprc|");
	files_system(&none, &nowhere);
	assert_int_equal(nowhere.n, 0);
}

static void a_file_may_be_named(void **state)
{
	static const struct {
		const char *file, *variable;
		bool msmtp, locked;
		const char *want;
	} cases[] = {
		{ NULL, NULL, false, false, NULL },
		{ "f", NULL, false, false, "f" },
		{ "f", "v", false, false, "f" },
		{ NULL, "v", false, false, "v" },
		{ NULL, "", false, false, NULL },
		{ NULL, "v", true, false, NULL },
		{ NULL, "v", false, true, NULL },
		{ "", "v", false, false, "" },
		{ "f", "v", true, true, "f" },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		const struct config_wishes w = {
			.file = cases[i].file,
			.msmtp_name = cases[i].msmtp,
			.ignore_environment = cases[i].locked,
		};
		const char *got;

		unsetenv("POSTRIDER_CONFIG");
		if (cases[i].variable)
			setenv("POSTRIDER_CONFIG", cases[i].variable, 1);
		got = files_named(&w);
		if (cases[i].want)
			assert_string_equal(got, cases[i].want);
		else
			assert_null(got);
	}
}

static int make_home(void **state)
{
	(void)state;
	return mkdtemp(home) ? 0 : -1;
}

static int remove_home(void **state)
{
	(void)state;
	return rmdir(home);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_users_places_have_an_order),
		cmocka_unit_test(the_systems_places_have_an_order),
		cmocka_unit_test(a_file_may_be_named),
	};

	return cmocka_run_group_tests_name("files", tests, make_home,
					   remove_home);
}
