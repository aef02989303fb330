#include "config.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "base/mem.h"
#include "deliver/settle.h"
#include "queue/retry.h"

#define NOW 1000000
#define SEED 3
#define DUE 999000 /* as it was entered */

static void start(struct item *it, size_t recipients)
{
	static const char *const to[] = { "a@x.test", "b@x.test", "c@x.test",
					  "d@x.test" };

	*it = ITEM_INIT;
	it->envelope.sender = mem_copy("me@x.test");
	for (size_t i = 0; i < recipients; i++)
		envelope_add_recipient(&it->envelope, to[i]);
	it->created = it->due = DUE;
	item_start(it);
}

static void rule(struct outcome *o, size_t i, enum err_kind kind)
{
	struct err e;

	o->v[i].settled = true;
	if (kind == ERR_NONE)
		return;
	o->v[i].settled = false;
	err_set(&e, kind, "so it is");
	err_said(&e, 450, "450 4.2.1 not now");
	verdict_refuse(&o->v[i], &e);
}

/* What one attempt for one recipient makes of an item. */
struct row {
	enum err_kind kind;
	bool trusted;
	enum settled settled;
	enum item_state state;
	enum item_hold hold;
};

#define SAME(kind, settled, state, hold)                                       \
	{ kind, true, settled, state, hold },                                  \
	{                                                                      \
		kind, false, settled, state, hold                              \
	}
#define TRUST(kind, state, hold)                                               \
	{ kind, true, SETTLED_KEEP, state, hold },                             \
	{                                                                      \
		kind, false, SETTLED_KEEP, ITEM_FAILED, HOLD_NONE              \
	}

static const struct row rows[] = {
	SAME(ERR_NONE, SETTLED_DONE, ITEM_WAITING, HOLD_NONE),
	SAME(ERR_USAGE, SETTLED_KEEP, ITEM_FAILED, HOLD_NONE),
	SAME(ERR_MESSAGE, SETTLED_KEEP, ITEM_FAILED, HOLD_NONE),
	SAME(ERR_NOINPUT, SETTLED_KEEP, ITEM_FAILED, HOLD_NONE),
	SAME(ERR_RECIPIENT, SETTLED_KEEP, ITEM_FAILED, HOLD_NONE),
	SAME(ERR_REFUSED, SETTLED_KEEP, ITEM_FAILED, HOLD_NONE),
	SAME(ERR_SYSTEM, SETTLED_KEEP, ITEM_WAITING, HOLD_NONE),
	SAME(ERR_IO, SETTLED_KEEP, ITEM_WAITING, HOLD_NONE),
	SAME(ERR_NETWORK, SETTLED_KEEP, ITEM_WAITING, HOLD_NONE),
	SAME(ERR_DEFERRED, SETTLED_KEEP, ITEM_WAITING, HOLD_NONE),
	SAME(ERR_UNCERTAIN, SETTLED_KEEP, ITEM_WAITING, HOLD_NONE),
	TRUST(ERR_NOHOST, ITEM_WAITING, HOLD_NONE),
	TRUST(ERR_PROTOCOL, ITEM_WAITING, HOLD_NONE),
	TRUST(ERR_TLS, ITEM_WAITING, HOLD_NONE),
	TRUST(ERR_AUTH, ITEM_HELD, HOLD_CREDENTIALS),
	TRUST(ERR_CONFIG, ITEM_HELD, HOLD_CONFIGURATION),
};

