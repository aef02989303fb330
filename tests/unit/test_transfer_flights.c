#include "config.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/err.h"
#include "transfer_fixture.h"

static void a_small_message_with_chunking_is_one_flight(void **state)
{
	static const struct scripted_step script[] = {
		{ "QUIT\r\n", "250 ok\r\n250 ok\r\n"
			      "250 2.6.0 taken as 7\r\n221 bye\r\n" },
		END
	};
	CLEAN(fixture) struct fixture f;

	(void)state;
	fixture_open(&f, ALL, script);
	add_recipients(&f, 1);
	add_text(&f, view_of("Subject: x\n\n.dot\n"));
	assert_true(transfer(&f));
	assert_int_equal(f.server.n_writes, 1);
	assert_string_equal(scripted_write_text(&f.server, 0),
			    "MAIL FROM:<me@x> SIZE=20\r\n"
			    "RCPT TO:<r0@x>\r\n"
			    "BDAT 20 LAST\r\n"
			    "Subject: x\r\n\r\n.dot\r\n"
			    "QUIT\r\n");
	assert_kinds(&f, ERR_NONE);
	assert_int_equal(f.outcome.code, 250);
	assert_string_equal(f.outcome.said, "250 2.6.0 taken as 7");
	assert_int_equal(f.outcome.octets, 20);
	assert_int_equal(f.outcome.v[0].status[1], 6);
	session_close(&f.session);
	assert_int_equal(f.server.n_writes, 1);
}

static void without_chunking_it_is_two(void **state)
{
	static const struct scripted_step script[] = {
		{ "DATA\r\n", "250 ok\r\n250 ok\r\n354 go\r\n" },
		{ "\r\n.\r\n", "250 taken\r\n" },
		{ "QUIT\r\n", "221 bye\r\n" },
		END
	};
	CLEAN(fixture) struct fixture f;

	(void)state;
	fixture_open(&f, NO_CHUNKS, script);
	add_recipients(&f, 1);
	add_text(&f, view_of("Subject: x\n\n.dot"));
	assert_true(transfer(&f));
	assert_int_equal(f.server.n_writes, 2);
	assert_string_equal(scripted_write_text(&f.server, 0),
			    "MAIL FROM:<me@x> SIZE=20\r\n"
			    "RCPT TO:<r0@x>\r\nDATA\r\n");
	assert_string_equal(scripted_write_text(&f.server, 1),
			    "Subject: x\r\n\r\n..dot\r\n.\r\nQUIT\r\n");
	assert_kinds(&f, ERR_NONE);
	session_close(&f.session);
	assert_int_equal(f.server.n_writes, 2);
}

static void without_pipelining_each_command_waits(void **state)
{
	static const struct scripted_step data[] = {
		{ "MAIL", "250 ok\r\n" },      { "RCPT", "250 ok\r\n" },
		{ "DATA", "354 go\r\n" },      { "\r\n.\r\n", "250 ok\r\n" },
		{ "QUIT\r\n", "221 bye\r\n" }, END
	};
	static const struct scripted_step bdat[] = {
		{ "MAIL", "250 ok\r\n" },
		{ "RCPT", "250 ok\r\n" },
		{ "BDAT 3 LAST\r\nx\r\n", "250 ok\r\n" },
		{ "QUIT\r\n", "221 bye\r\n" },
		END
	};

	(void)state;
	for (int chunks = 0; chunks < 2; chunks++) {
		CLEAN(fixture) struct fixture f;

		fixture_open(&f, chunks ? "mx\nCHUNKING" : "mx",
			     chunks ? bdat : data);
		add_recipients(&f, 1);
		add_text(&f, view_of("x\n"));
		assert_true(transfer(&f));
		assert_kinds(&f, ERR_NONE);
		assert_int_equal(f.server.n_writes, chunks ? 3 : 4);
		assert_false(f.session.quit_sent);
		session_close(&f.session);
		assert_int_equal(f.server.n_writes, chunks ? 4 : 5);
	}
}

