#include "config.h"

#include "smtp/transfer.h"

#include "msg/canon.h"
#include "smtp/command.h"
#include "smtp/needs.h"

/* Octets of the draft that are read at once; on the wire at most twice that. */
#define BLOCK 32768
/* Octets that are streamed at once, between two looks for an early answer. */
#define STRETCH 65536
/* Chunks whose verdict is still to come: what a refusal costs in vain. */
#define CHUNKS_AHEAD 4

/* One message on its way. */
struct sending {
	struct session *s;
	const struct transfer *t;
	struct outcome *out;
	struct canon canon;
	uint64_t offset; /* octets of the draft that were read */
	bool at_end;     /* of the draft */
	bool bdat;       /* by BDAT, not by DATA */
	bool blind;      /* no verdict on the recipients is awaited */
	bool go;         /* 354 came */
	bool stopped;    /* refused as a whole, for the reason in why */
	struct err why;  /* of the last refusal */
	bool ended;      /* the last octet was put */
	bool written;    /* and left */
	bool judged;     /* the session ends by what a reply says */
	struct err bye;  /* 421 came while the message was on its way */
};

/* --- what became of whom -------------------------------------------------- */

/* The next recipient without a verdict, from i on; n where there is none. */
static size_t open_from(const struct outcome *o, size_t i)
{
	while (i < o->n && o->v[i].settled)
		i++;
	return i;
}

/* Until the message is judged, those without a verdict are who gets it. */
static bool has_open(const struct outcome *o)
{
	return open_from(o, 0) < o->n;
}

/* After 421, or an answer out of turn, nothing more can be said in this
 * session: the reason becomes that of its end.  Where the message is on its way
 * already, a server may take it for the others before it closes, or instead:
 * it is heard to the end. */
static bool goes_on(struct sending *x, const struct reply *r,
		    const struct err *why, struct err *e)
{
	if (r->code == REPLY_CLOSING && x->ended && has_open(x->out)) {
		x->bye = *why;
		return true;
	}
	x->judged = r->code == REPLY_CLOSING || why->kind == ERR_PROTOCOL;
	if (x->judged)
		*e = *why;
	return !x->judged;
}

/* True where nobody can get the message any more. */
static bool stop(struct sending *x, const struct reply *r,
		 const struct err *why, struct err *e)
{
	outcome_refuse(x->out, r, why);
	x->stopped = true;
	x->why = *why;
	return goes_on(x, r, why, e);
}

static bool on_rset(void *who, int index, const struct reply *r, struct err *e)
{
	struct sending *x = who;

	(void)index;
	x->judged = !phase_check(PHASE_RSET, r, e);
	return !x->judged;
}

static bool on_mail(void *who, int index, const struct reply *r, struct err *e)
{
	struct err why;

	(void)index;
	return phase_check(PHASE_MAIL, r, &why) || stop(who, r, &why, e);
}

static bool on_rcpt(void *who, int index, const struct reply *r, struct err *e)
{
	struct sending *x = who;
	struct err why;

	if (phase_check(PHASE_RCPT, r, &why)) {
		x->bye = ERR_INIT; /* it did not close after all */
		return true;
	}
	verdict_refuse(&x->out->v[index], &why);
	if (!x->stopped)
		x->why = why;
	return goes_on(x, r, &why, e);
}

static bool on_data(void *who, int index, const struct reply *r, struct err *e)
{
	struct sending *x = who;
	struct err why;

	(void)index;
	x->go = r->code / 100 == 3;
	return !has_open(x->out) || phase_check(PHASE_DATA, r, &why) ||
	       stop(x, r, &why, e);
}

static bool on_chunk(void *who, int index, const struct reply *r, struct err *e)
{
	struct sending *x = who;
	struct err why;

	(void)index;
	return !has_open(x->out) || phase_check(PHASE_CHUNK, r, &why) ||
	       stop(x, r, &why, e);
}

/* A verdict on a message that the server has not seen to its end. */
static bool on_early(struct sending *x, const struct reply *r, struct err *e)
{
	x->judged = true;
	outcome_note(x->out, r);
	if (!phase_check(PHASE_BODY, r, e))
		return false;
	err_set(e, ERR_PROTOCOL,
		"the server took the message before it was sent");
	return reply_said(r, e);
}

static bool on_lmtp_body(struct sending *x, struct verdict *v,
			 const struct reply *r)
{
	struct err why;

	outcome_note(x->out, r);
	if (phase_check(PHASE_BODY, r, &why))
		verdict_accept(v, r);
	else
		verdict_refuse(v, &why);
	return true;
}

