#include "config.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <string.h>
#include <time.h>

#include "base/err.h"
#include "base/mem.h"
#include "msg/address.h"

#define MIB ((size_t)1024 * 1024)

/* "name <path>|..." of what text holds; "!" where it is refused. */
static void add_shown(struct view text, struct str *out)
{
	CLEAN(mailboxes) struct mailboxes all = MAILBOXES_INIT;
	struct err e = ERR_INIT;

	if (!address_parse_list(text, &all, &e)) {
		assert_int_equal(e.kind, ERR_MESSAGE);
		assert_true(e.text[0] != '\0');
		assert_int_equal(all.n, 0);
		str_adds(out, "!");
	}
	for (size_t i = 0; i < all.n; i++) {
		CLEAN(mem_string) char *path = mailbox_path(&all.v[i]);

		assert_true(address_is_path(view_of(path)));
		str_addf(out, "%s%s<%s>", i > 0 ? "|" : "",
			 all.v[i].name ? all.v[i].name : "", path);
	}
}

struct reading {
	const char *text;
	const char *shown;
};

static void check(const struct reading *rows, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		CLEAN(str) struct str s = STR_INIT;

		add_shown(view_of(rows[i].text), &s);
		if (strcmp(str_chars(&s), rows[i].shown) != 0)
			print_message("# in: %s\n", rows[i].text);
		assert_string_equal(str_chars(&s), rows[i].shown);
	}
}

static void reads_mailboxes_as_people_write_them(void **state)
{
	static const struct reading rows[] = {
		{ "ada@example.org", "<ada@example.org>" },
		{ " ada@example.org ", "<ada@example.org>" },
		{ "<ada@x>", "<ada@x>" },
		{ "Ada Lovelace <ada@x>", "Ada Lovelace<ada@x>" },
		{ "=?utf-8?Q?Doe,_John?= <j@x>", "=?utf-8?Q?Doe,_John?=<j@x>" },
		{ "=?utf-8?Q?a?= =?utf-8?B?YQ==?= <j@x>",
		  "=?utf-8?Q?a?= =?utf-8?B?YQ==?=<j@x>" },
		{ "=?x <j@x>", "=?x<j@x>" },
		{ "J. Doe <j@x>", "J. Doe<j@x>" },
		{ "J.R.R. T <j@x>", "J.R.R. T<j@x>" },
		{ "\"Doe, John\" <j@x>", "Doe, John<j@x>" },
		{ "\"a \\\"b\\\" \\\\ c\"<j@x>", "a \"b\" \\ c<j@x>" },
		{ "\"Ada\"  Lovelace\t<a@x>", "Ada Lovelace<a@x>" },
		{ "[list] x <a@x>", "[list] x<a@x>" },
		{ "J\xc3\xb6rg <j@x>", "J\xc3\xb6rg<j@x>" },
		{ "J\xf6rg <j@x>", "J\xf6rg<j@x>" },
		{ "=?UTF-8?Q?J=C3=B6?= <j@x>", "=?UTF-8?Q?J=C3=B6?=<j@x>" },
		{ "root", "<root>" },
		{ "Anacron <root>", "Anacron<root>" },
		{ "root (Cron Daemon)", "Cron Daemon<root>" },
		{ "a@x (Full (the) \\) Name)", "Full (the) ) Name<a@x>" },
		{ "(one) a@x (two)", "two<a@x>" },
		{ "a@x (one), b@x", "one<a@x>|<b@x>" },
		{ "Ada <a@x> (work)", "Ada<a@x>" },
		{ "\"\" <a@x>", "<a@x>" },
		{ "a@x <a@X>", "<a@X>" },
		{ "a@[1.2.3.4] <a@[1.2.3.4]>", "<a@[1.2.3.4]>" },
		{ "o'neil+tag=1@x", "<o'neil+tag=1@x>" },
		{ "-f@x", "<-f@x>" },
	};

	(void)state;
	check(rows, ARRAY_LEN(rows));
}

