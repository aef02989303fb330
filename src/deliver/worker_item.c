#include "config.h"

#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/mem.h"
#include "config/wish.h"
#include "deliver/record.h"
#include "deliver/settle.h"
#include "deliver/submit.h"
#include "deliver/tell.h"
#include "deliver/worker.h"
#include "queue/rate.h"
#include "queue/release.h"
#include "queue/retry.h"

/* Sessions in a row that broke over one message each: it is the server. */
#define LOST_MAX 3
/* A session is kept open for a rest of so long. */
#define REST_MS_MAX 5000
/* Others may be quicker at the end of a rest, so often. */
#define TURNS_MAX 1000

/* One item on its way. */
struct way {
	struct worker *w;
	struct taken *t;
	const size_t *index; /* of the message's recipients in the item's */
	const struct submit_trouble *trouble;
	enum settled settled;
	bool stuck; /* what became of it could not be written */
};

static const char *tag_of(const struct item *it)
{
	return it->tag ? it->tag : "postrider";
}

static void say(const struct way *y, const char *words)
{
	const struct item *it = &y->t->item;

	record_event(&worker_resumed(y->w)->account, tag_of(it), it->id, words);
}

static void say_stuck(struct way *y, struct err *e)
{
	err_context(e, "what became of it cannot be written down");
	say(y, e->text);
	y->stuck = true;
}

static bool update(struct way *y)
{
	struct err e = ERR_INIT;

	if (spool_update(y->w->spool, y->t, &e))
		return true;
	say_stuck(y, &e);
	return false;
}

/* --- who hears of it --------------------------------------------------------
 */

static void tell(struct way *y, enum tell_event event, const char *reason)
{
	tell_command(&worker_resumed(y->w)->account, event, &y->t->item,
		     reason);
}

static void tell_sender_of(struct way *y, bool again)
{
	const struct resumed *r = worker_resumed(y->w);
	struct err e = ERR_INIT;

	if (!tell_owes(&y->t->item))
		return;
	if (again ? !tell_sender_again(y->w->spool, y->t, r, &e)
		  : !tell_sender(y->w->spool, y->t, r, &e))
		say(y, e.text);
}

static const char *last_answer(const struct item *it)
{
	return it->answer ? it->answer : "";
}

/* What is loud about a login is told once, with the account. */
static void tell_all(struct way *y, bool uncertain)
{
	const struct item *it = &y->t->item;

	if (uncertain)
		tell(y, TELL_UNCERTAIN, last_answer(it));
	if (it->state == ITEM_HELD && it->hold == HOLD_UNCERTAIN)
		tell(y, TELL_HELD, last_answer(it));
	tell_sender_of(y, false);
	if (it->state == ITEM_FAILED)
		tell(y, TELL_FAILED, last_answer(it));
}

/* --- what became of it ------------------------------------------------------
 */

static int64_t lifetime_end(const struct way *y, int64_t now)
{
	const struct item *it = &y->t->item;
	int64_t held = it->held_s;

	held += standing_held_s(y->w->standing, it->created, now);
	return retry_expiry(it->created, held,
			    worker_resumed(y->w)->account.queue_lifetime);
}

static void expire_if_old(struct way *y, int64_t now)
{
	if (y->t->item.state == ITEM_WAITING && now >= lifetime_end(y, now))
		settle_expired(&y->t->item, now);
}

static void keep_or_remove(struct way *y)
{
	struct err e = ERR_INIT;

	if (y->settled == SETTLED_KEEP)
		(void)update(y);
	else if (spool_remove(y->w->spool, y->t, &e))
		atomic_fetch_add(&y->w->board->sent, 1);
	else
		say_stuck(y, &e);
}

static const char *word_of(const struct way *y)
{
	static const char *const words[] = {
		[ITEM_WAITING] = "queued",
		[ITEM_HELD] = "held",
		[ITEM_FAILED] = "failed",
	};

	return y->settled == SETTLED_DONE ? "sent" : words[y->t->item.state];
}

static bool is_trusted(const struct worker *w)
{
	return w->standing->last_success != 0 || atomic_load(&w->board->went);
}

