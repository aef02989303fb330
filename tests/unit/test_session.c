#include "config.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "base/err.h"
#include "session_fixture.h"

static void greeting_ehlo_auth_are_a_write_each(void **state)
{
	static const struct scripted_step script[] = {
		GREETING,
		{ "EHLO me.example\r\n", "250-mx\r\n250-PIPELINING\r\n"
					 "250-SIZE 1000\r\n"
					 "250 AUTH PLAIN LOGIN\r\n" },
		{ "AUTH PLAIN czNjcmV0\r\n", "235 2.7.0 ok\r\n" },
		{ "QUIT\r\n", "221 bye\r\n" },
		END
	};
	CLEAN(fixture) struct fixture f;

	(void)state;
	fixture_open(&f, script);
	f.config.auth = &f.auth;
	assert_true(open_session(&f));
	assert_int_equal(f.server.n_writes, 2);
	assert_string_equal(scripted_write_text(&f.server, 0),
			    "EHLO me.example\r\n");
	assert_string_equal(scripted_write_text(&f.server, 1),
			    "AUTH PLAIN czNjcmV0\r\n");
	assert_string_equal(f.sasl.offered.s, "PLAIN LOGIN");
	assert_true(f.sasl.encrypted);
	assert_int_equal(f.sasl.finished, 1);
	assert_true(f.session.authenticated);
	assert_true(f.session.pipe.allowed);
	assert_int_equal(f.session.caps.size, 1000);
	assert_string_equal(f.session.mechanism, "PLAIN");
	assert_string_equal(f.session.greeting.s, "mx.example ESMTP");
	session_close(&f.session);
	assert_string_equal(scripted_write_text(&f.server, 2), "QUIT\r\n");
	assert_int_equal(f.server.closed, 1);
}

/* What each class of answer, silence and a hang-up mean at each step. */
#define EHLO_OK "250-mx\r\n250-STARTTLS\r\n250 AUTH PLAIN\r\n"
static const struct {
	const char *greeting, *ehlo, *helo, *starttls, *auth;
	enum err_kind kind;
} steps[] = {
	{ NULL, 0, 0, 0, 0, ERR_NETWORK },
	{ "354 x\r\n", 0, 0, 0, 0, ERR_PROTOCOL },
	{ "421 x\r\n", 0, 0, 0, 0, ERR_DEFERRED },
	{ "450 x\r\n", 0, 0, 0, 0, ERR_DEFERRED },
	{ "554 x\r\n", 0, 0, 0, 0, ERR_PROTOCOL },
	{ "hello\r\n", 0, 0, 0, 0, ERR_PROTOCOL },
	{ "220 x\r\n", NULL, 0, 0, 0, ERR_NETWORK },
	{ "220 x\r\n", "354 x\r\n", 0, 0, 0, ERR_PROTOCOL },
	{ "220 x\r\n", "421 x\r\n", 0, 0, 0, ERR_DEFERRED },
	{ "220 x\r\n", "450 x\r\n", 0, 0, 0, ERR_DEFERRED },
	{ "220 x\r\n", "530 x\r\n", 0, 0, 0, ERR_AUTH },
	{ "220 x\r\n", "500 x\r\n", "550 x\r\n", 0, 0, ERR_PROTOCOL },
	{ "220 x\r\n", "500 x\r\n", "250 x\r\n", 0, 0, ERR_TLS },
	{ "220 x\r\n", "250 mx\r\n", 0, 0, 0, ERR_TLS },
	{ "220 x\r\n", EHLO_OK, 0, NULL, 0, ERR_NETWORK },
	{ "220 x\r\n", EHLO_OK, 0, "354 x\r\n", 0, ERR_PROTOCOL },
	{ "220 x\r\n", EHLO_OK, 0, "421 x\r\n", 0, ERR_DEFERRED },
	{ "220 x\r\n", EHLO_OK, 0, "454 x\r\n", 0, ERR_DEFERRED },
	{ "220 x\r\n", EHLO_OK, 0, "501 x\r\n", 0, ERR_TLS },
	{ "220 x\r\n", EHLO_OK, 0, "220 x\r\n", NULL, ERR_NETWORK },
	{ "220 x\r\n", EHLO_OK, 0, "220 x\r\n", "421 x\r\n", ERR_DEFERRED },
	{ "220 x\r\n", EHLO_OK, 0, "220 x\r\n", "454 x\r\n", ERR_DEFERRED },
	{ "220 x\r\n", EHLO_OK, 0, "220 x\r\n", "535 x\r\n", ERR_AUTH },
	{ "220 x\r\n", EHLO_OK, 0, "220 x\r\n", "504 x\r\n", ERR_AUTH },
	{ "220 x\r\n", EHLO_OK, 0, "220 x\r\n", "354 x\r\n", ERR_PROTOCOL },
	{ "220 x\r\n", EHLO_OK, 0, "220 x\r\n", "235 x\r\n", ERR_NONE },
};

