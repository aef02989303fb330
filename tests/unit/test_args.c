#include "config.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/err.h"
#include "base/mem.h"
#include "base/str.h"
#include "cli/args.h"

#define WORDS_MAX 32

/* Words with blanks between them, after the name of the program. */
static bool parse(struct args *a, const char *words, enum dialect dialect,
		  struct err *e)
{
	/* What is noted is borrowed from these, so they are not freed. */
	static char *kept;
	char *argv[WORDS_MAX] = { NULL };
	int argc = 1;
	char program[] = "postrider";

	free(kept);
	kept = mem_copy(words);
	argv[0] = program;
	for (char *p = kept; *p && argc < WORDS_MAX - 1;) {
		argv[argc++] = p;
		p += strcspn(p, " ");
		if (*p)
			*p++ = '\0';
	}
	*a = ARGS_INIT;
	a->dialect = dialect;
	*e = ERR_INIT;
	return args_parse(a, argc, argv, e);
}

static void assert_refused(const char *words, enum dialect dialect)
{
	CLEAN(args) struct args a;
	struct err e;

	if (parse(&a, words, dialect, &e))
		print_message("# %s was taken\n", words);
	assert_int_equal(e.kind, ERR_USAGE);
	assert_int_equal(err_exit_status(&e), 64);
	assert_true(e.text[0] != '\0');
}

static void options_are_noted(void **state)
{
	CLEAN(args) struct args a;
	struct err e;

	(void)state;
	assert_true(parse(&a,
			  "-C file -a acc -f a@b -F Name -V id -L tag -t -i -v "
			  "--read-recipients one two",
			  DIALECT_POSTRIDER, &e));
	assert_string_equal(a.file, "file");
	assert_string_equal(a.account, "acc");
	assert_string_equal(a.from, "a@b");
	assert_string_equal(a.full_name, "Name");
	assert_string_equal(a.envid, "id");
	assert_string_equal(a.tag, "tag");
	assert_true(a.read_recipients && a.ignore_dots && a.verbose);
	assert_false(a.read_envelope_from || a.quiet || a.host_given);
	assert_true(a.trusted_only);
	assert_int_equal(a.recipients.n, 2);
	assert_string_equal(a.recipients.v[1], "two");
	assert_int_equal(a.action, ACTION_SUBMIT);
}

static void keywords_are_noted_with_their_values(void **state)
{
	static const struct {
		const char *words, *key, *value;
	} cases[] = {
		{ "--port=5", "port", "5" },
		{ "--port 5", "port", "5" },
		{ "--tls", "tls", "" },
		{ "--tls=off", "tls", "off" },
		{ "--tls-trust-file=x", "tls_trust_file", "x" },
		{ "--user=", "user", "" },
		{ "-N never", "dsn_notify", "never" },
		{ "-Rfull", "dsn_return", "full" },
		{ "-X log", "logfile", "log" },
		{ "--keepbcc=on", "keepbcc", "on" },
		{ "--connect-timeout 7", "connect_timeout", "7" },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		CLEAN(args) struct args a;
		struct err e;

		assert_true(parse(&a, cases[i].words, DIALECT_MSMTP, &e));
		assert_int_equal(a.keys.n, 1);
		assert_string_equal(a.keys.v[0], cases[i].key);
		assert_string_equal(a.values.v[0], cases[i].value);
	}
}

static void the_graver_of_two_actions_is_done(void **state)
{
	static const struct {
		const char *words;
		enum action want;
	} cases[] = {
		{ "x", ACTION_SUBMIT },
		{ "-bm", ACTION_SUBMIT },
		{ "-P", ACTION_PRETEND },
		{ "-P -bm", ACTION_PRETEND },
		{ "-bv", ACTION_VERIFY },
		{ "-bp", ACTION_LIST },
		{ "-bi", ACTION_ALIASES },
		{ "-q", ACTION_RUN },
		{ "-q30m", ACTION_RUN },
		{ "--version -P", ACTION_VERSION },
		{ "-P --version", ACTION_VERSION },
		{ "-d0.1", ACTION_VERSION },
		{ "--help -bp", ACTION_HELP },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		CLEAN(args) struct args a;
		struct err e;

		assert_true(parse(&a, cases[i].words, DIALECT_POSTRIDER, &e));
		assert_int_equal(a.action, cases[i].want);
	}
}

static void what_excludes_each_other_is_usage(void **state)
{
	static const char *const words[] = {
		"-a x --host=y",
		"--host=y --account=x",
		"-f a@b --read-envelope-from",
		"--read-envelope-from --from=a@b",
		"-r a@b --read-envelope-from",
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(words); i++) {
		assert_refused(words[i], DIALECT_POSTRIDER);
		assert_refused(words[i], DIALECT_MSMTP);
	}
}

