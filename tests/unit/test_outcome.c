#include "config.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "smtp/outcome.h"

static void set(struct outcome *o, size_t i, enum err_kind kind)
{
	struct err e;

	err_set(&e, kind, "x");
	verdict_refuse(&o->v[i], &e);
}

static void the_gravest_kind_speaks_for_all(void **state)
{
	static const struct {
		enum err_kind a, b, all;
	} cases[] = {
		{ ERR_NONE, ERR_NONE, ERR_NONE },
		{ ERR_NONE, ERR_DEFERRED, ERR_DEFERRED },
		{ ERR_REFUSED, ERR_RECIPIENT, ERR_REFUSED },
		{ ERR_RECIPIENT, ERR_MESSAGE, ERR_RECIPIENT },
		{ ERR_MESSAGE, ERR_DEFERRED, ERR_MESSAGE },
		{ ERR_MESSAGE, ERR_UNCERTAIN, ERR_MESSAGE },
		{ ERR_MESSAGE, ERR_NETWORK, ERR_MESSAGE },
		{ ERR_AUTH, ERR_DEFERRED, ERR_AUTH },
		{ ERR_UNCERTAIN, ERR_DEFERRED, ERR_UNCERTAIN },
		{ ERR_NONE, ERR_IO, ERR_IO },
	};

	(void)state;
	for (size_t i = 0; i < 2 * ARRAY_LEN(cases); i++) {
		CLEAN(outcome) struct outcome o = OUTCOME_INIT;
		size_t c = i / 2;

		outcome_init(&o, 2);
		set(&o, i % 2, cases[c].a);
		set(&o, 1 - i % 2, cases[c].b);
		assert_int_equal(outcome_kind(&o), cases[c].all);
	}
}

static void what_speaks_for_all_is_graver(void **state)
{
	static const enum err_kind order[] = { ERR_REFUSED, ERR_RECIPIENT,
					       ERR_MESSAGE, ERR_DEFERRED };

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(order); i++)
		for (size_t k = 0; k < ARRAY_LEN(order); k++)
			assert_int_equal(outcome_graver(order[i], order[k]),
					 i < k);
}

static void nothing_judged_is_no_success(void **state)
{
	CLEAN(outcome) struct outcome o = OUTCOME_INIT;

	(void)state;
	outcome_init(&o, 2);
	set(&o, 0, ERR_NONE);
	assert_int_not_equal(outcome_kind(&o), ERR_NONE);
	assert_int_equal(outcome_count(&o, ERR_NONE), 1);
}

static void every_kind_but_none_is_a_failure(void **state)
{
	(void)state;
	for (int kind = ERR_NONE + 1; kind < ERR_KIND_COUNT; kind++) {
		CLEAN(outcome) struct outcome o = OUTCOME_INIT;

		outcome_init(&o, 2);
		set(&o, 0, (enum err_kind)kind);
		set(&o, 1, ERR_NONE);
		assert_int_equal(outcome_kind(&o), kind);
	}
}

static void the_first_verdict_stays(void **state)
{
	CLEAN(outcome) struct outcome o = OUTCOME_INIT;
	CLEAN(reply) struct reply r = REPLY_INIT;
	struct err e;

	(void)state;
	outcome_init(&o, 2);
	err_set(&e, ERR_RECIPIENT, "the server refused the recipient");
	err_said(&e, 550, "550 5.1.1 no\n550 5.1.1 more");
	err_hint(&e, "ask them");
	verdict_refuse(&o.v[0], &e);
	assert_true(reply_add_line(&r, view_of("250 2.6.0 taken"), &e));
	verdict_accept(&o.v[0], &r);
	verdict_accept(&o.v[1], &r);
	err_set(&e, ERR_NETWORK, "the server hung up");
	outcome_settle_rest(&o, &e);

	assert_int_equal(o.v[0].kind, ERR_RECIPIENT);
	assert_int_equal(o.v[0].code, 550);
	assert_int_equal(o.v[0].status[0], 5);
	assert_int_equal(o.v[0].status[1], 1);
	assert_string_equal(o.v[0].said, "550 5.1.1 no\n550 5.1.1 more");
	assert_string_equal(o.v[0].why, "the server refused the recipient");
	assert_string_equal(o.v[0].hint, "ask them");
	assert_int_equal(o.v[1].kind, ERR_NONE);
	assert_int_equal(o.v[1].status[1], 6);
	assert_string_equal(o.v[1].said, "250 2.6.0 taken");
	assert_null(o.v[1].why);
	assert_null(o.v[1].hint);
}

static void the_rest_gets_the_reason_of_the_end(void **state)
{
	CLEAN(outcome) struct outcome o = OUTCOME_INIT;
	struct err e;

	(void)state;
	outcome_init(&o, 3);
	set(&o, 1, ERR_NONE);
	err_set(&e, ERR_NETWORK, "the server hung up");
	outcome_settle_rest(&o, &e);
	assert_int_equal(outcome_count(&o, ERR_NETWORK), 2);
	assert_string_equal(o.v[2].why, "the server hung up");
	assert_int_equal(o.v[2].code, 0);
	assert_null(o.v[2].said);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_gravest_kind_speaks_for_all),
		cmocka_unit_test(what_speaks_for_all_is_graver),
		cmocka_unit_test(nothing_judged_is_no_success),
		cmocka_unit_test(every_kind_but_none_is_a_failure),
		cmocka_unit_test(the_first_verdict_stays),
		cmocka_unit_test(the_rest_gets_the_reason_of_the_end),
	};

	return cmocka_run_group_tests_name("outcome", tests, NULL, NULL);
}
