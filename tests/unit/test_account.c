#include "config.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/err.h"
#include "base/file.h"
#include "config/account.h"

#define SHA1_HEX "0123456789abcdef0123456789abcdef01234567"
#define PIN "sha256:AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA="

static const struct origin in_file = { .kind = ORIGIN_FILE };

static bool set(struct account *a, const char *name, struct view value,
		struct err *e)
{
	*e = ERR_INIT;
	return account_set(a, key_find(view_of(name)), value, in_file, e);
}

/* value NULL: the keyword stands alone.  shown: as a file would have it. */
static void assert_shown(const char *name, const char *value, const char *shown)
{
	CLEAN(account) struct account a;
	CLEAN(str) struct str out = STR_INIT;
	struct err e;

	account_init(&a, "x");
	assert_true(set(&a, name, value ? view_of(value) : VIEW_NONE, &e));
	assert_true(account_is_set(&a, key_id(key_find(view_of(name)))));
	account_show(&a, key_find(view_of(name)), &out);
	assert_string_equal(str_chars(&out), shown);
}

static void values_are_taken_and_shown_as_in_a_file(void **state)
{
	static const struct {
		const char *name, *value, *shown;
	} cases[] = {
		{ "host", "mx.example.org", "mx.example.org" },
		{ "port", "587", "587" },
		{ "port", "0x24B", "587" },
		{ "port", "01113", "587" },
		{ "port", "65535", "65535" },
		{ "timeout", "90", "90" },
		{ "timeout", "5m", "300" },
		{ "timeout", "2h", "7200" },
		{ "timeout", "3d", "259200" },
		{ "timeout", "7S", "7" },
		{ "timeout", "OFF", "off" },
		{ "deadline", "off", "off" },
		{ "protocol", "LMTP", "lmtp" },
		{ "domain", "a.example", "a.example" },
		{ "source_ip", "192.0.2.1", "192.0.2.1" },
		{ "source_ip", "2001:db8::1", "2001:db8::1" },
		{ "tls", "On", "on" },
		{ "tls_trust_file", "/etc/x.pem", "/etc/x.pem" },
		{ "tls_key_file", "pkcs11:token=~x;object=k",
		  "pkcs11:token=~x;object=k" },
		{ "tls_fingerprint", SHA1_HEX, SHA1_HEX },
		{ "tls_pin", PIN " , " PIN, PIN "," PIN },
		{ "auth", "Scram-SHA-256", "scram-sha-256" },
		{ "password", "secret", "*" },
		{ "passwordeval", "cat\tx", "cat\tx" },
		{ "from", " a b ", "\" a b \"" },
		{ "from", "\"a b\"", "\"\"a b\"\"" },
		{ "dsn_notify", "Failure,delay", "failure,delay" },
		{ "dsn_notify", "success failure", "success,failure" },
		{ "dsn_notify", "never", "never" },
		{ "dsn_notify", "off", "" },
		{ "dsn_return", "hdrs", "headers" },
		{ "syslog", "log_local3", "LOG_LOCAL3" },
		{ "queue", "off", "off" },
		{ "queue", "Fallback", "fallback" },
		{ "queue_lifetime", "2d", "172800" },
		{ "queue_lifetime", "off", "off" },
		{ "queue_max_size", "2M", "2097152" },
		{ "queue_max_size", "off", "off" },
		{ "queue_connections", "16", "16" },
		{ "rate", "30/minute", "30/minute" },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(cases); i++)
		assert_shown(cases[i].name, cases[i].value, cases[i].shown);
}

static void an_empty_argument_means_what_the_table_says(void **state)
{
	static const struct {
		const char *name, *shown;
	} cases[] = {
		{ "domain", "localhost" },
		{ "source_ip", "" },
		{ "tls", "on" },
		{ "tls_starttls", "on" },
		{ "tls_certcheck", "on" },
		{ "tls_trust_file", "" },
		{ "tls_pin", "" },
		{ "auth", "on" },
		{ "user", "" },
		{ "password", "" },
		{ "from", "\"\"" },
		{ "from_full_name", "\"\"" },
		{ "set_from_header", "auto" },
		{ "set_date_header", "auto" },
		{ "set_msgid_header", "auto" },
		{ "set_to_header", "on" },
		{ "remove_bcc_headers", "on" },
		{ "logfile_time_format", "%b %d %H:%M:%S" },
		{ "syslog", "on" },
		{ "chunking", "auto" },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(cases); i++)
		assert_shown(cases[i].name, NULL, cases[i].shown);
}

