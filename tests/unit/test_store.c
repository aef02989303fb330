#include "config.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include <cmocka.h>

#include "base/mem.h"
#include "deliver/store.h"
#include "spooled.h"

/* A message of that many recipients on its way by an account. */
struct call {
	struct config config;
	struct account account;
	struct store store;
	struct message message;
	struct outcome out;
	struct submit_trouble trouble;
	struct stored stored;
};

static void set(struct account *a, const char *name, const char *value)
{
	const struct origin from = { .kind = ORIGIN_OPTION };
	struct err e = ERR_INIT;

	if (!account_set(a, key_find(view_of(name)), view_of(value), from, &e))
		fail_msg("%s", e.text);
}

static void write_message(struct message *m, size_t recipients)
{
	struct err e = ERR_INIT;

	headers_add(&m->headers, view_of("Message-ID"), view_of(" <id@x>"));
	assert_true(message_write_headers(m, &e));
	assert_true(draft_flush(&m->draft, &e));
	m->envelope.sender = mem_copy("ada@x.org");
	for (size_t i = 0; i < recipients; i++) {
		char path[] = "a@x.org";

		path[0] = (char)('a' + i);
		envelope_add_recipient(&m->envelope, path);
	}
}

static void trust(struct store *s)
{
	struct err e = ERR_INIT;

	s->standing.last_success = (int64_t)time(NULL);
	if (s->mode != STORE_OFF)
		assert_true(
			standing_store(&s->spool, s->name.s, &s->standing, &e));
}

static void begin(struct call *c, const char *queue, bool trusted,
		  size_t recipients)
{
	struct spool place = spooled_open();

	*c = (struct call){ .config = CONFIG_INIT,
			    .store = STORE_INIT,
			    .message = MESSAGE_INIT,
			    .stored = STORED_INIT };
	account_init(&c->account, "work");
	set(&c->account, "host", "h.example");
	set(&c->account, "queue", queue);
	set(&c->account, "queue_dir", place.path);
	set(&c->account, "queue_runner", "none");
	c->store.config = &c->config;
	c->store.account = &c->account;
	c->store.tag = "postrider";
	store_open(&c->store, &c->message);
	if (trusted)
		trust(&c->store);
	write_message(&c->message, recipients);
	outcome_init(&c->out, recipients);
	spool_free(&place);
}

static void end(struct call *c)
{
	stored_free(&c->stored);
	outcome_free(&c->out);
	message_free(&c->message);
	store_free(&c->store);
	account_free(&c->account);
}

static void answer(struct call *c, size_t i, enum err_kind kind)
{
	CLEAN(reply) struct reply ok = REPLY_INIT;
	struct err e = ERR_INIT;

	ok.code = 250;
	err_set(&e, kind, "because of %d", (int)kind);
	if (kind == ERR_NONE)
		verdict_accept(&c->out.v[i], &ok);
	else
		verdict_refuse(&c->out.v[i], &e);
}

static void decide(struct call *c)
{
	struct err e = ERR_INIT;

	err_set(&e, outcome_kind(&c->out), "what speaks for all");
	store_settle(&c->store, &c->message, &c->out,
		     e.kind == ERR_NONE ? NULL : &e, &c->trouble, &c->stored);
}

/* In the folder, as it says itself. */
static void assert_kept(const struct call *c, enum item_state state)
{
	CLEAN(item) struct item it = ITEM_INIT;
	struct err e = ERR_INIT;

	assert_int_equal(
		spool_look(&c->store.spool, c->stored.item.id, &it, &e),
		SPOOL_TAKEN);
	assert_int_equal(it.state, state);
	assert_string_equal(it.message_id, "<id@x>");
	assert_string_equal(it.origin.label, "work");
}

