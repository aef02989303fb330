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
#include "base/mem.h"
#include "base/str.h"
#include "cli/options.h"
#include "config/keys.h"

/* msmtp 1.8's long options, each with an `=` where it must have a value and
 * with `?` where it may. */
static const char *const msmtps[] = {
	"version",
	"help",
	"pretend",
	"debug?",
	"configure=",
	"serverinfo",
	"rmqs=",
	"file=",
	"account=",
	"host=",
	"port=",
	"timeout=",
	"connect-timeout=",
	"protocol=",
	"domain=",
	"source-ip=",
	"proxy-host=",
	"proxy-port=",
	"socket=",
	"auth?",
	"user=",
	"passwordeval=",
	"tls?",
	"tls-starttls?",
	"tls-trust-file=",
	"tls-crl-file=",
	"tls-fingerprint=",
	"tls-key-file=",
	"tls-cert-file=",
	"tls-certcheck?",
	"tls-min-dh-prime-bits=",
	"tls-priorities=",
	"tls-host-override=",
	"tls-force-sslv3?",
	"from=",
	"read-envelope-from",
	"read-recipients",
	"dsn-notify=",
	"dsn-return=",
	"logfile=",
	"logfile-time-format=",
	"syslog?",
	"aliases=",
	"set-from-header?",
	"set-date-header?",
	"set-msgid-header?",
	"set-to-header?",
	"remove-bcc-headers?",
	"auto-from?",
	"maildomain=",
	"add-missing-from-header?",
	"add-missing-date-header?",
	"undisclosed-recipients?",
	"keepbcc?",
};

#define MSMTPS_COUNT 54
_Static_assert(ARRAY_LEN(msmtps) == MSMTPS_COUNT, "msmtp has so many");

static size_t name_length(const char *name)
{
	return strcspn(name, "=?");
}

/* How many of msmtp's names begin so; *exact where one ends there too. */
static size_t count_msmtps(const char *prefix, size_t n, bool *exact)
{
	size_t hits = 0;

	*exact = false;
	for (size_t i = 0; i < ARRAY_LEN(msmtps); i++)
		if (name_length(msmtps[i]) >= n &&
		    strncmp(msmtps[i], prefix, n) == 0) {
			hits++;
			*exact = *exact || name_length(msmtps[i]) == n;
		}
	return hits;
}

/* What --NAME is; NULL where it is refused, which is then for e to say. */
static const struct opt *find(const struct options *o, const char *name,
			      size_t n, const char *value, struct err *e)
{
	CLEAN(str) struct str word = STR_INIT;
	const struct opt *opt = NULL;
	const char *got = NULL;
	char *argv[2] = { NULL };
	struct opt_scan s = { .set = &o->set, .argv = argv, .argc = 1 };
	enum opt_found found;

	str_addf(&word, "--%.*s%s", (int)n, name, value);
	argv[0] = word.s;
	*e = ERR_INIT;
	found = opt_next(&s, &opt, &got, e);
	if (found == OPT_WRONG)
		return NULL;
	assert_int_equal(found, OPT_OPTION);
	return opt;
}

static const char *value_for(const char *name)
{
	return name[name_length(name)] == '=' ? "=x" : "";
}

static void every_option_of_msmtp_is_there(void **state)
{
	CLEAN(options) struct options o = OPTIONS_INIT;

	(void)state;
	options_fill(&o, false);
	assert_int_equal(o.set.n_old, MSMTPS_COUNT);
	for (size_t i = 0; i < ARRAY_LEN(msmtps); i++) {
		size_t n = name_length(msmtps[i]);
		struct err e;
		const struct opt *opt = find(&o, msmtps[i], n,
					     value_for(msmtps[i]), &e);
		static const char marks[] = {
			[OPT_ALONE] = '\0', [OPT_NEEDS] = '=', [OPT_MAY] = '?'
		};

		assert_non_null(opt);
		assert_int_equal(strlen(opt->name), n);
		assert_memory_equal(opt->name, msmtps[i], n);
		assert_int_equal(marks[opt->arity], msmtps[i][n]);
	}
}

