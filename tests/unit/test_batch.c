#include "config.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/err.h"
#include "base/mem.h"
#include "smtp/batch.h"
#include "transfer_fixture.h"

#define LIMITED(limits) "mx\nPIPELINING\nCHUNKING\nLIMITS " limits

static bool send_batch(struct fixture *f, bool (*again)(void *, struct err *))
{
	const struct batch b = { .transfer = f->transfer,
				 .again = again,
				 .who = f };

	assert_true(draft_flush(&f->draft, &f->e));
	return batch_send(&f->session, &b, &f->outcome, &f->e);
}

/* As transfer itself: one flight, QUIT and all. */
static void who_fits_goes_as_ever(void **state)
{
	static const struct scripted_step script[] = {
		{ "QUIT\r\n", "250 ok\r\n250 ok\r\n250 ok\r\n250 ok\r\n"
			      "250 taken\r\n221 bye\r\n" },
		END
	};

	(void)state;
	for (int one = 0; one < 2; one++) {
		CLEAN(fixture) struct fixture f;

		fixture_open(&f, LIMITED("RCPTMAX=3 MAILMAX=1"), script);
		add_recipients(&f, 3);
		add_text(&f, view_of("x\n"));
		f.transfer.partial = true;
		assert_true(one ? send_batch(&f, NULL) : transfer(&f));
		assert_int_equal(f.server.n_writes, 1);
		assert_string_equal(scripted_write_text(&f.server, 0),
				    "MAIL FROM:<me@x>\r\nRCPT TO:<r0@x>\r\n"
				    "RCPT TO:<r1@x>\r\nRCPT TO:<r2@x>\r\n"
				    "BDAT 3 LAST\r\nx\r\nQUIT\r\n");
		assert_kinds(&f, ERR_NONE);
		assert_string_equal(f.outcome.said, "250 taken");
		assert_int_equal(f.outcome.octets, 3);
	}
}

static void each_group_is_a_transaction(void **state)
{
	static const struct scripted_step script[] = {
		{ "x\r\n",
		  "250 ok\r\n250 ok\r\n550 5.1.1 no\r\n250 first\r\n" },
		{ "x\r\n", "250 ok\r\n250 ok\r\n250 ok\r\n250 second\r\n" },
		{ "QUIT\r\n", "250 ok\r\n250 ok\r\n250 third\r\n221 bye\r\n" },
		END
	};
	static const int kinds[] = { ERR_NONE, ERR_RECIPIENT, ERR_NONE,
				     ERR_NONE, ERR_NONE };
	CLEAN(fixture) struct fixture f;

	(void)state;
	fixture_open(&f, LIMITED("RCPTMAX=2"), script);
	add_recipients(&f, 5);
	add_text(&f, view_of("x\n"));
	f.transfer.partial = true;
	assert_true(send_batch(&f, NULL));
	assert_int_equal(f.server.n_writes, 3);
	assert_string_equal(scripted_write_text(&f.server, 1),
			    "MAIL FROM:<me@x>\r\nRCPT TO:<r2@x>\r\n"
			    "RCPT TO:<r3@x>\r\nBDAT 3 LAST\r\nx\r\n");
	for (size_t i = 0; i < f.outcome.n; i++)
		assert_int_equal(f.outcome.v[i].kind, kinds[i]);
	assert_string_equal(f.outcome.v[0].said, "250 first");
	assert_string_equal(f.outcome.v[1].said, "550 5.1.1 no");
	assert_string_equal(f.outcome.v[4].said, "250 third");
	assert_string_equal(f.outcome.said, "250 third");
	assert_int_equal(outcome_kind(&f.outcome), ERR_RECIPIENT);
}

