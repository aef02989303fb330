#include "config.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/ascii.h"
#include "base/err.h"
#include "msg/aliases.h"

/* What :include: finds. */
static const struct {
	const char *path, *text;
} files[] = {
	{ "/list", "# of the club\nada@x.org, bob@x.org\n  cy@x.org\nroot\n" },
	{ "/a", ":include:/b, a@x.org" },
	{ "/b", ":include:/a" },
	{ "/self", ":include:/self" },
	{ "/empty", "# nobody\n\n" },
	{ "/wrong", "ada@x.org\nname: ada@x.org\na@b@c\n" },
	{ "/with space, comma", "sp@x.org" },
	{ "/via", "over" },
};

static bool read_file(void *who, const char *path, struct str *out,
		      struct err *e)
{
	(void)who;
	for (size_t i = 0; i < ARRAY_LEN(files); i++)
		if (strcmp(files[i].path, path) == 0) {
			str_adds(out, files[i].text);
			return true;
		}
	return err_set(e, ERR_NOINPUT, "cannot open '%s'", path);
}

static bool is_local(void *who, const char *domain)
{
	(void)who;
	return ascii_casecmp(domain, "here") == 0;
}

static const struct aliases_doors doors = { NULL, read_file, is_local };

static void join(const struct list *l, struct str *out)
{
	for (size_t i = 0; i < l->n; i++)
		str_addf(out, "%s%s", i > 0 ? " " : "", l->v[i]);
}

/* What name leads to in text: paths with blanks between them; "?" where it is
 * unknown, "-" where nobody is left, "!" and the words of an error. */
static void look_up(const char *text, const char *name, struct str *out)
{
	CLEAN(aliases) struct aliases a = ALIASES_INIT;
	CLEAN(alias_answer) struct alias_answer r = ALIAS_ANSWER_INIT;
	struct err e = ERR_INIT;

	aliases_read(&a, "f", view_of(text));
	if (a.mistakes.n > 0) {
		str_addf(out, "! %s", a.mistakes.v[0]);
		return;
	}
	if (!aliases_find(&a, &doors, name, &r, &e)) {
		assert_int_equal(e.kind, ERR_CONFIG);
		str_addf(out, "! %s", e.text);
		return;
	}
	if (r.found == ALIAS_UNKNOWN)
		str_adds(out, "?");
	else if (r.found == ALIAS_NOBODY)
		str_adds(out, "-");
	join(&r.recipients, out);
}

struct look {
	const char *text, *name, *want;
};

static void check(const struct look *cases, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		CLEAN(str) struct str got = STR_INIT;

		look_up(cases[i].text, cases[i].name, &got);
		assert_string_equal(str_chars(&got), cases[i].want);
	}
}

static void names_lead_to_addresses(void **state)
{
	static const struct look cases[] = {
		{ "root: a@x.org\n", "root", "a@x.org" },
		{ "root:a@x.org", "root", "a@x.org" },
		{ "root :\ta@x.org , b@x.org,\r\n", "root", "a@x.org b@x.org" },
		{ "root: a@x.org\n", "bob", "?" },
		{ "", "root", "?" },
		{ "root: bob\nbob: cy\ncy: c@x.org\n", "root", "c@x.org" },
		{ "root: bob, r@x.org\nbob: b@x.org, b2@x.org\n", "root",
		  "b@x.org b2@x.org r@x.org" },
		{ "root: bob\n", "root", "bob" },
		{ "root: \"Ada L.\" <ada@X.org>, cy@x.org (Cy, C.)\n", "root",
		  "ada@X.org cy@x.org" },
		{ "root: \"a, b\"@x.org\n", "root", "\"a, b\"@x.org" },
		{ "root: ada@[IPv6:::1], u@b\xc3\xbc.org\n", "root",
		  "ada@[IPv6:::1] u@b\xc3\xbc.org" },
		{ "root: bob@here\nbob: b@x.org\n", "root", "b@x.org" },
		{ "root: bob@HERE\n", "root", "bob" },
		{ "root: <@r.org,@s.org:ada@x.org>, b@x.org\n", "root",
		  "ada@x.org b@x.org" },
		{ "root: bob@there\nbob: b@x.org\n", "root", "bob@there" },
	};

	(void)state;
	check(cases, ARRAY_LEN(cases));
}

