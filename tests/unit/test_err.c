#include "config.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <sysexits.h>

#include <cmocka.h>

#include "base/err.h"

/* One row for each row of the table in postrider(1), "EXIT STATUS". */
static const struct {
	enum err_kind kind;
	int status;
	enum err_retry retry;
} promised[] = {
	{ ERR_NONE, 0, ERR_RETRY_NEVER },
	{ ERR_USAGE, 64, ERR_RETRY_NEVER },
	{ ERR_MESSAGE, 65, ERR_RETRY_NEVER },
	{ ERR_NOINPUT, 66, ERR_RETRY_NEVER },
	{ ERR_RECIPIENT, 67, ERR_RETRY_NEVER },
	{ ERR_NOHOST, 68, ERR_RETRY_LATER },
	{ ERR_REFUSED, 69, ERR_RETRY_NEVER },
	{ ERR_SYSTEM, 71, ERR_RETRY_NEVER },
	{ ERR_IO, 74, ERR_RETRY_NEVER },
	{ ERR_NETWORK, 75, ERR_RETRY_LATER },
	{ ERR_DEFERRED, 75, ERR_RETRY_LATER },
	{ ERR_UNCERTAIN, 75, ERR_RETRY_LATER },
	{ ERR_PROTOCOL, 76, ERR_RETRY_LATER },
	{ ERR_TLS, 76, ERR_RETRY_LATER },
	{ ERR_AUTH, 77, ERR_RETRY_HELD },
	{ ERR_CONFIG, 78, ERR_RETRY_HELD },
};

static void every_kind_has_its_status_and_retry(void **state)
{
	(void)state;
	assert_int_equal(ARRAY_LEN(promised), ERR_KIND_COUNT);
	for (size_t i = 0; i < ARRAY_LEN(promised); i++) {
		struct err e = ERR_INIT;

		assert_int_equal(promised[i].kind, i);
		assert_false(err_set(&e, promised[i].kind, "x"));
		assert_int_equal(e.kind, promised[i].kind);
		assert_int_equal(err_exit_status(&e), promised[i].status);
		assert_int_equal(err_retry(&e), promised[i].retry);
	}
}

static void every_status_has_its_name(void **state)
{
	static const struct {
		int status;
		const char *name;
	} cases[] = {
		{ 0, "EX_OK" },           { 64, "EX_USAGE" },
		{ 65, "EX_DATAERR" },     { 66, "EX_NOINPUT" },
		{ 67, "EX_NOUSER" },      { 68, "EX_NOHOST" },
		{ 69, "EX_UNAVAILABLE" }, { 70, "EX_SOFTWARE" },
		{ 71, "EX_OSERR" },       { 74, "EX_IOERR" },
		{ 75, "EX_TEMPFAIL" },    { 76, "EX_PROTOCOL" },
		{ 77, "EX_NOPERM" },      { 78, "EX_CONFIG" },
		{ 1, "EX_SOFTWARE" },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(cases); i++)
		assert_string_equal(err_status_name(cases[i].status),
				    cases[i].name);
}

static void context_goes_in_front(void **state)
{
	struct err e = ERR_INIT;

	(void)state;
	assert_false(err_set(&e, ERR_NETWORK, "connection refused"));
	assert_false(err_said(&e, 421, "421 bye"));
	assert_false(err_hint(&e, "try '%s'", "later"));
	assert_false(err_context(&e, "server '%s'", "mx.example.org"));
	assert_false(err_context(&e, "account '%s'", "work"));
	assert_string_equal(e.text, "account 'work': server 'mx.example.org': "
				    "connection refused");
	assert_int_equal(e.kind, ERR_NETWORK);
	assert_int_equal(e.code, 421);
	assert_string_equal(e.said, "421 bye");
	assert_string_equal(e.hint, "try 'later'");
}

static void setting_starts_anew(void **state)
{
	struct err e = ERR_INIT;

	(void)state;
	err_set(&e, ERR_AUTH, "first");
	err_said(&e, 535, "535 no");
	err_hint(&e, "hint");
	err_set(&e, ERR_IO, "second");
	assert_string_equal(e.text, "second");
	assert_string_equal(e.said, "");
	assert_string_equal(e.hint, "");
	assert_int_equal(e.code, 0);
}

