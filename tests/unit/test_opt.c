#include "config.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "base/err.h"
#include "base/list.h"
#include "base/str.h"
#include "cli/opt.h"

#define WORDS_MAX 8

static const struct opt options[] = {
	{ "alpha", 'a', OPT_ALONE, 1 }, { "beta", 'b', OPT_NEEDS, 2 },
	{ "gamma", 'g', OPT_MAY, 3 },   { "gammas", 0, OPT_ALONE, 4 },
	{ NULL, 'x', OPT_NEEDS, 5 },    { "betray", 0, OPT_ALONE, 6 },
	{ "other", 0, OPT_ALONE, 7 },
};
static const char *const old[] = { "beta", "alpha" };

/*
 * What the words are understood as: the number of each option, =value where
 * it has one; operands in brackets; ! where it is wrong.
 */
static void read_words(const char *const *words, bool keep, bool whole,
		       struct str *out)
{
	const struct opt_set set = { .v = options,
				     .n = ARRAY_LEN(options),
				     .old = keep ? old : NULL,
				     .n_old = keep ? ARRAY_LEN(old) : 0,
				     .whole = whole };
	CLEAN(list) struct list argv = LIST_INIT;
	struct opt_scan s = { .set = &set };
	struct err e = ERR_INIT;

	while (words[s.argc] && s.argc < WORDS_MAX)
		list_add(&argv, words[s.argc++]);
	s.argv = argv.v;
	for (;;) {
		const struct opt *opt;
		const char *value = NULL;

		switch (opt_next(&s, &opt, &value, &e)) {
		case OPT_END:
			return;
		case OPT_OPTION:
			str_addf(out, "%d%s%s ", opt->id, value ? "=" : "",
				 value ? value : "");
			break;
		case OPT_OPERAND:
			str_addf(out, "[%s] ", value);
			break;
		case OPT_WRONG:
			assert_int_equal(e.kind, ERR_USAGE);
			str_addf(out, "!%s", e.text);
			return;
		}
	}
}

static void words_are_options_values_and_operands(void **state)
{
	static const struct {
		const char *words[WORDS_MAX + 1];
		const char *want;
	} cases[] = {
		{ { NULL }, "" },
		{ { "-a" }, "1 " },
		{ { "-ab", "v" }, "1 2=v " },
		{ { "-abv" }, "1 2=v " },
		{ { "-bav" }, "2=av " },
		{ { "-b", "-a" }, "2=-a " },
		{ { "-b", "" }, "2= " },
		{ { "-b" }, "!option needs a value: -b" },
		{ { "-aab" }, "1 1 !option needs a value: -b" },
		{ { "-g", "v" }, "3 [v] " },
		{ { "-gv" }, "3=v " },
		{ { "-ga" }, "3=a " },
		{ { "-z" }, "!unknown option: -z" },
		{ { "-az" }, "1 !unknown option: -z" },
		{ { "-" }, "[-] " },
		{ { "op", "-a", "op2" }, "[op] 1 [op2] " },
		{ { "--", "-a", "--alpha" }, "[-a] [--alpha] " },
		{ { "-a", "--", "--", "x" }, "1 [--] [x] " },
		{ { "--" }, "" },
		{ { "" }, "[] " },
		{ { "--alpha" }, "1 " },
		{ { "--alpha=1" }, "!option takes no value: --alpha" },
		{ { "--alpha=" }, "!option takes no value: --alpha" },
		{ { "--beta=v" }, "2=v " },
		{ { "--beta=" }, "2= " },
		{ { "--beta=a=b" }, "2=a=b " },
		{ { "--beta", "v" }, "2=v " },
		{ { "--beta", "--alpha" }, "2=--alpha " },
		{ { "--beta" }, "!option needs a value: --beta" },
		{ { "--gamma", "v" }, "3 [v] " },
		{ { "--gamma=v" }, "3=v " },
		{ { "--nothing" }, "!unknown option: --nothing" },
		{ { "--Alpha" }, "!unknown option: --Alpha" },
		{ { "-x", "1", "-x2" }, "5=1 5=2 " },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		CLEAN(str) struct str out = STR_INIT;

		read_words(cases[i].words, false, false, &out);
		assert_string_equal(str_chars(&out), cases[i].want);
	}
}

static void assert_long(const char *word, bool keep, bool whole,
			const char *want)
{
	const char *words[] = { word, NULL };
	CLEAN(str) struct str out = STR_INIT;

	read_words(words, keep, whole, &out);
	if (strncmp(str_chars(&out), want, strlen(want)) != 0)
		print_message("# %s: %s\n", word, str_chars(&out));
	assert_int_equal(strncmp(str_chars(&out), want, strlen(want)), 0);
}

static void names_may_be_cut_short(void **state)
{
	static const struct {
		const char *word;
		const char *plain, *kept, *whole;
	} cases[] = {
		{ "--alpha", "1", "1", "1" },
		{ "--al", "1", "1", "!unknown" },
		/* beta is an old name, betray is not */
		{ "--bet=x", "!ambiguous", "2=x", "!unknown" },
		{ "--b=x", "!ambiguous", "2=x", "!unknown" },
		{ "--betr", "6", "6", "!unknown" },
		{ "--beta=x", "2=x", "2=x", "2=x" },
		/* a whole name that another begins with */
		{ "--gamma", "3", "3", "3" },
		{ "--gamm", "!ambiguous", "!ambiguous", "!unknown" },
		{ "--gammas", "4", "4", "4" },
		{ "--o", "7", "7", "!unknown" },
		{ "--=x", "!", "!", "!unknown" },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		assert_long(cases[i].word, false, false, cases[i].plain);
		assert_long(cases[i].word, true, false, cases[i].kept);
		assert_long(cases[i].word, false, true, cases[i].whole);
	}
}

/* An old name that this set lacks is no reason to take it for another. */
static void an_old_name_that_is_missing_is_refused(void **state)
{
	static const char *const absent[] = { "absent" };
	const struct opt_set set = {
		.v = options, .n = ARRAY_LEN(options), .old = absent, .n_old = 1
	};
	char word[] = "--abs";
	char *argv[] = { word, NULL };
	struct opt_scan s = { .set = &set, .argv = argv, .argc = 1 };
	const struct opt *opt;
	const char *value;
	struct err e = ERR_INIT;

	(void)state;
	assert_int_equal(opt_next(&s, &opt, &value, &e), OPT_WRONG);
	assert_string_equal(e.text, "option not available: --absent");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(words_are_options_values_and_operands),
		cmocka_unit_test(names_may_be_cut_short),
		cmocka_unit_test(an_old_name_that_is_missing_is_refused),
	};

	return cmocka_run_group_tests_name("opt", tests, NULL, NULL);
}
