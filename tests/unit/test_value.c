#include "config.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/err.h"
#include "base/list.h"
#include "base/secret.h"
#include "config/account.h"
#include "config/value.h"

/* A field of any type. */
union field {
	char *string;
	struct secret secret;
	bool flag;
	int number;
	struct list list;
};

static struct view shown(const union field *f, const struct key *k,
			 struct str *out)
{
	value_show(f, k, out);
	return str_view(out);
}

static bool set(union field *f, const struct key *k, const char *text)
{
	struct err e = ERR_INIT;
	bool ok = value_set(f, k, view_of(text), &e);

	assert_int_equal(e.kind, ok ? ERR_NONE : ERR_CONFIG);
	return ok;
}

/* One key of each type, values that it takes and that it does not. */
static const struct {
	enum key_id id;
	const char *good, *shown, *bad;
} types[] = {
	{ KEY_ID_host, "x", "x", NULL },
	{ KEY_ID_host, "a \"b", "a \"b", NULL },
	{ KEY_ID_host, " x", "\" x\"", NULL },
	{ KEY_ID_host, "\"x\"", "\"\"x\"\"", NULL },
	{ KEY_ID_logfile, "/tmp/x", "/tmp/x", NULL },
	{ KEY_ID_passwordeval, "echo x", "echo x", NULL },
	{ KEY_ID_password, "tiger", "*", NULL },
	{ KEY_ID_tls, "on", "on", "1" },
	{ KEY_ID_tls, "OFF", "off", "yes" },
	{ KEY_ID_port, "25", "25", "65536" },
	{ KEY_ID_port, "0x1F", "31", "0" },
	{ KEY_ID_port, "010", "8", "09" },
	{ KEY_ID_port, "65535", "65535", "-1" },
	{ KEY_ID_port, "1", "1", "1x" },
	{ KEY_ID_port, "1", "1", "99999999999999999999" },
	{ KEY_ID_timeout, "90", "90", "0" },
	{ KEY_ID_timeout, "2m", "120", "m" },
	{ KEY_ID_timeout, "2H", "7200", "2x" },
	{ KEY_ID_timeout, "1d", "86400", "1dd" },
	{ KEY_ID_timeout, "Off", "off", "99999999d" },
	{ KEY_ID_protocol, "LMTP", "lmtp", "smt" },
	{ KEY_ID_dsn_return, "hdrs", "headers", "head" },
	{ KEY_ID_tls_pin, "a,b  c", "a,b,c", NULL },
	{ KEY_ID_dsn_notify, "Delay, failure", "delay,failure", "delayed" },
	{ KEY_ID_add_header, "X: y", "X: y", NULL },
};

static void what_is_set_is_shown_copied_and_cleared(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(types); i++) {
		const struct key *k = key_at(types[i].id);
		union field f = { 0 }, copy = { 0 };
		CLEAN(str) struct str out = STR_INIT;
		CLEAN(str) struct str again = STR_INIT;
		CLEAN(str) struct str empty = STR_INIT;

		value_clear(&f, k);
		assert_true(set(&f, k, types[i].good));
		assert_true(view_is(shown(&f, k, &out), types[i].shown));
		if (types[i].bad)
			assert_false(set(&f, k, types[i].bad));
		value_clear(&copy, k);
		value_copy(&copy, &f, k);
		value_clear(&f, k);
		/* What was wrong has left it as it was. */
		assert_true(view_is(shown(&copy, k, &again), types[i].shown));
		value_clear(&copy, k);
		shown(&copy, k, &empty);
		assert_string_equal(str_chars(&empty),
				    k->type == KEY_BOOL ? "off"
				    : k->type == KEY_CHOICE
					    ? key_choice(k, 0).n == 3 ? "off"
								      : "smtp"
					    : "");
	}
}

static void lines_are_added_and_taken_back_whole(void **state)
{
	const struct origin o = { .kind = ORIGIN_FILE };
	const struct key *k = key_at(KEY_ID_add_header);
	CLEAN(str) struct str out = STR_INIT;
	struct account a, b;
	struct err e = ERR_INIT;

	(void)state;
	account_init(&a, "a");
	assert_int_equal(account_lines(&a, k)->n, 0);
	assert_null(account_lines(&a, key_at(KEY_ID_host)));
	assert_true(account_set(&a, k, view_of("X: one"), o, &e));
	assert_true(account_set(&a, k, view_of("X: two, three"), o, &e));
	assert_true(account_set(&a, k, view_of("X: one"), o, &e));
	account_show(&a, k, &out);
	assert_string_equal(str_chars(&out), "X: one\nX: two, three\nX: one");
	account_init(&b, "b");
	assert_true(account_set(&b, k, view_of("Y: own"), o, &e));
	account_inherit(&b, &a);
	assert_int_equal(account_lines(&b, k)->n, 3);
	assert_true(account_set(&b, k, view_of("Y: four"), o, &e));
	assert_int_equal(account_lines(&b, k)->n, 4);
	assert_int_equal(account_lines(&a, k)->n, 3);
	assert_true(account_set(&b, k, VIEW_NONE, o, &e));
	assert_int_equal(account_lines(&b, k)->n, 0);
	assert_true(account_is_set(&b, KEY_ID_add_header));
	account_free(&a);
	account_free(&b);
}

