#include "config.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/nearest.h"

static const char *nearest_of(const char *word)
{
	static const char *const words[] = { "send", "config", "help",
					     "version", "tls_trust_file" };
	struct nearest n = NEAREST_INIT(view_of(word));

	for (size_t i = 0; i < ARRAY_LEN(words); i++)
		nearest_try(&n, words[i]);
	return n.best;
}

static void a_misspelt_word_finds_what_was_meant(void **state)
{
	static const struct {
		const char *word, *meant;
	} cases[] = {
		{ "sned", "send" },       { "sen", "send" },
		{ "sendd", "send" },      { "SEND", "send" },
		{ "xend", "send" },       { "verison", "version" },
		{ "vxrsixn", "version" }, { "tls_turst_fil", "tls_trust_file" },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(cases); i++)
		assert_string_equal(nearest_of(cases[i].word), cases[i].meant);
}

static void what_is_far_from_all_finds_nothing(void **state)
{
	static const char *const words[] = {
		"",     "s",       "bob",
		"sxxd", "vxxxion", "versionversionversionversionversion",
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(words); i++)
		assert_null(nearest_of(words[i]));
}

static void the_nearer_of_two_wins(void **state)
{
	struct nearest n = NEAREST_INIT(view_of("tls_host"));

	(void)state;
	nearest_try(&n, "tls_hos");
	nearest_try(&n, "tls_hosts_");
	nearest_try(&n, "tls_host");
	nearest_try(&n, "tls_hots");
	assert_string_equal(n.best, "tls_host");
	assert_int_equal(n.distance, 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_misspelt_word_finds_what_was_meant),
		cmocka_unit_test(what_is_far_from_all_finds_nothing),
		cmocka_unit_test(the_nearer_of_two_wins),
	};

	return cmocka_run_group_tests_name("nearest", tests, NULL, NULL);
}
