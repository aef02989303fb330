#include "config.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>
#include <gsasl.h>

#include "auth/sasl.h"
#include "base/attr.h"
#include "base/err.h"
#include "sasl_client.h"

/* The client against servers made of strings: to the byte, and bad ones. */

/*
 * libgsasl asks this function of its own for nonces; here it is ours (linked
 * with -rdynamic), so that the exchanges of the RFCs come out to the byte.
 */
static int nonces;

int gsasl_nonce(char *data, size_t datalen)
{
	/* What RFC 5802's "fyko+d2lbbFgONRv9qkxdawL" encodes. */
	static const unsigned char fixed[] = {
		0x7f, 0x29, 0x28, 0xf9, 0xdd, 0xa5, 0x6d, 0xb1, 0x60,
		0x38, 0xd4, 0x6f, 0xf6, 0xa9, 0x31, 0x75, 0xac, 0x0b,
	};

	nonces++;
	for (size_t i = 0; i < datalen; i++)
		data[i] = (char)fixed[i % sizeof(fixed)];
	return GSASL_OK;
}

/* --- to the byte ---------------------------------------------------------- */

static void an_initial_response_may_be_empty(void **state)
{
	CLEAN(secret) struct secret initial = SECRET_INIT;
	CLEAN(sasl) struct sasl *s = NULL;
	struct sasl_config c = { .method = "external" };
	struct err e = ERR_INIT;
	bool first = false;

	(void)state;
	s = client(&c, "EXTERNAL", &e);
	assert_true(sasl_begin(s, &initial, &first, &e));
	assert_true(first);
	assert_true(secret_is_set(&initial));
	assert_int_equal(initial.n, 0);
}

/* RFC 4616, section 4, the example with an authorization identity. */
static void plain_is_as_in_the_rfc(void **state)
{
	CLEAN(secret) struct secret initial = SECRET_INIT;
	CLEAN(sasl) struct sasl *s = NULL;
	char password[] = "xipj3plmq";
	struct sasl_config c = config_for("Kurt", password);
	struct err e = ERR_INIT;
	bool first;

	(void)state;
	c.authzid = "Ursel";
	s = client(&c, "PLAIN", &e);
	assert_true(sasl_begin(s, &initial, &first, &e));
	assert_int_equal(initial.n, 20);
	assert_memory_equal(initial.p, "Ursel\0Kurt\0xipj3plmq", 20);
}

static void plain_without_authzid_starts_with_nul(void **state)
{
	CLEAN(secret) struct secret initial = SECRET_INIT;
	CLEAN(sasl) struct sasl *s = NULL;
	struct err e = ERR_INIT;

	(void)state;
	s = begun("plain", "PLAIN", &initial, &e);
	assert_non_null(s);
	assert_int_equal(initial.n, 12);
	assert_memory_equal(initial.p, "\0user\0pencil", 12);
}

/* RFC 2195, section 2. */
static void cram_md5_is_as_in_the_rfc(void **state)
{
	CLEAN(secret) struct secret x = SECRET_INIT;
	CLEAN(sasl) struct sasl *s = NULL;
	char password[] = "tanstaaftanstaaf";
	struct sasl_config c = config_for("tim", password);
	struct err e = ERR_INIT;
	bool first = true;

	(void)state;
	s = client(&c, "CRAM-MD5", &e);
	assert_true(sasl_begin(s, &x, &first, &e));
	assert_false(first);
	assert_int_equal(x.n, 0);
	assert_true(
		step(s, "<1896.697170952@postoffice.reston.mci.net>", &x, &e));
	assert_string_equal(x.p, "tim b913a602c7eda7a495b4e6e7334d3890");
	assert_true(sasl_finish(s, &e));
}

static void login_says_user_then_password_whatever_is_asked(void **state)
{
	CLEAN(secret) struct secret x = SECRET_INIT;
	CLEAN(sasl) struct sasl *s = NULL;
	struct err e = ERR_INIT;

	(void)state;
	s = begun("login", "LOGIN", &x, &e);
	assert_non_null(s);
	assert_false(secret_is_set(&x));
	assert_true(step(s, "Username:", &x, &e));
	assert_string_equal(x.p, "user");
	assert_true(step(s, "", &x, &e));
	assert_string_equal(x.p, "pencil");
	assert_true(sasl_finish(s, &e));
}