static void reads_obsolete_forms(void **state)
{
	static const struct reading rows[] = {
		{ "a . b @ c . d", "<a.b@c.d>" },
		{ "a(x). (y)b(z)@(u(v))c(w).d", "w<a.b@c.d>" },
		{ "<@r1,@r2.x:a@x>", "<a@x>" },
		{ "A <@r1:a@x>", "A<a@x>" },
		{ "< , @r1,, @r2 : a@x >", "<a@x>" },
		{ "Ada\n Lovelace <ada\r\n\t@x>", "Ada Lovelace<ada@x>" },
		{ "\"Ada\n Lovelace\" <ada@x>", "Ada Lovelace<ada@x>" },
		{ "(a\n b) ada@x", "a b<ada@x>" },
		{ "a@x.", "<a@x>" },
		{ "<a@x.y.>", "<a@x.y>" },
		{ "\"a\".b.\"c d\"@x", "<\"a.b.c d\"@x>" },
		{ "\"a\".b@x", "<a.b@x>" },
	};

	(void)state;
	check(rows, ARRAY_LEN(rows));
}

static void quotes_local_parts_only_where_it_must(void **state)
{
	static const struct reading rows[] = {
		{ "\"john doe\"@x", "<\"john doe\"@x>" },
		{ "\"john\n doe\"@x", "<\"john doe\"@x>" },
		{ "<\"jane doe\"@x>", "<\"jane doe\"@x>" },
		{ "\"plain\"@x", "<plain@x>" },
		{ "\"a\\b\"@x", "<ab@x>" },
		{ "\"a\\\\b\"@x", "<\"a\\\\b\"@x>" },
		{ "\"a\\\"b\"@x", "<\"a\\\"b\"@x>" },
		{ "\"a@b\"@x", "<\"a@b\"@x>" },
		{ "\"a..b\"@x", "<\"a..b\"@x>" },
		{ "\".\"@x", "<\".\"@x>" },
		{ "\"\"@x", "<\"\"@x>" },
		{ "\"a>b\"@x", "<\"a>b\"@x>" },
		{ "\"john doe\"", "<\"john doe\">" },
		{ "j\xc3\xb6@x", "<j\xc3\xb6@x>" },
		{ "\"j \xc3\xb6\"@x", "<\"j \xc3\xb6\"@x>" },
	};

	(void)state;
	check(rows, ARRAY_LEN(rows));
}

static void reads_lists_and_groups(void **state)
{
	static const struct reading rows[] = {
		{ "a@x,b@y", "<a@x>|<b@y>" },
		{ "A <a@x>, b@x", "A<a@x>|<b@x>" },
		{ ",, a@x ,\n ,b@y,", "<a@x>|<b@y>" },
		{ "", "" },
		{ " \n ", "" },
		{ "(nobody)", "" },
		{ "undisclosed-recipients:;", "" },
		{ "undisclosed-recipients: ;, a@x", "<a@x>" },
		{ "undisclosed-recipients:", "" },
		{ "Friends: a@x, B <b@y>;", "<a@x>|B<b@y>" },
		{ "\"g: h\":a@x,;,c@z", "<a@x>|<c@z>" },
		{ "g:a@x;h:b@y;", "<a@x>|<b@y>" },
		{ "g:root;", "<root>" },
		{ "\"x, y\" <a@x>, (b, c) d@z", "x, y<a@x>|b, c<d@z>" },
	};

	(void)state;
	check(rows, ARRAY_LEN(rows));
}