static void an_argument_is_needed_where_the_table_says(void **state)
{
	static const char *const needy[] = {
		"host",       "port",      "timeout",
		"deadline",   "protocol",  "allow_from_override",
		"dsn_notify", "dsn_return"
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(needy); i++) {
		CLEAN(account) struct account a;
		struct err e;

		account_init(&a, "x");
		assert_false(set(&a, needy[i], VIEW_NONE, &e));
		assert_int_equal(e.kind, ERR_CONFIG);
		assert_non_null(strstr(e.text, "needs an argument"));
	}
}

static const char *const wrong_values[][2] = {
	{ "port", "0" },
	{ "port", "65536" },
	{ "port", "99999999999999999999" },
	{ "port", "18446744073709551641" }, /* 25 modulo 2^64 */
	{ "port", "smtp" },
	{ "port", "587x" },
	{ "port", "0x" },
	{ "port", "089" },
	{ "port", "-1" },
	{ "timeout", "0" },
	{ "timeout", "5x" },
	{ "timeout", "5mm" },
	{ "timeout", "m" },
	{ "timeout", "-1" },
	{ "timeout", "99999999d" },
	{ "timeout", "on" },
	{ "protocol", "esmtp" },
	{ "source_ip", "localhost" },
	{ "source_ip", "192.0.2.1/24" },
	{ "tls", "yes" },
	{ "tls", "onn" },
	{ "tls_fingerprint", "0123" },
	{ "tls_fingerprint", SHA1_HEX "0" },
	{ "tls_fingerprint", SHA1_HEX "0:" },
	{ "tls_fingerprint", "x" SHA1_HEX },
	{ "tls_pin", "sha256:AAAA" },
	{ "tls_pin", PIN ",sha1:AAAA" },
	{ "tls_pin", "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=" },
	{ "tls_min_version", "1.1" },
	{ "auth", "scram" },
	{ "set_date_header", "on" },
	{ "dsn_notify", "never,failure" },
	{ "dsn_notify", "off,failure" },
	{ "dsn_notify", "sometimes" },
	{ "dsn_notify", "," },
	{ "add_header", "no colon" },
	{ "add_header", "X-A:" },
	{ "add_header", "Bcc: a@x" },
	{ "add_header", "X-A: a\tb" },
	{ "add_header", "X-A: a\nBcc: b" },
	{ "add_header", "Content-Type: text/html" },
	{ "set_header", "resent-bcc : a@x" },
	{ "set_header", "MIME-Version: 2.0" },
	{ "set_header", "Cc: \xc3\xa4 <a@x" },
	{ "remove_header", "X-A:" },
	{ "remove_header", "two words" },
	{ "remove_header", "BCC" },
	{ "remove_header", "content-type" },
	{ "dsn_return", "body" },
	{ "queue", "sometimes" },
	{ "queue_dir", "queue" },
	{ "queue_lifetime", "0" },
	{ "queue_max_size", "0" },
	{ "queue_max_size", "much" },
	{ "queue_runner", "yes" },
	{ "queue_connections", "0" },
	{ "queue_connections", "17" },
	{ "keep_failed", "soon" },
	{ "rate", "fast" },
	{ "user", "a\nb" },
	{ "from", "a\r" },
	{ "domain", "a\tb" },
	{ "password", "a\x01" },
	{ "passwordeval", "a\nb" },
	{ "host", "a\x7f" },
};

static void wrong_values_are_refused_and_change_nothing(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(wrong_values); i++) {
		CLEAN(account) struct account a, fresh;
		CLEAN(str) struct str before = STR_INIT, after = STR_INIT;
		const struct key *k = key_find(view_of(wrong_values[i][0]));
		struct err e;

		account_init(&a, "x");
		account_init(&fresh, "x");
		assert_false(set(&a, wrong_values[i][0],
				 view_of(wrong_values[i][1]), &e));
		assert_int_equal(e.kind, ERR_CONFIG);
		assert_non_null(strstr(e.text, wrong_values[i][0]));
		account_show(&fresh, k, &before);
		account_show(&a, k, &after);
		assert_string_equal(str_chars(&after), str_chars(&before));
		assert_false(account_is_set(&a, key_id(k)));
	}
}

