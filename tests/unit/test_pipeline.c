#include "config.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "base/clock.h"
#include "scripted.h"
#include "smtp/pipeline.h"

struct seen {
	int codes[512];
	int count;
	int fail_on; /* a code that ends the session */
};

struct fixture {
	struct scripted server;
	struct wire wire;
	struct pipeline pipe;
	struct seen seen;
};

static bool note_code(void *who, int index, const struct reply *r,
		      struct err *e)
{
	struct seen *seen = who;

	assert_int_equal(index, seen->count);
	seen->codes[seen->count++] = r->code;
	return r->code != seen->fail_on ||
	       err_set(e, ERR_DEFERRED, "as the test wants");
}

static void fixture_open(struct fixture *f, const struct scripted_step *script,
			 bool allowed)
{
	memset(f, 0, sizeof(*f));
	scripted_now = 1000000;
	f->server.script = script;
	wire_init(&f->wire, scripted_stream(&f->server), NULL);
	f->pipe = (struct pipeline){ .wire = &f->wire,
				     .now_ms = scripted_clock,
				     .allowed = allowed,
				     .who = &f->seen };
	f->pipe.deliver[PHASE_MAIL] = note_code;
	f->pipe.deliver[PHASE_RCPT] = note_code;
	f->pipe.deliver[PHASE_BODY] = note_code;
}

static void fixture_free(struct fixture *f)
{
	wire_free(&f->wire);
	scripted_free(&f->server);
}

static bool push(struct fixture *f, int index, struct err *e)
{
	return pipeline_push(&f->pipe, PHASE_RCPT, index,
			     view_of("RCPT TO:<a@x>\r\n"), e);
}

static void replies_reach_their_senders_in_order(void **state)
{
	static const struct scripted_step script[] = {
		{ "RCPT", "250 ok\r\n" },
		{ "RCPT", "550-5.1.1 no\r\n550 5.1.1 no\r\n" },
		{ NULL, NULL }
	};

	(void)state;
	for (int allowed = 0; allowed < 2; allowed++) {
		CLEAN(fixture) struct fixture f;
		struct err e = ERR_INIT;

		fixture_open(&f, script, allowed);
		assert_true(push(&f, 0, &e));
		assert_true(push(&f, 1, &e));
		assert_true(pipeline_sync(&f.pipe, &e));
		assert_int_equal(f.seen.count, 2);
		assert_int_equal(f.seen.codes[0], 250);
		assert_int_equal(f.seen.codes[1], 550);
		assert_int_equal(f.server.n_writes, allowed ? 1 : 2);
		assert_false(f.pipe.broken);
	}
}

static void a_hundred_recipients_are_one_flight(void **state)
{
	struct scripted_step script[101] = { { NULL, NULL } };
	CLEAN(fixture) struct fixture f;
	struct err e = ERR_INIT;

	(void)state;
	for (int i = 0; i < 100; i++)
		script[i] = (struct scripted_step){ "RCPT", "250 ok\r\n" };
	fixture_open(&f, script, true);
	for (int i = 0; i < 100; i++)
		assert_true(push(&f, i, &e));
	assert_true(pipeline_sync(&f.pipe, &e));
	assert_int_equal(f.server.n_writes, 1);
	assert_int_equal(f.seen.count, 100);
}

static void what_is_in_flight_is_bounded(void **state)
{
	enum {
		N = 3 * PIPELINE_DEPTH_MAX + 5
	};
	struct scripted_step script[N + 1] = { { NULL, NULL } };
	CLEAN(fixture) struct fixture f;
	struct err e = ERR_INIT;

	(void)state;
	for (int i = 0; i < N; i++)
		script[i] = (struct scripted_step){ "RCPT", "250 ok\r\n" };
	fixture_open(&f, script, true);
	for (int i = 0; i < N; i++) {
		assert_true(push(&f, i, &e));
		assert_true(f.pipe.count <= PIPELINE_DEPTH_MAX);
		assert_true(wire_pending(&f.wire) <= PIPELINE_BYTES_MAX);
	}
	assert_true(pipeline_sync(&f.pipe, &e));
	assert_int_equal(f.server.n_writes, 4);
	assert_int_equal(f.seen.count, N);
}

static void long_commands_are_bounded_by_octets(void **state)
{
	static const struct scripted_step script[] = { { "\n", "250 a\r\n" },
						       { "\n", "250 b\r\n" },
						       { "\n", "250 c\r\n" },
						       { NULL, NULL } };
	CLEAN(fixture) struct fixture f;
	CLEAN(str) struct str line = STR_INIT;
	struct err e = ERR_INIT;

	(void)state;
	for (int i = 0; i < PIPELINE_BYTES_MAX / 2 - 1; i++)
		str_addc(&line, 'x');
	str_addc(&line, '\n');
	fixture_open(&f, script, true);
	for (int i = 0; i < 3; i++)
		assert_true(pipeline_push(&f.pipe, PHASE_RCPT, i,
					  str_view(&line), &e));
	assert_true(pipeline_sync(&f.pipe, &e));
	assert_int_equal(f.server.n_writes, 2);
}

