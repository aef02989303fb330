#include "config.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "auth/sasl.h"
#include "base/attr.h"
#include "base/err.h"
#include "sasl_client.h"

/* --- choosing ------------------------------------------------------------- */

static const struct {
	const char *method, *offered;
	bool encrypted;
	enum err_kind kind;
	const char *chosen; /* NULL: kind, words and hint say why */
	const char *words, *hint;
} choices[] = {
	{ NULL, "PLAIN LOGIN", true, ERR_NONE, "PLAIN", NULL, NULL },
	{ NULL, "PLAIN SCRAM-SHA-1", false, ERR_NONE, "SCRAM-SHA-1", NULL,
	  NULL },
	{ NULL, "SCRAM-SHA-256-PLUS SCRAM-SHA-1", true, ERR_NONE, "SCRAM-SHA-1",
	  NULL, NULL },
	{ NULL, "PLAIN", false, ERR_CONFIG, NULL, "without TLS", "tls on" },
	{ NULL, "X-OTHER", true, ERR_PROTOCOL, NULL, "it offers X-OTHER", "" },
	{ NULL, "", true, ERR_PROTOCOL, NULL, "does not offer", "" },
	{ NULL, "XOAUTH2", true, ERR_PROTOCOL, NULL, "it offers XOAUTH2",
	  "auth xoauth2" },
	{ NULL, "XOAUTH2", false, ERR_PROTOCOL, NULL, "it offers XOAUTH2",
	  "auth xoauth2" },
	{ "plain", "PLAIN", false, ERR_NONE, "PLAIN", NULL, NULL },
	{ "LOGIN", "PLAIN LOGIN SCRAM-SHA-256", true, ERR_NONE, "LOGIN", NULL,
	  NULL },
	{ "xoauth2", "PLAIN XOAUTH2", false, ERR_NONE, "XOAUTH2", NULL, NULL },
	{ "oauthbearer", "OAUTHBEARER", true, ERR_NONE, "OAUTHBEARER", NULL,
	  NULL },
	{ "external", "EXTERNAL", true, ERR_NONE, "EXTERNAL", NULL, NULL },
	{ "scram-sha-256", "PLAIN LOGIN\x1b", true, ERR_PROTOCOL, NULL,
	  "does not offer SCRAM-SHA-256; it offers PLAIN LOGIN?", "" },
	{ "scram-sha-1", "SCRAM-SHA-1-PLUS", true, ERR_PROTOCOL, NULL,
	  "does not offer SCRAM-SHA-1;", "" },
	{ "scram-sha-1-plus", "SCRAM-SHA-1-PLUS", true, ERR_TLS, NULL,
	  "nothing to bind to", "" },
	{ "magic", "MAGIC PLAIN", true, ERR_CONFIG, NULL, "'magic'", "" },
};

static void chooses_or_says_why_not(void **state)
{
	struct sasl_config c = config_for("user", NULL);

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(choices); i++) {
		CLEAN(sasl) struct sasl *s = NULL;
		const char *name = NULL;
		struct err e = ERR_INIT;
		bool ok;

		c.method = choices[i].method;
		s = sasl_new(&c);
		ok = sasl_choose(s, view_of(choices[i].offered),
				 choices[i].encrypted, &name, &e);
		assert_int_equal(ok, choices[i].chosen != NULL);
		assert_int_equal(e.kind, choices[i].kind);
		if (ok) {
			assert_string_equal(name, choices[i].chosen);
			continue;
		}
		assert_non_null(strstr(e.text, choices[i].words));
		assert_non_null(strstr(e.hint, choices[i].hint));
		assert_int_equal(e.hint[0] == '\0', choices[i].hint[0] == '\0');
	}
}

static void a_user_is_needed_before_anything_is_sent(void **state)
{
	static const struct {
		const char *method;
		bool needed;
	} cases[] = {
		{ NULL, true },      { "plain", true },
		{ "login", true },   { "scram-sha-256", true },
		{ "xoauth2", true }, { "external", false },
		{ "gssapi", false },
	};
	const char *all = "PLAIN LOGIN SCRAM-SHA-256 XOAUTH2 EXTERNAL GSSAPI";

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		struct sasl_config c = { .method = cases[i].method };
		CLEAN(sasl) struct sasl *s = NULL;
		struct err e = ERR_INIT;

		s = client(&c, all, &e);
		assert_int_equal(s == NULL, cases[i].needed);
		assert_int_equal(e.kind,
				 cases[i].needed ? ERR_CONFIG : ERR_NONE);
	}
}