static void without_another_session_the_rest_is_put_off(void **state)
{
	static const struct scripted_step script[] = {
		{ "x\r\n", "250 ok\r\n250 ok\r\n250 taken\r\n" }, END
	};
	CLEAN(fixture) struct fixture f;

	(void)state;
	fixture_open(&f, LIMITED("RCPTMAX=1 MAILMAX=1"), script);
	add_recipients(&f, 3);
	add_text(&f, view_of("x\n"));
	f.transfer.partial = true;
	assert_true(send_batch(&f, NULL));
	assert_int_equal(f.outcome.v[0].kind, ERR_NONE);
	assert_int_equal(f.outcome.v[1].kind, ERR_DEFERRED);
	assert_int_equal(f.outcome.v[2].kind, ERR_DEFERRED);
}

/* A session that broke says nothing about those who were not yet named. */
static void who_was_not_named_is_not_uncertain(void **state)
{
	static const struct scripted_step script[] = {
		{ "x\r\n", "250 ok\r\n250 ok\r\n" }, END
	};
	CLEAN(fixture) struct fixture f;

	(void)state;
	fixture_open(&f, LIMITED("RCPTMAX=1"), script);
	add_recipients(&f, 2);
	add_text(&f, view_of("x\n"));
	f.transfer.partial = true;
	assert_false(send_batch(&f, NULL));
	assert_int_equal(f.outcome.v[0].kind, ERR_UNCERTAIN);
	assert_int_equal(f.outcome.v[1].kind, ERR_NETWORK);
	assert_int_equal(f.e.kind, ERR_UNCERTAIN);
}

/* A session as fresh as that of fixture_open, over the same server. */
static bool reopen(void *who, struct err *e)
{
	struct fixture *f = who;

	(void)e;
	f->session.quit_sent = false;
	f->session.transactions = 0;
	return true;
}

static bool refuse_to(void *who, struct err *e)
{
	(void)who;
	return err_set(e, ERR_AUTH, "no more of you");
}

static void a_session_that_cannot_be_had_says_why(void **state)
{
	static const struct scripted_step script[] = {
		{ "x\r\n", "250 ok\r\n250 ok\r\n250 taken\r\n" }, END
	};
	CLEAN(fixture) struct fixture f;

	(void)state;
	fixture_open(&f, LIMITED("RCPTMAX=1 MAILMAX=1"), script);
	add_recipients(&f, 2);
	add_text(&f, view_of("x\n"));
	f.transfer.partial = true;
	assert_true(send_batch(&f, refuse_to));
	assert_int_equal(f.outcome.v[0].kind, ERR_NONE);
	assert_int_equal(f.outcome.v[1].kind, ERR_AUTH);
	assert_string_equal(f.outcome.v[1].why, "no more of you");
}

static int count(const struct str *heard, const char *what)
{
	int n = 0;

	for (const char *p = strstr(heard->s, what); p; p = strstr(p + 1, what))
		n++;
	return n;
}

/*
 * A server that never says what it takes: two of ten at once.  The first
 * transaction names them all, those that follow no more than two.
 */
static void what_a_452_teaches_is_heeded(void **state)
{
	CLEAN(str) struct str first = STR_INIT;
	CLEAN(fixture) struct fixture f;
	const char *next = "250 ok\r\n250 ok\r\n250 ok\r\n354 go\r\n";

	(void)state;
	str_adds(&first, "250 ok\r\n250 ok\r\n250 ok\r\n");
	for (int i = 2; i < 10; i++)
		str_adds(&first, "452 4.5.3 too many recipients\r\n");
	str_adds(&first, "354 go\r\n");
	const struct scripted_step script[] = {
		{ "DATA\r\n", first.s },
		{ "\r\n.\r\n", "250 taken\r\n" },
		{ "DATA\r\n", next },
		{ "\r\n.\r\n", "250 taken\r\n" },
		{ "DATA\r\n", next },
		{ "\r\n.\r\n", "250 taken\r\n" },
		{ "DATA\r\n", next },
		{ "\r\n.\r\n", "250 taken\r\n" },
		{ "DATA\r\n", next },
		{ "\r\n.\r\n", "250 taken\r\n" },
		END
	};
	fixture_open(&f, "mx\nPIPELINING", script);
	add_recipients(&f, 10);
	add_text(&f, view_of("x\n"));
	f.transfer.partial = true;
	assert_true(send_batch(&f, NULL));
	assert_kinds(&f, ERR_NONE);
	assert_int_equal(count(&f.server.heard, "MAIL FROM"), 5);
	assert_int_equal(count(&f.server.heard, "RCPT TO"), 10 + 8);
	assert_int_equal(count(&f.server.heard, "QUIT"), 1);
}

