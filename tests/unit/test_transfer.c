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
#include "transfer_fixture.h"

/* --- an early end --------------------------------------------------------- */

static void a_server_that_answers_early_is_heard_at_once(void **state)
{
	static const struct {
		const char *offer;
		const char *say;
		enum err_kind kind;
	} cases[] = {
		{ NO_CHUNKS, "552 5.3.4 too big\r\n", ERR_REFUSED },
		{ NO_CHUNKS, "421 bye\r\n", ERR_DEFERRED },
		{ NO_CHUNKS, "250 taken\r\n", ERR_PROTOCOL },
		{ ALL, "552 5.3.4 too big\r\n", ERR_REFUSED },
		{ ALL, "421 bye\r\n", ERR_DEFERRED },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		const struct scripted_step script[] = {
			{ "RCPT TO:<r0@x>\r\n", "250 ok\r\n250 ok\r\n" },
			{ i < 3 ? "DATA\r\n" : "BDAT",
			  i < 3 ? "354 go\r\n" : cases[i].say },
			{ "xxx", i < 3 ? cases[i].say : NULL },
			END
		};
		CLEAN(fixture) struct fixture f;

		fixture_open(&f, cases[i].offer, script);
		f.server.stalls = true;
		add_recipients(&f, 1);
		add_lines(&f, 100000);
		assert_false(transfer(&f));
		assert_kinds(&f, cases[i].kind);
		assert_true(f.server.heard.len < 200000);
		assert_true(scripted_now == 1000000);
		session_close(&f.session);
		assert_null(strstr(f.server.heard.s, "QUIT"));
	}
}

static void a_broken_write_in_the_body_reports_the_verdict(void **state)
{
	static const struct scripted_step script[] = {
		{ "RCPT TO:<r0@x>\r\n", "250 ok\r\n250 ok\r\n354 go\r\n" },
		{ "xxx", "552 5.3.4 too big\r\n" },
		END
	};
	CLEAN(fixture) struct fixture f;

	(void)state;
	fixture_open(&f, NO_CHUNKS, script);
	f.server.fail_at = 3;
	add_recipients(&f, 1);
	add_lines(&f, 100000);
	assert_false(transfer(&f));
	assert_kinds(&f, ERR_REFUSED);
	assert_string_equal(f.outcome.v[0].said, "552 5.3.4 too big");
}

/* Heard between two chunks, a refusal leaves the session of use. */
static void a_refused_chunk_stops_the_upload(void **state)
{
	static const struct scripted_step script[] = {
		{ "MAIL", "250 ok\r\n" },
		{ "RCPT", "250 ok\r\n" },
		{ "end of chunk", "552 5.3.4 too big\r\n" },
		{ "RSET\r\n", "250 ok\r\n" },
		{ "MAIL", "250 ok\r\n" },
		{ "RCPT", "250 ok\r\n" },
		{ "end of chunk", "250 ok\r\n" },
		{ "LAST\r\n", "250 taken\r\n" },
		END
	};
	CLEAN(fixture) struct fixture f;

	(void)state;
	fixture_open(&f, "mx\nCHUNKING", script);
	add_recipients(&f, 1);
	add_lines(&f, TRANSFER_CHUNK / 64 - 1);
	add_text(&f, view_of("end of chunk\n"));
	add_lines(&f, 10);
	f.transfer.last = false;
	assert_true(transfer(&f));
	assert_kinds(&f, ERR_REFUSED);
	assert_null(strstr(f.server.heard.s, "LAST"));
	outcome_free(&f.outcome);
	assert_true(transfer(&f));
	assert_kinds(&f, ERR_NONE);
}

/* --- before MAIL ---------------------------------------------------------- */

