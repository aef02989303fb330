#include "config.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>
#include <gsasl.h>

#include "auth/sasl.h"
#include "base/attr.h"
#include "base/err.h"
#include "sasl_client.h"

#define LONG_PASSWORD 4096
#define TURNS_MAX 10

/* The client against libgsasl's own servers, in whole exchanges. */

/* --- the server's side ---------------------------------------------------- */

struct server {
	Gsasl *library;
	Gsasl_session *session;
	const char *user, *password, *realm;
	const char *exporter, *unique; /* base64 */
	char authzid[64];              /* what it was told */
};

static void note_authzid(struct server *v, Gsasl_session *session)
{
	const char *authzid = gsasl_property_fast(session, GSASL_AUTHZID);

	CLEAN(str) struct str text = STR_INIT;

	str_adds(&text, authzid ? authzid : "");
	if (text.len < sizeof(v->authzid))
		memcpy(v->authzid, str_chars(&text), text.len + 1);
}

static int validate(struct server *v, Gsasl_session *session)
{
	const char *user = gsasl_property_fast(session, GSASL_AUTHID);
	const char *password = gsasl_property_fast(session, GSASL_PASSWORD);

	note_authzid(v, session);
	return user && password && strcmp(user, v->user) == 0 &&
			       strcmp(password, v->password) == 0
		       ? GSASL_OK
		       : GSASL_AUTHENTICATION_ERROR;
}

static int give(Gsasl_session *session, Gsasl_property property,
		const char *value)
{
	if (!value)
		return GSASL_NO_CALLBACK;
	return gsasl_property_set(session, property, value);
}

static int password_of(struct server *v, Gsasl_session *session)
{
	const char *user = gsasl_property_fast(session, GSASL_AUTHID);

	note_authzid(v, session);
	if (!user || strcmp(user, v->user) != 0)
		return GSASL_NO_CALLBACK;
	return give(session, GSASL_PASSWORD, v->password);
}

static int answer(Gsasl *library, Gsasl_session *session,
		  Gsasl_property property)
{
	struct server *v = gsasl_callback_hook_get(library);

	if (property == GSASL_PASSWORD)
		return password_of(v, session);
	if (property == GSASL_VALIDATE_SIMPLE)
		return validate(v, session);
	if (property == GSASL_VALIDATE_EXTERNAL) {
		note_authzid(v, session);
		return GSASL_OK;
	}
	if (property == GSASL_REALM)
		return give(session, property, v->realm);
	if (property == GSASL_CB_TLS_EXPORTER)
		return give(session, property, v->exporter);
	if (property == GSASL_CB_TLS_UNIQUE)
		return give(session, property, v->unique);
	return GSASL_NO_CALLBACK;
}

static void server_start(struct server *v, const char *mechanism)
{
	assert_int_equal(gsasl_init(&v->library), GSASL_OK);
	gsasl_callback_hook_set(v->library, v);
	gsasl_callback_set(v->library, answer);
	assert_int_equal(gsasl_server_start(v->library, mechanism, &v->session),
			 GSASL_OK);
}

static void server_stop(struct server *v)
{
	gsasl_finish(v->session);
	gsasl_done(v->library);
}

static int server_turn(struct server *v, struct view in, struct str *out)
{
	char *made = NULL;
	size_t n = 0;
	int rc = gsasl_step(v->session, in.p, in.n, &made, &n);

	str_truncate(out, 0);
	if (rc != GSASL_OK && rc != GSASL_NEEDS_MORE)
		return rc;
	if (made)
		str_add(out, (struct view){ made, n });
	gsasl_free(made);
	return rc;
}

/* --- the client's side ---------------------------------------------------- */

enum outcome {
	DONE,
	REFUSED,
	FAILED
};

/* As SMTP does it: the client first, the server until it is content. */
static enum outcome talk(struct sasl *s, struct server *v, struct err *e)
{
	CLEAN(secret) struct secret response = SECRET_INIT;
	CLEAN(str) struct str challenge = STR_INIT;
	bool first;
	int rc;

