#include "config.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/clock.h"
#include "base/err.h"
#include "net/tcp.h"
#include "net/tls.h"
#include "tls_peer.h"

#define SOON_MS INT64_C(100)
#define BULK ((size_t)200 * 1024)
#define RECORD_HEADER 5
#define RECORD_FULL 16384

/* --- how it is written ---------------------------------------------------- */

static void hear_four(struct peer_server *s, gnutls_session_t session)
{
	peer_server_hear(s, session, 4);
	gnutls_record_send(session, "220 ok\r\n", 8);
	gnutls_bye(session, GNUTLS_SHUT_WR);
}

static void first_words_ride_with_the_last_flight(void **state)
{
	struct meeting m = { .server = { .talk = hear_four,
					 .priorities = TLS13 } };
	char buf[64];
	size_t got;

	(void)state;
	assert_true(meet(&m));
	assert_int_equal(m.lower.writes, 1);
	assert_true(say(&m, "EHLO"));
	assert_int_equal(m.lower.writes, 2);
	assert_true(hear(&m, buf, sizeof(buf), &got));
	assert_memory_equal(buf, "220 ok\r\n", 8);
	assert_int_equal(m.lower.writes, 2);
	part(&m);
	assert_int_equal(m.server.heard.len, 4);
	peer_server_free(&m.server);
}

static void speak_first(struct peer_server *s, gnutls_session_t session)
{
	(void)s;
	gnutls_record_send(session, "220 hi\r\n", 8);
	gnutls_bye(session, GNUTLS_SHUT_WR);
}

static void last_flight_leaves_before_the_first_read(void **state)
{
	struct meeting m = { .server = { .talk = speak_first,
					 .priorities = TLS13 } };
	char buf[64];
	size_t got;

	(void)state;
	assert_true(meet(&m));
	assert_true(hear(&m, buf, sizeof(buf), &got));
	assert_int_equal(got, 8);
	assert_int_equal(m.lower.writes, 2);
	assert_true(hear(&m, buf, sizeof(buf), &got));
	assert_int_equal(got, 0);
	part(&m);
}

static void hear_bulk(struct peer_server *s, gnutls_session_t session)
{
	peer_server_hear(s, session, BULK + 1);
}

/* Every record from start on but the last holds at least RECORD_FULL. */
static void check_records(const struct str *sent, size_t start)
{
	const unsigned char *p = (const unsigned char *)sent->s;
	size_t i = start, n = 0, full = 0, records = 0;

	for (; i + RECORD_HEADER <= sent->len; i += RECORD_HEADER + n) {
		assert_int_equal(p[i], 0x17);
		n = (size_t)p[i + 3] << 8 | p[i + 4];
		full += n >= RECORD_FULL;
		records++;
	}
	assert_int_equal(i, sent->len);
	assert_int_equal(full, BULK / RECORD_FULL);
	assert_true(records - full <= 1);
}

static void bulk_leaves_in_full_records_and_few_writes(void **state)
{
	static const char *const versions[] = { TLS12, TLS13 };
	char *bulk = malloc(BULK);

	(void)state;
	memset(bulk, 'x', BULK);
	for (size_t i = 0; i < ARRAY_LEN(versions); i++) {
		struct meeting m = { .server = { .talk = hear_bulk,
						 .priorities = versions[i] } };
		size_t start;
		int writes;

		assert_true(meet(&m));
		assert_true(say(&m, "x"));
		start = m.lower.sent.len;
		writes = m.lower.writes;
		assert_true(m.tls.ops->write(m.tls.self, bulk, BULK,
					     in_ms(LONG_MS), &m.e));
		assert_true(m.lower.writes - writes <= 2);
		check_records(&m.lower.sent, start);
		part(&m);
		assert_int_equal(m.server.heard.len, BULK + 1);
		peer_server_free(&m.server);
	}
	free(bulk);
}

/* --- servers that speak no TLS, or none in time --------------------------- */

/* Starts TLS with a peer that said bytes and then hangs, or hangs up. */
static bool start_with(const char *bytes, bool hang_up, bool after_starttls,
		       int64_t *took_ms, struct err *e)
{
	struct tls_config c = { .host = HOST,
				.after_starttls = after_starttls };
	struct counted lower;
	struct stream s, tls;
	int64_t began = clock_now_ms();
	int pair[2];
	bool ok;

	assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM, 0, pair), 0);
	assert_int_equal(write(pair[1], bytes, strlen(bytes)), strlen(bytes));
	if (hang_up)
		shutdown(pair[1], SHUT_WR);
	s = counted_stream(&lower, pair[0]);
	ok = tls_start(s, &c, in_ms(SOON_MS), &tls, NULL, e);
	*took_ms = clock_now_ms() - began;
	s.ops->close(s.self);
	str_free(&lower.sent);
	close(pair[1]);
	return ok;
}