static void nul_bytes_are_refused(void **state)
{
	CLEAN(account) struct account a;
	struct err e;

	(void)state;
	account_init(&a, "x");
	assert_false(set(&a, "host", (struct view){ "a\0b", 3 }, &e));
	assert_false(set(&a, "password", (struct view){ "a\0b", 3 }, &e));
}

static void no_error_holds_a_secret(void **state)
{
	CLEAN(account) struct account a;
	struct err e;

	(void)state;
	account_init(&a, "x");
	assert_false(set(&a, "password", view_of("hunter2\x01"), &e));
	assert_null(strstr(e.text, "hunter2"));
	assert_null(strstr(e.hint, "hunter2"));
}

static void fingerprints_may_be_divided(void **state)
{
	CLEAN(account) struct account a;
	struct err e;

	(void)state;
	account_init(&a, "x");
	assert_true(set(&a, "tls_fingerprint",
			view_of("00:11:22:33:44:55:66:77:88:99:AA:BB:CC:DD:EE:"
				"FF"),
			&e));
	assert_true(set(&a, "tls_fingerprint",
			view_of("00 11 22 33 44 55 66 77 88 99 aa bb cc dd ee "
				"ff"),
			&e));
}

static void the_null_sender_is_not_an_unset_one(void **state)
{
	CLEAN(account) struct account a;
	struct err e;

	(void)state;
	account_init(&a, "x");
	assert_null(a.from);
	assert_true(set(&a, "from", view_of("<>"), &e));
	assert_string_equal(a.from, "");
	assert_true(set(&a, "from", view_of("a@b"), &e));
	assert_true(set(&a, "from", VIEW_NONE, &e));
	assert_string_equal(a.from, "");
}

static void no_trust_is_not_the_trust_of_the_system(void **state)
{
	CLEAN(account) struct account a;
	struct err e;

	(void)state;
	account_init(&a, "x");
	assert_string_equal(a.tls_trust_file, "system");
	assert_true(set(&a, "tls_trust_file", VIEW_NONE, &e));
	assert_null(a.tls_trust_file);
}

static void home_is_expanded_in_file_names(void **state)
{
	CLEAN(account) struct account a;
	CLEAN(str) struct str want = STR_INIT;
	const char *home = file_home();
	struct err e;

	(void)state;
	if (!home)
		skip();
	account_init(&a, "x");
	str_addf(&want, "%s/x.pem", home);
	assert_true(set(&a, "tls_crl_file", view_of("~/x.pem"), &e));
	assert_string_equal(a.tls_crl_file, want.s);
	assert_true(set(&a, "passwordeval", view_of("~/x.pem"), &e));
	assert_string_equal(a.passwordeval, "~/x.pem");
}

static void unset_is_told_from_off(void **state)
{
	CLEAN(account) struct account a;

	(void)state;
	account_init(&a, "x");
	assert_int_equal(a.timeout, DURATION_UNSET);
	assert_int_equal(a.deadline, 900);
	assert_int_equal(a.port, 0);
	assert_false(account_is_set(&a, KEY_ID_deadline));
}

static void copies_are_independent(void **state)
{
	CLEAN(account) struct account a, b;
	struct err e;

	(void)state;
	account_init(&a, "x");
	assert_true(set(&a, "host", view_of("one"), &e));
	assert_true(set(&a, "password", view_of("pw"), &e));
	assert_true(set(&a, "tls_pin", view_of(PIN), &e));
	a.place.line = 7;
	account_copy(&b, &a);
	assert_true(set(&a, "host", view_of("two"), &e));
	assert_true(set(&a, "password", view_of("other"), &e));
	assert_true(set(&a, "tls_pin", VIEW_NONE, &e));
	assert_string_equal(b.label, "x");
	assert_string_equal(b.host, "one");
	assert_true(view_is(secret_view(&b.password), "pw"));
	assert_int_equal(b.tls_pin.n, 1);
	assert_int_equal(b.place.line, 7);
	assert_true(account_is_set(&b, KEY_ID_host));
}

