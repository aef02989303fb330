#include "config.h"

#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#include "queue/usage.h"
#include "spooled.h"

#define NOW INT64_C(1795354295)
#define DAY INT64_C(86400)

static struct err e;

static int64_t size_of(const struct spool *s, const char *id)
{
	char name[64];
	struct stat msg, env;

	snprintf(name, sizeof(name), "%s.msg", id);
	assert_int_equal(fstatat(s->fd, name, &msg, 0), 0);
	snprintf(name, sizeof(name), "%s.env", id);
	assert_int_equal(fstatat(s->fd, name, &env, 0), 0);
	return msg.st_size + env.st_size;
}

/* One that failed at that time; its size. */
static int64_t enter_failed(const struct spool *s, int64_t when,
			    char id[ITEM_ID_SIZE])
{
	CLEAN(draft) struct draft d = DRAFT_INIT;
	CLEAN(item) struct item it = ITEM_INIT;

	spooled_fill(s, &d, &it);
	it.state = ITEM_FAILED;
	it.created = when - 5 * DAY;
	it.last_try = when - DAY;
	it.v[0].when = when;
	assert_true(spool_enter(s, &d, &it, &e));
	memcpy(id, it.id, ITEM_ID_SIZE);
	return size_of(s, id);
}

static bool enter(const struct spool *s)
{
	CLEAN(draft) struct draft d = DRAFT_INIT;
	CLEAN(item) struct item it = ITEM_INIT;

	spooled_fill(s, &d, &it);
	return spool_enter(s, &d, &it, &e);
}

static void tidy(const struct spool *s, int64_t keep_failed_s)
{
	CLEAN(list) struct list reports = LIST_INIT;

	assert_true(spool_tidy(s, NOW, keep_failed_s, &reports, &e));
	assert_int_equal(reports.n, 0);
}

static void what_comes_and_goes_is_counted(void **state)
{
	CLEAN(spool) struct spool s = spooled_open();
	CLEAN(taken) struct taken t = TAKEN_INIT;
	char id[2][ITEM_ID_SIZE];
	int64_t one, two;

	(void)state;
	tidy(&s, -1);
	assert_int_equal(usage_get(&s), 0);
	spooled_enter(&s, id[0]);
	one = size_of(&s, id[0]);
	assert_int_equal(usage_get(&s), one);
	spooled_enter(&s, id[1]);
	two = size_of(&s, id[1]);
	assert_int_equal(usage_get(&s), one + two);
	assert_int_equal(spool_take(&s, id[0], &t, &e), SPOOL_TAKEN);
	assert_true(spool_remove(&s, &t, &e));
	assert_int_equal(usage_get(&s), two);
}

static void a_full_queue_takes_no_more(void **state)
{
	CLEAN(spool) struct spool s = spooled_open();
	char id[ITEM_ID_SIZE];

	(void)state;
	spooled_enter(&s, id);
	s.max_size = 2 * size_of(&s, id) + 5;
	assert_true(enter(&s));
	for (int i = 0; i < 2; i++) {
		e = ERR_INIT;
		assert_false(enter(&s));
		assert_int_equal(e.kind, ERR_DEFERRED);
		assert_non_null(strstr(e.text, "full"));
		assert_non_null(strstr(e.text, "queue_max_size"));
		assert_int_equal(spooled_names(&s), 4);
	}
	/* 0 is no limit. */
	s.max_size = 0;
	assert_true(enter(&s));
}

static void nobody_is_turned_away_by_a_wrong_count(void **state)
{
	static const char *const counts[] = {
		"000000009999999999\n",
		"",
		"rubbish\n",
		"-00000000000000001\n",
		"999999999999999999999999999999\n",
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(counts); i++) {
		CLEAN(spool) struct spool s = spooled_open();
		char id[ITEM_ID_SIZE];

		spooled_enter(&s, id);
		s.max_size = 10 * size_of(&s, id);
		spooled_put(&s, "usage", counts[i]);
		assert_true(enter(&s));
		assert_int_equal(usage_get(&s), 2 * size_of(&s, id));
	}
}

static void to_tidy_is_to_count(void **state)
{
	CLEAN(spool) struct spool s = spooled_open();
	char id[ITEM_ID_SIZE];

	(void)state;
	spooled_enter(&s, id);
	spooled_put(&s, "usage", "000000000000000001\n");
	tidy(&s, -1);
	assert_int_equal(usage_get(&s), size_of(&s, id));
}

static void who_stands_still_with_the_count_stops_nobody(void **state)
{
	CLEAN(spool) struct spool s = spooled_open();
	struct flock lock = { .l_type = F_WRLCK };
	int fd = openat(s.fd, "usage", O_RDWR);

	(void)state;
	assert_int_equal(fcntl(fd, F_OFD_SETLK, &lock), 0);
	s.max_size = 100000;
	assert_true(enter(&s));
	close(fd);
}

