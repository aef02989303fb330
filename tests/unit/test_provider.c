#include "config.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/ascii.h"
#include "base/err.h"
#include "config/check.h"
#include "config/provider.h"
#include "config/section.h"

/* The account `default` that text makes, as it is when it is chosen. */
static void make(struct account *a, const char *text)
{
	CLEAN(config) struct config c = CONFIG_INIT;
	struct err e = ERR_INIT;
	struct sections s;

	sections_init(&s, &c, NULL, false);
	sections_take(&s, "test", view_of(text));
	sections_free(&s);
	assert_int_equal(c.mistakes.n, 0);
	assert_true(config_choose(&c, "default", NULL, a, &e));
}

static void set(struct account *a, enum key_id id, const char *value)
{
	const struct origin option = { .kind = ORIGIN_OPTION };
	struct err e = ERR_INIT;

	assert_true(account_set(a, key_at(id), view_of(value), option, &e));
	assert_true(provider_apply(a, &e));
}

static void presets_fill_in_what_is_not_set(void **state)
{
	static const struct {
		const char *text, *host;
		int port;
		bool tls, starttls, auth;
	} cases[] = {
		{ "provider gmail", "smtp.gmail.com", 465, true, false, true },
		{ "provider GMail", "smtp.gmail.com", 465, true, false, true },
		{ "provider icloud", "smtp.mail.me.com", 587, true, true,
		  true },
		{ "provider proton-bridge", "127.0.0.1", 1025, true, true,
		  true },
		{ "provider ses:eu-west-1",
		  "email-smtp.eu-west-1.amazonaws.com", 465, true, false,
		  true },
		{ "provider gmail\nport 587\ntls_starttls on", "smtp.gmail.com",
		  587, true, true, true },
		{ "tls off\nauth off\nprovider gmail", "smtp.gmail.com", 465,
		  false, false, false },
		{ "provider zoho\nhost smtp.zoho.in", "smtp.zoho.in", 465, true,
		  false, true },
		{ "provider gmail\nhosts a b", NULL, 465, true, false, true },
		{ "defaults\nport 2525\naccount default\nprovider postmark",
		  "smtp.postmarkapp.com", 2525, true, true, true },
		{ "account a\nprovider gmail\naccount default : a\n"
		  "provider gmx",
		  "mail.gmx.net", 465, true, false, true },
		{ "account a\nprovider gmail\naccount default : a",
		  "smtp.gmail.com", 465, true, false, true },
		{ "account a\nhost h\naccount default : a\nprovider gmail", "h",
		  465, true, false, true },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		CLEAN(account) struct account a = { 0 };

		make(&a, cases[i].text);
		if (cases[i].host)
			assert_string_equal(a.host, cases[i].host);
		else
			assert_null(a.host);
		assert_int_equal(a.port, cases[i].port);
		assert_int_equal(a.tls, cases[i].tls);
		assert_int_equal(a.tls_starttls, cases[i].starttls);
		assert_int_equal(a.auth != 0, cases[i].auth);
	}
}

static void what_is_filled_in_says_so(void **state)
{
	CLEAN(account) struct account a = { 0 };

	(void)state;
	make(&a, "provider gmail\nport 465");
	assert_int_equal(a.origin[KEY_ID_host].kind, ORIGIN_PROVIDER);
	assert_int_equal(a.origin[KEY_ID_port].kind, ORIGIN_FILE);
	assert_int_equal(a.origin[KEY_ID_user].kind, ORIGIN_DEFAULT);
}

static void another_provider_takes_its_place(void **state)
{
	CLEAN(account) struct account a = { 0 };

	(void)state;
	make(&a, "provider icloud");
	set(&a, KEY_ID_provider, "gmail");
	assert_string_equal(a.host, "smtp.gmail.com");
	assert_int_equal(a.port, 465);
	assert_false(a.tls_starttls);
	set(&a, KEY_ID_provider, "");
	assert_null(a.host);
	assert_int_equal(a.port, 0);
	assert_false(a.tls);
	assert_true(a.tls_starttls);
	assert_int_equal(a.auth, 0);
	assert_int_equal(a.origin[KEY_ID_host].kind, ORIGIN_DEFAULT);
}

