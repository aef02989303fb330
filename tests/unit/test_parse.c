#include "config.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/err.h"
#include "config_places.h"

/* --- accounts and inheritance ----------------------------------------------
 */

static void defaults_add_up_and_count_for_what_follows(void **state)
{
	CLEAN(config) struct config c = CONFIG_INIT;
	struct places *p = *state;

	write_file(p, "home/.postriderrc",
		   "defaults\nport 1\nuser u\n"
		   "account a\nhost ha\n"
		   "defaults\nport 2\n"
		   "account b\nhost hb\n");
	assert_loads(p, &c);
	assert_int_equal(c.n, 2);
	assert_int_equal(account_of(&c, "a")->port, 1);
	assert_int_equal(account_of(&c, "b")->port, 2);
	assert_string_equal(account_of(&c, "b")->user, "u");
	assert_int_equal(account_of(&c, "b")->origin[KEY_ID_port].line, 7);
	assert_true(account_of(&c, "b")->origin[KEY_ID_port].inherited);
	assert_false(account_of(&c, "b")->origin[KEY_ID_host].inherited);
	assert_int_equal(account_of(&c, "b")->place.line, 8);
}

static void parents_hand_down_only_what_they_set(void **state)
{
	CLEAN(config) struct config c = CONFIG_INIT;
	struct places *p = *state;

	write_file(p, "home/.postriderrc",
		   "defaults\nport 1\n"
		   "account a\nhost ha\nuser ua\n"
		   "account b : a\nuser ub\n"
		   "defaults\nport 2\n"
		   "account c\nhost hc\ndomain dc\n"
		   "account d : b , c\n"
		   "account e : c,b\n"
		   "account default : d\n");
	assert_loads(p, &c);
	assert_int_equal(account_of(&c, "b")->port, 1);
	assert_string_equal(account_of(&c, "b")->host, "ha");
	assert_int_equal(account_of(&c, "d")->port, 2);
	assert_string_equal(account_of(&c, "d")->host, "hc");
	assert_string_equal(account_of(&c, "d")->user, "ub");
	assert_string_equal(account_of(&c, "d")->domain, "dc");
	assert_string_equal(account_of(&c, "e")->host, "ha");
	assert_string_equal(account_of(&c, "default")->host, "hc");
}

static void settings_before_any_account_make_default(void **state)
{
	CLEAN(config) struct config c = CONFIG_INIT;
	struct places *p = *state;

	write_file(p, "home/.postriderrc",
		   "HOST mx\nTLS ON\nKeepBcc\naccount Default\nhost other\n");
	assert_loads(p, &c);
	assert_int_equal(c.n, 2);
	assert_string_equal(account_of(&c, "default")->host, "mx");
	assert_true(account_of(&c, "default")->tls);
	assert_false(account_of(&c, "default")->remove_bcc_headers);
	assert_string_equal(account_of(&c, "Default")->host, "other");
}

static void each_mistake_is_told_with_its_place(void **state)
{
	static const char *const cases[][2] = {
		{ "prot 25\n", "1: unknown keyword 'prot'; did you mean "
			       "'port'?" },
		{ "host a\n\n# x\nxyzzy 1\n", "4: unknown keyword 'xyzzy'" },
		{ "password=hunter2\n", "1: unknown keyword 'password'; write "
					"'password', a blank, and the value" },
		{ "\x01 hunter2\n", "1: this does not begin with a keyword" },
		{ "host\n", "1: host needs an argument" },
		{ "port 0\n", "1: port: '0' is not a number from 1 to 65535" },
		{ "tls maybe\n", "1: tls: 'maybe' is not on or off" },
		{ "keepbcc maybe\n", "1: keepbcc is either on or off" },
		{ "queue sometimes\n",
		  "1: queue: 'sometimes' is not one of off, "
		  "fallback, always" },
		{ "user a\x01\n", "1: user: the value has a control "
				  "character" },
		{ "defaults x\n", "1: defaults takes no argument" },
		{ "account\nhost x\n", "1: an account needs a name, without "
				       "':' and ','" },
		{ "account a,b\nhost x\n", "1: an account needs a name, "
					   "without ':' and ','" },
		{ "account a :\n", "1: no account follows the ':'" },
		{ "account a : b\naccount b\n",
		  "1: there is no account 'b' above to take settings from" },
		{ "account a : a\n",
		  "1: there is no account 'a' above to take settings from" },
		{ "user env:POSTRIDER_NO_SUCH_VARIABLE\n",
		  "1: the environment has no variable "
		  "'POSTRIDER_NO_SUCH_VARIABLE'" },
		{ "eval\n", "1: eval needs an argument" },
		{ "include\n", "1: include needs an argument" },
		{ "eval exit 3\n", "1: eval failed: it ended with status 3" },
		{ "eval true\n", "1: eval failed: it printed nothing" },
		{ "eval echo eval true\n", "1: eval is not possible here" },
		{ "eval echo hunter2\n",
		  "1: this does not begin with a keyword" },
		{ "eval echo port hunter2\n",
		  "1: port: the value that was found for it does not fit" },
	};

	for (size_t i = 0; i < ARRAY_LEN(cases); i++)
		assert_mistake(*state, cases[i][0], cases[i][1]);
}

