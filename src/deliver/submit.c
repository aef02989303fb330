#include "config.h"

#include "deliver/submit.h"

#include <stdlib.h>

#include "base/clock.h"
#include "base/mem.h"
#include "deliver/attempt.h"
#include "deliver/keep.h"
#include "deliver/record.h"
#include "deliver/tale.h"

/* A slow line may take this long for a message: wire size by 8 KiB/s. */
#define SLOWEST_OCTETS_PER_S 8192

/* One message through one account after another. */
struct course {
	const struct submit *s;
	struct outcome *out;
	struct submit_trouble *trouble;
	int64_t deadline_ms;
	size_t at;        /* 0: the account itself, then its fallbacks */
	struct tale tale; /* what went wrong with the accounts before */
	struct err before;
};

/* What one account was asked, and what came of it. */
struct turn {
	struct attempt attempt;
	struct attempted got;
	struct envelope some; /* where not all recipients are left */
	size_t *index;        /* owned; whom of all they are */
	int64_t started_ms;
};

static void turn_free(struct turn *t)
{
	attempted_free(&t->got);
	envelope_free(&t->some);
	free(t->index);
}

static int64_t attempt_deadline(const struct submit *s)
{
	int seconds = s->account->deadline;
	uint64_t extra = facts_wire_size(&s->message->facts) /
			 SLOWEST_OCTETS_PER_S;

	if (seconds < 0)
		return CLOCK_NEVER;
	return clock_after_s(seconds + (int64_t)extra);
}

static size_t later(const struct course *c)
{
	return (c->s->fallbacks ? c->s->fallbacks->n : 0) - c->at;
}

static const struct account *account_at(const struct course *c)
{
	return c->at == 0 ? c->s->account : &c->s->fallbacks->v[c->at - 1];
}

/* Who was left out before it began counts as one who was refused. */
static bool count_left_out(const struct message *m, bool ok, struct err *e)
{
	if (m->left_out.n == 0)
		return ok;
	if (ok)
		*e = m->why_left_out;
	else if (outcome_graver(m->why_left_out.kind, e->kind))
		e->kind = m->why_left_out.kind;
	return false;
}

static void log_turn(const struct course *c, const struct turn *t,
		     const struct fate *fate, const struct err *e)
{
	const struct record r = {
		.account = t->attempt.account,
		.log = c->s->account,
		.host = t->got.host.s,
		.envelope = t->attempt.envelope,
		.outcome = c->out,
		.err = e,
		.fate = fate,
		.tls_version = str_chars(&t->got.tls_version),
		.tag = c->s->log_tag,
		.notes = &c->s->message->notes,
		.started_ms = t->started_ms,
		.octets = c->s->message->facts.octets,
	};

	record_attempt(&r, &c->trouble->log);
}

/* The recipients that are left, all at first. */
static void begin(const struct course *c, struct turn *t)
{
	const struct envelope *all = &c->s->message->envelope;
	size_t n = 0;

	t->index = mem_zero(c->out->n + 1, sizeof(*t->index));
	for (size_t i = 0; i < c->out->n; i++)
		if (verdict_is_open(&c->out->v[i]))
			t->index[n++] = i;
	if (n < c->out->n)
		envelope_copy_some(&t->some, all, t->index, n);
	t->started_ms = clock_now_ms();
	t->attempt = (struct attempt){
		.account = account_at(c),
		.rules = c->s->account,
		.message = c->s->message,
		.envelope = n < c->out->n ? &t->some : all,
		.line = c->at == 0 ? c->s->line : NULL,
		.before_end = c->s->before_end,
		.who = c->s->who,
		.gone = c->s->gone,
		.watcher = c->s->watcher,
		.transcript = c->s->transcript,
		.deadline_ms = c->deadline_ms,
		.later = later(c),
	};
}

/* The log has what the last account brought, spoken of by e; whole is about
 * the message and all accounts. */
static void end(const struct course *c, const struct turn *t,
		const struct err *e, const struct err *whole)
{
	struct fate fate = { .word = "no" };

	if (c->s->settle)
		c->s->settle(c->s->settler, c->out, whole, &fate);
	log_turn(c, t, c->s->settle ? &fate : NULL, e);
}

/* All that was left was taken, but an account before had refused somebody. */
static bool finish_mixed(const struct course *c, const struct turn *t,
			 enum err_kind kind, struct err *e)
{
	*e = c->before;
	e->kind = kind;
	count_left_out(c->s->message, false, e);
	end(c, t, NULL, e);
	return false;
}

/* No other account follows: what became of the message as a whole. */
static bool finish(const struct course *c, const struct turn *t, bool ok,
		   struct err *e)
{
	enum err_kind kind = outcome_kind(c->out);
	struct err last;

	if (ok && kind != ERR_NONE)
		return finish_mixed(c, t, kind, e);
	if (c->at > 0 && !ok)
		e->kind = kind;
	if (count_left_out(c->s->message, ok, e)) {
		end(c, t, NULL, NULL);
		return true;
	}
	last = *e;
	err_context(e, "account '%s'", t->attempt.account->label);
	tale_join(&c->tale, e);
	end(c, t, &last, e);
	return false;
}

static void note(struct course *c, const struct turn *t, struct err *e)
{
	log_turn(c, t, NULL, e);
	err_context(e, "account '%s'", t->attempt.account->label);
	tale_add(&c->tale, e);
	c->before = *e;
}

/* One account; *more: there is another to try. */
static bool take_turn(struct course *c, bool *more, struct err *e)
{
	CLEAN(turn) struct turn t = { .index = NULL };
	bool ok;

	begin(c, &t);
	ok = attempt_account(&t.attempt, &t.got, e);
	outcome_take(c->out, &t.got.outcome, t.index, c->at > 0);
	if (c->at == 0) {
		c->trouble->met = t.got.met;
		c->trouble->account = t.got.trouble;
	}
	*more = !ok && t.got.open && later(c) > 0;
	if (!*more)
		return finish(c, &t, ok, e);
	note(c, &t, e);
	return false;
}

/* As an attempt: each recipient has the same verdict. */
static bool capture(const struct course *c, struct err *e)
{
	CLEAN(turn) struct turn t = { .index = NULL };
	bool ok;

	begin(c, &t);
	ok = keep_captured(c->s->account, c->s->message, e);
	outcome_settle_rest(c->out, ok ? &ERR_INIT : e);
	return finish(c, &t, ok, e);
}

static void pass_over(struct course *c)
{
	c->before = *c->s->passed_over;
	err_context(&c->before, "account '%s'", c->s->account->label);
	tale_add(&c->tale, &c->before);
	c->at++;
}

/* Through one account after another, until nobody is left. */
static bool deliver(struct course *c, struct err *e)
{
	bool ok, more;

	if (c->s->passed_over && later(c) > 0)
		pass_over(c);
	do {
		ok = take_turn(c, &more, e);
		c->at++;
	} while (more);
	if (outcome_count(c->out, ERR_NONE) > 0 &&
	    !keep_sent(c->s->account, c->s->message, &c->trouble->keep))
		err_context(&c->trouble->keep,
			    "the message was sent, but no copy was kept");
	return ok;
}

bool submit_now(const struct submit *s, struct outcome *out,
		struct submit_trouble *trouble, struct err *e)
{
	struct course c = {
		.s = s,
		.out = out,
		.trouble = trouble,
		.deadline_ms = attempt_deadline(s),
		.tale = TALE_INIT,
	};
	bool ok;

	outcome_init(out, s->message->envelope.recipients.n);
	ok = s->account->capture ? capture(&c, e) : deliver(&c, e);
	tale_free(&c.tale);
	return ok;
}