/*
 * All prefixes of all names: what is unique among msmtp's means that option,
 * whatever other names begin so; what is not stays ambiguous.
 */
static void every_abbreviation_keeps_its_meaning(void **state)
{
	CLEAN(options) struct options o = OPTIONS_INIT;
	size_t unique = 0, ambiguous = 0;

	(void)state;
	options_fill(&o, false);
	for (size_t i = 0; i < ARRAY_LEN(msmtps); i++)
		for (size_t n = 1; n < name_length(msmtps[i]); n++) {
			bool exact;
			size_t hits = count_msmtps(msmtps[i], n, &exact);
			struct err e;
			const struct opt *opt = find(&o, msmtps[i], n,
						     value_for(msmtps[i]), &e);

			if (exact)
				continue; /* another name, which wins */
			/* A whole name of ours, such as --proxy, may be it. */
			if (hits > 1 && opt) {
				assert_int_equal(strlen(opt->name), n);
				continue;
			}
			if (hits > 1) {
				assert_int_equal(e.kind, ERR_USAGE);
				assert_non_null(strstr(e.text, "ambiguous"));
				ambiguous++;
				continue;
			}
			assert_non_null(opt);
			assert_int_equal(strlen(opt->name),
					 name_length(msmtps[i]));
			assert_memory_equal(opt->name, msmtps[i],
					    strlen(opt->name));
			unique++;
		}
	assert_true(unique > 300 && ambiguous > 100);
}

static bool is_msmtps(const char *name)
{
	for (size_t i = 0; i < ARRAY_LEN(msmtps); i++)
		if (strlen(name) == name_length(msmtps[i]) &&
		    strncmp(name, msmtps[i], strlen(name)) == 0)
			return true;
	return false;
}

static size_t count_all(const struct options *o, const char *prefix, size_t n)
{
	size_t hits = 0;

	for (size_t i = 0; i < o->set.n; i++)
		if (o->v[i].name && strncmp(o->v[i].name, prefix, n) == 0)
			hits++;
	return hits;
}

/* A name of ours has only those abbreviations that no other name has. */
static void new_names_take_no_old_abbreviation(void **state)
{
	CLEAN(options) struct options o = OPTIONS_INIT;

	(void)state;
	options_fill(&o, false);
	for (size_t i = 0; i < o.set.n; i++) {
		const char *name = o.v[i].name;
		const char *value = o.v[i].arity == OPT_NEEDS ? "=x" : "";

		if (!name || is_msmtps(name))
			continue;
		for (size_t n = 1; n < strlen(name); n++) {
			bool exact;
			struct err e;
			const struct opt *opt = find(&o, name, n, value, &e);

			if (count_msmtps(name, n, &exact) > 0)
				assert_ptr_not_equal(opt, &o.v[i]);
			else if (count_all(&o, name, n) == 1)
				assert_ptr_equal(opt, &o.v[i]);
			else if (opt)
				assert_int_equal(strlen(opt->name), n);
		}
	}
}

static void password_is_no_option_of_its_own(void **state)
{
	CLEAN(options) struct options o = OPTIONS_INIT;
	struct err e;
	const struct opt *opt;

	(void)state;
	options_fill(&o, false);
	opt = find(&o, "password", 8, "=x", &e);
	assert_non_null(opt);
	assert_string_equal(opt->name, "passwordeval");
	assert_null(find(&o, "ntlmdomain", 10, "=x", &e));
	assert_null(find(&o, "allow-from-override", 19, "=x", &e));
	assert_null(find(&o, "restrict-options", 16, "=x", &e));
}

static void no_name_and_no_letter_is_there_twice(void **state)
{
	(void)state;
	for (int locked = 0; locked < 2; locked++) {
		CLEAN(options) struct options o = OPTIONS_INIT;

		options_fill(&o, locked != 0);
		for (size_t i = 0; i < o.set.n; i++)
			for (size_t j = 0; j < i; j++) {
				const struct opt *a = &o.v[i], *b = &o.v[j];

				assert_false(a->letter &&
					     a->letter == b->letter);
				assert_false(a->name && b->name &&
					     strcmp(a->name, b->name) == 0);
			}
	}
}