static void check_row(const struct row *row, bool server)
{
	CLEAN(item) struct item it;
	CLEAN(outcome) struct outcome o = OUTCOME_INIT;
	struct err e;
	struct settle s = {
		.outcome = &o,
		.err = row->kind == ERR_NONE ? NULL : &e,
		.trusted = row->trusted,
		.server = server,
		.now = NOW,
		.seed = SEED,
	};

	start(&it, 1);
	it.in_flight = true;
	outcome_init(&o, 1);
	rule(&o, 0, row->kind);
	err_set(&e, row->kind, "so it is");
	assert_int_equal(settle_item(&it, &s), row->settled);
	assert_int_equal(it.state, row->state);
	assert_int_equal(it.hold, row->hold);
	assert_false(it.in_flight);
	assert_int_equal(it.attempts, 1);
	assert_int_equal(it.last_try, NOW);
	assert_int_equal(it.uncertain, row->kind == ERR_UNCERTAIN);
	assert_int_equal(it.v[0].uncertain, row->kind == ERR_UNCERTAIN);
	assert_int_equal(it.held_since, row->state == ITEM_HELD ? NOW : 0);
	if (row->settled == SETTLED_KEEP && row->state == ITEM_WAITING)
		assert_int_equal(it.due,
				 server ? DUE : NOW + retry_delay_s(1, SEED));
	if (row->settled == SETTLED_KEEP)
		assert_string_equal(it.answer, row->state == ITEM_FAILED
						       ? "so it is"
						       : "450 4.2.1 not now");
}

static void each_kind_has_its_fate(void **state)
{
	(void)state;
	assert_int_equal(ARRAY_LEN(rows), 2 * ERR_KIND_COUNT);
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		check_row(&rows[i], false);
		check_row(&rows[i], true);
	}
}

/* What several recipients come to; N is who was taken. */
struct mix {
	enum err_kind v[3];
	enum settled settled;
	enum item_state state;
	enum item_hold hold;
	enum item_progress progress[3];
};

#define N ERR_NONE
#define OK ITEM_SENT
#define NO ITEM_REFUSED
#define ON ITEM_PENDING

static const struct mix mixes[] = {
	{ { N, N, N }, SETTLED_DONE, ITEM_WAITING, HOLD_NONE, { OK, OK, OK } },
	{ { N, ERR_DEFERRED, N },
	  SETTLED_KEEP,
	  ITEM_WAITING,
	  HOLD_NONE,
	  { OK, ON, OK } },
	{ { N, ERR_RECIPIENT, N },
	  SETTLED_KEEP,
	  ITEM_FAILED,
	  HOLD_NONE,
	  { OK, NO, OK } },
	{ { ERR_REFUSED, ERR_DEFERRED, N },
	  SETTLED_KEEP,
	  ITEM_WAITING,
	  HOLD_NONE,
	  { NO, ON, OK } },
	{ { ERR_AUTH, ERR_DEFERRED, N },
	  SETTLED_KEEP,
	  ITEM_HELD,
	  HOLD_CREDENTIALS,
	  { ON, ON, OK } },
	{ { ERR_AUTH, ERR_CONFIG, ERR_REFUSED },
	  SETTLED_KEEP,
	  ITEM_HELD,
	  HOLD_CREDENTIALS,
	  { ON, ON, NO } },
	{ { ERR_CONFIG, ERR_AUTH, N },
	  SETTLED_KEEP,
	  ITEM_HELD,
	  HOLD_CREDENTIALS,
	  { ON, ON, OK } },
	{ { ERR_REFUSED, ERR_RECIPIENT, ERR_MESSAGE },
	  SETTLED_KEEP,
	  ITEM_FAILED,
	  HOLD_NONE,
	  { NO, NO, NO } },
};

static void each_mix_has_its_fate(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(mixes); i++) {
		const struct mix *m = &mixes[i];
		CLEAN(item) struct item it;
		CLEAN(outcome) struct outcome o = OUTCOME_INIT;
		struct err e = ERR_INIT;
		const struct settle s = { .outcome = &o,
					  .err = i == 0 ? NULL : &e,
					  .trusted = true,
					  .now = NOW };

		start(&it, 3);
		outcome_init(&o, 3);
		for (size_t j = 0; j < 3; j++)
			rule(&o, j, m->v[j]);
		assert_int_equal(settle_item(&it, &s), m->settled);
		assert_int_equal(it.state, m->state);
		assert_int_equal(it.hold, m->hold);
		for (size_t j = 0; j < 3; j++)
			assert_int_equal(it.v[j].progress, m->progress[j]);
	}
}