static void each_step_fails_in_its_own_way(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(steps); i++) {
		const struct scripted_step plain[] = {
			{ "", steps[i].greeting },
			{ "EHLO", steps[i].ehlo },
			{ steps[i].helo ? "HELO" : "STARTTLS",
			  steps[i].helo ? steps[i].helo : steps[i].starttls },
			END
		};
		const struct scripted_step safe[] = { { "EHLO", EHLO_OK },
						      { "AUTH", steps[i].auth },
						      END };
		CLEAN(fixture) struct fixture f;

		fixture_open(&f, plain);
		f.safe.script = safe;
		f.config.auth = &f.auth;
		f.config.encrypted = false;
		f.config.upgrade = scripted_upgrade;
		f.config.upgrade_who = &f.safe;
		assert_int_equal(open_session(&f), steps[i].kind == ERR_NONE);
		assert_int_equal(f.e.kind, steps[i].kind);
		assert_int_equal(f.session.authenticated,
				 steps[i].kind == ERR_NONE);
	}
}

static void starttls_forgets_what_was_learnt_in_the_clear(void **state)
{
	static const struct scripted_step plain[] = {
		GREETING,
		{ "EHLO", "250-mx\r\n250-STARTTLS\r\n250-SIZE 5\r\n"
			  "250-CHUNKING\r\n250-PIPELINING\r\n"
			  "250 AUTH LOGIN\r\n" },
		{ "STARTTLS\r\n", "220 go\r\n" },
		END
	};
	static const struct scripted_step safe[] = {
		{ "EHLO", "250-mx\r\n250 AUTH PLAIN\r\n" },
		{ "AUTH", "235 ok\r\n" },
		END
	};
	CLEAN(fixture) struct fixture f;

	(void)state;
	fixture_open(&f, plain);
	f.safe.script = safe;
	f.config.auth = &f.auth;
	f.config.encrypted = false;
	f.config.upgrade = scripted_upgrade;
	f.config.upgrade_who = &f.safe;
	assert_true(open_session(&f));
	assert_int_equal(f.server.n_writes, 2);
	assert_int_equal(f.safe.n_writes, 2);
	assert_int_equal(f.safe.upgrades, 1);
	assert_true(f.session.encrypted);
	assert_int_equal(f.session.caps.size, 0);
	assert_false(caps_has(&f.session.caps, CAP_CHUNKING));
	assert_false(caps_has(&f.session.caps, CAP_STARTTLS));
	assert_false(f.session.pipe.allowed);
	assert_string_equal(f.sasl.offered.s, "PLAIN");
	assert_true(f.sasl.encrypted);
}

static void bytes_that_came_with_the_220_end_the_session(void **state)
{
	static const struct scripted_step plain[] = {
		GREETING,
		{ "EHLO", "250-mx\r\n250 STARTTLS\r\n" },
		{ "STARTTLS\r\n", "220 go\r\n250 AUTH PLAIN\r\n" },
		END
	};
	CLEAN(fixture) struct fixture f;

	(void)state;
	fixture_open(&f, plain);
	f.config.encrypted = false;
	f.config.upgrade = scripted_upgrade;
	f.config.upgrade_who = &f.safe;
	assert_false(open_session(&f));
	assert_int_equal(f.e.kind, ERR_TLS);
	assert_int_equal(f.safe.upgrades, 0);
	session_close(&f.session);
	assert_int_equal(f.server.n_writes, 2);
}