static bool on_body(void *who, int index, const struct reply *r, struct err *e)
{
	struct sending *x = who;
	struct outcome *out = x->out;
	struct err why;

	if (!has_open(out))
		return true;
	if (!x->ended)
		return on_early(x, r, e);
	x->s->dirty = false;
	if (x->s->config.lmtp)
		return on_lmtp_body(x, &out->v[index], r);
	if (!phase_check(PHASE_BODY, r, &why))
		return stop(x, r, &why, e);
	outcome_note(out, r);
	for (size_t i = open_from(out, 0); i < out->n; i = open_from(out, i))
		verdict_accept(&out->v[i], r);
	return true;
}

static void listen_to(struct pipeline *p, struct sending *x)
{
	p->who = x;
	p->deliver[PHASE_RSET] = on_rset;
	p->deliver[PHASE_MAIL] = on_mail;
	p->deliver[PHASE_RCPT] = on_rcpt;
	p->deliver[PHASE_DATA] = on_data;
	p->deliver[PHASE_CHUNK] = on_chunk;
	p->deliver[PHASE_BODY] = on_body;
}

/* --- what can be known before MAIL ---------------------------------------- */

static bool check_needs(const struct sending *x, struct err *e)
{
	const struct needs needs = {
		.envelope = x->t->envelope,
		.facts = x->t->facts,
		.dsn_require = x->t->dsn_require,
		.size_check = x->t->size_check,
		.encrypted = x->s->encrypted,
	};

	return needs_check(&needs, &x->s->caps, e);
}

/* Give a verdict to each recipient that no command can name. */
static void check_recipients(struct sending *x)
{
	for (size_t i = 0; i < x->out->n; i++) {
		CLEAN(str) struct str line = STR_INIT;
		struct err e = ERR_INIT;

		if (!command_rcpt(&line, x->t->envelope, i, &x->s->caps, &e))
			verdict_refuse(&x->out->v[i], &e);
	}
}

/*
 * True where the message is still to be sent to somebody.  Unless `partial`,
 * one recipient that does not get it means that nobody does.
 */
static bool is_wanted(struct sending *x)
{
	enum err_kind kind = outcome_kind(x->out);
	struct err e;
	bool refused = false;

	for (size_t i = 0; i < x->out->n; i++)
		refused = refused || x->out->v[i].settled;
	if (refused && !x->t->partial) {
		err_set(&e, kind, "not sent because another recipient was %s",
			kind == ERR_DEFERRED ? "put off" : "refused");
		outcome_settle_rest(x->out, &e);
	}
	return has_open(x->out);
}

/* --- the envelope --------------------------------------------------------- */

static bool push(struct sending *x, enum phase phase, size_t index,
		 const char *command, struct err *e)
{
	return pipeline_push(&x->s->pipe, phase, (int)index, view_of(command),
			     e);
}

static bool push_rcpt(struct sending *x, size_t i, struct err *e)
{
	CLEAN(str) struct str line = STR_INIT;

	return command_rcpt(&line, x->t->envelope, i, &x->s->caps, e) &&
	       push(x, PHASE_RCPT, i, str_chars(&line), e);
}

/* What an earlier message left behind is cleared in the same flight. */
static bool push_envelope(struct sending *x, const char *mail, struct err *e)
{
	struct outcome *out = x->out;

	if (x->s->dirty && !push(x, PHASE_RSET, 0, COMMAND_RSET, e))
		return false;
	x->s->dirty = true;
	x->s->transactions++;
	if (!push(x, PHASE_MAIL, 0, mail, e))
		return false;
	for (size_t i = 0; i < out->n && !x->stopped; i++)
		if (!out->v[i].settled && !push_rcpt(x, i, e))
			return false;
	return true;
}

/* --- the message ---------------------------------------------------------- */

/* Append the wire form of the next block to out. */
static bool read_block(struct sending *x, struct str *out, struct err *e)
{
	char buf[BLOCK];
	size_t got;

	if (x->t->gone)
		x->t->gone(x->t->watcher, x->offset);
	if (!draft_read(x->t->message, x->offset, buf, sizeof(buf), &got, e))
		return false;
	x->offset += got;
	x->at_end = got == 0;
	if (x->at_end)
		canon_finish(&x->canon, out);
	else
		canon_add(&x->canon, (struct view){ buf, got }, out);
	return true;
}

/* At least more than `enough` octets, unless the draft ends before. */
static bool read_until(struct sending *x, size_t enough, struct str *out,
		       struct err *e)
{
	while (!x->at_end && out->len <= enough)
		if (!read_block(x, out, e))
			return false;
	return true;
}

