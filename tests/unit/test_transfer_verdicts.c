#include "config.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "base/err.h"
#include "transfer_fixture.h"

static const char *const replies[] = { "250 x\r\n", "354 x\r\n", "451 x\r\n",
				       "552 x\r\n", "530 x\r\n", "421 x\r\n",
				       NULL };

/*
 * One recipient, DATA, each command on its own: what each class of answer, 421
 * and a hang-up mean at each step, and whether the session survives.
 */
static const struct {
	const char *at[4]; /* MAIL, RCPT, DATA, body */
	struct {
		enum err_kind kind;
		bool goes_on;
	} want[7]; /* by replies[] */
} steps[] = {
	{ { NULL, "250 x\r\n", "354 x\r\n", "250 x\r\n" },
	  { { ERR_NONE, true },
	    { ERR_PROTOCOL, false },
	    { ERR_DEFERRED, true },
	    { ERR_REFUSED, true },
	    { ERR_AUTH, true },
	    { ERR_DEFERRED, false },
	    { ERR_NETWORK, false } } },
	{ { "250 x\r\n", NULL, "354 x\r\n", "250 x\r\n" },
	  { { ERR_NONE, true },
	    { ERR_PROTOCOL, false },
	    { ERR_DEFERRED, true },
	    { ERR_DEFERRED, true },
	    { ERR_AUTH, true },
	    { ERR_DEFERRED, false },
	    { ERR_NETWORK, false } } },
	{ { "250 x\r\n", "250 x\r\n", NULL, "250 x\r\n" },
	  { { ERR_PROTOCOL, false },
	    { ERR_NONE, true },
	    { ERR_DEFERRED, true },
	    { ERR_REFUSED, true },
	    { ERR_AUTH, true },
	    { ERR_DEFERRED, false },
	    { ERR_NETWORK, false } } },
	{ { "250 x\r\n", "250 x\r\n", "354 x\r\n", NULL },
	  { { ERR_NONE, true },
	    { ERR_PROTOCOL, false },
	    { ERR_DEFERRED, true },
	    { ERR_REFUSED, true },
	    { ERR_AUTH, true },
	    { ERR_DEFERRED, false },
	    { ERR_UNCERTAIN, false } } },
};

static void each_answer_means_its_own_at_each_step(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(steps) * ARRAY_LEN(replies); i++) {
		size_t c = i / 7, r = i % 7;
		const char *const *at = steps[c].at;
		const struct scripted_step script[] = {
			{ "MAIL", at[0] ? at[0] : replies[r] },
			{ "RCPT", at[1] ? at[1] : replies[r] },
			{ "DATA", at[2] ? at[2] : replies[r] },
			{ "\r\n.\r\n", at[3] ? at[3] : replies[r] },
			END
		};
		CLEAN(fixture) struct fixture f;

		fixture_open(&f, "mx", script);
		add_recipients(&f, 1);
		add_text(&f, view_of("x\n"));
		f.transfer.last = false;
		assert_int_equal(transfer(&f), steps[c].want[r].goes_on);
		assert_kinds(&f, steps[c].want[r].kind);
		if (steps[c].want[r].goes_on)
			assert_int_equal(f.e.kind, ERR_NONE);
		else
			assert_int_equal(f.e.kind, steps[c].want[r].kind);
		/* What was refused is not followed by the next command. */
		if (steps[c].want[r].kind != ERR_NONE)
			assert_int_equal(f.server.n_writes, c + 1);
	}
}

static void all_or_none_unless_partial(void **state)
{
	static const struct {
		const char *second;
		enum err_kind kind;
	} cases[] = {
		{ "550 5.1.1 no\r\n", ERR_RECIPIENT },
		{ "554 5.7.1 no\r\n", ERR_REFUSED },
		{ "450 later\r\n", ERR_DEFERRED },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		const struct scripted_step script[] = {
			{ "RCPT TO:<r0@x>\r\n", "250 ok\r\n250 ok\r\n" },
			{ "RCPT TO:<r1@x>\r\n", cases[i].second },
			{ "RCPT TO:<r2@x>\r\n", "250 ok\r\n" },
			END
		};
		CLEAN(fixture) struct fixture f;

		fixture_open(&f, ALL, script);
		add_recipients(&f, 3);
		add_text(&f, view_of("x\n"));
		assert_true(transfer(&f));
		assert_int_equal(f.server.n_writes, 1);
		assert_kinds(&f, cases[i].kind);
		assert_non_null(strstr(f.outcome.v[0].why, "another"));
		assert_non_null(strstr(f.outcome.v[2].why, "another"));
		assert_null(f.outcome.v[0].said);
		assert_int_equal(f.outcome.v[0].code, 0);
		assert_non_null(f.outcome.v[1].said);
	}
}

