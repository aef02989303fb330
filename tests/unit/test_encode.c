#include "config.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "msg/encode.h"

/* Two letters that need it, as they are and as they become. */
#define AE "\xc3\x84"
#define OE "\xc3\x96"
#define Q(text) "=?UTF-8?Q?" text "?="
#define B(text) "=?UTF-8?B?" text "?="
#define QAE Q("=C3=84")

static void check(const char *name, const char *before, const char *after)
{
	CLEAN(headers) struct headers h = HEADERS_INIT;
	CLEAN(str) struct str block = STR_INIT, wanted = STR_INIT;

	headers_add(&h, view_of(name), view_of(before));
	encode_headers(&h);
	headers_write(&h, &block);
	str_addf(&wanted, "%s:%s\n", name, after);
	assert_string_equal(block.s, wanted.s);
}

static void texts_are_encoded_whole(void **state)
{
	static const struct {
		const char *before, *after;
	} cases[] = {
		{ " " AE, " " QAE },
		{ AE, " " QAE },
		{ " a " AE " b", " " Q("a_=C3=84_b") },
		{ " a\n\t" AE, " " Q("a_=C3=84") },
		{ " =?utf-8?q?=C3=96?= " AE, " " B("w5Ygw4Q=") },
		{ " =?iso-8859-1?q?=D6?= " AE, " " B("w5Ygw4Q=") },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		check("Subject", cases[i].before, cases[i].after);
		check("comments", cases[i].before, cases[i].after);
	}
}

static void names_in_addresses_are_encoded(void **state)
{
	static const struct {
		const char *before, *after;
	} cases[] = {
		{ " " AE " <a@x>", " " QAE " <a@x>" },
		{ AE "<a@x>", " " QAE " <a@x>" },
		{ " \"" AE "\" <a@x>", " " QAE " <a@x>" },
		{ " \"" AE ", B\" <a@x>", " " Q("=C3=84=2C_B") " <a@x>" },
		{ " \"" AE " \\\" <x>\" <a@x>",
		  " " Q("=C3=84_=22_=3Cx=3E") " <a@x>" },
		{ " A <a@x>, " AE " <b@x> , c@x",
		  " A <a@x>, " QAE " <b@x> , c@x" },
		{ " " AE "\n\tB <a@x>,\n c@x",
		  " " Q("=C3=84_B") " <a@x>, c@x" },
		{ " " AE ": a@x, " AE " <b@x>;, c@x",
		  " " QAE " : a@x, " QAE " <b@x>;, c@x" },
		{ " a@x (" AE ")", " a@x (" QAE ")" },
		{ " a@[IPv6:::1] (" AE ")", " a@[IPv6:::1] (" QAE ")" },
		{ " <a@x> (" AE "), b@x", " <a@x> (" QAE "), b@x" },
		{ " a@" AE " (" AE "), " AE " <b@x>",
		  " a@" AE " (" QAE "), " QAE " <b@x>" },
		{ " " AE " (" AE ") <a@x>", " " QAE " (" QAE ") <a@x>" },
		{ " A (" AE ") B <a@x>", " A (" QAE ") B <a@x>" },
		{ " a@x (a, b <c>), " AE " <b@x>",
		  " a@x (a, b <c>), " QAE " <b@x>" },
		{ " =?utf-8?q?=C3=84?= " AE " <a@x>",
		  " " B("w4Qgw4Q=") " <a@x>" },
		{ " =?utf-8?q?a,b?= " AE " <a@x>",
		  " " Q("a=2Cb_=C3=84") " <a@x>" },
		{ " " AE " <\"a>b\"@x>", " " QAE " <\"a>b\"@x>" },
	};
	static const char *const fields[] = { "From",     "To",       "cc",
					      "Bcc",      "Reply-To", "Sender",
					      "Resent-To" };

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(cases); i++)
		for (size_t k = 0; k < ARRAY_LEN(fields); k++)
			check(fields[k], cases[i].before, cases[i].after);
}

static void all_else_stays(void **state)
{
	static const struct {
		const char *name, *value;
	} cases[] = {
		{ "Subject", " plain  =?utf-8?q?=C3=84?=\n  text" },
		{ "Subject", " \xe4 latin" },
		{ "Subject", " =?koi8-r?b?xA==?= " AE },
		{ "X-Note", " " AE },
		{ "Content-Type", " text/plain; name=\"" AE "\"" },
		{ "Received", " from " AE },
		{ "To", " \xe4 <a@x>" },
		{ "To", " " AE "@x" },
		{ "To", " A <" AE "@x>,\n\tb@x" },
		{ "To", " a@" AE ".org, B <b@x>" },
		{ "To", " a@" AE ".org <a@" AE ".org>" },
		{ "To", " <a@" AE ".org>" },
		{ "To", " \"" AE ": <\"@x, b@x" },
		{ "To", " \"" AE " <a@x>" },
		{ "To", " " AE " <a@x" },
		{ "To", " (" AE " <a@x>" },
		{ "To", " a@x (" AE " (b))" },
		{ "To", " =?koi8-r?b?xA==?= " AE " <a@x>" },
		{ "From", " \"A  B\" (c) <a@x> ,\n\tb@x" },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(cases); i++)
		check(cases[i].name, cases[i].value, cases[i].value);
}

static void words_and_lines_are_short(void **state)
{
	CLEAN(headers) struct headers h = HEADERS_INIT;
	CLEAN(str) struct str name = STR_INIT, block = STR_INIT;
	const char *line;

	(void)state;
	for (int i = 0; i < 200; i++)
		str_adds(&name, i % 7 ? OE : " ");
	headers_add(&h, view_of("Subject"), str_view(&name));
	str_adds(&name, " <a@x>, <b@x>");
	headers_add(&h, view_of("To"), str_view(&name));
	encode_headers(&h);
	headers_write(&h, &block);
	assert_false(view_has_8bit(str_view(&block)));
	for (line = block.s; *line; line += strcspn(line, "\n") + 1) {
		assert_true(strcspn(line, "\n") < HEADER_FOLD_AT);
		for (const char *p = line; *p && *p != '\n'; p++)
			if (strncmp(p, "=?", 2) == 0)
				assert_true(strcspn(p, " \n") <= 75);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(texts_are_encoded_whole),
		cmocka_unit_test(names_in_addresses_are_encoded),
		cmocka_unit_test(all_else_stays),
		cmocka_unit_test(words_and_lines_are_short),
	};

	return cmocka_run_group_tests_name("encode", tests, NULL, NULL);
}
