#include "config.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "base/err.h"
#include "base/mem.h"
#include "config/wish.h"

static void a_time_limit_has_a_mode_and_a_trace(void **state)
{
	static const struct {
		const char *text;
		int seconds; /* 0: none */
		enum envelope_by by;
		bool trace;
	} cases[] = {
		{ "2h", 7200, BY_RETURN, false },
		{ "2h;return", 7200, BY_RETURN, false },
		{ "90;NOTIFY", 90, BY_NOTIFY, false },
		{ "1d;return,trace", 86400, BY_RETURN, true },
		{ "90;N", 90, BY_NOTIFY, false },
		{ "90;r,T", 90, BY_RETURN, true },
		{ "90;NT", 0, 0, 0 },
		{ "1d ; notify , trace", 86400, BY_NOTIFY, true },
		{ "999999999", 999999999, BY_RETURN, false },
		{ "1000000000", 0, 0, 0 },
		{ "off", 0, 0, 0 },
		{ "", 0, 0, 0 },
		{ ";return", 0, 0, 0 },
		{ "2h;", 0, 0, 0 },
		{ "2h;,trace", 0, 0, 0 },
		{ "2h;return,", 0, 0, 0 },
		{ "2h;return,trac", 0, 0, 0 },
		{ "2h;return,trace,trace", 0, 0, 0 },
		{ "2h;bounce", 0, 0, 0 },
		{ "2h,trace", 0, 0, 0 },
		{ "-2h", 0, 0, 0 },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		struct envelope_wishes w = { 0 };
		bool ok = wish_deliver_by(view_of(cases[i].text), &w);

		assert_int_equal(ok, cases[i].seconds > 0);
		if (!ok)
			continue;
		assert_int_equal(w.by_s, cases[i].seconds);
		assert_int_equal(w.by, cases[i].by);
		assert_int_equal(w.by_trace, cases[i].trace);
	}
}

static void a_rate_is_a_number_of_a_unit(void **state)
{
	static const struct {
		const char *text;
		int count, seconds; /* 0: none */
	} cases[] = {
		{ "30/minute", 30, 60 },
		{ "1/second", 1, 1 },
		{ "500/HOUR", 500, 3600 },
		{ "5 / m", 5, 60 },
		{ "5/s", 5, 1 },
		{ "5/h", 5, 3600 },
		{ "1000000/hour", 1000000, 3600 },
		{ "1000001/hour", 0, 0 },
		{ "0/minute", 0, 0 },
		{ "-1/minute", 0, 0 },
		{ "30", 0, 0 },
		{ "30/", 0, 0 },
		{ "/minute", 0, 0 },
		{ "30/minutes", 0, 0 },
		{ "30/minute/2", 0, 0 },
		{ "30x/minute", 0, 0 },
		{ "30/day", 0, 0 },
		{ "", 0, 0 },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		struct wish_rate r = { 0 };

		assert_int_equal(wish_rate(view_of(cases[i].text), &r),
				 cases[i].count > 0);
		if (cases[i].count == 0)
			continue;
		assert_int_equal(r.count, cases[i].count);
		assert_int_equal(r.seconds, cases[i].seconds);
	}
}

static void a_priority_is_one_digit(void **state)
{
	static const struct {
		const char *text;
		bool ok;
		int priority;
	} cases[] = {
		{ "-9", true, -9 },  { "9", true, 9 },    { "+3", true, 3 },
		{ "0", true, 0 },    { "-0", true, 0 },   { "10", false, 0 },
		{ "", false, 0 },    { "-", false, 0 },   { "--1", false, 0 },
		{ "+-1", false, 0 }, { "-+1", false, 0 }, { "high", false, 0 },
		{ "1 ", false, 0 },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		struct envelope_wishes w = { 0 };

		assert_int_equal(wish_priority(view_of(cases[i].text), &w),
				 cases[i].ok);
		if (!cases[i].ok)
			continue;
		assert_true(w.has_priority);
		assert_int_equal(w.priority, cases[i].priority);
	}
}