static void only_those_who_were_tried_change(void **state)
{
	CLEAN(item) struct item it;
	CLEAN(outcome) struct outcome o = OUTCOME_INIT;
	const size_t index[] = { 1, 3 };
	struct err e = ERR_INIT;
	const struct settle s = { .outcome = &o,
				  .index = index,
				  .err = &e,
				  .trusted = true,
				  .told = true,
				  .now = NOW };

	(void)state;
	start(&it, 4);
	it.v[0].progress = ITEM_SENT;
	it.v[2].progress = ITEM_REFUSED;
	outcome_init(&o, 2);
	rule(&o, 0, ERR_NONE);
	rule(&o, 1, ERR_RECIPIENT);
	assert_int_equal(settle_item(&it, &s), SETTLED_KEEP);
	assert_int_equal(it.v[1].progress, ITEM_SENT);
	assert_int_equal(it.v[3].progress, ITEM_REFUSED);
	assert_true(it.v[3].told);
	assert_false(it.v[2].told);
	assert_int_equal(it.v[3].code, 450);
	assert_int_equal(it.v[3].status[1], 2);
	assert_string_equal(it.v[3].said, "450 4.2.1 not now");
	assert_int_equal(it.state, ITEM_FAILED);
}

/* All others have it now: the last answer is that of who never will. */
static void what_failed_shows_why(void **state)
{
	CLEAN(item) struct item it;
	CLEAN(outcome) struct outcome o = OUTCOME_INIT;
	const size_t index[] = { 1 };
	const struct settle s = {
		.outcome = &o, .index = index, .trusted = true, .now = NOW
	};

	(void)state;
	start(&it, 2);
	it.v[0].progress = ITEM_REFUSED;
	it.v[0].said = mem_copy("550 5.1.1 nobody");
	it.answer = mem_copy("450 4.2.1 not now");
	outcome_init(&o, 1);
	rule(&o, 0, ERR_NONE);
	assert_int_equal(settle_item(&it, &s), SETTLED_KEEP);
	assert_int_equal(it.state, ITEM_FAILED);
	assert_string_equal(it.answer, "550 5.1.1 nobody");
}

static void nobody_was_asked(void **state)
{
	CLEAN(item) struct item it;
	struct err e;
	const struct settle s = { .err = &e, .trusted = true, .now = NOW };

	(void)state;
	start(&it, 2);
	it.v[0].progress = ITEM_SENT;
	err_set(&e, ERR_MESSAGE, "cannot be sent");
	assert_int_equal(settle_item(&it, &s), SETTLED_KEEP);
	assert_int_equal(it.v[0].progress, ITEM_SENT);
	assert_int_equal(it.v[1].progress, ITEM_REFUSED);
	assert_string_equal(it.v[1].said, "cannot be sent");
	assert_int_equal(it.state, ITEM_FAILED);
}

static void one_without_a_verdict_waits(void **state)
{
	CLEAN(item) struct item it;
	CLEAN(outcome) struct outcome o = OUTCOME_INIT;
	const struct settle s = { .outcome = &o, .trusted = true, .now = NOW };

	(void)state;
	start(&it, 2);
	outcome_init(&o, 2);
	rule(&o, 0, ERR_NONE);
	assert_int_equal(settle_item(&it, &s), SETTLED_KEEP);
	assert_int_equal(it.v[1].progress, ITEM_PENDING);
	assert_int_equal(it.state, ITEM_WAITING);
}

static void try_uncertain(struct item *it, enum err_kind kind)
{
	CLEAN(outcome) struct outcome o = OUTCOME_INIT;
	struct err e;
	const struct settle s = {
		.outcome = &o, .err = &e, .trusted = true, .now = NOW
	};

	outcome_init(&o, 1);
	rule(&o, 0, kind);
	err_set(&e, kind, "so it is");
	(void)settle_item(it, &s);
}