static void names_are_known_or_corrected(void **state)
{
	static const struct {
		const char *name, *text; /* NULL: it is right */
	} cases[] = {
		{ "gmail", NULL },
		{ "GMAIL", NULL },
		{ "mailbox.org", NULL },
		{ "ses:us-gov-west-1", NULL },
		{ "SES:eu-west-1", NULL },
		{ "gmial", "did you mean 'gmail'?" },
		{ "fastmial", "did you mean 'fastmail'?" },
		{ "nobody", "'nobody' is not known" },
		{ "ses", "a colon and the region" },
		{ "ses:", "a colon and the region" },
		{ "ses:REGION.x", "a colon and the region" },
		{ "ses:a/b", "a colon and the region" },
		{ "ses:aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa",
		  "a colon and the region" },
		{ "gmail:eu", "is not known" },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		struct err e = ERR_INIT;
		bool ok = provider_check(view_of(cases[i].name), &e);

		assert_int_equal(ok, cases[i].text == NULL);
		if (ok)
			continue;
		assert_int_equal(e.kind, ERR_CONFIG);
		if (!cases[i].text || !strstr(e.text, cases[i].text))
			fail_msg("%s: %s", cases[i].name, e.text);
	}
}

/* Every row makes an account that check_account has nothing against and that
 * speaks TLS in the way that its port is for. */
static void every_row_makes_a_good_account(void **state)
{
	(void)state;
	for (size_t i = 0; provider_name(i); i++) {
		CLEAN(account) struct account a = { 0 };
		CLEAN(list) struct list advice = LIST_INIT;
		CLEAN(str) struct str text = STR_INIT;
		struct err e = ERR_INIT;

		str_addf(&text, "user u\nprovider %s", provider_name(i));
		make(&a, text.s);
		assert_true(check_account(&a, &e));
		assert_true(a.tls);
		assert_int_equal(a.port == 465, !a.tls_starttls);
		assert_true(a.auth != 0);
		check_advice(&a, &advice);
		assert_int_equal(advice.n, provider_is_self_signed(&a));
	}
}

static void names_are_sorted_out(void **state)
{
	(void)state;
	for (size_t i = 0; provider_name(i); i++)
		for (size_t k = 0; k < i; k++)
			assert_int_not_equal(ascii_casecmp(provider_name(i),
							   provider_name(k)),
					     0);
}

static void a_bridge_is_believed_by_its_certificate(void **state)
{
	static const struct {
		const char *text;
		size_t advice;
	} cases[] = {
		{ "provider proton-bridge\nuser u", 1 },
		{ "provider proton-bridge\nuser u\ntls_trust_file c.pem", 0 },
		{ "provider proton-bridge\nuser u\ntls_fingerprint "
		  "00112233445566778899aabbccddeeff00112233445566778899aabbccdd"
		  "eeff",
		  0 },
		{ "provider gmail\nuser u", 0 },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		CLEAN(account) struct account a = { 0 };
		CLEAN(list) struct list advice = LIST_INIT;

		make(&a, cases[i].text);
		assert_true(a.tls_certcheck);
		check_advice(&a, &advice);
		assert_int_equal(advice.n, cases[i].advice);
	}
}

static void what_it_wants_for_a_password_is_known(void **state)
{
	CLEAN(account) struct account a = { 0 };

	(void)state;
	make(&a, "host smtp.gmail.com");
	assert_null(provider_hint(&a));
	set(&a, KEY_ID_provider, "gmail");
	assert_non_null(strstr(provider_hint(&a), "app password"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(presets_fill_in_what_is_not_set),
		cmocka_unit_test(what_is_filled_in_says_so),
		cmocka_unit_test(another_provider_takes_its_place),
		cmocka_unit_test(names_are_known_or_corrected),
		cmocka_unit_test(every_row_makes_a_good_account),
		cmocka_unit_test(names_are_sorted_out),
		cmocka_unit_test(a_bridge_is_believed_by_its_certificate),
		cmocka_unit_test(what_it_wants_for_a_password_is_known),
	};

	return cmocka_run_group_tests_name("provider", tests, NULL, NULL);
}
