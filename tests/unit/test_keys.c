#include "config.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "base/ascii.h"
#include "base/err.h"
#include "config/account.h"
#include "config/value.h"

static void every_row_can_be_found_in_any_case(void **state)
{
	(void)state;
	for (int i = 0; i < KEY_COUNT; i++) {
		const struct key *k = key_at((enum key_id)i);
		CLEAN(str) struct str upper = STR_INIT;

		for (const char *p = k->name; *p; p++)
			str_addc(&upper, ascii_upper(*p));
		assert_ptr_equal(key_find(view_of(k->name)), k);
		assert_ptr_equal(key_find(str_view(&upper)), k);
		assert_int_equal(key_id(k), i);
		assert_true(strlen(k->name) <= 32);
		assert_non_null(k->help);
		assert_non_null(k->argument);
	}
	assert_null(key_find(view_of("hos")));
	assert_null(key_find(view_of("hostt")));
	assert_null(key_find(VIEW_NONE));
}

static void every_default_is_a_valid_value(void **state)
{
	struct account a;

	(void)state;
	account_init(&a, "x");
	for (int i = 0; i < KEY_COUNT; i++) {
		const struct key *k = key_at((enum key_id)i);
		struct origin o = { .kind = ORIGIN_FILE };
		CLEAN(str) struct str shown = STR_INIT;
		CLEAN(str) struct str again = STR_INIT;
		struct err e = ERR_INIT;

		if (!k->fallback)
			continue;
		account_show(&a, k, &shown);
		assert_true(shown.len > 0);
		assert_true(account_set(&a, k, view_of(k->fallback), o, &e));
		account_show(&a, k, &again);
		assert_string_equal(str_chars(&shown), str_chars(&again));
	}
	account_free(&a);
}

static void rows_have_what_their_type_needs(void **state)
{
	(void)state;
	for (int i = 0; i < KEY_COUNT; i++) {
		const struct key *k = key_at((enum key_id)i);

		if (k->type == KEY_CHOICE || k->type == KEY_INT)
			assert_non_null(k->choices);
		if (k->type == KEY_CHOICE || k->type == KEY_BOOL)
			assert_non_null(k->fallback);
		if (k->type == KEY_SECRET)
			assert_int_equal(
				k->flags & (KEY_IS_SECRET | KEY_NO_OPTION),
				KEY_IS_SECRET | KEY_NO_OPTION);
		if (k->type == KEY_COMMAND)
			assert_true((k->flags & KEY_HOLDS_COMMAND) != 0);
		if ((k->flags & KEY_EMPTY_COUNTS) != 0)
			assert_int_equal(k->type, KEY_STR);
	}
}

static void choices_are_found_by_all_spellings(void **state)
{
	const struct key *k = key_at(KEY_ID_dsn_return);

	(void)state;
	assert_int_equal(key_choice_index(k, view_of("off")), 0);
	assert_int_equal(key_choice_index(k, view_of("headers")), 1);
	assert_int_equal(key_choice_index(k, view_of("HDRS")), 1);
	assert_int_equal(key_choice_index(k, view_of("full")), 2);
	assert_int_equal(key_choice_index(k, view_of("headers/hdrs")), -1);
	assert_int_equal(key_choice_index(k, view_of("")), -1);
	assert_true(view_is(key_choice(k, 1), "headers"));
	assert_int_equal(key_choice(k, 3).n, 0);
}

