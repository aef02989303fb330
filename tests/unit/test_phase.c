#include "config.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "smtp/phase.h"

static enum err_kind judge(enum phase phase, const char *line, struct err *e)
{
	CLEAN(reply) struct reply r = REPLY_INIT;
	struct err ignored;

	*e = ERR_INIT;
	assert_true(reply_add_line(&r, view_of(line), &ignored));
	return phase_check(phase, &r, e) ? ERR_NONE : e->kind;
}

/* What each class means at each step. */
static void each_class_means_at_each_step_what_the_table_says(void **state)
{
	static const struct {
		enum phase phase;
		enum err_kind for2, for3, for4, for5;
	} cases[] = {
		{ PHASE_GREETING, ERR_NONE, ERR_PROTOCOL, ERR_DEFERRED,
		  ERR_PROTOCOL },
		{ PHASE_EHLO, ERR_NONE, ERR_PROTOCOL, ERR_DEFERRED,
		  ERR_PROTOCOL },
		{ PHASE_STARTTLS, ERR_NONE, ERR_PROTOCOL, ERR_DEFERRED,
		  ERR_TLS },
		{ PHASE_AUTH, ERR_NONE, ERR_PROTOCOL, ERR_DEFERRED, ERR_AUTH },
		{ PHASE_RSET, ERR_NONE, ERR_PROTOCOL, ERR_DEFERRED,
		  ERR_PROTOCOL },
		{ PHASE_MAIL, ERR_NONE, ERR_PROTOCOL, ERR_DEFERRED,
		  ERR_REFUSED },
		{ PHASE_RCPT, ERR_NONE, ERR_PROTOCOL, ERR_DEFERRED,
		  ERR_REFUSED },
		{ PHASE_DATA, ERR_PROTOCOL, ERR_NONE, ERR_DEFERRED,
		  ERR_REFUSED },
		{ PHASE_CHUNK, ERR_NONE, ERR_PROTOCOL, ERR_DEFERRED,
		  ERR_REFUSED },
		{ PHASE_BODY, ERR_NONE, ERR_PROTOCOL, ERR_DEFERRED,
		  ERR_REFUSED },
	};
	struct err e;

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		enum phase p = cases[i].phase;

		assert_int_equal(judge(p, "250 x", &e), cases[i].for2);
		assert_int_equal(judge(p, "354 x", &e), cases[i].for3);
		assert_int_equal(judge(p, "451 x", &e), cases[i].for4);
		assert_int_equal(judge(p, "421 x", &e), ERR_DEFERRED);
		assert_int_equal(judge(p, "554 x", &e), cases[i].for5);
		assert_int_equal(judge(p, "530 x", &e),
				 p == PHASE_GREETING ? ERR_PROTOCOL : ERR_AUTH);
		assert_string_equal(e.said, "530 x");
	}
}

static void a_refused_recipient_is_told_from_a_refused_message(void **state)
{
	static const struct {
		const char *line;
		enum err_kind kind;
	} cases[] = {
		{ "550 x", ERR_RECIPIENT },
		{ "551 x", ERR_RECIPIENT },
		{ "553 x", ERR_RECIPIENT },
		{ "550 5.7.1 x", ERR_RECIPIENT },
		{ "554 5.1.2 x", ERR_RECIPIENT },
		{ "501 5.1.3 x", ERR_RECIPIENT },
		{ "554 5.7.1 x", ERR_REFUSED },
		{ "501 x", ERR_REFUSED },
		{ "552 x", ERR_DEFERRED },
		{ "552 5.2.2 x", ERR_DEFERRED },
		{ "450 4.1.1 x", ERR_DEFERRED },
	};
	struct err e;

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(cases); i++)
		assert_int_equal(judge(PHASE_RCPT, cases[i].line, &e),
				 cases[i].kind);
	assert_int_equal(judge(PHASE_MAIL, "550 5.1.1 x", &e), ERR_REFUSED);
	assert_int_equal(judge(PHASE_BODY, "550 5.1.1 x", &e), ERR_REFUSED);
	assert_int_equal(judge(PHASE_BODY, "552 x", &e), ERR_REFUSED);
}

static void words_are_for_people(void **state)
{
	struct err e;

	(void)state;
	judge(PHASE_RCPT, "550 5.1.1 unknown", &e);
	assert_string_equal(e.text, "the server refused the recipient");
	assert_int_equal(e.code, 550);
	judge(PHASE_MAIL, "451 later", &e);
	assert_string_equal(e.text, "the server put off the sender");
	judge(PHASE_AUTH, "535 5.7.8 no", &e);
	assert_non_null(strstr(e.hint, "password"));
}

static void time_limits_are_those_of_the_manual(void **state)
{
	static const struct {
		enum phase phase;
		int seconds;
	} cases[] = {
		{ PHASE_GREETING, 60 }, { PHASE_EHLO, 60 },
		{ PHASE_STARTTLS, 60 }, { PHASE_AUTH, 60 },
		{ PHASE_MAIL, 300 },    { PHASE_RCPT, 300 },
		{ PHASE_DATA, 300 },    { PHASE_CHUNK, 300 },
		{ PHASE_BODY, 600 },    { PHASE_QUIT, 1 },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(cases); i++)
		assert_int_equal(phase_timeout_s(cases[i].phase),
				 cases[i].seconds);
	for (int p = 0; p < PHASE_COUNT; p++) {
		assert_non_null(phase_awaited((enum phase)p));
		assert_true(phase_timeout_s((enum phase)p) > 0);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(
			each_class_means_at_each_step_what_the_table_says),
		cmocka_unit_test(
			a_refused_recipient_is_told_from_a_refused_message),
		cmocka_unit_test(words_are_for_people),
		cmocka_unit_test(time_limits_are_those_of_the_manual),
	};

	return cmocka_run_group_tests_name("phase", tests, NULL, NULL);
}
