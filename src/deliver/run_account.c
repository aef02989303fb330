#include "config.h"

#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <time.h>

#include "base/clock.h"
#include "base/mem.h"
#include "deliver/record.h"
#include "deliver/run_course.h"
#include "deliver/run_worker.h"
#include "queue/retry.h"

/* Settings that were read so shortly before are not read again. */
#define RELOAD_MS 1000
/* A file that is being written has been written after so long. */
#define WRITTEN_MS 2000
/* What should have changed and has not is left alone for so long. */
#define REST_MS 60000

/* --- settings --------------------------------------------------------------
 */

static void note_settings(struct run_account *a)
{
	const struct account *s = &a->resumed.account;

	a->known = true;
	a->has_fallback = a->resumed.fallbacks.n > 0;
	a->lifetime = s->queue_lifetime;
	a->keep_failed = s->keep_failed;
	a->max_size = s->queue_max_size;
	a->connections = s->queue_connections > 0 ? (size_t)s->queue_connections
						  : 1;
	if (a->connections > BOARD_SEATS)
		a->connections = BOARD_SEATS;
}

/* True once the same configuration was wrong for some time. */
static bool is_wrong_still(struct run_account *a)
{
	const char *stamp = str_chars(&a->resumed.stamp);
	bool still = a->wrong_stamp && strcmp(a->wrong_stamp, stamp) == 0;

	free(a->wrong_stamp);
	a->wrong_stamp = mem_copy(stamp);
	return still;
}

static void hold(struct run_course *c, struct run_account *a,
		 const struct err *e, int64_t now)
{
	struct standing *st = &a->standing;
	struct err ignored = ERR_INIT;

	a->rest_until_ms = clock_now_ms() + WRITTEN_MS;
	if (!is_wrong_still(a) && c->run->stay)
		return;
	a->rest_until_ms = clock_now_ms() + REST_MS;
	if (st->state == STANDING_HELD && st->stamp &&
	    strcmp(st->stamp, str_chars(&a->resumed.stamp)) == 0)
		return;
	record_early_failure("postrider", e);
	if (!standing_note(st, e, now, 0))
		return;
	st->stamp = mem_copy(str_chars(&a->resumed.stamp));
	if (!st->label)
		st->label = mem_copy(a->origin.label);
	(void)!standing_store(&c->spool, a->name, st, &ignored);
}

static bool is_unchanged(const struct run_account *a)
{
	CLEAN(str) struct str stamp = STR_INIT;

	resume_stamp(&a->origin, &a->resumed.config, &a->resumed.account,
		     &stamp);
	return view_equal(str_view(&stamp), str_view(&a->resumed.stamp));
}

static bool load(struct run_course *c, struct run_account *a, int64_t now)
{
	struct err e = ERR_INIT;

	if (a->loaded_ms > 0 && clock_now_ms() - a->loaded_ms < RELOAD_MS &&
	    is_unchanged(a))
		return true;
	resumed_free(&a->resumed);
	a->resumed = RESUMED_INIT;
	a->loaded_ms = 0;
	if (!resume_account(&a->origin, &a->resumed, &e)) {
		a->known = true;
		hold(c, a, &e, now);
		return false;
	}
	a->loaded_ms = clock_now_ms();
	note_settings(a);
	return true;
}

void run_know_all(struct run_course *c, int64_t now)
{
	for (size_t i = 0; i < c->index.n_accounts; i++) {
		struct run_account *a = c->index.accounts[i];

		if (a->known)
			continue;
		standing_free(&a->standing);
		standing_load(&c->spool, a->name, &a->standing);
		(void)load(c, a, now);
	}
}

/* --- what is to be done ----------------------------------------------------
 */

static bool is_too_old(const struct run_account *a,
		       const struct run_entry *entry, int64_t now)
{
	int64_t held = entry->held_s;

	if (!a->known || entry->state != ITEM_WAITING)
		return false;
	held += standing_held_s(&a->standing, entry->created, now);
	return now >= retry_expiry(entry->created, held, a->lifetime);
}

static bool waits_for_account(const struct run_entry *entry)
{
	return entry->state == ITEM_HELD && (entry->hold == HOLD_CREDENTIALS ||
					     entry->hold == HOLD_CONFIGURATION);
}

static bool is_ready(const struct run_account *a, const struct run_entry *entry,
		     int64_t now_ms)
{
	return entry->account == a && !entry->never && entry->skip_ms <= now_ms;
}

/* What can be done where mail may be sent. */
static bool can_send(const struct run_entry *entry, int64_t now)
{
	return (entry->state == ITEM_WAITING && entry->due <= now) ||
	       waits_for_account(entry) ||
	       (entry->state == ITEM_FAILED && entry->owes);
}

struct wanted {
	bool to_send; /* there is something that could be sent */
	bool too_old;
};

static struct wanted find_wanted(const struct run_course *c,
				 const struct run_account *a, int64_t now)
{
	int64_t now_ms = clock_now_ms();
	struct wanted w = { .to_send = false };

	for (size_t i = 0; i < c->index.n; i++) {
		const struct run_entry *entry = &c->index.v[i];

		if (!is_ready(a, entry, now_ms))
			continue;
		w.to_send = w.to_send || can_send(entry, now);
		w.too_old = w.too_old || is_too_old(a, entry, now);
	}
	return w;
}

