#include "config.h"

#include "deliver/settle.h"

#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "queue/retry.h"

/* Nobody knows so often whether it arrived, and it is held. */
#define UNCERTAIN_MAX 3
/* Recipients that one line of the history names. */
#define NAMED_MAX 3

/* --- words -----------------------------------------------------------------
 */

static void keep_text(char **to, const char *text)
{
	CLEAN(str) struct str clean = STR_INIT;
	struct view v = view_of(text);

	while (v.n > 0) {
		struct view line = view_part(v, 0, ITEM_SAID_MAX);
		const char *end = memchr(line.p, '\n', line.n);
		size_t n = end ? (size_t)(end - line.p) : line.n;

		str_add_printable(&clean, (struct view){ line.p, n });
		if (end && n + 1 < v.n)
			str_addc(&clean, ' ');
		v = view_part(v, n + (end ? 1 : 0), v.n);
	}
	str_truncate(&clean,
		     clean.len < ITEM_SAID_MAX ? clean.len : ITEM_SAID_MAX);
	free(*to);
	*to = clean.len > 0 ? str_detach(&clean) : NULL;
}

static const char *words_of(const struct err *e)
{
	return e->said[0] ? e->said : e->text;
}

/* "ann@example.org, bob@example.org and 3 more", those of that progress. */
static void add_names(const struct item *it, enum item_progress progress,
		      struct str *out)
{
	size_t all = item_count(it, progress), told = 0;

	for (size_t i = 0; i < it->envelope.recipients.n; i++) {
		if (it->v[i].progress != progress || told == NAMED_MAX)
			continue;
		str_addf(out, "%s%s", told > 0 ? ", " : "",
			 it->envelope.recipients.v[i]);
		told++;
	}
	if (all > told)
		str_addf(out, " and %zu more", all - told);
}

static void note_names(struct item *it, enum item_progress progress,
		       const char *what, int64_t now)
{
	CLEAN(str) struct str names = STR_INIT;

	if (item_count(it, progress) == 0)
		return;
	add_names(it, progress, &names);
	item_note(it, now, "%s: %s", what, names.s);
}

/* --- one recipient ---------------------------------------------------------
 */

/* What an account that never worked brings is a mistake in its settings. */
static bool is_set_up(enum err_kind kind)
{
	return kind != ERR_NOHOST && kind != ERR_PROTOCOL && kind != ERR_TLS &&
	       kind != ERR_AUTH && kind != ERR_CONFIG;
}

/* Trouble with this machine is no verdict on mail that is kept by it. */
static enum err_retry retry_of(enum err_kind kind, bool trusted)
{
	struct err e = { .kind = kind };

	if (kind == ERR_SYSTEM || kind == ERR_IO)
		return ERR_RETRY_LATER;
	if (!trusted && !is_set_up(kind))
		return ERR_RETRY_NEVER;
	return err_retry(&e);
}

static void give(struct item_recipient *r, const struct verdict *v,
		 const struct settle *s)
{
	const char *words = v->said ? v->said : v->why;

	r->kind = v->kind;
	r->code = v->code;
	memcpy(r->status, v->status, sizeof(r->status));
	r->when = s->now;
	r->uncertain = r->uncertain || v->kind == ERR_UNCERTAIN;
	keep_text(&r->said, words ? words : "");
	if (v->kind == ERR_NONE) {
		r->progress = ITEM_SENT;
	} else if (retry_of(v->kind, s->trusted) == ERR_RETRY_NEVER) {
		r->progress = ITEM_REFUSED;
		r->told = s->told;
	}
}

/* Nobody spoke about this one: err does. */
static void give_rest(struct item_recipient *r, const struct settle *s)
{
	struct err lost = ERR_INIT;
	struct verdict v = { .settled = false };

	if (!s->err)
		err_set(&lost, ERR_NETWORK, "no answer about it came");
	verdict_refuse(&v, s->err ? s->err : &lost);
	give(r, &v, s);
	verdict_free(&v);
}

/* --- all of them -----------------------------------------------------------
 */

/* What the verdicts of this attempt come to. */
struct sum {
	bool uncertain;
	enum item_hold hold;
};

static void add_to_sum(struct sum *sum, const struct item_recipient *r,
		       bool trusted)
{
	sum->uncertain = sum->uncertain || r->kind == ERR_UNCERTAIN;
	if (retry_of(r->kind, trusted) != ERR_RETRY_HELD)
		return;
	/* A refused login is what may lock an account. */
	if (sum->hold != HOLD_CREDENTIALS)
		sum->hold = r->kind == ERR_AUTH ? HOLD_CREDENTIALS
						: HOLD_CONFIGURATION;
}

static size_t place_of(const struct settle *s, size_t i)
{
	return s->index ? s->index[i] : i;
}