static void modes_that_there_are_not_are_refused(void **state)
{
	static const char letters[] =
		"abcdefghjklmnoqrstuwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0";

	(void)state;
	for (const char *p = letters; *p; p++) {
		CLEAN(str) struct str words = STR_INIT;

		str_addf(&words, "-b%c", *p);
		if (*p != 'm' && *p != 's')
			assert_refused(words.s, DIALECT_SENDMAIL);
	}
	assert_refused("-bmm", DIALECT_SENDMAIL);
	assert_refused("-bpx", DIALECT_SENDMAIL);
}

/* -O and -o: what touches files is refused, all else does nothing. */
static void options_of_options(void **state)
{
	static const struct {
		const char *words;
		bool taken, ignore, strict;
	} cases[] = {
		{ "-oi", true, true, false },
		{ "-oitrue", true, true, false },
		{ "-oem", true, false, false },
		{ "-o7", true, false, false },
		{ "-odb", true, false, false },
		{ "-OIgnoreDots=no", true, false, true },
		{ "-Oignoredots=yes", true, false, false },
		{ "-OIgnoreDots=", true, false, false },
		{ "-OAny=thing", true, false, false },
		{ "-oQ/tmp", false, false, false },
		{ "-OQueueDirectory=/tmp", false, false, false },
		{ "-Oqueuedirectory=/tmp", false, false, false },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		CLEAN(args) struct args a;
		struct err e;

		assert_int_equal(
			parse(&a, cases[i].words, DIALECT_SENDMAIL, &e),
			cases[i].taken);
		assert_int_equal(a.ignore_dots, cases[i].ignore);
		assert_int_equal(a.strict_dots, cases[i].strict);
	}
}

static void no_value_has_a_control_character_in_it(void **state)
{
	static const char *const words[] = {
		"-fa\rb@c",    "-Fa\nb",    "--domain=a\x01", "--user=a\x7f",
		"-Va\nb",      "-Lx\ny",    "-Nnever\n",      "-a\tb",
		"-Xlog\nfile", "--from=\n", "-ObIgnore\n=x",  "-p\x1b",
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(words); i++)
		assert_refused(words[i], DIALECT_MSMTP);
}

static void values_are_laid_over_the_account(void **state)
{
	CLEAN(args) struct args a;
	struct account account;
	struct err e;

	(void)state;
	assert_true(parse(&a,
			  "--port=5 --port=6 --tls --keepbcc "
			  "--tls-force-sslv3=maybe --connect-timeout=9",
			  DIALECT_MSMTP, &e));
	account_init(&account, "x");
	assert_true(args_apply(&a, &account, &e));
	assert_int_equal(account.port, 6);
	assert_true(account.tls);
	assert_false(account.remove_bcc_headers);
	assert_int_equal(account.timeout, 9);
	assert_int_equal(account.origin[KEY_ID_port].kind, ORIGIN_OPTION);
	account_free(&account);
}

static void wrong_values_are_usage(void **state)
{
	static const char *const words[] = {
		"--port=x",
		"--port=",
		"--timeout=0",
		"--tls=maybe",
		"--keepbcc=maybe",
		"--auth=xyz",
		"--connect-timeout=",
		"--connect-timeout=0",
		"-Nx",
		"-Rx",
		"--syslog=LOG_X",
		"--source-ip=x",
		"--dsn-notify=",
		"--host=",
		"--protocol=x",
		"--undisclosed-recipients=1",
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(words); i++) {
		CLEAN(args) struct args a;
		struct account account;
		struct err e;

		account_init(&account, "x");
		assert_true(parse(&a, words[i], DIALECT_MSMTP, &e));
		assert_false(args_apply(&a, &account, &e));
		assert_int_equal(err_exit_status(&e), 64);
		account_free(&account);
	}
}

static void strangers_use_nothing_that_is_for_the_trusted(void **state)
{
	static const char *const words[] = {
		"-i", "-t -f a@b", "-N never", "--account=x", "-oi -B8BITMIME",
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(words); i++) {
		CLEAN(args) struct args a;
		struct err e;

		assert_true(parse(&a, words[i], DIALECT_POSTRIDER, &e));
		assert_false(a.trusted_only);
	}
	assert_refused("-C x", DIALECT_SENDMAIL);
	assert_refused("-D x", DIALECT_SENDMAIL);
	assert_refused("--port=5", DIALECT_SENDMAIL);
	assert_refused("-s", DIALECT_POSTRIDER);
	assert_refused("-Mx", DIALECT_MSMTP);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(options_are_noted),
		cmocka_unit_test(keywords_are_noted_with_their_values),
		cmocka_unit_test(the_graver_of_two_actions_is_done),
		cmocka_unit_test(what_excludes_each_other_is_usage),
		cmocka_unit_test(modes_that_there_are_not_are_refused),
		cmocka_unit_test(options_of_options),
		cmocka_unit_test(no_value_has_a_control_character_in_it),
		cmocka_unit_test(values_are_laid_over_the_account),
		cmocka_unit_test(wrong_values_are_usage),
		cmocka_unit_test(strangers_use_nothing_that_is_for_the_trusted),
	};

	return cmocka_run_group_tests_name("args", tests, NULL, NULL);
}
