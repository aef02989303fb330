#include "config.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "cli/progress.h"

#define MIB UINT64_C(1048576)

static void the_line_says_amount_rate_and_time_left(void **state)
{
	static const struct {
		enum progress_unit unit;
		uint64_t done, all;
		int64_t elapsed_ms;
		const char *want;
	} cases[] = {
		{ PROGRESS_BYTES, 3 * MIB, 12 * MIB, 3000,
		  "x: 3.0 MiB of 12.0 MiB, 1.0 MiB/s, 0:09 left" },
		{ PROGRESS_BYTES, 512, 1024, 1000,
		  "x: 512 B of 1.0 KiB, 512 B/s, 0:01 left" },
		{ PROGRESS_BYTES, 2048, 0, 2000, "x: 2.0 KiB, 1.0 KiB/s" },
		{ PROGRESS_BYTES, 1024, 1024, 2000,
		  "x: 1.0 KiB of 1.0 KiB, 512 B/s" },
		{ PROGRESS_BYTES, 1024, UINT64_C(1024) * 7201, 1000,
		  "x: 1.0 KiB of 7.0 MiB, 1.0 KiB/s, 2:00:00 left" },
		{ PROGRESS_BYTES, 0, 100, 5000, "x: 0 B of 100 B, 0 B/s" },
		{ PROGRESS_MESSAGES, 12, 340, 1500,
		  "x: 12 of 340 messages, 8.0/s, 0:41 left" },
		{ PROGRESS_MESSAGES, 300, 340, 1500,
		  "x: 300 of 340 messages, 200/s, 0:00 left" },
		{ PROGRESS_MESSAGES, 0, 5, 1500, "x: 0 of 5 messages, 0.0/s" },
		{ PROGRESS_MESSAGES, 60, 180, 60000,
		  "x: 60 of 180 messages, 1.0/s, 2:00 left" },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		const struct progress p = { .what = "x",
					    .unit = cases[i].unit };
		CLEAN(str) struct str out = STR_INIT;

		progress_add(&out, &p, cases[i].done, cases[i].all,
			     cases[i].elapsed_ms);
		assert_string_equal(out.s, cases[i].want);
	}
}

/* Standard error of a test is no terminal. */
static void nothing_is_shown_in_a_pipe(void **state)
{
	const struct ui ui = { .program = "x" };
	struct progress p;

	(void)state;
	progress_start(&p, &ui, "x", PROGRESS_BYTES);
	p.started_ms -= 10000;
	progress_show(&p, 1, 2);
	assert_int_equal(p.columns, 0);
	assert_false(p.on);
	progress_end(&p);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_line_says_amount_rate_and_time_left),
		cmocka_unit_test(nothing_is_shown_in_a_pipe),
	};

	return cmocka_run_group_tests_name("progress", tests, NULL, NULL);
}