static void the_third_uncertain_outcome_holds_it(void **state)
{
	CLEAN(item) struct item it;

	(void)state;
	start(&it, 1);
	try_uncertain(&it, ERR_UNCERTAIN);
	settle_found_in_flight(&it, NOW);
	assert_int_equal(it.state, ITEM_WAITING);
	assert_int_equal(it.uncertain, 2);
	try_uncertain(&it, ERR_DEFERRED);
	assert_int_equal(it.state, ITEM_WAITING);
	assert_true(it.v[0].uncertain);
	try_uncertain(&it, ERR_UNCERTAIN);
	assert_int_equal(it.state, ITEM_HELD);
	assert_int_equal(it.hold, HOLD_UNCERTAIN);
	assert_int_equal(it.held_since, NOW);
}

static void a_mark_without_an_outcome_is_uncertain(void **state)
{
	CLEAN(item) struct item it;

	(void)state;
	start(&it, 2);
	it.v[0].progress = ITEM_SENT;
	it.in_flight = true;
	settle_found_in_flight(&it, NOW);
	assert_false(it.in_flight);
	assert_false(it.v[0].uncertain);
	assert_true(it.v[1].uncertain);
	assert_int_equal(it.v[1].kind, ERR_UNCERTAIN);
	assert_int_equal(it.due, DUE);
	assert_int_equal(it.state, ITEM_WAITING);
	assert_int_equal(it.history.n, 1);
	settle_found_in_flight(&it, NOW);
	settle_found_in_flight(&it, NOW);
	assert_int_equal(it.hold, HOLD_UNCERTAIN);
}

static void its_own_trouble_alone_makes_it_wait_longer(void **state)
{
	CLEAN(item) struct item it;
	struct err e;
	struct settle s = { .err = &e,
			    .server = true,
			    .trusted = true,
			    .now = NOW,
			    .seed = SEED };

	(void)state;
	start(&it, 1);
	err_set(&e, ERR_NETWORK, "gone");
	for (int i = 0; i < 9; i++)
		(void)settle_item(&it, &s);
	assert_int_equal(it.due, DUE);
	assert_int_equal(it.attempts, 9);
	s.server = false;
	(void)settle_item(&it, &s);
	assert_int_equal(it.due, NOW + retry_delay_s(1, SEED));
	(void)settle_item(&it, &s);
	assert_int_equal(it.due, NOW + retry_delay_s(2, SEED));
}

static void too_old_is_refused(void **state)
{
	CLEAN(item) struct item it;

	(void)state;
	start(&it, 3);
	it.v[0].progress = ITEM_SENT;
	it.v[1].said = mem_copy("450 later");
	it.answer = mem_copy("450 later");
	settle_expired(&it, NOW);
	assert_int_equal(it.state, ITEM_FAILED);
	assert_int_equal(it.v[0].progress, ITEM_SENT);
	assert_int_equal(it.v[1].progress, ITEM_REFUSED);
	assert_int_equal(it.v[2].progress, ITEM_REFUSED);
	assert_false(it.v[1].told);
	assert_string_equal(it.v[1].said, "450 later");
	assert_non_null(strstr(it.history.v[0], "450 later"));
}

static void words_of_a_server_are_one_printable_line(void **state)
{
	CLEAN(item) struct item it;
	struct err e;
	const struct settle s = { .err = &e, .trusted = true, .now = NOW };

	(void)state;
	start(&it, 1);
	err_set(&e, ERR_DEFERRED, "later");
	err_said(&e, 450, "450-one\n450 two");
	(void)settle_item(&it, &s);
	assert_string_equal(it.answer, "450-one 450 two");
	assert_string_equal(it.v[0].said, "450-one 450 two");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(each_kind_has_its_fate),
		cmocka_unit_test(each_mix_has_its_fate),
		cmocka_unit_test(only_those_who_were_tried_change),
		cmocka_unit_test(what_failed_shows_why),
		cmocka_unit_test(nobody_was_asked),
		cmocka_unit_test(one_without_a_verdict_waits),
		cmocka_unit_test(the_third_uncertain_outcome_holds_it),
		cmocka_unit_test(a_mark_without_an_outcome_is_uncertain),
		cmocka_unit_test(its_own_trouble_alone_makes_it_wait_longer),
		cmocka_unit_test(too_old_is_refused),
		cmocka_unit_test(words_of_a_server_are_one_printable_line),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