static void identities_have_no_control_characters(void **state)
{
	struct sasl_config c = { .user = "a\nb" };
	CLEAN(sasl) struct sasl *s = NULL;
	struct err e = ERR_INIT;

	(void)state;
	s = client(&c, "PLAIN", &e);
	assert_null(s);
	assert_int_equal(e.kind, ERR_CONFIG);
	c = (struct sasl_config){ .user = "a", .authzid = "b\r" };
	s = client(&c, "PLAIN", &e);
	assert_null(s);
	assert_int_equal(e.kind, ERR_CONFIG);
}

/* --- secrets -------------------------------------------------------------- */

static void the_secret_is_fetched_when_begun_and_only_if_needed(void **state)
{
	static const struct {
		const char *mechanism;
		int fetched;
	} cases[] = { { "PLAIN", 1 },
		      { "SCRAM-SHA-1", 1 },
		      { "LOGIN", 1 },
		      { "EXTERNAL", 0 },
		      { "XOAUTH2", 1 } };
	char password[] = "pencil";

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		CLEAN(secret) struct secret initial = SECRET_INIT;
		CLEAN(sasl) struct sasl *s = NULL;
		struct sasl_config c = config_for("user", password);
		struct err e = ERR_INIT;
		bool first;

		c.method = cases[i].mechanism;
		sasl_client_fetches = 0;
		s = client(&c, cases[i].mechanism, &e);
		assert_non_null(s);
		assert_int_equal(sasl_client_fetches, 0);
		assert_true(sasl_begin(s, &initial, &first, &e));
		assert_int_equal(sasl_client_fetches, cases[i].fetched);
	}
}

static bool fetch_fails(void *who, struct secret *out, struct err *e)
{
	(void)who;
	(void)out;
	return err_set(e, ERR_DEFERRED, "the command failed");
}

static void what_fetching_says_is_passed_on(void **state)
{
	CLEAN(secret) struct secret initial = SECRET_INIT;
	CLEAN(sasl) struct sasl *s = NULL;
	struct sasl_config c = { .user = "user", .secret = fetch_fails };
	struct err e = ERR_INIT;
	bool first;

	(void)state;
	s = client(&c, "PLAIN", &e);
	assert_false(sasl_begin(s, &initial, &first, &e));
	assert_int_equal(e.kind, ERR_DEFERRED);
	assert_string_equal(e.text, "the command failed");
	assert_false(secret_is_set(&initial));
}

static bool fetch_nul(void *who, struct secret *out, struct err *e)
{
	(void)who;
	(void)e;
	secret_set(out, (struct view){ "a\0b", 3 });
	return true;
}

static bool fetch_none(void *who, struct secret *out, struct err *e)
{
	(void)who;
	(void)e;
	secret_free(out);
	return true;
}

static void a_secret_that_cannot_be_used_is_refused(void **state)
{
	struct sasl_config cases[] = {
		{ .user = "user", .secret = fetch_nul },
		{ .user = "user", .secret = fetch_none },
		{ .user = "user", .secret = NULL },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		CLEAN(secret) struct secret initial = SECRET_INIT;
		CLEAN(sasl) struct sasl *s = NULL;
		struct err e = ERR_INIT;
		bool first;

		s = client(&cases[i], "PLAIN", &e);
		assert_false(sasl_begin(s, &initial, &first, &e));
		assert_int_equal(e.kind, ERR_CONFIG);
	}
}

/* Before AUTH is sent; PLAIN and its like take any bytes. */
static void a_password_that_scram_cannot_prepare_is_said(void **state)
{
	static const struct {
		const char *mechanism;
		char password[16];
		bool usable;
	} cases[] = {
		{ "SCRAM-SHA-1", "gr\xfcn", false },
		{ "SCRAM-SHA-256", "bell\a", false },
		{ "SCRAM-SHA-256", "\xf0\x9f\x98\x80", false },
		{ "SCRAM-SHA-256", "gr\xc3\xbcn", true },
		{ "PLAIN", "gr\xfcn", true },
		{ "PLAIN", "\xf0\x9f\x98\x80", true },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		CLEAN(secret) struct secret x = SECRET_INIT;
		CLEAN(sasl) struct sasl *s = NULL;
		char password[16];
		struct sasl_config c = config_for("user", password);
		struct err e = ERR_INIT;
		bool first;

		memcpy(password, cases[i].password, sizeof(password));
		s = client(&c, cases[i].mechanism, &e);
		assert_int_equal(sasl_begin(s, &x, &first, &e),
				 cases[i].usable);
		if (cases[i].usable)
			continue;
		assert_int_equal(e.kind, ERR_CONFIG);
		assert_non_null(strstr(e.text, "UTF-8"));
		assert_non_null(strstr(e.hint, "`auth`"));
	}
}

