#include "config.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#include "deliver/board.h"

#define ITEMS 5000
#define HANDS 4

static void each_item_is_handed_out_once(void **state)
{
	struct board *b = board_new(ITEMS);
	pid_t hands[HANDS];

	(void)state;
	assert_non_null(b);
	for (size_t i = 0; i < HANDS; i++) {
		size_t at;

		hands[i] = fork();
		if (hands[i] != 0)
			continue;
		while (board_take(b, &b->seat[i], &at)) {
			if (atomic_load(&b->v[at].result) != BOARD_BEGUN)
				_exit(1);
			board_end(b, &b->seat[i], BOARD_DONE);
		}
		_exit(0);
	}
	for (size_t i = 0; i < HANDS; i++) {
		int status = 1;

		assert_int_equal(waitpid(hands[i], &status, 0), hands[i]);
		assert_int_equal(status, 0);
	}
	assert_int_equal(atomic_load(&b->done), ITEMS);
	for (size_t i = 0; i < ITEMS; i++)
		assert_int_equal(atomic_load(&b->v[i].result), BOARD_DONE);
	board_free(&b);
	assert_null(b);
}

static void a_seat_says_who_died_over_what(void **state)
{
	struct board *b = board_new(3);
	size_t at;

	(void)state;
	assert_true(board_take(b, &b->seat[0], &at));
	board_end(b, &b->seat[0], BOARD_BUSY);
	assert_int_equal(atomic_load(&b->seat[0].at), 0);
	assert_true(board_take(b, &b->seat[1], &at));
	assert_int_equal(at, 1);
	assert_int_equal(atomic_load(&b->seat[1].at), 2);
	assert_int_equal(atomic_load(&b->v[0].result), BOARD_BUSY);
	assert_int_equal(atomic_load(&b->v[1].result), BOARD_BEGUN);
	assert_int_equal(atomic_load(&b->v[2].result), BOARD_OPEN);
	board_free(&b);
}

static void nothing_is_begun_after_stop(void **state)
{
	struct board *b = board_new(3);
	size_t at;

	(void)state;
	atomic_store(&b->stop, true);
	assert_false(board_take(b, &b->seat[0], &at));
	assert_int_equal(atomic_load(&b->next), 0);
	board_free(&b);
}

static void a_flag_is_raised_once(void **state)
{
	atomic_bool flag = false;

	(void)state;
	assert_true(board_raise(&flag));
	assert_false(board_raise(&flag));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(each_item_is_handed_out_once),
		cmocka_unit_test(a_seat_says_who_died_over_what),
		cmocka_unit_test(nothing_is_begun_after_stop),
		cmocka_unit_test(a_flag_is_raised_once),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
