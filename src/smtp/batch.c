#include "config.h"

#include "smtp/batch.h"

#include <stdlib.h>

#include "base/ascii.h"
#include "base/mem.h"
#include "msg/address.h"

/* One message on its way to many. */
struct mailing {
	struct session *s;
	const struct batch *b;
	struct outcome *out;
	bool *open;    /* by recipient: still to be tried */
	size_t left;   /* how many these are */
	size_t learnt; /* most recipients of a group, from a 452; 0: unknown */
};

/* The recipients of one transaction. */
struct group {
	struct envelope envelope;
	size_t *index;       /* owned; where they stand in the whole */
	struct list domains; /* where these are limited */
	struct outcome out;
};

static void group_free(struct group *g)
{
	envelope_free(&g->envelope);
	list_free(&g->domains);
	free(g->index);
	outcome_free(&g->out);
}

/* --- who goes together ---------------------------------------------------- */

static size_t smaller_limit(size_t a, size_t b)
{
	return a == 0 || (b > 0 && b < a) ? b : a;
}

/* SIZE_MAX where there is no limit. */
static size_t group_limit(const struct mailing *m)
{
	int limit = m->s->caps.limits.recipients;
	size_t n = smaller_limit((size_t)limit, m->learnt);

	return n > 0 ? n : SIZE_MAX;
}

static bool has_domain(const struct group *g, const char *domain)
{
	for (size_t i = 0; i < g->domains.n; i++)
		if (ascii_casecmp(g->domains.v[i], domain) == 0)
			return true;
	return false;
}

/* True where the limit of domains lets path into the group. */
static bool fits_domain(const struct mailing *m, struct group *g,
			const char *path)
{
	size_t max = (size_t)m->s->caps.limits.domains;
	struct view v = view_of(path);
	const char *domain = path + address_at(v);

	if (max == 0 || has_domain(g, domain))
		return true;
	if (g->domains.n >= max)
		return false;
	list_add(&g->domains, domain);
	return true;
}

/* As many as fit, from the first on. */
static void gather(const struct mailing *m, struct group *g)
{
	const struct envelope *all = m->b->transfer.envelope;
	size_t n = 0, limit = group_limit(m);

	g->index = mem_zero(m->left, sizeof(*g->index));
	for (size_t i = 0; i < all->recipients.n && n < limit; i++)
		if (m->open[i] && fits_domain(m, g, all->recipients.v[i]))
			g->index[n++] = i;
	envelope_copy_some(&g->envelope, all, g->index, n);
}

/* --- what became of them -------------------------------------------------- */

static void take_verdict(struct mailing *m, struct group *g, size_t i)
{
	size_t whole = g->index[i];
	struct verdict *mine = &m->out->v[whole];

	verdict_free(mine);
	*mine = g->out.v[i];
	g->out.v[i] = (struct verdict){ .settled = false };
	m->open[whole] = false;
	m->left--;
}

/* The last word about the message as a whole. */
static void take_reply(struct outcome *to, struct outcome *from)
{
	if (!from->said)
		return;
	free(to->said);
	to->said = from->said;
	to->code = from->code;
	from->said = NULL;
}

/*
 * True where there is a point in a further transaction for those that the
 * server had no room for: it took somebody in this one.  How many commands it
 * heard before the first of them is what it takes at once.
 */
static bool has_more(struct mailing *m, const struct group *g)
{
	size_t n = 0;

	if (!m->b->transfer.partial || outcome_count(&g->out, ERR_NONE) == 0)
		return false;
	while (n < g->out.n && !verdict_is_surplus(&g->out.v[n]))
		n++;
	if (n > 0 && n < g->out.n)
		m->learnt = n;
	return n < g->out.n;
}

static void take_outcome(struct mailing *m, struct group *g, bool sent)
{
	bool more = sent && has_more(m, g);

	for (size_t i = 0; i < g->out.n; i++)
		if (!more || !verdict_is_surplus(&g->out.v[i]))
			take_verdict(m, g, i);
	take_reply(m->out, &g->out);
}

