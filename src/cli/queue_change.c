#include "config.h"

#include <stdio.h>
#include <string.h>
#include <sysexits.h>
#include <unistd.h>

#include "cli/mode.h"
#include "cli/queue.h"
#include "deliver/tell.h"
#include "queue/release.h"

#define ANSWER_MAX 64

static bool take(const struct queue *q, const char *id, struct taken *t,
		 struct err *e)
{
	switch (spool_take(&q->spool, id, t, e)) {
	case SPOOL_TAKEN:
		return true;
	case SPOOL_BUSY:
		err_set(e, ERR_DEFERRED,
			"message %s is being sent just now: nothing was done",
			id);
		return err_hint(e, "try it again in a moment");
	case SPOOL_GONE:
		return err_set(e, ERR_NOINPUT,
			       "message %s is no longer in the queue", id);
	case SPOOL_BROKEN:
	case SPOOL_ERROR:
	default:
		return false;
	}
}

static bool change(struct queue_call *c, const char *word, queue_act_fn *act,
		   struct err *e)
{
	CLEAN(taken) struct taken t = TAKEN_INIT;
	CLEAN(str) struct str id = STR_INIT;
	struct queue *q;

	return queues_find(&c->queues, word, &q, &id, e) &&
	       take(q, id.s, &t, e) && act(c, q, &t, e);
}

int queue_change(struct queue_call *c, queue_act_fn *act)
{
	int status = 0;

	for (size_t i = 0; i < c->ids.n; i++) {
		struct err e = ERR_INIT;

		if (!change(c, c->ids.v[i], act, &e))
			status = fail(&c->ui, &e);
	}
	return status;
}

static bool hold(struct queue_call *c, const struct queue *q, struct taken *t,
		 struct err *e)
{
	struct item *it = &t->item;

	if (it->state == ITEM_FAILED) {
		err_set(e, ERR_USAGE,
			"message %s has failed: it is not sent anyway", it->id);
		return err_hint(e,
				"'postrider queue release %s' sends it again",
				it->id);
	}
	if (it->state == ITEM_HELD && it->hold == HOLD_USER)
		return true;
	if (it->held_since == 0)
		it->held_since = c->now;
	it->state = ITEM_HELD;
	it->hold = HOLD_USER;
	item_note(it, c->now, "held by hand");
	return spool_update(&q->spool, t, e);
}

int queue_hold(struct queue_call *c)
{
	return queue_change(c, hold);
}

/* What was kept as it came has neither the header nor the envelope that a
 * message needs. */
static bool is_fit(const struct item *it, struct err *e)
{
	if (!it->unready)
		return true;
	err_set(e, ERR_MESSAGE, "message %s cannot be sent as it is: %s",
		it->id, it->answer ? it->answer : "it was never made ready");
	return err_hint(e,
			"'postrider queue show --message %s' prints it, for "
			"it to be sent anew",
			it->id);
}

static bool release(struct queue_call *c, const struct queue *q,
		    struct taken *t, struct err *e)
{
	CLEAN(str) struct str account = STR_INIT;

	if (!is_fit(&t->item, e))
		return false;
	item_account_name(&t->item.origin, &account);
	item_release(&t->item, c->now, "released by hand");
	return spool_update(&q->spool, t, e) &&
	       queue_try_account(q, account.s, true, c->now, e);
}

int queue_release(struct queue_call *c)
{
	int status = queue_change(c, release);

	queues_start(&c->queues, &c->ui);
	return status;
}

/* Only a person who is asked can say no. */
static bool may_remove(const struct queue_call *c, const struct item *it)
{
	CLEAN(str) struct str clean = STR_INIT;
	char answer[ANSWER_MAX];

	if (c->yes || !isatty(STDIN_FILENO))
		return true;
	for (size_t i = 0; i < it->envelope.recipients.n && i < 3; i++)
		str_addf(&clean, "%s%s", i > 0 ? ", " : "",
			 it->envelope.recipients.v[i]);
	if (it->envelope.recipients.n > 3)
		str_addf(&clean, " and %zu more",
			 it->envelope.recipients.n - 3);
	fprintf(stderr, "remove message %s to %s? [y/N] ", it->id, clean.s);
	fflush(stderr);
	return fgets(answer, sizeof(answer), stdin) &&
	       (answer[0] == 'y' || answer[0] == 'Y');
}

static bool remove_one(struct queue_call *c, const struct queue *q,
		       struct taken *t, struct err *e)
{
	if (may_remove(c, &t->item))
		return spool_remove(&q->spool, t, e);
	ui_note(&c->ui, "message %s stays in the queue", t->item.id);
	return true;
}

int queue_remove(struct queue_call *c)
{
	return queue_change(c, remove_one);
}

static bool bounce(struct queue_call *c, const struct queue *q, struct taken *t,
		   struct err *e)
{
	struct err why = ERR_INIT;
	enum told told;

	if (!tell_bounce(&q->spool, t, c->now, &told, &why, e))
		return false;
	if (told == TOLD_NOBODY && !c->ui.quiet)
		ui_note(&c->ui, "message %s has failed; nobody is to be told",
			t->item.id);
	if (told != TOLD_NOT)
		return true;
	*e = why;
	return err_context(e,
			   "message %s has failed, but its sender is not "
			   "told",
			   t->item.id);
}

int queue_bounce(struct queue_call *c)
{
	int status = queue_change(c, bounce);

	queues_start(&c->queues, &c->ui);
	return status;
}