static void names_are_found_by_bytes_then_without_case(void **state)
{
	static const struct look cases[] = {
		{ "Root: a@x.org\n", "root", "a@x.org" },
		{ "root: a@x.org\nRoot: b@x.org\nROOT: c@x.org\n", "Root",
		  "b@x.org" },
		{ "Root: b@x.org\nroot: a@x.org\nx: Root\n", "x", "b@x.org" },
		{ "\"john doe\": j@x.org\n", "john doe", "j@x.org" },
		{ "\"a:b\" : j@x.org\n", "a:b", "j@x.org" },
		{ "\"q\\\"q\": j@x.org\n", "q\"q", "j@x.org" },
		{ "x: \"john doe\"\n\"john doe\": j@x.org\n", "x", "j@x.org" },
		{ "x: \"john doe\"\n", "x", "\"john doe\"" },
		{ "root: a@x.org\n", "root+cron", "a@x.org" },
		{ "root: a@x.org\nroot+cron: c@x.org\n", "root+cron",
		  "c@x.org" },
		{ "root: a@x.org\n", "ROOT+a+b", "a@x.org" },
		{ "root: a@x.org\n", "+root", "?" },
		{ "x: root+y\nroot: a@x.org\n", "x", "a@x.org" },
	};

	(void)state;
	check(cases, ARRAY_LEN(cases));
}

static void lines_go_on_and_comments_end_them(void **state)
{
	static const struct look cases[] = {
		{ "root: a@x.org,\n b@x.org\n\tc@x.org\n", "root",
		  "a@x.org b@x.org c@x.org" },
		{ "root:\n  a@x.org\n", "root", "a@x.org" },
		{ "root: a@x.org,\n# no: n@x.org\n\n   # n\n b@x.org\n", "root",
		  "a@x.org b@x.org" },
		{ "# c\n\n  \nroot: a@x.org # b@x.org\n", "root", "a@x.org" },
		{ "root:a@x.org#b\n", "root", "a@x.org" },
		{ "root: a#b@x.org,#c\n", "root", "a#b@x.org" },
		{ "root: a@x.org, b#c@x.org\n", "root", "a@x.org b#c@x.org" },
		{ "root:#b\n a@x.org\n", "root", "a@x.org" },
		{ "root: \"a #b\"@x.org\n", "root", "\"a #b\"@x.org" },
		{ "root: a@x.org\n  bob: b@x.org\n", "root", "a@x.org" },
		{ "  bob: b@x.org\n", "bob", "b@x.org" },
		{ "root: a@x.org\n  b@[IPv6:::1]\n", "root",
		  "a@x.org b@[IPv6:::1]" },
		{ "root: a@x.org\r\n  b@x.org\r\n", "root", "a@x.org b@x.org" },
	};

	(void)state;
	check(cases, ARRAY_LEN(cases));
}

static void default_is_for_who_is_not_found(void **state)
{
	static const struct look cases[] = {
		{ "default: d@x.org\n", "bob", "d@x.org" },
		{ "default: d@x.org\nbob: b@x.org\n", "bob", "b@x.org" },
		{ "root: bob\ndefault: d@x.org\n", "root", "d@x.org" },
		{ "root: bob, r@x.org, cy\ndefault: d@x.org\n", "root",
		  "d@x.org r@x.org" },
		{ "default: bob\n", "ada", "bob" },
		{ "default: bob\nbob: cy, b@x.org\n", "ada", "cy b@x.org" },
		{ "DEFAULT: d@x.org\n", "bob", "d@x.org" },
	};

	(void)state;
	check(cases, ARRAY_LEN(cases));
}

