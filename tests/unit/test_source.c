#include "config.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#include "auth/source.h"
#include "base/attr.h"
#include "base/clock.h"
#include "base/err.h"
#include "base/mem.h"
#include "base/str.h"

static char folder[] = "/tmp/test_source.XXXXXX";

static char *in_folder(const char *name)
{
	struct str path = STR_INIT;

	str_addf(&path, "%s/%s", folder, name);
	return str_detach(&path);
}

/* Every file of these tests has this name. */
#define FILE_NAME "secret"

static void put(struct view text, mode_t mode)
{
	CLEAN(mem_string) char *path = in_folder(FILE_NAME);
	FILE *f;

	(void)unlink(path);
	f = fopen(path, "w");
	assert_non_null(f);
	assert_int_equal(fwrite(text.p, 1, text.n, f), text.n);
	fclose(f);
	assert_int_equal(chmod(path, mode), 0);
}

static int make_folder(void **state)
{
	(void)state;
	return mkdtemp(folder) ? 0 : -1;
}

static int remove_folder(void **state)
{
	CLEAN(mem_string) char *path = in_folder(FILE_NAME);

	(void)state;
	unlink(path);
	return rmdir(folder);
}

static bool fetch(const struct source_config *c, struct secret *out,
		  struct err *e)
{
	return source_fetch(c, CLOCK_NEVER, out, e);
}

/* --- which ---------------------------------------------------------------- */

static void the_first_that_is_configured_is_asked(void **state)
{
	CLEAN(secret) struct secret password = SECRET_INIT;
	CLEAN(mem_string) char *path = in_folder(FILE_NAME);
	struct secret unset = SECRET_INIT;
	const struct {
		struct source_config c;
		const char *secret;
	} cases[] = {
		{ { .password = &password,
		    .passwordeval = "echo evaluated",
		    .password_file = path },
		  "typed" },
		{ { .passwordeval = "echo evaluated", .password_file = path },
		  "evaluated" },
		{ { .password = &unset,
		    .passwordeval = "echo evaluated",
		    .password_file = path },
		  "evaluated" },
		{ { .password = &unset,
		    .passwordeval = "",
		    .password_file = path },
		  "filed" },
		{ { .password_file = path }, "filed" },
	};

	(void)state;
	put(view_of("filed\n"), 0600);
	secret_add(&password, view_of("typed"));
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		CLEAN(secret) struct secret out = SECRET_INIT;
		struct err e = ERR_INIT;

		assert_true(fetch(&cases[i].c, &out, &e));
		assert_string_equal(out.p, cases[i].secret);
	}
}

static void without_a_source_the_configuration_is_wrong(void **state)
{
	CLEAN(secret) struct secret out = SECRET_INIT;
	struct secret unset = SECRET_INIT;
	const struct source_config c = { .password = &unset,
					 .passwordeval = "",
					 .password_file = "" };
	struct err e = ERR_INIT;

	(void)state;
	assert_false(fetch(&c, &out, &e));
	assert_int_equal(e.kind, ERR_CONFIG);
	assert_non_null(strstr(e.hint, "password_file"));
}

static void a_source_that_fails_is_not_passed_over(void **state)
{
	CLEAN(secret) struct secret out = SECRET_INIT;
	CLEAN(mem_string) char *path = in_folder(FILE_NAME);
	const struct source_config c = { .passwordeval = "exit 1",
					 .password_file = path };
	struct err e = ERR_INIT;

	(void)state;
	put(view_of("filed\n"), 0600);
	assert_false(fetch(&c, &out, &e));
	assert_false(secret_is_set(&out));
}

/* --- password, passwordeval ----------------------------------------------- */

static void a_password_is_copied_whole(void **state)
{
	CLEAN(secret) struct secret password = SECRET_INIT;
	CLEAN(secret) struct secret out = SECRET_INIT;
	const struct source_config c = { .password = &password };
	struct err e = ERR_INIT;

	(void)state;
	secret_add(&password, view_of(" two\nlines \"#$\\ "));
	assert_true(fetch(&c, &out, &e));
	assert_ptr_not_equal(out.p, password.p);
	assert_string_equal(out.p, " two\nlines \"#$\\ ");
	assert_true(secret_is_set(&password));
}

