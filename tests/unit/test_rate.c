#include "config.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "queue/rate.h"
#include "spooled.h"

#define NOW 1000000000LL
#define MINUTE 60000LL

static bool take(const struct spool *s, int64_t count, int64_t now,
		 int64_t *wait)
{
	return rate_take(s, "work-1", count, MINUTE, now, wait);
}

static void no_stretch_has_more(void **state)
{
	CLEAN(spool) struct spool s = spooled_open();
	int64_t wait, now = NOW;

	(void)state;
	for (int i = 0; i < 3; i++)
		assert_true(take(&s, 3, now + i * 1000LL, &wait));
	assert_false(take(&s, 3, now + 3000, &wait));
	assert_int_equal(wait, MINUTE - 3000);
	assert_false(take(&s, 3, now + MINUTE - 1, &wait));
	assert_int_equal(wait, 1);
	assert_true(take(&s, 3, now + MINUTE, &wait));
	assert_false(take(&s, 3, now + MINUTE, &wait));
	assert_int_equal(wait, 1000);
	assert_true(take(&s, 3, now + MINUTE + 1000, &wait));
}

static void accounts_do_not_know_each_other(void **state)
{
	CLEAN(spool) struct spool s = spooled_open();
	int64_t wait;

	(void)state;
	assert_true(take(&s, 1, NOW, &wait));
	assert_false(take(&s, 1, NOW, &wait));
	assert_true(rate_take(&s, "home-2", 1, MINUTE, NOW, &wait));
}

static void another_rate_begins_anew(void **state)
{
	CLEAN(spool) struct spool s = spooled_open();
	int64_t wait;

	(void)state;
	assert_true(take(&s, 1, NOW, &wait));
	assert_false(take(&s, 1, NOW + 1, &wait));
	assert_true(take(&s, 2, NOW + 2, &wait));
	assert_true(take(&s, 2, NOW + 3, &wait));
	assert_false(take(&s, 2, NOW + 4, &wait));
}

static void a_clock_that_was_wrong_limits_nothing(void **state)
{
	CLEAN(spool) struct spool s = spooled_open();
	int64_t wait;

	(void)state;
	assert_true(take(&s, 1, NOW + 86400 * 1000LL, &wait));
	assert_true(take(&s, 1, NOW, &wait));
	assert_false(take(&s, 1, NOW + 1, &wait));
}

static void damage_limits_nothing(void **state)
{
	CLEAN(spool) struct spool s = spooled_open();
	int64_t wait;

	(void)state;
	spooled_put(&s, "work-1.rate", "nonsense");
	assert_true(take(&s, 1, NOW, &wait));
	assert_false(take(&s, 1, NOW, &wait));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(no_stretch_has_more),
		cmocka_unit_test(accounts_do_not_know_each_other),
		cmocka_unit_test(another_rate_begins_anew),
		cmocka_unit_test(a_clock_that_was_wrong_limits_nothing),
		cmocka_unit_test(damage_limits_nothing),
	};

	return cmocka_run_group_tests(tests, spooled_make_place,
				      spooled_remove_place);
}