static void nothing_is_said_in_the_clear_after_a_failed_handshake(void **state)
{
	static const struct scripted_step plain[] = {
		GREETING,
		{ "EHLO", "250-mx\r\n250 STARTTLS\r\n" },
		{ "STARTTLS\r\n", "220 go\r\n" },
		END
	};
	CLEAN(fixture) struct fixture f;

	(void)state;
	fixture_open(&f, plain);
	f.config.auth = &f.auth;
	f.config.encrypted = false;
	f.config.upgrade = scripted_upgrade;
	f.config.upgrade_who = &f.safe;
	f.safe.upgradable = false;
	assert_false(open_session(&f));
	assert_int_equal(f.e.kind, ERR_TLS);
	session_close(&f.session);
	assert_int_equal(f.server.n_writes, 2);
	assert_int_equal(f.server.closed, 1);
}

static void starttls_that_is_not_offered_is_never_done_without(void **state)
{
	static const struct scripted_step plain[] = {
		GREETING, { "EHLO", "250-mx\r\n250 AUTH PLAIN\r\n" }, END
	};
	CLEAN(fixture) struct fixture f;

	(void)state;
	fixture_open(&f, plain);
	f.config.auth = &f.auth;
	f.config.encrypted = false;
	f.config.upgrade = scripted_upgrade;
	f.config.upgrade_who = &f.safe;
	assert_false(open_session(&f));
	assert_int_equal(f.e.kind, ERR_TLS);
	assert_string_not_equal(f.e.hint, "");
	assert_null(strstr(f.server.heard.s, "AUTH"));
}

static void a_server_without_ehlo_is_asked_by_helo(void **state)
{
	static const struct scripted_step script[] = {
		GREETING,
		{ "EHLO me.example\r\n", "502 what\r\n" },
		{ "HELO me.example\r\n", "250 mx\r\n" },
		END
	};
	CLEAN(fixture) struct fixture f;

	(void)state;
	fixture_open(&f, script);
	assert_true(open_session(&f));
	assert_int_equal(f.session.caps.offered, 0);
	assert_false(f.session.pipe.allowed);
}

static void pipelining_can_be_off(void **state)
{
	static const struct scripted_step script[] = {
		GREETING, { "EHLO", "250-mx\r\n250 PIPELINING\r\n" }, END
	};

	(void)state;
	for (int on = 0; on < 2; on++) {
		CLEAN(fixture) struct fixture f;

		fixture_open(&f, script);
		f.config.pipelining = on;
		assert_true(open_session(&f));
		assert_int_equal(f.session.pipe.allowed, on);
	}
}

static void auth_that_is_not_offered_is_76(void **state)
{
	static const struct scripted_step script[] = {
		GREETING,
		{ "EHLO", "502 what\r\n" },
		{ "HELO", "250-mx\r\n250 AUTH PLAIN\r\n" },
		END
	};
	CLEAN(fixture) struct fixture f;

	(void)state;
	fixture_open(&f, script);
	f.config.auth = &f.auth;
	assert_false(open_session(&f));
	assert_int_equal(f.e.kind, ERR_PROTOCOL);
	assert_int_equal(err_exit_status(&f.e), 76);
}

static void lmtp_has_no_fallback(void **state)
{
	static const struct scripted_step script[] = {
		GREETING, { "LHLO me.example\r\n", "500 what\r\n" }, END
	};
	CLEAN(fixture) struct fixture f;

	(void)state;
	fixture_open(&f, script);
	f.config.lmtp = true;
	assert_false(open_session(&f));
	assert_int_equal(f.e.kind, ERR_PROTOCOL);
	assert_int_equal(f.server.n_writes, 1);
}

static void a_hello_name_cannot_smuggle_a_line(void **state)
{
	static const struct scripted_step script[] = { GREETING, END };
	CLEAN(fixture) struct fixture f;

	(void)state;
	fixture_open(&f, script);
	f.config.hello = "x\r\nMAIL FROM:<a@b>";
	assert_false(open_session(&f));
	assert_int_equal(f.e.kind, ERR_CONFIG);
	assert_int_equal(f.server.n_writes, 0);
}

