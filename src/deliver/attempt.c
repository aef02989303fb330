#include "config.h"

#include "deliver/attempt.h"

#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/mem.h"
#include "config/provider.h"
#include "deliver/dial.h"
#include "deliver/remember.h"
#include "deliver/route.h"
#include "deliver/settings.h"
#include "deliver/tale.h"
#include "smtp/batch.h"

void line_free(struct line *l)
{
	dial_free(&l->dial);
	route_free(&l->route);
	*l = LINE_INIT;
}

void attempted_free(struct attempted *out)
{
	outcome_free(&out->outcome);
	str_free(&out->host);
	str_free(&out->tls_version);
}

/* --- words -----------------------------------------------------------------
 */

/* The first verdict of that kind; one that a reply gave before any other. */
static size_t find_verdict(const struct outcome *out, enum err_kind kind)
{
	size_t found = out->n;

	for (size_t i = 0; i < out->n; i++) {
		if (out->v[i].kind != kind)
			continue;
		if (out->v[i].code != 0)
			return i;
		if (found == out->n)
			found = i;
	}
	return found;
}

bool attempt_speak(const struct envelope *env, const struct outcome *out,
		   enum err_kind kind, const char *server, struct err *e)
{
	size_t i = find_verdict(out, kind);
	const struct verdict *v = &out->v[i];

	err_set(e, kind, "%s%s%s <%s>%s%s", server ? server : "",
		server ? ": " : "",
		kind == ERR_DEFERRED ? "put off" : "refused",
		env->recipients.v[i], v->why ? ": " : "", v->why ? v->why : "");
	if (v->hint)
		err_hint(e, "%s", v->hint);
	return err_said(e, v->code, v->said ? v->said : "");
}

/* --- one server ------------------------------------------------------------
 */

/* The servers of one account, one after another. */
struct course {
	const struct attempt *t;
	struct attempted *out;
	struct line *line; /* the one that was lent, or own */
	struct line own;
	struct tale tale;
	bool goes_on; /* the session is that of an earlier message */
	bool worked;  /* it took the message for somebody */
};

static void course_free(struct course *c)
{
	line_free(&c->own);
	tale_free(&c->tale);
}

/* Each server has its share of the time for coming to the login's end. */
static int64_t open_by(const struct course *c)
{
	const struct line *l = c->line;

	return clock_share(c->t->deadline_ms, l->route.n - l->at + c->t->later);
}

/* More answers than commands: what else could it have been but BDAT? */
static void note_surplus(const struct session *s, const char *where)
{
	if (s->pipe.surplus && s->config.chunking &&
	    caps_has(&s->caps, CAP_CHUNKING))
		remember_set_chunking_bad(where);
}

static bool dial(struct course *c, size_t recipients, struct err *e)
{
	const struct account *a = c->t->account;
	const char *hint = provider_hint(a);
	struct line *l = c->line;
	struct dial *d = &l->dial;

	d->open_by_ms = open_by(c);
	d->keep_secret = l->at + 1 < l->route.n || recipients > 1 || c->t->line;
	if (dial_open(d, a, &l->route.v[l->at], c->t->deadline_ms,
		      c->t->transcript, e)) {
		c->out->met = true;
		c->out->trouble = ERR_INIT;
		return true;
	}
	c->out->trouble = *e;
	if (e->kind == ERR_AUTH && hint)
		err_hint(e, "%s", hint);
	return false;
}

/* 421 is about the server, 530 about the login, whatever the message. */
static void note_trouble(struct course *c, const struct envelope *env,
			 const struct outcome *now, const struct err *e)
{
	struct err *trouble = &c->out->trouble;

	if (e && e->kind == ERR_DEFERRED && e->code == REPLY_CLOSING)
		*trouble = *e;
	else if (outcome_count(now, ERR_AUTH) > 0)
		attempt_speak(env, now, ERR_AUTH, NULL, trouble);
}