static void quit_rides_only_with_the_last_message(void **state)
{
	static const struct scripted_step script[] = {
		{ "x\r\n", "250 ok\r\n250 ok\r\n250 ok\r\n" },
		{ "x\r\n", "250 ok\r\n250 ok\r\n250 ok\r\n" },
		{ "QUIT\r\n", "221 bye\r\n" },
		END
	};
	CLEAN(fixture) struct fixture f;

	(void)state;
	fixture_open(&f, ALL, script);
	add_recipients(&f, 1);
	add_text(&f, view_of("x\n"));
	f.transfer.last = false;
	assert_true(transfer(&f));
	outcome_free(&f.outcome);
	assert_true(transfer(&f));
	assert_kinds(&f, ERR_NONE);
	assert_int_equal(f.server.n_writes, 2);
	/* Nothing was left behind that a RSET would have to clear. */
	assert_string_equal(scripted_write_text(&f.server, 1),
			    scripted_write_text(&f.server, 0));
	assert_null(strstr(f.server.heard.s, "QUIT"));
}

static void chunking_can_be_off(void **state)
{
	static const struct scripted_step script[] = {
		{ "DATA\r\n", "250 ok\r\n250 ok\r\n354 go\r\n" },
		{ "\r\n.\r\n", "250 ok\r\n" },
		END
	};
	CLEAN(fixture) struct fixture f;

	(void)state;
	fixture_open(&f, ALL, script);
	f.session.config.chunking = false;
	add_recipients(&f, 1);
	add_text(&f, view_of("x\n"));
	assert_true(transfer(&f));
	assert_null(strstr(f.server.heard.s, "BDAT"));
}

/* Several recipients, all or none: the envelope's verdict comes first. */
static void a_refused_recipient_surprises_nobody(void **state)
{
	static const struct scripted_step script[] = {
		{ "RCPT TO:<r1@x>\r\n", "250 ok\r\n250 ok\r\n250 ok\r\n" },
		{ "QUIT\r\n", "250 taken\r\n221 bye\r\n" },
		END
	};
	static const struct scripted_step data[] = {
		{ "RCPT TO:<r1@x>\r\n", "250 ok\r\n250 ok\r\n250 ok\r\n" },
		{ "DATA\r\n", "354 go\r\n" },
		{ "QUIT\r\n", "250 taken\r\n221 bye\r\n" },
		END
	};

	(void)state;
	for (int chunks = 0; chunks < 2; chunks++) {
		CLEAN(fixture) struct fixture f;

		fixture_open(&f, chunks ? ALL : NO_CHUNKS,
			     chunks ? script : data);
		add_recipients(&f, 2);
		add_text(&f, view_of("x\n"));
		assert_true(transfer(&f));
		assert_int_equal(f.server.n_writes, chunks ? 2 : 3);
		assert_kinds(&f, ERR_NONE);
	}
}

static void with_partial_many_recipients_are_one_flight_too(void **state)
{
	static const struct scripted_step script[] = {
		{ "QUIT\r\n", "250 ok\r\n250 ok\r\n550 5.1.1 no\r\n"
			      "250 taken\r\n221 bye\r\n" },
		END
	};
	static const struct scripted_step data[] = {
		{ "DATA\r\n",
		  "250 ok\r\n250 ok\r\n550 5.1.1 no\r\n354 go\r\n" },
		{ "QUIT\r\n", "250 taken\r\n221 bye\r\n" },
		END
	};

	(void)state;
	for (int chunks = 0; chunks < 2; chunks++) {
		CLEAN(fixture) struct fixture f;

		fixture_open(&f, chunks ? ALL : NO_CHUNKS,
			     chunks ? script : data);
		add_recipients(&f, 2);
		add_text(&f, view_of("x\n"));
		f.transfer.partial = true;
		assert_true(transfer(&f));
		assert_int_equal(f.server.n_writes, chunks ? 1 : 2);
		assert_int_equal(f.outcome.v[0].kind, ERR_NONE);
		assert_int_equal(f.outcome.v[1].kind, ERR_RECIPIENT);
		assert_string_equal(f.outcome.v[1].said, "550 5.1.1 no");
		assert_int_equal(outcome_kind(&f.outcome), ERR_RECIPIENT);
	}
}