/*
 * RFC 5802, section 5, to the byte; the others with the same nonce of the
 * client, computed by another implementation, which gives RFC 7677's example
 * from RFC 7677's nonce.
 */
static const struct {
	const char *mechanism;
	const char *exporter, *unique;
	const char *messages[4]; /* client, server, client, server */
} scrams[] = {
	{ "SCRAM-SHA-1",
	  "",
	  "",
	  { "n,,n=user,r=fyko+d2lbbFgONRv9qkxdawL",
	    "r=fyko+d2lbbFgONRv9qkxdawL3rfcNHYJY1ZVvWVs7j,"
	    "s=QSXCR+Q6sek8bf92,i=4096",
	    "c=biws,r=fyko+d2lbbFgONRv9qkxdawL3rfcNHYJY1ZVvWVs7j,"
	    "p=v0X8v3Bz2T0CJGbJQyF0X+HI4Ts=",
	    "v=rmF9pqV8S7suAoZWja4dJRkFsKQ=" } },
	{ "SCRAM-SHA-256",
	  "EXPORTER",
	  "",
	  { "n,,n=user,r=fyko+d2lbbFgONRv9qkxdawL",
	    "r=fyko+d2lbbFgONRv9qkxdawL%hvYDpWUa2RaTCAfuxFIlj)hNlF$k0,"
	    "s=W22ZaJ0SNY7soEsUEjb6gQ==,i=4096",
	    "c=biws,r=fyko+d2lbbFgONRv9qkxdawL%hvYDpWUa2RaTCAfuxFIlj)hNlF$k0,"
	    "p=2FUSN0pPcS7P8hBhsxBJOiUDbRoW4KVNGZT0LxVnSek=",
	    "v=zJZjsVp2g+W9jd01vgbsshippfH1sM0tLdBvs+e3DF4=" } },
	{ "SCRAM-SHA-256-PLUS",
	  "EXPORTER",
	  "",
	  { "p=tls-exporter,,n=user,r=fyko+d2lbbFgONRv9qkxdawL",
	    "r=fyko+d2lbbFgONRv9qkxdawL%hvYDpWUa2RaTCAfuxFIlj)hNlF$k0,"
	    "s=W22ZaJ0SNY7soEsUEjb6gQ==,i=4096",
	    "c=cD10bHMtZXhwb3J0ZXIsLEVYUE9SVEVS,"
	    "r=fyko+d2lbbFgONRv9qkxdawL%hvYDpWUa2RaTCAfuxFIlj)hNlF$k0,"
	    "p=a+sLcO8qKJAKwFoUyulSvF0qlZG7g8Dh6EmkJuzLhGQ=",
	    "v=mwUp6tqviEqymlb3kqdeJYtnltHrcyeJlzPdGFcGwDw=" } },
	{ "SCRAM-SHA-1-PLUS",
	  "EXPORTER",
	  "UNIQUE",
	  { "p=tls-unique,,n=user,r=fyko+d2lbbFgONRv9qkxdawL",
	    "r=fyko+d2lbbFgONRv9qkxdawL3rfcNHYJY1ZVvWVs7j,"
	    "s=QSXCR+Q6sek8bf92,i=4096",
	    "c=cD10bHMtdW5pcXVlLCxVTklRVUU=,"
	    "r=fyko+d2lbbFgONRv9qkxdawL3rfcNHYJY1ZVvWVs7j,"
	    "p=9WuJnhN2A+yPbqKAN/Qk3qey0eY=",
	    "v=GRiR+H5V7kPKwq2pEVKJC0gGCIA=" } },
};

/* Speaks the first three messages; the client then awaits the fourth. */
static struct sasl *scram_up_to_proof(size_t i, struct secret *x)
{
	static struct str exporter, unique;
	static char password[] = "pencil";
	struct sasl_config c = config_for("user", password);
	struct err e = ERR_INIT;
	struct sasl *s;
	bool first;

