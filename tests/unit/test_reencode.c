#include "config.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/err.h"
#include "base/scan.h"
#include "msg/reencode.h"

#define LONG_LINE 999

/* "A: b\nC: d\n" as a header block. */
static void set_block(struct headers *h, const char *text)
{
	struct scan s = scan_of(view_of(text));
	struct view name, rest;

	while (!scan_done(&s) &&
	       header_split(scan_until(&s, '\n'), &name, &rest))
		headers_add(h, name, rest);
}

static const struct {
	const char *block;
	uint64_t longest;
	bool want;
} wanted_cases[] = {
	{ "", 998, false },
	{ "", 999, true },
	{ "Subject: x\n", 999, true },
	{ "Content-Type: text/plain\n", 999, true },
	{ "content-type:  TEXT/html; charset=utf-8\n", 999, true },
	{ "Content-Type:text/x-diff\n", 998, false },
	{ "Content-Type: multipart/mixed; boundary=x\n", 999, false },
	{ "Content-Type: application/pdf\n", 999, false },
	{ "Content-Type: message/rfc822\n", 999, false },
	{ "Content-Type: textual/plain\n", 999, false },
	{ "Content-Type: text/plain\nContent-Type: a/b\n", 999, false },
	{ "Content-Transfer-Encoding: 7bit\n", 999, true },
	{ "Content-Transfer-Encoding: 8BIT \n", 999, true },
	{ "content-transfer-encoding: binary\n", 999, true },
	{ "Content-Transfer-Encoding: base64\n", 999, false },
	{ "Content-Transfer-Encoding: quoted-printable\n", 999, false },
	{ "Content-Transfer-Encoding: x-7bit\n", 999, false },
	{ "Content-Transfer-Encoding: 7bit\nContent-Type: a/b\n", 999, false },
};

static void only_one_unencoded_text_with_long_lines_is_wanted(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(wanted_cases); i++) {
		CLEAN(headers) struct headers h = HEADERS_INIT;
		struct facts f = { .longest = wanted_cases[i].longest };

		set_block(&h, wanted_cases[i].block);
		assert_int_equal(reencode_wanted(&h, &f), wanted_cases[i].want);
	}
}

#define QP "Content-Transfer-Encoding: quoted-printable\n"

static const struct {
	const char *block, *text, *want;
} block_cases[] = {
	{ "A: b\n", "x",
	  "A: b\nMIME-Version: 1.0\n"
	  "Content-Type: text/plain; charset=us-ascii\n" QP },
	{ "A: b\n", "\xc3\xa4",
	  "A: b\nMIME-Version: 1.0\n"
	  "Content-Type: text/plain; charset=utf-8\n" QP },
	{ "A: b\n", "\xe4",
	  "A: b\nMIME-Version: 1.0\n"
	  "Content-Type: text/plain; charset=unknown-8bit\n" QP },
	{ "MIME-Version: 1.0\nContent-Type: text/html\n"
	  "content-transfer-encoding: 8bit\nA: b\n",
	  "\xe4", "MIME-Version: 1.0\nContent-Type: text/html\n" QP "A: b\n" },
	{ "Content-Type: text/x; charset=latin1\n", "\xe4",
	  "Content-Type: text/x; charset=latin1\nMIME-Version: 1.0\n" QP },
};

static void add_body(struct draft *d, const char *text, struct facts *f)
{
	CLEAN(str) struct str body = STR_INIT;
	struct err e = ERR_INIT;

	str_adds(&body, text);
	for (int i = 0; i < LONG_LINE; i++)
		str_addc(&body, 'l');
	str_adds(&body, "\nshort\n");
	assert_true(draft_open(d, &e));
	assert_true(draft_add(d, str_view(&body), &e));
	assert_true(draft_flush(d, &e));
	facts_note(f, str_view(&body));
}

static void the_header_block_says_what_the_body_became(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(block_cases); i++) {
		CLEAN(headers) struct headers h = HEADERS_INIT;
		CLEAN(draft) struct draft from = DRAFT_INIT;
		CLEAN(draft) struct draft to = DRAFT_INIT;
		CLEAN(str) struct str block = STR_INIT;
		struct facts f = FACTS_INIT;
		struct err e = ERR_INIT;

		set_block(&h, block_cases[i].block);
		add_body(&from, block_cases[i].text, &f);
		assert_true(reencode_body(&h, &from, &to, &f, &e));
		headers_write(&h, &block);
		assert_string_equal(block.s, block_cases[i].want);
	}
}

static void the_body_is_short_lines_and_its_facts(void **state)
{
	CLEAN(headers) struct headers h = HEADERS_INIT;
	CLEAN(draft) struct draft from = DRAFT_INIT;
	CLEAN(draft) struct draft to = DRAFT_INIT;
	struct facts f = FACTS_INIT, want = FACTS_INIT;
	struct err e = ERR_INIT;
	char buf[4096];
	size_t got;

	(void)state;
	add_body(&from, "=\xe4 ", &f);
	assert_true(reencode_body(&h, &from, &to, &f, &e));
	assert_true(draft_read(&to, 0, buf, sizeof(buf), &got, &e));
	assert_memory_equal(buf, "=3D=E4 llll", 11);
	assert_memory_equal(buf + got - 8, "l\nshort\n", 8);
	facts_note(&want, (struct view){ buf, got });
	assert_int_equal(f.octets, want.octets);
	assert_int_equal(f.lines, want.lines);
	assert_int_equal(f.longest, 76);
	assert_false(f.has_8bit);
}

static void a_last_line_without_end_gets_one(void **state)
{
	CLEAN(headers) struct headers h = HEADERS_INIT;
	CLEAN(draft) struct draft from = DRAFT_INIT;
	CLEAN(draft) struct draft to = DRAFT_INIT;
	struct facts f = FACTS_INIT;
	struct err e = ERR_INIT;
	char buf[16] = { 0 };
	size_t got;

	(void)state;
	assert_true(draft_open(&from, &e));
	assert_true(draft_add(&from, view_of("x "), &e));
	assert_true(draft_flush(&from, &e));
	assert_true(reencode_body(&h, &from, &to, &f, &e));
	assert_true(draft_read(&to, 0, buf, sizeof(buf) - 1, &got, &e));
	assert_string_equal(buf, "x=20\n");
}

static void a_failure_leaves_the_header_block_alone(void **state)
{
	CLEAN(headers) struct headers h = HEADERS_INIT;
	CLEAN(draft) struct draft to = DRAFT_INIT;
	struct draft closed = DRAFT_INIT;
	struct facts f = { .longest = LONG_LINE };
	struct err e = ERR_INIT;

	(void)state;
	assert_false(reencode_body(&h, &closed, &to, &f, &e));
	assert_int_equal(h.n, 0);
	assert_int_equal(f.longest, LONG_LINE);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(
			only_one_unencoded_text_with_long_lines_is_wanted),
		cmocka_unit_test(the_header_block_says_what_the_body_became),
		cmocka_unit_test(the_body_is_short_lines_and_its_facts),
		cmocka_unit_test(a_last_line_without_end_gets_one),
		cmocka_unit_test(a_failure_leaves_the_header_block_alone),
	};

	return cmocka_run_group_tests_name("reencode", tests, NULL, NULL);
}