static void reads_literals_and_domains(void **state)
{
	static const struct reading rows[] = {
		{ "a@[1.2.3.4]", "<a@[1.2.3.4]>" },
		{ "a@[ 1.2.3.4 ]", "<a@[1.2.3.4]>" },
		{ "a@[IPv6:2001:db8::1]", "<a@[IPv6:2001:db8::1]>" },
		{ "a@[IPv6:::ffff:1.2.3.4]", "<a@[IPv6:::ffff:1.2.3.4]>" },
		{ "N <a@[IPv6:::1]>, b@x", "N<a@[IPv6:::1]>|<b@x>" },
		{ "a@m\xc3\xbcller.example", "<a@m\xc3\xbcller.example>" },
		{ "a@_x.y-z", "<a@_x.y-z>" },
		{ "a@2001:db8::1", "!" },
		{ "a@::1", "!" },
		{ "a@[::1]", "!" },
		{ "a@[fe80:1]", "!" },
		{ "a@[IPv6:1.2.3.4]", "!" },
		{ "a@[1.2.3]", "!" },
		{ "a@[1.2.3.4", "!" },
		{ "a@[]", "!" },
		{ "a@[x.y]", "!" },
		{ "a@[1.2.3.4].x", "!" },
	};

	(void)state;
	check(rows, ARRAY_LEN(rows));
}

static void refuses_what_is_no_address(void **state)
{
	static const struct reading rows[] = {
		{ "a b", "!" },
		{ "a@x b@y", "!" },
		{ "a@x\n b@y", "!" },
		{ "a b@x", "!" },
		{ "a@x <b@y>", "!" },
		{ "a@x; b@y", "<a@x>|<b@y>" },
		{ "<>", "!" },
		{ "<a@x", "!" },
		{ "a@x>", "!" },
		{ "a <b <c@d>>", "!" },
		{ "<a@x> b", "!" },
		{ "<a@x><b@x>", "!" },
		{ "@x", "!" },
		{ "a@", "!" },
		{ "a@.", "!" },
		{ "a@x..y", "!" },
		{ "a@.x", "!" },
		{ "a@x..", "!" },
		{ "a@@x", "!" },
		{ "a@b@c", "!" },
		{ "a..b@x", "<\"a..b\"@x>" },
		{ ".a@x", "<\".a\"@x>" },
		{ "..@x", "!" },
		{ "a..b", "!" },
		{ "a.@x", "<\"a.\"@x>" },
		{ "a.", "!" },
		{ "a . b", "!" },
		{ "\"\"", "!" },
		{ "\"a@x", "!" },
		{ "\"a\\", "!" },
		{ "(a@x", "!" },
		{ "(a(b) a@x", "!" },
		{ "a)@x", "!" },
		{ "a\\b@x", "!" },
		{ "a[@x", "!" },
		{ "a@x!y", "!" },
		{ "a@x y", "!" },
		{ "a@x/y", "!" },
		{ "a:b@x", "!" },
		{ "g:h:a@x;;", "!" },
		{ "g:h:a@x;", "!" },
		{ ":a@x;", "!" },
		{ "g:a@x;;", "<a@x>" },
		{ "mailto:a@x", "!" },
		{ "<@b>", "!" },
		{ "<@b,a@x>", "!" },
		{ "a@x, b@", "!" },
		{ "Name <Other Name>", "!" },
	};

	(void)state;
	check(rows, ARRAY_LEN(rows));
}

static void refuses_control_characters_and_bad_utf8(void **state)
{
	static const struct reading rows[] = {
		{ "a@x\n", "!" },
		{ "a@x\r\n", "!" },
		{ "a@x\nRCPT TO:<b>", "!" },
		{ "a@x\r b", "!" },
		{ "a\x01@x", "!" },
		{ "\"a\x7f\"@x", "!" },
		{ "(a\x1b) a@x", "!" },
		{ "N\x02 <a@x>", "!" },
		{ "\"a\tb\"@x", "!" },
		{ "\"a\r\"@x", "!" },
		{ "\"a\\\nb\"@x", "!" },
		{ "\xff@x", "!" },
		{ "j\xf6rg@x", "!" },
		{ "a@m\xfcller", "!" },
		{ "\"\xc3\"@x", "!" },
		{ "a\xc2\x85@x", "!" },
		{ "a@x\xc2\x9b", "!" },
		{ "\xed\xa0\x80@x", "!" },
		{ "\"a\\\r\n b\" <a@x>", "a b<a@x>" },
		{ "\"a\tb\" <a@x>", "a b<a@x>" },
	};
	CLEAN(str) struct str s = STR_INIT;

	(void)state;
	check(rows, ARRAY_LEN(rows));
	add_shown((struct view){ "a\0b@x", 5 }, &s);
	add_shown((struct view){ "a@x\n ", 4 }, &s);
	add_shown((struct view){ "\"a\0b\" <b@x>", 12 }, &s);
	assert_string_equal(s.s, "!!!");
}

