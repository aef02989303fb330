#include "config.h"

#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/err.h"
#include "composed.h"

/* --- texts ------------------------------------------------------------------
 */

#define MIME "MIME-Version: 1.0\n"
#define PLAIN MIME "Content-Type: text/plain; charset=utf-8\n"
#define BIT7 "Content-Transfer-Encoding: 7bit\n"
#define QP "Content-Transfer-Encoding: quoted-printable\n"
#define TEN "0123456789"
#define HUNDRED TEN TEN TEN TEN TEN TEN TEN TEN TEN TEN
#define N990                                                                   \
	HUNDRED HUNDRED HUNDRED HUNDRED HUNDRED HUNDRED HUNDRED HUNDRED        \
		HUNDRED TEN TEN TEN TEN TEN TEN TEN TEN TEN

static const struct {
	const char *text, *block, *start;
} text_cases[] = {
	{ "hello", PLAIN BIT7, "hello\n" },
	{ "two\r\nlines\n", PLAIN BIT7, "two\nlines\n" },
	{ "", PLAIN BIT7, "" },
	{ "gr\xc3\xbc\xc3\x9f", PLAIN QP, "gr=C3=BC=C3=9F\n" },
	{ N990 "12345678", PLAIN BIT7, N990 "12345678\n" },
	{ N990 "123456789", PLAIN QP, "0123456789" },
};

static void a_text_alone_is_one_part(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(text_cases); i++) {
		CLEAN(result) struct result r = RESULT_INIT;
		struct compose c = COMPOSE_INIT;

		c.body = text_cases[i].text;
		assert_true(compose(&c, &r));
		assert_string_equal(r.block.s, text_cases[i].block);
		assert_true(
			view_starts(str_view(&r.body), text_cases[i].start));
		assert_true(r.facts.longest <= FACTS_LINE_MAX);
		assert_false(r.facts.has_8bit);
	}
}

static void a_text_may_come_from_a_descriptor(void **state)
{
	CLEAN(result) struct result r = RESULT_INIT;
	struct compose c = COMPOSE_INIT;

	(void)state;
	c.body_fd = open(in_folder("\xc3\x9c ber.txt"), O_RDONLY);
	assert_true(compose(&c, &r));
	close(c.body_fd);
	assert_string_equal(r.body.s, "gr=C3=BC=C3=9F\n");
}

static void a_text_that_is_not_utf8_is_refused_and_where(void **state)
{
	static const char *const texts[][2] = {
		{ "\xff", "line 1, byte 1" },
		{ "ab\n\ncd\xc3\xa4\xe4x\n", "line 3, byte 5" },
		{ "a\xc3", "line 1, byte 2" },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(texts); i++) {
		CLEAN(result) struct result r = RESULT_INIT;
		struct compose c = COMPOSE_INIT;

		c.body = texts[i][0];
		assert_false(compose(&c, &r));
		assert_int_equal(r.err.kind, ERR_MESSAGE);
		assert_non_null(strstr(r.err.text, texts[i][1]));
	}
}

/* A character that a read cuts in two is still one. */
static void a_long_utf8_text_is_taken_whole(void **state)
{
	CLEAN(result) struct result r = RESULT_INIT;
	CLEAN(str) struct str text = STR_INIT;
	struct compose c = COMPOSE_INIT;

	(void)state;
	str_addc(&text, 'x');
	for (int i = 0; i < 20000; i++)
		str_adds(&text, "\xe2\x82\xac");
	c.body = text.s;
	assert_true(compose(&c, &r));
}

/* --- what is in what --------------------------------------------------------
 */

