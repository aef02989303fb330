#include "config.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/err.h"
#include "net/pin.h"
#include "net/tls_library.h"
#include "net/trust_words.h"
#include "tls_peer.h"

#define NAMED "smtp.example.org"

static struct identity ca, good, own, old, young, weak, hostile;

static const struct {
	struct identity *id;
	struct identity_spec spec;
	const struct identity *issuer;
} made[] = {
	{ &ca, { .cn = "The CA", .until_days = 9, .ca = true }, NULL },
	{ &good,
	  { .cn = "good",
	    .dns = { "a.example", "b.example" },
	    .ip = "\x7f\0\0\1",
	    .until_days = 9 },
	  &ca },
	{ &own,
	  { .cn = "own", .dns = { "a.example" }, .until_days = 9 },
	  NULL },
	{ &old, { .cn = "old", .from_days = -9, .until_days = -2 }, &ca },
	{ &young, { .cn = "young", .from_days = 2, .until_days = 9 }, &ca },
	{ &weak, { .cn = "weak", .until_days = 9, .sha1 = true }, &ca },
	{ &hostile, { .cn = "a\x1b[31mb", .until_days = 9 }, &ca },
};

static int make_all(void **state)
{
	struct err e = ERR_INIT;

	(void)state;
	assert_true(tls_library_load(&e));
	for (size_t i = 0; i < ARRAY_LEN(made); i++) {
		struct identity_spec spec = made[i].spec;

		spec.from_days = spec.from_days ? spec.from_days : -1;
		identity_make(made[i].id, &spec, made[i].issuer);
	}
	return 0;
}

static int free_all(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(made); i++)
		identity_free(made[i].id);
	return 0;
}

/* A peer that presents id, and its issuer where that is said. */
struct guest {
	struct peer peer;
	gnutls_datum_t der[2];
};

static void guest_make(struct guest *g, const struct identity *id,
		       const struct identity *issuer)
{
	memset(g, 0, sizeof(*g));
	g->peer.cert[0] = id->crt;
	g->peer.n = 1;
	assert_int_equal(gnutls_x509_crt_export2(id->crt, GNUTLS_X509_FMT_DER,
						 &g->der[0]),
			 0);
	if (issuer)
		g->peer.cert[g->peer.n++] = issuer->crt;
	g->peer.der = g->der;
}

static void guest_free(struct guest *g)
{
	gnutls_free(g->der[0].data);
}

static const struct {
	const struct identity *id, *issuer;
	unsigned int status;
	const char *words, *hint;
} faults[] = {
	{ &good, NULL, 0, "", "" },
	{ &good, NULL, GNUTLS_CERT_REVOKED, "revoked by its issuer",
	  "tell those" },
	{ &old, NULL, GNUTLS_CERT_EXPIRED, "it expired on 20", "clock" },
	{ &good, &old, GNUTLS_CERT_EXPIRED,
	  "the certificate of its issuer 'CN=old' expired on", "clock" },
	{ &good, NULL, GNUTLS_CERT_EXPIRED,
	  "a trusted certificate behind it has expired", "clock" },
	{ &young, NULL, GNUTLS_CERT_NOT_ACTIVATED, "it is not valid before 20",
	  "clock" },
	{ &good, &young, GNUTLS_CERT_NOT_ACTIVATED,
	  "issuer 'CN=young' is not valid before", "clock" },
	{ &good, NULL, GNUTLS_CERT_NOT_ACTIVATED,
	  "a trusted certificate behind it is not yet valid", "clock" },
	{ &good, NULL, GNUTLS_CERT_SIGNATURE_FAILURE,
	  "a signature in its chain is wrong", "tell those" },
	{ &good, NULL, GNUTLS_CERT_SIGNER_NOT_FOUND,
	  "its issuer 'CN=The CA' is not known here", "tls_trust_file" },
	{ &own, NULL, GNUTLS_CERT_SIGNER_NOT_FOUND, "it is self-signed",
	  "tls_fingerprint" },
	{ &good, NULL, GNUTLS_CERT_SIGNER_NOT_CA, "no certificate authority",
	  "tell those" },
	{ &good, NULL, GNUTLS_CERT_SIGNER_CONSTRAINTS_FAILURE,
	  "may not issue certificates for this name", "tell those" },
	{ &good, NULL, GNUTLS_CERT_UNEXPECTED_OWNER,
	  "it is for a.example, b.example, 127.0.0.1, not for " NAMED,
	  "tls_host_override" },
	{ &old, NULL, GNUTLS_CERT_UNEXPECTED_OWNER, "it is for old, not for",
	  "host" },
	{ &weak, NULL, GNUTLS_CERT_INSECURE_ALGORITHM,
	  "it is signed with the weak algorithm", "tell those" },
	{ &good, NULL, GNUTLS_CERT_INSECURE_ALGORITHM,
	  "has a key or a signature that is too weak", "tell those" },
	{ &good, NULL, GNUTLS_CERT_PURPOSE_MISMATCH, "not made for a server",
	  "tell those" },
	{ &good, NULL, GNUTLS_CERT_UNKNOWN_CRIT_EXTENSIONS,
	  "critical extensions", "tell those" },
	{ &good, NULL, GNUTLS_CERT_MISSING_OCSP_STATUS, "must-staple",
	  "tell those" },
	{ &good, NULL, GNUTLS_CERT_INVALID_OCSP_STATUS, "OCSP", "tell those" },
	{ &good, NULL, GNUTLS_CERT_REVOCATION_DATA_SUPERSEDED, "out of date",
	  "tls_crl_file" },
	{ &good, NULL, GNUTLS_CERT_REVOCATION_DATA_ISSUED_IN_FUTURE,
	  "from the future", "clock" },
	/* A bit that no row knows is a fault all the same. */
	{ &good, NULL, 1u << 30, "not valid (status 0x40000000)", "" },
};