static void files_are_included(void **state)
{
	static const struct look cases[] = {
		{ "club: :include:/list\n", "club",
		  "ada@x.org bob@x.org cy@x.org root" },
		{ "club: x@x.org, :Include: /list, y@x.org\nroot: r@x.org\n",
		  "club",
		  "x@x.org ada@x.org bob@x.org cy@x.org r@x.org y@x.org" },
		{ "club:\n  :include:/empty\n", "club", "-" },
		{ "club: \":include:/with space, comma\"\n", "club",
		  "sp@x.org" },
		{ "club: :include:/none\n", "club",
		  "! f:1: cannot open '/none'" },
		{ "club: :include:/a\n", "club",
		  "! /b:1: aliases go in a circle: '/a' -> '/b' -> '/a'" },
		{ "club: :include:/self\n", "club",
		  "! /self:1: aliases go in a circle: '/self' -> '/self'" },
		{ "club: :include:/via\nover: club\n", "club",
		  "! f:2: aliases go in a circle: 'club' -> '/via' -> "
		  "'over' -> 'club'" },
		{ "\n\nclub: :include:list\n", "club",
		  "! f:3: :include: wants a path from the root: 'list'" },
		{ "club: :include:\n", "club",
		  "! f:1: :include: wants a path from the root: ''" },
	};

	(void)state;
	check(cases, ARRAY_LEN(cases));
}

static void circles_are_told_in_words(void **state)
{
	static const struct look cases[] = {
		{ "a: b\nb: c\nc: a\n", "a",
		  "! f:3: aliases go in a circle: 'a' -> 'b' -> 'c' -> 'a'" },
		{ "a: b\nb: c\nc: b, x@x.org\n", "a",
		  "! f:3: aliases go in a circle: 'b' -> 'c' -> 'b'" },
		{ "a: a\n", "a", "! f:1: aliases go in a circle: 'a' -> 'a'" },
		{ "a: A@here\n", "a",
		  "! f:1: aliases go in a circle: 'a' -> 'a'" },
		/* Not in the way of others. */
		{ "a: a\nb: b@x.org\n", "b", "b@x.org" },
	};

	(void)state;
	check(cases, ARRAY_LEN(cases));
}

static void what_delivers_here_is_passed_over(void **state)
{
	static const char text[] =
		"mixed: |/bin/prog, m@x.org,\n  /var/mail/m\n"
		"none: \"|/bin/prog a, b\"\n"
		"null: /dev/null, :blackhole:, \\null\n"
		"via: null, none\n"
		"both: null, b@x.org, null\n";
	static const struct look cases[] = {
		{ text, "mixed", "m@x.org" }, { text, "none", "-" },
		{ text, "null", "-" },        { text, "via", "-" },
		{ text, "both", "b@x.org" },
	};
	CLEAN(aliases) struct aliases a = ALIASES_INIT;
	CLEAN(alias_answer) struct alias_answer r = ALIAS_ANSWER_INIT;
	struct err e = ERR_INIT;

	(void)state;
	check(cases, ARRAY_LEN(cases));
	aliases_read(&a, "f", view_of(text));
	assert_true(aliases_find(&a, &doors, "mixed", &r, &e));
	assert_int_equal(r.notes.n, 2);
	assert_string_equal(r.notes.v[0],
			    "f:1: passed over, as it would deliver on this "
			    "machine: '|/bin/prog'");
	assert_string_equal(r.notes.v[1],
			    "f:2: passed over, as it would deliver on this "
			    "machine: '/var/mail/m'");
}

