#include "config.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/err.h"
#include "net/tls.h"
#include "tls_peer.h"

#define RECORD_HEADER 5
#define ALERT_FLIGHT_MAX 64

/* --- what is agreed upon -------------------------------------------------- */

static void info_has_the_binding_of_its_version(void **state)
{
	static const struct {
		const char *server, *version;
		size_t exporter, unique;
	} rows[] = {
		{ TLS13, "TLS1.3", 32, 0 },
		{ TLS12, "TLS1.2", 0, 12 },
		{ TLS12 ":%NO_SESSION_HASH", "TLS1.2", 0, 0 },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		struct meeting m = { .server = {
					     .priorities = rows[i].server } };

		assert_true(meet(&m));
		assert_string_equal(m.info.version.s, rows[i].version);
		assert_non_null(strstr(m.info.description.s, "ECDHE"));
		assert_int_equal(m.info.exporter.len, rows[i].exporter);
		assert_int_equal(m.info.unique.len, rows[i].unique);
		assert_string_equal(m.info.certificate.subject.s, "CN=leaf");
		assert_string_equal(m.info.certificate.names.s, HOST);
		assert_int_equal(m.info.certificate.sha256.len, 32 * 3 - 1);
		assert_int_equal(m.info.fault.kind, ERR_NONE);
		part(&m);
	}
}

static void versions_keep_to_the_floor(void **state)
{
	static const struct {
		const char *server, *ours;
		enum tls_version min;
		bool agreed;
	} rows[] = {
		{ TLS12, NULL, TLS_1_2, true },
		{ TLS13, NULL, TLS_1_3, true },
		{ TLS12, NULL, TLS_1_3, false },
		{ TLS12, "NORMAL", TLS_1_3, false },
		{ TLS13, "NORMAL", TLS_1_3, true },
		{ TLS12, TLS12, TLS_1_2, true },
		{ TLS13, TLS12, TLS_1_2, false },
		{ "NORMAL:-VERS-ALL:+VERS-TLS1.1:+SIGN-ECDSA-SHA1:%COMPAT",
		  NULL, TLS_1_2, false },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		struct meeting m = { .server = { .priorities = rows[i].server },
				     .config = { .priorities = rows[i].ours,
						 .min_version = rows[i].min } };

		if (meet(&m) != rows[i].agreed)
			fail_msg("row %zu: %s", i, m.e.text);
		if (!rows[i].agreed) {
			assert_int_equal(m.e.kind, ERR_TLS);
			assert_non_null(strstr(m.e.hint, "tls_min_version"));
		}
		part(&m);
	}
}

static void priorities_do_not_undo_the_floor(void **state)
{
	struct meeting m = { .server = { .priorities = TLS12 },
			     .config = { .priorities = TLS12,
					 .min_version = TLS_1_3 } };

	(void)state;
	assert_false(meet(&m));
	assert_int_equal(m.e.kind, ERR_CONFIG);
	part(&m);
}

static void names_are_indicated_and_literals_are_not(void **state)
{
	static const struct {
		const char *host, *sni;
	} rows[] = {
		{ HOST, HOST },         { HOST ".", HOST },
		{ "192.0.2.1", "" },    { "2001:db8::1", "" },
		{ "fe80::1%eth0", "" },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		struct meeting m = { .config = { .host = rows[i].host } };

		assert_true(meet(&m));
		part(&m);
		assert_string_equal(m.server.sni, rows[i].sni);
	}
}

static void add_key_pem(struct str *out)
{
	gnutls_datum_t d;

	assert_int_equal(
		gnutls_x509_privkey_export2(leaf.key, GNUTLS_X509_FMT_PEM, &d),
		0);
	str_add(out, (struct view){ (char *)d.data, d.size });
	gnutls_free(d.data);
}

static void write_client(char *cert, char *key)
{
	CLEAN(str) struct str cert_pem = STR_INIT;
	CLEAN(str) struct str key_pem = STR_INIT;

	identity_add_pem(&leaf, &cert_pem);
	add_key_pem(&key_pem);
	write_temporary(cert, &cert_pem);
	write_temporary(key, &key_pem);
}

static size_t record_length(const struct str *sent)
{
	const unsigned char *p = (const unsigned char *)sent->s;

	return RECORD_HEADER + ((size_t)p[3] << 8 | p[4]);
}

/* What leaves after the verdict is an alert, and the server sees no more. */
static void nothing_of_ours_reaches_a_server_not_believed(void **state)
{
	static const char *const versions[] = { TLS12, TLS13 };
	char cert[] = "/tmp/certXXXXXX", key[] = "/tmp/keyXXXXXX";

	(void)state;
	write_client(cert, key);
	for (size_t i = 0; i < ARRAY_LEN(versions); i++) {
		struct meeting m = { .server = { .priorities = versions[i],
						 .wants_cert = true },
				     .config = { .cert_file = cert,
						 .key_file = key,
						 .check = true } };
		size_t hello;

		assert_false(meet(&m));
		assert_int_equal(m.e.kind, ERR_TLS);
		assert_int_equal(m.lower.writes, 2);
		hello = record_length(&m.lower.sent);
		assert_in_range(m.lower.sent.len, hello + 7,
				hello + ALERT_FLIGHT_MAX);
		part(&m);
		assert_true(m.server.rc < 0);
	}
	unlink(cert);
	unlink(key);
}

/* Looking at a server: the fault is told, the handshake goes on, and even one
 * that asks for it does not see our certificate. */