	str_free(&exporter);
	str_free(&unique);
	str_adds(&exporter, scrams[i].exporter);
	str_adds(&unique, scrams[i].unique);
	c.exporter = &exporter;
	c.unique = &unique;
	s = client(&c, scrams[i].mechanism, &e);
	assert_non_null(s);
	assert_true(sasl_begin(s, x, &first, &e));
	assert_true(first);
	assert_string_equal(x->p, scrams[i].messages[0]);
	assert_true(step(s, scrams[i].messages[1], x, &e));
	assert_string_equal(x->p, scrams[i].messages[2]);
	str_free(&exporter);
	str_free(&unique);
	return s;
}

static void scram_is_as_in_the_rfcs(void **state)
{
	(void)state;
	nonces = 0;
	for (size_t i = 0; i < ARRAY_LEN(scrams); i++) {
		CLEAN(secret) struct secret x = SECRET_INIT;
		CLEAN(sasl) struct sasl *s = scram_up_to_proof(i, &x);
		struct err e = ERR_INIT;

		assert_true(step(s, scrams[i].messages[3], &x, &e));
		assert_int_equal(x.n, 0);
		assert_true(sasl_finish(s, &e));
	}
	assert_true(nonces >= (int)ARRAY_LEN(scrams));
}

static void digest_md5_takes_our_realm_or_the_servers_first(void **state)
{
	static const struct {
		const char *challenge, *realm, *said;
	} cases[] = {
		{ "realm=\"r1\",realm=\"r2\",nonce=\"n\",qop=\"auth\","
		  "algorithm=md5-sess,charset=utf-8",
		  NULL, "realm=\"r1\"" },
		{ "realm=\"r1\",realm=\"r2\",nonce=\"n\",qop=\"auth\","
		  "algorithm=md5-sess,charset=utf-8",
		  "r2", "realm=\"r2\"" },
		{ "nonce=\"n\",qop=\"auth,auth-int,auth-conf\","
		  "cipher=\"rc4\",algorithm=md5-sess",
		  "mine", "realm=\"mine\"" },
	};
	char password[] = "pencil";

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		CLEAN(secret) struct secret x = SECRET_INIT;
		CLEAN(sasl) struct sasl *s = NULL;
		struct sasl_config c = config_for("user", password);
		struct err e = ERR_INIT;
		bool first;

		c.realm = cases[i].realm;
		s = client(&c, "DIGEST-MD5", &e);
		assert_true(sasl_begin(s, &x, &first, &e));
		assert_true(step(s, cases[i].challenge, &x, &e));
		assert_non_null(strstr(x.p, cases[i].said));
		assert_non_null(strstr(x.p, "qop=auth,"));
		assert_non_null(
			strstr(x.p, "digest-uri=\"smtp/smtp.example.org\""));
	}
}

/* --- servers that break the rules ----------------------------------------- */

static void yes_before_the_end_is_not_believed(void **state)
{
	static const struct {
		const char *mechanism;
		bool complete; /* already with the initial response */
	} cases[] = {
		{ "SCRAM-SHA-256", false }, { "SCRAM-SHA-1", false },
		{ "CRAM-MD5", false },      { "DIGEST-MD5", false },
		{ "LOGIN", false },         { "NTLM", false },
		{ "PLAIN", true },          { "EXTERNAL", true },
		{ "XOAUTH2", true },        { "OAUTHBEARER", true },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		CLEAN(secret) struct secret x = SECRET_INIT;
		CLEAN(sasl) struct sasl *s = NULL;
		struct err e = ERR_INIT;

		s = begun(cases[i].mechanism, cases[i].mechanism, &x, &e);
		assert_non_null(s);
		assert_int_equal(sasl_finish(s, &e), cases[i].complete);
		assert_int_equal(e.kind,
				 cases[i].complete ? ERR_NONE : ERR_PROTOCOL);
	}
}

