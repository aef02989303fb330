#include "config.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "deliver/tale.h"

static void one_after_another(void **state)
{
	CLEAN(tale) struct tale t = TALE_INIT;
	struct err e = ERR_INIT;

	(void)state;
	err_set(&e, ERR_NETWORK, "c: gone");
	err_hint(&e, "look there");
	err_said(&e, 421, "421 no");
	assert_false(tale_join(&t, &e));
	assert_string_equal(e.text, "c: gone");
	err_set(&e, ERR_NETWORK, "a: gone");
	tale_add(&t, &e);
	err_set(&e, ERR_NETWORK, "b: gone");
	tale_add(&t, &e);
	err_set(&e, ERR_DEFERRED, "c: gone");
	err_hint(&e, "look there");
	err_said(&e, 421, "421 no");
	assert_false(tale_join(&t, &e));
	assert_string_equal(e.text, "a: gone; b: gone; c: gone");
	assert_int_equal(e.kind, ERR_DEFERRED);
	assert_string_equal(e.hint, "look there");
	assert_string_equal(e.said, "421 no");
	assert_int_equal(e.code, 421);
}

static void the_last_is_always_told(void **state)
{
	CLEAN(tale) struct tale t = TALE_INIT;
	char text[sizeof(((struct err *)NULL)->text)];
	struct err e = ERR_INIT;

	(void)state;
	memset(text, 'x', sizeof(text));
	text[sizeof(text) - 1] = '\0';
	for (int i = 0; i < 99; i++) {
		err_set(&e, ERR_NETWORK, "%s", text);
		tale_add(&t, &e);
	}
	err_set(&e, ERR_NETWORK, "the last");
	tale_join(&t, &e);
	assert_non_null(strstr(e.text, "xxx...; xxx"));
	assert_non_null(strstr(e.text, "...; and more; the last"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(one_after_another),
		cmocka_unit_test(the_last_is_always_told),
	};

	return cmocka_run_group_tests_name("tale", tests, NULL, NULL);
}
