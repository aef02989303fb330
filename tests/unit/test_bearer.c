#include "config.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "auth/bearer.h"
#include "base/attr.h"
#include "base/err.h"

#define LONG_TOKEN 4096

static void make(struct secret *token, const char *text)
{
	secret_add(token, view_of(text));
}

/* RFC 7628, section 4.1, with our user, host and port. */
static void oauthbearer_is_the_message_of_the_rfc(void **state)
{
	CLEAN(secret) struct secret token = SECRET_INIT;
	CLEAN(secret) struct secret out = SECRET_INIT;
	struct bearer_config c = { "user@example.com", "server.example.com",
				   143 };
	struct err e = ERR_INIT;

	(void)state;
	make(&token, "vF9dft4qmTc2Nvb3RlckBhbHRhdmlzdGEuY29tCg==");
	assert_true(bearer_oauthbearer(&c, &token, &out, &e));
	assert_string_equal(
		out.p, "n,a=user@example.com,\x01host=server.example.com\x01"
		       "port=143\x01"
		       "auth=Bearer vF9dft4qmTc2Nvb3RlckBhbHRhdmlzdGEuY29tCg=="
		       "\x01\x01");
}

static void oauthbearer_quotes_the_user_and_leaves_out_the_unknown(void **state)
{
	CLEAN(secret) struct secret token = SECRET_INIT;
	CLEAN(secret) struct secret out = SECRET_INIT;
	struct bearer_config c = { "a,b=c,=", NULL, 0 };
	struct err e = ERR_INIT;

	(void)state;
	make(&token, "t");
	secret_add(&out, view_of("what was there"));
	assert_true(bearer_oauthbearer(&c, &token, &out, &e));
	assert_string_equal(out.p, "n,a=a=2Cb=3Dc=2C=3D,\x01"
				   "auth=Bearer t\x01\x01");
}

/* The example of Google's description of XOAUTH2. */
static void xoauth2_is_the_message_of_its_description(void **state)
{
	CLEAN(secret) struct secret token = SECRET_INIT;
	CLEAN(secret) struct secret out = SECRET_INIT;
	struct bearer_config c = { "someuser@example.com", "h", 1 };
	struct err e = ERR_INIT;

	(void)state;
	make(&token, "ya29.vF9dft4qmTc2Nvb3RlckBhdHRhdmlzdGEuY29tCg");
	secret_add(&out, view_of("what was there"));
	assert_true(bearer_xoauth2(&c, &token, &out, &e));
	assert_string_equal(
		out.p,
		"user=someuser@example.com\x01"
		"auth=Bearer ya29.vF9dft4qmTc2Nvb3RlckBhdHRhdmlzdGEuY29tCg"
		"\x01\x01");
}

static void a_long_token_goes_whole(void **state)
{
	CLEAN(secret) struct secret token = SECRET_INIT;
	CLEAN(secret) struct secret out = SECRET_INIT;
	struct bearer_config c = { "u", NULL, 0 };
	struct err e = ERR_INIT;

	(void)state;
	while (token.n < LONG_TOKEN)
		make(&token, "0123456789abcdef");
	assert_true(bearer_xoauth2(&c, &token, &out, &e));
	assert_int_equal(out.n, strlen("user=u\x01"
				       "auth=Bearer \x01\x01") +
					LONG_TOKEN);
	assert_memory_equal(out.p + strlen("user=u\x01"
					   "auth=Bearer "),
			    token.p, LONG_TOKEN);
}

static void nothing_can_forge_a_field(void **state)
{
	static const struct {
		const char *user, *host, *token;
	} cases[] = {
		{ "u", "h", "" },
		{ "u", "h",
		  "a\x01"
		  "auth=Bearer b" },
		{ "u", "h", "a b" },
		{ "u", "h", "a\n" },
		{ "u", "h", "a\x7f" },
		{ "u", "h", "a\xc3\xa4" },
		{ "u\x01"
		  "x=y",
		  "h", "t" },
		{ "u\n", "h", "t" },
		{ "u", "h\x01", "t" },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		CLEAN(secret) struct secret token = SECRET_INIT;
		CLEAN(secret) struct secret out = SECRET_INIT;
		struct bearer_config c = { cases[i].user, cases[i].host, 1 };
		struct err e = ERR_INIT;

		make(&token, cases[i].token);
		assert_false(bearer_oauthbearer(&c, &token, &out, &e));
		assert_int_equal(e.kind, ERR_CONFIG);
		assert_false(bearer_xoauth2(&c, &token, &out, &e));
		assert_int_equal(e.kind, ERR_CONFIG);
		assert_false(secret_is_set(&out));
	}
}

static void says_why_a_token_was_refused(void **state)
{
	static const struct {
		const char *json, *why;
	} cases[] = {
		{ "{\"status\":\"invalid_token\",\"scope\":\"example_scope\","
		  "\"openid-configuration\":\"https://example.com/.x\"}",
		  "status invalid_token, scope example_scope" },
		{ "{\"status\":\"400\",\"schemes\":\"bearer\","
		  "\"scope\":\"https://mail.example/\"}",
		  "status 400, scope https://mail.example/" },
		{ "{ \"scope\" :\r\n\t\"s\" }", "scope s" },
		{ "{\"schemes\":\"status\",\"status\":\"401\"}", "status 401" },
		{ "{\"status\":401}", "" },
		{ "{\"status\":\"\"}", "" },
		{ "{\"status\":\"cut off", "" },
		{ "{\"status\":", "" },
		{ "{\"status\"", "" },
		{ "\"", "" },
		{ "", "" },
		{ "no json at all", "" },
		{ "{\"status\":\"\x1b[2Jx\xff\"}", "status ?[2Jx?" },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		CLEAN(str) struct str out = STR_INIT;

		bearer_why(view_of(cases[i].json), &out);
		assert_string_equal(str_chars(&out), cases[i].why);
	}
}

static void what_a_server_says_is_bounded(void **state)
{
	CLEAN(str) struct str json = STR_INIT;
	CLEAN(str) struct str out = STR_INIT;

	(void)state;
	str_adds(&json, "{\"status\":\"");
	for (int i = 0; i < LONG_TOKEN; i++)
		str_addc(&json, 'x');
	str_adds(&json, "\"}");
	bearer_why(str_view(&json), &out);
	assert_true(out.len > 100);
	assert_true(out.len < 200);
	bearer_why(VIEW_NONE, &out);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(oauthbearer_is_the_message_of_the_rfc),
		cmocka_unit_test(
			oauthbearer_quotes_the_user_and_leaves_out_the_unknown),
		cmocka_unit_test(xoauth2_is_the_message_of_its_description),
		cmocka_unit_test(a_long_token_goes_whole),
		cmocka_unit_test(nothing_can_forge_a_field),
		cmocka_unit_test(says_why_a_token_was_refused),
		cmocka_unit_test(what_a_server_says_is_bounded),
	};

	return cmocka_run_group_tests_name("bearer", tests, NULL, NULL);
}