/* One that takes a single recipient each time is not served for ever. */
static void transactions_are_bounded(void **state)
{
	static struct scripted_step script[BATCH_TRANSACTIONS_MAX + 2];
	CLEAN(fixture) struct fixture f;

	(void)state;
	for (size_t i = 0; i <= BATCH_TRANSACTIONS_MAX; i++)
		script[i] = (struct scripted_step){
			"x\r\n", "250 ok\r\n250 ok\r\n250 taken\r\n"
		};
	fixture_open(&f, LIMITED("RCPTMAX=1 MAILMAX=1"), script);
	add_recipients(&f, BATCH_TRANSACTIONS_MAX + 1);
	add_text(&f, view_of("x\n"));
	f.transfer.partial = true;
	assert_true(send_batch(&f, reopen));
	assert_int_equal(outcome_count(&f.outcome, ERR_NONE),
			 BATCH_TRANSACTIONS_MAX);
	assert_int_equal(f.outcome.v[BATCH_TRANSACTIONS_MAX].kind,
			 ERR_DEFERRED);
}

/* Ten recipients in two domains by turns: two transactions, not ten. */
static void domains_are_kept_together(void **state)
{
	static const struct scripted_step script[] = {
		{ "x\r\n", "250 ok\r\n250 ok\r\n250 ok\r\n250 ok\r\n250 ok\r\n"
			   "250 ok\r\n250 taken\r\n" },
		{ "QUIT\r\n",
		  "250 ok\r\n250 ok\r\n250 ok\r\n250 ok\r\n250 ok\r\n"
		  "250 ok\r\n250 taken\r\n221 bye\r\n" },
		END
	};
	CLEAN(fixture) struct fixture f;

	(void)state;
	fixture_open(&f, LIMITED("RCPTDOMAINMAX=1"), script);
	for (int i = 0; i < 10; i++) {
		CLEAN(str) struct str path = STR_INIT;

		str_addf(&path, "r%d@%s", i, i % 2 ? "a.example" : "B.example");
		list_add(&f.envelope.recipients, path.s);
	}
	add_text(&f, view_of("x\n"));
	f.transfer.partial = true;
	assert_true(send_batch(&f, NULL));
	assert_kinds(&f, ERR_NONE);
	assert_int_equal(f.server.n_writes, 2);
}

static void all_or_none_is_one_transaction(void **state)
{
	static const struct scripted_step script[] = { END };
	CLEAN(fixture) struct fixture f;

	(void)state;
	fixture_open(&f, LIMITED("RCPTMAX=2"), script);
	add_recipients(&f, 3);
	add_text(&f, view_of("x\n"));
	assert_true(send_batch(&f, reopen));
	assert_kinds(&f, ERR_REFUSED);
	assert_int_equal(f.server.n_writes, 0);
}

#define T(name) cmocka_unit_test(name)

int main(void)
{
	const struct CMUnitTest tests[] = {
		T(who_fits_goes_as_ever),
		T(each_group_is_a_transaction),
		T(without_another_session_the_rest_is_put_off),
		T(who_was_not_named_is_not_uncertain),
		T(a_session_that_cannot_be_had_says_why),
		T(what_a_452_teaches_is_heeded),
		T(transactions_are_bounded),
		T(domains_are_kept_together),
		T(all_or_none_is_one_transaction),
	};

	return cmocka_run_group_tests_name("batch", tests, NULL, NULL);
}