static void what_does_not_print_becomes_a_question_mark(void **state)
{
	static const char hostile[] = "a\r\n\x1b[m\x7f\xc2\x9b\xff\xc3\xa4";
	static const char harmless[] = "a???[m???\xc3\xa4";
	struct err e = ERR_INIT;

	(void)state;
	err_set(&e, ERR_IO, "%s", hostile);
	assert_string_equal(e.text, harmless);
	err_hint(&e, "%s", hostile);
	assert_string_equal(e.hint, harmless);
	err_set(&e, ERR_IO, "in");
	err_context(&e, "%s", hostile);
	assert_memory_equal(e.text, harmless, strlen(harmless));
	errno = ENOENT;
	err_errno(&e, "%s", hostile);
	assert_memory_equal(e.text, harmless, strlen(harmless));
}

static void arguments_may_lie_within_the_error(void **state)
{
	struct err e = ERR_INIT;

	(void)state;
	err_set(&e, ERR_IO, "deep");
	err_set(&e, ERR_CONFIG, "[%s]", e.text);
	assert_string_equal(e.text, "[deep]");
	err_context(&e, "<%s>", e.text);
	assert_string_equal(e.text, "<[deep]>: [deep]");
	err_hint(&e, "h");
	err_hint(&e, "%s and %s", e.hint, e.hint);
	assert_string_equal(e.hint, "h and h");
	errno = ENOENT;
	err_errno(&e, "%.5s", e.text);
	assert_memory_equal(e.text, "<[dee: ", 7);
}

/* Two-byte characters from an odd place on, so that the cut meets a middle. */
static void fill(char *text, size_t size)
{
	text[0] = 'x';
	for (size_t i = 1; i + 2 < size; i += 2)
		memcpy(text + i, "\xc3\xa4", 3);
}

static void too_long_a_text_is_cut_between_characters(void **state)
{
	char text[4002];
	struct err e = ERR_INIT;

	(void)state;
	fill(text, sizeof(text));
	err_set(&e, ERR_IO, "%s", text);
	assert_int_equal(strlen(e.text), 767);
	assert_memory_equal(e.text, text, 767);
	err_set(&e, ERR_IO, "y%s", text);
	assert_int_equal(strlen(e.text), 766);
	assert_memory_equal(e.text + 1, text, 765);
	err_hint(&e, "%s", text);
	assert_memory_equal(e.hint, text, 511);
	err_said(&e, 550, text);
	assert_memory_equal(e.said, text, 1023);
	err_said(&e, 550, text + 1);
	assert_int_equal(strlen(e.said), 1022);
}

static void a_long_place_leaves_room_for_the_reason(void **state)
{
	char text[4002];
	struct err e = ERR_INIT;

	(void)state;
	fill(text, sizeof(text));
	errno = ENOSPC;
	err_errno(&e, "%s", text);
	assert_non_null(strstr(e.text, strerror(ENOSPC)));
	err_set(&e, ERR_IO, "the reason");
	err_context(&e, "%s", text);
	assert_non_null(strstr(e.text, ": the reason"));
}

static void errno_decides_between_disk_and_system(void **state)
{
	static const struct {
		int number;
		enum err_kind kind;
	} cases[] = {
		{ EIO, ERR_IO },        { ENOSPC, ERR_IO },
		{ EDQUOT, ERR_IO },     { EROFS, ERR_IO },
		{ EFBIG, ERR_IO },      { EINVAL, ERR_SYSTEM },
		{ EACCES, ERR_SYSTEM }, { EMFILE, ERR_SYSTEM },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		struct err e = ERR_INIT;

		errno = cases[i].number;
		assert_false(err_errno(&e, "cannot open '%s'", "f"));
		assert_int_equal(e.kind, cases[i].kind);
		assert_memory_equal(e.text, "cannot open 'f': ", 17);
		assert_string_equal(e.text + 17, strerror(cases[i].number));
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_kind_has_its_status_and_retry),
		cmocka_unit_test(every_status_has_its_name),
		cmocka_unit_test(context_goes_in_front),
		cmocka_unit_test(setting_starts_anew),
		cmocka_unit_test(what_does_not_print_becomes_a_question_mark),
		cmocka_unit_test(arguments_may_lie_within_the_error),
		cmocka_unit_test(too_long_a_text_is_cut_between_characters),
		cmocka_unit_test(a_long_place_leaves_room_for_the_reason),
		cmocka_unit_test(errno_decides_between_disk_and_system),
	};

	return cmocka_run_group_tests_name("err", tests, NULL, NULL);
}