static void parts_are_nested_as_mail_readers_expect(void **state)
{
	struct compose c = COMPOSE_INIT;

	(void)state;
	c.html = in_folder("page.html");
	assert_skeleton(&c, "text/html\n");
	c.body = "text";
	assert_skeleton(&c, "multipart/alternative\n-A\ntext/plain\n"
			    "-A\ntext/html\n-A--\n");
	list_add(&c.inlines, in_folder("a.pdf"));
	assert_skeleton(&c, "multipart/alternative\n-A\ntext/plain\n-A\n"
			    "multipart/related\n-B\ntext/html\n"
			    "-B\napplication/pdf\n-B--\n-A--\n");
	list_clear(&c.inlines);
	list_add(&c.attachments, in_folder("a.pdf"));
	list_add(&c.attachments, in_folder("latin.txt"));
	assert_skeleton(&c, "multipart/mixed\n-A\nmultipart/alternative\n-B\n"
			    "text/plain\n-B\ntext/html\n-B--\n-A\n"
			    "application/pdf\n-A\ntext/plain\n-A--\n");
	c.html = NULL;
	assert_skeleton(&c, "multipart/mixed\n-A\ntext/plain\n-A\n"
			    "application/pdf\n-A\ntext/plain\n-A--\n");
	c.body = NULL;
	assert_skeleton(&c, "multipart/mixed\n-A\napplication/pdf\n"
			    "-A\ntext/plain\n-A--\n");
	compose_free(&c);
	assert_skeleton(&c, "text/plain\n");
}

/* --- header fields ----------------------------------------------------------
 */

static void fields_stand_in_order_and_encoded(void **state)
{
	CLEAN(compose) struct compose c = COMPOSE_INIT;
	CLEAN(result) struct result r = RESULT_INIT;

	(void)state;
	c.from = "J\xc3\xb6rg <j@example.org>";
	c.reply_to = "r@example.org";
	c.subject = "plain subject";
	list_add(&c.to, "a@example.org, \"B, C\" <b@example.org>");
	list_add(&c.to, "d@example.org");
	list_add(&c.cc, "root");
	list_add(&c.bcc, "secret@example.org");
	list_add(&c.headers, "X-One:1");
	list_add(&c.headers, "References: <a@b> =?x?q?y?=");
	assert_true(compose(&c, &r));
	assert_true(view_starts(str_view(&r.block), "From: =?"));
	assert_has(&r.block, "?= <j@example.org>\n"
			     "To: a@example.org, \"B, C\" <b@example.org>, "
			     "d@example.org\n"
			     "Cc: root\nReply-To: r@example.org\n"
			     "Subject: plain subject\nX-One: 1\n"
			     "References: <a@b> =?x?q?y?=\n" PLAIN);
	assert_lacks(&r.block, "secret");
	assert_lacks(&r.block, "\xc3");
}

static void long_lists_are_folded(void **state)
{
	CLEAN(compose) struct compose c = COMPOSE_INIT;
	CLEAN(result) struct result r = RESULT_INIT;
	struct facts facts = FACTS_INIT;

	(void)state;
	for (int i = 0; i < 30; i++)
		list_add(&c.to, "Somebody Else <somebody@example.org>");
	assert_true(compose(&c, &r));
	facts_note(&facts, str_view(&r.block));
	assert_true(facts.longest <= HEADER_FOLD_AT);
	assert_int_equal(headers_find(&r.headers, "To", 1), r.headers.n);
}

static void addresses_in_headers_of_ones_own_are_encoded_as_such(void **state)
{
	CLEAN(compose) struct compose c = COMPOSE_INIT;
	CLEAN(result) struct result r = RESULT_INIT;

	(void)state;
	list_add(&c.headers, "Sender: J\xc3\xb6 <j@example.org>");
	list_add(&c.headers, "To: undisclosed-recipients:;");
	list_add(&c.headers, "X-Text: J\xc3\xb6");
	assert_true(compose(&c, &r));
	assert_has(&r.block, "?= <j@example.org>\n");
	assert_has(&r.block, "To: undisclosed-recipients:;\nX-Text: =?");
}

