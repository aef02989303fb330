#include "config.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "base/err.h"
#include "config/check.h"
#include "config/section.h"

#define MD5_HEX "00112233445566778899aabbccddeeff"

/* The account `default` that text makes. */
static void make(struct account *a, const char *text)
{
	CLEAN(config) struct config c = CONFIG_INIT;
	struct sections s;

	sections_init(&s, &c, NULL, false);
	sections_take(&s, "test", view_of(text));
	sections_free(&s);
	assert_int_equal(c.mistakes.n, 0);
	assert_int_equal(c.n, 1);
	account_copy(a, &c.v[0]);
}

static const struct {
	const char *text, *wrong; /* NULL: nothing */
} refusals[] = {
	{ "host h", NULL },
	{ "port 25", "host is not set" },
	{ "host h\nprotocol lmtp", "port is not set" },
	{ "host h\nprotocol lmtp\nport 24", NULL },
	{ "host h\ntls_key_file k", "need each other" },
	{ "host h\ntls_cert_file c", "need each other" },
	{ "host h\ntls_key_file k\ntls_cert_file c", NULL },
	{ "host h\ntls_crl_file c", NULL },
	{ "host h\ntls_crl_file c\ntls_trust_file", "needs tls_trust_file" },
	{ "host h\ntls\ntls_trust_file", "nobody is trusted" },
	{ "host h\ntls_trust_file", NULL },
	{ "host h\ntls\ntls_trust_file\ntls_certcheck off", NULL },
	{ "host h\ntls\ntls_trust_file\ntls_fingerprint " MD5_HEX, NULL },
	{ "host h\nauth on", NULL },
	{ "hosts a b", NULL },
	{ "hosts a\nhost b", "host and hosts exclude" },
	{ "hosts a\nsrv", "hosts and srv exclude" },
	{ "hosts a\nsocket /x", "hosts excludes" },
	{ "hosts a\ntunnel cat", "hosts excludes" },
	{ "host h\nsrv\nsocket /x", "srv excludes" },
	{ "host h\nsrv\nport 25", "srv and port exclude" },
	{ "host h\nsrv\nprotocol lmtp", "no LMTP servers" },
	{ "srv", "host is not set" },
	{ "host h\nsrv", NULL },
	{ "hosts a b\ntls", NULL },
	{ "hosts a b:24\nprotocol lmtp", "port is not set" },
	{ "hosts a:24 b:24\nprotocol lmtp", NULL },
	{ "capture m", NULL },
	{ "capture m\ntls\nauth\nuser u", NULL },
	{ "host h\nhold_for 1h", NULL },
	{ "host h\nhold_until 18:30", NULL },
	{ "host h\nhold_for 1h\nhold_until 18:30", "exclude each" },
	{ "host h\nhold_for off\nhold_until 18:30", NULL },
	{ "host h\nrequire_tls", "but tls is off" },
	{ "host h\ntls\nrequire_tls\ntls_certcheck off",
	  "tls_certcheck is off" },
	{ "host h\ntls\nrequire_tls", NULL },
};

static void what_cannot_work_is_refused(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(refusals); i++) {
		CLEAN(account) struct account a = { 0 };
		struct err e = ERR_INIT;

		make(&a, refusals[i].text);
		if (!refusals[i].wrong) {
			assert_true(check_account(&a, &e));
			continue;
		}
		assert_false(check_account(&a, &e));
		assert_int_equal(e.kind, ERR_CONFIG);
		assert_non_null(strstr(e.text, "account 'default': "));
		assert_non_null(strstr(e.text, refusals[i].wrong));
		assert_true(e.hint[0] != '\0');
	}
}

static void what_is_unwise_is_said_and_no_more(void **state)
{
	static const struct {
		const char *text, *advice; /* NULL: none */
	} cases[] = {
		{ "host h", NULL },
		{ "host h\ntls\nport 587\nauth\nuser u\npassword p", NULL },
		{ "host h\ntls\ntls_starttls off\nauth\nuser u\npassword p",
		  NULL },
		{ "host h\nport 587\nauth\nuser u\npassword p",
		  "there is a password, but tls is off" },
		{ "host localhost\nauth\nuser u\npassword p", NULL },
		{ "host 127.0.0.1\nport 587\nauth\nuser u\npassword p", NULL },
		{ "host h\nauth\nuser u", "on port 25 without tls" },
		{ "host h\ntls\ntls_certcheck off", "tls_certcheck is off" },
		{ "host h\ntls\ntls_fingerprint " MD5_HEX, "SHA-1 or MD5" },
		{ "host h\ntls\ntls_fingerprint " MD5_HEX MD5_HEX, NULL },
		{ "host h\ntls\nport 465", "'tls_starttls off'" },
		{ "host h\nport 465", "port 465 expects TLS" },
		{ "host h\ntls\nport 587\ntls_starttls off",
		  "'tls_starttls on'" },
		{ "host h\ntls_trust_file x", "the settings of TLS are not" },
		{ "host h\ntimeout off", "timeout is off" },
		{ "host h\ndeadline off", "deadline is off" },
		{ "host h\ntls\nauth\nuser u\npassword p\npasswordeval x",
		  "password is set, so passwordeval" },
		{ "host h\ntls\nauth\nuser u\npassword p\npassword_fd 3",
		  "password_fd are not used" },
		{ "host h\ntls\npassword p", "auth is off, so it is not used" },
		{ "host h\ntls\npassword_fd 3", "auth is off, so it is not" },
		{ "host h\ntls\npassword p\ntls_key_file k\ntls_cert_file c",
		  NULL },
		{ "host h\ntls\nauth\npassword p", "user is not set" },
		{ "host h\ntls\nauth external", NULL },
		{ "host h\nfrom *@x\nallow_from_override off",
		  "from is a pattern" },
		{ "host h\nfrom *@x", NULL },
		{ "host h\nremove_bcc_headers off", "remove_bcc_headers" },
		{ "host h\ncapture m", "nothing is sent" },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		CLEAN(account) struct account a = { 0 };
		CLEAN(list) struct list out = LIST_INIT;

		make(&a, cases[i].text);
		check_advice(&a, &out);
		assert_int_equal(out.n, cases[i].advice ? 1 : 0);
		if (cases[i].advice)
			assert_non_null(strstr(out.v[0], cases[i].advice));
	}
}

static void pins_without_a_check_are_said_to_be_idle(void **state)
{
	CLEAN(account) struct account a = { 0 };
	CLEAN(list) struct list out = LIST_INIT;

	(void)state;
	make(&a, "host h\ntls\ntls_certcheck off\ntls_pin sha256:"
		 "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=");
	check_advice(&a, &out);
	assert_int_equal(out.n, 2);
	assert_non_null(strstr(out.v[1], "tls_pin has no effect"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_cannot_work_is_refused),
		cmocka_unit_test(what_is_unwise_is_said_and_no_more),
		cmocka_unit_test(pins_without_a_check_are_said_to_be_idle),
	};

	return cmocka_run_group_tests_name("check", tests, NULL, NULL);
}