static void what_cannot_go_is_refused_before_mail(void **state)
{
	static const struct scripted_step script[] = { END };
	static const struct {
		const char *offer, *sender, *word;
		enum err_kind kind;
		bool utf8, dsn_require, dsn;
	} cases[] = {
		{ "mx\nSIZE 2", "a@b", "octets", ERR_REFUSED, 0, 0, 0 },
		{ "mx", "a@b", "SMTPUTF8", ERR_REFUSED, true, 0, 0 },
		{ "mx", "a@b", "DSN", ERR_REFUSED, false, true, true },
		{ "mx", "a\r\n@b", "sender", ERR_MESSAGE, false, 0, 0 },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		CLEAN(fixture) struct fixture f;

		fixture_open(&f, cases[i].offer, script);
		add_recipients(&f, 2);
		add_text(&f, view_of("x\n"));
		f.envelope.smtputf8 = cases[i].utf8;
		f.envelope.notify = cases[i].dsn ? NOTIFY_FAILURE : 0;
		f.transfer.dsn_require = cases[i].dsn_require;
		free(f.envelope.sender);
		f.envelope.sender = mem_copy(cases[i].sender);
		assert_true(transfer(&f));
		assert_kinds(&f, cases[i].kind);
		assert_non_null(strstr(f.outcome.v[1].why, cases[i].word));
		assert_int_equal(f.server.n_writes, 0);
	}
}

static void what_is_not_required_does_not_stop_a_message(void **state)
{
	static const struct scripted_step script[] = {
		{ "DATA\r\n", "250 ok\r\n250 ok\r\n354 go\r\n" },
		{ "QUIT\r\n", "250 ok\r\n221 bye\r\n" },
		END
	};
	static const struct {
		const char *offer;
		bool size_check, dsn, require;
	} cases[] = {
		{ "mx\nPIPELINING\nSIZE 2", false, false, false },
		{ "mx\nPIPELINING\nSIZE 3", true, false, false },
		{ "mx\nPIPELINING\nSIZE", true, false, false },
		{ "mx\nPIPELINING", true, true, false },
		{ "mx\nPIPELINING", true, false, true },
		{ "mx\nPIPELINING\nDSN", true, true, true },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		CLEAN(fixture) struct fixture f;

		fixture_open(&f, cases[i].offer, script);
		add_recipients(&f, 1);
		add_text(&f, view_of("x\n"));
		f.transfer.size_check = cases[i].size_check;
		f.transfer.dsn_require = cases[i].require;
		f.envelope.notify = cases[i].dsn ? NOTIFY_FAILURE : 0;
		assert_true(transfer(&f));
		assert_kinds(&f, ERR_NONE);
	}
}

static void a_malformed_recipient_stops_the_others_unless_partial(void **state)
{
	static const struct scripted_step script[] = {
		{ "QUIT\r\n", "250 ok\r\n250 ok\r\n250 taken\r\n221 bye\r\n" },
		END
	};

	(void)state;
	for (int partial = 0; partial < 2; partial++) {
		CLEAN(fixture) struct fixture f;

		fixture_open(&f, ALL, script);
		list_add(&f.envelope.recipients, "a@b>\r\nDATA");
		add_recipients(&f, 1);
		add_text(&f, view_of("x\n"));
		f.transfer.partial = partial;
		assert_true(transfer(&f));
		assert_int_equal(f.outcome.v[0].kind, ERR_MESSAGE);
		assert_int_equal(f.outcome.v[1].kind,
				 partial ? ERR_NONE : ERR_MESSAGE);
		assert_int_equal(f.server.n_writes, partial);
		if (partial)
			assert_null(strstr(f.server.heard.s, "a@b"));
	}
}

/* --- LMTP (RFC 2033) ------------------------------------------------------ */