	if (!sasl_begin(s, &response, &first, e))
		return FAILED;
	rc = server_turn(v, first ? secret_view(&response) : view_of(""),
			 &challenge);
	for (int i = 0; i < TURNS_MAX && rc == GSASL_NEEDS_MORE; i++) {
		if (!sasl_step(s, str_view(&challenge), &response, e))
			return FAILED;
		rc = server_turn(v, secret_view(&response), &challenge);
	}
	if (rc != GSASL_OK)
		return REFUSED;
	if (challenge.len > 0 &&
	    (!sasl_step(s, str_view(&challenge), &response, e) ||
	     response.n > 0))
		return FAILED;
	return sasl_finish(s, e) ? DONE : FAILED;
}

/* One exchange of a client of config c with the server v. */
static enum outcome meet(const struct sasl_config *c, struct server *v,
			 const char *mechanism, struct err *e)
{
	CLEAN(sasl) struct sasl *s = client(c, mechanism, e);
	enum outcome outcome;

	if (!s)
		return FAILED;
	server_start(v, mechanism);
	outcome = talk(s, v, e);
	server_stop(v);
	return outcome;
}

/* --- whole exchanges with libgsasl's server ------------------------------- */

static const char *const with_password[] = {
	"SCRAM-SHA-256-PLUS",
	"SCRAM-SHA-1-PLUS",
	"SCRAM-SHA-256",
	"SCRAM-SHA-1",
	"PLAIN",
	"CRAM-MD5",
	"DIGEST-MD5",
	"LOGIN",
};

/* Both sides of one TLS connection. */
static const char binding[] = "BINDING";
static char binding_base64[] = "QklORElORw==";

/* Named, as that may be by which a mechanism is used at all. */
static enum outcome log_in(const char *mechanism, const char *user,
			   char *password, const char *expected, struct err *e)
{
	CLEAN(str) struct str data = STR_INIT;
	struct sasl_config c = config_for(user, password);
	struct server v = { .user = user,
			    .password = expected,
			    .realm = "example.org",
			    .exporter = binding_base64 };

	str_adds(&data, binding);
	c.exporter = &data;
	c.method = mechanism;
	return meet(&c, &v, mechanism, e);
}

static char *long_password(void)
{
	struct str s = STR_INIT;

	while (s.len + 4 <= LONG_PASSWORD)
		str_adds(&s, s.len % 3 ? "\xc3\xa4 x" : "y\"\\z");
	return str_detach(&s);
}

static void any_password_works_with_any_mechanism(void **state)
{
	char *long_one = long_password();
	char plain[] = "pencil", quotes[] = " two  \"blanks\" and 'quotes'\\ ",
	     utf8[] = "gr\xc3\xbcn \xe2\x82\xac \xd0\xb6", hash[] = "#%$,=;",
	     one[] = "x";
	char *const passwords[] = { plain, quotes, utf8, hash, one, long_one };
	static const char *const users[] = { "user", "user@example.org",
					     "a,b=c", "J\xc3\xbcrgen" };

	(void)state;
	assert_int_equal(strlen(long_one), LONG_PASSWORD);
	for (size_t m = 0; m < ARRAY_LEN(with_password); m++)
		for (size_t i = 0; i < ARRAY_LEN(passwords); i++) {
			struct err e = ERR_INIT;
			const char *user = users[(m + i) % ARRAY_LEN(users)];
			enum outcome o = log_in(with_password[m], user,
						passwords[i], passwords[i], &e);

			if (o != DONE)
				print_message("%s, user %s, password %zu: %s\n",
					      with_password[m], user, i,
					      e.text);
			assert_int_equal(o, DONE);
		}
	free(long_one);
}

static void a_wrong_password_is_refused_by_the_server(void **state)
{
	char wrong[] = "pencils";

	(void)state;
	for (size_t m = 0; m < ARRAY_LEN(with_password); m++) {
		struct err e = ERR_INIT;

		assert_int_equal(
			log_in(with_password[m], "user", wrong, "pencil", &e),
			REFUSED);
	}
}