static void failed_items_make_room_the_oldest_first(void **state)
{
	CLEAN(spool) struct spool s = spooled_open();
	char id[3][ITEM_ID_SIZE];
	int64_t each = 0;

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(id); i++)
		each = enter_failed(&s, NOW, id[i]);
	s.max_size = 4 * each;
	assert_true(enter(&s));
	assert_true(spooled_has(&s, id[0], ".env"));
	assert_true(enter(&s));
	assert_false(spooled_has(&s, id[0], ".env"));
	assert_true(spooled_has(&s, id[1], ".env"));
	assert_true(enter(&s));
	assert_true(enter(&s));
	assert_false(spooled_has(&s, id[2], ".env"));
	assert_false(enter(&s));
	assert_int_equal(spooled_names(&s), 8);
}

static void failed_items_stay_where_dropping_them_helps_nobody(void **state)
{
	CLEAN(spool) struct spool s = spooled_open();
	char id[ITEM_ID_SIZE];

	(void)state;
	enter_failed(&s, NOW, id);
	s.max_size = 100;
	assert_false(enter(&s));
	assert_true(spooled_has(&s, id, ".env"));
}

static void failed_items_take_a_tenth_at_most(void **state)
{
	CLEAN(spool) struct spool s = spooled_open();
	char id[5][ITEM_ID_SIZE];
	int64_t each = 0;

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(id); i++)
		each = enter_failed(&s, NOW, id[i]);
	assert_true(enter(&s));
	tidy(&s, -1);
	assert_int_equal(spooled_names(&s), 12);
	s.max_size = 10 * (2 * each + 1);
	tidy(&s, -1);
	assert_int_equal(spooled_names(&s), 6);
	assert_false(spooled_has(&s, id[2], ".env"));
	assert_true(spooled_has(&s, id[3], ".env"));
	assert_true(spooled_has(&s, id[4], ".env"));
	assert_true(usage_get(&s) > 2 * each);
	assert_true(usage_get(&s) < 4 * each);
}

static void failed_items_are_dropped_in_time(void **state)
{
	static const int64_t keeps[] = { -1, 14 * DAY, 13 * DAY, 0 };
	static const size_t left[] = { 4, 4, 3, 1 };
	CLEAN(spool) struct spool s = spooled_open();
	char old[ITEM_ID_SIZE], recent[ITEM_ID_SIZE], now[ITEM_ID_SIZE];

	(void)state;
	enter_failed(&s, NOW - 14 * DAY, old);
	enter_failed(&s, NOW - DAY, recent);
	enter_failed(&s, NOW - 1, now);
	assert_true(enter(&s));
	for (size_t i = 0; i < ARRAY_LEN(keeps); i++) {
		tidy(&s, keeps[i]);
		assert_int_equal(spooled_names(&s), 2 * left[i]);
	}
	assert_false(spooled_has(&s, old, ".env"));
}

static void one_that_somebody_looks_after_is_not_dropped(void **state)
{
	CLEAN(spool) struct spool s = spooled_open();
	CLEAN(taken) struct taken t = TAKEN_INIT;
	char id[ITEM_ID_SIZE];

	(void)state;
	enter_failed(&s, NOW - DAY, id);
	assert_int_equal(spool_take(&s, id, &t, &e), SPOOL_TAKEN);
	tidy(&s, 0);
	assert_true(spooled_has(&s, id, ".env"));
}

static void one_that_was_released_meanwhile_is_not_dropped(void **state)
{
	CLEAN(spool) struct spool s = spooled_open();
	CLEAN(census) struct census c = CENSUS_INIT;
	CLEAN(taken) struct taken t = TAKEN_INIT;
	char id[ITEM_ID_SIZE];

	(void)state;
	enter_failed(&s, NOW - DAY, id);
	assert_true(census_take(&s, &c, NULL, &e));
	assert_int_equal(c.n, 1);
	assert_int_equal(spool_take(&s, id, &t, &e), SPOOL_TAKEN);
	t.item.state = ITEM_WAITING;
	assert_true(spool_update(&s, &t, &e));
	taken_free(&t);
	census_drop(&s, &c, 0);
	census_drop_older(&s, &c, NOW);
	assert_true(spooled_has(&s, id, ".env"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_comes_and_goes_is_counted),
		cmocka_unit_test(a_full_queue_takes_no_more),
		cmocka_unit_test(nobody_is_turned_away_by_a_wrong_count),
		cmocka_unit_test(to_tidy_is_to_count),
		cmocka_unit_test(who_stands_still_with_the_count_stops_nobody),
		cmocka_unit_test(failed_items_make_room_the_oldest_first),
		cmocka_unit_test(
			failed_items_stay_where_dropping_them_helps_nobody),
		cmocka_unit_test(failed_items_take_a_tenth_at_most),
		cmocka_unit_test(failed_items_are_dropped_in_time),
		cmocka_unit_test(one_that_somebody_looks_after_is_not_dropped),
		cmocka_unit_test(
			one_that_was_released_meanwhile_is_not_dropped),
	};

	return cmocka_run_group_tests_name("usage", tests, spooled_make_place,
					   spooled_remove_place);
}