static bool send(struct course *c, const struct envelope *env,
		 struct outcome *now, struct err *e)
{
	const struct attempt *t = c->t;
	struct dial *d = &c->line->dial;
	const struct batch batch = {
		.transfer = {
			.envelope = env,
			.message = &t->message->draft,
			.facts = &t->message->facts,
			.partial = t->rules->partial,
			.dsn_require = t->rules->dsn_require,
			.size_check = t->rules->size_check,
			.last = !t->line,
			.before_end = t->before_end,
			.who = t->who,
			.gone = t->gone,
			.watcher = t->watcher,
		},
		.again = dial_again,
		.who = d,
	};
	enum err_kind kind;
	bool ok;

	ok = batch_send(&d->session, &batch, now, e);
	note_surplus(&d->session, str_chars(&d->where));
	note_trouble(c, env, now, ok ? NULL : e);
	if (!ok)
		return err_context(e, "%s", d->where.s);
	c->worked = outcome_count(now, ERR_NONE) > 0;
	kind = outcome_kind(now);
	return kind == ERR_NONE ||
	       attempt_speak(env, now, kind, c->out->host.s, e);
}

/* The server has hung up between two messages, and said so perhaps. */
static bool is_stale(const struct course *c, const struct outcome *now,
		     const struct err *e)
{
	return c->goes_on && outcome_is_open(e->kind) &&
	       c->line->dial.session.pipe.broken &&
	       outcome_count(now, ERR_NONE) == 0 &&
	       outcome_count(now, ERR_UNCERTAIN) == 0;
}

static bool dial_anew(struct course *c, const struct envelope *env,
		      struct outcome *now, struct err *e)
{
	bool ok;

	ok = dial(c, env->recipients.n, e);
	if (ok)
		ok = send(c, env, now, e);
	else
		outcome_init(now, env->recipients.n);
	return ok;
}

/* A server that has left since the message before must not get a whole one in
 * one flight, of which nobody would know what became. */
static void leave_if_over(struct course *c)
{
	struct session *s = &c->line->dial.session;

	if (!c->goes_on || wire_is_quiet(&s->wire))
		return;
	s->pipe.broken = true;
	c->goes_on = false;
	dial_close(&c->line->dial);
}

static bool send_or_dial(struct course *c, const struct envelope *env,
			 struct outcome *now, struct err *e)
{
	leave_if_over(c);
	if (!c->goes_on)
		return dial_anew(c, env, now, e);
	c->out->met = true;
	if (send(c, env, now, e))
		return true;
	if (!is_stale(c, now, e))
		return false;
	c->out->met = false;
	c->out->trouble = ERR_INIT;
	c->goes_on = false;
	outcome_free(now);
	dial_close(&c->line->dial);
	return dial_anew(c, env, now, e);
}

static void note_server(struct course *c)
{
	const struct dial *d = &c->line->dial;

	str_truncate(&c->out->host, 0);
	str_adds(&c->out->host,
		 d->to && d->to->host ? d->to->host : str_chars(&d->where));
	str_truncate(&c->out->tls_version, 0);
	str_adds(&c->out->tls_version, str_chars(&d->tls_info.version));
}

static bool dial_and_send(struct course *c, const struct envelope *env,
			  struct outcome *now, struct err *e)
{
	bool ok;

	c->worked = false;
	ok = send_or_dial(c, env, now, e);
	note_server(c);
	if (!ok)
		outcome_settle_rest(now, e);
	return ok;
}

/* --- who is left -----------------------------------------------------------
 */

/* The recipients that another server may still take; owned. */
static size_t *find_open(const struct outcome *o, size_t *n)
{
	size_t *index = mem_zero(o->n + 1, sizeof(*index));

	*n = 0;
	for (size_t i = 0; i < o->n; i++)
		if (verdict_is_open(&o->v[i]))
			index[(*n)++] = i;
	return index;
}

static bool try_for_open(struct course *c, struct err *e)
{
	const struct envelope *all = c->t->envelope;
	struct outcome *out = &c->out->outcome;
	CLEAN(outcome) struct outcome now = OUTCOME_INIT;
	CLEAN(envelope) struct envelope some = ENVELOPE_INIT;
	size_t n, *index = find_open(out, &n);
	bool ok;

	if (n < out->n)
		envelope_copy_some(&some, all, index, n);
	ok = dial_and_send(c, n < out->n ? &some : all, &now, e);
	outcome_take(out, &now, index, false);
	free(index);
	return ok;
}