static void a_search_gives_each_once(void **state)
{
	CLEAN(aliases) struct aliases a = ALIASES_INIT;
	CLEAN(alias_answer) struct alias_answer r = ALIAS_ANSWER_INIT;
	CLEAN(str) struct str all = STR_INIT;
	struct err e = ERR_INIT;

	(void)state;
	aliases_read(&a, "f",
		     view_of("a: both, b\nb: both, x@x.org\nboth: y@x.org\n"));
	assert_true(aliases_find(&a, &doors, "a", &r, &e));
	assert_true(aliases_find(&a, &doors, "b", &r, &e));
	assert_int_equal(r.found, ALIAS_FOUND);
	join(&r.recipients, &all);
	assert_string_equal(all.s, "y@x.org x@x.org");
	aliases_begin(&a);
	assert_true(aliases_find(&a, &doors, "b", &r, &e));
	assert_int_equal(r.recipients.n, 4);
}

static void all_mistakes_are_found(void **state)
{
	static const char *const want[] = {
		"f:1: a line is 'name: target, ...': 'nonsense'",
		"f:2: a line is 'name: target, ...': ': x@x.org'",
		"f:3: ",
		"f:4: a line is 'name: target, ...': 'two words: x@x.org'",
		"f:5: ",
		"f:6: nobody stands behind the name: 'empty'",
		"f:9: a line is 'name: target, ...': '/x: x@x.org'",
		"f:10: a line is 'name: target, ...': 'r@x: x@x.org'",
		"f:11: nobody stands behind the name: 'last'",
		"f:8: the name is there before: 'twice'",
	};
	CLEAN(aliases) struct aliases a = ALIASES_INIT;

	(void)state;
	aliases_read(&a, "f",
		     view_of("nonsense\n: x@x.org\nbad: ok@x.org, a@b@c\n"
			     "two words: x@x.org\nopen: \"x@x.org\n"
			     "empty:  # x\ntwice: x@x.org\ntwice: y@x.org\n"
			     "/x: x@x.org\nr@x: x@x.org\nlast:\n"));
	assert_int_equal(a.mistakes.n, ARRAY_LEN(want));
	for (size_t i = 0; i < ARRAY_LEN(want); i++)
		if (strncmp(a.mistakes.v[i], want[i], strlen(want[i])) != 0)
			assert_string_equal(a.mistakes.v[i], want[i]);
}

static void mistakes_are_bounded(void **state)
{
	CLEAN(aliases) struct aliases a = ALIASES_INIT;
	CLEAN(str) struct str text = STR_INIT;

	(void)state;
	for (int i = 0; i < 3 * ALIASES_MISTAKES_MAX; i++)
		str_adds(&text, "wrong\n");
	aliases_read(&a, "f", str_view(&text));
	assert_int_equal(a.mistakes.n, ALIASES_MISTAKES_MAX + 1);
}

static void includes_are_bounded(void **state)
{
	CLEAN(aliases) struct aliases a = ALIASES_INIT;
	CLEAN(str) struct str text = STR_INIT;

	(void)state;
	str_adds(&text, "root: x@x.org");
	for (int i = 0; i < ALIASES_INCLUDES_MAX; i++)
		str_adds(&text, ",:include:/list");
	aliases_read(&a, "f", str_view(&text));
	assert_int_equal(a.mistakes.n, 0);
	aliases_free(&a);
	str_adds(&text, ",\n :include:/list");
	aliases_read(&a, "f", str_view(&text));
	assert_int_equal(a.mistakes.n, 1);
	assert_string_equal(a.mistakes.v[0],
			    "f:2: too many files are included: '/list'");
}

static void a_check_walks_through_all(void **state)
{
	CLEAN(aliases) struct aliases a = ALIASES_INIT;
	CLEAN(list) struct list notes = LIST_INIT;

	(void)state;
	aliases_read(&a, "f",
		     view_of("a: b\nb: a\nc: :include:/none\nd: |x\n"
			     "e: :include:/wrong\nf: e\ng: g\n"));
	assert_int_equal(a.mistakes.n, 0);
	aliases_check(&a, &doors, &notes);
	assert_int_equal(a.mistakes.n, 5);
	assert_string_equal(a.mistakes.v[0], "f:2: aliases go in a circle: "
					     "'a' -> 'b' -> 'a'");
	assert_string_equal(a.mistakes.v[1], "f:3: cannot open '/none'");
	assert_int_equal(strncmp(a.mistakes.v[2], "/wrong:2: ", 10), 0);
	assert_int_equal(strncmp(a.mistakes.v[3], "/wrong:3: ", 10), 0);
	assert_string_equal(a.mistakes.v[4],
			    "f:7: aliases go in a circle: 'g' -> 'g'");
	assert_int_equal(notes.n, 1);
}