static void what_is_no_tls_is_told_apart(void **state)
{
	static const struct {
		const char *bytes;
		bool hang_up, after_starttls;
		enum err_kind kind;
		const char *text, *hint;
	} rows[] = {
		{ "220 mx ESMTP\x1b\r\n250", false, false, ERR_TLS,
		  "plain SMTP, not TLS: it says '220 mx ESMTP?'",
		  "set tls_starttls on" },
		{ "2", true, false, ERR_TLS, "plain SMTP", "tls_starttls on" },
		{ "SSH-2.0-x\r\n", false, false, ERR_TLS,
		  "does not speak TLS here: it says 'SSH-2.0-x'",
		  "host and port" },
		{ "250 injected\r\n", false, true, ERR_TLS,
		  "in plain text after STARTTLS: 250 injected", "" },
		{ "", true, false, ERR_NETWORK,
		  "TLS handshake: the server "
		  "hung up",
		  "" },
		{ "", false, false, ERR_NETWORK, "TLS handshake: timed out",
		  "" },
		{ "\x16\x03\x03", false, false, ERR_NETWORK, "timed out", "" },
		{ "\x16\x03\x03\x40", true, false, ERR_NETWORK, "hung up", "" },
		{ "\x16\x03\x03\x01\x01zzzzzz", true, false, ERR_NETWORK,
		  "hung up", "" },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		struct err e = ERR_INIT;
		int64_t took_ms;

		assert_false(start_with(rows[i].bytes, rows[i].hang_up,
					rows[i].after_starttls, &took_ms, &e));
		if (e.kind != rows[i].kind || !strstr(e.text, rows[i].text) ||
		    !strstr(e.hint, rows[i].hint) ||
		    (*rows[i].hint == '\0') != (*e.hint == '\0'))
			fail_msg("row %zu: kind %d: %s [%s]", i, e.kind, e.text,
				 e.hint);
		assert_true(took_ms < 20 * SOON_MS);
	}
}

/* A server that always has one more byte of a large record: never late, never
 * done. */
static bool drip_read(void *self, char *buf, size_t n, int64_t by, size_t *got,
		      struct err *e)
{
	static const char start[] = { 0x16, 3, 3, 0x3f, 0x7f };
	size_t *sent = self;

	(void)n;
	(void)by;
	(void)e;
	usleep(2000);
	*buf = 2;
	if (*sent < sizeof(start))
		*buf = start[*sent];
	++*sent;
	*got = 1;
	return true;
}

static bool drip_write(void *self, const char *buf, size_t n, int64_t by,
		       struct err *e)
{
	(void)self;
	(void)buf;
	(void)n;
	(void)by;
	(void)e;
	return true;
}

static void drip_close(void *self)
{
	(void)self;
}

static void a_dripping_server_gains_no_time(void **state)
{
	static const struct stream_ops drip_ops = { "drip", drip_read,
						    drip_write, drip_close };
	struct tls_config c = { .host = HOST };
	struct err e = ERR_INIT;
	int64_t began = clock_now_ms();
	struct stream tls;
	size_t sent = 0;

	(void)state;
	assert_false(tls_start((struct stream){ &drip_ops, &sent }, &c,
			       in_ms(SOON_MS), &tls, NULL, &e));
	assert_int_equal(e.kind, ERR_NETWORK);
	assert_string_equal(e.text, "TLS handshake: timed out");
	assert_in_range(clock_now_ms() - began, SOON_MS, 10 * SOON_MS);
}

/* --- during the session --------------------------------------------------- */

static void leave_without_farewell(struct peer_server *s,
				   gnutls_session_t session)
{
	(void)s;
	gnutls_record_send(session, "220 hi\r\n", 8);
}

static void the_end_without_farewell_is_an_error(void **state)
{
	static const char *const versions[] = { TLS12, TLS13 };

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(versions); i++) {
		struct meeting m = { .server = { .talk = leave_without_farewell,
						 .priorities = versions[i] } };
		char buf[64];
		size_t got;

		assert_true(meet(&m));
		assert_true(hear(&m, buf, sizeof(buf), &got));
		assert_int_equal(got, 8);
		assert_false(hear(&m, buf, sizeof(buf), &got));
		assert_int_equal(m.e.kind, ERR_NETWORK);
		assert_string_equal(m.e.text, "the server hung up");
		part(&m);
	}
}

static void answer_when_asked(struct peer_server *s, gnutls_session_t session)
{
	peer_server_hear(s, session, 2);
	gnutls_record_send(session, "250 ok\r\n", 8);
	peer_server_hear(s, session, 1000);
}

/* Nothing is lost where a caller waits only so long and then goes on. */
static void a_late_answer_can_still_be_read(void **state)
{
	struct meeting m = { .server = { .talk = answer_when_asked } };
	int64_t began;
	char buf[64];
	size_t got;

	(void)state;
	assert_true(meet(&m));
	assert_true(say(&m, "a"));
	began = clock_now_ms();
	assert_false(m.tls.ops->read(m.tls.self, buf, sizeof(buf),
				     in_ms(SOON_MS), &got, &m.e));
	assert_in_range(clock_now_ms() - began, SOON_MS, 10 * SOON_MS);
	assert_int_equal(m.e.kind, ERR_NETWORK);
	assert_string_equal(m.e.text, "timed out");
	assert_true(say(&m, "b"));
	assert_true(hear(&m, buf, sizeof(buf), &got));
	assert_int_equal(got, 8);
	part(&m);
	peer_server_free(&m.server);
}