static void each_kind_has_its_fate(void **state)
{
	static const struct {
		enum err_kind kind;
		enum stored_as fresh, trusted;
		int status_fresh, status_trusted;
	} cases[] = {
		{ ERR_NONE, STORED_SENT, STORED_SENT, 0, 0 },
		{ ERR_MESSAGE, STORED_FAILED, STORED_FAILED, 65, 65 },
		{ ERR_RECIPIENT, STORED_FAILED, STORED_FAILED, 67, 67 },
		{ ERR_NOHOST, STORED_FAILED, STORED_QUEUED, 68, 0 },
		{ ERR_REFUSED, STORED_FAILED, STORED_FAILED, 69, 69 },
		{ ERR_SYSTEM, STORED_QUEUED, STORED_QUEUED, 0, 0 },
		{ ERR_IO, STORED_NOT, STORED_NOT, 74, 74 },
		{ ERR_NETWORK, STORED_QUEUED, STORED_QUEUED, 0, 0 },
		{ ERR_DEFERRED, STORED_QUEUED, STORED_QUEUED, 0, 0 },
		{ ERR_UNCERTAIN, STORED_QUEUED, STORED_QUEUED, 0, 0 },
		{ ERR_PROTOCOL, STORED_FAILED, STORED_QUEUED, 76, 0 },
		{ ERR_TLS, STORED_FAILED, STORED_QUEUED, 76, 0 },
		{ ERR_AUTH, STORED_FAILED, STORED_HELD, 77, 0 },
		{ ERR_CONFIG, STORED_FAILED, STORED_HELD, 78, 0 },
	};
	static const enum item_state states[] = {
		[STORED_QUEUED] = ITEM_WAITING,
		[STORED_HELD] = ITEM_HELD,
		[STORED_FAILED] = ITEM_FAILED,
	};

	(void)state;
	for (size_t i = 0; i < 2 * ARRAY_LEN(cases); i++) {
		bool trusted = i % 2 == 1;
		enum stored_as as = trusted ? cases[i / 2].trusted
					    : cases[i / 2].fresh;
		struct call c;

		begin(&c, "fallback", trusted, 1);
		answer(&c, 0, cases[i / 2].kind);
		decide(&c);
		assert_int_equal(c.stored.as, as);
		assert_int_equal(c.stored.status,
				 trusted ? cases[i / 2].status_trusted
					 : cases[i / 2].status_fresh);
		if (as > STORED_SENT)
			assert_kept(&c, states[as]);
		else
			assert_int_equal(spooled_names(&c.store.spool),
					 trusted || as == STORED_SENT);
		end(&c);
	}
}

static void off_is_as_if_there_was_no_queue(void **state)
{
	static const enum err_kind kinds[] = { ERR_NONE, ERR_NETWORK, ERR_AUTH,
					       ERR_REFUSED };
	static const int statuses[] = { 0, 75, 77, 69 };

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(kinds); i++) {
		struct call c;

		begin(&c, "off", false, 1);
		assert_null(c.message.spool);
		assert_true(store_tries(&c.store));
		answer(&c, 0, kinds[i]);
		decide(&c);
		assert_int_equal(c.stored.as, STORED_NOT);
		assert_int_equal(c.stored.status, statuses[i]);
		assert_string_equal(stored_fate(&c.store, &c.stored).word,
				    "no");
		end(&c);
	}
}

/* 69 beats 67, and whoever is put off is queued beside them. */
static void the_refused_speak_and_the_others_wait(void **state)
{
	struct call c;

	(void)state;
	begin(&c, "fallback", true, 4);
	answer(&c, 0, ERR_NONE);
	answer(&c, 1, ERR_RECIPIENT);
	answer(&c, 2, ERR_DEFERRED);
	answer(&c, 3, ERR_REFUSED);
	decide(&c);
	assert_int_equal(c.stored.as, STORED_QUEUED);
	assert_int_equal(c.stored.status, 69);
	assert_true(c.stored.loud);
	assert_kept(&c, ITEM_WAITING);
	assert_int_equal(c.stored.item.v[0].progress, ITEM_SENT);
	assert_int_equal(c.stored.item.v[1].progress, ITEM_REFUSED);
	assert_true(c.stored.item.v[1].told);
	assert_int_equal(c.stored.item.v[2].progress, ITEM_PENDING);
	end(&c);
}

static void who_was_left_out_counts_as_refused(void **state)
{
	struct call c;

	(void)state;
	begin(&c, "fallback", true, 1);
	err_set(&c.message.why_left_out, ERR_MESSAGE, "no address");
	list_add(&c.message.left_out, "no address");
	answer(&c, 0, ERR_DEFERRED);
	decide(&c);
	assert_int_equal(c.stored.as, STORED_QUEUED);
	assert_int_equal(c.stored.status, 65);
	end(&c);
}

static void always_asks_no_server(void **state)
{
	struct call c;

	(void)state;
	begin(&c, "always", false, 1);
	assert_false(store_tries(&c.store));
	store_settle(&c.store, &c.message, NULL, NULL, NULL, &c.stored);
	assert_int_equal(c.stored.as, STORED_QUEUED);
	assert_int_equal(c.stored.status, 0);
	assert_kept(&c, ITEM_WAITING);
	end(&c);
}