static void no_list_grows_without_end(void **state)
{
	static const enum key_id ids[] = { KEY_ID_rewrite, KEY_ID_tls_pin };

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(ids); i++) {
		const struct key *k = key_at(ids[i]);
		CLEAN(str) struct str words = STR_INIT;
		union field f = { 0 };

		for (size_t n = 0; n < VALUE_WORDS_MAX; n++)
			str_adds(&words, "x ");
		if (k->type == KEY_LIST) {
			assert_true(set(&f, k, words.s));
			str_adds(&words, "x");
			assert_false(set(&f, k, words.s));
		} else {
			for (size_t n = 0; n < VALUE_WORDS_MAX; n++)
				assert_true(set(&f, k, "x"));
			assert_false(set(&f, k, "x"));
		}
		assert_int_equal(f.list.n, VALUE_WORDS_MAX);
		value_clear(&f, k);
	}
}

static void words_are_divided_by_commas_and_blanks(void **state)
{
	static const struct {
		const char *text, *want;
	} cases[] = {
		{ "", "" },
		{ " ,\t, ", "" },
		{ "a", "a|" },
		{ "a,b c\td", "a|b|c|d|" },
		{ ",,a, ,b,,", "a|b|" },
		{ "a;b", "a;b|" },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		struct view rest = view_of(cases[i].text), word;
		CLEAN(str) struct str out = STR_INIT;

		while (value_word(&rest, &word)) {
			str_add(&out, word);
			str_addc(&out, '|');
		}
		assert_string_equal(str_chars(&out), cases[i].want);
	}
}

static void the_password_of_an_url_is_found(void **state)
{
	static const struct {
		const char *url, *password, *shown;
	} cases[] = {
		{ "socks5://u:pw@h:1080", "pw", "socks5://u:*@h:1080" },
		{ "http://u:p:q@h", "p:q", "http://u:*@h" },
		{ "http://u:p@q@h:1", "p@q", "http://u:*@h:1" },
		{ "http://u:@h", "", "http://u:@h" },
		{ "http://u@h", "", "http://u@h" },
		{ "http://h:3128", "", "http://h:3128" },
		{ "http://u:a/b?c#d@h", "a/b?c#d", "http://u:*@h" },
		{ "http://:p@h", "p", "http://:*@h" },
		{ "http://u:x://y@h", "x://y", "http://u:*@h" },
		{ "u:p@h:1", "p", "u:*@h:1" },
		{ "socks5://u:p@[::1]:9", "p", "socks5://u:*@[::1]:9" },
		{ "socks5://[::1]:9", "", "socks5://[::1]:9" },
		{ "", "", "" },
		{ "@", "", "@" },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		const struct key *k = key_at(KEY_ID_proxy);
		struct view got = value_url_password(view_of(cases[i].url));
		CLEAN(str) struct str out = STR_INIT;
		union field f = { 0 };

		assert_int_equal(got.n, strlen(cases[i].password));
		assert_true(got.n == 0 || view_is(got, cases[i].password));
		if (cases[i].url[0] == '\0')
			continue;
		assert_true(set(&f, k, cases[i].url));
		value_show(&f, k, &out);
		assert_string_equal(str_chars(&out), cases[i].shown);
		value_clear(&f, k);
	}
}

static void what_is_quoted_is_short_and_printable(void **state)
{
	char text[100];
	CLEAN(str) struct str out = STR_INIT;
	CLEAN(str) struct str shorter = STR_INIT;

	(void)state;
	memset(text, 'x', sizeof(text));
	value_quote(&out, (struct view){ text, sizeof(text) });
	assert_int_equal(out.len, 60 + strlen("'...'"));
	value_quote(&shorter, view_of("a\x1b\nb"));
	assert_string_equal(str_chars(&shorter), "'a??b'");
}

static void a_wrong_value_is_named_with_what_is_right(void **state)
{
	static const struct {
		enum key_id id;
		const char *text, *want;
	} cases[] = {
		{ KEY_ID_tls, "ja", "tls: 'ja' is not on or off" },
		{ KEY_ID_port, "x",
		  "port: 'x' is not a number from 1 to 65535" },
		{ KEY_ID_protocol, "x",
		  "protocol: 'x' is not one of smtp, lmtp" },
		{ KEY_ID_timeout, "x",
		  "timeout: 'x' is not off or a duration such as 90, 5m, 2h, "
		  "3d" },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		const struct key *k = key_at(cases[i].id);
		union field f = { 0 };
		struct err e = ERR_INIT;

		assert_false(value_set(&f, k, view_of(cases[i].text), &e));
		assert_string_equal(e.text, cases[i].want);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_is_set_is_shown_copied_and_cleared),
		cmocka_unit_test(lines_are_added_and_taken_back_whole),
		cmocka_unit_test(no_list_grows_without_end),
		cmocka_unit_test(words_are_divided_by_commas_and_blanks),
		cmocka_unit_test(the_password_of_an_url_is_found),
		cmocka_unit_test(what_is_quoted_is_short_and_printable),
		cmocka_unit_test(a_wrong_value_is_named_with_what_is_right),
	};

	return cmocka_run_group_tests_name("value", tests, NULL, NULL);
}
