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

/* RFC 5321, 4.5.3.1.10, and what else 452 can mean. */
static void too_many_is_told_from_no_room(void **state)
{
	static const struct {
		int code;
		const char *said;
		enum err_kind kind;
		bool surplus;
	} cases[] = {
		{ 452, "452 4.5.3 too many", ERR_DEFERRED, true },
		{ 452, "452 too many", ERR_DEFERRED, true },
		{ 552, "552 5.5.3 too many", ERR_DEFERRED, true },
		{ 552, "552 too many", ERR_DEFERRED, true },
		{ 452, "452 4.2.2 full", ERR_DEFERRED, false },
		{ 452, "452 4.3.1 no room", ERR_DEFERRED, false },
		{ 451, "451 4.5.3 odd", ERR_DEFERRED, false },
		{ 450, "450 later", ERR_DEFERRED, false },
		{ 552, "552 5.5.3 refused", ERR_REFUSED, false },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		CLEAN(outcome) struct outcome o = OUTCOME_INIT;
		struct err e = ERR_INIT;

		outcome_init(&o, 2);
		assert_false(outcome_has_surplus(&o));
		err_set(&e, cases[i].kind, "x");
		err_said(&e, cases[i].code, cases[i].said);
		verdict_refuse(&o.v[1], &e);
		assert_int_equal(verdict_is_surplus(&o.v[1]), cases[i].surplus);
		assert_int_equal(outcome_has_surplus(&o), cases[i].surplus);
	}
}

/* In whatever order they were tried. */
static void a_missing_name_gives_way_to_what_may_come_back(void **state)
{
	static const struct {
		enum err_kind before, now, left;
	} cases[] = {
		{ ERR_NETWORK, ERR_NOHOST, ERR_NETWORK },
		{ ERR_DEFERRED, ERR_NOHOST, ERR_DEFERRED },
		{ ERR_NOHOST, ERR_NETWORK, ERR_NETWORK },
		{ ERR_NOHOST, ERR_NOHOST, ERR_NOHOST },
		{ ERR_NETWORK, ERR_REFUSED, ERR_REFUSED },
	};

	(void)state;
	for (size_t i = 0; i < 2 * ARRAY_LEN(cases); i++) {
		CLEAN(outcome) struct outcome o = OUTCOME_INIT;
		CLEAN(outcome) struct outcome now = OUTCOME_INIT;

		outcome_init(&o, 1);
		outcome_init(&now, 1);
		set(&o, 0, cases[i / 2].before);
		set(&now, 0, cases[i / 2].now);
		outcome_take(&o, &now, NULL, i % 2 == 0);
		assert_int_equal(outcome_kind(&o), cases[i / 2].left);
	}
}

static void another_server_may_take_what_was_put_off(void **state)
{
	static const enum err_kind open[] = { ERR_NOHOST, ERR_NETWORK,
					      ERR_DEFERRED };
	struct verdict v = { .settled = false };

	(void)state;
	assert_true(verdict_is_open(&v));
	for (int kind = ERR_NONE; kind < ERR_KIND_COUNT; kind++) {
		bool wanted = false;

		for (size_t i = 0; i < ARRAY_LEN(open); i++)
			wanted = wanted || open[i] == (enum err_kind)kind;
		v = (struct verdict){ .settled = true,
				      .kind = (enum err_kind)kind };
		assert_int_equal(verdict_is_open(&v), wanted);
	}
}

static void later_verdicts_take_their_places(void **state)
{
	static const size_t index[] = { 2, 0 };
	CLEAN(outcome) struct outcome o = OUTCOME_INIT;
	CLEAN(outcome) struct outcome later = OUTCOME_INIT;

	(void)state;
	outcome_init(&o, 3);
	set(&o, 0, ERR_DEFERRED);
	set(&o, 1, ERR_NONE);
	set(&o, 2, ERR_NETWORK);
	outcome_init(&later, 2);
	set(&later, 0, ERR_NONE);
	set(&later, 1, ERR_RECIPIENT);
	later.octets = 7;
	later.code = 250;
	outcome_take(&o, &later, index, false);
	assert_int_equal(o.v[0].kind, ERR_RECIPIENT);
	assert_int_equal(o.v[1].kind, ERR_NONE);
	assert_int_equal(o.v[2].kind, ERR_NONE);
	assert_int_equal(o.octets, 7);
	assert_int_equal(o.code, 250);
	assert_false(later.v[0].settled);
}

/* A fallback whose password is wrong says nothing about the message. */
static void troubles_of_another_account_are_its_own(void **state)
{
	static const enum err_kind own[] = { ERR_AUTH,   ERR_TLS,
					     ERR_CONFIG, ERR_PROTOCOL,
					     ERR_SYSTEM, ERR_IO,
					     ERR_NOHOST };

	(void)state;
	for (int kind = ERR_NONE; kind < ERR_KIND_COUNT; kind++) {
		CLEAN(outcome) struct outcome o = OUTCOME_INIT;
		CLEAN(outcome) struct outcome later = OUTCOME_INIT;
		enum err_kind wanted = (enum err_kind)kind;

		for (size_t i = 0; i < ARRAY_LEN(own); i++)
			if (own[i] == (enum err_kind)kind)
				wanted = ERR_DEFERRED;
		if (kind == ERR_USAGE || kind == ERR_NOINPUT)
			continue; /* of the command line alone */
		outcome_init(&o, 1);
		outcome_init(&later, 1);
		set(&o, 0, ERR_DEFERRED);
		set(&later, 0, (enum err_kind)kind);
		outcome_take(&o, &later, NULL, true);
		assert_int_equal(o.v[0].kind, wanted);
	}
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
		cmocka_unit_test(too_many_is_told_from_no_room),
		cmocka_unit_test(
			a_missing_name_gives_way_to_what_may_come_back),
		cmocka_unit_test(another_server_may_take_what_was_put_off),
		cmocka_unit_test(later_verdicts_take_their_places),
		cmocka_unit_test(troubles_of_another_account_are_its_own),
	};

	return cmocka_run_group_tests_name("outcome", tests, NULL, NULL);
}