static void a_peer_that_does_not_read_cannot_hold_us(void **state)
{
	struct meeting m = { .server = { .talk = NULL } };
	size_t n = (size_t)8 << 20;
	char *bulk = calloc(1, n);
	int64_t began;
	int pair[2];

	(void)state;
	assert_true(meet(&m));
	/* The server is gone; its place takes a socket that nobody reads. */
	assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM, 0, pair), 0);
	m.lower.lower.ops->close(m.lower.lower.self);
	m.lower.lower = tcp_stream(pair[0]);
	began = clock_now_ms();
	assert_false(
		m.tls.ops->write(m.tls.self, bulk, n, in_ms(SOON_MS), &m.e));
	assert_in_range(clock_now_ms() - began, SOON_MS, 10 * SOON_MS);
	assert_int_equal(m.e.kind, ERR_NETWORK);
	assert_string_equal(m.e.text, "timed out");
	/* A record was cut in two: nothing may follow it. */
	assert_false(say(&m, "more"));
	began = clock_now_ms();
	part(&m);
	assert_true(clock_now_ms() - began < 10 * SOON_MS);
	close(pair[1]);
	free(bulk);
}

static void send_tickets_and_keys(struct peer_server *s,
				  gnutls_session_t session)
{
	(void)s;
	gnutls_session_ticket_send(session, 2, 0);
	gnutls_session_key_update(session, GNUTLS_KU_PEER);
	gnutls_record_send(session, "220 hi\r\n", 8);
	peer_server_hear(s, session, 4);
	gnutls_record_send(session, "250 ok\r\n", 8);
	gnutls_bye(session, GNUTLS_SHUT_WR);
}

static void tickets_and_new_keys_are_no_answers(void **state)
{
	struct meeting m = { .server = { .talk = send_tickets_and_keys,
					 .priorities = TLS13,
					 .tickets = true } };
	char buf[64];
	size_t got;

	(void)state;
	assert_true(meet(&m));
	assert_true(hear(&m, buf, sizeof(buf), &got));
	assert_memory_equal(buf, "220 hi\r\n", 8);
	assert_true(say(&m, "EHLO"));
	assert_true(hear(&m, buf, sizeof(buf), &got));
	assert_memory_equal(buf, "250 ok\r\n", 8);
	part(&m);
	assert_int_equal(m.server.heard.len, 4);
	peer_server_free(&m.server);
}

static void ask_for_a_handshake(struct peer_server *s, gnutls_session_t session)
{
	gnutls_rehandshake(session);
	gnutls_record_send(session, "220 hi\r\n", 8);
	s->rc = gnutls_record_recv(session, &(char){ 0 }, 1) ==
				GNUTLS_E_WARNING_ALERT_RECEIVED
			? (int)gnutls_alert_get(session)
			: -1;
	gnutls_bye(session, GNUTLS_SHUT_WR);
}

static void renegotiation_is_refused(void **state)
{
	struct meeting m = { .server = { .talk = ask_for_a_handshake,
					 .priorities = TLS12 } };
	char buf[64];
	size_t got;

	(void)state;
	assert_true(meet(&m));
	assert_true(hear(&m, buf, sizeof(buf), &got));
	assert_memory_equal(buf, "220 hi\r\n", 8);
	assert_true(hear(&m, buf, sizeof(buf), &got));
	assert_int_equal(got, 0);
	part(&m);
	assert_int_equal(m.server.rc, GNUTLS_A_NO_RENEGOTIATION);
}

static void hear_all(struct peer_server *s, gnutls_session_t session)
{
	char c;
	ssize_t rc;

	(void)s;
	do {
		rc = gnutls_record_recv(session, &c, 1);
	} while (rc > 0 || rc == GNUTLS_E_AGAIN);
	s->rc = (int)rc;
}

static void close_says_farewell(void **state)
{
	static const char *const versions[] = { TLS12, TLS13 };

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(versions); i++) {
		struct meeting m = { .server = { .talk = hear_all,
						 .priorities = versions[i] } };

		assert_true(meet(&m));
		assert_true(say(&m, "QUIT\r\n"));
		part(&m);
		assert_int_equal(m.server.rc, 0);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(first_words_ride_with_the_last_flight),
		cmocka_unit_test(last_flight_leaves_before_the_first_read),
		cmocka_unit_test(bulk_leaves_in_full_records_and_few_writes),
		cmocka_unit_test(what_is_no_tls_is_told_apart),
		cmocka_unit_test(a_dripping_server_gains_no_time),
		cmocka_unit_test(the_end_without_farewell_is_an_error),
		cmocka_unit_test(a_late_answer_can_still_be_read),
		cmocka_unit_test(a_peer_that_does_not_read_cannot_hold_us),
		cmocka_unit_test(tickets_and_new_keys_are_no_answers),
		cmocka_unit_test(renegotiation_is_refused),
		cmocka_unit_test(close_says_farewell),
	};

	return cmocka_run_group_tests_name("tls", tests, leaf_make, leaf_free);
}
