#include "config.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "base/list.h"
#include "base/mem.h"
#include "queue/retry.h"
#include "queue/standing.h"
#include "spooled.h"

#define NOW 1000000
#define SEED 7

static struct standing after(enum err_kind kind)
{
	struct standing st = STANDING_INIT;
	struct err e;

	err_set(&e, kind, "so it is");
	(void)standing_note(&st, &e, NOW, SEED);
	return st;
}

/* One row for each kind. */
static const struct {
	enum err_kind kind;
	enum standing_state state;
	enum item_hold hold;
} kinds[] = {
	{ ERR_USAGE, STANDING_GOOD, HOLD_NONE },
	{ ERR_MESSAGE, STANDING_GOOD, HOLD_NONE },
	{ ERR_NOINPUT, STANDING_GOOD, HOLD_NONE },
	{ ERR_RECIPIENT, STANDING_GOOD, HOLD_NONE },
	{ ERR_NOHOST, STANDING_TROUBLE, HOLD_NONE },
	{ ERR_REFUSED, STANDING_GOOD, HOLD_NONE },
	{ ERR_SYSTEM, STANDING_GOOD, HOLD_NONE },
	{ ERR_IO, STANDING_GOOD, HOLD_NONE },
	{ ERR_NETWORK, STANDING_TROUBLE, HOLD_NONE },
	{ ERR_DEFERRED, STANDING_TROUBLE, HOLD_NONE },
	{ ERR_UNCERTAIN, STANDING_GOOD, HOLD_NONE },
	{ ERR_PROTOCOL, STANDING_TROUBLE, HOLD_NONE },
	{ ERR_TLS, STANDING_TROUBLE, HOLD_NONE },
	{ ERR_AUTH, STANDING_HELD, HOLD_CREDENTIALS },
	{ ERR_CONFIG, STANDING_HELD, HOLD_CONFIGURATION },
};

static void each_kind_leads_where_it_should(void **state)
{
	(void)state;
	assert_int_equal(ARRAY_LEN(kinds), ERR_KIND_COUNT - 1);
	for (size_t i = 0; i < ARRAY_LEN(kinds); i++) {
		CLEAN(standing) struct standing st = after(kinds[i].kind);

		assert_int_equal(st.state, kinds[i].state);
		assert_int_equal(st.hold, kinds[i].hold);
		if (st.state == STANDING_GOOD)
			assert_null(st.reason);
		else
			assert_string_equal(st.reason, "so it is");
	}
}

static void trouble_waits_longer_each_time(void **state)
{
	CLEAN(standing) struct standing st = STANDING_INIT;
	struct err e;

	(void)state;
	err_set(&e, ERR_NETWORK, "gone");
	for (int i = 1; i < 12; i++) {
		assert_true(standing_note(&st, &e, NOW, SEED));
		assert_int_equal(st.failures, i);
		assert_int_equal(st.until, NOW + retry_delay_s(i, SEED));
		assert_int_equal(st.since, NOW);
		assert_false(standing_allows(&st, "x", NOW));
		assert_false(standing_allows(&st, "x", st.until - 1));
		assert_true(standing_allows(&st, "x", st.until));
	}
}

static void a_clock_that_was_wrong_makes_nobody_wait(void **state)
{
	CLEAN(standing) struct standing st = after(ERR_NETWORK);

	(void)state;
	assert_true(standing_allows(&st, NULL, NOW - 86400));
}

static void success_ends_trouble_and_is_trust(void **state)
{
	CLEAN(standing) struct standing st = after(ERR_NETWORK);

	(void)state;
	st.told = true;
	assert_int_equal(st.last_success, 0);
	assert_true(standing_note(&st, NULL, NOW + 5, SEED));
	assert_int_equal(st.state, STANDING_GOOD);
	assert_int_equal(st.last_success, NOW + 5);
	assert_int_equal(st.failures, 0);
	assert_null(st.reason);
	assert_false(st.told);
	assert_false(standing_note(&st, NULL, NOW + 6, SEED));
	assert_true(standing_note(&st, NULL, NOW + 5 + 3600, SEED));
	assert_true(standing_note(&st, NULL, NOW, SEED));
}

static void a_hold_ends_by_another_configuration(void **state)
{
	CLEAN(standing) struct standing st = after(ERR_AUTH);

	(void)state;
	assert_false(standing_allows(&st, "old", NOW + 999999));
	st.stamp = mem_copy("old");
	assert_false(standing_allows(&st, "old", NOW + 999999));
	assert_false(standing_allows(&st, NULL, NOW + 999999));
	assert_true(standing_allows(&st, "new", NOW));
}

static void another_fault_is_told_again(void **state)
{
	CLEAN(standing) struct standing st = after(ERR_TLS);
	struct err e;

	(void)state;
	st.told = true;
	err_set(&e, ERR_NETWORK, "gone");
	assert_true(standing_note(&st, &e, NOW + 60, SEED));
	assert_true(st.told);
	assert_int_equal(st.since, NOW);
	err_set(&e, ERR_AUTH, "no");
	assert_true(standing_note(&st, &e, NOW + 90, SEED));
	assert_false(st.told);
	assert_int_equal(st.since, NOW + 90);
}