/* As struct submit wants it: before the line in the log is written. */
static void settle(void *settler, const struct outcome *out,
		   const struct err *e, struct fate *fate)
{
	struct way *y = settler;
	const struct submit_trouble *trouble = y->trouble;
	int64_t now = time(NULL);
	struct settle s = {
		.index = y->index,
		.outcome = out,
		.err = e,
		.server = !trouble->met && trouble->account.kind != ERR_NONE,
		.trusted = is_trusted(y->w),
		.now = now,
		.seed = (uint32_t)clock_now_ms() ^ (uint32_t)getpid(),
	};

	worker_learn(y->w, trouble->met, outcome_count(out, ERR_NONE) > 0,
		     &trouble->account, &y->t->item);
	y->settled = settle_item(&y->t->item, &s);
	if (y->settled == SETTLED_KEEP)
		expire_if_old(y, now);
	keep_or_remove(y);
	*fate = (struct fate){
		.id = y->t->item.id,
		.word = word_of(y),
		.status = e ? err_exit_status(e) : 0,
		.loud = y->stuck || (e && err_retry(e) != ERR_RETRY_LATER),
	};
}

static bool mark(void *who, struct err *e)
{
	struct way *y = who;

	return spool_mark(y->t, e);
}

/* --- sending it -------------------------------------------------------------
 */

/* Sessions that break one after the other are no message's fault. */
static void count_lost(struct way *y, bool ok, const struct err *e)
{
	struct worker *w = y->w;
	bool lost = !ok && y->trouble->met && !w->line.open &&
		    y->trouble->account.kind == ERR_NONE &&
		    (e->kind == ERR_NETWORK || e->kind == ERR_UNCERTAIN);
	struct err why = *e;

	w->lost = lost ? w->lost + 1 : 0;
	if (w->lost < LOST_MAX)
		return;
	why.kind = ERR_NETWORK;
	worker_learn(w, true, false, &why, &y->t->item);
}

static void say_trouble(struct way *y, const struct submit_trouble *trouble)
{
	if (trouble->keep.kind != ERR_NONE)
		say(y, trouble->keep.text);
}

/* Its server is asked once, whatever the number of items. */
static const struct err *passed_over(const struct way *y, struct err *e)
{
	const struct worker *w = y->w;

	if (!w->passes && !atomic_load(&w->board->troubled))
		return NULL;
	err_set(e, ERR_NETWORK, "its server is in trouble and not tried yet");
	return e;
}

static void send(struct way *y, const struct message *m)
{
	const struct resumed *r = worker_resumed(y->w);
	CLEAN(outcome) struct outcome out = OUTCOME_INIT;
	struct submit_trouble trouble = { .met = false };
	struct err e = ERR_INIT, trouble_before;
	const struct submit s = {
		.account = &r->account,
		.fallbacks = &r->fallbacks,
		.message = m,
		.settle = settle,
		.settler = y,
		.transcript = y->w->transcript,
		.log_tag = tag_of(&y->t->item),
		.line = &y->w->line,
		.passed_over = passed_over(y, &trouble_before),
		.before_end = mark,
		.who = y,
	};
	bool ok;

	y->trouble = &trouble;
	ok = submit_now(&s, &out, &trouble, &e);
	count_lost(y, ok, &e);
	say_trouble(y, &trouble);
	if (y->settled == SETTLED_KEEP && !y->stuck)
		tell_all(y, outcome_count(&out, ERR_UNCERTAIN) > 0);
	y->trouble = NULL;
}

/* Its message cannot be read now. */
static void put_off(struct way *y, const struct err *e)
{
	const struct settle s = {
		.err = e,
		.trusted = true,
		.now = time(NULL),
		.seed = (uint32_t)clock_now_ms(),
	};

	say(y, e->text);
	y->settled = settle_item(&y->t->item, &s);
	(void)update(y);
}

static void deliver(struct way *y)
{
	CLEAN(message) struct message m = MESSAGE_INIT;
	size_t *index = NULL;
	struct err e = ERR_INIT;

	if (resume_message(y->t, time(NULL), &m, &index, &e)) {
		y->index = index;
		send(y, &m);
	} else {
		put_off(y, &e);
	}
	free(index);
}

/* --- whether to send it -----------------------------------------------------
 */

static bool same_text(const char *a, const char *b)
{
	return a && b ? strcmp(a, b) == 0 : a == b;
}

static bool same_list(const struct list *a, const struct list *b)
{
	if (a->n != b->n)
		return false;
	for (size_t i = 0; i < a->n; i++)
		if (strcmp(a->v[i], b->v[i]) != 0)
			return false;
	return true;
}

