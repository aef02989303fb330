#include "config.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "base/base64.h"
#include "base/err.h"
#include "composed.h"

/* --- files ------------------------------------------------------------------
 */

static void compose_file(const char *argument, struct result *r)
{
	CLEAN(compose) struct compose c = COMPOSE_INIT;

	list_add(&c.attachments, argument);
	if (!compose(&c, r))
		fail_msg("%s: %s", argument, r->err.text);
}

static void a_file_is_base64_whatever_it_holds(void **state)
{
	(void)state;
	for (size_t i = 0; i < COMPOSED_FILES; i++) {
		CLEAN(result) struct result r = RESULT_INIT;
		CLEAN(str) struct str argument = STR_INIT;
		CLEAN(str) struct str coded = STR_INIT;
		CLEAN(str) struct str want = STR_INIT;

		str_addf(&argument, "%s:text/x-y",
			 in_folder(composed_files[i].name));
		compose_file(argument.s, &r);
		base64_add(&coded, composed_files[i].bytes);
		str_addc(&want, '\n');
		for (size_t at = 0; at < coded.len; at += 76) {
			str_add(&want, view_part(str_view(&coded), at, 76));
			str_addc(&want, '\n');
		}
		str_adds(&want, "\n--");
		assert_has(&r.body, want.s);
		assert_has(&r.body, "Content-Transfer-Encoding: base64\n");
		assert_false(r.facts.has_8bit);
	}
}

static const struct {
	const char *name, *suffix, *type, *filename;
} argument_cases[] = {
	{ "a.pdf", "", "application/pdf;", "a.pdf" },
	{ "a.pdf", ":x/y", "x/y;", "a.pdf" },
	{ "a.pdf", ":x/y; z=1", "x/y; z=1;", "a.pdf" },
	{ "latin.txt", "", "text/plain;", "latin.txt" },
	{ "empty.txt", "", "text/plain; charset=utf-8;", "empty.txt" },
	{ "a:b", "", "application/octet-stream;", "\"a:b\"" },
	{ "a:b", ":c/d", "c/d;", "\"a:b\"" },
	{ "with:text/x", "", "application/octet-stream;", "x" },
	{ "plain.eml", ":text/plain", "text/plain; charset=utf-8;",
	  "plain.eml" },
	{ "a.pdf", ":multipart/mixed", "application/octet-stream;", "a.pdf" },
};

static void a_type_is_split_off_only_where_it_is_one(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(argument_cases); i++) {
		CLEAN(result) struct result r = RESULT_INIT;
		CLEAN(str) struct str argument = STR_INIT;
		CLEAN(str) struct str type = STR_INIT;
		CLEAN(str) struct str name = STR_INIT;

		str_addf(&argument, "%s%s", in_folder(argument_cases[i].name),
			 argument_cases[i].suffix);
		compose_file(argument.s, &r);
		str_addf(&type, "Content-Type: %s\n", argument_cases[i].type);
		assert_has(&r.body, type.s);
		str_addf(&name,
			 "Content-Disposition: attachment;\n filename=%s\n",
			 argument_cases[i].filename);
		assert_has(&r.body, name.s);
	}
}

static void a_name_of_more_than_ascii_is_rfc_2231(void **state)
{
	CLEAN(result) struct result r = RESULT_INIT;

	(void)state;
	compose_file(in_folder("\xc3\x9c ber.txt"), &r);
	assert_has(&r.body, "filename*=UTF-8''%C3%9C%20ber.txt\n");
	assert_has(&r.body, "Content-Type: text/plain; charset=utf-8;\n");
}

static const struct {
	const char *name, *type, *encoding, *top, *content;
} message_cases[] = {
	{ "plain.eml", "message/rfc822;", "7bit", "7bit",
	  "\n\nSubject: x\n\nbody\n\n--" },
	{ "utf8.eml", "message/rfc822;", "8bit", "8bit",
	  "\n\nSubject: x\n\n\xc3\xa4\n\n--" },
	{ "nul.eml", "application/octet-stream;", "base64", "7bit",
	  "\n\nU3ViamVjdDogeAoKAAo=\n\n--" },
};

static void a_message_is_embedded_not_encoded(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(message_cases); i++) {
		CLEAN(result) struct result r = RESULT_INIT;
		CLEAN(str) struct str text = STR_INIT;

		compose_file(in_folder(message_cases[i].name), &r);
		str_addf(&text, "Content-Transfer-Encoding: %s\n",
			 message_cases[i].top);
		assert_has(&r.block, text.s);
		str_truncate(&text, 0);
		str_addf(&text, "Content-Transfer-Encoding: %s\n",
			 message_cases[i].encoding);
		assert_has(&r.body, text.s);
		assert_has(&r.body, message_cases[i].type);
		assert_has(&r.body, message_cases[i].content);
	}
}

static void an_inline_file_can_be_linked_to(void **state)
{
	CLEAN(compose) struct compose c = COMPOSE_INIT;
	CLEAN(result) struct result r = RESULT_INIT;

	(void)state;
	c.html = in_folder("page.html");
	list_add(&c.inlines, in_folder("a.pdf"));
	list_add(&c.inlines, in_folder("\xc3\x9c ber.txt"));
	assert_true(compose(&c, &r));
	assert_has(&r.body, "Content-ID: <a.pdf>\n");
	assert_has(&r.body, "Content-ID: <___ber.txt>\n");
	assert_has(&r.body, "Content-Disposition: inline;\n");
	assert_has(&r.block, "type=\"text/html\"");
}

static void a_file_that_cannot_be_read_is_named(void **state)
{
	static const char *const names[] = { "missing", "missing:x/y",
					     "with:text", "a.pdf/x" };

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(names); i++) {
		CLEAN(compose) struct compose c = COMPOSE_INIT;
		CLEAN(result) struct result r = RESULT_INIT;
		CLEAN(result) struct result html = RESULT_INIT;

		c.html = in_folder(names[i]);
		assert_false(compose(&c, &html));
		assert_int_equal(html.err.kind, ERR_NOINPUT);
		list_add(&c.attachments, c.html);
		c.html = NULL;
		assert_false(compose(&c, &r));
		assert_int_equal(r.err.kind, ERR_NOINPUT);
		assert_non_null(strstr(r.err.text, in_folder("")));
	}
}

#define T(name) cmocka_unit_test(name)

int main(void)
{
	const struct CMUnitTest tests[] = {
		T(a_file_is_base64_whatever_it_holds),
		T(a_type_is_split_off_only_where_it_is_one),
		T(a_name_of_more_than_ascii_is_rfc_2231),
		T(a_message_is_embedded_not_encoded),
		T(an_inline_file_can_be_linked_to),
		T(a_file_that_cannot_be_read_is_named),
	};

	return cmocka_run_group_tests_name("compose: files", tests, make_files,
					   remove_files);
}