static void a_hold_fits_nine_digits_or_is_off(void **state)
{
	struct envelope_wishes w = { .hold_for_s = 5 };

	(void)state;
	assert_true(wish_hold_for(view_of("OFF"), &w));
	assert_int_equal(w.hold_for_s, 0);
	assert_true(wish_hold_for(view_of("30m"), &w));
	assert_int_equal(w.hold_for_s, 1800);
	assert_false(wish_hold_for(view_of("1000000000"), &w));
	assert_false(wish_hold_for(view_of("0"), &w));
}

static void set(struct account *a, enum key_id id, const char *value)
{
	struct err e = ERR_INIT;

	assert_true(account_set(a, key_at(id), view_of(value),
				(struct origin){ .kind = ORIGIN_OPTION }, &e));
}

static void an_account_says_all_of_them(void **state)
{
	CLEAN(account) struct account a = { 0 };
	struct envelope_wishes w;
	struct err e = ERR_INIT;

	(void)state;
	account_init(&a, "x");
	assert_true(wish_read(&a, 1000, &w, &e));
	assert_true(w.by == BY_UNSET && w.hold_for_s == 0 &&
		    w.hold_until == 0 && !w.has_priority && !w.require_tls);
	set(&a, KEY_ID_deliver_by, "90;notify");
	set(&a, KEY_ID_hold_for, "1m");
	set(&a, KEY_ID_hold_until, "+5");
	set(&a, KEY_ID_priority, "-4");
	set(&a, KEY_ID_require_tls, "on");
	assert_true(wish_read(&a, 1000, &w, &e));
	assert_int_equal(w.by, BY_NOTIFY);
	assert_int_equal(w.by_s, 90);
	assert_int_equal(w.hold_for_s, 60);
	assert_true(w.hold_until == 1005);
	assert_int_equal(w.priority, -4);
	assert_true(w.require_tls);
}

static void a_time_that_has_come_is_no_wish(void **state)
{
	CLEAN(account) struct account a = { 0 };
	struct envelope_wishes w;
	struct err e = ERR_INIT;

	(void)state;
	account_init(&a, "x");
	set(&a, KEY_ID_hold_until, "1970-01-01T00:16:40Z");
	assert_true(wish_read(&a, 999, &w, &e));
	assert_true(w.hold_until == 1000);
	assert_false(wish_read(&a, 1000, &w, &e));
	assert_int_equal(e.kind, ERR_CONFIG);
	assert_non_null(strstr(e.text, "has passed"));
}

/* Files and options are told at once. */
static void what_is_none_is_refused_when_it_is_read(void **state)
{
	static const struct {
		enum key_id id;
		const char *value;
	} cases[] = {
		{ KEY_ID_deliver_by, "soon" },
		{ KEY_ID_deliver_by, "2h;bounce" },
		{ KEY_ID_hold_for, "1000000000" },
		{ KEY_ID_hold_until, "tomorrow" },
		{ KEY_ID_hold_until, "2026-02-30 10:00" },
		{ KEY_ID_priority, "10" },
		{ KEY_ID_priority, "high" },
		{ KEY_ID_require_tls, "yes" },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		CLEAN(account) struct account a = { 0 };
		const struct key *k = key_at(cases[i].id);
		struct err e = ERR_INIT;

		account_init(&a, "x");
		assert_false(account_set(
			&a, k, view_of(cases[i].value),
			(struct origin){ .kind = ORIGIN_OPTION }, &e));
		assert_int_equal(e.kind, ERR_CONFIG);
		assert_non_null(strstr(e.text, k->name));
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_time_limit_has_a_mode_and_a_trace),
		cmocka_unit_test(a_rate_is_a_number_of_a_unit),
		cmocka_unit_test(a_priority_is_one_digit),
		cmocka_unit_test(a_hold_fits_nine_digits_or_is_off),
		cmocka_unit_test(an_account_says_all_of_them),
		cmocka_unit_test(a_time_that_has_come_is_no_wish),
		cmocka_unit_test(what_is_none_is_refused_when_it_is_read),
	};

	return cmocka_run_group_tests_name("wish", tests, NULL, NULL);
}