static void old_names_mean_new_ones(void **state)
{
	static const struct {
		const char *name, *value, *key, *means;
	} cases[] = {
		{ "connect_timeout", "7", "timeout", "7" },
		{ "keepbcc", "on", "remove_bcc_headers", "off" },
		{ "KeepBcc", "OFF", "remove_bcc_headers", "on" },
		{ "keepbcc", "", "remove_bcc_headers", "off" },
		{ "undisclosed_recipients", "on", "set_to_header",
		  "undisclosed_recipients" },
		{ "undisclosed_recipients", "off", "set_to_header", "off" },
		{ "add_missing_from_header", "on", "set_from_header", "auto" },
		{ "add_missing_from_header", "off", "set_from_header", "off" },
		{ "add_missing_date_header", "on", "set_date_header", "auto" },
		{ "add_missing_date_header", "off", "set_date_header", "off" },
		{ "tls_nocertcheck", "", "tls_certcheck", "off" },
		{ "tls_nostarttls", "", "tls_starttls", "off" },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		struct err e = ERR_INIT;
		struct view out;
		const struct key *k = key_find_old(view_of(cases[i].name),
						   view_of(cases[i].value),
						   &out, &e);

		assert_non_null(k);
		assert_string_equal(k->name, cases[i].key);
		assert_true(view_is(out, cases[i].means));
	}
}

static void old_names_refuse_what_they_never_took(void **state)
{
	static const char *const bad[][2] = {
		{ "keepbcc", "auto" },
		{ "undisclosed_recipients", "undisclosed_recipients" },
		{ "tls_nocertcheck", "on" },
	};
	struct err e = ERR_INIT;
	struct view out;

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(bad); i++) {
		e = ERR_INIT;
		assert_null(key_find_old(view_of(bad[i][0]), view_of(bad[i][1]),
					 &out, &e));
		assert_int_equal(e.kind, ERR_CONFIG);
	}
	e = ERR_INIT;
	assert_null(key_find_old(view_of("host"), view_of("x"), &out, &e));
	assert_int_equal(e.kind, ERR_NONE);
}

static void names_without_effect_say_why(void **state)
{
	(void)state;
	assert_non_null(key_find_ignored(view_of("tls_force_sslv3")));
	assert_non_null(key_find_ignored(view_of("TLS_FORCE_SSLV3")));
	assert_null(key_find_ignored(view_of("tls")));
}

static void misspelt_names_find_the_one_that_was_meant(void **state)
{
	static const struct {
		const char *wrong, *right;
	} cases[] = {
		{ "prot", "port" },
		{ "hots", "host" },
		{ "passwrod", "password" },
		{ "tls-starttls", "tls_starttls" },
		{ "TLS_TRUSTFILE", "tls_trust_file" },
		{ "acount", "account" },
		{ "inclde", "include" },
		{ "usr", "user" },
		{ "xyzzy", NULL },
		{ "q", NULL },
		{ "", NULL },
		{ "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa", NULL },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		const char *near = key_nearest(view_of(cases[i].wrong));

		if (!cases[i].right)
			assert_null(near);
		else
			assert_string_equal(near, cases[i].right);
	}
}

static void structure_words_are_no_keywords(void **state)
{
	static const char *const words[] = { "account", "defaults", "eval",
					     "include" };

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(words); i++) {
		assert_int_equal(key_find_structure(view_of(words[i])), i + 1);
		assert_null(key_find(view_of(words[i])));
	}
	assert_int_equal(key_find_structure(view_of("Account")),
			 KEY_STRUCTURE_ACCOUNT);
	assert_int_equal(key_find_structure(view_of("")), KEY_STRUCTURE_NONE);
	assert_int_equal(key_find_structure(view_of("host")),
			 KEY_STRUCTURE_NONE);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_row_can_be_found_in_any_case),
		cmocka_unit_test(every_default_is_a_valid_value),
		cmocka_unit_test(rows_have_what_their_type_needs),
		cmocka_unit_test(choices_are_found_by_all_spellings),
		cmocka_unit_test(old_names_mean_new_ones),
		cmocka_unit_test(old_names_refuse_what_they_never_took),
		cmocka_unit_test(names_without_effect_say_why),
		cmocka_unit_test(misspelt_names_find_the_one_that_was_meant),
		cmocka_unit_test(structure_words_are_no_keywords),
	};

	return cmocka_run_group_tests_name("keys", tests, NULL, NULL);
}