static void what_is_no_smtp_server_is_named(void **state)
{
	static const struct {
		const char *first;
		const char *in_text, *in_hint;
	} cases[] = {
		{ "\x15\x03\x01\x02", "TLS", "tls_starttls off" },
		{ "\x16\x03\x03\n\n", "TLS", "tls_starttls off" },
		{ "+OK ready\r\n", "POP3", "port" },
		{ "* OK IMAP4rev1\r\n", "IMAP", "port" },
		{ "HTTP/1.1 400 Bad\r\n", "web", "port" },
		{ "SSH-2.0-x\r\n", "SSH", "port" },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		const struct scripted_step script[] = { { "", cases[i].first },
							END };
		CLEAN(fixture) struct fixture f;

		fixture_open(&f, script);
		f.config.encrypted = false;
		assert_false(open_session(&f));
		assert_int_equal(f.e.kind, ERR_PROTOCOL);
		assert_non_null(strstr(f.e.text, cases[i].in_text));
		assert_non_null(strstr(f.e.hint, cases[i].in_hint));
		session_close(&f.session);
		assert_int_equal(f.server.n_writes, 0);
	}
}

static void silence_on_a_plain_port_hints_at_implicit_tls(void **state)
{
	static const struct scripted_step script[] = { END };

	(void)state;
	for (int encrypted = 0; encrypted < 2; encrypted++) {
		CLEAN(fixture) struct fixture f;

		fixture_open(&f, script);
		f.server.stalls = true;
		f.config.encrypted = encrypted;
		assert_false(open_session(&f));
		assert_int_equal(f.e.kind, ERR_NETWORK);
		assert_string_equal(f.e.text,
				    "waiting for the greeting: timed out");
		assert_true(scripted_now == 1000000 + 60000);
		assert_int_equal(strstr(f.e.hint, "tls_starttls off") != NULL,
				 !encrypted);
	}
}

static void an_early_talker_is_cut_off(void **state)
{
	static const struct scripted_step script[] = {
		{ "", "220 mx\r\n250 ok\r\n" }, { "EHLO", "250 mx\r\n" }, END
	};
	CLEAN(fixture) struct fixture f;

	(void)state;
	fixture_open(&f, script);
	assert_false(open_session(&f));
	assert_int_equal(f.e.kind, ERR_PROTOCOL);
	assert_int_equal(f.server.n_writes, 0);
}

static void quit_is_waited_for_a_second_at_most(void **state)
{
	static const struct scripted_step script[] = { GREETING,
						       { "EHLO", "250 m\r\n" },
						       END };
	CLEAN(fixture) struct fixture f;

	(void)state;
	fixture_open(&f, script);
	f.server.stalls = true;
	f.config.timeout_s = -1;
	assert_true(open_session(&f));
	session_close(&f.session);
	assert_true(scripted_now == 1000000 + 1000);
	assert_string_equal(scripted_write_text(&f.server, 1), "QUIT\r\n");
}

static void the_deadline_of_the_session_is_kept(void **state)
{
	static const struct scripted_step script[] = { GREETING, END };
	CLEAN(fixture) struct fixture f;

	(void)state;
	fixture_open(&f, script);
	f.server.stalls = true;
	f.config.deadline_ms = 1000000 + 1500;
	assert_false(open_session(&f));
	assert_int_equal(f.e.kind, ERR_NETWORK);
	assert_true(scripted_now == 1000000 + 1500);
}

#define T(name) cmocka_unit_test(name)

int main(void)
{
	const struct CMUnitTest tests[] = {
		T(greeting_ehlo_auth_are_a_write_each),
		T(each_step_fails_in_its_own_way),
		T(starttls_forgets_what_was_learnt_in_the_clear),
		T(bytes_that_came_with_the_220_end_the_session),
		T(nothing_is_said_in_the_clear_after_a_failed_handshake),
		T(starttls_that_is_not_offered_is_never_done_without),
		T(a_server_without_ehlo_is_asked_by_helo),
		T(pipelining_can_be_off),
		T(auth_that_is_not_offered_is_76),
		T(lmtp_has_no_fallback),
		T(a_hello_name_cannot_smuggle_a_line),
		T(what_is_no_smtp_server_is_named),
		T(silence_on_a_plain_port_hints_at_implicit_tls),
		T(an_early_talker_is_cut_off),
		T(quit_is_waited_for_a_second_at_most),
		T(the_deadline_of_the_session_is_kept),
	};

	return cmocka_run_group_tests_name("session", tests, NULL, NULL);
}
