#include "config.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "queue/release.h"

#define CREATED 1000
#define NOW 90000

static void start(struct item *it)
{
	*it = ITEM_INIT;
	envelope_add_recipient(&it->envelope, "ann@example.org");
	envelope_add_recipient(&it->envelope, "bob@example.org");
	envelope_add_recipient(&it->envelope, "cleo@example.org");
	item_start(it);
	it->created = CREATED;
	it->due = NOW + 7200;
	it->failures = 7;
	it->attempts = 8;
}

static void what_was_held_is_due_and_no_older(void **state)
{
	static const struct {
		enum item_hold hold;
		int64_t held_s, held_since, want_held_s;
	} cases[] = {
		{ HOLD_USER, 0, 80000, 10000 },
		{ HOLD_CREDENTIALS, 500, 80000, 10500 },
		{ HOLD_UNCERTAIN, 500, 0, 500 },
		/* A clock that went back takes nothing away. */
		{ HOLD_CONFIGURATION, 500, NOW + 50, 500 },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		CLEAN(item) struct item it;

		start(&it);
		it.state = ITEM_HELD;
		it.hold = cases[i].hold;
		it.held_s = cases[i].held_s;
		it.held_since = cases[i].held_since;
		it.v[1].progress = ITEM_REFUSED;
		it.v[1].told = true;
		item_release(&it, NOW, "released by hand");
		assert_int_equal(it.state, ITEM_WAITING);
		assert_int_equal(it.hold, HOLD_NONE);
		assert_int_equal(it.due, NOW);
		assert_int_equal(it.held_s, cases[i].want_held_s);
		assert_int_equal(it.held_since, 0);
		assert_int_equal(it.failures, 0);
		assert_int_equal(it.attempts, 8);
		/* Only what has failed as a whole is tried for all. */
		assert_int_equal(it.v[1].progress, ITEM_REFUSED);
		assert_true(it.v[1].told);
		assert_int_equal(it.history.n, 1);
		assert_non_null(strstr(it.history.v[0], "released by hand"));
	}
}

static void what_failed_goes_to_those_who_refused_it(void **state)
{
	CLEAN(item) struct item it;

	(void)state;
	start(&it);
	it.state = ITEM_FAILED;
	it.v[0].progress = ITEM_SENT;
	it.v[1].progress = ITEM_REFUSED;
	it.v[1].told = true;
	it.v[2].progress = ITEM_REFUSED;
	item_release(&it, NOW, "x");
	assert_int_equal(it.state, ITEM_WAITING);
	assert_int_equal(it.v[0].progress, ITEM_SENT);
	assert_int_equal(it.v[1].progress, ITEM_PENDING);
	assert_false(it.v[1].told);
	assert_int_equal(it.v[2].progress, ITEM_PENDING);
	assert_int_equal(it.due, NOW);
	/* It would be too old at once. */
	assert_int_equal(it.held_s, NOW - CREATED);
}

static void what_is_for_later_does_not_go_before(void **state)
{
	CLEAN(item) struct item it;

	(void)state;
	start(&it);
	it.attempts = 0;
	it.state = ITEM_HELD;
	it.hold = HOLD_CREDENTIALS;
	it.held_since = CREATED;
	item_release(&it, NOW, "released: its account is tried again");
	assert_int_equal(it.state, ITEM_WAITING);
	assert_int_equal(it.due, NOW + 7200);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_was_held_is_due_and_no_older),
		cmocka_unit_test(what_is_for_later_does_not_go_before),
		cmocka_unit_test(what_failed_goes_to_those_who_refused_it),
	};

	return cmocka_run_group_tests_name("release", tests, NULL, NULL);
}