static void inspecting_shows_and_tells_nothing_of_ours(void **state)
{
	static const char *const versions[] = { TLS12, TLS13 };
	char cert[] = "/tmp/certXXXXXX", key[] = "/tmp/keyXXXXXX";

	(void)state;
	write_client(cert, key);
	for (size_t i = 0; i < 2 * ARRAY_LEN(versions); i++) {
		bool asks = i >= ARRAY_LEN(versions);
		struct meeting m = {
			.server = { .priorities = versions[i % 2],
				    .wants_cert = asks },
			.config = { .cert_file = cert,
				    .key_file = key,
				    .check = true,
				    .inspect = true },
		};
		bool met = meet(&m);

		if (!asks) {
			assert_true(met);
			assert_int_equal(m.info.fault.kind, ERR_TLS);
			assert_non_null(strstr(m.info.fault.text, "believed"));
			assert_string_equal(m.info.certificate.subject.s,
					    "CN=leaf");
		}
		if (asks && i % 2 == 1)
			assert_false(met);
		part(&m);
		assert_int_equal(m.server.rc < 0, asks);
	}
	unlink(cert);
	unlink(key);
}

static void client_certificates_come_from_files(void **state)
{
	char cert[] = "/tmp/certXXXXXX", key[] = "/tmp/keyXXXXXX";
	struct meeting with = { .server = { .wants_cert = true },
				.config = { .cert_file = cert,
					    .key_file = key } };
	struct meeting without = { .server = { .wants_cert = true } };
	struct meeting wrong = { .config = { .cert_file = key,
					     .key_file = cert } };
	char buf[8];
	size_t got;

	(void)state;
	write_client(cert, key);
	assert_true(meet(&with));
	assert_true(hear(&with, buf, sizeof(buf), &got));
	part(&with);
	assert_int_equal(with.server.rc, 0);
	if (meet(&without))
		assert_false(hear(&without, buf, sizeof(buf), &got));
	assert_int_equal(without.e.kind, ERR_TLS);
	assert_non_null(strstr(without.e.hint, "tls_key_file"));
	part(&without);
	assert_false(meet(&wrong));
	assert_int_equal(wrong.e.kind, ERR_CONFIG);
	part(&wrong);
	unlink(cert);
	unlink(key);
}

/* --- what is wrong before there is a connection --------------------------- */

static void configurations_are_checked_beforehand(void **state)
{
	static const char sha1[] = "00:11:22:33:44:55:66:77:88:99:"
				   "aa:bb:cc:dd:ee:ff:00:11:22:33";
	static const struct {
		struct tls_config c;
		const char *pin;
		const char *text; /* NULL: nothing wrong */
	} rows[] = {
		{ { .check = true, .trust_file = "system" }, NULL, NULL },
		{ { .check = true, .fingerprint = sha1 }, NULL, NULL },
		{ { .check = false }, NULL, NULL },
		{ { .check = true, .trust_file = "/dev/null" }, NULL, NULL },
		{ { .priorities = "SECURE256" }, NULL, NULL },
		{ { .check = true }, NULL, "tls_trust_file is empty" },
		{ { .check = true, .trust_file = "/nonexistent/x" },
		  NULL,
		  "tls_trust_file: cannot open '/nonexistent/x'" },
		{ { .trust_file = "system", .crl_file = "/nonexistent/x" },
		  NULL,
		  "tls_crl_file" },
		{ { .crl_file = "/dev/null" }, NULL, "tls_crl_file" },
		{ { .key_file = "/dev/null" }, NULL, "go together" },
		{ { .cert_file = "/dev/null" }, NULL, "go together" },
		{ { .key_file = "/dev/null", .cert_file = "/nonexistent/x" },
		  NULL,
		  "tls_cert_file" },
		{ { .cert_file = "/dev/null", .key_file = "/nonexistent/x" },
		  NULL,
		  "tls_key_file" },
		{ { .fingerprint = "0011" }, NULL, "tls_fingerprint" },
		{ { .trust_file = "system" }, "sha256:AAAA", "tls_pin" },
		{ { .priorities = "NORMAL:+NONSENSE" },
		  NULL,
		  "tls_priorities: not understood at" },
		{ { .priorities = "" }, NULL, "tls_priorities" },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		CLEAN(list) struct list pins = LIST_INIT;
		struct tls_config c = rows[i].c;
		struct err e = ERR_INIT;

		c.pins = &pins;
		if (rows[i].pin)
			list_add(&pins, rows[i].pin);
		if (tls_config_check(&c, &e) != !rows[i].text)
			fail_msg("row %zu: %s", i, e.text);
		if (!rows[i].text)
			continue;
		assert_int_equal(e.kind, ERR_CONFIG);
		if (!strstr(e.text, rows[i].text))
			fail_msg("row %zu: %s", i, e.text);
	}
}

static void a_bad_configuration_leaves_the_stream_alone(void **state)
{
	struct meeting m = { .config = { .priorities = "NONSENSE" } };

	(void)state;
	assert_false(meet(&m));
	assert_int_equal(m.e.kind, ERR_CONFIG);
	assert_int_equal(m.lower.writes, 0);
	part(&m);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(info_has_the_binding_of_its_version),
		cmocka_unit_test(versions_keep_to_the_floor),
		cmocka_unit_test(priorities_do_not_undo_the_floor),
		cmocka_unit_test(names_are_indicated_and_literals_are_not),
		cmocka_unit_test(nothing_of_ours_reaches_a_server_not_believed),
		cmocka_unit_test(inspecting_shows_and_tells_nothing_of_ours),
		cmocka_unit_test(client_certificates_come_from_files),
		cmocka_unit_test(configurations_are_checked_beforehand),
		cmocka_unit_test(a_bad_configuration_leaves_the_stream_alone),
	};

	return cmocka_run_group_tests_name("tls_agree", tests, leaf_make,
					   leaf_free);
}
