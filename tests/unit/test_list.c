#include "config.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "base/list.h"

static void strings_are_copies_in_order(void **state)
{
	CLEAN(list) struct list l = LIST_INIT;
	char text[] = "abcdef";

	(void)state;
	list_add(&l, text);
	list_add_view(&l, (struct view){ text + 1, 3 });
	list_add_view(&l, VIEW_NONE);
	memset(text, 'x', sizeof(text) - 1);
	assert_int_equal(l.n, 3);
	assert_string_equal(l.v[0], "abcdef");
	assert_string_equal(l.v[1], "bcd");
	assert_string_equal(l.v[2], "");
}

static void growth_keeps_every_string(void **state)
{
	CLEAN(list) struct list l = LIST_INIT;

	(void)state;
	for (int i = 0; i < 1000; i++) {
		char word[2] = { (char)('a' + i % 26), '\0' };

		list_add(&l, word);
	}
	assert_int_equal(l.n, 1000);
	for (int i = 0; i < 1000; i++)
		assert_int_equal(l.v[i][0], 'a' + i % 26);
}

static void a_string_is_found_whole(void **state)
{
	CLEAN(list) struct list l = LIST_INIT;

	(void)state;
	assert_false(list_has(&l, ""));
	list_add(&l, "one");
	list_add(&l, "two");
	assert_true(list_has(&l, "one"));
	assert_true(list_has(&l, "two"));
	assert_false(list_has(&l, "tw"));
	assert_false(list_has(&l, "two2"));
	assert_false(list_has(&l, "TWO"));
}

static void a_copy_replaces_and_shares_nothing(void **state)
{
	CLEAN(list) struct list from = LIST_INIT, to = LIST_INIT;

	(void)state;
	list_add(&from, "new");
	list_add(&to, "old");
	list_add(&to, "older");
	list_copy(&to, &from);
	list_clear(&from);
	assert_int_equal(from.n, 0);
	assert_int_equal(to.n, 1);
	assert_string_equal(to.v[0], "new");
	list_copy(&to, &to);
	assert_int_equal(to.n, 1);
	assert_string_equal(to.v[0], "new");
}

static void a_cleared_list_takes_strings_again(void **state)
{
	CLEAN(list) struct list l = LIST_INIT;

	(void)state;
	list_clear(&l);
	list_add(&l, "one");
	list_clear(&l);
	list_add(&l, "two");
	assert_int_equal(l.n, 1);
	assert_string_equal(l.v[0], "two");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(strings_are_copies_in_order),
		cmocka_unit_test(growth_keeps_every_string),
		cmocka_unit_test(a_string_is_found_whole),
		cmocka_unit_test(a_copy_replaces_and_shares_nothing),
		cmocka_unit_test(a_cleared_list_takes_strings_again),
	};

	return cmocka_run_group_tests_name("list", tests, NULL, NULL);
}
