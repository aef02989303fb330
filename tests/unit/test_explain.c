#include "config.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "smtp/explain.h"

static const char *hint_for(enum phase phase, int code, const char *said,
			    struct err *e)
{
	err_set(e, ERR_REFUSED, "x");
	err_said(e, code, said);
	explain_reply(phase, e);
	return e->hint;
}

static void well_known_replies_are_explained(void **state)
{
	static const struct {
		enum phase phase;
		int code;
		const char *said;
		const char *in_hint; /* NULL: none */
	} cases[] = {
		{ PHASE_AUTH, 535, "535 5.7.139 disabled", "switched off" },
		{ PHASE_BODY, 550, "550 5.7.30 basic", "OAuth" },
		{ PHASE_RCPT, 550, "550 5.7.30 REQUIRETLS support required",
		  "require_tls" },
		{ PHASE_AUTH, 535, "535 5.7.3 unsuccessful", "expired" },
		{ PHASE_AUTH, 534, "534-5.7.9 a\n534 5.7.9 b", "app password" },
		{ PHASE_AUTH, 534, "534 5.7.9 a\n534 5.7.9 b", "app password" },
		{ PHASE_AUTH, 535, "535 5.7.8 no", "user and password" },
		{ PHASE_AUTH, 535, "535 no", "user and password" },
		{ PHASE_AUTH, 454, "454 4.7.0 Too many login attempts",
		  "wait" },
		{ PHASE_AUTH, 454, "454 4.7.0 temporary failure", NULL },
		{ PHASE_MAIL, 530, "530 5.7.0 Must issue a STARTTLS command",
		  "tls on" },
		{ PHASE_MAIL, 530, "530 5.7.57 no", "auth on" },
		{ PHASE_MAIL, 530, "530 Authentication required", "auth on" },
		{ PHASE_BODY, 550, "550 5.7.60 no", "from" },
		{ PHASE_BODY, 554, "554 5.2.252 SendAsDenied", "from" },
		{ PHASE_BODY, 554, "554 5.2.0 a; SENDASDENIED; b", "from" },
		{ PHASE_BODY, 550, "550 5.7.26 dmarc", "domain" },
		{ PHASE_MAIL, 552, "552 5.3.4 too big", "larger" },
		{ PHASE_BODY, 552, "552 5.2.3 too big", "larger" },
		{ PHASE_RCPT, 552, "552 5.2.3 x", NULL },
		{ PHASE_MAIL, 421, "421 4.7.28 slow down", "more slowly" },
		{ PHASE_AUTH, 432, "432 4.3.2 connections", "one at a time" },
		{ PHASE_AUTH, 501, "501 5.5.127 soon", "sign in again" },
		{ PHASE_RCPT, 550, "550 5.1.1 no such user", NULL },
		{ PHASE_MAIL, 535, "535 5.7.8 no", NULL },
		{ PHASE_BODY, 550, "550 5.7.300 x", NULL },
		{ PHASE_BODY, 550, "550 see 5.7.30", NULL },
	};
	struct err e;

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		const char *hint = hint_for(cases[i].phase, cases[i].code,
					    cases[i].said, &e);

		if (cases[i].in_hint)
			assert_non_null(strstr(hint, cases[i].in_hint));
		else
			assert_string_equal(hint, "");
	}
}

static void a_hint_that_is_there_stays(void **state)
{
	struct err e;

	(void)state;
	err_set(&e, ERR_AUTH, "x");
	err_said(&e, 535, "535 5.7.8 no");
	err_hint(&e, "mine");
	explain_reply(PHASE_AUTH, &e);
	assert_string_equal(e.hint, "mine");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(well_known_replies_are_explained),
		cmocka_unit_test(a_hint_that_is_there_stays),
	};

	return cmocka_run_group_tests_name("explain", tests, NULL, NULL);
}