static void under_lmtp_each_recipient_has_its_own_verdict(void **state)
{
	static const struct scripted_step script[] = {
		{ "RCPT TO:<r3@x>\r\n",
		  "250 ok\r\n250 ok\r\n550 no\r\n250 ok\r\n250 ok\r\n" },
		{ "LAST\r\nx\r\n",
		  "250 one\r\n452 4.2.2 full\r\n554 5.6.0 bad\r\n" },
		END
	};
	CLEAN(fixture) struct fixture f;

	(void)state;
	fixture_open(&f, ALL, script);
	f.session.config.lmtp = true;
	add_recipients(&f, 4);
	add_text(&f, view_of("x\n"));
	f.transfer.partial = true;
	assert_true(transfer(&f));
	assert_int_equal(f.outcome.v[0].kind, ERR_NONE);
	assert_int_equal(f.outcome.v[1].kind, ERR_RECIPIENT);
	assert_int_equal(f.outcome.v[2].kind, ERR_DEFERRED);
	assert_int_equal(f.outcome.v[3].kind, ERR_REFUSED);
	assert_string_equal(f.outcome.v[2].said, "452 4.2.2 full");
	/* How many answers there will be depends on the envelope's verdict. */
	assert_int_equal(f.server.n_writes, 2);
}

static void under_lmtp_a_lost_answer_leaves_the_others(void **state)
{
	static const struct scripted_step script[] = {
		{ "RCPT TO:<r1@x>\r\n", "250 ok\r\n250 ok\r\n250 ok\r\n" },
		{ "DATA\r\n", "354 go\r\n" },
		{ "\r\n.\r\n", "250 one\r\n" },
		END
	};
	CLEAN(fixture) struct fixture f;

	(void)state;
	fixture_open(&f, NO_CHUNKS, script);
	f.session.config.lmtp = true;
	add_recipients(&f, 2);
	add_text(&f, view_of("x\n"));
	f.transfer.partial = true;
	assert_false(transfer(&f));
	assert_int_equal(f.outcome.v[0].kind, ERR_NONE);
	assert_int_equal(f.outcome.v[1].kind, ERR_UNCERTAIN);
}

/* The last octet of the message is that of a full write; QUIT is one more. */
static void a_message_that_left_before_quit_is_uncertain(void **state)
{
	static const struct scripted_step script[] = {
		{ "RCPT TO:<r0@x>\r\n", "250 ok\r\n250 ok\r\n" }, END
	};
	CLEAN(fixture) struct fixture f;

	(void)state;
	fixture_open(&f, ALL, script);
	f.server.fail_at = 4;
	add_recipients(&f, 1);
	add_lines(&f, 2047);
	add_text(&f, view_of("this is what is lacking to two full writes.."
			     "\n"));
	assert_false(transfer(&f));
	assert_non_null(strstr(scripted_write_text(&f.server, 1),
			       "BDAT 131054 LAST\r\n"));
	assert_int_equal(f.server.writes[2].len, 65536);
	assert_int_equal(f.server.n_writes, 4);
	assert_kinds(&f, ERR_UNCERTAIN);
}

static void only_crlf_line_ends_go_out(void **state)
{
	static const struct scripted_step script[] = {
		{ "QUIT\r\n", "250 ok\r\n250 ok\r\n250 taken\r\n221 bye\r\n" },
		END
	};
	CLEAN(fixture) struct fixture f;

	(void)state;
	fixture_open(&f, ALL, script);
	add_recipients(&f, 1);
	add_text(&f, view_of("a\nb\rc\n\nd"));
	assert_true(transfer(&f));
	/* A CR that slipped in is a line end, and the octets are right. */
	assert_non_null(strstr(f.server.heard.s,
			       "BDAT 14 LAST\r\n"
			       "a\r\nb\r\nc\r\n\r\nd\r\nQUIT\r\n"));
}

#define T(name) cmocka_unit_test(name)

int main(void)
{
	const struct CMUnitTest tests[] = {
		T(a_message_that_left_before_quit_is_uncertain),
		T(a_server_that_answers_early_is_heard_at_once),
		T(a_broken_write_in_the_body_reports_the_verdict),
		T(a_refused_chunk_stops_the_upload),
		T(what_cannot_go_is_refused_before_mail),
		T(what_is_not_required_does_not_stop_a_message),
		T(a_malformed_recipient_stops_the_others_unless_partial),
		T(under_lmtp_each_recipient_has_its_own_verdict),
		T(under_lmtp_a_lost_answer_leaves_the_others),
		T(only_crlf_line_ends_go_out),
	};

	return cmocka_run_group_tests_name("transfer", tests, NULL, NULL);
}