static void give_all(struct item *it, const struct settle *s, struct sum *sum)
{
	size_t n = s->outcome ? s->outcome->n : it->envelope.recipients.n;

	for (size_t i = 0; i < n; i++) {
		struct item_recipient *r = &it->v[place_of(s, i)];

		if (r->progress != ITEM_PENDING)
			continue;
		if (s->outcome && s->outcome->v[i].settled)
			give(r, &s->outcome->v[i], s);
		else
			give_rest(r, s);
		add_to_sum(sum, r, s->trusted);
	}
}

static void hold(struct item *it, enum item_hold why, int64_t now)
{
	it->state = ITEM_HELD;
	it->hold = why;
	it->held_since = now;
	item_note(it, now, "held: %s", item_hold_reason(why));
}

/* It may be that a fallback was asked too: its own trouble is what is left. */
static void put_off(struct item *it, const struct settle *s)
{
	it->state = ITEM_WAITING;
	it->hold = HOLD_NONE;
	if (s->server)
		return;
	it->failures++;
	it->due = s->now + retry_delay_s(it->failures, s->seed);
}

/* Those who were put off have it by now: why the others do not is left. */
static void keep_refusal(struct item *it)
{
	for (size_t i = 0; i < it->envelope.recipients.n; i++)
		if (it->v[i].progress == ITEM_REFUSED && it->v[i].said)
			keep_text(&it->answer, it->v[i].said);
}

static void decide(struct item *it, const struct settle *s,
		   const struct sum *sum)
{
	if (item_count(it, ITEM_PENDING) == 0) {
		it->state = ITEM_FAILED;
		it->hold = HOLD_NONE;
		if (!s->err)
			keep_refusal(it);
		item_note(it, s->now, "failed: it is not tried any more");
	} else if (sum->hold != HOLD_NONE) {
		hold(it, sum->hold, s->now);
	} else if (sum->uncertain && it->uncertain >= UNCERTAIN_MAX) {
		hold(it, HOLD_UNCERTAIN, s->now);
	} else {
		put_off(it, s);
	}
}

static void note_all(struct item *it, const struct settle *s)
{
	if (s->err)
		item_note(it, s->now, "%s%s%.*s", s->err->text,
			  s->err->said[0] ? ": " : "",
			  (int)strcspn(s->err->said, "\n"), s->err->said);
	note_names(it, ITEM_SENT, "sent", s->now);
	note_names(it, ITEM_REFUSED, "refused", s->now);
}

/* What keeps it waiting; of one that failed, why. */
static void keep_answer(struct item *it, const struct err *e)
{
	size_t n = it->envelope.recipients.n;
	size_t i = 0;

	while (i < n && (it->v[i].progress != ITEM_PENDING || !it->v[i].said))
		i++;
	if (i < n && it->v[i].code != 0)
		keep_text(&it->answer, it->v[i].said);
	else if (e)
		keep_text(&it->answer, words_of(e));
}

enum settled settle_item(struct item *it, const struct settle *s)
{
	struct sum sum = { .hold = HOLD_NONE };

	it->in_flight = false;
	it->attempts++;
	it->last_try = s->now;
	give_all(it, s, &sum);
	it->uncertain += sum.uncertain;
	if (item_count(it, ITEM_SENT) == it->envelope.recipients.n)
		return SETTLED_DONE;
	keep_answer(it, s->err);
	note_all(it, s);
	decide(it, s, &sum);
	return SETTLED_KEEP;
}

void settle_expired(struct item *it, int64_t now)
{
	for (size_t i = 0; i < it->envelope.recipients.n; i++)
		if (it->v[i].progress == ITEM_PENDING)
			it->v[i].progress = ITEM_REFUSED;
	it->state = ITEM_FAILED;
	it->hold = HOLD_NONE;
	it->held_since = 0;
	item_note(it, now, "failed: too old; the last answer was: %s",
		  it->answer ? it->answer : "none");
}

void settle_found_in_flight(struct item *it, int64_t now)
{
	static const char words[] = "a run died before it could note what the "
				    "server answered: it may have arrived";

	it->in_flight = false;
	it->attempts++;
	it->uncertain++;
	it->last_try = now;
	for (size_t i = 0; i < it->envelope.recipients.n; i++) {
		if (it->v[i].progress != ITEM_PENDING)
			continue;
		it->v[i].uncertain = true;
		it->v[i].kind = ERR_UNCERTAIN;
		it->v[i].when = now;
	}
	keep_text(&it->answer, words);
	item_note(it, now, "uncertain: %s", words);
	if (it->uncertain >= UNCERTAIN_MAX)
		hold(it, HOLD_UNCERTAIN, now);
}