/* --- tokens --------------------------------------------------------------- */

static void a_refused_token_is_answered_and_explained(void **state)
{
	static const struct {
		const char *mechanism, *initial, *answer;
		size_t length;
	} cases[] = {
		{ "OAUTHBEARER",
		  "n,a=user,\x01host=smtp.example.org\x01port=587\x01"
		  "auth=Bearer pencil\x01\x01",
		  "\x01", 1 },
		{ "XOAUTH2",
		  "user=user\x01"
		  "auth=Bearer pencil\x01\x01",
		  "", 0 },
	};
	char token[] = "pencil";

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		CLEAN(secret) struct secret x = SECRET_INIT;
		CLEAN(sasl) struct sasl *s = NULL;
		struct sasl_config c = config_for("user", token);
		struct err e = ERR_INIT;
		bool first;

		c.method = cases[i].mechanism;
		c.port = 587;
		s = client(&c, cases[i].mechanism, &e);
		assert_true(sasl_begin(s, &x, &first, &e));
		assert_true(first);
		assert_string_equal(x.p, cases[i].initial);
		assert_true(step(s, "{\"status\":\"invalid_token\"}", &x, &e));
		assert_int_equal(x.n, cases[i].length);
		assert_string_equal(x.p, cases[i].answer);
		err_set(&e, ERR_AUTH, "535 no");
		e.code = 535;
		sasl_explain(s, &e);
		assert_string_equal(e.text,
				    "535 no (the server says of the token: "
				    "status invalid_token)");
		assert_int_equal(e.kind, ERR_AUTH);
		assert_int_equal(e.code, 535);
		assert_non_null(strstr(e.hint, "access token"));
		/* Neither another challenge nor a yes fits any more. */
		assert_false(sasl_finish(s, &e));
		assert_false(step(s, "{}", &x, &e));
		assert_int_equal(e.kind, ERR_PROTOCOL);
	}
}

static void where_nothing_was_said_nothing_is_explained(void **state)
{
	CLEAN(secret) struct secret x = SECRET_INIT;
	CLEAN(sasl) struct sasl *s = NULL;
	struct err e = ERR_INIT;

	(void)state;
	s = begun("xoauth2", "XOAUTH2", &x, &e);
	assert_true(step(s, "{}", &x, &e));
	err_set(&e, ERR_AUTH, "535 no");
	sasl_explain(s, &e);
	assert_string_equal(e.text, "535 no");
	assert_string_equal(e.hint, "");
}

static void who_showed_no_password_is_not_told_to_check_it(void **state)
{
	static const struct {
		const char *mechanism, *hint;
		enum err_kind kind;
		int code;
	} cases[] = {
		{ "EXTERNAL", "tls_cert_file", ERR_AUTH, 535 },
		{ "GSSAPI", "klist", ERR_AUTH, 535 },
		{ "GSSAPI", "the password", ERR_AUTH, 0 }, /* ours, not its */
		{ "GSSAPI", "the password", ERR_DEFERRED, 454 },
		{ "PLAIN", "the password", ERR_AUTH, 535 },
	};
	char password[] = "pencil";

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		CLEAN(sasl) struct sasl *s = NULL;
		struct sasl_config c = config_for("user", password);
		struct err e = ERR_INIT;

		c.method = cases[i].mechanism;
		s = client(&c, cases[i].mechanism, &e);
		err_set(&e, cases[i].kind, "no");
		err_hint(&e, "check the password");
		e.code = cases[i].code;
		sasl_explain(s, &e);
		assert_string_equal(e.text, "no");
		assert_non_null(strstr(e.hint, cases[i].hint));
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(chooses_or_says_why_not),
		cmocka_unit_test(a_user_is_needed_before_anything_is_sent),
		cmocka_unit_test(identities_have_no_control_characters),
		cmocka_unit_test(
			the_secret_is_fetched_when_begun_and_only_if_needed),
		cmocka_unit_test(what_fetching_says_is_passed_on),
		cmocka_unit_test(a_secret_that_cannot_be_used_is_refused),
		cmocka_unit_test(a_password_that_scram_cannot_prepare_is_said),
		cmocka_unit_test(a_refused_token_is_answered_and_explained),
		cmocka_unit_test(where_nothing_was_said_nothing_is_explained),
		cmocka_unit_test(
			who_showed_no_password_is_not_told_to_check_it),
	};

	return cmocka_run_group_tests_name("sasl", tests, NULL, NULL);
}