/* Give all that are still open one verdict. */
static void settle_left(struct mailing *m, const struct err *why)
{
	outcome_settle_rest(m->out, why);
	m->left = 0;
}

/* 4xx or 5xx to MAIL, DATA or the message holds for those who follow. */
static void share_refusal(struct mailing *m, const struct group *g)
{
	const struct verdict *v;
	struct err why;

	if (m->left == 0 || m->s->config.lmtp || g->out.judged == g->out.n)
		return;
	v = &m->out->v[g->index[g->out.judged]];
	err_set(&why, v->kind, "%s", v->why);
	if (v->hint)
		err_hint(&why, "%s", v->hint);
	err_said(&why, v->code, v->said ? v->said : "");
	settle_left(m, &why);
}

/* --- one transaction after the other -------------------------------------- */

/* The session ended by e; whom it did not come to can be tried again. */
static bool lose(struct mailing *m, const struct err *e)
{
	struct err why;

	err_set(&why, ERR_NETWORK, "not sent, because the session ended: %s",
		e->text);
	settle_left(m, &why);
	return false;
}

static bool send_group(struct mailing *m, struct err *e)
{
	struct transfer t = m->b->transfer;
	CLEAN(group) struct group g = { .index = NULL };
	bool sent;

	gather(m, &g);
	t.envelope = &g.envelope;
	t.last = t.last && g.envelope.recipients.n == m->left;
	sent = transfer_send(m->s, &t, &g.out, e);
	m->out->octets = g.out.octets;
	take_outcome(m, &g, sent);
	if (!sent)
		return lose(m, e);
	share_refusal(m, &g);
	return true;
}

bool batch_is_exhausted(const struct session *s)
{
	int max = s->caps.limits.transactions;

	return s->quit_sent || (max > 0 && s->transactions >= max);
}

/* Have a session that takes another transaction. */
static void renew(struct mailing *m)
{
	struct err why;

	if (!batch_is_exhausted(m->s))
		return;
	err_set(&why, ERR_DEFERRED,
		"the server takes no more transactions in this session");
	if (m->b->again && m->b->again(m->b->who, &why))
		return;
	settle_left(m, &why);
}

static bool send_groups(struct mailing *m, struct err *e)
{
	struct err why;

	for (int i = 0; m->left > 0 && i < BATCH_TRANSACTIONS_MAX; i++) {
		renew(m);
		if (m->left > 0 && !send_group(m, e))
			return false;
	}
	err_set(&why, ERR_DEFERRED,
		"the server takes so few recipients at once that more than "
		"%d transactions would be needed",
		BATCH_TRANSACTIONS_MAX);
	settle_left(m, &why);
	return true;
}

/* All or none needs one transaction. */
static bool check_all_or_none(const struct mailing *m, struct err *e)
{
	CLEAN(group) struct group g = { .index = NULL };
	size_t n;

	if (m->b->transfer.partial)
		return true;
	gather(m, &g);
	n = g.envelope.recipients.n;
	if (n == m->left)
		return true;
	err_set(e, ERR_REFUSED,
		"by its LIMITS the server takes %zu of the %zu recipients at "
		"once, and by partial off it is all or none",
		n, m->left);
	return err_hint(e, "set partial on, or send to fewer at once");
}

bool batch_send(struct session *s, const struct batch *b, struct outcome *out,
		struct err *e)
{
	size_t n = b->transfer.envelope->recipients.n;
	struct mailing m = { .s = s, .b = b, .out = out, .left = n };
	struct err why;
	bool sent;

	outcome_init(out, n);
	if (n == 0)
		return true;
	m.open = mem_zero(n, sizeof(*m.open));
	for (size_t i = 0; i < n; i++)
		m.open[i] = true;
	sent = true;
	if (check_all_or_none(&m, &why))
		sent = send_groups(&m, e);
	else
		settle_left(&m, &why);
	free(m.open);
	return sent;
}