static void all_mistakes_of_all_files_are_told(void **state)
{
	CLEAN(config) struct config c = CONFIG_INIT;
	struct places *p = *state;
	struct err e;

	write_file(p, "home/.postriderrc",
		   "port x\naccount a\naccount a\nport y\ninclude more\n");
	write_file(p, "home/more", "tls x\n");
	write_file(p, "etc/postrider.conf", "port z\n");
	assert_false(load(p, &c, &e));
	assert_string_equal(e.text, "5 mistakes in the configuration");
	assert_true(has_text(&c.mistakes, ".postriderrc:1: port"));
	assert_true(has_text(&c.mistakes, ".postriderrc:3: account 'a' is "
					  "there already, since"));
	assert_true(has_text(&c.mistakes, ".postriderrc:4: port: 'y'"));
	assert_true(has_text(&c.mistakes, "/more:1: tls"));
	assert_true(has_text(&c.mistakes, "postrider.conf:1: port: 'z'"));
}

static void a_line_may_be_long_but_not_endless(void **state)
{
	CLEAN(config) struct config c = CONFIG_INIT;
	CLEAN(str) struct str text = STR_INIT;
	struct places *p = *state;

	str_adds(&text, "user ");
	while (text.len < CONFIG_LINE_MAX)
		str_addc(&text, 'u');
	write_file(p, "home/.postriderrc", text.s);
	assert_loads(p, &c);
	assert_int_equal(strlen(account_of(&c, "default")->user),
			 CONFIG_LINE_MAX - 5);
	str_addc(&text, 'u');
	assert_mistake(p, text.s, "1: the line is longer than 65536 bytes");
}

static void values_come_from_the_environment_where_asked(void **state)
{
	CLEAN(config) struct config c = CONFIG_INIT;
	struct places *p = *state;

	setenv("TEST_SERVER", "from-env", 1);
	/* The file itself holds no secret: others may read it. */
	write_mode(p, "home/.postriderrc",
		   "host env:TEST_SERVER\npassword env:TEST_SERVER\n"
		   "user $TEST_SERVER\nntlmdomain env:TEST SERVER\n",
		   0644);
	assert_loads(p, &c);
	assert_string_equal(c.v[0].host, "from-env");
	assert_true(view_is(secret_view(&c.v[0].password), "from-env"));
	assert_string_equal(c.v[0].user, "$TEST_SERVER");
	assert_string_equal(c.v[0].ntlmdomain, "env:TEST SERVER");
}

static void ignored_keywords_are_noted(void **state)
{
	CLEAN(config) struct config c = CONFIG_INIT;
	struct places *p = *state;

	write_file(p, "home/.postriderrc",
		   "host x\ntls_force_sslv3 on\nrestrict_options on\n");
	assert_loads(p, &c);
	assert_true(has_text(&c.notes, ".postriderrc:2: tls_force_sslv3 has "
				       "no effect"));
	assert_true(has_text(&c.notes, ":3: restrict_options"));
	assert_false(c.restrict_options);
}

/* --- eval and include ------------------------------------------------------
 */