static void held_time_is_counted(void **state)
{
	CLEAN(standing) struct standing st = after(ERR_AUTH);
	struct err e;

	(void)state;
	assert_int_equal(standing_held_s(&st, NOW - 10, NOW + 100), 100);
	assert_int_equal(standing_held_s(&st, NOW + 40, NOW + 100), 60);
	assert_true(standing_release(&st, NOW + 100));
	assert_false(standing_release(&st, NOW + 100));
	assert_int_equal(standing_held_s(&st, NOW - 10, NOW + 500), 100);
	assert_int_equal(standing_held_s(&st, NOW + 200, NOW + 500), 0);
	err_set(&e, ERR_CONFIG, "no");
	assert_true(standing_note(&st, &e, NOW + 200, SEED));
	assert_int_equal(standing_held_s(&st, NOW, NOW + 250), 150);
	assert_int_equal(standing_held_s(&st, NOW + 90, NOW + 250), 60);
}

static void old_holds_are_forgotten_first(void **state)
{
	CLEAN(standing) struct standing st = STANDING_INIT;
	struct err e;
	int64_t now = NOW;

	(void)state;
	err_set(&e, ERR_AUTH, "no");
	for (int i = 0; i < STANDING_HOLDS_MAX + 3; i++) {
		assert_true(standing_note(&st, &e, now, SEED));
		assert_true(standing_release(&st, now + 10));
		now += 100;
	}
	assert_int_equal(st.n_holds, STANDING_HOLDS_MAX);
	assert_int_equal(st.holds[0].from, NOW + 300);
}

static void what_is_stored_is_loaded(void **state)
{
	CLEAN(spool) struct spool s = spooled_open();
	CLEAN(standing) struct standing st = after(ERR_AUTH);
	CLEAN(standing) struct standing got = STANDING_INIT;
	CLEAN(list) struct list names = LIST_INIT;
	struct err e;

	(void)state;
	st.label = mem_copy("w\xc3\xb6rk account");
	st.stamp = mem_copy("12 34");
	st.last_success = 77;
	st.told = true;
	st.holds[st.n_holds++] = (struct standing_span){ 5, 9 };
	assert_true(standing_store(&s, "work-1", &st, &e));
	standing_load(&s, "work-1", &got);
	assert_int_equal(got.state, st.state);
	assert_int_equal(got.hold, st.hold);
	assert_int_equal(got.since, NOW);
	assert_int_equal(got.last_success, 77);
	assert_string_equal(got.label, st.label);
	assert_string_equal(got.reason, st.reason);
	assert_string_equal(got.stamp, st.stamp);
	assert_true(got.told);
	assert_int_equal(got.n_holds, 1);
	assert_int_equal(got.holds[0].to, 9);
	standing_list(&s, &names);
	assert_int_equal(names.n, 1);
	assert_string_equal(names.v[0], "work-1");
}

static void a_reason_of_several_lines_is_one(void **state)
{
	CLEAN(spool) struct spool s = spooled_open();
	CLEAN(standing) struct standing st = STANDING_INIT;
	CLEAN(standing) struct standing got = STANDING_INIT;
	struct err e;

	(void)state;
	err_set(&e, ERR_AUTH, "refused");
	err_said(&e, 535, "535-no\n535 no\nend");
	assert_true(standing_note(&st, &e, NOW, SEED));
	assert_true(standing_store(&s, "a", &st, &e));
	standing_load(&s, "a", &got);
	assert_string_equal(got.reason, "refused: 535-no 535 no end");
}

#define SPANS "was_held 1 2\nwas_held 1 2\nwas_held 1 2\n"

static const char *const damaged[] = {
	"",
	"postrider-account 1\n",
	"postrider-account 2\nend\n",
	"postrider-account 1\nstate held\n",
	"postrider-account 1\nstate bad\nend\n",
	"postrider-account 1\nhold bad\nend\n",
	"postrider-account 1\nuntil x\nend\n",
	"postrider-account 1\nuntil 5 \nend\n",
	"postrider-account 1\nfailures 99999999999\nend\n",
	"postrider-account 1\nunknown 1\nend\n",
	"postrider-account 1\nreason a\tb\nend\n",
	"postrider-account 1\nwas_held 1\nend\n",
	"postrider-account 1\nstate held\nend\nstate held\n",
	/* More spans than are kept. */
	"postrider-account 1\n" SPANS SPANS SPANS "end\n",
};

static void damage_is_as_nothing(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(damaged); i++) {
		CLEAN(spool) struct spool s = spooled_open();
		CLEAN(standing) struct standing st = STANDING_INIT;

		spooled_put(&s, "x.account", damaged[i]);
		standing_load(&s, "x", &st);
		assert_int_equal(st.state, STANDING_GOOD);
		assert_int_equal(st.n_holds, 0);
		assert_null(st.reason);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(each_kind_leads_where_it_should),
		cmocka_unit_test(trouble_waits_longer_each_time),
		cmocka_unit_test(a_clock_that_was_wrong_makes_nobody_wait),
		cmocka_unit_test(success_ends_trouble_and_is_trust),
		cmocka_unit_test(a_hold_ends_by_another_configuration),
		cmocka_unit_test(another_fault_is_told_again),
		cmocka_unit_test(held_time_is_counted),
		cmocka_unit_test(old_holds_are_forgotten_first),
		cmocka_unit_test(what_is_stored_is_loaded),
		cmocka_unit_test(a_reason_of_several_lines_is_one),
		cmocka_unit_test(damage_is_as_nothing),
	};

	return cmocka_run_group_tests(tests, spooled_make_place,
				      spooled_remove_place);
}