/* May somebody still get the message elsewhere? */
static bool stays_open(const struct course *c)
{
	const struct outcome *out = &c->out->outcome;
	bool open = false;

	if (!c->line->dial.reached || outcome_count(out, ERR_UNCERTAIN) > 0)
		return false;
	for (size_t i = 0; i < out->n; i++)
		open = open || verdict_is_open(&out->v[i]);
	return open;
}

/* --- all servers -----------------------------------------------------------
 */

/* Equal servers: the one that worked last goes first. */
static void recall(struct course *c)
{
	CLEAN(str) struct str where = STR_INIT;

	if (c->t->account->hosts.n > 1 &&
	    remember_good(c->t->account->label, &where))
		route_prefer(&c->line->route, str_chars(&where));
}

/* The first worked: that is known, or the order anyway. */
static void note_good(const struct course *c)
{
	CLEAN(str) struct str where = STR_INIT;
	const struct line *l = c->line;

	if (c->t->account->hosts.n < 2 || l->at == 0 || !c->worked)
		return;
	endpoint_where(&l->route.v[l->at], &where);
	remember_set_good(c->t->account->label, str_chars(&where));
}

/* The last server has spoken; what the others said goes in front, and what
 * counts is what became of everybody. */
static bool finish(const struct course *c, bool ok, const struct err *before,
		   struct err *e)
{
	enum err_kind kind = outcome_kind(&c->out->outcome);

	if (c->tale.told == 0 || kind == ERR_NONE)
		return ok;
	if (ok)
		*e = *before;
	else
		tale_join(&c->tale, e);
	e->kind = kind;
	return false;
}

static bool run(struct course *c, struct err *e)
{
	struct err before = ERR_INIT;
	struct line *l = c->line;
	bool ok, said = false;

	for (;; l->at++) {
		ok = try_for_open(c, e);
		if (!said)
			note_good(c);
		said = said || c->worked;
		c->out->open = !ok && stays_open(c);
		if (!c->out->open || l->at + 1 >= l->route.n)
			break;
		tale_add(&c->tale, e);
		before = *e;
		dial_close(&l->dial);
	}
	return finish(c, ok, &before, e);
}

/* Asking for the servers is a step as others are. */
static int64_t look_up_by(const struct attempt *t)
{
	int seconds = settings_timeout_s(t->account);

	if (seconds == 0)
		seconds = phase_timeout_s(PHASE_GREETING);
	return clock_earlier(t->deadline_ms, clock_after_s(seconds));
}

/* The way of the message before, or one that is to be found. */
static bool find_way(struct course *c, struct err *e)
{
	const struct attempt *t = c->t;
	struct line *l = c->line;

	c->goes_on = l->open && !batch_is_exhausted(&l->dial.session);
	if (c->goes_on) {
		dial_extend(&l->dial, t->deadline_ms);
		return true;
	}
	line_free(l);
	if (!route_find(t->account, srv_lookup, look_up_by(t), &l->route, e))
		return false;
	recall(c);
	return true;
}

static bool can_go_on(const struct line *l)
{
	return l->dial.opened && !l->dial.session.pipe.broken &&
	       !l->dial.session.quit_sent;
}

bool attempt_account(const struct attempt *t, struct attempted *out,
		     struct err *e)
{
	CLEAN(course)
	struct course c = { .t = t, .out = out, .own = LINE_INIT };
	bool ok;

	c.line = t->line ? t->line : &c.own;
	outcome_init(&out->outcome, t->envelope->recipients.n);
	if (!find_way(&c, e)) {
		outcome_settle_rest(&out->outcome, e);
		out->open = outcome_is_open(e->kind);
		out->trouble = *e;
		return false;
	}
	ok = run(&c, e);
	c.line->open = can_go_on(c.line);
	if (!c.line->open)
		line_free(c.line);
	return ok;
}