static void add_long(const char *first, size_t n, const char *last,
		     struct str *out)
{
	str_adds(out, first);
	for (size_t i = 0; i < n; i++)
		str_addc(out, 'x');
	str_adds(out, last);
}

static void holds_to_the_limits(void **state)
{
	static const struct {
		const char *first;
		size_t n;
		const char *last;
		bool ok;
	} rows[] = {
		{ "", ADDRESS_LOCAL_MAX, "@x", true },
		{ "", ADDRESS_LOCAL_MAX + 1, "@x", false },
		{ "", ADDRESS_LOCAL_MAX + 1, "", false },
		{ "\" ", ADDRESS_LOCAL_MAX - 1, "\"@x", true },
		{ "\" ", ADDRESS_LOCAL_MAX, "\"@x", false },
		{ "a@", ADDRESS_DOMAIN_MAX, "", true },
		{ "a@", ADDRESS_DOMAIN_MAX + 1, "", false },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		CLEAN(str) struct str s = STR_INIT;
		CLEAN(mailbox) struct mailbox m = MAILBOX_INIT;
		struct err e = ERR_INIT;

		add_long(rows[i].first, rows[i].n, rows[i].last, &s);
		assert_int_equal(address_is_path(str_view(&s)), rows[i].ok);
		assert_int_equal(address_parse_one(str_view(&s), &m, &e),
				 rows[i].ok);
	}
}

static void fill(struct str *s, const char *piece, size_t n)
{
	while (s->len < n)
		str_adds(s, piece);
}

/* Quadratic time would take minutes for each of these. */
static void takes_linear_time_over_hostile_text(void **state)
{
	static const char *const pieces[] = {
		"(",     ",",    "\"",  "<",      "@",    ".",   ":",    "[",
		"\\",    "a ",   "()",  "\"\"",   "a:;",  "@a,", "a@b",  "a@(",
		"a<a@b", "<@a,", "a. ", "\n (x)", "a@b.", ")",   "a@b,",
	};
	time_t start = time(NULL);

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(pieces); i++) {
		CLEAN(str) struct str s = STR_INIT;
		CLEAN(mailboxes) struct mailboxes all = MAILBOXES_INIT;
		struct err e = ERR_INIT;

		fill(&s, pieces[i], MIB);
		(void)!address_parse_list(str_view(&s), &all, &e);
		assert_true(all.n <= ADDRESS_COUNT_MAX);
	}
	assert_true(time(NULL) - start < 60);
}

static void refuses_more_than_the_most_addresses(void **state)
{
	CLEAN(str) struct str s = STR_INIT;
	CLEAN(mailboxes) struct mailboxes all = MAILBOXES_INIT;
	struct err e = ERR_INIT;

	(void)state;
	fill(&s, "a,", (size_t)2 * ADDRESS_COUNT_MAX);
	assert_true(address_parse_list(str_view(&s), &all, &e));
	assert_int_equal(all.n, ADDRESS_COUNT_MAX);
	assert_false(address_parse_list(view_of("a,"), &all, &e));
	assert_int_equal(all.n, ADDRESS_COUNT_MAX);
}

