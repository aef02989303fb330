#include "config.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "base/err.h"
#include "net/transcript.h"
#include "session_fixture.h"

static const char auth_offer[] = "250-mx\r\n250 AUTH PLAIN LOGIN\r\n";

static void auth_open(struct fixture *f, const struct scripted_step *script)
{
	fixture_open(f, script);
	f->config.auth = &f->auth;
}

static void an_empty_initial_response_is_an_equals_sign(void **state)
{
	static const struct scripted_step script[] = {
		GREETING, { "EHLO", auth_offer }, { "AUTH", "235 ok\r\n" }, END
	};
	CLEAN(fixture) struct fixture f;

	(void)state;
	auth_open(&f, script);
	f.sasl.initial = "";
	assert_true(open_session(&f));
	assert_string_equal(scripted_write_text(&f.server, 1),
			    "AUTH PLAIN =\r\n");
}

static void challenges_are_answered(void **state)
{
	static const struct scripted_step script[] = {
		GREETING,
		{ "EHLO", auth_offer },
		{ "AUTH LOGIN\r\n", "334 VXNlcm5hbWU6\r\n" },
		{ "YWRh\r\n", "334 UGFzc3dvcmQ6\r\n" },
		{ "c2VzYW0=\r\n", "334 \r\n" },
		{ "\r\n", "235 ok\r\n" },
		END
	};
	CLEAN(fixture) struct fixture f;

	(void)state;
	auth_open(&f, script);
	f.sasl.mechanism = "LOGIN";
	f.sasl.initial = NULL;
	f.sasl.responses[0] = "ada";
	f.sasl.responses[1] = "sesam";
	f.sasl.responses[2] = "";
	assert_true(open_session(&f));
	assert_string_equal(f.sasl.challenges.s, "Username:|Password:||");
	assert_string_equal(scripted_write_text(&f.server, 4), "\r\n");
}

/* RFC 4954, section 4: a line of AUTH has 12,288 octets at most. */
static void an_initial_response_too_long_waits_for_a_challenge(void **state)
{
	static const struct scripted_step script[] = { GREETING,
						       { "EHLO", auth_offer },
						       { "AUTH", "334 \r\n" },
						       { "\r\n", "235 ok\r\n" },
						       END };
	static const struct scripted_step at_once[] = {
		GREETING, { "EHLO", auth_offer }, { "AUTH", "235 ok\r\n" }, END
	};
	static char initial[9300];
	/* 11 octets of "AUTH PLAIN ", 2 of CRLF; 12,275 hold 9,204 coded. */
	static const size_t lengths[] = { 9204, 9207 };

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(lengths); i++) {
		CLEAN(fixture) struct fixture f;

		memset(initial, 'x', sizeof(initial));
		initial[lengths[i]] = '\0';
		auth_open(&f, i == 0 ? at_once : script);
		f.sasl.initial = initial;
		assert_true(open_session(&f));
		if (i == 0) {
			assert_int_equal(f.server.n_writes, 2);
			assert_true(f.server.writes[1].len <= 12288);
			continue;
		}
		assert_string_equal(scripted_write_text(&f.server, 1),
				    "AUTH PLAIN\r\n");
		assert_int_equal(f.server.writes[2].len, 9207 / 3 * 4 + 2);
		assert_null(f.sasl.challenges.s);
	}
}

static void a_malformed_challenge_is_cancelled(void **state)
{
	static const char *const bad[] = { "334 ***\r\n", "334 abc\r\n",
					   "334-YWJj\r\n334 YWJj\r\n" };

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(bad); i++) {
		const struct scripted_step script[] = {
			GREETING,
			{ "EHLO", auth_offer },
			{ "AUTH", bad[i] },
			{ "*\r\n", "501 cancelled\r\n" },
			{ "QUIT\r\n", "221 bye\r\n" },
			END
		};
		CLEAN(fixture) struct fixture f;

		auth_open(&f, script);
		assert_false(open_session(&f));
		assert_int_equal(f.e.kind, ERR_PROTOCOL);
		assert_string_equal(scripted_write_text(&f.server, 2), "*\r\n");
		session_close(&f.session);
		assert_string_equal(scripted_write_text(&f.server, 3),
				    "QUIT\r\n");
	}
}

static void a_step_that_fails_here_is_cancelled(void **state)
{
	/* Even 235 to the cancellation is no success. */
	static const struct scripted_step script[] = {
		GREETING,
		{ "EHLO", auth_offer },
		{ "AUTH", "334 YWJj\r\n" },
		{ "*\r\n", "235 welcome\r\n" },
		END
	};
	CLEAN(fixture) struct fixture f;

	(void)state;
	auth_open(&f, script);
	f.sasl.step_fails = true;
	assert_false(open_session(&f));
	assert_int_equal(f.e.kind, ERR_AUTH);
	assert_string_equal(f.e.text, "the server could not prove itself");
	assert_string_equal(scripted_write_text(&f.server, 2), "*\r\n");
	assert_false(f.session.authenticated);
	assert_int_equal(f.sasl.finished, 0);
}

