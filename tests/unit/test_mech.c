#include "config.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "auth/mech.h"
#include "base/ascii.h"
#include "base/attr.h"

#define EVERYTHING                                                             \
	"XOAUTH2 OAUTHBEARER NTLM GS2-KRB5 GSSAPI EXTERNAL LOGIN DIGEST-MD5 "  \
	"CRAM-MD5 PLAIN SCRAM-SHA-1 SCRAM-SHA-256 SCRAM-SHA-1-PLUS "           \
	"SCRAM-SHA-256-PLUS"

static void the_best_that_is_allowed_is_chosen(void **state)
{
	static const struct {
		const char *offered;
		bool encrypted, can_bind;
		const char *chosen; /* NULL: none */
	} cases[] = {
		{ EVERYTHING, true, true, "SCRAM-SHA-256-PLUS" },
		{ EVERYTHING, true, false, "SCRAM-SHA-256" },
		{ EVERYTHING, false, false, "SCRAM-SHA-256" },
		{ "SCRAM-SHA-256 SCRAM-SHA-1-PLUS", true, true,
		  "SCRAM-SHA-1-PLUS" },
		{ "SCRAM-SHA-256 SCRAM-SHA-1-PLUS", true, false,
		  "SCRAM-SHA-256" },
		{ "LOGIN PLAIN SCRAM-SHA-1", true, true, "SCRAM-SHA-1" },
		{ "LOGIN PLAIN SCRAM-SHA-1", false, false, "SCRAM-SHA-1" },
		{ "LOGIN DIGEST-MD5 CRAM-MD5 PLAIN", true, false, "PLAIN" },
		{ "LOGIN DIGEST-MD5 CRAM-MD5", true, false, "CRAM-MD5" },
		{ "LOGIN DIGEST-MD5", true, false, "DIGEST-MD5" },
		{ "LOGIN", true, false, "LOGIN" },
		{ "LOGIN DIGEST-MD5 CRAM-MD5 PLAIN", false, false, NULL },
		{ "NTLM LOGIN", true, true, "LOGIN" },
		{ "EXTERNAL NTLM", true, true, "NTLM" },
		{ "NTLM", false, false, NULL },
		{ "EXTERNAL GSSAPI GS2-KRB5 OAUTHBEARER XOAUTH2", true, true,
		  NULL },
		{ "SCRAM-SHA-256-PLUS SCRAM-SHA-1-PLUS", true, false, NULL },
		{ "plain", true, false, "PLAIN" },
		{ "  X-UNKNOWN   PLAIN ", true, false, "PLAIN" },
		{ "PLAINER XPLAIN PLAI SCRAM-SHA-256-PLUSX", true, true, NULL },
		{ "", true, true, NULL },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		const struct mech *m = mech_choose(view_of(cases[i].offered),
						   cases[i].encrypted,
						   cases[i].can_bind);

		if (cases[i].chosen) {
			assert_non_null(m);
			assert_string_equal(m->name, cases[i].chosen);
		} else {
			assert_null(m);
		}
	}
	assert_null(mech_choose(VIEW_NONE, true, true));
}

static void a_word_is_offered_whole_or_not_at_all(void **state)
{
	(void)state;
	assert_true(mech_offered(view_of("LOGIN PLAIN"), "PLAIN"));
	assert_true(mech_offered(view_of("LOGIN PLAIN"), "LOGIN"));
	assert_true(mech_offered(view_of("Login plain"), "PLAIN"));
	assert_false(mech_offered(view_of("SCRAM-SHA-1-PLUS"), "SCRAM-SHA-1"));
	assert_false(mech_offered(view_of("LOGIN"), "LOGINS"));
	assert_false(mech_offered(view_of(""), "PLAIN"));
	assert_false(mech_offered(VIEW_NONE, "PLAIN"));
}

static void keywords_are_the_names_and_fold_case(void **state)
{
	const struct mech *m;

	(void)state;
	for (size_t i = 0; (m = mech_at(i)) != NULL; i++) {
		assert_int_equal(ascii_casecmp(m->name, m->keyword), 0);
		assert_ptr_equal(mech_find(m->keyword), m);
		assert_ptr_equal(mech_find(m->name), m);
		for (const char *c = m->keyword; *c; c++)
			assert_false(ascii_is_upper(*c));
	}
	assert_null(mech_find("on"));
	assert_null(mech_find(""));
	assert_null(mech_find("plain "));
	assert_null(mech_find("scram-sha-256-plu"));
}

/* What EVERYTHING names is the table, and nothing is in it twice. */
static void the_table_is_the_contracts_list(void **state)
{
	size_t n = 0, letters = 0;
	const struct mech *m;

	(void)state;
	for (; (m = mech_at(n)) != NULL; n++) {
		assert_true(mech_offered(view_of(EVERYTHING), m->name));
		letters += strlen(m->name) + 1;
	}
	assert_int_equal(n, 14);
	assert_int_equal(letters, strlen(EVERYTHING) + 1);
	assert_null(mech_at(n + 1));
	assert_null(mech_at(SIZE_MAX));
}

static void each_says_what_it_needs(void **state)
{
	static const struct {
		const char *keyword;
		bool user, secret, first;
	} cases[] = {
		{ "scram-sha-256-plus", true, true, true },
		{ "scram-sha-1-plus", true, true, true },
		{ "scram-sha-256", true, true, true },
		{ "scram-sha-1", true, true, true },
		{ "plain", true, true, true },
		{ "cram-md5", true, true, false },
		{ "digest-md5", true, true, false },
		{ "login", true, true, false },
		{ "external", false, false, true },
		{ "gssapi", false, false, true },
		{ "gs2-krb5", false, false, true },
		{ "ntlm", true, true, true },
		{ "oauthbearer", true, true, true },
		{ "xoauth2", true, true, true },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		const struct mech *m = mech_find(cases[i].keyword);

		assert_non_null(m);
		assert_int_equal(m->needs_user, cases[i].user);
		assert_int_equal(m->needs_secret, cases[i].secret);
		assert_int_equal(m->client_first, cases[i].first);
		assert_int_equal(m->binds, strstr(m->keyword, "-plus") != NULL);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_best_that_is_allowed_is_chosen),
		cmocka_unit_test(a_word_is_offered_whole_or_not_at_all),
		cmocka_unit_test(keywords_are_the_names_and_fold_case),
		cmocka_unit_test(the_table_is_the_contracts_list),
		cmocka_unit_test(each_says_what_it_needs),
	};

	return cmocka_run_group_tests_name("mech", tests, NULL, NULL);
}