static void one_is_neither_none_nor_two(void **state)
{
	static const char *const bad[] = { "", " ", "<>", "a,b", "g:;", "()" };
	CLEAN(mailbox) struct mailbox m = MAILBOX_INIT;
	struct err e = ERR_INIT;

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(bad); i++) {
		assert_false(address_parse_one(view_of(bad[i]), &m, &e));
		assert_int_equal(e.kind, ERR_MESSAGE);
	}
	assert_true(address_parse_one(view_of("A <a@b>"), &m, &e));
	assert_string_equal(m.name, "A");
	assert_string_equal(m.local, "a");
	assert_string_equal(m.domain, "b");
}

static void tells_paths_from_other_text(void **state)
{
	static const struct {
		const char *path;
		bool ok;
	} rows[] = {
		{ "a@b", true },
		{ "root", true },
		{ "\"a b\"@c", true },
		{ "\"a\\\"b\"", true },
		{ "\"\"@c", true },
		{ "a@[127.0.0.1]", true },
		{ "a@[ipv6:::1]", true },
		{ "\xc3\xb6@\xc3\xb6", true },
		{ "", false },
		{ "\"\"", false },
		{ "<a@b>", false },
		{ "a@b> SIZE=1", false },
		{ "a@b\r\nDATA", false },
		{ "a b@c", false },
		{ " a@b", false },
		{ "a@b ", false },
		{ "a@b.", false },
		{ "a@", false },
		{ "@b", false },
		{ "a@b@c", false },
		{ "a..b@c", false },
		{ "a(x)@b", false },
		{ "a,b@c", false },
		{ "\"a\"b@c", false },
		{ "\"a@c", false },
		{ "\"a\n\"@c", false },
		{ "\"a\\\xc3\xb6\"@c", false },
		{ "\"a\t\"@c", false },
		{ "\xf6@c", false },
		{ "a@\xc2\x80", false },
		{ "a@[1.2.3.4]x", false },
		{ "a@[IPv6:1111111111111111111111111111111111111111111111"
		  "11111111111111111111111111111111111111111111111111111]",
		  false },
		{ "a@[ 1.2.3.4]", false },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		if (address_is_path(view_of(rows[i].path)) != rows[i].ok)
			print_message("# path: %s\n", rows[i].path);
		assert_int_equal(address_is_path(view_of(rows[i].path)),
				 rows[i].ok);
	}
	assert_false(address_is_path((struct view){ "a@b\0", 4 }));
}

static void path_of_a_forged_mailbox_has_no_controls(void **state)
{
	char local[] = "a\r\nDATA\xff\"";
	char domain[] = "b\nc";
	struct mailbox m = { .local = local, .domain = domain };
	CLEAN(mem_string) char *path = mailbox_path(&m);

	(void)state;
	assert_string_equal(path, "\"a??DATA?\\\"\"@b?c");
}

static void finds_the_at_that_divides(void **state)
{
	static const struct {
		const char *path;
		size_t at;
	} rows[] = {
		{ "a@b", 1 },           { "root", 4 },    { "\"a@b\"@c", 5 },
		{ "\"a\\\"@b\"@c", 7 }, { "\"a@b\"", 5 }, { "", 0 },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(rows); i++)
		assert_int_equal(address_at(view_of(rows[i].path)), rows[i].at);
}

static void domains_alone_ignore_case(void **state)
{
	static const struct {
		const char *a, *b;
		bool same;
	} rows[] = {
		{ "a@x.org", "a@X.Org", true },
		{ "a@x.org", "A@x.org", false },
		{ "root", "Root", false },
		{ "root", "root", true },
		{ "a@x", "a@xy", false },
		{ "\"A@x\"@y", "\"a@x\"@y", false },
		{ "\"A@x\"", "\"A@X\"", false },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(rows); i++)
		assert_int_equal(address_same(rows[i].a, rows[i].b),
				 rows[i].same);
}

/* good: "<path>" of each that stays; bad: a word of what is said of the rest.
 */