static void what_was_left_behind_is_cleared_before_the_next(void **state)
{
	static const struct scripted_step script[] = {
		{ "RCPT TO:<r1@x>\r\n", "250 ok\r\n250 ok\r\n550 no\r\n" },
		{ "RCPT TO:<r1@x>\r\n",
		  "250 reset\r\n250 ok\r\n250 ok\r\n250 ok\r\n" },
		{ "QUIT\r\n", "250 taken\r\n221 bye\r\n" },
		END
	};
	CLEAN(fixture) struct fixture f;

	(void)state;
	fixture_open(&f, ALL, script);
	add_recipients(&f, 2);
	add_text(&f, view_of("x\n"));
	f.transfer.last = false;
	assert_true(transfer(&f));
	assert_kinds(&f, ERR_RECIPIENT);
	outcome_free(&f.outcome);
	f.transfer.last = true;
	assert_true(transfer(&f));
	assert_kinds(&f, ERR_NONE);
	assert_int_equal(f.server.n_writes, 3);
	assert_memory_equal(scripted_write_text(&f.server, 1),
			    "RSET\r\nMAIL FROM", 15);
}

/* RFC 2920, section 3.1. */
static void data_that_nobody_gets_is_ended_by_a_lone_dot(void **state)
{
	static const char *const verdicts[] = { "554 no recipients\r\n",
						"250 fine\r\n" };

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(verdicts); i++) {
		const struct scripted_step script[] = {
			{ "DATA\r\n",
			  "250 ok\r\n550 no\r\n450 no\r\n354 go\r\n" },
			{ ".\r\n", verdicts[i] },
			END
		};
		CLEAN(fixture) struct fixture f;

		fixture_open(&f, NO_CHUNKS, script);
		add_recipients(&f, 2);
		add_text(&f, view_of("x\n"));
		f.transfer.partial = true;
		f.transfer.last = false;
		assert_true(transfer(&f));
		assert_int_equal(f.server.n_writes, 2);
		assert_string_equal(scripted_write_text(&f.server, 1), ".\r\n");
		assert_int_equal(f.outcome.v[0].kind, ERR_RECIPIENT);
		assert_int_equal(f.outcome.v[1].kind, ERR_DEFERRED);
	}
}

static void data_refused_after_all_recipients_were_changes_nothing(void **state)
{
	static const struct scripted_step script[] = {
		{ "DATA\r\n", "250 ok\r\n550 no\r\n503 no recipients\r\n" }, END
	};
	CLEAN(fixture) struct fixture f;

	(void)state;
	fixture_open(&f, NO_CHUNKS, script);
	add_recipients(&f, 1);
	add_text(&f, view_of("x\n"));
	assert_true(transfer(&f));
	assert_kinds(&f, ERR_RECIPIENT);
	assert_int_equal(f.server.n_writes, 1);
}

/* The flight went; what follows the refusal is read and does not count. */
static void the_first_refusal_of_a_flight_counts(void **state)
{
	static const struct {
		const char *say;
		enum err_kind kind;
		const char *said;
	} cases[] = {
		{ "552 5.3.4 big\r\n503 mail?\r\n503 mail?\r\n221 bye\r\n",
		  ERR_REFUSED, "552 5.3.4 big" },
		{ "250 ok\r\n550 5.1.1 who\r\n503 rcpt?\r\n221 bye\r\n",
		  ERR_RECIPIENT, "550 5.1.1 who" },
		{ "250 ok\r\n550 5.1.1 who\r\n250 fine\r\n221 bye\r\n",
		  ERR_RECIPIENT, "550 5.1.1 who" },
		{ "250 ok\r\n250 ok\r\n554 5.7.1 spam\r\n221 bye\r\n",
		  ERR_REFUSED, "554 5.7.1 spam" },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		const struct scripted_step script[] = {
			{ "QUIT\r\n", cases[i].say }, END
		};
		CLEAN(fixture) struct fixture f;

		fixture_open(&f, ALL, script);
		add_recipients(&f, 1);
		add_text(&f, view_of("x\n"));
		assert_true(transfer(&f));
		assert_kinds(&f, cases[i].kind);
		assert_string_equal(f.outcome.v[0].said, cases[i].said);
	}
}

