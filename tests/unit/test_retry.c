#include "config.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/attr.h"
#include "queue/retry.h"

#define SEEDS 20000

/* As postrider-queue(7) has it, in minutes. */
static const int promised[] = { 1, 2, 5, 10, 20, 40, 60, 120, 240 };

static void the_delays_are_as_promised(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(promised); i++) {
		int64_t want = (int64_t)promised[i] * 60, least = INT64_MAX,
			most = 0;

		for (uint32_t seed = 0; seed < SEEDS; seed++) {
			int64_t got = retry_delay_s((int)i + 1, seed);

			least = got < least ? got : least;
			most = got > most ? got : most;
		}
		assert_int_equal(least, want - want / 10);
		assert_int_equal(most, want + want / 10);
	}
}

static void the_last_delay_stays(void **state)
{
	(void)state;
	for (uint32_t seed = 0; seed < SEEDS; seed++) {
		assert_int_equal(retry_delay_s(10, seed),
				 retry_delay_s(9, seed));
		assert_int_equal(retry_delay_s(INT32_MAX, seed),
				 retry_delay_s(9, seed));
	}
}

static void no_failure_counts_as_one(void **state)
{
	(void)state;
	assert_int_equal(retry_delay_s(0, 3), retry_delay_s(1, 3));
	assert_int_equal(retry_delay_s(-1, 3), retry_delay_s(1, 3));
}

static void a_lifetime_ends(void **state)
{
	(void)state;
	assert_int_equal(retry_expiry(1000, 0, 60), 1060);
	assert_int_equal(retry_expiry(1000, 500, 60), 1560);
	assert_int_equal(retry_expiry(1000, 0, 0), 1000);
	assert_int_equal(retry_expiry(1000, 500, -1), INT64_MAX);
	assert_int_equal(retry_expiry(INT64_MAX - 1, 0, 60), INT64_MAX);
	assert_int_equal(retry_expiry(INT64_MAX - 1, 9, 0), INT64_MAX);
}

static void a_clock_that_was_wrong_keeps_nothing_waiting(void **state)
{
	const int64_t now = 1000000, day = 86400;

	(void)state;
	assert_int_equal(retry_due(now + 60, now, now), now + 60);
	assert_int_equal(retry_due(now + 9 * day, now - 5, now), now + 9 * day);
	assert_int_equal(retry_due(now + day + 60, now + day, now),
			 now + day + 60);
	assert_int_equal(retry_due(now + 2 * day, now + day + 1, now), now);
	assert_int_equal(retry_due(now - 7, now + 2 * day, now), now - 7);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_delays_are_as_promised),
		cmocka_unit_test(the_last_delay_stays),
		cmocka_unit_test(no_failure_counts_as_one),
		cmocka_unit_test(a_lifetime_ends),
		cmocka_unit_test(a_clock_that_was_wrong_keeps_nothing_waiting),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