static void a_hundred_recipients_ride_in_one_flight(void **state)
{
	CLEAN(str) struct str say = STR_INIT;
	CLEAN(fixture) struct fixture f;

	(void)state;
	for (int i = 0; i < 102; i++)
		str_adds(&say, "250 2.1.5 ok\r\n");
	str_adds(&say, "221 bye\r\n");
	const struct scripted_step script[] = { { "QUIT\r\n", say.s }, END };
	fixture_open(&f, ALL, script);
	add_recipients(&f, 100);
	add_text(&f, view_of("x\n"));
	f.transfer.partial = true;
	assert_true(transfer(&f));
	assert_int_equal(f.server.n_writes, 1);
	assert_kinds(&f, ERR_NONE);
}

static void up_to_64_kib_ride_and_more_waits_for_the_envelope(void **state)
{
	static const struct scripted_step ride[] = {
		{ "QUIT\r\n", "250 ok\r\n250 ok\r\n250 taken\r\n221 bye\r\n" },
		END
	};
	static const struct scripted_step wait[] = {
		{ "RCPT TO:<r0@x>\r\n", "250 ok\r\n250 ok\r\n" },
		{ "QUIT\r\n", "250 taken\r\n221 bye\r\n" },
		END
	};

	(void)state;
	for (size_t more = 0; more < 2; more++) {
		CLEAN(fixture) struct fixture f;

		fixture_open(&f, ALL, more ? wait : ride);
		add_recipients(&f, 1);
		add_lines(&f, TRANSFER_RIDE_MAX / 64 + more);
		assert_true(transfer(&f));
		assert_kinds(&f, ERR_NONE);
		if (more)
			assert_string_equal(scripted_write_text(&f.server, 0),
					    "MAIL FROM:<me@x> SIZE=65600\r\n"
					    "RCPT TO:<r0@x>\r\n");
		else
			assert_int_equal(f.server.n_writes, 1);
	}
}

/* The octets of the message, as the server puts chunks together. */
static void join_chunks(const struct str *heard, struct str *out, int *chunks)
{
	const char *p = heard->s;
	const char *end = heard->s + heard->len;

	*chunks = 0;
	while ((p = strstr(p, "BDAT "))) {
		char *rest;
		size_t n = strtoul(p + 5, &rest, 10);

		assert_true(n <= TRANSFER_CHUNK);
		p = strchr(rest, '\n') + 1;
		assert_true(n <= (size_t)(end - p));
		str_add(out, (struct view){ p, n });
		p += n;
		++*chunks;
	}
}

static void a_large_message_goes_in_chunks_without_waiting(void **state)
{
	static const struct scripted_step script[] = {
		{ "RCPT TO:<r0@x>\r\n", "250 ok\r\n250 ok\r\n" },
		{ "QUIT\r\n", "250 got\r\n250 got\r\n250 taken\r\n"
			      "221 bye\r\n" },
		END
	};
	CLEAN(fixture) struct fixture f;
	CLEAN(str) struct str got = STR_INIT;
	const size_t lines = TRANSFER_CHUNK / 64 * 2 + 100;
	int chunks;

	(void)state;
	fixture_open(&f, ALL, script);
	add_recipients(&f, 1);
	add_lines(&f, lines);
	assert_true(transfer(&f));
	assert_kinds(&f, ERR_NONE);
	assert_string_equal(f.outcome.said, "250 taken");
	join_chunks(&f.server.heard, &got, &chunks);
	assert_int_equal(chunks, 3);
	assert_int_equal(got.len, lines * 64);
	for (size_t i = 0; i < lines; i++)
		assert_memory_equal(got.s + i * 64 + 61, "x\r\n", 3);
	assert_non_null(strstr(f.server.heard.s, "BDAT 1048576\r\n"));
	assert_non_null(strstr(f.server.heard.s, "BDAT 6400 LAST\r\n"));
	assert_true(f.server.n_writes < 40);
}

