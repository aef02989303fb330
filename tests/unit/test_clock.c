#include "config.h"

#include <limits.h>
#include <poll.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/clock.h"
#include "base/err.h"

#define AN_HOUR_MS 3600000

static void deadlines_are_points_ahead(void **state)
{
	int64_t before = clock_now_ms();
	int64_t deadline = clock_after_s(3600);
	int64_t after = clock_now_ms();

	(void)state;
	assert_true(before > 0);
	assert_true(deadline >= before + AN_HOUR_MS);
	assert_true(deadline <= after + AN_HOUR_MS);
}

static void no_limit_and_too_far_are_never(void **state)
{
	(void)state;
	assert_true(clock_after_s(-1) == CLOCK_NEVER);
	assert_true(clock_after_s(INT64_MIN) == CLOCK_NEVER);
	assert_true(clock_after_s(INT64_MAX) == CLOCK_NEVER);
	assert_true(clock_after_s(INT64_MAX / 1000) == CLOCK_NEVER);
	assert_true(clock_after_s(INT64_MAX / 1000000) < CLOCK_NEVER);
}

static void the_earlier_deadline_wins(void **state)
{
	(void)state;
	assert_true(clock_earlier(1, 2) == 1);
	assert_true(clock_earlier(2, 1) == 1);
	assert_true(clock_earlier(5, CLOCK_NEVER) == 5);
}

static void the_time_left_is_shared(void **state)
{
	int64_t before = clock_now_ms();
	int64_t part = clock_share(before + AN_HOUR_MS, 4);

	(void)state;
	assert_true(part >= before + AN_HOUR_MS / 4);
	assert_true(part <= clock_now_ms() + AN_HOUR_MS / 4);
	assert_true(clock_share(before - 1, 4) == before - 1);
	assert_true(clock_share(CLOCK_NEVER, 4) == CLOCK_NEVER);
}

static void poll_is_told_what_is_left(void **state)
{
	int left;

	(void)state;
	assert_int_equal(clock_poll_ms(CLOCK_NEVER), -1);
	assert_int_equal(clock_poll_ms(0), 0);
	assert_int_equal(clock_poll_ms(clock_now_ms()), 0);
	assert_int_equal(clock_poll_ms(CLOCK_NEVER - 1), INT_MAX);
	left = clock_poll_ms(clock_after_s(3600));
	assert_true(left > AN_HOUR_MS / 2);
	assert_true(left <= AN_HOUR_MS);
}

static void what_is_ready_is_taken_even_when_late(void **state)
{
	struct err e = ERR_INIT;
	int ends[2];

	(void)state;
	assert_int_equal(pipe(ends), 0);
	assert_false(clock_wait_fd(ends[0], POLLIN, 0, &e));
	assert_int_equal(e.kind, ERR_NETWORK);
	assert_string_equal(e.text, "timed out");
	assert_true(clock_wait_fd(ends[1], POLLOUT, 0, &e));
	assert_int_equal(write(ends[1], "x", 1), 1);
	assert_true(clock_wait_fd(ends[0], POLLIN, 0, &e));
	assert_true(clock_wait_fd(ends[0], POLLIN, CLOCK_NEVER, &e));
	close(ends[0]);
	close(ends[1]);
}

static void a_hang_up_ends_the_waiting(void **state)
{
	struct err e = ERR_INIT;
	int ends[2];

	(void)state;
	assert_int_equal(pipe(ends), 0);
	close(ends[1]);
	assert_true(clock_wait_fd(ends[0], POLLIN, CLOCK_NEVER, &e));
	close(ends[0]);
}

static void waiting_ends_at_the_deadline(void **state)
{
	struct err e = ERR_INIT;
	int64_t by = clock_now_ms() + 20;
	int ends[2];

	(void)state;
	assert_int_equal(pipe(ends), 0);
	assert_false(clock_wait_fd(ends[0], POLLIN, by, &e));
	assert_true(clock_now_ms() >= by);
	close(ends[0]);
	close(ends[1]);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(deadlines_are_points_ahead),
		cmocka_unit_test(no_limit_and_too_far_are_never),
		cmocka_unit_test(the_earlier_deadline_wins),
		cmocka_unit_test(the_time_left_is_shared),
		cmocka_unit_test(poll_is_told_what_is_left),
		cmocka_unit_test(what_is_ready_is_taken_even_when_late),
		cmocka_unit_test(a_hang_up_ends_the_waiting),
		cmocka_unit_test(waiting_ends_at_the_deadline),
	};

	return cmocka_run_group_tests_name("clock", tests, NULL, NULL);
}
