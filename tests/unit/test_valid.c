#include "config.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "base/err.h"
#include "config/account.h"
#include "config/value.h"

#define PAIR "0a:"
#define PAIRS_5 PAIR PAIR PAIR PAIR PAIR
#define PAIRS_15 PAIRS_5 PAIRS_5 PAIRS_5
#define PIN "sha256:AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA="

/* NOLINTNEXTLINE(clang-analyzer-optin.performance.Padding) */
static const struct {
	enum key_id id;
	const char *text;
	bool good;
} rules[] = {
	{ KEY_ID_source_ip, "127.0.0.1", true },
	{ KEY_ID_source_ip, "::1", true },
	{ KEY_ID_source_ip, "fe80::1%lo", false },
	{ KEY_ID_source_ip, "127.1", false },
	{ KEY_ID_source_ip, "localhost", false },
	{ KEY_ID_source_ip, "127.0.0.1 ", false },
	{ KEY_ID_tls_fingerprint, PAIRS_15 "0a", true },
	{ KEY_ID_tls_fingerprint, PAIRS_15 PAIR "0a", false },
	{ KEY_ID_tls_fingerprint, PAIRS_15 "0a:", false },
	{ KEY_ID_tls_fingerprint, PAIRS_15 PAIR PAIR PAIR PAIR "FF", true },
	{ KEY_ID_tls_fingerprint, PAIRS_15 PAIRS_15 PAIR "Ff", true },
	{ KEY_ID_tls_fingerprint, "0123456789abcdef0123456789ABCDEF", true },
	{ KEY_ID_tls_fingerprint,
	  "01 23 45 67 89 ab cd ef 01 23 45 67 89 ab cd ef", true },
	{ KEY_ID_tls_fingerprint,
	  "01  23 45 67 89 ab cd ef 01 23 45 67 89 ab cd ef", false },
	{ KEY_ID_tls_fingerprint, "0g", false },
	{ KEY_ID_tls_fingerprint, ":" PAIRS_15 "0a", false },
	{ KEY_ID_tls_pin, PIN, true },
	{ KEY_ID_tls_pin, PIN ", " PIN, true },
	{ KEY_ID_tls_pin,
	  "SHA256:AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"
	  "AAAAAAA=",
	  true },
	{ KEY_ID_tls_pin, PIN ",x", false },
	{ KEY_ID_tls_pin, "sha256:", false },
	{ KEY_ID_tls_pin, "sha256:AAAA", false },
	{ KEY_ID_tls_pin, "sha1:AAAA", false },
	{ KEY_ID_dsn_notify, "never", true },
	{ KEY_ID_dsn_notify, "OFF", true },
	{ KEY_ID_dsn_notify, "delay failure", true },
	{ KEY_ID_dsn_notify, "never,delay", false },
	{ KEY_ID_dsn_notify, "delay,Off", false },
	{ KEY_ID_dsn_notify, ",", false },
	{ KEY_ID_queue, "off", true },
	{ KEY_ID_queue, "always", true },
	{ KEY_ID_queue_dir, "/var/spool/x", true },
	{ KEY_ID_queue_dir, "~/queue", true },
	{ KEY_ID_queue_dir, "queue", false },
	{ KEY_ID_queue_dir, "./queue", false },
	{ KEY_ID_rate, "30/minute", true },
	{ KEY_ID_rate, "30", false },
	{ KEY_ID_host, "anything at all", true },
};

static void each_key_has_its_own_rule(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(rules); i++) {
		const struct key *k = key_at(rules[i].id);
		struct err e = ERR_INIT;

		if (value_check(k, view_of(rules[i].text), &e) != rules[i].good)
			print_message("# %s %s\n", k->name, rules[i].text);
		assert_int_equal(e.kind, rules[i].good ? ERR_NONE : ERR_CONFIG);
		assert_true(rules[i].good ||
			    strncmp(e.text, k->name, strlen(k->name)) == 0);
	}
}

/* Tabs may stand where words are divided, and in what a shell reads. */
static void no_value_has_a_control_character(void **state)
{
	static const char controls[] = "\n\r\x01\x1b\x7f\t";

	(void)state;
	for (int i = 0; i < KEY_COUNT; i++)
		for (size_t c = 0; c < sizeof(controls); c++) {
			const struct key *k = key_at((enum key_id)i);
			char text[] = { 'a', controls[c], 'b' };
			bool tab = controls[c] == '\t' &&
				   (k->type == KEY_COMMAND ||
				    k->type == KEY_SECRET ||
				    k->type == KEY_LIST || i == KEY_ID_rewrite);
			struct err e = ERR_INIT;

			if (tab)
				continue;
			assert_false(value_check(
				k, (struct view){ text, sizeof(text) }, &e));
			assert_int_equal(e.kind, ERR_CONFIG);
			assert_non_null(strstr(e.text, "control"));
		}
}

static void eight_bits_are_no_control_characters(void **state)
{
	struct err e = ERR_INIT;

	(void)state;
	assert_true(value_check(key_at(KEY_ID_from_full_name),
				view_of("Zoë \xff"), &e));
	assert_true(
		value_check(key_at(KEY_ID_passwordeval), view_of("a\tb"), &e));
	assert_true(value_check(key_at(KEY_ID_dsn_notify),
				view_of("delay\tfailure"), &e));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(each_key_has_its_own_rule),
		cmocka_unit_test(no_value_has_a_control_character),
		cmocka_unit_test(eight_bits_are_no_control_characters),
	};

	return cmocka_run_group_tests_name("valid", tests, NULL, NULL);
}
