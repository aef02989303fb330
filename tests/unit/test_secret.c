#include "config.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/attr.h"
#include "base/secret.h"

#define MANY 20000

static void holds_what_was_added(void **state)
{
	CLEAN(secret) struct secret s = SECRET_INIT;

	(void)state;
	assert_false(secret_is_set(&s));
	secret_add(&s, view_of("pass"));
	secret_add(&s, (struct view){ "\0word", 5 });
	assert_int_equal(s.n, 9);
	assert_memory_equal(s.p, "pass\0word", 10);
}

static void an_empty_secret_is_a_secret(void **state)
{
	CLEAN(secret) struct secret s = SECRET_INIT;
	CLEAN(secret) struct secret copy = SECRET_INIT;

	(void)state;
	secret_set(&s, VIEW_NONE);
	assert_true(secret_is_set(&s));
	assert_int_equal(s.n, 0);
	assert_string_equal(s.p, "");
	secret_copy(&copy, &s);
	assert_true(secret_is_set(&copy));
}

static void a_copy_of_nothing_is_nothing(void **state)
{
	CLEAN(secret) struct secret s = SECRET_INIT;
	struct secret none = SECRET_INIT;

	(void)state;
	secret_add(&s, view_of("old"));
	secret_copy(&s, &none);
	assert_false(secret_is_set(&s));
	assert_int_equal(s.n, 0);
}

static void grows_over_pages_and_keeps_all(void **state)
{
	CLEAN(secret) struct secret s = SECRET_INIT;

	(void)state;
	for (int i = 0; i < MANY; i++) {
		char c = (char)('a' + i % 26);

		secret_add(&s, (struct view){ &c, 1 });
	}
	assert_int_equal(s.n, MANY);
	assert_true(s.cap > MANY);
	for (int i = 0; i < MANY; i++)
		assert_int_equal(s.p[i], 'a' + i % 26);
	assert_int_equal(s.p[MANY], 0);
}

static void reserving_keeps_what_is_there(void **state)
{
	CLEAN(secret) struct secret s = SECRET_INIT;

	(void)state;
	secret_add(&s, view_of("word"));
	secret_reserve(&s, MANY);
	assert_true(s.cap > MANY);
	assert_string_equal(s.p, "word");
	secret_reserve(&s, 1);
	assert_true(s.cap > MANY);
}

static void a_part_of_itself_can_be_set(void **state)
{
	CLEAN(secret) struct secret s = SECRET_INIT;

	(void)state;
	secret_add(&s, view_of("user:word"));
	secret_set(&s, view_part(secret_view(&s), 5, 4));
	assert_string_equal(s.p, "word");
	assert_int_equal(s.n, 4);
}

static void what_is_cut_off_is_wiped(void **state)
{
	CLEAN(secret) struct secret s = SECRET_INIT;

	(void)state;
	secret_add(&s, view_of("passwordtail"));
	secret_truncate(&s, 100);
	assert_int_equal(s.n, 12);
	secret_truncate(&s, 8);
	assert_string_equal(s.p, "password");
	for (size_t i = 8; i < s.cap; i++)
		assert_int_equal(s.p[i], 0);
}

static void keeps_one_line_and_wipes_the_rest(void **state)
{
	static const struct {
		const char *text, *line;
	} cases[] = {
		{ "one\ntwo", "one" },
		{ "one\r\ntwo", "one" },
		{ "one", "one" },
		{ "one\r", "one" },
		{ "\n", "" },
		{ "\r\n", "" },
		{ "", "" },
		{ "\ntwo", "" },
		{ " \t\n", " \t" },
		{ "a\rb\n", "a\rb" },
		{ "one\n\n\n", "one" },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		CLEAN(secret) struct secret s = SECRET_INIT;

		secret_add(&s, view_of(cases[i].text));
		secret_keep_line(&s);
		assert_string_equal(s.p, cases[i].line);
		assert_int_equal(s.n, strlen(cases[i].line));
		for (size_t k = s.n; k < s.cap; k++)
			assert_int_equal(s.p[k], 0);
	}
}

static void a_line_of_nothing_is_nothing(void **state)
{
	struct secret s = SECRET_INIT;

	(void)state;
	secret_keep_line(&s);
	assert_false(secret_is_set(&s));
}

static void wiping_leaves_zeros(void **state)
{
	char word[] = "password";

	(void)state;
	secret_wipe(word, 4);
	assert_memory_equal(word, "\0\0\0\0word", 9);
}

static void freeing_twice_is_harmless(void **state)
{
	struct secret s = SECRET_INIT;

	(void)state;
	secret_free(&s);
	secret_add(&s, view_of("word"));
	secret_free(&s);
	secret_free(&s);
	assert_false(secret_is_set(&s));
}

/* The flags that the kernel has for the mapping at p: "lo", "dd" and so on. */
static bool mapping_has(const void *p, const char *flag)
{
	FILE *f = fopen("/proc/self/smaps", "r");
	char line[512];
	bool here = false, found = false;

	if (!f)
		return false;
	while (fgets(line, sizeof(line), f)) {
		char *end;
		uintptr_t from = strtoul(line, &end, 16);

		if (*end == '-') {
			uintptr_t to = strtoul(end + 1, &end, 16);

			here = (uintptr_t)p >= from && (uintptr_t)p < to;
		} else if (here && strncmp(line, "VmFlags:", 8) == 0) {
			found = found || strstr(line, flag) != NULL;
		}
	}
	fclose(f);
	return found;
}

static void stays_out_of_core_dumps_and_swap(void **state)
{
	CLEAN(secret) struct secret s = SECRET_INIT;
	size_t page = (size_t)sysconf(_SC_PAGESIZE);
	void *probe = NULL;

	(void)state;
	secret_add(&s, view_of("word"));
	if (access("/proc/self/smaps", R_OK) != 0)
		skip();
	assert_false(mapping_has(&page, " dd"));
	assert_true(mapping_has(s.p, " dd"));
	/* Where memory can be locked at all: limits and sanitizers forbid. */
	assert_int_equal(posix_memalign(&probe, page, page), 0);
	if (mlock(probe, page) == 0 && mapping_has(probe, " lo"))
		assert_true(mapping_has(s.p, " lo"));
	munlock(probe, page);
	free(probe);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(holds_what_was_added),
		cmocka_unit_test(an_empty_secret_is_a_secret),
		cmocka_unit_test(a_copy_of_nothing_is_nothing),
		cmocka_unit_test(grows_over_pages_and_keeps_all),
		cmocka_unit_test(reserving_keeps_what_is_there),
		cmocka_unit_test(a_part_of_itself_can_be_set),
		cmocka_unit_test(what_is_cut_off_is_wiped),
		cmocka_unit_test(keeps_one_line_and_wipes_the_rest),
		cmocka_unit_test(a_line_of_nothing_is_nothing),
		cmocka_unit_test(wiping_leaves_zeros),
		cmocka_unit_test(freeing_twice_is_harmless),
		cmocka_unit_test(stays_out_of_core_dumps_and_swap),
	};

	return cmocka_run_group_tests_name("secret", tests, NULL, NULL);
}