static void what_the_server_is_bound_to_is_what_we_are_bound_to(void **state)
{
	static const struct {
		const char *exporter, *unique; /* ours, raw */
		const char *server_exporter, *server_unique;
		enum outcome outcome;
	} cases[] = {
		{ "EXPORTER", NULL, "RVhQT1JURVI=", NULL, DONE },
		{ "EXPORTER", "", "RVhQT1JURVI=", "VU5JUVVF", DONE },
		{ NULL, "UNIQUE", NULL, "VU5JUVVF", DONE },
		/* TLS 1.2: tls-unique, which is what servers know there. */
		{ "EXPORTER", "UNIQUE", NULL, "VU5JUVVF", DONE },
		/* Somebody is in between. */
		{ "EXPORTER", NULL, "T1RIRVI=", NULL, REFUSED },
		{ NULL, "UNIQUE", NULL, "T1RIRVI=", REFUSED },
	};
	static const char *const mechanisms[] = { "SCRAM-SHA-1-PLUS",
						  "SCRAM-SHA-256-PLUS" };
	char password[] = "pencil";

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		CLEAN(str) struct str exporter = STR_INIT;
		CLEAN(str) struct str unique = STR_INIT;
		struct sasl_config c = config_for("user", password);
		struct server v = { .user = "user",
				    .password = password,
				    .exporter = cases[i].server_exporter,
				    .unique = cases[i].server_unique };
		struct err e = ERR_INIT;

		str_adds(&exporter, cases[i].exporter ? cases[i].exporter : "");
		str_adds(&unique, cases[i].unique ? cases[i].unique : "");
		c.exporter = cases[i].exporter ? &exporter : NULL;
		c.unique = cases[i].unique ? &unique : NULL;
		assert_int_equal(meet(&c, &v, mechanisms[i % 2], &e),
				 cases[i].outcome);
	}
}

/* The bindings are there, the server offers no PLUS: `n`, and it works. */
static void scram_without_binding_works_over_tls(void **state)
{
	CLEAN(str) struct str data = STR_INIT;
	char password[] = "pencil";
	struct sasl_config c = config_for("user", password);
	struct server v = { .user = "user", .password = password };
	struct err e = ERR_INIT;

	(void)state;
	str_adds(&data, binding);
	c.exporter = &data;
	c.unique = &data;
	assert_int_equal(meet(&c, &v, "SCRAM-SHA-256", &e), DONE);
}

static void the_authorization_identity_reaches_the_server(void **state)
{
	static const struct {
		const char *mechanism, *user, *authzid, *told;
	} cases[] = {
		{ "PLAIN", "user", "boss", "boss" },
		/* Where nothing was said, libgsasl's server repeats the user.
		 */
		{ "PLAIN", "user", NULL, "user" },
		{ "SCRAM-SHA-256", "user", "boss", "boss" },
		{ "SCRAM-SHA-256", "user", NULL, "" },
		{ "DIGEST-MD5", "user", "boss", "boss" },
		{ "DIGEST-MD5", "user", NULL, "" },
		{ "EXTERNAL", "user", "boss", "boss" },
		{ "EXTERNAL", "user", NULL, "user" },
		{ "EXTERNAL", NULL, NULL, "" },
	};
	char password[] = "pencil";

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		struct sasl_config c = config_for(cases[i].user, password);
		struct server v = { .user = "user", .password = password };
		struct err e = ERR_INIT;

		c.method = cases[i].mechanism;
		c.authzid = cases[i].authzid;
		assert_int_equal(meet(&c, &v, cases[i].mechanism, &e), DONE);
		assert_string_equal(v.authzid, cases[i].told);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(any_password_works_with_any_mechanism),
		cmocka_unit_test(a_wrong_password_is_refused_by_the_server),
		cmocka_unit_test(
			what_the_server_is_bound_to_is_what_we_are_bound_to),
		cmocka_unit_test(scram_without_binding_works_over_tls),
		cmocka_unit_test(the_authorization_identity_reaches_the_server),
	};

	return cmocka_run_group_tests_name("sasl_server", tests, NULL, NULL);
}