static void the_way_is_bounded(void **state)
{
	CLEAN(str) struct str text = STR_INIT;
	CLEAN(str) struct str got = STR_INIT;

	(void)state;
	for (int i = 0; i < ALIASES_DEPTH_MAX - 1; i++)
		str_addf(&text, "n%d: n%d\n", i, i + 1);
	str_addf(&text, "n%d: end@x.org\n", ALIASES_DEPTH_MAX - 1);
	look_up(text.s, "n0", &got);
	assert_string_equal(got.s, "end@x.org");
	str_truncate(&got, 0);
	str_adds(&text, "one: n0\n");
	look_up(text.s, "one", &got);
	assert_non_null(strstr(got.s, "! f:63: more than 64 aliases"));
}

/* Each name of a level leads to both of the next: 2^30 ways. */
static void many_ways_cost_little(void **state)
{
	CLEAN(str) struct str text = STR_INIT;
	CLEAN(str) struct str got = STR_INIT;

	(void)state;
	for (int i = 0; i < 30; i++)
		str_addf(&text, "n%d: n%d, m%d\nm%d: n%d, m%d\n", i, i + 1,
			 i + 1, i, i + 1, i + 1);
	str_adds(&text, "n30: x@x.org\nm30: y@x.org\n");
	look_up(text.s, "n0", &got);
	assert_string_equal(got.s, "x@x.org y@x.org");
}

static void many_names_and_targets_are_fast(void **state)
{
	enum {
		COUNT = 100000
	};
	CLEAN(aliases) struct aliases a = ALIASES_INIT;
	CLEAN(alias_answer) struct alias_answer r = ALIAS_ANSWER_INIT;
	CLEAN(str) struct str text = STR_INIT;
	struct err e = ERR_INIT;

	(void)state;
	for (int i = 0; i < COUNT; i++)
		str_addf(&text, "u%d: v%d@x.org\n", i, i);
	str_adds(&text, "all: ");
	for (int i = 0; i < COUNT; i++)
		str_addf(&text, "U%d,\n ", i);
	aliases_read(&a, "f", str_view(&text));
	assert_int_equal(a.mistakes.n, 0);
	assert_true(aliases_find(&a, &doors, "all", &r, &e));
	assert_int_equal(r.recipients.n, COUNT);
	assert_string_equal(r.recipients.v[COUNT - 1], "v99999@x.org");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(names_lead_to_addresses),
		cmocka_unit_test(names_are_found_by_bytes_then_without_case),
		cmocka_unit_test(lines_go_on_and_comments_end_them),
		cmocka_unit_test(default_is_for_who_is_not_found),
		cmocka_unit_test(files_are_included),
		cmocka_unit_test(circles_are_told_in_words),
		cmocka_unit_test(what_delivers_here_is_passed_over),
		cmocka_unit_test(a_search_gives_each_once),
		cmocka_unit_test(all_mistakes_are_found),
		cmocka_unit_test(mistakes_are_bounded),
		cmocka_unit_test(includes_are_bounded),
		cmocka_unit_test(a_check_walks_through_all),
		cmocka_unit_test(the_way_is_bounded),
		cmocka_unit_test(many_ways_cost_little),
		cmocka_unit_test(many_names_and_targets_are_fast),
	};

	return cmocka_run_group_tests_name("aliases", tests, NULL, NULL);
}