static void a_command_that_fails_is_tried_again_later(void **state)
{
	static const char *const commands[] = { "echo secret; exit 1", "true",
						"echo", "kill -9 $$",
						"/nonexistent 2>/dev/null" };

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(commands); i++) {
		CLEAN(secret) struct secret out = SECRET_INIT;
		const struct source_config c = { .passwordeval = commands[i] };
		struct err e = ERR_INIT;

		assert_false(fetch(&c, &out, &e));
		assert_int_equal(e.kind, ERR_DEFERRED);
		assert_int_equal(err_exit_status(&e), 75);
		assert_non_null(strstr(e.text, "passwordeval"));
		assert_null(strstr(e.text, "secret"));
		assert_false(secret_is_set(&out));
	}
}

static void a_command_is_held_to_the_callers_deadline(void **state)
{
	CLEAN(secret) struct secret out = SECRET_INIT;
	const struct source_config c = { .passwordeval = "exec sleep 50" };
	int64_t start = clock_now_ms();
	struct err e = ERR_INIT;

	(void)state;
	assert_false(source_fetch(&c, start + 50, &out, &e));
	assert_int_equal(e.kind, ERR_DEFERRED);
	assert_true(clock_now_ms() - start < 20000);
}

/* --- password_file -------------------------------------------------------- */

static void a_file_gives_its_first_line(void **state)
{
	static const struct {
		const char *text, *line;
	} cases[] = {
		{ "word\n", "word" },   { "word", "word" },
		{ "word\r\n", "word" }, { "word\nmore\n", "word" },
		{ " a b \n", " a b " }, { "#no comment\n", "#no comment" },
		{ "\"q\"\n", "\"q\"" }, { "~\n", "~" },
	};
	CLEAN(mem_string) char *path = in_folder(FILE_NAME);
	const struct source_config c = { .password_file = path };

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		CLEAN(secret) struct secret out = SECRET_INIT;
		struct err e = ERR_INIT;

		put(view_of(cases[i].text), 0600);
		assert_true(fetch(&c, &out, &e));
		assert_string_equal(out.p, cases[i].line);
		assert_int_equal(out.n, strlen(cases[i].line));
	}
}

static void an_unfit_file_is_a_fault_of_the_configuration(void **state)
{
	static const struct {
		const char *text;
		mode_t mode;
		const char *words;
	} cases[] = {
		{ "word\n", 0644, "others can read" },
		{ "word\n", 0640, "others can read" },
		{ "word\n", 0620, "others can write" },
		{ "\nword\n", 0600, "is empty" },
		{ "\r\n", 0600, "is empty" },
		{ "", 0600, "is empty" },
	};
	CLEAN(mem_string) char *path = in_folder(FILE_NAME);
	const struct source_config c = { .password_file = path };

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		CLEAN(secret) struct secret out = SECRET_INIT;
		struct err e = ERR_INIT;

		put(view_of(cases[i].text), cases[i].mode);
		assert_false(fetch(&c, &out, &e));
		assert_int_equal(e.kind, ERR_CONFIG);
		assert_non_null(strstr(e.text, cases[i].words));
		assert_false(secret_is_set(&out));
	}
}

static void a_missing_file_is_a_fault_of_the_configuration(void **state)
{
	CLEAN(secret) struct secret out = SECRET_INIT;
	const struct source_config c = {
		.password_file = "/nonexistent/secret"
	};
	struct err e = ERR_INIT;

	(void)state;
	assert_false(fetch(&c, &out, &e));
	assert_int_equal(e.kind, ERR_CONFIG);
}

static void a_file_is_read_up_to_the_limit(void **state)
{
	CLEAN(secret) struct secret out = SECRET_INIT;
	CLEAN(mem_string) char *path = in_folder(FILE_NAME);
	CLEAN(str) struct str text = STR_INIT;
	const struct source_config c = { .password_file = path };
	struct err e = ERR_INIT;

	(void)state;
	while (text.len < SOURCE_FILE_MAX)
		str_addc(&text, 'x');
	put(str_view(&text), 0600);
	assert_true(fetch(&c, &out, &e));
	assert_int_equal(out.n, SOURCE_FILE_MAX);
	str_addc(&text, 'x');
	put(str_view(&text), 0600);
	assert_false(fetch(&c, &out, &e));
	assert_int_equal(e.kind, ERR_CONFIG);
}

static void a_tilde_is_expanded(void **state)
{
	CLEAN(secret) struct secret out = SECRET_INIT;
	const struct source_config c = { .password_file = "~/" FILE_NAME };
	struct err e = ERR_INIT;

	(void)state;
	setenv("HOME", folder, 1);
	put(view_of("at home\n"), 0600);
	assert_true(fetch(&c, &out, &e));
	assert_string_equal(out.p, "at home");
}