/* QUIT rides along where nothing follows; whom the server has put off to a
 * further transaction is somebody who follows. */
static bool wants_quit(const struct sending *x)
{
	return x->t->last && x->s->pipe.allowed &&
	       !(has_open(x->out) && outcome_has_surplus(x->out));
}

/* The end of the message is put: let it go, and take the verdict, or under
 * LMTP one for each recipient. */
static bool finish(struct sending *x, struct err *e)
{
	struct session *s = x->s;
	struct outcome *out = x->out;

	x->ended = true;
	/* All octets may have left by themselves: then QUIT alone can fail. */
	x->written = wire_pending(&s->wire) == 0;
	if (wants_quit(x)) {
		wire_put(&s->wire, view_of(COMMAND_QUIT));
		s->quit_sent = true;
	}
	if (!pipeline_flush(&s->pipe, e))
		return false;
	x->written = true;
	if (!pipeline_sync(&s->pipe, e))
		return false;
	for (size_t i = open_from(out, 0); i < out->n; i = open_from(out, i))
		if (!pipeline_expect(&s->pipe, PHASE_BODY, (int)i, e) ||
		    !pipeline_sync(&s->pipe, e))
			return false;
	return true;
}

static bool expect_verdict(struct sending *x, struct err *e)
{
	return pipeline_expect(&x->s->pipe, PHASE_BODY,
			       (int)open_from(x->out, 0), e);
}

/* Half a message was sent: the session cannot be used to say anything else. */
static bool give_up(struct sending *x)
{
	x->s->pipe.broken = true;
	return false;
}

/* From here on the message may arrive. */
static bool may_end(struct sending *x, struct err *e)
{
	const struct transfer *t = x->t;

	return !t->before_end || !has_open(x->out) ||
	       t->before_end(t->who, e) || give_up(x);
}

static bool send_lines(struct sending *x, struct err *e)
{
	CLEAN(str) struct str block = STR_INIT;

	while (!x->at_end) {
		str_truncate(&block, 0);
		if (!read_block(x, &block, e) ||
		    !pipeline_stream(&x->s->pipe, str_view(&block), e))
			return give_up(x);
	}
	return true;
}

/* After 354.  Nobody there to get it: a lone dot (RFC 2920, 3.1). */
static bool send_data(struct sending *x, struct err *e)
{
	if (!expect_verdict(x, e))
		return false;
	if (has_open(x->out) && !send_lines(x, e))
		return false;
	if (!may_end(x, e))
		return false;
	wire_put(&x->s->wire, view_of(".\r\n"));
	return finish(x, e);
}

static bool stream_chunk(struct sending *x, struct view v, struct err *e)
{
	while (v.n > 0) {
		if (!pipeline_stream(&x->s->pipe, view_part(v, 0, STRETCH), e))
			return give_up(x);
		if (x->stopped) {
			*e = x->why;
			return give_up(x);
		}
		v = view_part(v, STRETCH, v.n);
	}
	return true;
}

static bool send_chunk(struct sending *x, struct view v, bool last,
		       struct err *e)
{
	CLEAN(str) struct str line = STR_INIT;
	struct pipeline *p = &x->s->pipe;

	if (last ? !expect_verdict(x, e)
		 : !pipeline_expect(p, PHASE_CHUNK, 0, e))
		return false;
	if (last && !may_end(x, e))
		return false;
	command_bdat(&line, v.n, last);
	wire_put(&x->s->wire, str_view(&line));
	if (!stream_chunk(x, v, e))
		return false;
	if (last)
		return finish(x, e);
	return pipeline_collect(p, p->allowed ? CHUNKS_AHEAD : 0, e);
}

static void drop_front(struct str *s, size_t n)
{
	struct str rest = STR_INIT;

	str_add(&rest, view_part(str_view(s), n, s->len));
	str_free(s);
	*s = rest;
}

static bool send_chunks(struct sending *x, struct err *e)
{
	CLEAN(str) struct str text = STR_INIT;
	bool last = false;

	while (!last && !x->stopped) {
		struct view chunk;

		if (!read_until(x, TRANSFER_CHUNK, &text, e))
			return give_up(x);
		last = text.len <= TRANSFER_CHUNK;
		chunk = view_part(str_view(&text), 0, TRANSFER_CHUNK);
		if (!send_chunk(x, chunk, last, e))
			return false;
		drop_front(&text, chunk.n);
	}
	return pipeline_sync(&x->s->pipe, e);
}

/* --- the flights ---------------------------------------------------------- */

/*
 * All answers came in one go.  One too many shifts those behind it: what looked
 * like the verdict belonged to a recipient, and QUIT got the verdict.
 */
