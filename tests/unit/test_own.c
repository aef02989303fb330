#include "config.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "base/err.h"
#include "msg/own.h"

static void a_line_becomes_name_and_value(void **state)
{
	static const struct {
		const char *line, *name, *value;
	} cases[] = {
		{ "X-A: b", "X-A", " b" },
		{ "X-A:b", "X-A", " b" },
		{ "X-A :  b  ", "X-A", " b" },
		{ "X-A: b: c", "X-A", " b: c" },
		{ "X-A: =?utf-8?q?=C3=A4?=", "X-A", " =?utf-8?q?=C3=A4?=" },
		{ "X-A: \xc3\xa4", "X-A", " =?UTF-8?Q?=C3=A4?=" },
		{ "X-A: \xe4", "X-A", " =?UTF-8?Q?=C3=A4?=" },
		{ "X-A: a\xc2\x9b"
		  "b",
		  "X-A", " a b" },
		{ "Reply-To: \xc3\x84 <a@x.org>", "Reply-To",
		  " =?UTF-8?Q?=C3=84?= <a@x.org>" },
		{ "reply-to: A, B <a@x.org>", "reply-to", " A, B <a@x.org>" },
		{ "X-A: a word that is long enough to make this line go on "
		  "for more than it should be",
		  "X-A",
		  " a word that is long enough to make this line go on for "
		  "more than it\n should be" },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		CLEAN(str) struct str value = STR_INIT;
		struct err e = ERR_INIT;
		struct view name;

		assert_true(
			own_parse(view_of(cases[i].line), &name, &value, &e));
		assert_true(view_is(name, cases[i].name));
		assert_string_equal(value.s, cases[i].value);
	}
}

static void what_is_no_field_or_not_for_this_is_refused(void **state)
{
	static const struct {
		const char *line, *why;
		enum err_kind kind;
	} cases[] = {
		{ "", "not of the form", ERR_USAGE },
		{ "no colon", "not of the form", ERR_USAGE },
		{ ": x", "not of the form", ERR_USAGE },
		{ "two words: x", "not of the form", ERR_USAGE },
		{ "\xc3\x84: x", "not of the form", ERR_USAGE },
		{ "X-A:", "has no value", ERR_USAGE },
		{ "X-A:   ", "has no value", ERR_USAGE },
		{ "X-A: b\nBcc: c", "control character", ERR_USAGE },
		{ "X-A: b\r", "control character", ERR_USAGE },
		{ "X-A: \x1b[31m", "control character", ERR_USAGE },
		{ "Bcc: a@x", "'Bcc' is never", ERR_USAGE },
		{ "bCC : a@x", "'bCC' is never", ERR_USAGE },
		{ "Resent-Bcc: a@x", "is never", ERR_USAGE },
		{ "Content-Type: text/html", "belongs to the body", ERR_USAGE },
		{ "content-language: de", "belongs to the body", ERR_USAGE },
		{ "MIME-Version: 1.0", "belongs to the body", ERR_USAGE },
		{ "To: \xc3\x84 <a@x", "is no address", ERR_MESSAGE },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		CLEAN(str) struct str value = STR_INIT;
		struct err e = ERR_INIT;
		struct view name;

		assert_false(
			own_parse(view_of(cases[i].line), &name, &value, &e));
		assert_int_equal(e.kind, cases[i].kind);
		assert_non_null(strstr(e.text, cases[i].why));
	}
}

static void a_name_alone_is_checked_alike(void **state)
{
	static const struct {
		const char *name;
		bool good;
	} cases[] = {
		{ "X-A", true },
		{ "Received", true },
		{ "From", true },
		{ "a!b", true },
		{ "", false },
		{ "X-A:", false },
		{ "X A", false },
		{ "X-\xc3\x84", false },
		{ "BCC", false },
		{ "resent-bcc", false },
		{ "Content-Transfer-Encoding", false },
		{ "Mime-Version", false },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		struct err e = ERR_INIT;

		assert_int_equal(own_check_name(view_of(cases[i].name), &e),
				 cases[i].good);
		assert_int_equal(e.kind, cases[i].good ? ERR_NONE : ERR_USAGE);
	}
}

/* A block of lines without folding into fields. */
static void read_block(const char *text, struct headers *h)
{
	while (*text) {
		size_t n = strcspn(text, "\n");
		struct view name, rest;

		assert_true(
			header_split((struct view){ text, n }, &name, &rest));
		headers_add(h, name, rest);
		text += n + 1;
	}
}

/* Lines divided by | into a list. */
static void split(const char *text, struct list *out)
{
	while (text && *text) {
		size_t n = strcspn(text, "|");

		list_add_view(out, (struct view){ text, n });
		text += n + (text[n] == '|');
	}
}

static void edits_are_made_in_order(void **state)
{
	static const struct {
		const char *remove, *set, *add, *before, *after;
	} cases[] = {
		{ NULL, NULL, NULL, "A: 1\n", "A: 1\n" },
		{ "a", NULL, NULL, "A: 1\nB: 2\na : 3\n", "B: 2\n" },
		{ "A|C", NULL, NULL, "A: 1\nB: 2\nC: 3\n", "B: 2\n" },
		{ "X", NULL, NULL, "A: 1\n", "A: 1\n" },
		{ NULL, "B: 9", NULL, "A: 1\nB: 2\nC: 3\nb: 4\n",
		  "A: 1\nB: 9\nC: 3\n" },
		{ NULL, "X: 9", NULL, "A: 1\n", "X: 9\nA: 1\n" },
		{ NULL, "X: 9|Y: 8|A: 7|X: 6", NULL, "A: 1\n",
		  "X: 6\nY: 8\nA: 7\n" },
		{ NULL, NULL, "X: 1|Y: 2|X: 3", "A: 1\n",
		  "X: 1\nY: 2\nX: 3\nA: 1\n" },
		{ NULL, NULL, "A: 2", "A: 1\n", "A: 2\nA: 1\n" },
		{ NULL, NULL, "Reply-To: a@x", "B: 1\n",
		  "Reply-To: a@x\nB: 1\n" },
		{ NULL, NULL, "Reply-To: a@x|reply-to: b@x", "B: 1\n",
		  "Reply-To: a@x\nB: 1\n" },
		{ NULL, NULL, "Subject: n", "subject: o\n", "subject: o\n" },
		{ "A", "A: 2", "A: 3", "A: 1\nB: 1\n", "A: 2\nA: 3\nB: 1\n" },
		{ "Subject", NULL, "Subject: n", "Subject: o\n",
		  "Subject: n\n" },
		{ "bcc", "Bcc: a@x", "Bcc: b@x", "Bcc: c@x\n", "Bcc: c@x\n" },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		CLEAN(list) struct list removed = LIST_INIT, set = LIST_INIT;
		CLEAN(list) struct list added = LIST_INIT;
		CLEAN(headers) struct headers h = HEADERS_INIT;
		CLEAN(str) struct str block = STR_INIT;
		const struct own_edits edits = { &removed, &set, &added };

		split(cases[i].remove, &removed);
		split(cases[i].set, &set);
		split(cases[i].add, &added);
		read_block(cases[i].before, &h);
		own_apply(&edits, &h);
		headers_write(&h, &block);
		assert_string_equal(str_chars(&block), cases[i].after);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_line_becomes_name_and_value),
		cmocka_unit_test(what_is_no_field_or_not_for_this_is_refused),
		cmocka_unit_test(a_name_alone_is_checked_alike),
		cmocka_unit_test(edits_are_made_in_order),
	};

	return cmocka_run_group_tests_name("own", tests, NULL, NULL);
}