static void every_keyword_is_an_option_unless_its_row_says_not(void **state)
{
	CLEAN(options) struct options o = OPTIONS_INIT;

	(void)state;
	options_fill(&o, false);
	for (int i = 0; i < KEY_COUNT; i++) {
		const struct key *k = key_at((enum key_id)i);
		CLEAN(mem_string)
		char *name = options_respell(k->name, '_', '-');
		struct err e;
		bool found = find(&o, name, strlen(name), "", &e) ||
			     find(&o, name, strlen(name), "=x", &e);

		if (strcmp(k->name, "password") != 0)
			assert_int_equal(found,
					 (k->flags & KEY_NO_OPTION) == 0);
	}
}

/* --- under the name sendmail ------------------------------------------------
 */

static const char *const safe[] = {
	"account",    "from",       "read-recipients", "read-envelope-from",
	"dsn-notify", "dsn-return", "serverinfo",      "version",
	"help",
};

static bool is_safe(const char *name)
{
	for (size_t i = 0; i < ARRAY_LEN(safe); i++)
		if (strcmp(name, safe[i]) == 0)
			return true;
	return false;
}

static void strangers_get_no_other_long_option(void **state)
{
	CLEAN(options) struct options all = OPTIONS_INIT;
	CLEAN(options) struct options locked = OPTIONS_INIT;

	(void)state;
	options_fill(&all, false);
	options_fill(&locked, true);
	for (size_t i = 0; i < all.set.n; i++) {
		const char *name = all.v[i].name;
		const char *value = all.v[i].arity == OPT_NEEDS ? "=x" : "";
		struct err e;

		if (!name)
			continue;
		assert_int_equal(find(&locked, name, strlen(name), value, &e) !=
					 NULL,
				 is_safe(name));
	}
	for (size_t i = 0; i < locked.set.n; i++)
		assert_true(!locked.v[i].name || is_safe(locked.v[i].name));
}

static void strangers_get_no_other_letter(void **state)
{
	static const char letters[] = "tfrFiNRVBvqbLOoGUmnEIJchpAxedsM";
	CLEAN(options) struct options o = OPTIONS_INIT;
	size_t found = 0;

	(void)state;
	options_fill(&o, true);
	for (size_t i = 0; i < o.set.n; i++)
		if (o.v[i].letter) {
			assert_non_null(strchr(letters, o.v[i].letter));
			found++;
		}
	assert_int_equal(found, strlen(letters));
}

static void what_sendmail_has_is_known(void **state)
{
	CLEAN(options) struct options o = OPTIONS_INIT;
	struct err e;

	(void)state;
	options_fill(&o, false);
	for (size_t i = 0; i < ARRAY_LEN(msmtps); i++) {
		size_t n = name_length(msmtps[i]);
		CLEAN(mem_string) char *name = mem_copy_n(msmtps[i], n);
		const struct opt *opt = find(&o, name, n, value_for(msmtps[i]),
					     &e);

		assert_int_equal(options_is_sendmails(&o, opt), is_safe(name));
	}
}

static void names_are_spelt_with_dashes(void **state)
{
	CLEAN(mem_string) char *out = options_respell("a_b_c", '_', '-');
	CLEAN(mem_string) char *back = options_respell(out, '-', '_');

	(void)state;
	assert_string_equal(out, "a-b-c");
	assert_string_equal(back, "a_b_c");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_option_of_msmtp_is_there),
		cmocka_unit_test(every_abbreviation_keeps_its_meaning),
		cmocka_unit_test(new_names_take_no_old_abbreviation),
		cmocka_unit_test(password_is_no_option_of_its_own),
		cmocka_unit_test(no_name_and_no_letter_is_there_twice),
		cmocka_unit_test(
			every_keyword_is_an_option_unless_its_row_says_not),
		cmocka_unit_test(strangers_get_no_other_long_option),
		cmocka_unit_test(strangers_get_no_other_letter),
		cmocka_unit_test(what_sendmail_has_is_known),
		cmocka_unit_test(names_are_spelt_with_dashes),
	};

	return cmocka_run_group_tests_name("options", tests, NULL, NULL);
}
