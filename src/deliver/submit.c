#include "config.h"

#include "deliver/submit.h"

#include "base/clock.h"
#include "deliver/dial.h"
#include "deliver/keep.h"
#include "deliver/record.h"
#include "smtp/batch.h"

/* A slow line may take this long for a message: wire size by 8 KiB/s. */
#define SLOWEST_OCTETS_PER_S 8192

static int64_t attempt_deadline(const struct submit *s)
{
	int seconds = s->account->deadline;
	uint64_t extra = facts_wire_size(&s->message->facts) /
			 SLOWEST_OCTETS_PER_S;

	if (seconds < 0)
		return CLOCK_NEVER;
	return clock_after_s(seconds + (int64_t)extra);
}

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

/* What one recipient's refusal says about the message as a whole. */
static bool speak_for(const struct submit *s, const struct outcome *out,
		      enum err_kind kind, struct err *e)
{
	size_t i = find_verdict(out, kind);
	const struct verdict *v = &out->v[i];

	err_set(e, kind, "%s: %s <%s>%s%s", s->account->host,
		kind == ERR_DEFERRED ? "put off" : "refused",
		s->message->envelope.recipients.v[i], v->why ? ": " : "",
		v->why ? v->why : "");
	if (v->hint)
		err_hint(e, "%s", v->hint);
	return err_said(e, v->code, v->said ? v->said : "");
}

static bool attempt(const struct submit *s, struct dial *d, struct outcome *out,
		    struct err *e)
{
	const struct account *a = s->account;
	const struct batch b = {
		.transfer = {
			.envelope = &s->message->envelope,
			.message = &s->message->draft,
			.facts = &s->message->facts,
			.partial = a->partial,
			.dsn_require = a->dsn_require,
			.size_check = a->size_check,
			.last = true,
		},
		.again = dial_again,
		.who = d,
	};
	enum err_kind kind;

	if (!dial_open(d, a, attempt_deadline(s), s->transcript, e)) {
		outcome_init(out, s->message->envelope.recipients.n);
		return false;
	}
	if (!batch_send(&d->session, &b, out, e))
		return err_context(e, "%s", d->where.s);
	kind = outcome_kind(out);
	return kind == ERR_NONE || speak_for(s, out, kind, e);
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

/* As an attempt: each recipient has the same verdict. */
static bool capture(const struct submit *s, struct outcome *out, struct err *e)
{
	outcome_init(out, s->message->envelope.recipients.n);
	if (!keep_captured(s->account, s->message, e))
		return false;
	outcome_settle_rest(out, &ERR_INIT);
	return true;
}

static void keep(const struct submit *s, const struct outcome *out,
		 struct err *trouble)
{
	if (!s->account->capture && outcome_count(out, ERR_NONE) > 0)
		(void)!keep_sent(s->account, s->message, trouble);
}

bool submit_now(const struct submit *s, struct outcome *out,
		struct submit_trouble *trouble, struct err *e)
{
	CLEAN(dial) struct dial d = DIAL_INIT;
	int64_t started = clock_now_ms();
	bool ok;

	ok = s->account->capture ? capture(s, out, e) : attempt(s, &d, out, e);
	if (!ok)
		outcome_settle_rest(out, e);
	keep(s, out, &trouble->keep);
	ok = count_left_out(s->message, ok, e);
	record_attempt(
		&(struct record){
			.account = s->account,
			.envelope = &s->message->envelope,
			.outcome = out,
			.err = ok ? NULL : e,
			.tls_version = str_chars(&d.tls_info.version),
			.tag = s->log_tag,
			.started_ms = started,
			.octets = s->message->facts.octets,
		},
		&trouble->log);
	return ok || err_context(e, "account '%s'", s->account->label);
}