static void only_what_a_block_set_is_inherited(void **state)
{
	CLEAN(account) struct account parent, child;
	struct origin inherited = { .kind = ORIGIN_FILE, .inherited = true };
	struct err e = ERR_INIT;

	(void)state;
	account_init(&parent, "p");
	account_init(&child, "c");
	assert_true(set(&parent, "host", view_of("of-parent"), &e));
	assert_true(account_set(&parent, key_at(KEY_ID_port), view_of("26"),
				inherited, &e));
	assert_true(set(&child, "port", view_of("27"), &e));
	assert_true(set(&child, "user", view_of("of-child"), &e));
	account_inherit(&child, &parent);
	assert_string_equal(child.host, "of-parent");
	assert_int_equal(child.port, 27);
	assert_string_equal(child.user, "of-child");
	assert_string_equal(child.label, "c");
}

static void under_the_name_msmtp_syslog_is_off(void **state)
{
	CLEAN(account) struct account a;
	CLEAN(str) struct str out = STR_INIT;

	(void)state;
	account_init(&a, "x");
	account_as_msmtp(&a);
	account_show(&a, key_at(KEY_ID_syslog), &out);
	assert_string_equal(out.s, "off");
	assert_false(account_is_set(&a, KEY_ID_syslog));
}

static void the_port_follows_the_protocol(void **state)
{
	static const struct {
		const char *protocol, *tls, *starttls, *port;
		int want;
	} cases[] = {
		{ "smtp", "off", "on", NULL, 25 },
		{ "smtp", "on", "on", NULL, 25 },
		{ "smtp", "on", "off", NULL, 465 },
		{ "smtp", "off", "off", NULL, 25 },
		{ "smtp", "on", "off", "587", 587 },
		{ "lmtp", "on", "off", NULL, 0 },
		{ "lmtp", "off", "on", "24", 24 },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		CLEAN(account) struct account a;
		struct err e;

		account_init(&a, "x");
		assert_true(
			set(&a, "protocol", view_of(cases[i].protocol), &e));
		assert_true(set(&a, "tls", view_of(cases[i].tls), &e));
		assert_true(set(&a, "tls_starttls", view_of(cases[i].starttls),
				&e));
		if (cases[i].port)
			assert_true(
				set(&a, "port", view_of(cases[i].port), &e));
		assert_int_equal(account_port(&a), cases[i].want);
	}
}

static void patterns_are_told_from_addresses(void **state)
{
	static const struct {
		const char *from;
		bool pattern;
	} cases[] = {
		{ "me@example.org", false },  { "*@example.org", true },
		{ "m?@example.org", true },   { "[ab]@example.org", true },
		{ "me@[192.0.2.1]", false },  { "me@[IPv6:::1]", false },
		{ "[ab]@[192.0.2.1]", true }, { "", false },
	};
	CLEAN(account) struct account a;
	struct err e;

	(void)state;
	account_init(&a, "x");
	assert_false(account_has_pattern(&a));
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		assert_true(set(&a, "from", view_of(cases[i].from), &e));
		assert_int_equal(account_has_pattern(&a), cases[i].pattern);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(values_are_taken_and_shown_as_in_a_file),
		cmocka_unit_test(an_empty_argument_means_what_the_table_says),
		cmocka_unit_test(an_argument_is_needed_where_the_table_says),
		cmocka_unit_test(wrong_values_are_refused_and_change_nothing),
		cmocka_unit_test(nul_bytes_are_refused),
		cmocka_unit_test(no_error_holds_a_secret),
		cmocka_unit_test(fingerprints_may_be_divided),
		cmocka_unit_test(the_null_sender_is_not_an_unset_one),
		cmocka_unit_test(no_trust_is_not_the_trust_of_the_system),
		cmocka_unit_test(home_is_expanded_in_file_names),
		cmocka_unit_test(unset_is_told_from_off),
		cmocka_unit_test(copies_are_independent),
		cmocka_unit_test(only_what_a_block_set_is_inherited),
		cmocka_unit_test(under_the_name_msmtp_syslog_is_off),
		cmocka_unit_test(the_port_follows_the_protocol),
		cmocka_unit_test(patterns_are_told_from_addresses),
	};

	return cmocka_run_group_tests_name("account", tests, NULL, NULL);
}