static bool check_goodbye(struct sending *x, struct err *e)
{
	int code = x->s->quit_sent ? session_goodbye(x->s) : 0;

	if (code < REPLY_REFUSES || code == REPLY_CLOSING)
		return true;
	x->s->pipe.surplus = true;
	outcome_doubt(x->out);
	return err_set(e, ERR_PROTOCOL,
		       "the server answered %d to QUIT, so its answers may "
		       "not be those to our commands",
		       code);
}

/* MAIL RCPT... BDAT LAST message QUIT */
static bool send_at_once(struct sending *x, const char *mail, struct err *e)
{
	CLEAN(str) struct str text = STR_INIT;
	CLEAN(str) struct str line = STR_INIT;

	while (!x->at_end)
		if (!read_block(x, &text, e))
			return false;
	if (!push_envelope(x, mail, e))
		return false;
	if (!has_open(x->out))
		return pipeline_sync(&x->s->pipe, e);
	if (!expect_verdict(x, e) || !may_end(x, e))
		return false;
	command_bdat(&line, text.len, true);
	wire_put(&x->s->wire, str_view(&line));
	wire_put(&x->s->wire, str_view(&text));
	return finish(x, e) && check_goodbye(x, e);
}

/* MAIL RCPT... DATA | message . QUIT */
static bool send_by_data(struct sending *x, const char *mail, struct err *e)
{
	if (!push_envelope(x, mail, e) ||
	    (!x->blind && !pipeline_sync(&x->s->pipe, e)))
		return false;
	if (x->blind ? !has_open(x->out) : !is_wanted(x))
		return pipeline_sync(&x->s->pipe, e);
	if (!push(x, PHASE_DATA, 0, COMMAND_DATA, e) ||
	    !pipeline_sync(&x->s->pipe, e))
		return false;
	return !x->go || send_data(x, e);
}

/* MAIL RCPT... | BDAT chunk BDAT chunk ... BDAT LAST chunk QUIT */
static bool send_by_chunks(struct sending *x, const char *mail, struct err *e)
{
	return push_envelope(x, mail, e) && pipeline_sync(&x->s->pipe, e) &&
	       (!is_wanted(x) || send_chunks(x, e));
}

static bool send_message(struct sending *x, const char *mail, struct err *e)
{
	if (!x->bdat)
		return send_by_data(x, mail, e);
	if (x->blind && facts_wire_size(x->t->facts) <= TRANSFER_RIDE_MAX)
		return send_at_once(x, mail, e);
	return send_by_chunks(x, mail, e);
}

/* The session ended by e before everybody had a verdict.  One that the server
 * closed as it said it would ended by that. */
static void settle_lost(struct sending *x, struct err *e)
{
	if (x->bye.kind != ERR_NONE && e->kind == ERR_NETWORK) {
		*e = x->bye;
		x->judged = true;
	}
	if (x->written && !x->judged && has_open(x->out)) {
		err_context(e, "uncertain: the message was sent whole, but "
			       "whether it was taken is not known");
		e->kind = ERR_UNCERTAIN;
	}
	outcome_settle_rest(x->out, e);
}

/* A server that hung up after its verdict on everybody has said what counts. */
static bool is_settled(const struct sending *x)
{
	return !has_open(x->out) && !x->judged && !x->s->pipe.surplus &&
	       x->why.kind != ERR_NONE;
}

bool transfer_send(struct session *s, const struct transfer *t,
		   struct outcome *out, struct err *e)
{
	CLEAN(str) struct str mail = STR_INIT;
	struct sending x = { .s = s, .t = t, .out = out };
	struct err why = ERR_INIT;
	bool sent;

	x.bdat = s->config.chunking && caps_has(&s->caps, CAP_CHUNKING);
	x.blind = !s->config.lmtp &&
		  (t->partial || t->envelope->recipients.n == 1);
	canon_init(&x.canon, !x.bdat);
	outcome_init(out, t->envelope->recipients.n);
	out->octets = facts_wire_size(t->facts);
	if (!check_needs(&x, &why) ||
	    !command_mail(&mail, t->envelope, t->facts, &s->caps, x.bdat,
			  &why)) {
		outcome_settle_rest(out, &why);
		return true;
	}
	check_recipients(&x);
	if (!is_wanted(&x))
		return true;
	listen_to(&s->pipe, &x);
	sent = send_message(&x, str_chars(&mail), e);
	s->pipe.who = NULL;
	if (!sent && is_settled(&x)) {
		*e = x.why;
		e->kind = outcome_kind(out);
	}
	if (!sent)
		settle_lost(&x, e);
	return sent;
}