static void yes_without_proof_is_not_believed(void **state)
{
	CLEAN(secret) struct secret x = SECRET_INIT;
	CLEAN(sasl) struct sasl *s = scram_up_to_proof(0, &x);
	struct err e = ERR_INIT;

	(void)state;
	assert_false(sasl_finish(s, &e));
	assert_int_equal(e.kind, ERR_PROTOCOL);
}

static void yes_to_half_a_login_is_not_believed(void **state)
{
	CLEAN(secret) struct secret x = SECRET_INIT;
	CLEAN(sasl) struct sasl *s = NULL;
	struct err e = ERR_INIT;

	(void)state;
	s = begun("login", "LOGIN", &x, &e);
	assert_true(step(s, "Username:", &x, &e));
	assert_false(sasl_finish(s, &e));
	assert_int_equal(e.kind, ERR_PROTOCOL);
}

static void more_questions_after_the_end_are_a_fault(void **state)
{
	static const char *const complete[] = { "PLAIN", "EXTERNAL" };

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(complete); i++) {
		CLEAN(secret) struct secret x = SECRET_INIT;
		CLEAN(sasl) struct sasl *s = NULL;
		struct err e = ERR_INIT;

		s = begun(complete[i], complete[i], &x, &e);
		assert_false(step(s, "", &x, &e));
		assert_int_equal(e.kind, ERR_PROTOCOL);
		assert_false(secret_is_set(&x));
		/* And a yes after it does not mend that. */
		assert_false(sasl_finish(s, &e));
	}
}

static void a_false_proof_is_refused(void **state)
{
	static const char *const bad[] = {
		"v=rmF9pqV8S7suAoZWja4dJRkFsKR=",
		"v=AAAAAAAAAAAAAAAAAAAAAAAAAAA=",
		"v=",
		"",
		"nonsense",
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(bad); i++) {
		CLEAN(secret) struct secret x = SECRET_INIT;
		CLEAN(sasl) struct sasl *s = scram_up_to_proof(0, &x);
		struct err e = ERR_INIT;

		assert_false(step(s, bad[i], &x, &e));
		assert_int_equal(e.kind, ERR_PROTOCOL);
		assert_false(sasl_finish(s, &e));
	}
}

static void scram_challenges_are_looked_at_first(void **state)
{
	static const struct {
		const char *challenge;
		enum err_kind kind;
		const char *words;
	} cases[] = {
		{ "e=invalid-proof", ERR_AUTH, "password is wrong" },
		{ "e=unknown-user", ERR_AUTH, "user is unknown" },
		{ "e=channel-bindings-dont-match", ERR_TLS, "another TLS" },
		{ "e=server-does-support-channel-binding", ERR_TLS,
		  "did not reach us" },
		{ "e=\x1bother", ERR_PROTOCOL, "gave up: ?other" },
		{ "e=", ERR_PROTOCOL, "gave up" },
		{ "r=fyko+d2lbbFgONRv9qkxdawLx,s=QSXCR+Q6sek8bf92,i=4000001",
		  ERR_PROTOCOL, "rounds" },
		{ "r=fyko+d2lbbFgONRv9qkxdawLx,s=QSXCR+Q6sek8bf92,"
		  "i=99999999999999999999999999",
		  ERR_PROTOCOL, "rounds" },
		{ "r=fyko+d2lbbFgONRv9qkxdawLx,s=QSXCR+Q6sek8bf92,i=-1",
		  ERR_PROTOCOL, "rounds" },
		/* Another nonce than ours: a replay. */
		{ "r=another,s=QSXCR+Q6sek8bf92,i=4096", ERR_PROTOCOL, "" },
		{ "", ERR_PROTOCOL, "" },
		{ ",,,", ERR_PROTOCOL, "" },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		CLEAN(secret) struct secret x = SECRET_INIT;
		CLEAN(sasl) struct sasl *s = NULL;
		struct err e = ERR_INIT;

		s = begun("scram-sha-1", "SCRAM-SHA-1", &x, &e);
		assert_non_null(s);
		assert_false(step(s, cases[i].challenge, &x, &e));
		assert_int_equal(e.kind, cases[i].kind);
		assert_non_null(strstr(e.text, cases[i].words));
		assert_false(sasl_finish(s, &e));
	}
}