static void each_bit_has_its_words_and_a_hint(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(faults); i++) {
		CLEAN(str) struct str words = STR_INIT;
		CLEAN(str) struct str hint = STR_INIT;
		CLEAN(guest) struct guest g;

		guest_make(&g, faults[i].id, faults[i].issuer);
		trust_words(&g.peer, NAMED, faults[i].status, &words, &hint);
		if (!strstr(str_chars(&words), faults[i].words))
			print_message("# %zu: %s\n", i, str_chars(&words));
		assert_non_null(strstr(str_chars(&words), faults[i].words));
		assert_non_null(strstr(str_chars(&hint), faults[i].hint));
		assert_int_equal(words.len == 0, faults[i].words[0] == '\0');
		assert_int_equal(hint.len == 0, faults[i].hint[0] == '\0');
	}
}

static void several_faults_are_joined_and_the_first_has_the_hint(void **state)
{
	CLEAN(str) struct str words = STR_INIT;
	CLEAN(str) struct str hint = STR_INIT;
	CLEAN(guest) struct guest g;

	(void)state;
	guest_make(&g, &own, NULL);
	trust_words(&g.peer, NAMED,
		    GNUTLS_CERT_UNEXPECTED_OWNER | GNUTLS_CERT_REVOKED |
			    GNUTLS_CERT_SIGNER_NOT_FOUND,
		    &words, &hint);
	assert_string_equal(str_chars(&words),
			    "it was revoked by its issuer; it is self-signed; "
			    "it is for a.example, not for " NAMED);
	assert_null(strstr(str_chars(&hint), "tls_fingerprint"));
}

/* The hint for a self-signed certificate can be pasted into a file. */
static void the_fingerprint_of_the_hint_is_the_leafs(void **state)
{
	CLEAN(str) struct str words = STR_INIT;
	CLEAN(str) struct str hint = STR_INIT;
	CLEAN(str) struct str digest = STR_INIT;
	CLEAN(str) struct str hex = STR_INIT;
	CLEAN(guest) struct guest g;

	(void)state;
	guest_make(&g, &own, NULL);
	trust_words(&g.peer, NAMED, GNUTLS_CERT_SIGNER_NOT_FOUND, &words,
		    &hint);
	assert_true(peer_add_digest(&g.peer, GNUTLS_DIG_SHA256, &digest));
	assert_int_equal(digest.len, 32);
	pin_add_hex(&hex, str_view(&digest));
	assert_non_null(strstr(str_chars(&hint), str_chars(&hex)));
}

static void a_description_has_each_thing(void **state)
{
	CLEAN(tls_certificate) struct tls_certificate c = { .names = STR_INIT };
	CLEAN(guest) struct guest g;

	(void)state;
	guest_make(&g, &good, &ca);
	peer_describe(&g.peer, &c);
	assert_string_equal(c.subject.s, "CN=good");
	assert_string_equal(c.issuer.s, "CN=The CA");
	assert_string_equal(c.names.s, "a.example, b.example, 127.0.0.1");
	assert_true(view_starts(str_view(&c.from), "20"));
	assert_true(view_starts(str_view(&c.until), "20"));
	assert_int_equal(c.sha256.len, 32 * 3 - 1);
	assert_int_equal(c.sha1.len, 20 * 3 - 1);
	assert_true(view_starts(str_view(&c.pin), "sha256:"));
}

/* What a certificate says may be meant for a terminal. */
static void nothing_of_it_reaches_a_terminal(void **state)
{
	CLEAN(tls_certificate) struct tls_certificate c = { .names = STR_INIT };
	CLEAN(str) struct str words = STR_INIT;
	CLEAN(str) struct str hint = STR_INIT;
	CLEAN(guest) struct guest g;

	(void)state;
	guest_make(&g, &hostile, NULL);
	peer_describe(&g.peer, &c);
	trust_words(&g.peer, NAMED, GNUTLS_CERT_UNEXPECTED_OWNER, &words,
		    &hint);
	assert_null(strchr(c.subject.s, '\x1b'));
	assert_null(strchr(c.issuer.s, '\x1b'));
	assert_null(strchr(c.names.s, '\x1b'));
	assert_null(strchr(words.s, '\x1b'));
	assert_non_null(strstr(words.s, "a?[31mb"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(each_bit_has_its_words_and_a_hint),
		cmocka_unit_test(
			several_faults_are_joined_and_the_first_has_the_hint),
		cmocka_unit_test(the_fingerprint_of_the_hint_is_the_leafs),
		cmocka_unit_test(a_description_has_each_thing),
		cmocka_unit_test(nothing_of_it_reaches_a_terminal),
	};

	return cmocka_run_group_tests_name("trust_words", tests, make_all,
					   free_all);
}