static void a_hang_up_is_a_network_error_in_context(void **state)
{
	static const struct scripted_step script[] = { { NULL, NULL } };
	CLEAN(fixture) struct fixture f;
	struct err e = ERR_INIT;

	(void)state;
	fixture_open(&f, script, false);
	assert_false(pipeline_push(&f.pipe, PHASE_MAIL, 0,
				   view_of("MAIL FROM:<>\r\n"), &e));
	assert_int_equal(e.kind, ERR_NETWORK);
	assert_string_equal(e.text, "waiting for the answer to MAIL FROM: "
				    "the server hung up");
	assert_true(f.pipe.broken);
}

/* Keyword timeout, and deadline. */
static void every_step_has_its_limit(void **state)
{
	static const struct {
		int timeout_s;
		enum phase phase;
		int64_t deadline; /* after now, ms; 0: none */
		int64_t by;       /* after now, ms; -1: never */
	} cases[] = {
		{ 0, PHASE_AUTH, 0, 60000 },
		{ 0, PHASE_BODY, 0, 600000 },
		{ 7, PHASE_AUTH, 0, 7000 },
		{ 7, PHASE_BODY, 0, 7000 },
		{ 7, PHASE_QUIT, 0, 1000 },
		{ -1, PHASE_BODY, 0, -1 },
		{ -1, PHASE_QUIT, 0, 1000 },
		{ -1, PHASE_BODY, 5000, 5000 },
		{ 0, PHASE_BODY, 5000, 5000 },
		{ 0, PHASE_BODY, 700000, 600000 },
	};

	(void)state;
	scripted_now = 1000000;
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		struct pipeline p = { .now_ms = scripted_clock,
				      .timeout_s = cases[i].timeout_s };
		int64_t by = cases[i].by < 0 ? CLOCK_NEVER
					     : scripted_now + cases[i].by;

		if (cases[i].deadline > 0)
			p.deadline_ms = scripted_now + cases[i].deadline;
		assert_true(pipeline_deadline(&p, cases[i].phase) == by);
	}
}

static void the_limit_reaches_the_stream(void **state)
{
	static const struct scripted_step script[] = { { NULL, NULL } };
	CLEAN(fixture) struct fixture f;
	struct err e = ERR_INIT;

	(void)state;
	fixture_open(&f, script, true);
	f.server.stalls = true;
	f.pipe.timeout_s = 9;
	assert_true(push(&f, 0, &e));
	assert_true(pipeline_flush(&f.pipe, &e));
	assert_true(f.server.last_deadline == 1009000);
	assert_false(pipeline_sync(&f.pipe, &e));
	assert_true(scripted_now == 1009000);
	assert_string_equal(e.text, "waiting for the answer to RCPT TO: timed "
				    "out");
}

/* A byte at a time gains a server nothing: the limit is of the reply. */
static void a_server_that_drips_is_held_to_the_limit(void **state)
{
	static const struct scripted_step script[] = {
		{ "RCPT", "250-a\r\n250-b\r\n250" }, { NULL, NULL }
	};
	CLEAN(fixture) struct fixture f;
	struct err e = ERR_INIT;

	(void)state;
	fixture_open(&f, script, true);
	f.server.stalls = true;
	f.server.piece = 1;
	assert_true(push(&f, 0, &e));
	assert_false(pipeline_sync(&f.pipe, &e));
	assert_true(scripted_now == 1000000 + 300000);
}

static void more_answers_than_commands_end_the_session(void **state)
{
	static const struct {
		const char *extra;
		enum err_kind kind;
		bool surplus;
	} cases[] = {
		{ "250 ok\r\n250 ok\r\n", ERR_PROTOCOL, true },
		{ "250 ok\r\nnonsense\r\n", ERR_PROTOCOL, true },
		{ "250 ok\r\n2", ERR_PROTOCOL, true },
		{ "250 ok\r\n421 4.3.2 bye\r\n", ERR_DEFERRED, false },
	};

	(void)state;
	for (size_t i = 0; i < 2 * ARRAY_LEN(cases); i++) {
		size_t c = i / 2;
		struct scripted_step script[] = { { "RCPT", cases[c].extra },
						  { NULL, NULL } };
		CLEAN(fixture) struct fixture f;
		CLEAN(reply) struct reply r = REPLY_INIT;
		struct err e = ERR_INIT;

		fixture_open(&f, script, true);
		assert_true(push(&f, 0, &e) && pipeline_sync(&f.pipe, &e));
		if (i % 2 == 0) {
			assert_true(push(&f, 1, &e));
			assert_false(pipeline_sync(&f.pipe, &e));
		} else {
			wire_put(&f.wire, view_of("NOOP\r\n"));
			assert_false(
				pipeline_read(&f.pipe, PHASE_EHLO, &r, &e));
		}
		assert_int_equal(e.kind, cases[c].kind);
		assert_int_equal(f.pipe.surplus, cases[c].surplus);
		assert_true(f.pipe.broken);
		assert_int_equal(f.server.n_writes, 1);
	}
}

