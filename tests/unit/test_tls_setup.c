#include "config.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include <gnutls/gnutls.h>

#include "base/list.h"
#include "net/tls_setup.h"
#include "tls_peer.h"

#define PIN "sha256:AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA="
#define FINGERPRINT                                                            \
	"0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef"

/* The server's identity serves the client as well. */
static char pem_file[] = "/tmp/test_tls_setup.XXXXXX";
static char garbage_file[] = "/tmp/test_tls_setup.XXXXXX";

static int make_files(void **state)
{
	CLEAN(str) struct str pem = STR_INIT;
	CLEAN(str) struct str garbage = STR_INIT;

	gnutls_datum_t key;

	leaf_make(state);
	identity_add_pem(&leaf, &pem);
	assert_int_equal(gnutls_x509_privkey_export2(leaf.key,
						     GNUTLS_X509_FMT_PEM, &key),
			 0);
	str_add(&pem, (struct view){ (const char *)key.data, key.size });
	gnutls_free(key.data);
	str_adds(&garbage, "no certificate\n");
	write_temporary(pem_file, &pem);
	write_temporary(garbage_file, &garbage);
	return 0;
}

static int remove_files(void **state)
{
	unlink(pem_file);
	unlink(garbage_file);
	return leaf_free(state);
}

/* --- what can be found wrong before there is a connection -------------------
 */

static void assert_check(const struct tls_config *c, const char *wrong)
{
	struct err e = ERR_INIT;
	bool ok = tls_config_check(c, &e);

	if (ok != !wrong)
		print_message("# wanted %s, got %s\n", wrong ? wrong : "yes",
			      e.text);
	assert_int_equal(ok, !wrong);
	assert_int_equal(e.kind, wrong ? ERR_CONFIG : ERR_NONE);
	if (wrong && !strstr(e.text, wrong))
		print_message("# wanted %s, got %s\n", wrong, e.text);
	assert_true(!wrong || strstr(e.text, wrong));
}

static void configurations_are_judged(void **state)
{
	static const struct {
		struct tls_config c;
		const char *pin, *wrong;
	} rows[] = {
		{ { .trust_file = "system", .check = true }, NULL, NULL },
		{ { .trust_file = pem_file, .check = true }, NULL, NULL },
		{ { .trust_file = "/nonexistent", .check = true },
		  NULL,
		  "tls_trust_file" },
		/* Nothing to judge a certificate by. */
		{ { .check = true }, NULL, "tls_trust_file is empty" },
		{ { .check = false }, NULL, NULL },
		{ { .check = true, .fingerprint = FINGERPRINT }, NULL, NULL },
		{ { .check = true, .fingerprint = "00" },
		  NULL,
		  "tls_fingerprint" },
		{ { .trust_file = "system", .check = true }, PIN, NULL },
		{ { .trust_file = "system", .check = true },
		  "sha256:x",
		  "tls_pin" },
		{ { .trust_file = "system", .crl_file = pem_file },
		  NULL,
		  NULL },
		{ { .trust_file = "system", .crl_file = "/nonexistent" },
		  NULL,
		  "tls_crl_file" },
		{ { .crl_file = pem_file }, NULL, "tls_crl_file" },
		{ { .key_file = pem_file }, NULL, "go together" },
		{ { .cert_file = pem_file }, NULL, "go together" },
		{ { .key_file = "/nonexistent", .cert_file = pem_file },
		  NULL,
		  "tls_key_file" },
		{ { .key_file = pem_file, .cert_file = "/nonexistent" },
		  NULL,
		  "tls_cert_file" },
		{ { .priorities = "NORMAL" }, NULL, NULL },
		{ { .priorities = "" }, NULL, "tls_priorities" },
		{ { .priorities = "NORMAL:-VERS-TLS9" },
		  NULL,
		  "not understood at '-VERS-TLS9'" },
		{ { .priorities = "NOTHING" }, NULL, "tls_priorities" },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		struct tls_config c = rows[i].c;
		CLEAN(list) struct list pins = LIST_INIT;

		if (rows[i].pin)
			list_add(&pins, rows[i].pin);
		c.pins = &pins;
		assert_check(&c, rows[i].wrong);
	}
}

/* --- keys -------------------------------------------------------------------
 */

static bool credentials_of(const char *key, const char *cert, struct err *e)
{
	const struct tls_config c = { .key_file = key, .cert_file = cert };
	gnutls_certificate_credentials_t made = NULL;
	struct err trouble = ERR_INIT;
	struct tls_pin pin = { &c, &trouble };

	*e = ERR_INIT;
	if (!tls_setup_credentials(&pin, &made, e)) {
		assert_null(made);
		return false;
	}
	gnutls_certificate_free_credentials(made);
	return true;
}

static void keys_that_cannot_be_used_are_configuration(void **state)
{
	static const struct {
		const char *key, *cert, *wrong;
	} rows[] = {
		{ NULL, NULL, NULL },
		{ pem_file, pem_file, NULL },
		{ garbage_file, pem_file, "cannot be used" },
		{ pem_file, garbage_file, "cannot be used" },
		{ "/nonexistent", pem_file, "tls_key_file" },
		{ pem_file, "/nonexistent", "tls_cert_file" },
		{ "/tmp", pem_file, "tls_key_file" },
		{ "pkcs11:token=nobody;object=x",
		  "pkcs11:token=nobody;object=x", "pkcs11:token=nobody" },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		struct err e;
		bool ok = credentials_of(rows[i].key, rows[i].cert, &e);

		if (ok != !rows[i].wrong)
			print_message("# %zu: %s\n", i, e.text);
		assert_int_equal(ok, !rows[i].wrong);
		assert_int_equal(e.kind, ok ? ERR_NONE : ERR_CONFIG);
		if (rows[i].wrong)
			assert_non_null(strstr(e.text, rows[i].wrong));
	}
}

static void a_short_prime_can_be_refused(void **state)
{
	static const int bits[] = { 0, 1024, 4096 };

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(bits); i++) {
		const struct tls_config c = { .min_dh_prime_bits = bits[i] };
		gnutls_session_t session;
		struct err e = ERR_INIT;

		assert_int_equal(gnutls_init(&session, GNUTLS_CLIENT), 0);
		assert_true(tls_setup_priorities(session, &c, &e));
		gnutls_deinit(session);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(configurations_are_judged),
		cmocka_unit_test(keys_that_cannot_be_used_are_configuration),
		cmocka_unit_test(a_short_prime_can_be_refused),
	};

	return cmocka_run_group_tests_name("tls_setup", tests, make_files,
					   remove_files);
}