static void eval_stands_for_the_line_that_it_prints(void **state)
{
	CLEAN(config) struct config c = CONFIG_INIT;
	struct places *p = *state;

	write_file(p, "home/.postriderrc",
		   "eval printf 'account a\\nhost no\\n'\n"
		   "eval echo host yes\neval echo\neval echo user $(cat)x\n");
	assert_loads(p, &c);
	assert_int_equal(c.n, 1);
	assert_string_equal(account_of(&c, "a")->host, "yes");
	assert_string_equal(account_of(&c, "a")->user, "x");
	assert_int_equal(c.v[0].origin[KEY_ID_host].line, 2);
}

static void included_files_are_relative_and_may_be_patterns(void **state)
{
	CLEAN(config) struct config c = CONFIG_INIT;
	struct places *p = *state;

	make_folder(p, "home/d");
	write_file(p, "home/d/1.conf", "defaults\nport 7\naccount one\n");
	write_file(p, "home/d/2.conf", "include ../three\naccount two\n");
	write_file(p, "home/three", "account three : one\nhost h3\n");
	write_file(p, "home/.postriderrc",
		   "account zero\nhost h0\ninclude d/*.conf\n"
		   "include none/*.conf\nuser u0\naccount four:three\n");
	assert_loads(p, &c);
	assert_int_equal(c.n, 5);
	assert_int_equal(c.loaded, 4);
	assert_int_equal(c.files.n, 4);
	assert_string_equal(account_of(&c, "zero")->user, "u0");
	assert_int_equal(account_of(&c, "two")->port, 7);
	assert_string_equal(account_of(&c, "four")->host, "h3");
	assert_string_equal(account_of(&c, "three")->place.file, c.files.v[3]);
}

static void an_included_file_begins_in_the_section_around_it(void **state)
{
	CLEAN(config) struct config c = CONFIG_INIT;
	struct places *p = *state;

	write_file(p, "home/more", "user of-more\naccount b\nhost hb\n");
	write_file(p, "home/.postriderrc",
		   "account a\nhost ha\ninclude more\nport 9\n");
	assert_loads(p, &c);
	assert_string_equal(account_of(&c, "a")->host, "ha");
	assert_string_equal(account_of(&c, "a")->user, "of-more");
	assert_int_equal(account_of(&c, "a")->port, 9);
	assert_int_equal(account_of(&c, "b")->port, 0);
}

static void settings_before_any_account_are_of_one_default(void **state)
{
	CLEAN(config) struct config c = CONFIG_INIT;
	struct places *p = *state;

	write_file(p, "home/one", "host h\n");
	write_file(p, "home/two", "account x\nhost hx\n");
	write_file(p, "home/.postriderrc",
		   "include one\ninclude two\nport 9\n");
	assert_loads(p, &c);
	assert_int_equal(c.n, 2);
	assert_string_equal(account_of(&c, "default")->host, "h");
	assert_int_equal(account_of(&c, "default")->port, 9);
}

static void a_missing_included_file_is_a_mistake(void **state)
{
	CLEAN(config) struct config c = CONFIG_INIT;
	struct places *p = *state;
	struct err e;

	write_file(p, "home/.postriderrc", "include nosuch\n");
	assert_false(load(p, &c, &e));
	assert_int_equal(e.kind, ERR_CONFIG);
	assert_true(has_text(&c.mistakes, ".postriderrc:1: cannot open"));
}

static void circles_of_included_files_are_found(void **state)
{
	CLEAN(config) struct config c = CONFIG_INIT;
	struct places *p = *state;
	struct err e;

	write_file(p, "home/.postriderrc", "include other\n");
	write_file(p, "home/other", "include .postriderrc\n");
	assert_false(load(p, &c, &e));
	assert_int_equal(c.mistakes.n, 1);
	assert_true(has_text(&c.mistakes, "/other:1: "));
	assert_true(has_text(&c.mistakes, "includes itself"));
}

static void include_a_chain(struct places *p, int length)
{
	char name[32], text[32];

	for (int i = 0; i <= length; i++) {
		snprintf(name, sizeof(name),
			 i ? "home/n%d" : "home/.postriderrc", i);
		snprintf(text, sizeof(text),
			 i < length ? "include n%d\n" : "host deep\n", i + 1);
		write_file(p, name, text);
	}
}