static void few_rounds_are_refused_without_tls(void **state)
{
	static const struct {
		const char *challenge;
		bool encrypted, few;
	} cases[] = {
		{ "r=another,s=QSXCR+Q6sek8bf92,i=1", false, true },
		{ "r=another,s=QSXCR+Q6sek8bf92,i=4095", false, true },
		{ "r=another,s=QSXCR+Q6sek8bf92,i=4096", false, false },
		{ "r=another,s=QSXCR+Q6sek8bf92,i=1", true, false },
	};
	char password[] = "pencil";
	const struct sasl_config c = config_for("ada", password);

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		CLEAN(secret) struct secret x = SECRET_INIT;
		CLEAN(sasl) struct sasl *s = sasl_new(&c);
		struct err e = ERR_INIT;
		const char *name;
		bool has;

		assert_true(sasl_choose(s, view_of("SCRAM-SHA-1"),
					cases[i].encrypted, &name, &e));
		assert_true(sasl_begin(s, &x, &has, &e));
		assert_false(step(s, cases[i].challenge, &x, &e));
		assert_int_equal(e.kind, ERR_PROTOCOL);
		assert_int_equal(strstr(e.text, "so few") != NULL,
				 cases[i].few);
	}
}

static void an_exchange_comes_to_an_end(void **state)
{
	CLEAN(secret) struct secret x = SECRET_INIT;
	CLEAN(sasl) struct sasl *s = NULL;
	struct err e = ERR_INIT;
	int turns = 0;

	(void)state;
	s = begun("cram-md5", "CRAM-MD5", &x, &e);
	while (turns <= SASL_STEPS_MAX && step(s, "", &x, &e))
		turns++;
	assert_int_equal(turns, SASL_STEPS_MAX);
	assert_int_equal(e.kind, ERR_PROTOCOL);
}

static void a_new_choice_forgets_the_last_exchange(void **state)
{
	CLEAN(secret) struct secret x = SECRET_INIT;
	CLEAN(sasl) struct sasl *s = NULL;
	struct err e = ERR_INIT;
	const char *name;
	bool first;

	(void)state;
	s = begun("plain", "PLAIN", &x, &e);
	assert_true(sasl_choose(s, view_of("PLAIN"), true, &name, &e));
	assert_false(sasl_finish(s, &e));
	assert_true(sasl_begin(s, &x, &first, &e));
	assert_true(sasl_finish(s, &e));
	assert_false(sasl_choose(s, view_of("LOGIN"), true, &name, &e));
	assert_false(sasl_begin(s, &x, &first, &e));
	assert_false(step(s, "", &x, &e));
	assert_false(sasl_finish(s, &e));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(an_initial_response_may_be_empty),
		cmocka_unit_test(plain_is_as_in_the_rfc),
		cmocka_unit_test(plain_without_authzid_starts_with_nul),
		cmocka_unit_test(cram_md5_is_as_in_the_rfc),
		cmocka_unit_test(
			login_says_user_then_password_whatever_is_asked),
		cmocka_unit_test(scram_is_as_in_the_rfcs),
		cmocka_unit_test(
			digest_md5_takes_our_realm_or_the_servers_first),
		cmocka_unit_test(yes_before_the_end_is_not_believed),
		cmocka_unit_test(yes_without_proof_is_not_believed),
		cmocka_unit_test(yes_to_half_a_login_is_not_believed),
		cmocka_unit_test(more_questions_after_the_end_are_a_fault),
		cmocka_unit_test(a_false_proof_is_refused),
		cmocka_unit_test(scram_challenges_are_looked_at_first),
		cmocka_unit_test(few_rounds_are_refused_without_tls),
		cmocka_unit_test(an_exchange_comes_to_an_end),
		cmocka_unit_test(a_new_choice_forgets_the_last_exchange),
	};

	return cmocka_run_group_tests_name("sasl_messages", tests, NULL, NULL);
}