static bool same_origin(const struct item_origin *a,
			const struct item_origin *b)
{
	return same_text(a->label, b->label) &&
	       same_text(a->config, b->config) && a->built == b->built &&
	       a->msmtp_name == b->msmtp_name &&
	       a->system_only == b->system_only &&
	       same_list(&a->keys, &b->keys) &&
	       same_list(&a->values, &b->values);
}

/* One server and login may be named by different options: then the settings
 * are this item's, and so is the connection. */
static bool resume(struct way *y, struct err *e)
{
	struct worker *w = y->w;
	const struct item_origin *o = &y->t->item.origin;

	if (same_origin(o, w->has_other ? &w->other_origin : w->origin))
		return true;
	line_free(&w->line);
	resumed_free(&w->other);
	item_origin_free(&w->other_origin);
	w->other = RESUMED_INIT;
	w->has_other = !same_origin(o, w->origin);
	if (!w->has_other)
		return true;
	item_origin_copy(&w->other_origin, o);
	w->has_other = resume_account(o, &w->other, e);
	return w->has_other;
}

/* A run died, or was killed, between the last flight and its record. */
static bool settle_flight(struct way *y, int64_t now)
{
	if (!y->t->item.in_flight)
		return true;
	settle_found_in_flight(&y->t->item, now);
	if (!update(y))
		return false;
	say(y, "uncertain: a run died before it could note what the server "
	       "answered, so the message may have arrived");
	tell_all(y, true);
	return true;
}

/* Held for a login or settings that have changed since, or work again. */
static void release(struct way *y, int64_t now)
{
	struct item *it = &y->t->item;

	if (!y->w->may_send || it->state != ITEM_HELD ||
	    (it->hold != HOLD_CREDENTIALS && it->hold != HOLD_CONFIGURATION))
		return;
	it->held_since = 0; /* the account's standing counts that time */
	item_release(it, now, "released: its account is tried again");
}

static void give_up(struct way *y, int64_t now)
{
	expire_if_old(y, now);
	if (y->t->item.state != ITEM_FAILED || !update(y))
		return;
	say(y, "failed: it could not be delivered in its lifetime");
	tell_all(y, false);
}

/* A short rest is worth the session. */
static bool sleep_ms(struct worker *w, int64_t ms)
{
	const struct timespec pause = { .tv_sec = ms / 1000,
					.tv_nsec = ms % 1000 * 1000000 };

	atomic_fetch_add(&w->seat->deadline_ms, ms);
	return nanosleep(&pause, NULL) == 0 && !worker_shall_end();
}

/* By `rate`: wait for its turn; false: it is not soon. */
static bool wait_for_turn(struct way *y)
{
	const char *text = worker_resumed(y->w)->account.rate;
	struct worker *w = y->w;
	struct wish_rate rate;
	int64_t wait_ms = 0;

	if (!text || !wish_rate(view_of(text), &rate))
		return true;
	for (int i = 0; i < TURNS_MAX; i++) {
		if (rate_take(w->spool, w->name, rate.count,
			      rate.seconds * 1000LL, clock_wall_ms(), &wait_ms))
			return true;
		if (wait_ms > REST_MS_MAX || !sleep_ms(w, wait_ms))
			break;
	}
	atomic_store(&w->board->rest_ms, wait_ms);
	atomic_store(&w->board->stop, true);
	return false;
}

static void see_to(struct way *y)
{
	struct item *it = &y->t->item;
	int64_t now = time(NULL);

	if (!settle_flight(y, now))
		return;
	tell_sender_of(y, true);
	release(y, now);
	if (it->state != ITEM_WAITING)
		return;
	if (!y->w->may_send)
		give_up(y, now);
	else if (item_due(it, now) <= now && wait_for_turn(y))
		deliver(y);
}

enum board_result worker_see_to(struct worker *w, struct taken *t)
{
	struct way y = { .w = w, .t = t, .settled = SETTLED_KEEP };
	struct err e = ERR_INIT;
	int before = t->item.attempts;

	if (!resume(&y, &e)) {
		say(&y, e.text);
		return BOARD_STUCK;
	}
	see_to(&y);
	if (atomic_load(&w->board->rest_ms) > 0 && t->item.attempts == before)
		return BOARD_OPEN;
	return y.stuck ? BOARD_STUCK : BOARD_DONE;
}