/* After the last byte and before its reply, it is uncertain. */
static void a_lost_answer_is_uncertain_only_after_the_last_byte(void **state)
{
	static const struct {
		const char *offer;
		const char *say;
		enum err_kind kind;
	} cases[] = {
		{ ALL, NULL, ERR_UNCERTAIN },
		{ ALL, "250 ok\r\n250 ok\r\n", ERR_UNCERTAIN },
		{ ALL, "250 ok\r\n250 ok\r\n250", ERR_UNCERTAIN },
		{ ALL, "250 ok\r\n250 ok\r\nnonsense\r\n", ERR_UNCERTAIN },
		{ ALL, "250 ok\r\n550 no\r\n", ERR_RECIPIENT },
		{ ALL, "421 closing\r\n", ERR_DEFERRED },
		{ ALL, "250 ok\r\n421 closing\r\n", ERR_DEFERRED },
		{ ALL, "250 ok\r\n250 ok\r\n421 closing\r\n", ERR_DEFERRED },
		{ NO_CHUNKS, "250 ok\r\n250 ok\r\n", ERR_NETWORK },
		{ NO_CHUNKS, "250 ok\r\n250 ok\r\n354 go\r\n", ERR_UNCERTAIN },
	};

	(void)state;
	for (size_t i = 0; i < 2 * ARRAY_LEN(cases); i++) {
		size_t c = i / 2;
		const struct scripted_step script[] = {
			{ "RCPT TO:<r0@x>\r\n", cases[c].say }, END
		};
		CLEAN(fixture) struct fixture f;

		fixture_open(&f, cases[c].offer, script);
		f.server.stalls = i % 2;
		add_recipients(&f, 1);
		add_text(&f, view_of("x\n"));
		assert_false(transfer(&f));
		assert_kinds(&f, cases[c].kind);
		assert_true(f.session.pipe.broken);
	}
}

/* 421 in the middle says that the rest of the flight was not looked at. */
static void a_server_that_closes_says_what_is_certain(void **state)
{
	static const struct scripted_step script[] = {
		{ "QUIT\r\n", "250 ok\r\n250 ok\r\n421 closing\r\n" }, END
	};
	CLEAN(fixture) struct fixture f;

	(void)state;
	fixture_open(&f, ALL, script);
	add_recipients(&f, 2);
	add_text(&f, view_of("x\n"));
	f.transfer.partial = true;
	assert_false(transfer(&f));
	assert_kinds(&f, ERR_DEFERRED);
}

static void a_flight_that_was_not_written_is_not_uncertain(void **state)
{
	static const struct scripted_step script[] = {
		{ "DATA\r\n", "250 ok\r\n250 ok\r\n354 go\r\n" }, END
	};
	static const struct scripted_step nothing[] = { END };

	(void)state;
	for (int chunks = 0; chunks < 2; chunks++) {
		CLEAN(fixture) struct fixture f;

		fixture_open(&f, chunks ? ALL : NO_CHUNKS,
			     chunks ? nothing : script);
		f.server.fail_at = chunks ? 1 : 2;
		add_recipients(&f, 1);
		add_text(&f, view_of("x\n"));
		assert_false(transfer(&f));
		assert_kinds(&f, ERR_NETWORK);
		session_close(&f.session);
		assert_int_equal(f.server.n_writes, chunks ? 1 : 2);
	}
}

#define T(name) cmocka_unit_test(name)

int main(void)
{
	const struct CMUnitTest tests[] = {
		T(each_answer_means_its_own_at_each_step),
		T(all_or_none_unless_partial),
		T(what_was_left_behind_is_cleared_before_the_next),
		T(data_that_nobody_gets_is_ended_by_a_lone_dot),
		T(data_refused_after_all_recipients_were_changes_nothing),
		T(the_first_refusal_of_a_flight_counts),
		T(a_lost_answer_is_uncertain_only_after_the_last_byte),
		T(a_server_that_closes_says_what_is_certain),
		T(a_flight_that_was_not_written_is_not_uncertain),
	};

	return cmocka_run_group_tests_name("transfer: verdicts", tests, NULL,
					   NULL);
}