static void what_the_server_said_counts_more_than_a_broken_write(void **state)
{
	static const struct scripted_step script[] = {
		{ "", "421 4.3.2 shutting down\r\n" }, { NULL, NULL }
	};
	CLEAN(fixture) struct fixture f;
	struct err e = ERR_INIT;

	(void)state;
	fixture_open(&f, script, true);
	f.server.fail_at = 1;
	f.seen.fail_on = 421;
	assert_true(push(&f, 0, &e));
	assert_false(pipeline_sync(&f.pipe, &e));
	assert_int_equal(e.kind, ERR_DEFERRED);
	assert_int_equal(f.seen.codes[0], 421);
	assert_true(f.pipe.broken);
}

static void a_broken_write_without_an_answer_is_the_reason(void **state)
{
	static const struct scripted_step script[] = { { NULL, NULL } };
	CLEAN(fixture) struct fixture f;
	struct err e = ERR_INIT;

	(void)state;
	fixture_open(&f, script, true);
	f.server.fail_at = 1;
	f.server.stalls = true;
	assert_true(push(&f, 0, &e));
	assert_false(pipeline_sync(&f.pipe, &e));
	assert_int_equal(e.kind, ERR_NETWORK);
	assert_string_equal(e.text,
			    "writing to the server: the connection broke");
	assert_true(scripted_now == 1000000 + PIPELINE_SALVAGE_MS);
}

static void an_early_answer_is_heard_between_two_writes(void **state)
{
	static const struct scripted_step script[] = {
		{ "x", "552 5.3.4 too big\r\n" }, { NULL, NULL }
	};
	static char block[WIRE_OUT_FULL];
	CLEAN(fixture) struct fixture f;
	struct err e = ERR_INIT;

	(void)state;
	memset(block, 'x', sizeof(block));
	fixture_open(&f, script, true);
	f.server.stalls = true;
	f.seen.fail_on = 552;
	assert_true(pipeline_expect(&f.pipe, PHASE_BODY, 0, &e));
	assert_true(pipeline_stream(&f.pipe,
				    (struct view){ block, sizeof(block) }, &e));
	assert_int_equal(f.server.n_writes, 1);
	assert_false(pipeline_stream(
		&f.pipe, (struct view){ block, sizeof(block) }, &e));
	assert_int_equal(e.kind, ERR_DEFERRED);
	assert_int_equal(f.server.n_writes, 1);
	assert_true(scripted_now == 1000000);
}

static void streaming_does_not_wait_for_answers(void **state)
{
	static const struct scripted_step script[] = { { NULL, NULL } };
	static char block[WIRE_OUT_FULL];
	CLEAN(fixture) struct fixture f;
	struct err e = ERR_INIT;

	(void)state;
	fixture_open(&f, script, true);
	f.server.stalls = true;
	assert_true(pipeline_expect(&f.pipe, PHASE_BODY, 0, &e));
	for (int i = 0; i < 4; i++)
		assert_true(pipeline_stream(
			&f.pipe, (struct view){ block, sizeof(block) }, &e));
	assert_int_equal(f.server.n_writes, 4);
	assert_true(scripted_now == 1000000);
}

static void line_ends_of_lf_alone_are_taken(void **state)
{
	static const struct scripted_step script[] = {
		{ "RCPT", "250-a\n250 b\n" }, { NULL, NULL }
	};
	CLEAN(fixture) struct fixture f;
	struct err e = ERR_INIT;

	(void)state;
	fixture_open(&f, script, true);
	assert_true(push(&f, 0, &e) && pipeline_sync(&f.pipe, &e));
	assert_int_equal(f.seen.codes[0], 250);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(replies_reach_their_senders_in_order),
		cmocka_unit_test(a_hundred_recipients_are_one_flight),
		cmocka_unit_test(what_is_in_flight_is_bounded),
		cmocka_unit_test(long_commands_are_bounded_by_octets),
		cmocka_unit_test(a_hang_up_is_a_network_error_in_context),
		cmocka_unit_test(every_step_has_its_limit),
		cmocka_unit_test(the_limit_reaches_the_stream),
		cmocka_unit_test(a_server_that_drips_is_held_to_the_limit),
		cmocka_unit_test(more_answers_than_commands_end_the_session),
		cmocka_unit_test(
			what_the_server_said_counts_more_than_a_broken_write),
		cmocka_unit_test(
			a_broken_write_without_an_answer_is_the_reason),
		cmocka_unit_test(an_early_answer_is_heard_between_two_writes),
		cmocka_unit_test(streaming_does_not_wait_for_answers),
		cmocka_unit_test(line_ends_of_lf_alone_are_taken),
	};

	return cmocka_run_group_tests_name("pipeline", tests, NULL, NULL);
}