static void reads_on_behind_what_is_no_address(void **state)
{
	static const struct {
		const char *text, *good;
		size_t bad;
		const char *named, *not_named;
	} rows[] = {
		{ "a@x, b@@y, c@x", "<a@x><c@x>", 1, "'b@@y'", "c@x" },
		{ "b@@y", "", 1, "'b@@y'", "c@x" },
		{ "a b, c d, e@x", "<e@x>", 2, "'a b'", "e@x" },
		{ ">, a@x", "<a@x>", 1, "'>'", "a@x" },
		{ "g: a@x, b@@y, c@x;, d@x", "<a@x><c@x><d@x>", 1, "b@@y",
		  "d@x" },
		{ "a@x, \"b, c@x", "<a@x>", 1, "b, c@x", "a@x" },
		{ "a@x <b@x>, c@x", "<c@x>", 1, "another", "c@x" },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		CLEAN(mailboxes) struct mailboxes all = MAILBOXES_INIT;
		CLEAN(list) struct list bad = LIST_INIT;
		CLEAN(str) struct str good = STR_INIT;
		struct err e = ERR_INIT;

		assert_true(address_parse_some(view_of(rows[i].text), &all,
					       &bad, &e));
		for (size_t k = 0; k < all.n; k++) {
			CLEAN(mem_string)
			char *path = mailbox_path(&all.v[k]);

			str_addf(&good, "<%s>", path);
		}
		assert_string_equal(str_chars(&good), rows[i].good);
		assert_int_equal(bad.n, rows[i].bad);
		assert_non_null(strstr(bad.v[0], rows[i].named));
		assert_null(strstr(bad.v[0], rows[i].not_named));
	}
}

static void too_many_wrong_addresses_are_an_error(void **state)
{
	CLEAN(mailboxes) struct mailboxes all = MAILBOXES_INIT;
	CLEAN(list) struct list bad = LIST_INIT;
	CLEAN(str) struct str text = STR_INIT;
	struct err e = ERR_INIT;

	(void)state;
	for (size_t i = 0; i <= ADDRESS_BAD_MAX; i++)
		str_adds(&text, "@,");
	assert_false(address_parse_some(str_view(&text), &all, &bad, &e));
	assert_int_equal(e.kind, ERR_MESSAGE);
	assert_int_equal(bad.n, ADDRESS_BAD_MAX);
	assert_false(address_parse_some(view_of("a@x\nb@x"), &all, &bad, &e));
}

static void errors_quote_the_culprit_fit_for_a_terminal(void **state)
{
	CLEAN(mailboxes) struct mailboxes all = MAILBOXES_INIT;
	struct err e = ERR_INIT;

	(void)state;
	assert_false(address_parse_list(view_of("a@x, \xff"
						"b c"),
					&all, &e));
	assert_non_null(strstr(e.text, "?b c"));
	assert_null(strstr(e.text, "a@x"));
	assert_int_equal(all.n, 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(reads_mailboxes_as_people_write_them),
		cmocka_unit_test(reads_obsolete_forms),
		cmocka_unit_test(quotes_local_parts_only_where_it_must),
		cmocka_unit_test(reads_lists_and_groups),
		cmocka_unit_test(reads_literals_and_domains),
		cmocka_unit_test(refuses_what_is_no_address),
		cmocka_unit_test(refuses_control_characters_and_bad_utf8),
		cmocka_unit_test(holds_to_the_limits),
		cmocka_unit_test(takes_linear_time_over_hostile_text),
		cmocka_unit_test(refuses_more_than_the_most_addresses),
		cmocka_unit_test(one_is_neither_none_nor_two),
		cmocka_unit_test(tells_paths_from_other_text),
		cmocka_unit_test(path_of_a_forged_mailbox_has_no_controls),
		cmocka_unit_test(finds_the_at_that_divides),
		cmocka_unit_test(domains_alone_ignore_case),
		cmocka_unit_test(reads_on_behind_what_is_no_address),
		cmocka_unit_test(too_many_wrong_addresses_are_an_error),
		cmocka_unit_test(errors_quote_the_culprit_fit_for_a_terminal),
	};

	return cmocka_run_group_tests_name("address", tests, NULL, NULL);
}