/* One item's place in the order. */
struct turn {
	const struct run_entry *entry;
};

/* In the order in which they came; those that had trouble of their own come
 * last, so that none can stand in the way of others for ever. */
static int by_turn(const void *a, const void *b)
{
	const struct run_entry *x = ((const struct turn *)a)->entry;
	const struct run_entry *y = ((const struct turn *)b)->entry;

	if (x->failed_before != y->failed_before)
		return x->failed_before ? 1 : -1;
	if (x->failed_before && x->due != y->due)
		return x->due < y->due ? -1 : 1;
	return strcmp(x->id, y->id);
}

/* The items for this time. */
static struct board *make_board(const struct run_course *c,
				const struct run_account *a, int64_t now)
{
	struct turn *v = mem_zero(c->index.n + 1, sizeof(*v));
	int64_t now_ms = clock_now_ms();
	struct board *b;
	size_t n = 0;

	for (size_t i = 0; i < c->index.n; i++) {
		const struct run_entry *entry = &c->index.v[i];

		if (is_ready(a, entry, now_ms) &&
		    (a->may_send ? can_send(entry, now)
				 : is_too_old(a, entry, now)))
			v[n++].entry = entry;
	}
	qsort(v, n, sizeof(*v), by_turn);
	b = board_new(n);
	for (size_t i = 0; b && i < n; i++)
		memcpy(b->v[i].id, v[i].entry->id, ITEM_ID_SIZE);
	free(v);
	return b;
}

/* A configuration that has changed since releases what it held. */
static bool may_send(struct run_course *c, struct run_account *a, int64_t now)
{
	struct standing *st = &a->standing;
	struct err ignored = ERR_INIT;

	a->passes = false;
	if (!standing_allows(st, str_chars(&a->resumed.stamp), now)) {
		a->passes = st->state == STANDING_TROUBLE && a->has_fallback;
		return a->passes;
	}
	if (st->state == STANDING_HELD && standing_release(st, now))
		(void)!standing_store(&c->spool, a->name, st, &ignored);
	return true;
}

static void consider(struct run_course *c, struct run_account *a, int64_t now)
{
	struct wanted wanted;

	if (a->board || clock_now_ms() < a->rest_until_ms ||
	    c->workers >= RUN_WORKERS_MAX)
		return;
	wanted = find_wanted(c, a, now);
	if (!wanted.to_send && !wanted.too_old)
		return;
	standing_free(&a->standing);
	standing_load(&c->spool, a->name, &a->standing);
	if (a->known && a->standing.state == STANDING_TROUBLE &&
	    !wanted.too_old && !a->has_fallback &&
	    !standing_allows(&a->standing, NULL, now))
		return;
	if (!load(c, a, now))
		return;
	a->may_send = may_send(c, a, now);
	if (a->may_send
		    ? !wanted.to_send
		    : (!wanted.too_old || a->standing.state == STANDING_HELD))
		return;
	a->board = make_board(c, a, now);
	if (!a->board || a->board->n == 0 || !run_worker_start(c, a)) {
		board_free(&a->board);
		a->rest_until_ms = clock_now_ms() + REST_MS;
		return;
	}
	c->given += a->board->n;
}

void run_start_due(struct run_course *c, int64_t now)
{
	for (size_t i = 0; i < c->index.n_accounts; i++)
		consider(c, c->index.accounts[i], now);
}

/* --- when something is to be done ------------------------------------------
 */

bool run_waits(const struct run_account *a, const struct run_entry *entry)
{
	return entry->account == a && entry->state == ITEM_WAITING &&
	       !entry->never && a->standing.state != STANDING_HELD;
}

int64_t run_due(const struct run_account *a, const struct run_entry *entry)
{
	if (a->standing.state == STANDING_TROUBLE && !a->has_fallback &&
	    a->standing.until > entry->due &&
	    !standing_allows(&a->standing, NULL, time(NULL)))
		return a->standing.until;
	return entry->due;
}

static void forget_rests(struct run_course *c, struct run_account *a)
{
	a->rest_until_ms = 0;
	for (size_t i = 0; i < c->index.n; i++)
		if (c->index.v[i].account == a)
			c->index.v[i].skip_ms = 0;
}

/* The next waits are short again: a name server may come up a little later. */
void run_end_waits(struct run_course *c, int64_t now)
{
	for (size_t i = 0; i < c->index.n_accounts; i++) {
		struct run_account *a = c->index.accounts[i];
		struct err ignored = ERR_INIT;

		standing_free(&a->standing);
		standing_load(&c->spool, a->name, &a->standing);
		if (a->board || a->standing.state != STANDING_TROUBLE)
			continue;
		a->standing.failures = 0;
		a->standing.until = now;
		(void)!standing_store(&c->spool, a->name, &a->standing,
				      &ignored);
		forget_rests(c, a);
	}
}