/* --- credentials of systemd ----------------------------------------------- */

static void a_credential_is_found_by_name(void **state)
{
	/* 0440 is how the ACL looks by which systemd lets the user in. */
	static const mode_t modes[] = { 0400, 0440 };
	const struct source_config c = {
		.password_file = "credential:" FILE_NAME
	};

	(void)state;
	setenv("CREDENTIALS_DIRECTORY", folder, 1);
	for (size_t i = 0; i < ARRAY_LEN(modes); i++) {
		CLEAN(secret) struct secret out = SECRET_INIT;
		struct err e = ERR_INIT;

		put(view_of("loaded\nmore\n"), modes[i]);
		assert_true(fetch(&c, &out, &e));
		assert_string_equal(out.p, "loaded");
	}
}

static void a_credential_that_others_can_read_is_refused(void **state)
{
	static const mode_t modes[] = { 0444, 0404, 0460 };
	const struct source_config c = {
		.password_file = "credential:" FILE_NAME
	};

	(void)state;
	setenv("CREDENTIALS_DIRECTORY", folder, 1);
	for (size_t i = 0; i < ARRAY_LEN(modes); i++) {
		CLEAN(secret) struct secret out = SECRET_INIT;
		struct err e = ERR_INIT;

		put(view_of("loaded\n"), modes[i]);
		assert_false(fetch(&c, &out, &e));
		assert_int_equal(e.kind, ERR_CONFIG);
	}
}

static void a_credentials_name_is_no_path(void **state)
{
	static const char *const bad[] = { "credential:",
					   "credential:.",
					   "credential:..",
					   "credential:/etc/x",
					   "credential:../" FILE_NAME,
					   "credential:./" FILE_NAME };

	(void)state;
	setenv("CREDENTIALS_DIRECTORY", folder, 1);
	put(view_of("loaded\n"), 0600);
	for (size_t i = 0; i < ARRAY_LEN(bad); i++) {
		CLEAN(secret) struct secret out = SECRET_INIT;
		const struct source_config c = { .password_file = bad[i] };
		struct err e = ERR_INIT;

		assert_false(fetch(&c, &out, &e));
		assert_int_equal(e.kind, ERR_CONFIG);
		assert_non_null(strstr(e.text, "no name of a credential"));
	}
}

static void outside_of_a_unit_there_are_no_credentials(void **state)
{
	CLEAN(secret) struct secret out = SECRET_INIT;
	const struct source_config c = {
		.password_file = "credential:" FILE_NAME
	};
	struct err e = ERR_INIT;

	(void)state;
	unsetenv("CREDENTIALS_DIRECTORY");
	assert_false(fetch(&c, &out, &e));
	assert_int_equal(e.kind, ERR_CONFIG);
	assert_non_null(strstr(e.text, "$CREDENTIALS_DIRECTORY"));
	assert_non_null(strstr(e.hint, "LoadCredential=" FILE_NAME));
	setenv("CREDENTIALS_DIRECTORY", "", 1);
	assert_false(fetch(&c, &out, &e));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_first_that_is_configured_is_asked),
		cmocka_unit_test(without_a_source_the_configuration_is_wrong),
		cmocka_unit_test(a_source_that_fails_is_not_passed_over),
		cmocka_unit_test(a_password_is_copied_whole),
		cmocka_unit_test(a_command_that_fails_is_tried_again_later),
		cmocka_unit_test(a_command_is_held_to_the_callers_deadline),
		cmocka_unit_test(a_file_gives_its_first_line),
		cmocka_unit_test(an_unfit_file_is_a_fault_of_the_configuration),
		cmocka_unit_test(
			a_missing_file_is_a_fault_of_the_configuration),
		cmocka_unit_test(a_file_is_read_up_to_the_limit),
		cmocka_unit_test(a_tilde_is_expanded),
		cmocka_unit_test(a_credential_is_found_by_name),
		cmocka_unit_test(a_credential_that_others_can_read_is_refused),
		cmocka_unit_test(a_credentials_name_is_no_path),
		cmocka_unit_test(outside_of_a_unit_there_are_no_credentials),
	};

	return cmocka_run_group_tests_name("source", tests, make_folder,
					   remove_folder);
}