static const struct {
	const char *text;
	enum err_kind kind; /* with --to, --from, --subject given */
} header_cases[] = {
	{ "X-A: b", ERR_NONE },
	{ "Date: now", ERR_NONE },
	{ "Message-ID: <a@b>", ERR_NONE },
	{ "Cc: a@b", ERR_NONE },
	{ "no colon", ERR_USAGE },
	{ ": nothing", ERR_USAGE },
	{ "", ERR_USAGE },
	{ "To: a@b", ERR_USAGE },
	{ "FROM : a@b", ERR_USAGE },
	{ "subject: x", ERR_USAGE },
	{ "bcc: a@b", ERR_USAGE },
	{ "Resent-Bcc: a@b", ERR_USAGE },
	{ "MIME-Version: 1.0", ERR_USAGE },
	{ "Content-Language: de", ERR_USAGE },
	{ "X-A: b\nBcc: c", ERR_USAGE },
	{ "X-A: b\r", ERR_USAGE },
	{ "X-A: \xff", ERR_MESSAGE },
	{ "Cc: J\xc3\xb6 <a@b", ERR_MESSAGE },
};

static void headers_of_ones_own_are_not_those_that_we_make(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(header_cases); i++) {
		CLEAN(compose) struct compose c = COMPOSE_INIT;
		CLEAN(result) struct result r = RESULT_INIT;

		c.from = "a@example.org";
		c.subject = "s";
		list_add(&c.to, "b@example.org");
		list_add(&c.headers, header_cases[i].text);
		assert_int_equal(compose(&c, &r),
				 header_cases[i].kind == ERR_NONE);
		assert_int_equal(r.err.kind, header_cases[i].kind);
	}
}

/* The same bad value by each way in. */
static void set_value(struct compose *c, size_t way, const char *value)
{
	const char **strings[] = { &c->from, &c->reply_to, &c->subject };
	struct list *lists[] = { &c->to, &c->cc, &c->bcc, &c->headers };

	if (way < ARRAY_LEN(strings))
		*strings[way] = value;
	else
		list_add(lists[way - ARRAY_LEN(strings)], value);
}

#define WAYS 7

static void control_characters_are_refused_everywhere(void **state)
{
	static const char *const bad[] = { "a@b\nBcc: c@d", "a@b\r", "\ta@b",
					   "a@b\x7f", "X: \x1b[1m" };

	(void)state;
	for (size_t way = 0; way < WAYS; way++)
		for (size_t i = 0; i < ARRAY_LEN(bad); i++) {
			CLEAN(compose) struct compose c = COMPOSE_INIT;
			CLEAN(result) struct result r = RESULT_INIT;

			set_value(&c, way, bad[i]);
			assert_false(compose(&c, &r));
			assert_int_equal(r.err.kind, ERR_USAGE);
		}
}

static void bad_addresses_are_refused(void **state)
{
	static const size_t ways[] = { 0, 1, 3, 4, 5 };

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(ways); i++) {
		CLEAN(compose) struct compose c = COMPOSE_INIT;
		CLEAN(result) struct result r = RESULT_INIT;

		set_value(&c, ways[i], "x <a@b");
		assert_false(compose(&c, &r));
		assert_int_equal(r.err.kind, ERR_MESSAGE);
	}
}

static void inline_files_need_html(void **state)
{
	CLEAN(compose) struct compose c = COMPOSE_INIT;
	CLEAN(result) struct result r = RESULT_INIT;

	(void)state;
	list_add(&c.inlines, in_folder("a.pdf"));
	assert_false(compose(&c, &r));
	assert_int_equal(r.err.kind, ERR_USAGE);
}

#define T(name) cmocka_unit_test(name)

int main(void)
{
	const struct CMUnitTest tests[] = {
		T(a_text_alone_is_one_part),
		T(a_text_may_come_from_a_descriptor),
		T(a_text_that_is_not_utf8_is_refused_and_where),
		T(a_long_utf8_text_is_taken_whole),
		T(parts_are_nested_as_mail_readers_expect),
		T(fields_stand_in_order_and_encoded),
		T(long_lists_are_folded),
		T(addresses_in_headers_of_ones_own_are_encoded_as_such),
		T(headers_of_ones_own_are_not_those_that_we_make),
		T(control_characters_are_refused_everywhere),
		T(bad_addresses_are_refused),
		T(inline_files_need_html),
	};

	return cmocka_run_group_tests_name("compose", tests, make_files,
					   remove_files);
}