static void includes_go_sixteen_deep(void **state)
{
	CLEAN(config) struct config c = CONFIG_INIT;
	struct places *p = *state;

	include_a_chain(p, CONFIG_INCLUDE_DEPTH);
	assert_loads(p, &c);
	assert_string_equal(account_of(&c, "default")->host, "deep");
}

static void includes_go_no_deeper(void **state)
{
	CLEAN(config) struct config c = CONFIG_INIT;
	struct places *p = *state;
	struct err e;

	include_a_chain(p, CONFIG_INCLUDE_DEPTH + 1);
	assert_false(load(p, &c, &e));
	assert_true(has_text(&c.mistakes, "more than 16 deep"));
}

/* --- trust -----------------------------------------------------------------
 */

static void files_are_judged_by_what_they_hold(void **state)
{
	static const struct {
		const char *text;
		mode_t mode;
		bool fine;
	} cases[] = {
		{ "host x\n", 0666, true },
		{ "passwordeval x\n", 0644, true },
		{ "passwordeval x\n", 0664, false },
		{ "eval echo host x\n", 0644, true },
		{ "eval echo host x\n", 0602, false },
		{ "password x\n", 0600, true },
		{ "PassWord x\n", 0640, false },
		{ "password x\n", 0604, false },
		{ "password\n", 0666, true },
		{ "host x\n# password x\n", 0666, true },
	};
	struct places *p = *state;

	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		CLEAN(config) struct config c = CONFIG_INIT;
		struct err e;

		write_mode(p, "home/.postriderrc", cases[i].text,
			   cases[i].mode);
		assert_int_equal(load(p, &c, &e), cases[i].fine);
		assert_int_equal(c.n, cases[i].fine ? 1 : 0);
		if (!cases[i].fine)
			assert_true(has_text(&c.mistakes, "chmod"));
	}
}

static void nothing_of_an_open_file_is_run(void **state)
{
	CLEAN(config) struct config c = CONFIG_INIT;
	CLEAN(str) struct str text = STR_INIT;
	struct places *p = *state;
	struct err e;

	str_addf(&text, "eval touch %s/ran\ninclude more\n", p->home);
	write_mode(p, "home/.postriderrc", text.s, 0666);
	write_file(p, "home/more", "host x\n");
	assert_false(load(p, &c, &e));
	str_truncate(&text, 0);
	str_addf(&text, "%s/ran", p->home);
	assert_int_equal(access(text.s, F_OK), -1);
	assert_int_equal(c.loaded, 0);
}

static void included_files_are_judged_each_on_its_own(void **state)
{
	CLEAN(config) struct config c = CONFIG_INIT;
	struct places *p = *state;
	struct err e;

	write_mode(p, "home/.postriderrc", "host x\ninclude secret\n", 0644);
	write_mode(p, "home/secret", "password hunter2\n", 0600);
	assert_loads(p, &c);
	config_free(&c);
	write_mode(p, "home/secret", "password hunter2\n", 0644);
	assert_false(load(p, &c, &e));
	assert_true(has_text(&c.mistakes, ".postriderrc:2: "));
	assert_true(has_text(&c.mistakes, "others can read it"));
	assert_false(has_text(&c.mistakes, "hunter2"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		CASE(defaults_add_up_and_count_for_what_follows),
		CASE(parents_hand_down_only_what_they_set),
		CASE(settings_before_any_account_make_default),
		CASE(each_mistake_is_told_with_its_place),
		CASE(all_mistakes_of_all_files_are_told),
		CASE(a_line_may_be_long_but_not_endless),
		CASE(values_come_from_the_environment_where_asked),
		CASE(ignored_keywords_are_noted),
		CASE(eval_stands_for_the_line_that_it_prints),
		CASE(included_files_are_relative_and_may_be_patterns),
		CASE(an_included_file_begins_in_the_section_around_it),
		CASE(settings_before_any_account_are_of_one_default),
		CASE(a_missing_included_file_is_a_mistake),
		CASE(circles_of_included_files_are_found),
		CASE(includes_go_sixteen_deep),
		CASE(includes_go_no_deeper),
		CASE(files_are_judged_by_what_they_hold),
		CASE(nothing_of_an_open_file_is_run),
		CASE(included_files_are_judged_each_on_its_own),
	};

	return cmocka_run_group_tests_name("parse", tests, NULL, NULL);
}