static void success_needs_a_content_mechanism(void **state)
{
	static const struct scripted_step script[] = {
		GREETING, { "EHLO", auth_offer }, { "AUTH", "235 ok\r\n" }, END
	};
	CLEAN(fixture) struct fixture f;

	(void)state;
	auth_open(&f, script);
	f.sasl.discontent = true;
	assert_false(open_session(&f));
	assert_int_equal(f.e.kind, ERR_AUTH);
	assert_int_equal(f.sasl.finished, 1);
	assert_false(f.session.authenticated);
}

static void challenges_without_end_are_bounded(void **state)
{
	struct scripted_step script[64] = { GREETING,
					    { "EHLO", auth_offer },
					    { "AUTH", "334 \r\n" } };
	CLEAN(fixture) struct fixture f;

	(void)state;
	for (int i = 3; i < 63; i++)
		script[i] = (struct scripted_step){ "\r\n", "334 \r\n" };
	script[63] = (struct scripted_step){ NULL, NULL };
	auth_open(&f, script);
	f.sasl.responses[0] = f.sasl.responses[1] = f.sasl.responses[2] =
		f.sasl.responses[3] = "";
	assert_false(open_session(&f));
	assert_int_equal(f.e.kind, ERR_PROTOCOL);
	assert_int_equal(f.sasl.steps, SESSION_AUTH_ROUNDS_MAX);
}

static void refused_credentials_are_said_with_a_hint(void **state)
{
	static const struct scripted_step script[] = {
		GREETING,
		{ "EHLO", auth_offer },
		{ "AUTH", "535-5.7.8 no\r\n535 5.7.8 really\r\n" },
		{ "QUIT", "221 bye\r\n" },
		END
	};
	CLEAN(fixture) struct fixture f;

	(void)state;
	auth_open(&f, script);
	assert_false(open_session(&f));
	assert_int_equal(f.e.kind, ERR_AUTH);
	assert_string_equal(f.e.text, "the server refused the credentials");
	assert_string_equal(f.e.said, "535-5.7.8 no\n535 5.7.8 really");
	assert_string_not_equal(f.e.hint, "");
	session_close(&f.session);
	assert_string_equal(scripted_write_text(&f.server, 2), "QUIT\r\n");
}

static void no_mechanism_that_will_do_is_passed_on(void **state)
{
	static const struct scripted_step script[] = {
		GREETING, { "EHLO", auth_offer }, { "AUTH", "235 ok\r\n" }, END
	};
	CLEAN(fixture) struct fixture f;

	(void)state;
	auth_open(&f, script);
	f.sasl.mechanism = NULL;
	assert_false(open_session(&f));
	assert_int_equal(f.e.kind, ERR_PROTOCOL);
	assert_int_equal(f.server.n_writes, 1);
}

static void note_line(void *who, const char *line)
{
	str_addf(who, "%s\n", line);
}

static void secrets_are_masked_in_the_transcript(void **state)
{
	static const struct scripted_step script[] = { GREETING,
						       { "EHLO", auth_offer },
						       { "AUTH",
							 "334 YWJj\r\n" },
						       { "\r\n", "235 ok\r\n" },
						       END };
	CLEAN(fixture) struct fixture f;
	CLEAN(str) struct str shown = STR_INIT;
	CLEAN(transcript)
	struct transcript t = TRANSCRIPT_INIT(note_line, &shown);

	(void)state;
	auth_open(&f, script);
	f.config.transcript = &t;
	f.sasl.responses[0] = "sesam";
	assert_true(open_session(&f));
	assert_non_null(strstr(shown.s, "--> AUTH PLAIN <secret>\n"));
	assert_non_null(strstr(shown.s, "--> <secret>\n"));
	assert_null(strstr(shown.s, "czNjcmV0"));
	assert_null(strstr(shown.s, "c2VzYW0"));
	session_close(&f.session);
}

static void greeting_alone_does_not_authenticate(void **state)
{
	static const struct scripted_step script[] = {
		GREETING, { "EHLO", auth_offer }, { "AUTH", "235 ok\r\n" }, END
	};
	CLEAN(fixture) struct fixture f;

	(void)state;
	auth_open(&f, script);
	assert_true(session_greet(&f.session, scripted_stream(&f.server),
				  &f.config, &f.e));
	assert_int_equal(f.server.n_writes, 1);
	assert_false(f.session.authenticated);
}

#define T(name) cmocka_unit_test(name)

int main(void)
{
	const struct CMUnitTest tests[] = {
		T(an_empty_initial_response_is_an_equals_sign),
		T(challenges_are_answered),
		T(an_initial_response_too_long_waits_for_a_challenge),
		T(a_malformed_challenge_is_cancelled),
		T(a_step_that_fails_here_is_cancelled),
		T(success_needs_a_content_mechanism),
		T(challenges_without_end_are_bounded),
		T(refused_credentials_are_said_with_a_hint),
		T(no_mechanism_that_will_do_is_passed_on),
		T(secrets_are_masked_in_the_transcript),
		T(greeting_alone_does_not_authenticate),
	};

	return cmocka_run_group_tests_name("session: AUTH", tests, NULL, NULL);
}