static void a_time_or_the_caller_keeps_it_from_being_tried(void **state)
{
	struct call c;

	(void)state;
	begin(&c, "fallback", true, 1);
	assert_true(store_tries(&c.store));
	c.store.enter_only = true;
	assert_false(store_tries(&c.store));
	c.store.enter_only = false;
	c.store.due = (int64_t)time(NULL) + 3600;
	assert_false(store_tries(&c.store));
	store_settle(&c.store, &c.message, NULL, NULL, NULL, &c.stored);
	assert_int_equal(stored_next_try(&c.store, &c.stored), c.store.due);
	/* It gets no older while it waits for its time. */
	assert_int_equal(c.stored.item.created + c.stored.item.held_s,
			 c.store.due);
	end(&c);
}

static void trouble_of_the_account_delays_all_of_it(void **state)
{
	struct call c;
	int64_t now = (int64_t)time(NULL);

	(void)state;
	begin(&c, "fallback", true, 1);
	answer(&c, 0, ERR_NETWORK);
	err_set(&c.trouble.account, ERR_NETWORK, "nobody is there");
	decide(&c);
	assert_int_equal(c.store.standing.state, STANDING_TROUBLE);
	assert_true(stored_next_try(&c.store, &c.stored) > now + 50);
	assert_true(stored_next_try(&c.store, &c.stored) < now + 70);
	/* The item itself is as due as it was. */
	assert_true(c.stored.item.due <= now + 1);
	assert_false(store_tries(&c.store));
	c.store.insists = true;
	assert_true(store_tries(&c.store));
	end(&c);
}

static void what_was_put_off_has_its_own_delay(void **state)
{
	struct call c;
	int64_t now = (int64_t)time(NULL);

	(void)state;
	begin(&c, "fallback", true, 1);
	answer(&c, 0, ERR_DEFERRED);
	decide(&c);
	assert_int_equal(c.store.standing.state, STANDING_GOOD);
	assert_true(store_tries(&c.store));
	assert_true(c.stored.item.due > now + 50);
	end(&c);
}

static void a_held_account_holds_what_comes(void **state)
{
	struct call c;

	(void)state;
	begin(&c, "fallback", true, 1);
	answer(&c, 0, ERR_AUTH);
	err_set(&c.trouble.account, ERR_AUTH, "wrong password");
	decide(&c);
	assert_int_equal(c.store.standing.state, STANDING_HELD);
	assert_non_null(c.store.standing.stamp);
	assert_false(store_tries(&c.store));
	/* What may be a mistake in a first set-up is tried each time. */
	c.store.standing.last_success = 0;
	assert_true(store_tries(&c.store));
	end(&c);
}

static void what_does_not_fit_is_not_kept(void **state)
{
	static const enum err_kind kinds[] = { ERR_NETWORK, ERR_RECIPIENT,
					       ERR_AUTH };
	static const int statuses[] = { 75, 67, 77 };

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(kinds); i++) {
		struct call c;

		begin(&c, "fallback", true, 1);
		c.store.spool.max_size = 10;
		answer(&c, 0, kinds[i]);
		decide(&c);
		assert_int_equal(c.stored.as, STORED_NOT);
		assert_int_equal(c.stored.status, statuses[i]);
		assert_int_not_equal(c.stored.cannot.kind, ERR_NONE);
		end(&c);
	}
}

static void a_message_that_was_refused_here_is_kept_as_failed(void **state)
{
	static const enum err_kind kinds[] = { ERR_MESSAGE, ERR_RECIPIENT,
					       ERR_CONFIG };
	static const int statuses[] = { 65, 67, 78 };

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(kinds); i++) {
		struct err e = ERR_INIT;
		struct call c;

		begin(&c, "fallback", true, 2);
		err_set(&e, kinds[i], "it cannot be sent");
		store_refuse(&c.store, &c.message, &e, &c.stored);
		assert_int_equal(c.stored.as, STORED_FAILED);
		assert_int_equal(c.stored.status, statuses[i]);
		assert_kept(&c, ITEM_FAILED);
		end(&c);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(each_kind_has_its_fate),
		cmocka_unit_test(off_is_as_if_there_was_no_queue),
		cmocka_unit_test(the_refused_speak_and_the_others_wait),
		cmocka_unit_test(who_was_left_out_counts_as_refused),
		cmocka_unit_test(always_asks_no_server),
		cmocka_unit_test(
			a_time_or_the_caller_keeps_it_from_being_tried),
		cmocka_unit_test(trouble_of_the_account_delays_all_of_it),
		cmocka_unit_test(what_was_put_off_has_its_own_delay),
		cmocka_unit_test(a_held_account_holds_what_comes),
		cmocka_unit_test(what_does_not_fit_is_not_kept),
		cmocka_unit_test(
			a_message_that_was_refused_here_is_kept_as_failed),
	};

	return cmocka_run_group_tests(tests, spooled_make_place,
				      spooled_remove_place);
}