/* Exactly one chunk is one, and not one and an empty one. */
static void a_message_of_one_chunk_is_one_bdat(void **state)
{
	static const struct scripted_step script[] = {
		{ "RCPT TO:<r0@x>\r\n", "250 ok\r\n250 ok\r\n" },
		{ "QUIT\r\n", "250 taken\r\n221 bye\r\n" },
		END
	};
	CLEAN(fixture) struct fixture f;
	CLEAN(str) struct str got = STR_INIT;
	int chunks;

	(void)state;
	fixture_open(&f, ALL, script);
	add_recipients(&f, 1);
	add_lines(&f, TRANSFER_CHUNK / 64);
	assert_true(transfer(&f));
	join_chunks(&f.server.heard, &got, &chunks);
	assert_int_equal(chunks, 1);
	assert_int_equal(got.len, TRANSFER_CHUNK);
}

static void unanswered_chunks_are_bounded(void **state)
{
	static const struct scripted_step script[] = {
		{ "RCPT TO:<r0@x>\r\n", "250 ok\r\n250 ok\r\n" }, END
	};
	CLEAN(fixture) struct fixture f;

	(void)state;
	fixture_open(&f, ALL, script);
	f.server.stalls = true;
	add_recipients(&f, 1);
	add_lines(&f, (size_t)TRANSFER_CHUNK / 64 * 8);
	assert_false(transfer(&f));
	assert_kinds(&f, ERR_NETWORK);
	assert_true(f.server.heard.len < 5 * TRANSFER_CHUNK + 1000);
	assert_true(scripted_now == 1000000 + 300000);
}

static void a_large_message_by_data_is_whole(void **state)
{
	static const struct scripted_step script[] = {
		{ "DATA\r\n", "250 ok\r\n250 ok\r\n354 go\r\n" },
		{ "QUIT\r\n", "250 taken\r\n221 bye\r\n" },
		END
	};
	CLEAN(fixture) struct fixture f;
	const char *body;

	(void)state;
	fixture_open(&f, NO_CHUNKS, script);
	add_recipients(&f, 1);
	add_lines(&f, 20000);
	assert_true(transfer(&f));
	assert_kinds(&f, ERR_NONE);
	body = strstr(f.server.heard.s, "DATA\r\n") + 6;
	/* One dot was doubled; then the end and QUIT. */
	assert_int_equal(strlen(body), 20000 * 64 + 1 + 3 + 6);
	assert_memory_equal(body, "..x", 3);
	assert_int_equal(f.server.n_writes, 1 + 20000 * 64 / 65536 + 1);
}

#define T(name) cmocka_unit_test(name)

int main(void)
{
	const struct CMUnitTest tests[] = {
		T(a_small_message_with_chunking_is_one_flight),
		T(without_chunking_it_is_two),
		T(without_pipelining_each_command_waits),
		T(quit_rides_only_with_the_last_message),
		T(chunking_can_be_off),
		T(a_refused_recipient_surprises_nobody),
		T(with_partial_many_recipients_are_one_flight_too),
		T(a_hundred_recipients_ride_in_one_flight),
		T(up_to_64_kib_ride_and_more_waits_for_the_envelope),
		T(a_large_message_goes_in_chunks_without_waiting),
		T(a_message_of_one_chunk_is_one_bdat),
		T(unanswered_chunks_are_bounded),
		T(a_large_message_by_data_is_whole),
	};

	return cmocka_run_group_tests_name("transfer: flights", tests, NULL,
					   NULL);
}
