#include "config.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "smtp/reply.h"

static bool feed(struct reply *r, const char *const *lines, struct err *e)
{
	for (; *lines; lines++)
		if (!reply_add_line(r, view_of(*lines), e))
			return false;
	return true;
}

static void lines_are_joined_and_said_again_with_their_code(void **state)
{
	CLEAN(reply) struct reply r = REPLY_INIT;
	CLEAN(str) struct str said = STR_INIT;
	struct err e = ERR_INIT;
	const char *const lines[] = { "550-5.1.1 no", "550-5.1.1 more", "550",
				      NULL };

	(void)state;
	assert_true(feed(&r, lines, &e));
	assert_true(r.complete);
	assert_int_equal(r.code, 550);
	assert_string_equal(r.text.s, "5.1.1 no\n5.1.1 more\n");
	reply_add_said(&r, &said);
	assert_string_equal(said.s, "550-5.1.1 no\n550-5.1.1 more\n550");
	reply_said(&r, &e);
	assert_int_equal(e.code, 550);
	assert_string_equal(e.said, said.s);
}

static void a_reply_is_complete_at_its_last_line_only(void **state)
{
	CLEAN(reply) struct reply r = REPLY_INIT;
	struct err e = ERR_INIT;

	(void)state;
	assert_true(reply_add_line(&r, view_of("250-a"), &e));
	assert_false(r.complete);
	assert_true(reply_add_line(&r, view_of("250 b"), &e));
	assert_true(r.complete);
}

static void the_status_must_be_of_the_codes_class(void **state)
{
	static const struct {
		const char *line;
		bool has;
		int subject, detail;
	} cases[] = {
		{ "550 5.1.1 no", true, 1, 1 },
		{ "550 5.7.139 no", true, 7, 139 },
		{ "550 5.1.1", true, 1, 1 },
		{ "250 2.0.0 ok", true, 0, 0 },
		{ "550 4.1.1 no", false, 0, 0 },
		{ "550 5.1 no", false, 0, 0 },
		{ "550 5.1.1x", false, 0, 0 },
		{ "550 5.1234.1 no", false, 0, 0 },
		{ "550 no 5.1.1", false, 0, 0 },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		CLEAN(reply) struct reply r = REPLY_INIT;
		struct err e = ERR_INIT;

		assert_true(reply_add_line(&r, view_of(cases[i].line), &e));
		assert_int_equal(r.has_status, cases[i].has);
		if (!cases[i].has)
			continue;
		assert_int_equal(r.status[1], cases[i].subject);
		assert_int_equal(r.status[2], cases[i].detail);
	}
}

static void the_first_lines_status_counts(void **state)
{
	CLEAN(reply) struct reply r = REPLY_INIT;
	struct err e = ERR_INIT;
	const char *const lines[] = { "550-5.1.1 a", "550 5.7.1 b", NULL };

	(void)state;
	assert_true(feed(&r, lines, &e));
	assert_int_equal(r.status[1], 1);
}

static void what_is_no_reply_is_refused(void **state)
{
	static const char *const bad[] = { "",       "2",      "25",
					   "2x0 ok", "199 ok", "600 ok",
					   "250ok",  "-50 ok", " 250 ok",
					   "250\tok" };

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(bad); i++) {
		CLEAN(reply) struct reply r = REPLY_INIT;
		struct err e = ERR_INIT;

		assert_false(reply_add_line(&r, view_of(bad[i]), &e));
		assert_int_equal(e.kind, ERR_PROTOCOL);
	}
}

static void the_code_may_not_change(void **state)
{
	CLEAN(reply) struct reply r = REPLY_INIT;
	struct err e = ERR_INIT;
	const char *const lines[] = { "250-a", "251 b", NULL };

	(void)state;
	assert_false(feed(&r, lines, &e));
	assert_int_equal(e.kind, ERR_PROTOCOL);
}

static void a_line_has_2048_octets_at_most(void **state)
{
	char line[REPLY_LINE_MAX + 1];

	(void)state;
	memset(line, ' ', sizeof(line));
	line[0] = '2';
	line[1] = '5';
	line[2] = '0';
	for (size_t n = REPLY_LINE_MAX; n <= REPLY_LINE_MAX + 1; n++) {
		CLEAN(reply) struct reply r = REPLY_INIT;
		struct err e = ERR_INIT;

		assert_int_equal(
			reply_add_line(&r, (struct view){ line, n }, &e),
			n == REPLY_LINE_MAX);
	}
}

static void a_reply_has_256_lines_at_most(void **state)
{
	CLEAN(reply) struct reply r = REPLY_INIT;
	struct err e = ERR_INIT;

	(void)state;
	for (int i = 0; i < 256; i++)
		assert_true(reply_add_line(&r, view_of("250-x"), &e));
	assert_false(reply_add_line(&r, view_of("250 x"), &e));
	assert_int_equal(e.kind, ERR_PROTOCOL);
	assert_int_equal(r.lines, 256);
}

static void text_is_printable(void **state)
{
	CLEAN(reply) struct reply r = REPLY_INIT;
	struct err e = ERR_INIT;

	(void)state;
	assert_true(reply_add_line(
		&r, view_of("250 a\x1b[1m\rb\xc2\x9b\xff\xc3\xa4"), &e));
	assert_string_equal(r.text.s, "a?[1m?b??\xc3\xa4");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(
			lines_are_joined_and_said_again_with_their_code),
		cmocka_unit_test(a_reply_is_complete_at_its_last_line_only),
		cmocka_unit_test(the_status_must_be_of_the_codes_class),
		cmocka_unit_test(the_first_lines_status_counts),
		cmocka_unit_test(what_is_no_reply_is_refused),
		cmocka_unit_test(the_code_may_not_change),
		cmocka_unit_test(a_line_has_2048_octets_at_most),
		cmocka_unit_test(a_reply_has_256_lines_at_most),
		cmocka_unit_test(text_is_printable),
	};

	return cmocka_run_group_tests_name("reply", tests, NULL, NULL);
}
